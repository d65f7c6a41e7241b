"""One server for each front end, one browser, one page for each face of the editor; every test
starts from an empty workflow.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from typing import Any

import pytest

hostkit = importlib.import_module("encoderscope.tests.hostkit")
editor_module = importlib.import_module("encoderscope.tests.browser.editor")

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=hostkit.find_browser(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session", params=hostkit.FRONT_ENDS)
def front_end(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """A server with one front end, and its name."""
    with hostkit.serve(
        tmp_path_factory.mktemp(f"browser-{request.param}"), front_end=request.param
    ) as server:
        server.require_node(editor_module.TOKEN_MAP)
        yield request.param, server


@pytest.fixture(scope="session", params=(False, True), ids=("classic", "nodes2"))
def open_editor(request: pytest.FixtureRequest, front_end: Any, chromium: Any) -> Iterator[Any]:
    name, server = front_end
    with editor_module.opened(chromium, server, editor_module.Face(name, request.param)) as editor:
        yield editor


@pytest.fixture
def editor(open_editor: Any) -> Iterator[Any]:
    """The editor with an empty workflow. Whatever our files complained about during the test fails
    it.
    """
    for item in editor_module.cleared(open_editor):
        yield item
        item.page.unroute_all()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A front end that a busy machine kept from answering gets two more tries, and the run's
    summary counts them; a fault of ours fails all three.
    """
    if importlib.util.find_spec("pytest_rerunfailures"):
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=2))
