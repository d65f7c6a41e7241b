"""What is fuzzed: each target takes bytes, and raises only where the pack breaks a promise.

A refusal (:class:`EncoderScopeError`) is an answer. Any other exception, an answer that contradicts
itself, and one that takes seconds or a gigabyte is a fault.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import torch
from encoderscope.conditioning.benchmark.dataset import FILE, read_folder
from encoderscope.conditioning.cache import entry
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.encoder_files.formats.gguf_header import read_entries
from encoderscope.conditioning.english.reading import read
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.families.table import FAMILIES
from encoderscope.conditioning.picture_files import read_rgb
from encoderscope.conditioning.reports.encoder_card import report as card_report
from encoderscope.conditioning.reports.encoder_file import report as file_report
from encoderscope.conditioning.reports.reading import report as reading_report
from encoderscope.conditioning.reports.strict_json import to_json
from encoderscope.conditioning.reports.tokens import text as token_text
from encoderscope.conditioning.reports.tokens.report import token_report
from encoderscope.conditioning.tokens import order
from encoderscope.conditioning.tokens.alignment import align
from encoderscope.conditioning.tokens.prompt_map import map_tokens
from encoderscope.conditioning.tokens.recording import (
    Embedding,
    Origin,
    StreamRecording,
    VocabularyCall,
)
from encoderscope.conditioning.tokens.syntax import parse
from encoderscope.conditioning.tokens.typed_text import sent_by_browser
from encoderscope.conditioning.tokens.words import words_of
from encoderscope.tests.tokens import toy

Target = Callable[[bytes], None]
_LONGEST_TEXT = 2000
"""Characters: a target is called thousands of times."""


def _text(data: bytes) -> str:
    """Any text that Python can hold, halves of surrogate pairs among them."""
    try:
        text = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    return text[:_LONGEST_TEXT]


def _require(condition: object, words: str) -> None:
    """Unlike assert, it also counts where Python leaves those out."""
    if not condition:
        raise AssertionError(words)


def _require_json(report: Any) -> None:
    line = to_json(report)
    _require("\n" not in line and json.loads(line) is not None, "no strict JSON")


@cache
def _folder() -> Path:
    """For the files of one process."""
    return Path(tempfile.mkdtemp(prefix="encoderscope-fuzz-"))


def _file(name: str, data: bytes) -> Path:
    path = _folder() / name
    path.write_bytes(data)
    return path


# --- prompts
# --------------------------------------------------------------------------------------------------


def prompt(data: bytes) -> None:
    """The parser of weights, the words, what is read as English, and what the browser sends."""
    text = _text(data)
    parsed = parse(text)
    for span in parsed.syntax:
        _require(0 <= span.start < span.end <= len(text), "a bracket outside of the text")
    last = 0
    for word in words_of(text):
        _require(last <= word.start < word.end <= len(text), "words overlap or leave the text")
        last = word.end
    sent_by_browser(text)
    order.front_load(text)
    with suppress(EncoderScopeError):
        read(text)
        report = reading_report.reading_report(text)
        _require_json(report)
        reading_report.plain(report)


def lint(data: bytes) -> None:
    """The token report of a toy host, for two families: every word has a fate in every stream."""
    text = _text(data)
    for family, streams in (("sdxl", ("l", "g")), ("flux", ("l", "t5xxl"))):
        recordings = [_recording(name, text) for name in streams]
        mapped = map_tokens(text, recordings, FAMILIES[family])
        for fates in mapped.fates.values():
            _require(len(fates) == len(mapped.words), "a word without a fate")
        report = token_report(mapped, ["easynegative"], sent=sent_by_browser(text))
        _require_json(report)
        token_text.render(report)


def toy_report(text: str) -> dict[str, Any]:
    """The token report of a toy host for FLUX.1."""
    recordings = [_recording(name, text) for name in ("l", "t5xxl")]
    return token_report(map_tokens(text, recordings, FAMILIES["flux"]))


def _recording(name: str, text: str) -> StreamRecording:
    """As a host would make it: pieces of the weighted segments, windows of 75."""
    if name == "t5xxl":
        return toy.stream(name, text, weights=False)
    pieces = [toy.piece(part.text) for part in parse(text).segments]
    return toy.stream(name, text, pieces, capacity=75)


def alignment(data: bytes) -> None:
    """Recordings of a host that does as it likes: what cannot be aligned is called so."""
    source = _Bytes(data)
    text = source.text()
    recordings = [_wild(source, name, text) for name in ("l", "t5xxl")]
    for recording in recordings:
        for span in align(recording).spans:
            if span is not None:
                _require(0 <= span[0] <= span[1] <= len(text), "a token outside of the text")
    mapped = map_tokens(text, recordings, FAMILIES["flux"] if source.number(2) else None)
    report = token_report(mapped)
    _require_json(report)
    token_text.render(report)


class _Bytes:
    """Takes numbers and texts off a string of bytes; of its end, zeros."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def number(self, below: int) -> int:
        value = self.data[self.at] if self.at < len(self.data) else 0
        self.at += 1
        return value % below

    def text(self) -> str:
        size = self.number(64)
        part = self.data[self.at : self.at + size]
        self.at += size
        return part.decode("utf-8", "replace")


