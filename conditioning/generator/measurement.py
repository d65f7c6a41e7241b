"""What one run of Ignored Words measured, for its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .budget import CallPlan
from .influence import BindingShare, PromptInfluence
from .phrases import PhraseChoice

ALONG_A_RUN = "along a run"
FINISHED = "on the finished picture"


@dataclass(frozen=True)
class ContrastShares:
    """One contrast of the prompt: binding at the encoder and at the image model."""

    label: str
    kind: str
    encoder_share: float | None
    """None where the encoder was not probed."""
    encoder_verdict: str | None
    generator: BindingShare


@dataclass(frozen=True)
class Measurement:
    """All figures of one prompt on one image model."""

    choice: PhraseChoice
    negative: str
    tokens: Sequence[Mapping[str, int]]
    reaches: Sequence[bool]
    generator_title: str
    family: str | None
    prediction: str
    generator_notes: Sequence[str]
    moment: str
    guidance: float
    plan: CallPlan
    calls: int
    levels: Sequence[float]
    """log-SNR as it was really measured."""
    sigmas: Sequence[float]
    seeds: Sequence[int]
    influence: PromptInfluence
    still: frozenset[int] = frozenset()
    """Phrases whose own rows are the same whatever stands there, though others change with them."""
    weighted: bool = True
    """The text encoder applies weights such as (red:1.3); else it reads them as words."""
    contrasts: Sequence[ContrastShares] = ()
    skipped: Sequence[str] = ()
    notes: Sequence[str] = ()

    @property
    def guided(self) -> bool:
        """Whether classifier-free guidance was on."""
        return self.guidance > 1
