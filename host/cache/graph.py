"""The part of a cache key that stands for what a link of the graph will deliver, without running
anything: node classes, widgets, and the content of the files they name.

Only the results of the nodes in a table follow from their inputs for certain. Anything else raises
:class:`UnknownResult`, with a sentence about which node it was.
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
from ...conditioning.cache.key import Fingerprints, combined_digest
from ...conditioning.errors import EncoderScopeError
from ...conditioning.precision import EXACT, MODES
from ...conditioning.progress import Progress, no_progress
from ..ids import FAST_ENCODER, LOAD_ENCODERS, LOAD_MINIATURE
from . import environment, graph_files

Graph = Callable[[str], Mapping[str, Any]]
"""Node number -> the node as the prompt has it; raises where there is none."""
_PACK = Path(os.path.realpath(__file__)).parents[2]
_WRAPPERS = {str(_PACK / file) for file in ("host/language.py", "nodes/checked_inputs.py")}
"""Where the functions are that all nodes of ours are wrapped in."""


class UnknownResult(EncoderScopeError):
    """A node above a link whose result does not follow from the graph with certainty."""


@dataclass(frozen=True)
class NodeRule:
    """A node class whose result follows from its inputs alone."""

    file: str
    """Where the class is defined, below the host's folder; another class of this name is another
    node.
    """
    files: Mapping[str, str] = field(default_factory=dict)
    """Widget -> the host's folder of models that its file lies in."""
    ignored: frozenset[str] = frozenset()
    """Inputs that do not change the CLIP."""
    rereads: bool = True
    """False where the node keeps the content of its file between runs, whatever becomes of the
    file.
    """


def _clip_names(count: int) -> dict[str, str]:
    return {f"clip_name{number}": "text_encoders" for number in range(1, count + 1)}


_MERGING, _PRIMITIVE = "comfy_extras/nodes_model_merging.py", "comfy_extras/nodes_primitive.py"
HOST_NODES: Mapping[str, NodeRule] = {
    "CLIPLoader": NodeRule("nodes.py", {"clip_name": "text_encoders"}),
    "DualCLIPLoader": NodeRule("nodes.py", _clip_names(2)),
    "TripleCLIPLoader": NodeRule("comfy_extras/nodes_sd3.py", _clip_names(3)),
    "QuadrupleCLIPLoader": NodeRule("comfy_extras/nodes_hidream.py", _clip_names(4)),
    "CheckpointLoaderSimple": NodeRule("nodes.py", {"ckpt_name": "checkpoints"}),
    "LoraLoader": NodeRule(
        "nodes.py", {"lora_name": "loras"}, frozenset({"model", "strength_model"}), rereads=False
    ),
    "CLIPSetLastLayer": NodeRule("nodes.py"),
    "CLIPMergeSimple": NodeRule(_MERGING),
    "CLIPMergeAdd": NodeRule(_MERGING),
    "CLIPMergeSubtract": NodeRule(_MERGING),
    **{f"Primitive{kind}": NodeRule(_PRIMITIVE) for kind in ("Int", "Float", "String", "Boolean")},
}
OUR_NODES: Mapping[str, NodeRule] = {
    LOAD_ENCODERS: NodeRule(
        "nodes/loading/load_encoders.py", {f"file_{number}": "" for number in range(1, 5)}
    ),
    LOAD_MINIATURE: NodeRule("nodes/loading/load_miniature.py"),
    FAST_ENCODER: NodeRule("nodes/speed/fast_encoder.py", ignored=frozenset({"small_memory"})),
}


NODE_RULES: Mapping[str, NodeRule] = {**HOST_NODES, **OUR_NODES}


@dataclass(frozen=True)
class FileRead:
    """A file that a node of the graph reads."""

    path: Path
    node: str
    rereads: bool


@dataclass(frozen=True)
class GraphKey:
    """What a link will deliver, as the key of a cached result holds it."""

    entries: list[Any]
    """Plain JSON: the link, then every node above it once. Node numbers and names of files do not
    occur.
    """
    files: tuple[FileRead, ...]

    @property
    def mode(self) -> str:
        """Of the encoding: the least exact of those that are chosen. Where another node chooses,
        the least exact there is.
        """
        modes = [inputs["mode"] for kind, inputs, *_ in self.entries if kind == FAST_ENCODER]
        if any(mode not in MODES for mode in modes):
            return MODES[-1]
        return max(modes, key=MODES.index, default=EXACT)


def graph_key(
    graph: Graph, link: Any, fingerprints: Fingerprints, progress: Progress = no_progress
) -> GraphKey:
    """What ``link`` (node number, output) will deliver.

    Raises :class:`UnknownResult`, or :class:`EncoderScopeError` for a file that cannot be read.
    """
    walk = _GraphWalk(graph, fingerprints, progress)
    first = walk.link(link)
    return GraphKey([first, *(walk.entries[number] for number in walk.order)], tuple(walk.files))


