"""One encoder alone in a CLIP: for encoders that no family takes, and for any other when asked.

Its one stream is named after the kind of encoder. The tokenizer is a class of its own, so that
nobody takes it for a family's.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from comfy import sd1_clip
from comfy.clip_model import CLIPTextModel
from comfy.text_encoders.t5 import T5

from ...conditioning.encoder_files.description import Description
from .siglip import SiglipTextModel

STREAMS = {"clip": "clip_text", "t5": "t5", "siglip": "siglip"}
"""Architecture -> name of the stream and of the encoder's attribute."""


class Padding(NamedTuple):
    pad: int
    end: int
    shortest: int
    to_full: bool
    """Every window is padded to the full length, as the encoder was trained."""


class AloneTokenizer(sd1_clip.SD1Tokenizer):
    """One stream, read by one vocabulary."""


class AloneModel(sd1_clip.SD1ClipModel):
    """One encoder."""


class _Projected(CLIPTextModel):
    """CLIP whose pooled vector is wider or narrower than its states (the ResNet models'), which the
    host's module is not made for.
    """

    def __init__(
        self, config_dict: dict[str, Any], dtype: Any, device: Any, operations: Any
    ) -> None:
        super().__init__(config_dict, dtype, device, operations)
        shape = config_dict["hidden_size"], config_dict["projection_dim"]
        self.text_projection = operations.Linear(*shape, bias=False, dtype=dtype, device=device)


class Stream(sd1_clip.SDTokenizer):
    """A stream whose vocabulary may be saved with the weights."""

    stored: dict[str, Any] = {}

    def state_dict(self) -> dict[str, Any]:
        return dict(self.stored)


def padding(one: Description) -> Padding:
    if one.architecture == "clip":  # OpenCLIP pads with zeros, OpenAI's with the end mark
        return Padding(0 if one.activation == "gelu" else 49407, 49407, one.positions or 77, True)
    if one.architecture == "siglip":
        return Padding(0 if one.variant == "siglip2" else 1, 1, one.positions or 64, True)
    return Padding(1, 2, 1, False) if one.variant == "pile_t5" else Padding(0, 1, 1, False)


def clip_config(one: Description) -> dict[str, Any]:
    """What the host's CLIP modules (and ours for SigLIP) take their dimensions from."""
    return {
        "num_hidden_layers": one.layers,
        "hidden_size": one.width,
        "num_attention_heads": one.heads,
        "intermediate_size": one.feed_forward,
        "hidden_act": one.activation,
        "max_position_embeddings": one.positions,
        "vocab_size": one.vocabulary,
        "projection_dim": one.projection or one.width,
        "eos_token_id": 49407,
    }


_T5_ACTIVATIONS = {
    "gelu_new": "gelu_pytorch_tanh",
    "gelu_pytorch_tanh": "gelu_pytorch_tanh",
    "relu": "relu",
}


def t5_config(one: Description) -> dict[str, Any]:
    """What the host's T5 takes its dimensions from; `umt5` is its word for a position bias in every
    layer.
    """
    return {
        "num_layers": one.layers,
        "d_model": one.width,
        "d_kv": one.head_width,
        "num_heads": one.heads,
        "d_ff": one.feed_forward,
        "dense_act_fn": _T5_ACTIVATIONS.get(one.activation, one.activation),
        "is_gated_act": one.gated,
        "model_type": "umt5" if one.bias_in_every_layer else "t5",
        "vocab_size": one.vocabulary,
    }


def config(one: Description) -> dict[str, Any]:
    return t5_config(one) if one.architecture == "t5" else clip_config(one)


def _module(one: Description) -> type[torch.nn.Module]:
    if one.architecture == "clip":
        return CLIPTextModel if one.projection in (None, one.width) else _Projected
    return {"t5": T5, "siglip": SiglipTextModel}[one.architecture]


def model(one: Description) -> Any:
    """A factory as the host's `clip_target.clip`."""
    pad, t5 = padding(one), one.architecture == "t5"
    special = (
        {"end": pad.end, "pad": pad.pad}
        if one.architecture != "clip"
        else {"start": 49406, "end": pad.end, "pad": pad.pad}
    )

    def encoder(device: Any = "cpu", dtype: Any = None, model_options: Any = None, **_: Any) -> Any:
        return sd1_clip.SDClipModel(
            device=device,
            dtype=dtype,
            max_length=one.positions or 77,
            textmodel_json_config=config(one),
            model_class=_module(one),
            special_tokens=special,
            enable_attention_masks=t5,
            model_options=model_options or {},
        )

    def made(device: Any = "cpu", dtype: Any = None, model_options: Any = None) -> AloneModel:
        options = model_options or {}
        return AloneModel(
            device=device,
            dtype=dtype,
            model_options=options,
            name=STREAMS[one.architecture],
            clip_model=encoder,
        )

    return made
