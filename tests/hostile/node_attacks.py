"""Graphs in which one input of one node is hostile, for every input of every node of the pack."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .packs.hostile_values import objects

Graph = dict[str, Any]
VALUE, SUBJECT = "value", "subject"
"""Node numbers of what is hostile and of the node that gets it."""


def node(kind: str, **inputs: Any) -> Graph:
    """A node of this pack in API format."""
    return {"class_type": f"EncoderScope_{kind}", "inputs": inputs}


SOUND: Mapping[str, tuple[str, Graph, int]] = {
    "clip": ("clip", node("LoadMiniature", miniature="mini-CLIP-hard", family="sd3 without T5"), 0),
    "encoder": ("dual", node("LoadMiniature", miniature="mini-CLIP", family="encoder alone"), 1),
    "model": ("model", node("LoadMiniatureGenerator", generator="clip-hard"), 0),
    "vae": ("model", node("LoadMiniatureGenerator", generator="clip-hard"), 1),
    "image": (
        "scene",
        node(
            "DrawScene", first_colour="red", first_thing="car", second_colour="blue",
            second_thing="house", variation=8, side=64,
        ),
        0,
    ),
    "conditioning": (
        "encoded",
        {"class_type": "CLIPTextEncode", "inputs": {"clip": ["clip", 0], "text": "a red car"}},
        0,
    ),
    "states": ("states", node("EncodeStates", clip=["clip", 0], text="a red car"), 0),
    "judge": ("judge", node("LoadJudge", model="what is connected", precision="as stored",
                            encoder=["dual", 1]), 0),
    "latent": (
        "latent",
        {"class_type": "EmptySD3LatentImage",
         "inputs": {"width": 64, "height": 64, "batch_size": 1}},
        0,
    ),
    "clip_vision": (
        "nothing", {"class_type": "HostileValue", "inputs": {"value": "@clip.object"}}, 0
    ),
    "report": ("mapped", node("TokenMap", text="a red car", family="sd1"), 1),
}  # fmt: skip
"""What is connected where it is not hostile: node number, node, output."""
KINDS = {
    "CLIP": "clip", "ENCODERSCOPE_DUAL_ENCODER": "encoder", "MODEL": "model", "VAE": "vae",
    "IMAGE": "image", "CONDITIONING": "conditioning", "TEXT_STATES": "states", "LATENT": "latent",
    "ENCODERSCOPE_JUDGE": "judge", "CLIP_VISION": "clip_vision",
}  # fmt: skip
"""The host's types of links."""
LEFT_OPEN = {
    "ImageProbe": ("clip", "clip_vision", "judge"),
    "LoadJudge": ("clip", "beside"),
    "LoadDualEncoder": ("clip", "clip_vision"),
    "BindingBenchmark": ("clip", "judge", "encoder_b"),
    "IgnoredWords": ("images", "latent", "vae", "positive"),
    "PromptDoctor": ("model", "images", "judge", "encoder", "latent", "reports", "vae"),
    "EncoderReport": ("compare_clip", "card"),
    "BindingProbe": ("compare_clip",),
    "LoadEncoders": ("model",),
}
"""Optional links that are connected only to be hostile."""
BESIDE = {
    ("ImageProbe", "clip"): {"encoder": None},
    ("ImageProbe", "clip_vision"): {"encoder": None, "clip": ["clip", 0]},
    ("LoadJudge", "clip"): {"encoder": None},
    ("LoadDualEncoder", "clip_vision"): {"clip": ["clip", 0]},
    ("BindingBenchmark", "clip"): {"encoder_a": None},
    ("BindingBenchmark", "judge"): {"encoder_a": None},
    ("IgnoredWords", "images"): {"vae": ["model", 1]},
    ("IgnoredWords", "vae"): {"images": ["scene", 0]},
    ("PromptDoctor", "latent"): {"model": ["model", 0]},
    ("PromptDoctor", "images"): {"encoder": ["dual", 1]},
    ("PromptDoctor", "encoder"): {"images": ["scene", 0]},
    ("PromptDoctor", "judge"): {"images": ["scene", 0]},
    ("PromptDoctor", "vae"): {"model": ["model", 0], "verify": True},
}
"""What a hostile input is looked at with; None: not connected."""
CHOSEN = {
    "text": "a red car and a blue house", "text_a": "a red car", "text_b": "a blue house",
    "filename_prefix": "hostile/written", "budget": "quick", "dataset": "drawn-20",
    "file": "none.safetensors", "file_1": "none.safetensors", "model": "what is connected",
    "side": 64, "view": "unpadded",
}  # fmt: skip
"""Values of widgets that are not hostile, where the default does not do."""
TEXTS = [
    "", " ", "\0", "a red\0car", "\ud83d", "a \udc00 car", "\u202ea red car", "\x1b[31ma\x07\r\b",
    "a" * 5_000, "a red car " * 20_000, "(" * 3_000 + "a" + ")" * 3_000, "[" * 2_000, "[]|[]",
    "embedding:../../../etc/passwd", "embedding:", "embedding:" + "a" * 5_000, "\u6f22" * 20_000,
    "\N{FOX FACE}" * 10_000, "a\u0301\u0301" * 3_000, "\ufeff", "(a:1e400)", "(a:nan)",
    "[red] car | [blue] house", "a red car\u2028and\u0085a\fblue\vhouse", "NaN", "{0}%s{name}",
    "AND " * 5_000, "BREAK " * 2_000, "\uffff\U0010ffff", "null",
]  # fmt: skip
PATHS = [
    "../../escaped", "..", ".", "/etc/passwd", "/tmp/encoderscope-escaped", "\\\\server\\share\\x",
    "//server/share/x", "C:\\Windows\\x", "C:x", "CON", "con.safetensors", "nul", "aux/x",
    "COM1.json", "a/" * 2_000 + "b", "a\nb", "x.", " x ", "~/x", "x:stream", "-rf", "a/../../b",
    "%date:yyyy%/../../x", "%width%", "..\\..\\x", "\u202egpj.x", "a/", "a//b", "/", "\\",
    "encoderscope/../../../x", "file:///etc/passwd", "x" * 250, "dev/../x\0.png",
]  # fmt: skip
NUMBERS = [
    "-1", "0", "1e308", "-1e308", str(2**63), str(-(2**63)), str(2**64), "1" + "0" * 400, "1e-320",
    "NaN", "Infinity", "-Infinity", '"NaN"', '"inf"', '"1e309"', "0.5", "true", "-0.0", "1e30",
]  # fmt: skip
CHOICES = ["", "nope", "a" * 5_000, "\ud83d", "a\0b", "../x", "\x1b[31m", "none", "AUTO", "{0}"]
BOOLEANS = ["2", "-1", "1" + "0" * 400, "true", '"yes"', "null", "NaN"]
REPORT_INPUTS = {("SaveReportCard", "json"), ("PromptDoctor", "reports"), ("EncoderReport", "card")}


