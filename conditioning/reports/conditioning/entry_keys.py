"""The host's dictionary of one entry in short words: every key, whoever wrote it, and what it
holds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from ...mixing.text_states import ROWS
from ..wording import short, visible

_LONG = 60
TITLES = {
    "guidance": "guidance",
    "attention_mask": "attention mask",
    "start_percent": "start",
    "end_percent": "end",
    "clip_start_percent": "encoder's start",
    "clip_end_percent": "encoder's end",
    "mask_strength": "mask strength",
    "set_area_to_bounds": "mask sets the area",
    "control_apply_to_uncond": "control also on the negative",
    "reference_latents": "reference latents",
    "concat_latent_image": "latent to paint into",
    "unclip_conditioning": "unCLIP image",
    "t5xxl_ids": "T5 token ids",
    "t5xxl_weights": "T5 token weights",
    ROWS: "rows by encoder",
}
_PERCENTS = ("start_percent", "end_percent", "clip_start_percent", "clip_end_percent")


def keys_of(entry: Mapping[str, Any]) -> list[dict[str, str]]:
    """Every key but the pooled vector, which has a place of its own."""
    return [
        {
            "name": visible(str(key)),
            "title": TITLES.get(key, visible(str(key))),
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


def _number(entry: Mapping[str, Any], key: str, otherwise: float) -> float:
    value = entry.get(key)
    if not isinstance(value, (int, float)) or math.isnan(value):
        return otherwise
    return float(value)


def _value(key: str, value: object) -> str:
    if key in _PERCENTS and isinstance(value, (int, float)):
        return f"{100 * value:.4g} %"
    if key == "area" and isinstance(value, (list, tuple)):
        return _area(value) or what(value)
    return what(value)


def _area(value: list[Any] | tuple[Any, ...]) -> str:
    """The host's (height, width, y, x) in latent cells, or ("percentage", height, ...) in shares of
    the picture; "" for areas of other axes.
    """
    shares = value[:1] == ("percentage",) or value[:1] == ["percentage"]
    sizes = value[1:] if shares else value
    if len(sizes) != 4 or not all(isinstance(size, (int, float)) for size in sizes):
        return ""
    named = zip(("height", "width", "y", "x"), sizes, strict=True)
    if shares:
        return ", ".join(f"{name} {100 * size:.4g} %" for name, size in named)
    return ", ".join(f"{name} {size:.6g}" for name, size in named) + " (in units of 8 pixels)"


def what(value: object) -> str:
    """A value in a few words; a tensor as its shape, an object as the name of its class, never as
    an address.
    """
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    if isinstance(value, (int, float)):
        return "not a number" if math.isnan(value) else f"{value:.6g}"
    if isinstance(value, torch.Tensor):
        return (
            f"{' × '.join(map(str, value.shape)) or 'one number'}, "
            f"{str(value.dtype).removeprefix('torch.')}"
        )
    if isinstance(value, str):
        return visible(short(value, _LONG))
    if isinstance(value, Mapping):
        items = [f"{visible(str(key))} {what(each)}" for key, each in value.items()]
        return short(", ".join(items), _LONG) or "empty"
    if isinstance(value, (list, tuple)):
        return _listed(value)
    return _object(value)


def _listed(value: list[Any] | tuple[Any, ...]) -> str:
    if not value:
        return "empty"
    if len(value) <= 4 and all(isinstance(each, (int, float, str)) for each in value):
        return short(", ".join(map(what, value)), _LONG)
    first = short(what(value[0]), _LONG)
    if len(value) > 1:
        return f"{len(value)} of: {first}"
    return first


def _object(value: object) -> str:
    """Such as "HookGroup of 2"."""
    name = type(value).__name__
    if hasattr(value, "__len__"):
        return f"{name} of {len(value)}"
    return name
