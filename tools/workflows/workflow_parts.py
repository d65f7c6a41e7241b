"""What the shipped workflows share: nodes with their places, and the part that draws a picture on
the miniatures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

Link = tuple[str, str, str, str]
"""Names of the node that gives and its output, and of the node that takes and its input."""
SEED = {"seed": 3, "control_after_generate": "fixed"}


class Group(NamedTuple):
    """A frame of the editor around nodes."""

    title: str
    at: tuple[int, int]
    size: tuple[int, int]


class PlacedNode(NamedTuple):
    """A node of the workflow: what it is, where, how large, and what its widgets say."""

    kind: str
    at: tuple[int, int]
    size: tuple[int, int]
    widgets: dict[str, Any] = {}


class Note(NamedTuple):
    """A note of the workflow, and where it stands."""

    text: str
    at: tuple[int, int]
    size: tuple[int, int]


class Recipe(NamedTuple):
    """All that a workflow holds."""

    nodes: dict[str, PlacedNode]
    links: tuple[Link, ...]
    notes: tuple[Note, ...]
    groups: tuple[Group, ...]
    canvas: tuple[int, int]
    scale: float
    """Of the picture."""
    bypassed: tuple[str, ...] = ()
    """Nodes that need an artist's files: they stay bypassed in the workflow."""


def drawing(prompt: str) -> dict[str, PlacedNode]:
    """The nodes that draw a prompt, but for the one that shows the picture."""
    return {
        "generator": PlacedNode(
            "EncoderScope_LoadMiniatureGenerator", (20, 40), (360, 150), {"generator": "clip-hard"}
        ),
        "encoder": PlacedNode(
            "EncoderScope_LoadMiniature",
            (20, 240),
            (360, 170),
            {"miniature": "mini-CLIP-hard", "family": "sd3 without T5"},
        ),
        "prompt": PlacedNode("PrimitiveStringMultiline", (20, 460), (360, 130), {"value": prompt}),
        "latent": PlacedNode(
            "EmptySD3LatentImage", (20, 640), (360, 110), {"width": 64, "height": 64}
        ),
        "positive": PlacedNode("CLIPTextEncode", (420, 40), (360, 90)),
        "negative": PlacedNode("CLIPTextEncode", (420, 180), (360, 110), {"text": ""}),
        "sampler": PlacedNode(
            "KSampler",
            (420, 340),
            (360, 262),
            {**SEED, "steps": 20, "cfg": 3.0, "sampler_name": "euler", "scheduler": "simple"},
        ),
        "decode": PlacedNode("VAEDecode", (420, 700), (360, 46)),
    }


DRAWING_LINKS: tuple[Link, ...] = (
    ("generator", "MODEL", "sampler", "model"),
    ("generator", "VAE", "decode", "vae"),
    ("encoder", "CLIP", "positive", "clip"),
    ("encoder", "CLIP", "negative", "clip"),
    ("prompt", "STRING", "positive", "text"),
    ("positive", "CONDITIONING", "sampler", "positive"),
    ("negative", "CONDITIONING", "sampler", "negative"),
    ("latent", "LATENT", "sampler", "latent_image"),
    ("sampler", "LATENT", "decode", "samples"),
    ("decode", "IMAGE", "picture", "images"),
)
"""Of :func:`drawing` and a node *picture*."""


def measured_links(node: str) -> tuple[Link, ...]:
    """The links of a node that measures the drawing's prompt in its image model."""
    return (
        ("generator", "MODEL", node, "model"),
        ("generator", "VAE", node, "vae"),
        ("encoder", "CLIP", node, "clip"),
        ("prompt", "STRING", node, "text"),
        ("latent", "LATENT", node, "latent"),
    )


def place(editor: Any, nodes: Mapping[str, PlacedNode], links: Iterable[Link]) -> dict[str, int]:
    """Put nodes and links into an editor: the nodes' numbers."""
    numbers = {name: editor.add(each.kind, each.at, **each.widgets) for name, each in nodes.items()}
    for source, output, target, name in links:
        editor.link(numbers[source], output, numbers[target], name)
    return numbers


def groups(editor: Any, *frames: Group) -> None:
    """Draw these groups and no others."""
    editor.page.evaluate("() => [...app.graph._groups].forEach((group) => app.graph.remove(group))")
    script = """(groups) => groups.forEach(([title, at, size]) => {
      const group = new LiteGraph.LGraphGroup(title)
      group.pos = at; group.size = size; app.graph.add(group) })"""
    editor.page.evaluate(
        script, [[frame.title, list(frame.at), list(frame.size)] for frame in frames]
    )
