"""The prompt and its variants, encoded by the host: each phrase as filler, everything as filler,
own rows and pooled vector taken apart, and the four sentences of a contrast.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ...conditioning.errors import EncoderScopeError
from ...conditioning.families.table import Family
from ...conditioning.generator import budget, conditionings, exchange
from ...conditioning.generator.phrases import PromptPhrase
from ...conditioning.mixing.text_states import Conditioning, TextStates
from ...conditioning.spans import overlap
from ...conditioning.tokens.lint.prompt_reading import applies_weights
from ...conditioning.tokens.prompt_map import PromptMap, map_tokens
from ...conditioning.translation import later
from .. import clip as host_clip
from .. import encoder_outputs
from ..progress_bar import stop_if_asked
from ..recorder import record

_REACHED = ("seen", "later", "past", "unaligned")


@dataclass
class PromptEncodings:
    """All conditionings of a prompt, and what is known of its phrases."""

    conds: dict[str, Conditioning]
    """By the names of ``conditioning/generator/budget.py``."""
    tokens: list[dict[str, int]]
    """Of each phrase: stream -> tokens that were exchanged."""
    reaches: list[bool]
    """Whether anything that the image model takes changes with the phrase."""
    rows: frozenset[int] = frozenset()
    still: frozenset[int] = frozenset()
    """Of :attr:`rows`, phrases whose own rows are the same whatever stands there."""
    pooled: frozenset[int] = frozenset()
    notes: list[str] = field(default_factory=list)


class PromptEncoder:
    """A prompt in a CLIP, ready to be encoded with some of its tokens exchanged."""

    def __init__(self, clip: Any, text: str) -> None:
        host_clip.require_clip(clip)
        self.clip = clip
        self.text = text
        recorded = record(clip, text)
        self.family = recorded.family
        self.map: PromptMap = map_tokens(text, recorded.streams, recorded.family)
        fillers = record(clip, exchange.FILLER_TEXT)
        placements = map_tokens(exchange.FILLER_TEXT, fillers.streams, None).placements
        self.fillers = [
            exchange.filler_ids(placements, words)
            for words in (exchange.FIRST_FILLER, exchange.SECOND_FILLER)
        ]
        self.tokens = clip.tokenize(text)
        self.windows = host_clip.by_stream(clip, self.tokens)

    def tokens_of(self, phrase: PromptPhrase) -> exchange.PhraseTokens:
        """Where a phrase's tokens stand."""
        span = (phrase.start, phrase.end)
        return exchange.slots_of(self.map.placements, self.text, span)

    def exchanged(self, phrases: Sequence[exchange.PhraseTokens], filler: int) -> Conditioning:
        """The prompt with these phrases as filler (0: the first, 1: the other), encoded as CLIP
        Text Encode does.
        """
        stop_if_asked()
        tokens = self.exchanged_tokens(phrases, filler)
        return self.clip.encode_from_tokens_scheduled(tokens)  # type: ignore[no-any-return]

    def exchanged_tokens(self, phrases: Sequence[exchange.PhraseTokens], filler: int) -> Any:
        """The host's tokens of the prompt, in its own form, with these phrases as filler."""
        windows = dict(self.windows)
        for tokens_of_phrase in phrases:
            for name, slots in tokens_of_phrase.slots.items():
                ids = self.fillers[filler].get(name) or self.fillers[0].get(name)
                if slots and ids:
                    windows[name] = exchange.exchanged(windows[name], slots, ids)
        if isinstance(self.tokens, dict):
            return {**self.tokens, **windows}
        [bare] = windows.values()
        return bare

    @cached_property
    def states(self) -> tuple[TextStates | None, Conditioning]:
        """Each encoder's answer where it could be heard, and the prompt's own conditioning."""
        stop_if_asked()
        try:
            states, conditioning = encoder_outputs.encode(self.clip, self.text)
        except EncoderScopeError:
            return None, self.plain(self.text)
        return states, conditioning

    def plain(self, text: str) -> Conditioning:
        """Another text, as CLIP Text Encode has it."""
        stop_if_asked()
        return self.clip.encode_from_tokens_scheduled(self.clip.tokenize(text))  # type: ignore[no-any-return]

    def reaches(self, phrase: PromptPhrase) -> bool:
        """Whether station 1 says that any of its words reaches the image model."""
        if not self.map.readouts:
            return True
        span = (phrase.start, phrase.end)
        words = [
            number
            for number, word in enumerate(self.map.words)
            if overlap((word.start, word.end), span)
        ]
        return any(lane[number] in _REACHED for lane in self.map.lanes for number in words)

    @property
    def weighted(self) -> bool:
        """Whether any stream applies weights."""
        return any(map(applies_weights, self.map.placements))

    def taken(self) -> frozenset[str] | None:
        """What the family takes of a conditioning: sequence, pooled_output; None: not known."""
        if self.family is None:
            return None
        names = set()
        if any(stream.sequence for stream in self.family.streams):
            names.add("sequence")
        if any(stream.pooled for stream in self.family.streams):
            names.add(conditionings.POOLED)
        return frozenset(names)