def _wild(source: _Bytes, name: str, text: str) -> StreamRecording:
    events: list[VocabularyCall | Embedding] = []
    windows: list[list[tuple[Any, float, int]]] = [[]]
    for number in range(source.number(8)):
        if source.number(4) == 0:
            vectors = source.number(3)
            events.append(Embedding(source.text(), source.text(), vectors, source.number(8), 4))
            ids: list[Any] = [object()] * vectors
        else:
            call = _call(source, text)
            events.append(call)
            ids = list(call.ids)
        windows[-1] += [(token, source.number(3) / 2, number + 1) for token in ids]
        if source.number(3) == 0:
            windows.append([])
    prompt_source = [text, source.text(), f"<{text}>"][source.number(3)]
    origin = Origin(source.number(5), len(text)) if source.number(2) else Origin(0, len(text))
    return StreamRecording(
        name=name,
        source=prompt_source,
        weights=bool(source.number(2)),
        windows=windows,
        events=events,
        origin=origin,
        capacity=source.number(80) or None,
        start_id=source.number(3),
        end_id=source.number(3),
        unknown_id=source.number(3),
    )


def _call(source: _Bytes, text: str) -> VocabularyCall:
    start = source.number(max(1, len(text)))
    looked_up = text[start : start + source.number(40)] if source.number(4) else source.text()
    ids = [source.number(256) for _ in range(source.number(12))]
    spans = None
    if source.number(2):
        end = len(looked_up) + 1
        spans = [(source.number(end), source.number(end)) for _ in ids]
    return VocabularyCall(looked_up, ids, spans)


# --- files
# --------------------------------------------------------------------------------------------------


def safetensors(data: bytes) -> None:
    """A header by any bytes: what is accepted is what a strict JSON parser reads in it."""
    path = _file("a.safetensors", data)
    try:
        tensors = open_checkpoint(path).tensors
    except EncoderScopeError:
        return
    length = int.from_bytes(data[:8], "little")
    listed = json.loads(data[8 : 8 + length])
    listed.pop("__metadata__", None)
    _require(set(listed) == set(tensors), "other names than JSON has")
    for name, tensor in tensors.items():
        begin, end = listed[name]["data_offsets"]
        here = (8 + length + begin, end - begin)
        _require((tensor.start, tensor.size) == here, "other bytes than JSON has")
        _require(tensor.start + tensor.size <= len(data), "a tensor behind the end")
    _inspect(path)


def gguf(data: bytes) -> None:
    """A header by any bytes: no tensor lies outside of its file."""
    path = _file("a.gguf", data)
    try:
        tensors = open_checkpoint(path).tensors
        read_entries(path, ["tokenizer.ggml.tokens"])
    except EncoderScopeError:
        return
    for tensor in tensors.values():
        _require(0 <= tensor.start <= tensor.start + tensor.size <= len(data), "outside")
    _inspect(path)


def _inspect(path: Path) -> None:
    with suppress(EncoderScopeError):
        report = file_report.inspect(path)
        _require_json(report)
        file_report.plain(report)


_PARTS = (
    "text_model.", "encoder.", "layers.", "block.", "0.", "1.", "11.", "23.", "layer.", "weight",
    "bias", "layer_norm1.", "layer_norm.", "final_layer_norm.", "embeddings.", "token_embedding.",
    "position_embedding.", "SelfAttention.", "q.", "relative_attention_bias.", "shared.",
    "DenseReluDense.", "wi_0.", "wi.", "wo.", "transformer.", "resblocks.", "ln_1.", "visual.",
    "text.", "text_projection", "logit_scale", "scale_weight", "comfy_quant", "blocks.", "norm1.",
    "ffn.", "gate.", "model.", "input_layernorm.", "self_attn.", "k_proj.", "mlp.", "fc1.", "head.",
    "vision_model.", "attn.", "in_proj_weight", "blk.", "attn_norm.", "enc.", "token_embd.",
    "lora_te_", "spiece_model", "cond_stage_model.", "positional_embedding", "sa_layer_norm.",
)  # fmt: skip
_DTYPES = ("F16", "F32", "BF16", "F8_E4M3", "I8", "U8", "I64")
_SIZES = (0, 1, 2, 3, 8, 32, 64, 77, 768, 1024, 1280, 4096, 32128, 49408)


