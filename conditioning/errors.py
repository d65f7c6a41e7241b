"""Exceptions that carry the problem, what was expected and what to do."""

from __future__ import annotations

from .translation import said
from .visible_text import visible

_LONGEST = 4000
"""Characters of a sentence: a name out of a shared workflow may have millions."""


class EncoderScopeError(ValueError):
    """An input that EncoderScope cannot work with.

    The message is one readable sentence each for the value, the expectation and the remedy, so that
    it can be shown to an artist as is. Names of files and tensors come from strangers: what a
    terminal would obey in them is written as an escape. A sentence that was made with ``later`` is
    said in the language of the moment in which the exception is made.
    """

    def __init__(self, problem: str, expected: str, remedy: str) -> None:
        sentences = map(said, (problem, expected, remedy))
        self.problem, self.expected, self.remedy = map(_readable, sentences)
        super().__init__(f"{self.problem} {self.expected} {self.remedy}")


def _readable(sentence: str) -> str:
    """With the middle left out where it is too long to be read."""
    if len(sentence) > _LONGEST:
        sentence = f"{sentence[:300]} … {sentence[-300:]}"
    return visible(sentence)


class UnknownName(EncoderScopeError):
    """A name that is not in a table; the message lists the known ones."""

    def __init__(self, kind: str, name: str, names: list[str]) -> None:
        super().__init__(
            f"Unknown {kind} {name!r}.", f"Known: {', '.join(names)}.", "Use one of these names."
        )


class HostRefused(EncoderScopeError):
    """The host's own tokenizer raised on this prompt: it would fail in every text node, not only
    here.
    """