def encode(encoder: PromptEncoder, phrases: Sequence[PromptPhrase]) -> PromptEncodings:
    """Everything that can be asked about these phrases of the encoder's prompt, but what
    :func:`other_fillers` encodes.
    """
    states, own = encoder.states
    tokens = [encoder.tokens_of(phrase) for phrase in phrases]
    conds = {budget.BASE: own, budget.WHOLE: encoder.exchanged(tokens, 0)}
    for number, tokens_of_phrase in enumerate(tokens):
        conds[budget.phrase(number)] = encoder.exchanged([tokens_of_phrase], 0)
    changes = [_changes(encoder, conds, number) for number in range(len(phrases))]
    reaches = [
        encoder.reaches(phrase) and bool(changed)
        for phrase, changed in zip(phrases, changes, strict=True)
    ]
    encodings = PromptEncodings(conds, [each.counts for each in tokens], reaches)
    _take_apart(encodings, encoder, states, tokens, changes)
    return encodings


def other_fillers(
    encoder: PromptEncoder, phrases: Sequence[PromptPhrase], names: Iterable[str]
) -> dict[str, Conditioning]:
    """The other filler of those phrases that ``names`` ask for: a plan asks for few of them, and
    each is an encoding of the whole prompt.
    """
    return {
        budget.other_filler(number): encoder.exchanged([encoder.tokens_of(phrases[number])], 1)
        for number in budget.numbers(names, budget.FILLER)
    }


def _changes(encoder: PromptEncoder, conds: Mapping[str, Conditioning], number: int) -> set[str]:
    """What of the conditioning changes when a phrase is exchanged, as far as the family takes
    it.
    """
    changed = conditionings.differences(conds[budget.BASE], conds[budget.phrase(number)])
    family_takes = encoder.taken()
    if family_takes is not None:
        changed -= {"sequence", conditionings.POOLED} - family_takes
    return changed


def _take_apart(
    encodings: PromptEncodings,
    encoder: PromptEncoder,
    states: TextStates | None,
    tokens: Sequence[exchange.PhraseTokens],
    changes: Sequence[set[str]],
) -> None:
    """Adds own rows and the pooled vector of each phrase, where they can be told apart."""
    conds, own = encodings.conds, encodings.conds[budget.BASE]
    rows, still, pooled, unknown = set(), set(), set(), False
    for number, changed in enumerate(changes):
        other = conds[budget.phrase(number)]
        if conditionings.POOLED in changed:
            conds[budget.pooled(number)] = conditionings.with_pooled(own, other)
            pooled.add(number)
        if "sequence" not in changed:
            continue
        picked = None
        if changed <= {"sequence", conditionings.POOLED}:
            picked = _own_rows(encoder, states, own, tokens[number])
        if picked is None:
            unknown = True
            continue
        conds[budget.own_rows(number)] = conditionings.with_rows(own, other, picked)
        rows.add(number)
        if not conditionings.differences(own, conds[budget.own_rows(number)]):
            still.add(number)
    encodings.rows, encodings.pooled = frozenset(rows), frozenset(pooled)
    encodings.still = frozenset(still)
    if unknown:
        encodings.notes.append(
            later(
                "Which rows of the conditioning belong to which word cannot be told for this CLIP, "
                "so what a phrase does through its own rows was not measured."
            )
        )


def _own_rows(
    encoder: PromptEncoder,
    states: TextStates | None,
    own: Conditioning,
    tokens: exchange.PhraseTokens,
) -> list[int] | None:
    """The rows of the conditioning that one phrase's tokens became; None where that is not
    known.
    """
    if states is None or len(states.steps) != len(own):
        return None
    rows: set[int] = set()
    has_rows = False
    for name, slots in tokens.slots.items():
        stream = states.steps[0].streams.get(name)
        if stream is None or not slots or not _gives_rows(encoder.family, name):
            continue
        stream_rows = exchange.joined_rows(encoder.windows[name], slots)
        if stream.sequence.shape[1] != sum(map(len, encoder.windows[name])):
            return None
        picked = conditionings.located(
            stream.sequence[0].float().cpu(), own[0][0][0].float().cpu(), stream_rows
        )
        if picked is None:
            return None
        has_rows = True
        rows |= set(picked)
    return sorted(rows) if has_rows else None


def rows_of_span(
    encoder: PromptEncoder, states: TextStates | None, own: Conditioning, span: tuple[int, int]
) -> list[int]:
    """The rows of the conditioning that the characters ``span`` of the prompt became; none where
    that is not known.
    """
    tokens = exchange.slots_of(encoder.map.placements, encoder.text, span)
    return _own_rows(encoder, states, own, tokens) or []


def _gives_rows(family: Family | None, name: str) -> bool:
    rule = host_clip.stream_rule(family, name)
    return rule is None or rule.sequence
