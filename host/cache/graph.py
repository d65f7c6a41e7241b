"""Names what a link of the graph will deliver, without running anything: classes, widgets, and the
content of the files they name.

Only nodes of a table are known for certain. Anything else raises :class:`Unnamed`, with a sentence
about which node it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import folder_paths
import nodes as host_nodes
from comfy_execution.graph_utils import is_link

from ...conditioning import miniature
from ...conditioning.cache.key import Fingerprints, together
from ...conditioning.errors import EncoderScopeError
from ...conditioning.precision import EXACT, MODES
from ...conditioning.progress import Progress, no_progress
from ..ids import FAST_ENCODER, LOAD_ENCODERS, LOAD_MINIATURE
from . import environment, graph_files

Graph = Callable[[str], Mapping[str, Any]]
"""Node number -> the node as the prompt has it; raises where there is none."""
_PACK = Path(os.path.realpath(__file__)).parents[2]


class Unnamed(EncoderScopeError):
    """Something above a link whose result cannot be named with certainty."""


@dataclass(frozen=True)
class Known:
    """A node class whose result follows from its inputs alone."""

    file: str
    """Where the class is defined, below the host's folder; another class of this name is another
    node.
    """
    files: Mapping[str, str] = field(default_factory=dict)
    """Widget -> the host's folder of models that its file lies in."""
    ignored: frozenset[str] = frozenset()
    """Inputs that the CLIP does not feel."""
    rereads: bool = True
    """False where the node keeps the content of its file between runs, whatever becomes of the
    file.
    """


def _clips(count: int) -> dict[str, str]:
    return {f"clip_name{number}": "text_encoders" for number in range(1, count + 1)}


_MERGING, _PRIMITIVE = "comfy_extras/nodes_model_merging.py", "comfy_extras/nodes_primitive.py"
HOST_NODES: Mapping[str, Known] = {
    "CLIPLoader": Known("nodes.py", {"clip_name": "text_encoders"}),
    "DualCLIPLoader": Known("nodes.py", _clips(2)),
    "TripleCLIPLoader": Known("comfy_extras/nodes_sd3.py", _clips(3)),
    "QuadrupleCLIPLoader": Known("comfy_extras/nodes_hidream.py", _clips(4)),
    "CheckpointLoaderSimple": Known("nodes.py", {"ckpt_name": "checkpoints"}),
    "LoraLoader": Known(
        "nodes.py", {"lora_name": "loras"}, frozenset({"model", "strength_model"}), rereads=False
    ),
    "CLIPSetLastLayer": Known("nodes.py"),
    "CLIPMergeSimple": Known(_MERGING),
    "CLIPMergeAdd": Known(_MERGING),
    "CLIPMergeSubtract": Known(_MERGING),
    **{f"Primitive{kind}": Known(_PRIMITIVE) for kind in ("Int", "Float", "String", "Boolean")},
}
OUR_NODES: Mapping[str, Known] = {
    LOAD_ENCODERS: Known(
        "host/loading/load_encoders.py", {f"file_{number}": "" for number in range(1, 5)}
    ),
    LOAD_MINIATURE: Known("host/miniature.py"),
    FAST_ENCODER: Known("nodes/speed/fast_encoder.py", ignored=frozenset({"small_memory"})),
}


@dataclass(frozen=True)
class FileRead:
    path: Path
    node: str
    rereads: bool


@dataclass(frozen=True)
class Named:
    facts: list[Any]
    """Plain JSON: the link, then every node above it once. Node numbers and names of files do not
    occur.
    """
    files: tuple[FileRead, ...]

    @property
    def mode(self) -> str:
        """Of the encoding: the least exact of those that are chosen. Where another node chooses,
        the least exact there is.
        """
        modes = [fact[1]["mode"] for fact in self.facts if fact[0] == FAST_ENCODER]
        return max(
            (mode if mode in MODES else MODES[-1] for mode in modes), key=MODES.index, default=EXACT
        )


def name(
    graph: Graph, link: Any, fingerprints: Fingerprints, progress: Progress = no_progress
) -> Named:
    """What ``link`` (node number, output) will deliver. Raises :class:`Unnamed`, or
    :class:`EncoderScopeError` for a file.
    """
    walk = _Walk(graph, fingerprints, progress)
    first = walk.link(link)
    return Named([first, *(walk.facts[one] for one in walk.order)], tuple(walk.files))