class Attack(NamedTuple):
    """One graph, and what is hostile in it."""

    node: str
    input: str
    value: str
    graph: Graph


def attacks(info: Mapping[str, Any], reports: Mapping[str, str]) -> Iterator[Attack]:
    """All of them. ``info``: the host's /object_info; ``reports``: sound ones, as JSON."""
    for node_id, schema in info.items():
        kind = node_id.removeprefix("EncoderScope_")
        inputs = {**schema["input"].get("required", {}), **schema["input"].get("optional", {})}
        for name, (io_type, *_) in inputs.items():
            for value in _values(kind, name, io_type, reports):
                yield Attack(kind, name, value, _graph(kind, inputs, name, value))


def _values(kind: str, name: str, io_type: Any, reports: Mapping[str, str]) -> Iterator[str]:
    if io_type in KINDS:
        yield from (f"@{KINDS[io_type]}.{which}" for which in objects.names(KINDS[io_type]))
    elif (kind, name) in REPORT_INPUTS:
        yield from (json.dumps(text) for text in damaged(reports))
        yield from map(json.dumps, TEXTS)
    elif io_type == "STRING":
        yield from map(json.dumps, (*TEXTS, *PATHS))
    elif io_type in ("INT", "FLOAT"):
        yield from NUMBERS
    elif io_type == "BOOLEAN":
        yield from BOOLEANS
    else:
        yield from map(json.dumps, (*CHOICES, *PATHS))


def damaged(reports: Mapping[str, str]) -> Iterator[str]:
    """Every report with each of its keys, two levels deep, of another kind or gone."""
    for text in reports.values():
        report = json.loads(text)
        for path in _paths(report):
            for value in (None, [], {}, "x", -1, 1e300, [None], [[1]], True, {"a": {"a": [1]}}):
                yield json.dumps(_with(report, path, value))
        yield json.dumps([report] * 3)
        yield text.replace("0.", "1e999")[:-1]
        yield text.replace("1", "NaN")


def _paths(report: Any, depth: int = 3) -> Iterator[tuple[Any, ...]]:
    keys = (
        list(report)
        if isinstance(report, dict)
        else [0]
        if isinstance(report, list) and report
        else []
    )
    for key in keys:
        yield (key,)
        if depth > 1:
            yield from ((key, *rest) for rest in _paths(report[key], depth - 1))


def _with(report: Any, path: tuple[Any, ...], value: Any) -> Any:
    first, *rest = path
    other = dict(report) if isinstance(report, dict) else list(report)
    other[first] = _with(other[first], tuple(rest), value) if rest else value
    return other


def _graph(kind: str, inputs: Mapping[str, Any], hostile: str, value: str) -> Graph:
    """The node with sound inputs but one."""
    original = {
        name: _sound(name, *each) for name, each in inputs.items()
        if name not in LEFT_OPEN.get(kind, ())
    }  # fmt: skip
    original |= BESIDE.get((kind, hostile), {})
    original[hostile] = [VALUE, 0]
    subject = node(kind, **{name: each for name, each in original.items() if each is not None})
    source: Graph = {"class_type": "HostileValue", "inputs": {"value": value}}
    sound = value[1:].split(".")[0] if value.startswith("@") else ""
    if sound in ("clip", "model", "vae"):
        source["inputs"]["of"] = [SOUND[sound][0], SOUND[sound][2]]
    shown = {"class_type": "PreviewAny", "inputs": {"source": [SUBJECT, 0]}}
    graph = {SUBJECT: subject, VALUE: source, "shown": shown}  # loaders alone are never run
    waiting = [subject, source]
    while waiting:
        for link in waiting.pop()["inputs"].values():
            if isinstance(link, list) and link[0] not in graph:
                graph[link[0]] = next(
                    each for number, each, _ in SOUND.values() if number == link[0]
                )
                waiting.append(graph[link[0]])
    return graph


def _sound(name: str, io_type: Any, options: Mapping[str, Any] | None = None) -> Any:
    if io_type in KINDS:
        number, _, output = SOUND[KINDS[io_type]]
        return [number, output]
    if name in ("json", "reports", "card"):
        return ["mapped", 1]
    if name in CHOSEN:
        return CHOSEN[name]
    options = options or {}
    if isinstance(io_type, list):
        return options.get("default", (io_type or [""])[0])
    return options.get("default", options.get("options", [""])[0])
