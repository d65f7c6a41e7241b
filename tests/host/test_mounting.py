"""The real ComfyUI takes the pack as it is: nodes, browser files, help, templates."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.host
ROOT = Path(__file__).resolve().parents[2]


def test_the_pack_loads_without_a_complaint(host_server) -> None:
    complaints = [
        line
        for line in host_server.log_text().splitlines()
        if "encoderscope" in line and "FAILED" in line
    ]
    assert complaints == []
    host_server.require_node("EncoderScope_TokenMap")


def test_every_node_id_carries_the_prefix(host_server) -> None:
    ours = [
        name
        for name, info in host_server.get_json("/object_info").items()
        if info["python_module"] == "custom_nodes.encoderscope"
    ]
    assert ours, "no node of the pack was found under its module name"
    assert [name for name in ours if not name.startswith("EncoderScope_")] == []


def test_the_host_serves_every_browser_module(host_server) -> None:
    served = set(host_server.get_json("/extensions"))
    expected = {
        f"/extensions/encoderscope/{path.relative_to(ROOT / 'web').as_posix()}"
        for path in ROOT.glob("web/js/**/*.js")
    }
    assert expected <= served
    for url in expected:
        assert host_server.get_bytes(url)


def test_every_style_sheet_is_linked_and_served(host_server) -> None:
    names = {path.stem for path in ROOT.glob("web/css/*.css")}
    [linked] = re.findall(
        r"const STYLES = \[(.*?)\]", (ROOT / "web/js/shared/dom.js").read_text(encoding="utf-8")
    )
    assert names and set(re.findall(r"'(\w+)'", linked)) == names
    for name in names:
        assert host_server.get_bytes(f"/extensions/encoderscope/css/{name}.css")


def test_the_browser_finds_the_help_of_every_node(host_server) -> None:
    for name in host_server.get_json("/object_info"):
        if name.startswith("EncoderScope_"):
            assert host_server.get_bytes(f"/extensions/encoderscope/docs/{name}.md"), name


def test_only_workflows_with_a_picture_are_templates(host_server) -> None:
    templates = host_server.get_json("/workflow_templates").get("encoderscope", [])
    assert sorted(templates) == sorted(path.stem for path in ROOT.glob("workflows/*.json"))
    for name in templates:
        assert host_server.get_bytes(f"/api/workflow_templates/encoderscope/{name}.jpg"), (
            f"{name} has no picture"
        )


def test_the_host_can_be_imported_beside_the_pack(host_folder: Path) -> None:
    import comfy.sd
    import nodes

    assert Path(nodes.__file__).parent == host_folder, "our nodes/ hid the host's nodes.py"
    assert Path(comfy.sd.__file__).is_relative_to(host_folder)
    assert sys.modules["encoderscope"].__path__ == [str(ROOT)]
