"""The host's dictionary of one entry in short words: every key, whoever wrote it, and what it
holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import torch

from ...mixing.checks import is_finite
from ...mixing.text_states import ROWS
from ...translation import translatable, translate
from ..wording import listed, short, translate_name, visible

_LONG = 60
TITLES = {
    "guidance": translatable("guidance"),
    "attention_mask": translatable("attention mask"),
    "start_percent": translatable("start"),
    "end_percent": translatable("end"),
    "clip_start_percent": translatable("encoder's start"),
    "clip_end_percent": translatable("encoder's end"),
    "mask_strength": translatable("mask strength"),
    "set_area_to_bounds": translatable("mask sets the area"),
    "control_apply_to_uncond": translatable("control also on the negative"),
    "reference_latents": translatable("reference latents"),
    "concat_latent_image": translatable("latent to paint into"),
    "unclip_conditioning": translatable("unCLIP image"),
    "t5xxl_ids": translatable("T5 token ids"),
    "t5xxl_weights": translatable("T5 token weights"),
    ROWS: translatable("rows by encoder"),
}
_PLAIN = {None: translatable("none"), True: translatable("yes"), False: translatable("no")}
_PERCENTS = ("start_percent", "end_percent", "clip_start_percent", "clip_end_percent")


def keys_of(entry: Mapping[str, Any]) -> list[dict[str, str]]:
    """Every key but the pooled vector, which has a place of its own."""
    return [
        {
            "name": visible(str(key)),
            "title": translate_name(TITLES, key) if key in TITLES else visible(str(key)),
            "what": _value(key, value),
        }
        for key, value in entry.items()
        if key != "pooled_output"
    ]


def schedule_of(entry: Mapping[str, Any]) -> dict[str, float]:
    """From where to where of the sampling an entry holds, 0 to 1; of two ranges, what both allow,
    as the host's sampler does.
    """
    return {
        "start": max(
            _number(entry, "start_percent", 0.0), _number(entry, "clip_start_percent", 0.0)
        ),
        "end": min(_number(entry, "end_percent", 1.0), _number(entry, "clip_end_percent", 1.0)),
    }


def never_holds(number: int, schedule: Mapping[str, float]) -> str:
    """What is said of an entry that ends before it begins: the host's sampler never takes it; ""
    of all others.
    """
    if schedule["start"] <= schedule["end"]:
        return ""
    return translate(
        "Entry {number} begins at {start:.4g} % of the sampling and ends at {end:.4g} %: ComfyUI "
        "never uses it.",
        number=number,
        start=100 * schedule["start"],
        end=100 * schedule["end"],
    )


def no_number(number: int, keys: Sequence[Mapping[str, str]]) -> str:
    """What is said of an entry whose start or end is text, nothing, or not finite; "" of others."""
    odd = [k["name"] for k in keys if k["name"] in _PERCENTS and not k["what"].endswith("%")]
    if not odd:
        return ""
    return translate(
        "Entry {number} has a start or an end that is no number ({keys}): sampling may stop with "
        "an error.",
        number=number,
        keys=listed(odd),
    )


def _number(entry: Mapping[str, Any], key: str, otherwise: float) -> float:
    value = entry.get(key)
    return float(value) if is_finite(value) else otherwise


def _value(key: str, value: object) -> str:
    if key in _PERCENTS and is_finite(value):
        return f"{100 * value:.4g} %"
    if key == "area" and isinstance(value, (list, tuple)):
        return _area(value) or value_text(value)
    return value_text(value)


def _area(value: list[Any] | tuple[Any, ...]) -> str:
    """The host's (height, width, y, x) in latent cells, or ("percentage", height, ...) in shares of
    the picture; "" for areas of other axes.
    """
    shares = value[:1] == ("percentage",) or value[:1] == ["percentage"]
    sizes = value[1:] if shares else value
    if len(sizes) != 4 or not all(map(is_finite, sizes)):
        return ""
    named = dict(zip(("height", "width", "y", "x"), sizes, strict=True))
    if shares:
        return translate(
            "height {height:.4g} %, width {width:.4g} %, y {y:.4g} %, x {x:.4g} %",
            **{name: 100 * size for name, size in named.items()},
        )
    return translate(
        "height {height:.6g}, width {width:.6g}, y {y:.6g}, x {x:.6g} (in units of 8 pixels)",
        **named,
    )


def value_text(value: object) -> str:
    """A value in a few words; a tensor as its shape, an object as the name of its class, never as
    an address.
    """
    if value is None or isinstance(value, bool):
        return translate(_PLAIN[value])
    if isinstance(value, (int, float)):
        return translate("not a number") if value != value else _digits(value)
    if isinstance(value, torch.Tensor):
        return (
            f"{' × '.join(map(str, value.shape)) or translate('a single number')}, "
            f"{str(value.dtype).removeprefix('torch.')}"
        )
    if isinstance(value, str):
        return visible(short(value, _LONG))
    if isinstance(value, Mapping):
        items = [f"{visible(str(key))} {value_text(each)}" for key, each in value.items()]
        return short(listed(items), _LONG) or translate("empty")
    if isinstance(value, (list, tuple)):
        return _listed(value)
    return _object(value)


def _digits(value: float) -> str:
    try:
        return f"{value:.6g}"
    except OverflowError:  # a whole number beyond all floating point
        return f"{Decimal(value):.6g}"


def _listed(value: list[Any] | tuple[Any, ...]) -> str:
    if not value:
        return translate("empty")
    if len(value) <= 4 and all(isinstance(each, (int, float, str)) for each in value):
        return short(listed(map(value_text, value)), _LONG)
    first = short(value_text(value[0]), _LONG)
    if len(value) > 1:
        return translate("{count} of: {first}", count=len(value), first=first)
    return first


def _object(value: object) -> str:
    """Such as "HookGroup of 2"."""
    name = type(value).__name__
    if hasattr(value, "__len__"):
        return translate("{name} of {count}", name=name, count=len(value))
    return name