class _GraphWalk:
    def __init__(self, graph: Graph, fingerprints: Fingerprints, progress: Progress) -> None:
        self.graph = graph
        self.fingerprints = fingerprints
        self.progress = progress
        self.order: list[str] = []
        self.entries: dict[str, Any] = {}
        self.open: set[str] = set()
        self.files: list[FileRead] = []

    def link(self, link: Any) -> list[Any]:
        """The entry of a link, after those of all nodes above it. Raises :class:`UnknownResult`."""
        if not is_link(link):
            raise UnknownResult(
                "No node is connected here.",
                "A link to a loader of text encoders was expected.",
                "Connect a CLIP.",
            )
        number, output = str(link[0]), int(link[1])
        if number in self.open:
            raise UnknownResult(
                "Node {number} stands above itself.",
                "A graph without cycles was expected.",
                "Remove a link.",
                number=number,
            )
        if number not in self.entries:
            self.open.add(number)
            self.entries[number] = self._node(number)
            self.order.append(number)
            self.open.discard(number)
        return ["output", self.order.index(number), output]

    def _node(self, number: str) -> list[Any]:
        try:
            node = self.graph(number)
        except Exception as error:  # NodeNotFoundError of the host, KeyError of a plain table
            raise UnknownResult(
                "Node {number} is not in the graph.",
                "Every link leads to a node.",
                "Connect the CLIP again.",
                number=number,
            ) from error
        kind = str(node["class_type"])
        rule = _node_rule(number, kind)
        inputs = {
            name: self._input(number, kind, name, value)
            for name, value in sorted(node["inputs"].items())
            if name not in rule.ignored
        }
        if kind == LOAD_MINIATURE:
            inputs["files"] = combined_digest(
                (name, self._file(number, miniature.FOLDER / f"{name}.safetensors"))
                for name in miniature.NAMES
            )
        return [kind, inputs]

    def _input(self, number: str, kind: str, name: str, value: Any) -> Any:
        rule = NODE_RULES[kind]
        if name in rule.files:
            if not isinstance(value, str):
                raise UnknownResult(
                    "Node {number} ({kind}) takes the name of its file from another node.",
                    "A chosen file was expected.",
                    "Choose it.",
                    number=number,
                    kind=kind,
                )
            return self._chosen_file(number, rule, rule.files[name], value)
        if is_link(value):
            return self.link(value)
        if type(value) not in (str, int, float, bool, type(None)):
            raise UnknownResult(
                "The input {name!r} of node {number} ({kind}) is a {type}.",
                "A plain value was expected.",
                "Choose one.",
                name=name,
                number=number,
                kind=kind,
                type=type(value).__name__,
            )
        return value

    def _chosen_file(self, number: str, rule: NodeRule, folder: str, choice: str) -> Any:
        """The content of a file of the host's ``folder``; '' for what Load Text Encoders reads."""
        if not folder:
            return graph_files.encoder_hash(choice, lambda path: self._file(number, path))
        path = folder_paths.get_full_path(folder, choice)
        if path is None:
            raise UnknownResult(
                "There is no {choice!r} in ComfyUI's {folder} folders.",
                "An existing file was expected.",
                "Choose another.",
                choice=choice,
                folder=folder,
            )
        return self._file(number, Path(path), rule.rereads)

    def _file(self, number: str, path: Path, rereads: bool = True) -> str:
        self.files.append(FileRead(path, number, rereads))
        return self.fingerprints.of(path, self.progress)


def _node_rule(number: str, kind: str) -> NodeRule:
    rule = NODE_RULES.get(kind)
    if rule is None:
        raise UnknownResult(
            "The result of node {number} ({kind}) is not known before it runs.",
            "One of these was expected: {nodes}.",
            "Load with one of those in docs/cache.md to use the cache.",
            number=number,
            kind=kind,
            nodes=", ".join(NODE_RULES),
        )
    top = _PACK if kind in OUR_NODES else environment.HOST
    if _defined_in(kind) != os.path.realpath(top / rule.file):
        raise UnknownResult(
            "Node {number} ({kind}) is another pack's, not ComfyUI's own.",
            "The node of this name that comes with it was expected.",
            "Disable that pack to use the cache.",
            number=number,
            kind=kind,
        )
    return rule


def _defined_in(kind: str) -> str | None:
    """The file of the function that runs, so that a replaced or wrapped one is noticed, too. What
    all nodes of ours are wrapped in is looked through.
    """
    node_class = host_nodes.NODE_CLASS_MAPPINGS.get(kind)
    method = getattr(node_class, "FUNCTION", "")
    function = getattr(node_class, "execute", None) or getattr(node_class, method, None)
    function = getattr(function, "__func__", function)
    while function is not None and _file_of(function) in _WRAPPERS:
        function = function.__wrapped__
    return _file_of(function)


def _file_of(function: Any) -> str | None:
    code = getattr(function, "__code__", None)
    return code and os.path.realpath(code.co_filename)
