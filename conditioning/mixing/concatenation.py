"""How each conditioning shape is put together from its encoders' contributions: one function for
each, after the host's ``encode_token_weights``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch

from ..errors import EncoderScopeError
from ..translation import later, later_count, translatable
from .conditioning_shapes import CLIP_G, CLIP_L, SHAPES, EncoderSlot
from .contributions import Contribution

Contributions = Mapping[str, Contribution | None]
"""Slot -> what its encoder contributes; None: absent."""
_WINDOW = 77


@dataclass(frozen=True, eq=False)
class Concatenated:
    """The contributions, concatenated."""

    sequence: torch.Tensor
    """(batch, token, dim)."""
    pooled: torch.Tensor | None
    """(batch, dim)."""
    rows: dict[str, int] = field(default_factory=dict)
    """SD3: rows of clip and t5."""
    notes: tuple[str, ...] = ()


def _alone(slot: str) -> Callable[[Contributions], Concatenated]:
    def concatenate(contributions: Contributions) -> Concatenated:
        contribution = contributions[slot]
        if contribution is None:
            raise _impossible(translatable("The only encoder of this layout cannot be absent."))
        return Concatenated(contribution.sequence, contribution.pooled)

    return concatenate


def _sdxl(contributions: Contributions) -> Concatenated:
    left, right = contributions["l"], contributions["g"]
    if left is None or right is None:
        raise _impossible(
            translatable("SDXL lays CLIP-L and CLIP-G side by side: neither can be absent.")
        )
    sequence, notes = _side_by_side(left, right)
    return Concatenated(sequence, right.pooled, notes=notes)


def _flux(contributions: Contributions) -> Concatenated:
    clip, t5 = contributions["l"], contributions["t5"]
    if t5 is None:
        raise _impossible(
            translatable("FLUX.1 takes its sequence from T5 alone: it cannot be absent.")
        )
    if clip is None:
        note = later("FLUX.1 has no pooled vector then, which its model reads as zeros.")
        return Concatenated(t5.sequence, None, notes=(note,))
    note = later("FLUX.1 takes CLIP-L's pooled vector and throws its sequence away.")
    return Concatenated(t5.sequence, clip.pooled, notes=(note,))


def _sd3(contributions: Contributions) -> Concatenated:
    """Source: ``comfy/text_encoders/sd3_clip.py``. Without any encoder the host gives 77 rows of
    zeros.
    """
    left, right, t5 = contributions["l"], contributions["g"], contributions["t5"]
    width = SHAPES["sd3"].sequence or 0
    clip, notes = _sd3_clip(left, right)
    blocks = []
    if clip is not None:
        blocks.append(torch.nn.functional.pad(clip, (0, width - clip.shape[-1])))
    if t5 is not None:
        blocks.append(t5.sequence)
    if not blocks:
        blocks.append(torch.zeros(1, _WINDOW, width))
    sequence = torch.cat(blocks, dim=-2)
    pooled = torch.cat((_pooled(left, CLIP_L, sequence), _pooled(right, CLIP_G, sequence)), dim=-1)
    rows = {"clip": int(sequence.shape[1]), "t5": 0}
    if t5 is not None:
        rows["t5"] = int(t5.sequence.shape[1])
        rows["clip"] -= rows["t5"]
    return Concatenated(sequence, pooled, rows, notes)


def _sd3_clip(
    left: Contribution | None, right: Contribution | None
) -> tuple[torch.Tensor | None, tuple[str, ...]]:
    """SD3's CLIP rows (1, token, 768 to 2048): CLIP-L, then CLIP-G; zeros where CLIP-L would be."""
    if left is not None and right is not None:
        return _side_by_side(left, right)
    if left is not None:
        return left.sequence, ()
    if right is not None:
        return torch.nn.functional.pad(right.sequence, (CLIP_L.width or 0, 0)), ()
    return None, ()


def _pooled(
    contribution: Contribution | None, slot: EncoderSlot, beside: torch.Tensor
) -> torch.Tensor:
    """Its pooled vector (1, dim), or zeros where ``beside`` is."""
    if contribution is None or contribution.pooled is None:
        return torch.zeros(1, slot.width or 0, device=beside.device)
    return contribution.pooled


def _side_by_side(left: Contribution, right: Contribution) -> tuple[torch.Tensor, tuple[str, ...]]:
    """CLIP-L and CLIP-G as (1, token, 2048), cut to the shorter, with a note about the cut."""
    lengths = {"CLIP-L": left.sequence.shape[1], "CLIP-G": right.sequence.shape[1]}
    shorter = min(lengths.values())
    notes = tuple(
        later_count(
            "The last {count} row of {encoder} is cut off, as ComfyUI does: its partner has "
            "{kept} only.",
            "The last {count} rows of {encoder} are cut off, as ComfyUI does: its partner has "
            "{kept} only.",
            length - shorter,
            encoder=name,
            kept=shorter,
        )
        for name, length in lengths.items()
        if length > shorter
    )
    return torch.cat([left.sequence[:, :shorter], right.sequence[:, :shorter]], dim=-1), notes


def _impossible(problem: str) -> EncoderScopeError:
    return EncoderScopeError(
        problem, "'use', 'empty prompt' or 'zeros' was expected.", "Choose 'zeros' to silence it."
    )


CONCATENATIONS: dict[str, Callable[[Contributions], Concatenated]] = {
    "sd1": _alone("l"),
    "sd2": _alone("h"),
    "sdxl": _sdxl,
    "sd3": _sd3,
    "flux": _flux,
    "pixart": _alone("t5"),
}
"""Shape -> how it is put together."""
