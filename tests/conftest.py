"""Mounts the checkout as the package `encoderscope` and provides the real ComfyUI to tests that ask
for it.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


def _mount_pack() -> None:
    """Take the root off sys.path, where nodes/ would hide the host's nodes.py, and import it once
    under its own name.
    """
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT]
    spec = importlib.util.spec_from_file_location(
        "encoderscope", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["encoderscope"] = module
    spec.loader.exec_module(module)


def _steady_hypothesis() -> None:
    """The same examples every time: a change is judged by what it changes.
    HYPOTHESIS_PROFILE=explore looks for new ones.
    """
    if importlib.util.find_spec("hypothesis"):
        from hypothesis import settings

        settings.register_profile("steady", derandomize=True, deadline=None, database=None)
        settings.register_profile("explore", deadline=None, max_examples=2000)
        settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


_steady_hypothesis()
_mount_pack()
hostkit = importlib.import_module("encoderscope.tests.hostkit")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run and say why; where it must run (CI), refuse to start
    instead.
    """
    reasons = {
        mark: reason for mark in ("host", "browser", "gpu") if (reason := hostkit.missing_for(mark))
    }
    for mark, reason in reasons.items():
        wanted = [item for item in items if item.get_closest_marker(mark)]
        if wanted and os.environ.get(f"ENCODERSCOPE_REQUIRE_{mark.upper()}") == "1":
            raise pytest.UsageError(f"{len(wanted)} {mark} tests must run here, but: {reason}")
        for item in wanted:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def host_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The host's folder, importable in this process: `import comfy.sd` works in a test that asks
    for this fixture.
    """
    folder = hostkit.import_host(tmp_path_factory.mktemp("host"))
    if hostkit.DEVICE != "simulated":
        yield folder
        return
    simulated_gpu = importlib.import_module("encoderscope.tests.host.simulated_gpu")
    with simulated_gpu.SimulatedGpu(room=40_000_000_000):
        yield folder


@pytest.fixture(scope="session")
def host_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One real ComfyUI server with the pack, shared by all tests; see hostkit.serve."""
    with hostkit.serve(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def sample_graph() -> Any:
    """`sample_graph("token_map")`: the graph of that name in API format, a fresh copy each time."""
    return hostkit.sample_graph


@pytest.fixture
def one_thread() -> Iterator[None]:
    """For many small tensors: on a busy machine, threads that wait for each other cost minutes."""
    if importlib.util.find_spec("torch") is None:
        yield
        return
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
