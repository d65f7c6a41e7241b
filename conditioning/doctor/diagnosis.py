"""What the Prompt Doctor finds: for every phrase a check at each station, and the first that lost
it.
"""

from __future__ import annotations

from dataclasses import dataclass

Span = tuple[int, int]
TOKENIZER, ENCODER, GENERATOR, PICTURE = "tokenizer", "encoder", "generator", "picture"
STATIONS = (TOKENIZER, ENCODER, GENERATOR, PICTURE)
"""In the order of a prompt's way."""
PASSED, LOST, UNSURE, UNSEEN = "passed", "lost", "cannot tell", "not looked at"
"""States of a check."""
HEALTHY = "healthy"
"""Outcome of a phrase, beside LOST and UNSURE."""
CERTAIN, LIKELY = "certain", "likely"
"""How sure a loss is, beside UNSURE. Certain: it follows from what was fed, by no estimate."""
NO_CONTRAST, RIVAL_UNREAD = "no contrast", "rival unread"
NOT_ASKED_ABOUT = "not asked about"
"""Why a station could not be asked about a phrase."""
THING, ATTRIBUTE, COUNT, NEGATION = "thing", "attribute", "count", "negation"
RELATION, ACTION, EMBEDDING = "relation", "action", "embedding"
OTHER, CONSTRUCT = "other", "construct"
KINDS = (THING, ATTRIBUTE, COUNT, NEGATION, RELATION, ACTION, EMBEDDING, OTHER, CONSTRUCT)
"""What a phrase is in its prompt; a construct is a finding of the lint."""


@dataclass(frozen=True)
class StationCheck:
    """One phrase at one station."""

    station: str
    state: str
    sentence: str
    """One line of evidence, or why nothing is known."""
    title: str = ""
    """What was measured."""
    measure: float | None = None
    floor: float | None = None
    certain: bool = False
    """Of a loss: it follows from what was fed."""
    suspect: bool = False
    """No loss of its own, and one if the picture lacks the phrase."""
    remedy: str = ""
    untested: str = ""
    """Why nothing is known, for programs: NO_CONTRAST, RIVAL_UNREAD or NOT_ASKED_ABOUT; empty:
    otherwise.
    """


@dataclass(frozen=True)
class DoctorPhrase:
    """Characters ``span`` of the prompt."""

    text: str
    span: Span
    kind: str
    about: str
    """The statement that it makes: red car."""
    arcs: tuple[tuple[Span, Span], ...] = ()
    """What that statement ties to what; empty for a thing or a mood."""

    def overlaps(self, span: Span) -> bool:
        """Whether it has characters in common with ``span``."""
        return span[0] < self.span[1] and self.span[0] < span[1]


@dataclass(frozen=True)
class PhraseDiagnosis:
    """A phrase with its way through the stations."""

    phrase: DoctorPhrase
    checks: tuple[StationCheck, ...]
    """One for each of STATIONS."""
    outcome: str
    """lost, healthy or cannot tell."""
    station: str | None
    """The station that lost it."""
    certainty: str
    """certain, likely or cannot tell."""
    sentence: str
    evidence: str
    remedy: str
    overruled: str | None = None
    """The station whose suspicion the picture withdrew."""


@dataclass(frozen=True)
class StationSource:
    """Which report a station's checks come from."""

    name: str
    looked_at: bool
    reason: str = ""
    """Why it was not looked at."""
    format: str | None = None
    version: int | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Diagnosis:
    """All that the doctor says of one prompt."""

    prompt: str
    family: str | None
    family_title: str | None
    stations: tuple[StationSource, ...]
    phrases: tuple[PhraseDiagnosis, ...]
    notes: tuple[str, ...] = ()
    unguided: float | None = None
    """The sampler's scale, where guidance is off and the model is trained for it."""

    @property
    def healthy(self) -> bool | None:
        """True: nothing was lost where it was looked; False: something was; None: it cannot be
        told, or guidance is off: what is drawn without it is easily taken for what was asked.
        """
        outcomes = {each.outcome for each in self.phrases}
        if LOST in outcomes:
            return False
        if UNSURE in outcomes or not outcomes or self.unguided is not None:
            return None
        return True
