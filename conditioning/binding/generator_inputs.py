"""What a generator takes of its encoders' answers, for the verdict on the conditioning
as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from ..encoding.text_encoder import Answer, States, TokenizedText
from ..families.table import Family
from .readouts import CROSS, POOLED, SEQUENCE

CONDITIONING = "conditioning"
"""The name under which the whole of it is reported."""
BESIDE = ("l", "g")
"""Streams that are laid side by side, row by row (SDXL, SD3)."""
UNET, JOINT, CROSS_DIT, OTHER = "U-Net", "joint-attention DiT", "cross-attention DiT", "unknown"
_GENERATORS = {
    **dict.fromkeys(("sd1", "sd2", "sdxl", "sdxl_refiner", "stable_cascade"), UNET),
    **dict.fromkeys(
        (
            "sd3",
            "flux",
            "flux2",
            "flux2_klein_4b",
            "flux2_klein_8b",
            "hidream",
            "chroma",
            "aura",
            "hunyuan_video",
            "hunyuan_video_15",
            "hunyuan_image",
            "qwen_image",
            "z_image",
            "lumina2",
            "omnigen2",
            "mochi",
        ),
        JOINT,
    ),
    **dict.fromkeys(
        (
            "pixart",
            "pixart_alpha",
            "pixart_or_chroma",
            "hunyuan_dit",
            "wan",
            "cosmos",
            "ltxv",
            "stable_audio",
            "ace",
        ),
        CROSS_DIT,
    ),
}
_TEXT_POSITIONS = frozenset(
    ("flux2", "flux2_klein_4b", "flux2_klein_8b", "qwen_image", "z_image", "lumina2", "omnigen2")
)
"""Generators that give text tokens positions of their own; every other one reads them as an
unordered set.
"""


@dataclass(frozen=True)
class GeneratorInputs:
    name: str
    title: str
    generator: str
    pooled: tuple[str, ...]
    """Streams whose pooled vectors are joined into the conditioning's."""
    sequence: tuple[str, ...]
    ordered: bool
    """The generator knows where in the text a token stands."""

    @property
    def readouts(self) -> tuple[str, ...]:
        """Readouts of the conditioning that the generator can use."""
        order = (SEQUENCE,) if self.ordered else ()
        return (*((POOLED,) if self.pooled else ()), *order, *((CROSS,) if self.sequence else ()))

    def takes(self, stream: str, readout: str) -> bool:
        if stream == CONDITIONING:
            return readout in self.readouts
        taken = self.pooled if readout == POOLED else self.sequence
        return stream in taken and (readout == POOLED or readout in self.readouts)


def generator_inputs_of(family: Family, present: Sequence[str]) -> GeneratorInputs:
    """``present``: the streams that this CLIP really encodes."""
    rules = [rule for rule in family.streams if rule.name in present]
    return GeneratorInputs(
        family.name,
        family.title,
        _GENERATORS.get(family.name, OTHER),
        tuple(rule.name for rule in rules if rule.pooled),
        tuple(rule.name for rule in rules if rule.sequence),
        family.name in _TEXT_POSITIONS,
    )


def conditioning_sequence(layout: GeneratorInputs, answers: Mapping[str, Answer]) -> Answer:
    """The sequence of the conditioning as the host joins it: CLIP-L and CLIP-G side by side, then
    the other streams along the tokens.
    """
    present = [name for name in layout.sequence if name in answers]
    pair = [answers[name] for name in BESIDE if name in present]
    rest = [answers[name] for name in present if name not in BESIDE]
    blocks = [*([_side_by_side(pair)] if pair else []), *rest]
    width = max(one.states.sequence.shape[-1] for one in blocks)
    padded = [_widened(one.states.sequence, width) for one in blocks]
    rows = TokenizedText(
        *(
            sum((getattr(one.rows, name) for one in blocks), ())
            for name in ("ids", "spans", "kinds", "windows")
        )
    )
    return Answer(rows, States(torch.cat(padded), None))


def _side_by_side(pair: Sequence[Answer]) -> Answer:
    length = min(len(one.rows) for one in pair)
    first = pair[0].rows
    rows = TokenizedText(
        first.ids[:length], first.spans[:length], first.kinds[:length], first.windows[:length]
    )
    return Answer(
        rows, States(torch.cat([one.states.sequence[:length] for one in pair], dim=-1), None)
    )


def _widened(sequence: torch.Tensor, width: int) -> torch.Tensor:
    return torch.nn.functional.pad(sequence, (0, width - sequence.shape[-1]))
