"""What a quantised copy of an encoder will be: every tensor of the new file, its place in it, and
where its numbers come from.

Keys become the host's own (`expected_keys.py`), so a copy of a file with OpenAI's or GGUF's keys is
one that every loader reads.
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

from ..encoder_files import expected_keys, packing, sentences
from ..encoder_files.checkpoint import CONFIG, Checkpoint
from ..encoder_files.description import Description
from ..encoder_files.soundness import first_faults
from ..encoder_files.tensor_reader import NAMES, TensorReader
from ..errors import EncoderScopeError, UnknownName
from ..translation import later

_MATRIX = re.compile(
    r"encoder\.block\.\d+\.layer\.\d\.(SelfAttention\.[qkvo]|DenseReluDense\.w\w+)\.weight"
    r"|text_model\.encoder\.layers\.\d+\.(self_attn\.\w+_proj|mlp\.fc\d)\.weight"
)
ARCHITECTURES = ("clip", "siglip", "t5")
_VOCABULARIES = ("spiece_model", "tokenizer_json", "tekken_model")
# the body of a file starts at a multiple of this, so that tensors stay aligned in a map of it
_WORD = 8


class VocabularyTensor(NamedTuple):
    """A vocabulary that lay beside the file, to be stored inside the copy as ComfyUI stores it."""

    key: str
    """spiece_model or tokenizer_json."""
    data: bytes


class CannotQuantize(EncoderScopeError):
    """A file that has no quantised copy."""


@dataclass(frozen=True)
class TensorStep:
    """One tensor of the source and what becomes of it."""

    name: str
    """Of the tensor in the copy; the layer's name where it is packed."""
    source: expected_keys.Source | None
    """None: not from the encoder's tensors (a vocabulary, a mark)."""
    format: str
    """int8, fp8, int4; '' where the tensor stays as it is."""
    shape: tuple[int, ...]
    stored: tuple[packing.TensorSpec, ...]
    """Their suffixes follow the name; one with an empty suffix where the tensor stays as it is."""

    @property
    def elements(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class QuantizationPlan:
    """A quantised copy before it is written."""

    description: Description
    """Of the source."""
    format: str
    steps: tuple[TensorStep, ...]
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


def make_plan(
    checkpoint: Checkpoint,
    description: Description,
    name: str,
    vocabulary: VocabularyTensor | None = None,
) -> QuantizationPlan:
    """The plan of a copy in the format ``name``. Raises :class:`CannotQuantize`."""
    require_quantizable(description, name)
    reader = TensorReader(checkpoint, description)
    steps = (*_encoder_steps(reader, name), *_other_steps(reader, name, vocabulary))
    header, places, size = _header(steps, _metadata(checkpoint, description, name))
    source = fingerprint(checkpoint, vocabulary)
    return QuantizationPlan(description, name, steps, header, places, size, source)


def require_quantizable(description: Description, name: str) -> None:
    """Raises :class:`CannotQuantize` where a file has no copy in the format ``name``."""
    if name not in packing.FORMATS:
        raise UnknownName("format", name, list(packing.FORMATS))
    if description.kind != "encoder" or description.architecture not in ARCHITECTURES:
        raise CannotQuantize(
            "This is {title}, which holds {inside}." if description.inside else "This is {title}.",
            "One text encoder of the CLIP, SigLIP or T5 kind was expected.",
            (
                "Choose its own file: diffusion models, checkpoints and language models are "
                "not quantised here."
            ),
            title=description.title,
            inside=sentences.titles(description.inside),
        )
    if description.quantisation.format not in ("none", "gguf"):
        raise CannotQuantize(
            "{title} is quantised already: {format}.",
            "Plain weights (fp32, fp16 or bf16) or a GGUF file were expected.",
            "Take the fp16 or bf16 version: rounding twice costs accuracy and saves nothing.",
            title=description.title,
            format=description.quantisation.title,
        )


def _encoder_steps(reader: TensorReader, name: str) -> Iterator[TensorStep]:
    shapes = expected_keys.expected_keys(reader.description)
    for key, source in _complete_sources(reader).items():
        shape = shapes[key]
        if is_matrix(key):
            layer, format_ = key.removesuffix(".weight"), packing.layer_format(name, shape)
            specs = packing.tensor_specs(format_, shape)
            yield TensorStep(layer, source, format_, shape, specs)
        else:
            yield _unchanged(key, source, reader.dtype(source.key), shape)


def _complete_sources(reader: TensorReader) -> dict[str, expected_keys.Source]:
    """Where each tensor of the encoder stands. Raises :class:`CannotQuantize` where one lacks."""
    description = reader.description
    keys = expected_keys.find_sources(description, reader.tensors)
    serious = {
        **expected_keys.sort_keys(keys.missing, keys.unexpected).serious,
        **expected_keys.wrong_shapes(description, reader.encoder, keys.sources),
    }
    if serious or not keys.sources:
        raise CannotQuantize(
            "{title} is not whole: {why}.",
            "Every tensor of the encoder was expected.",
            "Download the file again.",
            title=description.title,
            why=first_faults(serious) or later("its sizes are not in the file"),
        )
    return keys.sources


def _other_steps(
    reader: TensorReader, name: str, vocabulary: VocabularyTensor | None
) -> Iterator[TensorStep]:
    for key in _VOCABULARIES:
        tensor = reader.tensors.get(key) or reader.checkpoint.tensors.get(key)
        if tensor is not None:
            yield _unchanged(key, expected_keys.Source(key), torch.uint8, tensor.shape)
    if vocabulary is not None:
        yield _unchanged(vocabulary.key, None, torch.uint8, (len(vocabulary.data),))
    if name == "fp8":
        yield _unchanged(packing.MARK, None, torch.float8_e4m3fn, (0,))


def _unchanged(
    name: str, source: expected_keys.Source | None, dtype: torch.dtype, shape: tuple[int, ...]
) -> TensorStep:
    return TensorStep(name, source, "", shape, (packing.TensorSpec("", dtype, shape),))


def _metadata(checkpoint: Checkpoint, description: Description, name: str) -> dict[str, str]:
    origin = {"format": name, "from": checkpoint.path.name, "version": 1}
    metadata = {"format": "pt", "encoderscope.quantised": json.dumps(origin)}
    config = checkpoint.config(description.prefix)
    if config:
        metadata[CONFIG] = json.dumps(config)
    return metadata


def _header(
    steps: tuple[TensorStep, ...], metadata: Mapping[str, str]
) -> tuple[bytes, dict[str, tuple[int, int]], int]:
    """The header's bytes, first byte and size of every tensor, and the size of the file. Wide types
    first, as safetensors' own writer has it, so that every tensor of a mapped file is aligned.
    """
    specs = [(step.name + spec.suffix, spec) for step in steps for spec in step.stored]
    specs.sort(key=lambda pair: (-pair[1].dtype.itemsize, pair[0]))
    entries: dict[str, object] = {"__metadata__": dict(metadata)}
    offsets: dict[str, tuple[int, int]] = {}
    end = 0
    for name, spec in specs:
        begin, end = end, end + spec.bytes
        entries[name] = {
            "dtype": NAMES[spec.dtype],
            "shape": list(spec.shape),
            "data_offsets": [begin, end],
        }
        offsets[name] = (begin, spec.bytes)
    text = json.dumps(entries).encode()
    text = text.ljust(-(-len(text) // _WORD) * _WORD)
    start = _WORD + len(text)
    places = {name: (begin + start, size) for name, (begin, size) in offsets.items()}
    return struct.pack("<Q", len(text)) + text, places, end + start


def fingerprint(checkpoint: Checkpoint, vocabulary: VocabularyTensor | None = None) -> str:
    """Changes when a file of the source changes: names, sizes, times of writing, and everything
    that its headers list.
    """
    digest = hashlib.sha256()
    for file in checkpoint.files:
        status = file.stat()
        digest.update(repr((file.name, status.st_size, status.st_mtime_ns)).encode())
    for name, tensor in sorted(checkpoint.tensors.items()):
        digest.update(repr((name, tensor.dtype, tensor.shape, tensor.start)).encode())
    if vocabulary:
        digest.update(vocabulary.data)
    return digest.hexdigest()
