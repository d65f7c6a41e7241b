"""Whether a text is English: the reader knows English only, and says so of the rest."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import groupby

from . import lexicon
from .noun_phrases import kind_of, normalised

FUNCTION_WORDS = {
    "de": (
        "der das den dem des ein eine einen einem einer eines und oder mit ohne auf im ins vom "
        "von zum zur bei aus nach für über unter neben zwischen hinter durch gegen ist sind wird "
        "nicht kein keine sich wie auch noch sehr er sie es ihr sein seine zwei drei vier fünf "
        "sechs sieben acht neun zehn"
    ),
    "es": (
        "el la los las un una unos unas del al y con sin de en por para que se su sus sobre es "
        "son está como más muy pero junto entre hacia lo dos tres cuatro cinco seis siete ocho "
        "nueve diez"
    ),
    "fr": (
        "le la les un une des du de et ou en dans avec sans sur sous pour au aux qui que est sont "
        "pas très plus sa ses leur ce cette il elle entre devant derrière chez deux trois quatre "
        "cinq sept huit neuf dix"
    ),
    "pt-BR": (
        "o os um uma uns umas da das dos na nas nos em e de com sem para por que à ao às é são "
        "não se seu sua sobre entre mais muito dois duas três quatro cinco seis sete oito nove dez"
    ),
}
"""The commonest articles, conjunctions, prepositions and pronouns, and the numbers up to ten, of
the other languages of the pack that are written in Latin letters.
"""
_BOTH = frozenset(
    (
        *("a", "an", "as", "am", "do", "he", "in", "me", "no", "on", "or", "so", "was", "will"),
        *("com", "es", "plus", "sept", "sin", "son"),
    )
)
"""Words that say nothing: they stand in texts of English and of another language."""
_FOREIGN = frozenset(word for words in FUNCTION_WORDS.values() for word in words.split()) - _BOTH
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
    foreign = {word for word in different if word in _FOREIGN or _ELISION.fullmatch(word)}
    if len(foreign) > len(known - _BOTH):
        return False
    return bool(known) or _longest_sentence(words) <= _MANY


def _longest_sentence(words: Iterable[str]) -> int:
    """The most words that stand together without a sign between them."""
    groups = groupby(words, key=lambda word: word[0].isalnum())
    return max((len(list(group)) for are_words, group in groups if are_words), default=0)
