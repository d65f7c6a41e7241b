"""One encoder alone in a CLIP: for encoders that no family takes, and for any other when asked.

Its one stream is named after the kind of encoder. The tokenizer is a class of its own, so that
nobody takes it for a family's.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import comfy.text_encoders
import torch
from comfy import sd1_clip
from comfy.clip_model import CLIPTextModel
from comfy.text_encoders.spiece_tokenizer import SPieceTokenizer
from comfy.text_encoders.t5 import T5
from transformers import ByT5Tokenizer, T5TokenizerFast

from ...conditioning.encoder_files.description import Description
from ...conditioning.encoder_files.vocabularies import stored
from ...conditioning.encoder_files.vocabularies.stored import StoredVocabulary
from . import vocabulary_tensors
from .siglip import SiglipTextModel

STREAMS = {"clip": "clip_text", "t5": "t5", "siglip": "siglip"}
"""Architecture -> name of the stream and of the encoder's attribute."""
_CLIP_START, _CLIP_END = 49406, 49407
_T5_ACTIVATIONS = {
    "gelu_new": "gelu_pytorch_tanh",
    "gelu_pytorch_tanh": "gelu_pytorch_tanh",
    "relu": "relu",
}


class Padding(NamedTuple):
    """How an encoder's texts end, and how they are filled up."""

    pad: int
    end: int
    shortest: int
    to_full: bool
    """Every window is padded to the full length, as the encoder was trained."""


class SingleEncoderTokenizer(sd1_clip.SD1Tokenizer):
    """One stream, read by one vocabulary."""


class SingleEncoderModel(sd1_clip.SD1ClipModel):
    """One encoder."""


class _ProjectedCLIP(CLIPTextModel):
    """CLIP whose pooled vector is wider or narrower than its states (the ResNet models'), which the
    host's module is not made for.
    """

    def __init__(
        self, config_dict: dict[str, Any], dtype: Any, device: Any, operations: Any
    ) -> None:
        super().__init__(config_dict, dtype, device, operations)
        shape = config_dict["hidden_size"], config_dict["projection_dim"]
        self.text_projection = operations.Linear(*shape, bias=False, dtype=dtype, device=device)


class StoredVocabularyTokenizer(sd1_clip.SDTokenizer):
    """The tokenizer of one stream, whose vocabulary may be saved with the weights."""

    stored: dict[str, Any] = {}

    def state_dict(self) -> dict[str, Any]:
        """As the host's: what is saved beside the weights."""
        return dict(self.stored)


def padding(description: Description) -> Padding:
    """How an encoder pads a text, as it was trained."""
    if description.architecture == "clip":
        pad = _CLIP_END
        if description.activation == "gelu":  # OpenCLIP pads with zeros, OpenAI's with the end mark
            pad = 0
        return Padding(pad, _CLIP_END, description.positions or 77, True)
    if description.architecture == "siglip":
        pad = int(description.variant != "siglip2")
        return Padding(pad, 1, description.positions or 64, True)
    if description.variant == "pile_t5":
        return Padding(1, 2, 1, False)
    return Padding(0, 1, 1, False)


def config(description: Description) -> dict[str, Any]:
    """What the host's modules (and ours for SigLIP) take an encoder's dimensions from."""
    if description.architecture == "t5":
        return _t5_config(description)
    return _clip_config(description)


def _clip_config(description: Description) -> dict[str, Any]:
    return {
        "num_hidden_layers": description.layers,
        "hidden_size": description.width,
        "num_attention_heads": description.heads,
        "intermediate_size": description.feed_forward,
        "hidden_act": description.activation,
        "max_position_embeddings": description.positions,
        "vocab_size": description.vocabulary,
        "projection_dim": description.projection or description.width,
        "eos_token_id": _CLIP_END,
    }


def _t5_config(description: Description) -> dict[str, Any]:
    """`umt5` is the host's word for a position bias in every layer."""
    return {
        "num_layers": description.layers,
        "d_model": description.width,
        "d_kv": description.head_width,
        "num_heads": description.heads,
        "d_ff": description.feed_forward,
        "dense_act_fn": _T5_ACTIVATIONS.get(description.activation, description.activation),
        "is_gated_act": description.gated,
        "model_type": "umt5" if description.bias_in_every_layer else "t5",
        "vocab_size": description.vocabulary,
    }


