"""One table of signatures: an anchor key tells that a text encoder stands below some prefix; its
reader describes it.

Anchors are norms of the first layer: no program quantises them, so they keep their names and
shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

from ..translation import later
from . import other_files
from .checkpoint import Checkpoint
from .description import Description
from .encoder_tensors import EncoderTensors, quantisation
from .file_notes import VISION, file_notes, has_vision_beside
from .formats.impostors import AGAIN, BrokenFile
from .read_clip import read_bare, read_openai, read_transformers
from .read_others import (
    read_bert,
    read_distilbert,
    read_gguf_llm,
    read_jina,
    read_llm,
    read_t5gemma,
    with_eyes,
)
from .read_t5 import read_gguf_t5, read_t5, read_wan_t5

Reader = Callable[[EncoderTensors], Description]


@dataclass(frozen=True)
class Signature:
    """How one kind of text encoder is recognised."""

    key_style: str
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
    Signature("wan", "blocks.0.norm1.weight", read_wan_t5, needs="blocks.0.ffn.gate.0.weight"),
    Signature("transformers", "transformer.layer.0.sa_layer_norm.weight", read_distilbert),
    Signature("transformers", "encoder.layer.0.attention.output.LayerNorm.weight", read_bert),
    Signature("transformers", "encoder.layers.0.norm1.weight", read_jina, needs="emb_ln.weight"),
    Signature(
        "transformers", "layers.0.pre_self_attn_layernorm.weight", read_t5gemma, ("decoder.",)
    ),
    Signature(
        "transformers",
        "layers.0.input_layernorm.weight",
        read_llm,
        ("vision_model.encoder.", "vision_tower.encoder."),  # Gemma 4's eyes are built like it
    ),
    Signature("gguf", "blk.0.attn_norm.weight", read_gguf_llm, ("enc.", "dec.", "v.", "t.")),
)


_MOST_ENCODERS = 16


class EncoderMatch(NamedTuple):
    """A text encoder in a checkpoint: where it stands, and by what it was recognised."""

    prefix: str
    signature: Signature


def find_encoders(checkpoint: Checkpoint) -> tuple[EncoderMatch, ...]:
    """Every text encoder in the checkpoint, by prefix. Raises :class:`BrokenFile` where a file
    claims more of them than any has.
    """
    matches = tuple(islice(_matches(checkpoint), _MOST_ENCODERS + 1))
    if len(matches) > _MOST_ENCODERS:
        raise BrokenFile(
            "{file} names more than {most} text encoders.",
            "At most four were expected.",
            AGAIN,
            file=checkpoint.path.name,
            most=_MOST_ENCODERS,
        )
    return tuple(sorted(matches, key=lambda match: match.prefix))


def _matches(checkpoint: Checkpoint) -> Iterator[EncoderMatch]:
    for key in checkpoint.tensors:
        for signature in SIGNATURES:
            if not key.endswith(signature.anchor):
                continue
            prefix = key.removesuffix(signature.anchor)
            # `model.layers.0...` of a language model: the prefix ends at a dot or a slash, or is
            # empty.
            if prefix and prefix[-1] not in "./":
                continue
            if prefix.endswith(signature.never_below):
                continue
            if not signature.needs or prefix + signature.needs in checkpoint.tensors:
                yield EncoderMatch(prefix, signature)


def tensors_below(checkpoint: Checkpoint, prefix: str) -> EncoderTensors:
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
    return EncoderTensors(prefix, tensors, metadata, checkpoint.config(prefix))


def describe(checkpoint: Checkpoint) -> Description:
    """What the checkpoint is: a text encoder, a checkpoint with text encoders inside, or something
    else, which is named too.
    """
    other = other_files.name(checkpoint.tensors)
    described = (_describe(checkpoint, match) for match in find_encoders(checkpoint))
    # a name alone makes no encoder: its first norm tells how wide it is
    encoders = tuple(encoder for encoder in described if encoder.width and encoder.layers)
    if len(encoders) == 1 and other is None:
        return encoders[0]
    if encoders:
        return _describe_checkpoint(encoders, other)
    other = other or other_files.name_alone(checkpoint.tensors)
    if not other and other_files.is_embedding([t.shape for t in checkpoint.tensors.values()]):
        other = other_files.EMBEDDING
    if other:
        notes = other.notes(checkpoint.kind == "gguf")
        return Description("other", other.architecture, "", "", other.title, notes=notes)
    if not checkpoint.tensors:
        return Description("other", "", "", "", later("a file without tensors"))
    return Description("other", "", "", "", later("a model that EncoderScope does not know"))


def _describe(checkpoint: Checkpoint, match: EncoderMatch) -> Description:
    encoder = tensors_below(checkpoint, match.prefix)
    folder = checkpoint.folder_of(match.prefix)
    names = (name for name in checkpoint.tensors if name.startswith(folder))
    description = with_eyes(match.signature.reader(encoder), names)
    also = description.also
    if has_vision_beside(match.prefix, checkpoint.tensors):
        also = (*also, VISION)
    description = replace(
        description,
        prefix=match.prefix,
        key_style=match.signature.key_style,
        dtypes=encoder.dtypes,
        quantisation=quantisation(encoder, checkpoint.tensors),
        tokenizer_in_file=encoder.tokenizer,
        also=also,
    )
    notes = (*description.notes, *file_notes(description, checkpoint))
    return replace(description, notes=notes)


def _describe_checkpoint(
    encoders: tuple[Description, ...], other: other_files.Other | None
) -> Description:
    architecture, title = "", later("a file of several text encoders")
    if other:
        architecture, title = (
            other.architecture,
            later("a checkpoint with {other}", other=other.title),
        )
    return Description("checkpoint", architecture, "", "", title, inside=encoders)
