"""The English that the editor shows of the nodes, read from their schemas: it stands nowhere else.

A text is named by its path in the files that ComfyUI serves, as in
``nodeDefs/EncoderScope_TokenMap/inputs/text/tooltip``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

Text = tuple[str, str]
"""A path and what stands there."""

PACK = "EncoderScope"
"""The name of the pack, the first part of every category; it is not translated."""


def english() -> dict[str, str]:
    """Every text by its path. The host must be importable."""
    texts = [text for schema in _schemas() for text in (*_categories(schema), *_node(schema))]
    return {path: text for path, text in texts if text}


def _schemas() -> list[Any]:
    from ...nodes.extension import NODES

    return [node.GET_SCHEMA() for node in NODES]


def option_names() -> dict[str, list[str]]:
    """The options of an input that its tooltip explains, by the path of the tooltip; none for all
    other paths. Editors show options as they are, in every language.
    """
    names: defaultdict[str, list[str]] = defaultdict(list)
    for schema in _schemas():
        for entry in schema.inputs:
            path = f"nodeDefs/{schema.node_id}/inputs/{key(entry.id)}/tooltip"
            names[path] = _explained(entry.tooltip or "", getattr(entry, "options", None) or ())
    return names


def _explained(tooltip: str, options: Iterable[Any]) -> list[str]:
    return [
        name
        for name in map(str, options)
        if re.search(rf"(?<!\w){re.escape(name)}(?:'|:)", tooltip)
    ]


def _categories(schema: Any) -> Iterator[Text]:
    for part in schema.category.split("/"):
        if part != PACK:
            yield f"nodeCategories/{part}", part


def _node(schema: Any) -> Iterator[Text]:
    path = f"nodeDefs/{schema.node_id}"
    yield f"{path}/display_name", schema.display_name
    yield f"{path}/description", schema.description
    for entry in schema.inputs:
        yield from _socket(f"{path}/inputs/{key(entry.id)}", entry)
    for number, entry in enumerate(schema.outputs):
        yield from _socket(f"{path}/outputs/{number}", entry)


def _socket(path: str, entry: Any) -> Iterator[Text]:
    yield f"{path}/name", entry.display_name or entry.id
    yield f"{path}/tooltip", entry.tooltip or ""


def key(name: str) -> str:
    """The name of an input as the editor looks it up: a dot would lead one step down."""
    return name.replace(".", "_")