class _Walk:
    def __init__(self, graph: Graph, fingerprints: Fingerprints, progress: Progress) -> None:
        self.graph, self.fingerprints, self.progress = graph, fingerprints, progress
        self.order: list[str] = []
        self.facts: dict[str, Any] = {}
        self.open: set[str] = set()
        self.files: list[FileRead] = []

    def link(self, link: Any) -> list[Any]:
        if not is_link(link):
            raise Unnamed(
                "No node is connected here.",
                "A link to a loader of text encoders was expected.",
                "Connect a CLIP.",
            )
        number, output = str(link[0]), int(link[1])
        if number in self.open:
            raise Unnamed(
                f"Node {number} stands above itself.",
                "A graph without cycles was expected.",
                "Remove a link.",
            )
        if number not in self.facts:
            self.open.add(number)
            self.facts[number] = self._node(number)
            self.order.append(number)
            self.open.discard(number)
        return ["output", self.order.index(number), output]

    def _node(self, number: str) -> list[Any]:
        try:
            node = self.graph(number)
        except Exception as error:  # NodeNotFoundError of the host, KeyError of a plain table
            raise Unnamed(
                f"Node {number} is not in the graph.",
                "Every link leads to a node.",
                "Connect the CLIP again.",
            ) from error
        kind = str(node["class_type"])
        known = _known(number, kind)
        inputs = {one: value for one, value in node["inputs"].items() if one not in known.ignored}
        facts = {
            one: self._input(number, kind, known, one, value)
            for one, value in sorted(inputs.items())
        }
        if kind == LOAD_MINIATURE:
            facts["files"] = together(
                (one, self._file(number, miniature.FOLDER / f"{one}.safetensors"))
                for one in miniature.NAMES
            )
        return [kind, facts]

    def _input(self, number: str, kind: str, known: Known, widget: str, value: Any) -> Any:
        if widget in known.files:
            if not isinstance(value, str):
                raise Unnamed(
                    f"Node {number} ({kind}) takes the name of its file from another node.",
                    "A chosen file was expected.",
                    "Choose it.",
                )
            return self._content(number, known, widget, value)
        if is_link(value):
            return self.link(value)
        if type(value) not in (str, int, float, bool, type(None)):
            raise Unnamed(
                f"The input {widget!r} of node {number} ({kind}) is a {type(value).__name__}.",
                "A plain value was expected.",
                "Choose one.",
            )
        return value

    def _content(self, number: str, known: Known, widget: str, value: str) -> Any:
        folder = known.files[widget]
        if not folder:
            return graph_files.content(value, lambda path: self._file(number, path))
        path = folder_paths.get_full_path(folder, value)
        if path is None:
            raise Unnamed(
                f"There is no {value!r} in ComfyUI's {folder} folders.",
                "An existing file was expected.",
                "Choose another.",
            )
        return self._file(number, Path(path), known.rereads)

    def _file(self, number: str, path: Path, rereads: bool = True) -> str:
        self.files.append(FileRead(path, number, rereads))
        return self.fingerprints.of(path, self.progress)


def _known(number: str, kind: str) -> Known:
    known, top = (
        (OUR_NODES[kind], _PACK) if kind in OUR_NODES else (HOST_NODES.get(kind), environment.HOST)
    )
    if known is None:
        raise Unnamed(
            f"Node {number} ({kind}) is none whose result is known before it runs.",
            f"One of these was expected: {', '.join((*HOST_NODES, *OUR_NODES))}.",
            "Load with one of those in docs/cache.md to use the cache.",
        )
    if _defined_in(kind) != os.path.realpath(top / known.file):
        raise Unnamed(
            f"Node {number} ({kind}) is another pack's, not ComfyUI's own.",
            "The node of this name that comes with it was expected.",
            "Disable that pack to use the cache.",
        )
    return known


def _defined_in(kind: str) -> str | None:
    """The file of the function that runs, so that a replaced or wrapped one is noticed, too."""
    made = host_nodes.NODE_CLASS_MAPPINGS.get(kind)
    runs = getattr(made, "execute", None) or getattr(made, getattr(made, "FUNCTION", ""), None)
    code = getattr(getattr(runs, "__func__", runs), "__code__", None)
    return os.path.realpath(code.co_filename) if code else None
