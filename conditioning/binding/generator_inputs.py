"""What a generator takes of its encoders' answers, for the verdict on the conditioning
as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from ..encoding.text_encoder import Answer, States, TextTokens
from ..families.family import TRANSFORMERS, UNET, Family
from .readouts import CROSS, POOLED, SEQUENCE

CONDITIONING = "conditioning"
"""The name under which the whole of it is reported."""
UNKNOWN = "unknown"
"""The generator of a family whose way of reading is not known."""
__all__ = [
    "CONDITIONING",
    "TRANSFORMERS",
    "UNET",
    "UNKNOWN",
    "GeneratorInputs",
    "conditioning_sequence",
    "generator_inputs_of",
]


@dataclass(frozen=True)
class GeneratorInputs:
    name: str
    title: str
    generator: str
    """What kind it is, in words: `family.UNET` and others, or `UNKNOWN`."""
    pooled: tuple[str, ...]
    """Streams whose pooled vectors are joined into the conditioning's."""
    sequence: tuple[str, ...]
    ordered: bool | None
    """The generator knows where in the text a token stands; None: it is not known whether."""
    side_by_side: tuple[str, ...] = ()
    """Streams whose sequences lie side by side; the others follow along the tokens."""

    @property
    def known(self) -> bool:
        """Whether it is known how this generator reads its tokens."""
        return self.generator != UNKNOWN and self.ordered is not None

    @property
    def readouts(self) -> tuple[str, ...]:
        """Readouts of the conditioning that the generator can use."""
        usable = {POOLED: self.pooled, SEQUENCE: self.ordered, CROSS: self.sequence}
        return tuple(readout for readout, use in usable.items() if use)

    def takes(self, stream: str, readout: str) -> bool:
        """Whether the generator can use this readout of a stream, or of the whole conditioning."""
        if stream == CONDITIONING:
            return readout in self.readouts
        if readout == POOLED:
            return stream in self.pooled
        return stream in self.sequence and readout in self.readouts


def generator_inputs_of(family: Family, present: Sequence[str]) -> GeneratorInputs:
    """What the family's generator takes of the streams that a CLIP really encodes (``present``)."""
    streams = [stream for stream in family.streams if stream.name in present]
    return GeneratorInputs(
        family.name,
        family.title,
        family.attention.generator or UNKNOWN,
        tuple(stream.name for stream in streams if stream.pooled),
        tuple(stream.name for stream in streams if stream.sequence),
        family.attention.ordered,
        family.side_by_side,
    )


def conditioning_sequence(inputs: GeneratorInputs, answers: Mapping[str, Answer]) -> Answer:
    """The sequence of the conditioning as the host joins it: the streams side by side first, then
    the others along the tokens, all padded to the widest.
    """
    present = [name for name in inputs.sequence if name in answers]
    pair = [answers[name] for name in inputs.side_by_side if name in present]
    blocks = [answers[name] for name in present if name not in inputs.side_by_side]
    if pair:
        blocks.insert(0, _side_by_side(pair))
    width = max(block.states.sequence.shape[-1] for block in blocks)
    padded = [_widened(block.states.sequence, width) for block in blocks]
    rows = TextTokens(
        *(
            sum((getattr(block.tokens, name) for block in blocks), ())
            for name in ("ids", "spans", "kinds", "windows")
        )
    )
    return Answer(rows, States(torch.cat(padded), None))


def _side_by_side(pair: Sequence[Answer]) -> Answer:
    """One (row, width) from two, cut to the shorter; the rows are the first one's."""
    length = min(len(answer.tokens) for answer in pair)
    first = pair[0].tokens
    rows = TextTokens(
        first.ids[:length], first.spans[:length], first.kinds[:length], first.windows[:length]
    )
    sequence = torch.cat([answer.states.sequence[:length] for answer in pair], dim=-1)
    return Answer(rows, States(sequence, None))


def _widened(sequence: torch.Tensor, width: int) -> torch.Tensor:
    return torch.nn.functional.pad(sequence, (0, width - sequence.shape[-1]))
