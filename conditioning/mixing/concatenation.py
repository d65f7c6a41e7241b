"""How each layout joins what its encoders say: one function for each, after the host's
``encode_token_weights``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch

from ..errors import EncoderScopeError
from .conditioning_shapes import CLIP_G, CLIP_L, SHAPES, EncoderSlot
from .contributions import Contribution

Contributions = Mapping[str, Contribution | None]


@dataclass(frozen=True, eq=False)
class Concatenated:
    sequence: torch.Tensor
    pooled: torch.Tensor | None
    rows: dict[str, int] = field(default_factory=dict)
    """SD3: rows of clip and t5."""
    notes: tuple[str, ...] = ()


def _alone(role: str) -> Callable[[Contributions], Concatenated]:
    def join(voices: Contributions) -> Concatenated:
        voice = voices[role]
        if voice is None:
            raise _impossible("The only encoder of this layout cannot be absent.")
        return Concatenated(voice.sequence, voice.pooled)

    return join


def _sdxl(voices: Contributions) -> Concatenated:
    left, right = voices["l"], voices["g"]
    if left is None or right is None:
        raise _impossible("SDXL lays CLIP-L and CLIP-G side by side: neither can be absent.")
    sequence, notes = _side_by_side(left, right)
    return Concatenated(sequence, right.pooled, notes=notes)


def _flux(voices: Contributions) -> Concatenated:
    left, t5 = voices["l"], voices["t5"]
    if t5 is None:
        raise _impossible("FLUX.1 takes its sequence from T5 alone: it cannot be absent.")
    if left is None:
        return Concatenated(
            t5.sequence,
            None,
            notes=("FLUX.1 has no pooled vector then, which its model reads as zeros.",),
        )
    return Concatenated(
        t5.sequence,
        left.pooled,
        notes=("FLUX.1 takes CLIP-L's pooled vector and throws its sequence away.",),
    )


def _sd3(voices: Contributions) -> Concatenated:
    """Source: ``comfy/text_encoders/sd3_clip.py``. Without any encoder the host gives 77 rows of
    zeros.
    """
    left, right, t5 = voices["l"], voices["g"], voices["t5"]
    width = SHAPES["sd3"].sequence or 0
    notes: tuple[str, ...] = ()
    clip: torch.Tensor | None = None
    if left is not None and right is not None:
        clip, notes = _side_by_side(left, right)
    elif left is not None:
        clip = left.sequence
    elif right is not None:
        clip = torch.nn.functional.pad(right.sequence, (CLIP_L.width or 0, 0))
    if clip is not None:
        clip = torch.nn.functional.pad(clip, (0, width - clip.shape[-1]))
    blocks = [one for one in (clip, t5.sequence if t5 is not None else None) if one is not None]
    sequence = torch.cat(blocks, dim=-2) if blocks else torch.zeros(1, 77, width)
    pooled = torch.cat((_pooled(left, CLIP_L, sequence), _pooled(right, CLIP_G, sequence)), dim=-1)
    t5_rows = 0 if t5 is None else int(t5.sequence.shape[1])
    return Concatenated(
        sequence, pooled, {"clip": int(sequence.shape[1]) - t5_rows, "t5": t5_rows}, notes
    )


def _pooled(voice: Contribution | None, role: EncoderSlot, beside: torch.Tensor) -> torch.Tensor:
    if voice is None or voice.pooled is None:
        return torch.zeros(1, role.width or 0, device=beside.device)
    return voice.pooled


def _side_by_side(left: Contribution, right: Contribution) -> tuple[torch.Tensor, tuple[str, ...]]:
    a, b = left.sequence, right.sequence
    shorter = min(a.shape[1], b.shape[1])
    lost = max(a.shape[1], b.shape[1]) - shorter
    name = "CLIP-L" if a.shape[1] > b.shape[1] else "CLIP-G"
    notes = (
        (
            (
                f"The last {lost} rows of {name} are cut off, as ComfyUI does: its partner "
                f"has {shorter} only."
            ),
        )
        if lost
        else ()
    )
    return torch.cat([a[:, :shorter], b[:, :shorter]], dim=-1), notes


def _impossible(said: str) -> EncoderScopeError:
    return EncoderScopeError(
        said, "'use', 'empty prompt' or 'zeros' was expected.", "Choose 'zeros' to silence it."
    )


CONCATENATIONS: dict[str, Callable[[Contributions], Concatenated]] = {
    "sd1": _alone("l"),
    "sd2": _alone("h"),
    "sdxl": _sdxl,
    "sd3": _sd3,
    "flux": _flux,
    "pixart": _alone("t5"),
}
