"""One table of signatures: an anchor key tells that a text encoder stands below some prefix; its
reader describes it.

Anchors are norms of the first layer: no program quantises them, so they keep their names and
shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from . import other_files
from .checkpoint import Checkpoint
from .description import Description
from .encoder_part import Part, quantisation
from .read_clip import read_bare, read_openai, read_transformers
from .read_others import read_bert, read_gguf_llm, read_llm
from .read_t5 import read_gguf_t5, read_t5

Reader = Callable[[Part], Description]


@dataclass(frozen=True)
class Signature:
    layout: str
    anchor: str
    reader: Reader
    never_below: tuple[str, ...] = ()
    """Endings of a prefix below which the same names mean something else."""
    needs: str = ""
    """Another key below the same prefix, where the anchor alone is common."""


# without it a lone vision tower would pass for a text tower
_TOKENS = "embeddings.token_embedding.weight"
SIGNATURES = (
    Signature("transformers", "text_model.encoder.layers.0.layer_norm1.weight", read_transformers),
    Signature(
        "bare",
        "encoder.layers.0.layer_norm1.weight",
        read_bare,
        ("text_model.", "vision_model."),
        _TOKENS,
    ),
    Signature("openai", "transformer.resblocks.0.ln_1.weight", read_openai, ("visual.",)),
    Signature("transformers", "encoder.block.0.layer.0.layer_norm.weight", read_t5),
    Signature("gguf", "enc.blk.0.attn_norm.weight", read_gguf_t5),
    Signature("transformers", "encoder.layer.0.attention.output.LayerNorm.weight", read_bert),
    Signature("transformers", "layers.0.input_layernorm.weight", read_llm),
    Signature("gguf", "blk.0.attn_norm.weight", read_gguf_llm, ("enc.", "dec.", "v.", "t.")),
)


class Found(NamedTuple):
    prefix: str
    signature: Signature


def find(checkpoint: Checkpoint) -> tuple[Found, ...]:
    """Every text encoder in the checkpoint, by prefix."""
    return tuple(sorted(_matches(checkpoint), key=lambda found: found.prefix))


def _matches(checkpoint: Checkpoint) -> Iterator[Found]:
    for key in checkpoint.tensors:
        for signature in SIGNATURES:
            if not key.endswith(signature.anchor):
                continue
            prefix = key[: len(key) - len(signature.anchor)]
            # `model.layers.0...` of a language model: the prefix ends at a dot or a slash, or is
            # empty.
            if prefix and prefix[-1] not in "./":
                continue
            if prefix.endswith(signature.never_below):
                continue
            if not signature.needs or prefix + signature.needs in checkpoint.tensors:
                yield Found(prefix, signature)


def part_of(checkpoint: Checkpoint, prefix: str) -> Part:
    """The tensors below ``prefix``, by the rest of their names."""
    tensors = {
        key[len(prefix) :]: tensor
        for key, tensor in checkpoint.tensors.items()
        if key.startswith(prefix)
    }
    folder = checkpoint.folder_of(prefix)
    metadata = checkpoint.metadata
    if folder:
        metadata = {
            key[len(folder) + 1 :]: value
            for key, value in metadata.items()
            if key.startswith(folder + "/")
        }
    return Part(prefix, tensors, metadata, checkpoint.config(prefix))


def describe(checkpoint: Checkpoint) -> Description:
    """What the checkpoint is: a text encoder, a checkpoint with text encoders inside, or something
    else, which is named too.
    """
    other = other_files.name(checkpoint.tensors)
    encoders = tuple(_describe(checkpoint, each) for each in find(checkpoint))
    if len(encoders) == 1 and other is None:
        return encoders[0]
    if encoders:
        return _checkpoint(encoders, other)
    other = other or other_files.name_alone(checkpoint.tensors)
    if other:
        return Description("other", other.architecture, "", "", other.title, notes=other.notes)
    title = (
        "a model that EncoderScope does not know"
        if checkpoint.tensors
        else "a file without tensors"
    )
    return Description("other", "", "", "", title)


def _describe(checkpoint: Checkpoint, found: Found) -> Description:
    part = part_of(checkpoint, found.prefix)
    said = found.signature.reader(part)
    return replace(
        said,
        prefix=found.prefix,
        layout=found.signature.layout,
        dtypes=part.dtypes,
        quantisation=quantisation(part),
        tokenizer_in_file=part.tokenizer,
    )


def _checkpoint(encoders: tuple[Description, ...], other: other_files.Other | None) -> Description:
    title = f"a checkpoint with {other.title}" if other else "several text encoders in one"
    return Description(
        "checkpoint", other.architecture if other else "", "", "", title, inside=encoders
    )
