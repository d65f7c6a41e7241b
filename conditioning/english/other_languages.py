"""Whether a text is English: the reader knows English only, and says so of the rest."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import groupby

from ..tokens.lint.languages.foreign_words import AMBIGUOUS
from ..tokens.lint.languages.other_language import ANY_LANGUAGE
from . import lexicon
from .noun_phrases import kind_of, normalised

_ELISION = re.compile(r"(?:[ldjnscmt]|qu)'[^\W\d_]{2,}")
"""l'arbre, d'une, qu'il."""
_KNOWN = (
    lexicon.FUNCTION
    | lexicon.BE
    | lexicon.NEGATORS
    | lexicon.NUMBERS.keys()
    | lexicon.VERBS.keys()
    | lexicon.SHADE
)
_MANY = 7
"""A sentence of more words holds one that is known, where it is English."""


def is_english(text: str, words: Collection[str]) -> bool:
    """Whether a text of these words and signs is English: mostly Latin letters, and no more
    function words of the other languages than words of the lexicon (each counted once). Where none
    of either is known, a sentence of more than seven words is not; names and tags pass.
    """
    letters = [letter for letter in text if letter.isalpha()]
    if sum(letter > "\u024f" for letter in letters) > len(letters) / 2:
        return False
    different = {normalised(word) for word in words}
    known = {word for word in different if word in _KNOWN or kind_of(word)}
    foreign = {word for word in different if word in ANY_LANGUAGE or _ELISION.fullmatch(word)}
    if len(foreign) > len(known - AMBIGUOUS):
        return False
    return bool(known) or _longest_sentence(words) <= _MANY


def _longest_sentence(words: Iterable[str]) -> int:
    """The most words that stand together without a sign between them."""
    groups = groupby(words, key=lambda word: word[0].isalnum())
    return max((len(list(group)) for are_words, group in groups if are_words), default=0)
