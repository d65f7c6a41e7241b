"""What a quantised copy of an encoder will be: every tensor of the new file, its place in it, and
where its numbers come from.

Keys become the host's own (`keys.py`), so a copy of a file in OpenAI's or GGUF's layout is one that
every loader reads.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch

from ..encoder_files import expected_keys, packing
from ..encoder_files.checkpoint import CONFIG, Checkpoint
from ..encoder_files.description import Description
from ..encoder_files.tensor_reader import NAMES, TensorReader
from ..errors import EncoderScopeError

_MATRIX = re.compile(
    r"encoder\.block\.\d+\.layer\.\d\.(SelfAttention\.[qkvo]|DenseReluDense\.w\w+)\.weight"
    r"|text_model\.encoder\.layers\.\d+\.(self_attn\.\w+_proj|mlp\.fc\d)\.weight"
)
ARCHITECTURES = ("clip", "siglip", "t5")
_VOCABULARIES = ("spiece_model", "tokenizer_json", "tekken_model")
# the body of a file starts at a multiple of this, so that tensors stay aligned in a map of it
_WORD = 8


class Vocabulary(NamedTuple):
    """A vocabulary that lay beside the file, to be stored inside the copy as ComfyUI stores it."""

    key: str
    """spiece_model or tokenizer_json."""
    data: bytes


class CannotQuantise(EncoderScopeError):
    """A file that has no quantised copy."""


@dataclass(frozen=True)
class Step:
    """One tensor of the source and what becomes of it."""

    name: str
    """Of the tensor in the copy; the layer's name where it is packed."""
    source: expected_keys.Source | None
    """None: not from the encoder's tensors (a vocabulary, a mark)."""
    format: str
    """int8, fp8, int4; '' where the tensor stays as it is."""
    shape: tuple[int, ...]
    stored: tuple[packing.TensorSpec, ...]
    """Their ends follow the name; one with an empty end where the tensor stays as it is."""

    @property
    def elements(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class Plan:
    one: Description
    format: str
    steps: tuple[Step, ...]
    header: bytes
    """The first bytes of the copy, its length included."""
    places: Mapping[str, tuple[int, int]]
    """Tensor of the copy -> first byte and size."""
    size: int
    """Bytes of the whole copy."""
    source: str
    """Sizes, times and headers of the source's files, as one hash."""


def is_matrix(key: str) -> bool:
    """A linear layer inside a block, by the host's key: the rest of an encoder is small, and
    suffers most from few bits.
    """
    return _MATRIX.fullmatch(key) is not None


def plan(
    checkpoint: Checkpoint, one: Description, name: str, vocabulary: Vocabulary | None = None
) -> Plan:
    """Of a copy in the format ``name``. Raises :class:`CannotQuantise`."""
    check(one, name)
    reader = TensorReader(checkpoint, one)
    steps = tuple(_steps(reader, one, name, vocabulary))
    header, places, size = _laid_out(steps, _metadata(checkpoint, one, name))
    return Plan(one, name, steps, header, places, size, fingerprint(checkpoint, vocabulary))


def check(one: Description, name: str) -> None:
    if name not in packing.FORMATS:
        raise CannotQuantise(
            f"Unknown format {name!r}.",
            f"One of {', '.join(packing.FORMATS)} was expected.",
            "Use one of these names.",
        )
    if one.kind != "encoder" or one.architecture not in ARCHITECTURES:
        what = (
            f"{one.title}, which holds {' and '.join(each.title for each in one.inside)}"
            if one.inside
            else one.title
        )
        raise CannotQuantise(
            f"This is {what}.",
            "One text encoder of the CLIP, SigLIP or T5 kind was expected.",
            (
                "Choose its own file: diffusion models, checkpoints and language models are "
                "not quantised here."
            ),
        )
    if one.quantisation.format not in ("none", "gguf"):
        raise CannotQuantise(
            f"{one.title} is quantised already: {one.quantisation.title}.",
            "Plain weights (fp32, fp16 or bf16) or a GGUF file were expected.",
            "Take the fp16 or bf16 version: rounding twice costs accuracy and saves nothing.",
        )


def _steps(
    reader: TensorReader, one: Description, name: str, vocabulary: Vocabulary | None
) -> Iterator[Step]:
    placed = expected_keys.find_sources(one, reader.tensors)
    serious = {
        **expected_keys.sort_keys(placed.missing, placed.unexpected).serious,
        **expected_keys.wrong_shapes(one, reader.encoder, placed.sources),
    }
    if serious or not placed.sources:
        shown = (
            "; ".join(f"{key} ({why})" for key, why in sorted(serious.items())[:3])
            or "its sizes are not in the file"
        )
        raise CannotQuantise(
            f"{one.title} is not whole: {shown}.",
            "Every tensor of the encoder was expected.",
            "Download the file again.",
        )
    shapes = expected_keys.expected_keys(one)
    for key, source in placed.sources.items():
        shape = shapes[key]
        if is_matrix(key):
            chosen = packing.layer_format(name, shape)
            yield Step(
                key.removesuffix(".weight"),
                source,
                chosen,
                shape,
                packing.tensor_specs(chosen, shape),
            )
        else:
            yield _kept(key, source, reader.dtype(source.key), shape)
    for key in _VOCABULARIES:
        if key in reader.tensors or key in reader.checkpoint.tensors:
            tensor = reader.tensors.get(key) or reader.checkpoint.tensors[key]
            yield _kept(key, expected_keys.Source(key), torch.uint8, tensor.shape)
    if vocabulary is not None:
        yield _kept(vocabulary.key, None, torch.uint8, (len(vocabulary.data),))
    if name == "fp8":
        yield _kept(packing.MARK, None, torch.float8_e4m3fn, (0,))


def _kept(
    name: str, source: expected_keys.Source | None, dtype: torch.dtype, shape: tuple[int, ...]
) -> Step:
    return Step(name, source, "", shape, (packing.TensorSpec("", dtype, shape),))


def _metadata(checkpoint: Checkpoint, one: Description, name: str) -> dict[str, str]:
    said = {
        "format": "pt",
        "encoderscope.quantised": json.dumps(
            {"format": name, "from": checkpoint.path.name, "version": 1}
        ),
    }
    config = checkpoint.config(one.prefix)
    return {**said, CONFIG: json.dumps(config)} if config else said


def _laid_out(
    steps: tuple[Step, ...], metadata: Mapping[str, str]
) -> tuple[bytes, dict[str, tuple[int, int]], int]:
    """Wide types first, as safetensors' own writer has it, so that every tensor of a mapped file is
    aligned.
    """
    listed = [(step.name + each.suffix, each) for step in steps for each in step.stored]
    listed.sort(key=lambda pair: (-pair[1].dtype.itemsize, pair[0]))
    entries: dict[str, object] = {"__metadata__": dict(metadata)}
    at, places = 0, {}
    for name, each in listed:
        entries[name] = {
            "dtype": NAMES[each.dtype],
            "shape": list(each.shape),
            "data_offsets": [at, at + each.bytes],
        }
        places[name] = (at, each.bytes)
        at += each.bytes
    text = json.dumps(entries).encode()
    text = text.ljust(-(-len(text) // _WORD) * _WORD)
    start = _WORD + len(text)
    return (
        struct.pack("<Q", len(text)) + text,
        {name: (begin + start, size) for name, (begin, size) in places.items()},
        at + start,
    )


def fingerprint(checkpoint: Checkpoint, vocabulary: Vocabulary | None = None) -> str:
    """Changes when a file of the source changes: names, sizes, times of writing, and everything
    that its headers list.
    """
    digest = hashlib.sha256()
    for file in checkpoint.files:
        told = file.stat()
        digest.update(repr((file.name, told.st_size, told.st_mtime_ns)).encode())
    for name, tensor in sorted(checkpoint.tensors.items()):
        digest.update(repr((name, tensor.dtype, tensor.shape, tensor.start)).encode())
    digest.update(vocabulary.data if vocabulary else b"")
    return digest.hexdigest()
