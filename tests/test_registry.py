"""What the Comfy Registry and a code host read of the project: its description, its pictures, the
archive's contents, the forms for issues. `python dev.py registry` asks comfy-cli itself.
"""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from encoderscope.tools import registry
from encoderscope.tools.drawn import registry_pictures
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
TOML = import_module("tomllib" if find_spec("tomllib") else "tomli")
PLACEHOLDER = re.compile(r'example\.org|PublisherId = "placeholder"')


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def project() -> dict[str, Any]:
    return dict(TOML.loads(text("pyproject.toml")))


def test_the_registry_finds_all_it_shows() -> None:
    comfy = project()["tool"]["comfy"]
    assert comfy["DisplayName"] == "EncoderScope" and comfy["PublisherId"]
    assert comfy["requires-comfyui"] == ">=0.3.75"
    for field, shape in (("Icon", (400, 400)), ("Banner", (1260, 540))):
        address, _, name = comfy[field].partition("/raw/main/")
        assert address == project()["project"]["urls"]["Repository"]
        with Image.open(ROOT / name) as picture:
            assert picture.size == shape, field


@pytest.mark.parametrize("name", ["icon", "banner"])
def test_the_pictures_are_what_the_command_draws(name: str) -> None:
    """To the rounding of another Pillow."""
    drawn = np.asarray(getattr(registry_pictures, name)(), dtype=np.float32)
    with Image.open(registry_pictures.FOLDER / f"{name}.png") as picture:
        stored = np.asarray(picture.convert("RGB"), dtype=np.float32)
    assert stored.shape == drawn.shape
    assert np.abs(stored - drawn).mean() < 2
    assert stored.std() > 20, "an empty picture is like any other"


def test_what_is_needed_stands_once() -> None:
    lines = text("requirements.txt").splitlines()
    listed = [line for line in lines if line and not line.startswith("#")]
    assert project()["project"]["dependencies"] == listed


def test_placeholders_stand_in_one_place_and_are_called_so() -> None:
    lines = text("pyproject.toml").splitlines()
    placeholders = [number for number, line in enumerate(lines) if PLACEHOLDER.search(line)]
    assert placeholders, "then publish.yml needs no such step, and this test can go"
    first = next(number for number, line in enumerate(lines) if "PLACEHOLDERS" in line)
    assert first <= placeholders[0] and placeholders[-1] - first < 20
    for name in ("CITATION.cff", "README.md", ".github/ISSUE_TEMPLATE/report.yml"):
        assert not PLACEHOLDER.search(text(name)), name


def test_nothing_is_published_while_a_placeholder_stands() -> None:
    [pattern] = re.findall(
        r"grep -nE '([^']+)' pyproject\.toml", text(".github/workflows/publish.yml")
    )
    assert bool(re.search(pattern, text("pyproject.toml"))) == bool(
        PLACEHOLDER.search(text("pyproject.toml"))
    )
    assert re.search(pattern, 'Repository = "https://example.org/x"')
    assert not re.search(pattern, 'PublisherId = "someone"')


def test_the_citation_names_the_version_and_the_licence() -> None:
    yaml = pytest.importorskip("yaml")
    citation = yaml.safe_load(text("CITATION.cff"))
    assert citation["version"] == project()["project"]["version"]
    assert citation["license"] == "Apache-2.0" and text("LICENSE").lstrip().startswith("Apache")
    assert citation["cff-version"] == "1.2.0" and citation["authors"] and citation["message"]


@pytest.mark.parametrize("name", ["report", "wrong_verdict"])
def test_the_forms_ask_for_the_json_report(name: str) -> None:
    yaml = pytest.importorskip("yaml")
    form = yaml.safe_load(text(f".github/ISSUE_TEMPLATE/{name}.yml"))
    assert form["name"] and form["description"]
    [field] = [part for part in form["body"] if part.get("id") == "report"]
    assert field["attributes"]["render"] == "json" and field["validations"]["required"]


@pytest.mark.parametrize("name", ["test", "publish"])
def test_workflows_run_what_the_project_has(name: str) -> None:
    yaml = pytest.importorskip("yaml")
    jobs = yaml.safe_load(text(f".github/workflows/{name}.yml"))["jobs"]
    commands = "\n".join(str(step.get("run", "")) for job in jobs.values() for step in job["steps"])
    for script in re.findall(r"bash (\S+)|python (\S+\.py)", commands):
        assert (ROOT / "".join(script)).is_file()
    assert re.search(r"\.ci/run|dev\.py registry", commands)


TRACKED = ["conditioning/errors.py", "web/js/main.js", "tests/conftest.py", "dev.py"]
WHOLE = [*registry.NEEDED, *TRACKED[:2]]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (WHOLE[1:], f"lacks {WHOLE[0]}"),
        (WHOLE[:-1], "lacks web/js/main.js"),
        ([*WHOLE, "tests/conftest.py"], "holds tests/conftest.py"),
        ([*WHOLE, "dev.py"], "holds dev.py"),
        ([*WHOLE, registry.LEFT_OUT[0]], "holds assets/generator"),
    ],
)
def test_a_wrong_archive_is_refused(names: list[str], sentence: str) -> None:
    [problem] = registry.contents_problems(names, TRACKED)
    assert sentence in problem


def test_a_right_archive_is_not_refused() -> None:
    assert registry.contents_problems(WHOLE, TRACKED) == []
    assert registry.size_problems(registry.LARGEST - 1) == []
    assert registry.size_problems(registry.LARGEST) != []
