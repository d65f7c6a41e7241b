"""Prompts in another language than the encoders learned, told by its words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ....translation import translatable, translate
from ..finding import Finding, finding
from ..prompt_reading import PromptReading
from .foreign_words import AMBIGUOUS, BORROWED, FUNCTION_WORDS, TOPIC_WORDS

_FUNCTION = {code: frozenset(words.split()) - AMBIGUOUS for code, words in FUNCTION_WORDS.items()}
_KNOWN = {
    code: (_FUNCTION[code] | {form for word in words.split() for form in (word, word.lower())})
    - AMBIGUOUS
    for code, words in TOPIC_WORDS.items()
}
ANY_LANGUAGE = frozenset().union(*_KNOWN.values())
"""Words of any of the languages."""
_ENGLISH = frozenset(
    (
        *("the", "of", "with", "and", "is", "are", "at", "by", "to", "from", "for", "into", "over"),
        *("his", "her", "its", "their", "this", "that", "these", "those", "which", "while", "who"),
        *("under", "near", "behind", "beside", "between", "has", "have", "wearing", "standing"),
        *("red", "blue", "green", "black", "white", "yellow", "golden", "old", "young", "small"),
        *("woman", "girl", "boy", "child", "cat", "dog", "horse", "bird", "house", "car"),
        *("tree", "forest", "sky", "sun", "moon", "beach", "city", "street", "night", "sitting"),
        *("flower", "flowers", "dress", "hair", "eyes", "painting", "castle", "king", "queen"),
    )
)
_BORROWED = re.compile(rf"\b(?:{BORROWED})\b")
_PARTICLES = frozenset(
    (
        *("de", "del", "da", "do", "dos", "das", "du", "di", "della", "la", "las", "los", "le"),
        *("el", "al", "y", "e", "van", "von", "der", "den"),
    )
)
"""Function words that join the parts of a name."""
_JOINING = frozenset(("der", "den", "das"))
"""Particles that do so only behind another: German has them between nouns."""
_TITLES = {
    "de": translatable("German"),
    "es": translatable("Spanish"),
    "fr": translatable("French"),
    "it": translatable("Italian"),
    "nl": translatable("Dutch"),
    "pl": translatable("Polish"),
    "pt-BR": translatable("Portuguese"),
}
_FEWEST = 2
"""Different words of a language: a name such as Le Mans holds one."""
_SHARE, _SHARE_OF_TOPICS = 0.15, 1 / 3
"""Of the words of a text; half as many function words as those languages have, and more where there
are none.
"""


def other_language(reading: PromptReading) -> Iterator[Finding]:
    """The finding about a text that is not English, where all encoders learned English."""
    spoken = {word.text for word in reading.prompt_map.words}
    if len(ANY_LANGUAGE & spoken) < _FEWEST - 1:  # the first word may begin with a capital
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
    """The language whose words stand in a text, small letters alone but for the first word and
    German nouns: names hold them, too. Empty for English and where that is not clear.
    """
    counts = Counter(_own_words(words))
    english = len(_ENGLISH & counts.keys())
    ranks = {code: _occurrences(_KNOWN[code], counts) for code in _KNOWN}
    best = max(ranks, key=lambda code: (ranks[code], _occurrences(_FUNCTION[code], counts)))
    function, different = (len(known[best] & counts.keys()) for known in (_FUNCTION, _KNOWN))
    share = _SHARE if function >= _FEWEST else _SHARE_OF_TOPICS
    clear = different >= _FEWEST and different > 2 * english and not _is_shared(best, counts)
    return best if clear and ranks[best] >= share * len(words) else ""


def _occurrences(known: frozenset[str], counts: Counter[str]) -> int:
    return sum(counts[word] for word in known & counts.keys())


def _is_shared(code: str, counts: Counter[str]) -> bool:
    """Whether another language has all these words, too."""
    words = _KNOWN[code] & counts.keys()
    return any(words <= known for other, known in _KNOWN.items() if other != code)


def _own_words(words: Sequence[str]) -> list[str]:
    """Without what English has borrowed, and without the particles of names."""
    text = " ".join(words)
    for match in reversed(list(_BORROWED.finditer(text.lower()))):
        text = text[: match.start()] + text[match.end() :]
    own = text.split()
    if own and own[0].lower() in ANY_LANGUAGE:
        own[0] = own[0].lower()
    return [word for number, word in enumerate(own) if not _joins_a_name(own, number)]


def _joins_a_name(words: Sequence[str], number: int) -> bool:
    """Whether a word is one of the particles between two words with capitals: Mies van der Rohe."""
    if words[number] not in _PARTICLES:
        return False
    first = last = number
    while first and words[first - 1] in _PARTICLES:
        first -= 1
    while last + 1 < len(words) and words[last + 1] in _PARTICLES:
        last += 1
    beside = (*words[first - 1 : first], *words[last + 1 : last + 2])
    named = len(beside) == 2 and all(word[0].isupper() for word in beside)
    return named and words[first] not in _JOINING
