"""What a model file is: the answer of `signatures.describe`, and the one thing that loaders and
reports build on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ..translation import later_count

Kind = Literal["encoder", "checkpoint", "other"]


@dataclass(frozen=True)
class Quantisation:
    """How weights are packed. `format` is `none` where every weight is a plain float of 16 bits or
    more.
    """

    format: str = "none"
    """none, fp8, fp8_scaled, comfy, int8, bitsandbytes, gptq, gguf."""
    title: str = ""
    types: tuple[str, ...] = ()
    """The packed types, most weights first: `F8_E4M3`, `Q4_K`."""
    layers: int = 0
    """How many tensors are packed."""
    scales: str = ""
    """Last part of the names that hold the scales: `scale_weight` (older ComfyUI), `weight_scale`.
    """
    mark: str = ""
    """What says that weights are packed for ComfyUI: `scaled_fp8` (an empty tensor),
    `scaled_fp8_filled` (one with numbers), `layers` (a note beside each), `header` (a list); ''
    without any.
    """
    packing: str = ""
    """int8, int4: ComfyUI's mixed precision in a layout that stays packed in memory (packing.py);
    '' for any other.
    """


@dataclass(frozen=True)
class Size:
    """What a file holds in one dtype."""

    dtype: str
    tensors: int
    bytes: int


@dataclass(frozen=True)
class Description:
    """One text encoder, or what a file is instead. Sizes that a file does not tell are None."""

    kind: Kind
    architecture: str
    """clip, siglip, t5, bert, llm; for a checkpoint or anything else: what it is (unet, lora, vae,
    ...).
    """
    variant: str
    """clip, long_clip, siglip, siglip2, t5, t5_v1_1, pile_t5, mt5, umt5, byt5, bert, gemma2, qwen3,
    ...
    """
    size: str
    """l, g, h, b; small, base, large, xl, xxl, 3b, 11b; '' where the sizes are nobody's."""
    title: str
    objective: str = ""
    prefix: str = ""
    """What stands before every key of this encoder in the checkpoint."""
    key_style: str = ""
    """How keys are named below the prefix: transformers, bare, openai, gguf, wan
    (expected_keys.py).
    """
    width: int | None = None
    layers: int | None = None
    heads: int | None = None
    head_width: int | None = None
    feed_forward: int | None = None
    vocabulary: int | None = None
    positions: int | None = None
    """Learned positions; None for encoders with relative or rotary ones."""
    projection: int | None = None
    """Width of the pooled vector after the text projection (SigLIP: the head); None without one."""
    gated: bool | None = None
    activation: str = ""
    """quick_gelu, gelu, gelu_pytorch_tanh, relu, silu."""
    causal: bool | None = None
    buckets: int | None = None
    """Relative position buckets (T5)."""
    bias_in_every_layer: bool | None = None
    """T5: each layer has its own relative position bias (UMT5, Pile-T5), or all share the first
    one's.
    """
    tokenizer: str = ""
    """clip, t5, pile_t5, mt5, umt5, byt5, siglip, siglip2, bert, or '' where only the file's own
    folder can tell.
    """
    tokenizer_in_file: str = ""
    """Key of a tokenizer stored beside the weights (`spiece_model`, `tekken_model`), '' without
    one.
    """
    dtypes: tuple[Size, ...] = ()
    quantisation: Quantisation = Quantisation()
    also: tuple[str, ...] = ()
    """What else lies below the prefix and is not read: `vision tower`, `decoder`."""
    vision_patch: int | None = None
    assumed: tuple[str, ...] = ()
    """Fields that the file does not tell and that were taken from the usual model of this size:
    `heads`, `activation`.
    """
    notes: tuple[str, ...] = ()
    inside: tuple[Description, ...] = field(default=())
    """A checkpoint's text encoders."""

    @property
    def name(self) -> str:
        """`clip_l`, `t5_v1_1_xxl`, `siglip2_so400m`; the variant alone where the sizes are
        nobody's.
        """
        return "_".join(filter(None, (self.variant, self.size)))


def of_unknown_size(name: str, width: int | None, layers: int) -> str:
    """The title of an encoder whose figures are nobody's."""
    return later_count(
        "{name} of an unknown size ({width} wide, {count} layer)",
        "{name} of an unknown size ({width} wide, {count} layers)",
        layers,
        name=name,
        width=width,
    )
