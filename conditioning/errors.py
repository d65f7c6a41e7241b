"""Exceptions that carry the problem, what was expected and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from .translation import (
    ENGLISH,
    current_language,
    deferred,
    format_message,
    in_language,
    is_known,
    localized,
    translate,
)
from .visible_text import visible

_LONGEST = 4000
"""Characters of a sentence: a name out of a shared workflow may have millions."""


class EncoderScopeError(ValueError):
    """An input that EncoderScope cannot work with.

    The message is one readable sentence each for the value, the expectation and the remedy, so that
    it can be shown to an artist as is: an English template with the ``values`` in braces, or what
    ``later`` made. It is said in the language of the moment in which the exception is made, and in
    English as a whole where the catalogue lacks one of the three. Names of files and tensors come
    from strangers: what a terminal would obey in them is written as an escape.
    """

    def __init__(self, problem: str, expected: str, remedy: str, /, **values: object) -> None:
        sentences = (problem, expected, remedy)
        with in_language(current_language() if all(map(is_known, sentences)) else ENGLISH):
            self.problem, self.expected, self.remedy = (
                _readable(sentence, values) for sentence in sentences
            )
        super().__init__(f"{self.problem} {self.expected} {self.remedy}")


def _readable(template: str, values: Mapping[str, object]) -> str:
    """The sentence, with the middle left out where it is too long to be read."""
    sentence = format_message(template, values)
    if len(sentence) > _LONGEST:
        sentence = f"{sentence[:300]} … {sentence[-300:]}"
    return visible(sentence)


class UnknownName(EncoderScopeError):
    """A name that is not in a table; the message lists the known ones. ``kind``: English."""

    def __init__(self, kind: str, name: str, names: list[str]) -> None:
        super().__init__(
            "Unknown {kind} {name!r}.",
            "Known: {names}.",
            "Use one of these names.",
            kind=deferred(lambda: translate(kind)),
            name=name,
            names=deferred(lambda: ", ".join(map(localized, names))),
        )


class HostRefused(EncoderScopeError):
    """The host's own tokenizer raised on this prompt: it would fail in every text node, not only
    here.
    """
