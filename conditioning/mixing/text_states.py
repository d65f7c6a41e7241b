"""What each encoder made of a text, before the host joins it: the contents of a
TEXT_STATES socket.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from ..tokens.recording import StreamRecording

ROWS = "encoderscope_rows"
"""Our key in an entry's dictionary: {"clip": 77, "t5": 256}, the rows of an SD3 sequence in their
order.
"""

Entry = list[Any]
"""One entry of the host's CONDITIONING: [sequence (batch, token, dim), dictionary]."""
Conditioning = list[Entry]


@dataclass(frozen=True, eq=False)
class StreamStates:
    """One encoder's answer to one text."""

    name: str
    """The host's name of the stream: l, g, h, t5xxl, ..."""
    sequence: torch.Tensor
    """(1, token, dim), all windows joined along the token axis, weights applied, as the encoder's
    part of the host returned it; where a family reads several layers, they lie side by side along
    ``dim``.
    """
    pooled: torch.Tensor | None
    """(1, dim): the first window's; None for encoders without one."""
    windows: tuple[int, ...]
    """Tokens of each window; they add up to ``sequence.shape[1]``."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What else the encoder returned, such as ``attention_mask`` (1, token)."""

    @property
    def width(self) -> int:
        return int(self.sequence.shape[-1])


@dataclass(frozen=True, eq=False)
class ScheduleStep:
    """What the encoders gave for one entry of the host's CONDITIONING: the only one, or one of a
    schedule's.
    """

    streams: Mapping[str, StreamStates]
    keys: Mapping[str, Any]
    """The entry's dictionary without ``pooled_output``: hooks, percents of a schedule, attention
    mask.
    """


@dataclass(frozen=True, eq=False)
class TextStates:
    family: str | None
    """Name in the table of families; None where the CLIP is in none."""
    steps: tuple[ScheduleStep, ...]
    texts: Mapping[str, str]
    """Stream -> the text it was given."""
    recordings: Mapping[str, StreamRecording]
    """Stream -> what the host's tokenizer did, for words and windows."""
    encode_empty: Callable[[], TextStates] | None = None
    """The same encoders' states of the empty prompt (kept after the first call); None where no
    encoder is at hand.
    """