def target(description: Description, vocabulary: StoredVocabulary | None) -> tuple[Any, Any]:
    """Factories of the model and of the tokenizer, as the host's `clip_target` holds them;
    ``vocabulary``: `None` where the host ships it.
    """
    return _model_factory(description), tokenizer_factory(description, vocabulary)


def _model_factory(description: Description) -> Callable[..., SingleEncoderModel]:
    pad = padding(description)
    special = {"end": pad.end, "pad": pad.pad}
    if description.architecture == "clip":
        special["start"] = _CLIP_START

    def encoder(device: Any = "cpu", dtype: Any = None, model_options: Any = None, **_: Any) -> Any:
        return sd1_clip.SDClipModel(
            device=device,
            dtype=dtype,
            max_length=description.positions or 77,
            textmodel_json_config=config(description),
            model_class=_module(description),
            special_tokens=special,
            enable_attention_masks=description.architecture == "t5",
            model_options=model_options or {},
        )

    def model(
        device: Any = "cpu", dtype: Any = None, model_options: Any = None
    ) -> SingleEncoderModel:
        return SingleEncoderModel(
            device=device,
            dtype=dtype,
            model_options=model_options or {},
            name=STREAMS[description.architecture],
            clip_model=encoder,
        )

    return model


def _module(description: Description) -> type[torch.nn.Module]:
    if description.architecture == "clip":
        if description.projection in (None, description.width):
            return CLIPTextModel
        return _ProjectedCLIP
    return {"t5": T5, "siglip": SiglipTextModel}[description.architecture]


def tokenizer_factory(
    description: Description, vocabulary: StoredVocabulary | None
) -> Callable[..., SingleEncoderTokenizer]:
    """A factory of the tokenizer; ``vocabulary``: `None` where the host ships it."""
    name, pad = STREAMS[description.architecture], padding(description)
    length = {"max_length": 99999999, "min_length": pad.shortest}
    if pad.to_full:
        length = {"max_length": pad.shortest}

    def stream(
        embedding_directory: Any = None, tokenizer_data: Any = None
    ) -> StoredVocabularyTokenizer:
        tokenizer = StoredVocabularyTokenizer(
            **_vocabulary_source(description, vocabulary),
            **length,
            pad_to_max_length=pad.to_full,
            pad_with_end=False,
            pad_token=pad.pad,
            has_start_token=description.architecture == "clip",
            embedding_directory=embedding_directory,
            embedding_size=description.width or 0,
            embedding_key=name,
            tokenizer_data=tokenizer_data or {},
        )
        if vocabulary is not None:
            tokenizer.stored = vocabulary_tensors.tensors(vocabulary)
        return tokenizer

    def tokenizer(
        embedding_directory: Any = None, tokenizer_data: Any = None
    ) -> SingleEncoderTokenizer:
        return SingleEncoderTokenizer(
            embedding_directory, tokenizer_data or {}, name=name, tokenizer=stream
        )

    return tokenizer


def _vocabulary_source(
    description: Description, vocabulary: StoredVocabulary | None
) -> dict[str, Any]:
    """From where the host's `SDTokenizer` takes a vocabulary; its defaults are CLIP's."""
    if vocabulary is not None:
        parsed = stored.read(description, vocabulary)
        reader = SimpleNamespace(from_pretrained=lambda _path, **_: parsed)
        return {"tokenizer_path": "", "tokenizer_class": reader}
    if description.tokenizer == "clip":
        return {}
    folder = Path(next(iter(comfy.text_encoders.__path__)))
    path, kind = folder / "t5_tokenizer", T5TokenizerFast
    if description.tokenizer == "byt5":
        path, kind = folder / "byt5_tokenizer", ByT5Tokenizer
    elif description.tokenizer == "pile_t5":
        path, kind = folder / "t5_pile_tokenizer" / "tokenizer.model", SPieceTokenizer
    return {"tokenizer_path": str(path), "tokenizer_class": kind}
