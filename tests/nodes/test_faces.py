"""How nodes present themselves: a question as their place in the menu, names that people type,
a tooltip on every socket and widget, and rare inputs folded away.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.host
MENUS = {
    "What did my prompt become?",
    "Load",
    "Mix",
    "Does it bind?",
    "Why was it ignored?",
    "Does the picture show it?",
    "Faster, smaller",
    "Keep and share",
}
WIDGETS = {"STRING", "COMBO", "INT", "FLOAT", "BOOLEAN"}
MOST_WIDGETS = 5
"""What a new node shows, the companion that the front end gives a seed aside."""
TYPED = {
    "token counter": "TokenMap",
    "prompt analyzer": "TokenMap",
    "why ignored": "IgnoredWords",
    "clip skip": "EncodeStates",
    "t5 gguf": "LoadEncoders",
    "color bleed": "BindingProbe",
    "prompt order": "CompareOrder",
}


@pytest.fixture(scope="module")
def nodes(host_folder: Path) -> list[Any]:
    from encoderscope.nodes import extension

    return list(extension.NODES)


def described(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and options of every input, with the type under ``type``."""
    for kind in ("required", "optional"):
        for name, spec in node.GET_NODE_INFO_V1()["input"].get(kind, {}).items():
            yield name, {"type": spec[0], **(spec[1] if len(spec) > 1 else {})}


def test_every_input_and_output_has_a_tooltip(nodes: list[Any]) -> None:
    bare = []
    for node in nodes:
        info = node.GET_NODE_INFO_V1()
        tips = [(name, options.get("tooltip")) for name, options in described(node)]
        tips += zip(info["output_name"], info["output_tooltips"], strict=True)
        bare += [(info["name"], name) for name, tip in tips if not (tip or "").endswith((".", "?"))]
    assert bare == []


def test_the_menu_asks_questions(nodes: list[Any]) -> None:
    places = [node.GET_NODE_INFO_V1()["category"].partition("/") for node in nodes]
    assert {place[0] for place in places} == {"EncoderScope"}
    assert {place[2] for place in places} == MENUS | {""}, "the Prompt Doctor stands above all"
    assert all("/" not in place[2] for place in places)


def test_the_common_case_is_a_few_widgets(nodes: list[Any]) -> None:
    for node in nodes:
        shown = [
            name
            for name, options in described(node)
            if options["type"] in WIDGETS
            and not options.get("forceInput")
            and not options.get("advanced")
        ]
        assert len(shown) <= MOST_WIDGETS, (node.__name__, shown)


def test_what_is_folded_works_by_its_default(nodes: list[Any]) -> None:
    folded = [
        (node.__name__, name, options)
        for node in nodes
        for name, options in described(node)
        if options.get("advanced")
    ]
    assert {"threshold", "text_l", "t5_end", "max_gb"} <= {name for _, name, _ in folded}
    assert [entry[:2] for entry in folded if "default" not in entry[2]] == []


def test_people_find_them_by_what_they_type(nodes: list[Any]) -> None:
    from encoderscope.nodes.schema import SEARCH_ALIASES

    ids = {node.GET_NODE_INFO_V1()["name"] for node in nodes}
    assert ids <= set(SEARCH_ALIASES), "a node that is found by its own name only"
    for typed, node in TYPED.items():
        assert typed in SEARCH_ALIASES[f"EncoderScope_{node}"]
    for aliases in SEARCH_ALIASES.values():
        assert len(set(aliases)) == len(aliases) >= 2


def test_hosts_that_know_aliases_get_them(
    nodes: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from comfy_api.latest import io
    from encoderscope.nodes.prompt.token_map import TokenMap

    knows = "search_aliases" in {field.name for field in dataclasses.fields(io.Schema)}
    assert hasattr(TokenMap.define_schema(), "search_aliases") == knows

    @dataclasses.dataclass
    class NewerSchema(io.Schema):
        search_aliases: list[str] = dataclasses.field(default_factory=list)

    monkeypatch.setattr(io, "Schema", NewerSchema)
    assert "token counter" in TokenMap.define_schema().search_aliases
