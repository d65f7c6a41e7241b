"""Weights of an image-text model by the names that transformers gives them, read one by one when
asked for.

OpenCLIP's and OpenAI's own names are translated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch

from ..encoder_files.checkpoint import Checkpoint
from ..encoder_files.formats.safetensors_header import TensorEntry
from ..errors import EncoderScopeError
from ..translation import later

FLOATS = ("F64", "F32", "F16", "BF16")
_OPENCLIP = (
    "visual.conv1.",
    "visual.trunk.",
    "transformer.resblocks.",
    "text.transformer.resblocks.",
)
_IGNORED = re.compile(r"(.*\.)?(position_ids|attn_mask|input_resolution|context_length|vocab_size)")


@dataclass(frozen=True)
class Weight:
    """One weight, read when it is needed."""

    shape: tuple[int, ...]
    dtype: str
    read: Callable[[], torch.Tensor]


Weights = dict[str, Weight]


def weights_of(checkpoint: Checkpoint) -> Weights:
    """All weights by transformers' names. Headers have been read, numbers are read later."""
    weights = {
        name: Weight(tensor.shape, tensor.dtype, _reader(tensor))
        for name, tensor in checkpoint.tensors.items()
        if not _IGNORED.fullmatch(name)
    }
    if any(name.startswith(_OPENCLIP) for name in weights):
        return from_openclip(weights)
    return weights


def refuse_packed(weights: Weights, name: str) -> None:
    """Raises :class:`EncoderScopeError` where weights are no plain floats."""
    packed = sorted({weight.dtype for weight in weights.values()} - set(FLOATS))
    if packed:
        raise EncoderScopeError(
            "{name} holds weights as {types}.",
            "Plain weights (fp32, fp16 or bf16) were expected.",
            "Look for an unquantised version on the model's page.",
            name=name,
            types=", ".join(packed),
        )


def _reader(tensor: TensorEntry) -> Callable[[], torch.Tensor]:
    def read() -> torch.Tensor:
        from safetensors import safe_open

        with safe_open(str(tensor.file), framework="pt") as opened:
            numbers: torch.Tensor = opened.get_tensor(tensor.name)
            return numbers

    return read


_TOP = {
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
    "logit_scale": "logit_scale",
}
_TRANSPOSED = {
    "visual.proj": "visual_projection.weight",
    "text_projection": "text_projection.weight",
}
_NORMS = {
    "visual.ln_pre": "vision_model.pre_layrnorm",
    "visual.ln_post": "vision_model.post_layernorm",
}
_NORMS |= {"ln_final": "text_model.final_layer_norm"}
_BLOCK = re.compile(r"(visual\.)?transformer\.resblocks\.(\d+)\.(.+)\.(weight|bias)")
_TOWERS = {"visual.": "vision_model", None: "text_model"}
_PARTS = {
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "attn.out_proj": "self_attn.out_proj",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}


def from_openclip(weights: Mapping[str, Weight]) -> Weights:
    """OpenAI's and OpenCLIP's names to transformers'. An unknown name is refused: a model with
    other parts is another model.
    """
    renamed: Weights = {}
    for full, weight in weights.items():
        name = full.removeprefix("text.")
        norm, _, kind = name.rpartition(".")
        if name in _TOP:
            renamed[_TOP[name]] = weight
        elif name in _TRANSPOSED:
            renamed[_TRANSPOSED[name]] = _transposed(weight)
        elif norm in _NORMS:
            renamed[f"{_NORMS[norm]}.{kind}"] = weight
        elif not _add_block(renamed, name, weight):
            stranger = later("a part {name!r}", name=full)
            if "trunk." in name:
                stranger = later("a vision tower from timm (its SigLIP and ConvNeXt models)")
            raise EncoderScopeError(
                "This OpenCLIP file has {part}, which is not read from this layout.",
                "OpenCLIP's or OpenAI's plain ViT CLIP was expected.",
                "Take the same model in the transformers layout (a folder with config.json and "
                "model.safetensors).",
                part=stranger,
            )
    return renamed


def _add_block(renamed: Weights, name: str, weight: Weight) -> bool:
    if name.endswith(("attn.in_proj_weight", "attn.in_proj_bias")):
        name = name.replace("in_proj_", "in_proj.")
    match = _BLOCK.fullmatch(name)
    if not match:
        return False
    tower, layer, part, kind = match.groups()
    base = f"{_TOWERS[tower]}.encoder.layers.{layer}"
    if part == "attn.in_proj":
        for index, letter in enumerate("qkv"):
            renamed[f"{base}.self_attn.{letter}_proj.{kind}"] = _third(weight, index)
        return True
    if part in _PARTS:
        renamed[f"{base}.{_PARTS[part]}.{kind}"] = weight
    return part in _PARTS


def _transposed(weight: Weight) -> Weight:
    return replace(weight, shape=weight.shape[::-1], read=lambda: weight.read().T.contiguous())


def _third(weight: Weight, index: int) -> Weight:
    rows = weight.shape[0] // 3
    return replace(
        weight,
        shape=(rows, *weight.shape[1:]),
        read=lambda: weight.read()[index * rows : (index + 1) * rows],
    )
