"""Prompts in another language than the encoders learned, told by its function words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ...translation import translatable, translate
from .finding import Finding, finding
from .prompt_reading import PromptReading

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
AMBIGUOUS = frozenset(
    (
        *("a", "an", "as", "am", "do", "he", "in", "me", "no", "on", "or", "so", "was", "will"),
        *("com", "es", "plus", "sept", "sin", "son"),
    )
)
"""Words that say nothing: they stand in texts of English and of another language."""
_BY_LANGUAGE = {
    code: frozenset(words.split()) - AMBIGUOUS for code, words in FUNCTION_WORDS.items()
}
UNAMBIGUOUS = frozenset().union(*_BY_LANGUAGE.values())
"""Function words of any of the languages."""
_ENGLISH = frozenset(
    (
        *("the", "of", "with", "and", "is", "are", "at", "by", "to", "from", "for", "into", "over"),
        *("his", "her", "its", "their", "this", "that", "these", "those", "which", "while", "who"),
        *("under", "near", "behind", "beside", "between", "has", "have", "wearing", "standing"),
    )
)
_TITLES = {
    "de": translatable("German"),
    "es": translatable("Spanish"),
    "fr": translatable("French"),
    "pt-BR": translatable("Portuguese"),
}
_FEWEST = 2
"""Different function words of a language: a name such as Le Mans holds one."""
_SHARE = 0.15
"""Of the words of a text; half as many as those languages have."""


def other_language(reading: PromptReading) -> Iterator[Finding]:
    """The finding about a text that is not English, where all encoders learned English."""
    spoken = {word.text for word in reading.prompt_map.words}
    if len(UNAMBIGUOUS & spoken) < _FEWEST - 1:  # the first word may begin with a capital
        return
    readers = reading.placements
    if not readers or not all(map(reading.learned_english, readers)):
        return
    words = [
        word
        for word in reading.prompt_map.words
        if word.kind == "word" and reading.is_foreign(word.start, word.end)
    ]
    code = language_of([word.text for word in words])
    if code:
        yield finding(
            "language",
            reading.text,
            (words[0].start, words[-1].end),
            certain=False,
            language=translate(_TITLES[code]),
            reader=reading.titles(readers),
        )


def language_of(words: Sequence[str]) -> str:
    """The language whose function words stand in a text, small letters alone but for the first
    word: names hold them, too. Empty for English and where that is not clear.
    """
    small = [word.lower() for word in words[:1]] + [word for word in words[1:] if word.islower()]
    counts = Counter(small)
    english = len(_ENGLISH & counts.keys())
    best = max(_BY_LANGUAGE, key=lambda code: _occurrences(code, counts))
    different = len(_BY_LANGUAGE[best] & counts.keys())
    often = _occurrences(best, counts) >= _SHARE * len(words)
    return best if different >= _FEWEST and different > 2 * english and often else ""


def _occurrences(code: str, counts: Counter[str]) -> int:
    return sum(counts[word] for word in _BY_LANGUAGE[code])
