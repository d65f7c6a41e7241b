"""What follows from the tokens alone, without any measuring: words that cannot meet, whatever the
encoder learned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..encoding.text_encoder import Architecture, TextTokens
from ..english.statements import Attribute, Phrase, Reading
from ..translation import later, translatable
from .readouts import tokens_at

_SEPARATED = {
    "apart": (
        translatable(
            "“{modifier}” and “{thing}” are read in different windows of {stream}, which do not "
            "see each other."
        ),
        translatable(
            "Put both into one sentence near the beginning, so that one window holds both."
        ),
    ),
    "before": (
        translatable(
            "{stream} reads “{thing}” before “{modifier}”, and a word knows only what stands "
            "before it."
        ),
        translatable("Write the property first: “{modifier} {thing}”."),
    ),
    "pooled": (
        translatable(
            "“{modifier}” and “{thing}” come after {stream}'s first window: its pooled vector "
            "does not contain them."
        ),
        translatable("Move them to the front; Compare Prompt Orders suggests how."),
    ),
}
"""Kind of a warning about a modifier and its thing -> what it says, and what to do."""


@dataclass(frozen=True)
class Lint:
    """One warning about an attribute of the prompt in one stream."""

    kind: str
    """before, apart, pooled, unread."""
    stream: str
    text: str
    remedy: str
    span: tuple[int, int]


def lint(
    reading: Reading, stream: str, title: str, architecture: Architecture, tokens: TextTokens
) -> list[Lint]:
    """``tokens``: the prompt's in this stream. An attribute that the prompt repeats is named where
    it goes wrong every time.
    """
    linter = _Linter(stream, title, architecture, tokens)
    repeated: dict[tuple[str, str], list[dict[str, Lint]]] = {}
    for attribute in reading.attributes:
        by_text = {warning.text: warning for warning in linter.warnings(attribute)}
        key = (attribute.modifier.lower, attribute.object.lower)
        repeated.setdefault(key, []).append(by_text)
    return [
        warning
        for first, *rest in repeated.values()
        for text, warning in first.items()
        if all(text in other for other in rest)
    ]


@dataclass(frozen=True)
class _Linter:
    """One stream and the prompt's tokens in it."""

    stream: str
    title: str
    architecture: Architecture
    tokens: TextTokens

    def warnings(self, attribute: Attribute) -> Iterator[Lint]:
        """What keeps a modifier and its thing from meeting."""
        modifier_tokens = tokens_at(self.tokens, attribute.modifier.span)
        thing_tokens = tokens_at(self.tokens, attribute.object.span)
        if any(span is not None for span in self.tokens.spans):
            if not modifier_tokens:
                yield self._lost(attribute.modifier)
            if not thing_tokens:
                yield self._lost(attribute.object)
        if modifier_tokens and thing_tokens:
            yield from self._separated(attribute, modifier_tokens, thing_tokens)

    def _lost(self, phrase: Phrase) -> Lint:
        return Lint(
            "unread",
            self.stream,
            later(
                "{stream} has no token for “{word}”: it was cut off or left out.",
                stream=self.title,
                word=phrase.text,
            ),
            later("Move it forward, or shorten the prompt; Token Map shows where it is lost."),
            phrase.span,
        )

    def _separated(
        self, attribute: Attribute, modifier_tokens: Sequence[int], thing_tokens: Sequence[int]
    ) -> Iterator[Lint]:
        modifier, thing = attribute.modifier, attribute.object
        span = (min(modifier.start, thing.start), max(modifier.end, thing.end))
        windows = [
            {self.tokens.windows[k] for k in tokens} for tokens in (modifier_tokens, thing_tokens)
        ]
        names = {"stream": self.title, "modifier": modifier.text, "thing": thing.text}
        if windows[0].isdisjoint(windows[1]):
            yield self._lint("apart", span, names)
        elif self.architecture.causal and thing.start < modifier.start:
            yield self._lint("before", span, names)
        if self.architecture.windows and min(windows[0] | windows[1]) > 0:
            yield self._lint("pooled", span, names)

    def _lint(self, code: str, span: tuple[int, int], names: Mapping[str, str]) -> Lint:
        sentence, remedy = _SEPARATED[code]
        return Lint(code, self.stream, later(sentence, **names), later(remedy, **names), span)