def identification(data: bytes) -> None:
    """Files whose keys are put together of those of real ones."""
    source, at = _Bytes(data), 0
    header: dict[str, Any] = {}
    for _ in range(1 + source.number(24)):
        name = "".join(_PARTS[source.number(len(_PARTS))] for _ in range(1 + source.number(7)))
        shape = [_SIZES[source.number(len(_SIZES))] for _ in range(source.number(4))]
        dtype = _DTYPES[source.number(len(_DTYPES))]
        size = _bytes_of(shape, dtype)
        if name not in header and at + size < 1 << 40:
            header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
            at += size
    header["__metadata__"] = {"_quantization_metadata": source.text()}
    raw = json.dumps(header).encode()
    path = _folder() / "model.safetensors"
    with path.open("wb") as file:
        file.write(len(raw).to_bytes(8, "little") + raw)
        file.truncate(8 + len(raw) + at)
    (_folder() / "config.json").write_text(source.text() or "{}")
    _inspect(path)


def _bytes_of(shape: list[int], dtype: str) -> int:
    size = {"F32": 4, "I64": 8, "F16": 2, "BF16": 2}.get(dtype, 1)
    for axis in shape:
        size *= axis
    return size


def captions(data: bytes) -> None:
    """A captions.jsonl of any bytes beside one picture."""
    _file("1.png", b"")
    _file(FILE, data)
    with suppress(EncoderScopeError):
        dataset = read_folder(_folder())
        _require(dataset.pairs and all(pair.caption for pair in dataset.pairs), "no caption")


def picture(data: bytes) -> None:
    """A picture of any bytes: one, or an exception that callers turn into a sentence."""
    path = _file("a.png", data)
    with suppress(Exception):
        image = read_rgb(path)
        _require(image.mode == "RGB", "no RGB")


def card(data: bytes) -> None:
    """The JSON of another's encoder report, beside our own."""
    with suppress(EncoderScopeError):
        other = card_report.read_card(_text(data))
        report = card_report.with_others(_own_card(), [other])
        _require_json(report)
        card_report.plain(report)


@cache
def _own_card() -> dict[str, Any]:
    path = Path(__file__).resolve().parents[1] / "samples" / "encoder_report.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


# --- the cache
# --------------------------------------------------------------------------------------------------


def cache_entry(data: bytes) -> None:
    """Any bytes in the place of an entry are unreadable, or what was written."""
    entry.notes_of(data)
    with suppress(EncoderScopeError):
        unpacked = entry.unpack(data, "entry")
        _require(isinstance(unpacked.conditioning, list), "no conditioning")
    path = _file("entry.safetensors", data)
    with suppress(EncoderScopeError):
        entry.load(path)


def damaged_entry(data: bytes) -> None:
    """A whole entry with bytes exchanged, cut off or put in: never another answer."""
    packed = _entry()
    source, damaged = _Bytes(data), bytearray(packed)
    for place in _places(source, len(packed)):
        kind = source.number(4)
        if kind == 0:
            del damaged[place : place + 1 + source.number(16)]
        elif kind == 1:
            damaged[place:place] = bytes([source.number(256)])
        elif place < len(damaged):
            damaged[place] = source.number(256)
    if bytes(damaged) == packed:
        return
    try:
        unpacked = entry.unpack(bytes(damaged), "entry")
    except EncoderScopeError:
        return
    written = entry.unpack(packed, "entry")
    _require(unpacked.notes == written.notes, "other notes")
    _require(_same(unpacked.conditioning, written.conditioning), "other numbers")


def _places(source: _Bytes, size: int) -> Iterator[int]:
    for _ in range(1 + source.number(3)):
        yield (source.number(256) << 8 | source.number(256)) % size


def _same(first: Any, second: Any) -> bool:
    if torch.is_tensor(first):
        return torch.is_tensor(second) and torch.equal(first, second)
    if isinstance(first, (list, tuple)):
        return len(first) == len(second) and all(map(_same, first, second))
    if isinstance(first, dict):
        return list(first) == list(second) and all(_same(first[k], second[k]) for k in first)
    return bool(first == second and type(first) is type(second))


@cache
def _entry() -> bytes:
    tensor = torch.arange(48, dtype=torch.float32).reshape(1, 6, 8)
    extras = {
        "pooled_output": torch.ones(1, 4, dtype=torch.float16),
        "strength": 1.5,
        "area": (1, 2),
    }
    return entry.pack([[tensor, extras]], {"key": {"text": "a red car"}})


TARGETS: dict[str, Target] = {
    target.__name__: target
    for target in (
        prompt,
        lint,
        alignment,
        safetensors,
        gguf,
        identification,
        captions,
        picture,
        card,
        cache_entry,
        damaged_entry,
    )
}
