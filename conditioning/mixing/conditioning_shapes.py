"""What a generator takes: which encoders, how wide, and which rows of a sequence are whose.

Facts: ComfyUI's ``comfy/sdxl_clip.py`` and ``comfy/text_encoders/{sd3_clip,flux,pixart_t5}.py``
(``encode_token_weights``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from .text_states import ROWS, Entry

SD3_CLIP_WIDTH = 2048
"""CLIP-L beside CLIP-G: from this column on SD3's CLIP rows are zero."""


@dataclass(frozen=True)
class EncoderSlot:
    """One encoder's place in a layout."""

    name: str
    title: str
    width: int | None
    """None: any width."""
    streams: tuple[str, ...]
    """The host's names of streams that fill it."""
    choice: str
    """The input that says what becomes of it."""


ANONYMOUS = ("clip_text", "siglip")
"""Streams of encoders that were loaded alone: they fill the role that has their width."""
_T5_STREAMS = ("t5xxl", "pile_t5xl", "umt5xxl", "umt5base", "t5base", "t5")
CLIP_L = EncoderSlot("l", "CLIP-L", 768, ("l", *ANONYMOUS), "clip_l")
CLIP_H = EncoderSlot("h", "OpenCLIP-H", 1024, ("h", *ANONYMOUS), "clip_l")
CLIP_G = EncoderSlot("g", "CLIP-G", 1280, ("g", *ANONYMOUS), "clip_g")
T5 = EncoderSlot("t5", "T5-XXL", 4096, _T5_STREAMS, "t5")
ANY_T5 = EncoderSlot("t5", "T5", None, _T5_STREAMS, "t5")


@dataclass(frozen=True)
class ConditioningShape:
    name: str
    title: str
    roles: tuple[EncoderSlot, ...]
    sequence: int | None
    pooled: int | None
    """Widths; None: any sequence, or no pooled vector."""


SHAPES: dict[str, ConditioningShape] = {
    one.name: one
    for one in (
        ConditioningShape("sd1", "Stable Diffusion 1.x", (CLIP_L,), 768, 768),
        ConditioningShape("sd2", "Stable Diffusion 2.x", (CLIP_H,), 1024, 1024),
        ConditioningShape("sdxl", "SDXL", (CLIP_L, CLIP_G), 2048, 1280),
        ConditioningShape("sd3", "Stable Diffusion 3 / 3.5", (CLIP_L, CLIP_G, T5), 4096, 2048),
        ConditioningShape("flux", "FLUX.1", (CLIP_L, T5), 4096, 768),
        ConditioningShape(
            "pixart", "PixArt, Chroma and others with T5 alone", (ANY_T5,), None, None
        ),
    )
}

_T5_ALONE = (
    "pixart_alpha",
    "pixart",
    "chroma",
    "pixart_or_chroma",
    "ltxv",
    "mochi",
    "cogvideox",
    "cosmos",
    "wan",
    "aura",
    "stable_audio",
)


def shape_of_family(family: str | None) -> ConditioningShape | None:
    """The layout that a family of ``tokens/families.py`` uses, or None where it has none here."""
    return SHAPES["pixart"] if family in _T5_ALONE else SHAPES.get(family or "")


class RowOwner(NamedTuple):
    """A run of a sequence's rows that one part gave."""

    name: str
    """clip or t5."""
    start: int
    stop: int


class RecognisedShape(NamedTuple):
    shape: str | None
    title: str
    parts: tuple[RowOwner, ...]
    """Every row, in order."""
    how: str
    """metadata, zero padding, all zero, or width."""
    sentence: str


_TITLES: dict[tuple[int, int | None], tuple[str | None, str, str]] = {
    (768, 768): ("sd1", "Stable Diffusion 1.x", "clip"),
    (768, None): (None, "Stable Diffusion 1.x without its pooled vector, or a T5-base", "clip"),
    (1024, 1024): ("sd2", "Stable Diffusion 2.x", "clip"),
    (2048, 1280): ("sdxl", "SDXL", "clip"),
    (2048, None): ("pixart", "AuraFlow, or SDXL without its pooled vector", "t5"),
    (1280, 1280): (None, "SDXL Refiner or Stable Cascade", "clip"),
    (4096, 768): ("flux", "FLUX.1 or HunyuanVideo", "t5"),
    (4096, None): (
        "pixart",
        "T5 alone (PixArt, Chroma, Wan and others), or FLUX.1 without its pooled vector",
        "t5",
    ),
}


def width_of(pooled: torch.Tensor | None) -> int | None:
    return None if pooled is None else int(pooled.shape[-1])


def recognise(entry: Entry) -> RecognisedShape:
    """The layout of one entry of a CONDITIONING and whose its rows are, with how that is known.

    ``entry``: [sequence (batch, token, dim), dictionary].
    """
    sequence, keys = entry
    pooled = width_of(keys.get("pooled_output"))
    tokens, width = int(sequence.shape[1]), int(sequence.shape[2])
    if "conditioning_llama3" in keys:
        return _whole(None, "HiDream-I1", "t5", tokens)
    if (width, pooled) == (4096, 2048) or (width == 4096 and ROWS in keys):
        return _sd3(sequence, keys)
    shape, title, part = _TITLES.get(
        (width, pooled), (None, "a layout that EncoderScope does not know", "t5")
    )
    return _whole(shape, title, part, tokens)


def is_known_pair(sequence: int, pooled: int) -> bool:
    """Whether some image model takes a sequence and a pooled vector of these widths."""
    return (sequence, pooled) in _TITLES or (sequence, pooled) == (
        SHAPES["sd3"].sequence,
        SHAPES["sd3"].pooled,
    )


def _whole(shape: str | None, title: str, part: str, tokens: int) -> RecognisedShape:
    said = {"clip": "CLIP's", "t5": "T5's or a language model's"}[part]
    return RecognisedShape(
        shape,
        title,
        (RowOwner(part, 0, tokens),),
        "width",
        f"{title}: all {tokens} rows are {said}.",
    )


def _sd3(sequence: torch.Tensor, keys: dict[str, Any]) -> RecognisedShape:
    title, tokens = SHAPES["sd3"].title, int(sequence.shape[1])
    known = keys.get(ROWS)
    clip, t5 = (known.get("clip"), known.get("t5")) if isinstance(known, dict) else (None, None)
    if isinstance(clip, int) and isinstance(t5, int) and min(clip, t5) >= 0 and clip + t5 == tokens:
        parts, how, why = _runs(["clip"] * clip + ["t5"] * t5), "metadata", "EncoderScope noted it"
    elif not bool(sequence.any()):
        said = f"{title}: all {tokens} rows are zero, so CLIP's and T5's cannot be told apart."
        return RecognisedShape("sd3", title, (RowOwner("clip", 0, tokens),), "all zero", said)
    else:
        padded = ~(sequence[..., SD3_CLIP_WIDTH:] != 0).any(dim=-1).any(dim=0)
        parts = _runs(["clip" if one else "t5" for one in padded.tolist()])
        how, why = "zero padding", "CLIP's rows are zero from column 2048 on"
    said = ", then ".join(
        f"{one.stop - one.start} of {'CLIP' if one.name == 'clip' else 'T5'}" for one in parts
    )
    return RecognisedShape("sd3", title, parts, how, f"{title}: {said} ({why}).")


def _runs(names: list[str]) -> tuple[RowOwner, ...]:
    borders = [i for i in range(len(names)) if i == 0 or names[i] != names[i - 1]]
    return tuple(
        RowOwner(names[a], a, b) for a, b in zip(borders, [*borders[1:], len(names)], strict=True)
    )
