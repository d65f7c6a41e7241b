"""What the detectors of the lint ask of a prompt that was mapped."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property

from ...translation import joined, translate, translate_count
from ..placement import Placement
from ..prompt_map import PromptMap
from ..syntax import ParsedPrompt, parse
from ..typed_text import SentText
from . import scripts
from .finding import NO_WEIGHTS
from .regions import Brackets, Regions, Span, SpanCounter, bracket_pairs
from .weight_groups import WeightGroup, groups_of


class PromptReading:
    """A mapped prompt, with what this family makes of it.

    ``embedding_names``: textual inversions that the host has. ``sent``: what the browser sends of a
    text that is still in one of its boxes; ``None`` for a text that arrived.
    """

    def __init__(
        self,
        prompt_map: PromptMap,
        embedding_names: Sequence[str] = (),
        sent: SentText | None = None,
    ) -> None:
        self.prompt_map = prompt_map
        self.text = prompt_map.text
        self.embedding_names = tuple(embedding_names)
        self.sent = sent
        self.regions = Regions(self.text)
        self._tokens: dict[str, SpanCounter] = {}
        self.placements = [
            placement
            for placement in prompt_map.placements
            if placement.recording.encoded and placement.recording.origin.table is None
        ]

    @cached_property
    def parsed(self) -> ParsedPrompt:
        """The weights and words that the host's grammar reads in the text."""
        return parse(self.text)

    @cached_property
    def weight_groups(self) -> list[WeightGroup]:
        """Round brackets that the host reads as a weight, outer ones first."""
        return groups_of(self.text, self.parsed)

    @property
    def has_windows(self) -> bool:
        """Whether an encoder whose sequence is taken reads the prompt in windows, as CLIP does."""
        return any(
            p.recording.capacity and self._has_sequence(p) and self._is_clip(p)
            for p in self.placements
        )

    def _is_clip(self, placement: Placement) -> bool:
        """Whether an encoder begins a new window where one is full; T5 with a limit cuts."""
        rule = self.prompt_map.rule(placement.recording.name)
        return rule is None or (rule.role is not None and rule.role.architecture == "clip")

    def learned_english(self, placement: Placement) -> bool:
        """Whether an encoder is known to have learned from English texts alone."""
        rule = self.prompt_map.rule(placement.recording.name)
        return rule is not None and rule.role is not None and rule.role.learned_english

    def learned_more(self, placement: Placement) -> bool:
        """Whether an encoder is known to have learned from texts in many languages."""
        rule = self.prompt_map.rule(placement.recording.name)
        return rule is not None and rule.role is not None and not rule.role.learned_english

    def _has_sequence(self, placement: Placement) -> bool:
        rule = self.prompt_map.rule(placement.recording.name)
        return rule is None or rule.sequence

    @property
    def readers(self) -> str:
        """Titles of the encoders whose sequence is taken."""
        names = self.titles([p for p in self.placements if self._has_sequence(p)])
        return names or translate("this model")

    @cached_property
    def weighting(self) -> list[Placement]:
        """Encoders that apply weights."""
        return [p for p in self.placements if applies_weights(p)]

    @cached_property
    def literal_readers(self) -> str:
        """Titles of the encoders that are given weights as text; empty where all apply them."""
        return self.titles([p for p in self.placements if not applies_weights(p)])

    def weighed(self, effect: str, at: int) -> dict[str, object]:
        """Facts of a weight that is read as text, where what its construct says is not so: the
        character at ``at`` has another weight than 1 (``effect``, with its ``actual`` weight), or
        this model reads all weights as text.
        """
        if not self.weighting:
            return {"instead": NO_WEIGHTS}
        actual = self.weight_at(at)
        return {} if actual == 1 else {"does": effect, "actual": f"{actual:.3g}"}

    def weight_at(self, at: int) -> float:
        """The weight that the host gives to the last character that it reads as text up to here."""
        segments = self.parsed.segments
        number = bisect_right(segments, at, key=lambda part: part.starts[0]) - 1
        return segments[number].weight if number >= 0 else 1.0

    @cached_property
    def round_brackets(self) -> dict[int, Brackets]:
        """Pairs of round brackets by their ends."""
        return {pair.end: pair for pair in bracket_pairs(self.text, "(", ")")}

    def is_foreign(self, start: int, end: int) -> bool:
        """Neither code nor a quotation."""
        return not self.regions.is_code(start, end) and not self.regions.is_quoted(start, end)

    @cached_property
    def foreign_runs(self) -> list[list[int]]:
        """Words that hold other letters than English ones, by their numbers."""
        return scripts.foreign_runs(self.text, self.prompt_map.words)

    @property
    def embedding_spans(self) -> list[Span]:
        """Where a stream read `embedding:name`, found or not."""
        return [(w.start, w.end) for w in self.prompt_map.words if w.kind == "embedding"]

    def title(self, placement: Placement) -> str:
        name = placement.recording.name
        rule = self.prompt_map.rule(name)
        if rule is None:
            return name
        return rule.title

    def titles(self, placements: Sequence[Placement]) -> str:
        """The titles of streams, each once: "CLIP-L and T5-XXL"; empty where there are none."""
        return joined(list(dict.fromkeys(map(self.title, placements))))

    def words_around(self, start: int, end: int) -> Span:
        """``text[start:end]`` with the rest of the words that it begins and ends in."""
        words = self.prompt_map.words
        first = bisect_right(words, start, key=lambda word: word.end)
        last = bisect_left(words, end, key=lambda word: word.start)
        inside = [word for word in words[first:last] if word.kind == "word"]
        if not inside:
            return start, end
        return min(start, inside[0].start), max(end, inside[-1].end)

    def token_count(self, placement: Placement, start: int, end: int) -> int:
        """Tokens of one stream that hold a character of ``text[start:end]``, which is not empty."""
        name = placement.recording.name
        if name not in self._tokens:
            self._tokens[name] = SpanCounter(filter(None, placement.alignment.spans))
        return self._tokens[name].touching(start, end)

    def token_words(self, start: int, end: int) -> str:
        """As what a stretch is read: "39 tokens", "39 CLIP-L and 21 T5-XXL tokens" or, where it
        takes none, "words".
        """
        return self.tokens_taken(start, end) or translate("words")

    def tokens_taken(self, start: int, end: int) -> str:
        """How many tokens a stretch takes, in words; empty where it takes none."""
        readers: dict[int, list[Placement]] = {}
        for placement in self.placements:
            count = self.token_count(placement, start, end)
            if count:
                readers.setdefault(count, []).append(placement)
        if len(readers) < 2:
            return "".join(counted_tokens(count) for count in readers)
        parts = [
            translate_count(
                "{count} {names}", "{count} {names}", count, names=self.titles(of_count)
            )
            for count, of_count in readers.items()
        ]
        return translate("{parts} tokens", parts=joined(parts))


def applies_weights(placement: Placement) -> bool:
    """Whether an encoder applies weights such as (red:1.2); else it reads them as text."""
    recording = placement.recording
    if recording.weights and recording.verbatim:  # nothing was read as a weight, or nothing is
        return not parse(recording.source).syntax
    return recording.weights


def counted_tokens(count: int) -> str:
    """ "1 token", "2 tokens"."""
    return translate_count("{count} token", "{count} tokens", count)
