"""Subgraph blueprints: chains of nodes that the editor offers as one, used by `make`.
ComfyUI finds them in the folder ``subgraphs`` of a pack.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from ..places import ROOT
from .workflow_parts import PlacedNode, groups, place

FOLDER = ROOT / "subgraphs"
_CONVERT = """([ids, title, description, around]) => {
  const nodes = ids.map((id) => app.graph.getNodeById(id))
  const { subgraph, node } = app.graph.convertToSubgraph(new Set(nodes))
  subgraph.name = title
  node.title = title
  for (const id of around) app.graph.remove(app.graph.getNodeById(id))
  node.pos = [60, 60]
  app.graph.extra = { BlueprintDescription: description }
}"""


class Blueprint(NamedTuple):
    """A chain, and the nodes around it that tell which of its inputs and outputs are shown."""

    description: str
    nodes: dict[str, PlacedNode]
    around: dict[str, PlacedNode]
    links: tuple[tuple[str, str, str, str], ...]


_LOADER = PlacedNode("EncoderScope_LoadMiniature", (0, 0), (300, 140))
_TEXT = PlacedNode("PrimitiveStringMultiline", (0, 260), (300, 140))
_PREVIEW = PlacedNode("PreviewImage", (1600, 0), (300, 300))

BLUEPRINTS = {
    "EncoderScope - Check a Prompt": Blueprint(
        "Did every word arrive, and does the text encoder hold what belongs to what? Token Map and "
        "Binding Probe of one CLIP and one prompt.",
        {
            "tokens": PlacedNode("EncoderScope_TokenMap", (400, 0), (480, 640)),
            "binding": PlacedNode("EncoderScope_BindingProbe", (940, 0), (520, 900)),
        },
        {"loader": _LOADER, "text": _TEXT, "map": _PREVIEW, "verdict": _PREVIEW},
        (
            ("loader", "CLIP", "tokens", "clip"),
            ("loader", "CLIP", "binding", "clip"),
            ("text", "STRING", "tokens", "text"),
            ("text", "STRING", "binding", "text"),
            ("tokens", "image", "map", "images"),
            ("binding", "image", "verdict", "images"),
        ),
    ),
    "EncoderScope - Encode and Weigh": Blueprint(
        "Encode a prompt, and weigh its pooled vector against its sequence. Its conditioning goes "
        "to a sampler; with every strength at 1 it is that of CLIP Text Encode.",
        {
            "encode": PlacedNode("EncoderScope_EncodeStates", (400, 0), (480, 800)),
            "mix": PlacedNode("EncoderScope_Mix", (940, 0), (500, 800)),
        },
        {
            "loader": _LOADER,
            "text": _TEXT,
            "after": PlacedNode("EncoderScope_InspectConditioning", (1600, 0), (400, 300)),
        },
        (
            ("loader", "CLIP", "encode", "clip"),
            ("text", "STRING", "encode", "text"),
            ("encode", "CONDITIONING", "mix", "pooled_from"),
            ("encode", "CONDITIONING", "mix", "sequence_from"),
            ("mix", "CONDITIONING", "after", "conditioning"),
        ),
    ),
}


def make(editor: Any, name: str) -> Path:
    """Builds a blueprint in the editor and writes its file."""
    blueprint = BLUEPRINTS[name]
    nodes = {**blueprint.nodes, **blueprint.around}
    groups(editor)
    numbers = place(editor, nodes, blueprint.links)
    inside, around = (
        [numbers[key] for key in keys] for keys in (blueprint.nodes, blueprint.around)
    )
    editor.page.evaluate(_CONVERT, [inside, name, blueprint.description, around])
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.json"
    text = json.dumps(editor.save(), ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
    return path
