"""Words and punctuation of a prompt as typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class PromptWord(NamedTuple):
    """One word of the prompt, and the characters it takes."""

    text: str
    start: int
    end: int
    kind: str  # "word", "punctuation", "embedding" or "syntax"


class Region(NamedTuple):
    """A stretch of the prompt that is one word whatever it looks like: weight syntax, or
    ``embedding:name``.
    """

    start: int
    end: int
    kind: str


# An escaped bracket; a word with its inner apostrophes, hyphens and decimals; else a run of
# punctuation.
_ASCII = re.compile(
    r"(?P<escape>\\[()])|(?P<word>\w+(?:(?:['\-]|(?<=\d)[.,](?=\d))\w+)*)|(?P<punctuation>(?:(?!\\[()])[^\w\s])+)",
    re.ASCII,
)
_FLAG_LETTERS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
_JOINERS = frozenset("'’-‐\u2011")
# Scripts written without spaces: every character is read as a word of its own.
_UNSPACED = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x3040, 0x30FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


def words_of(text: str, regions: Iterable[Region] = ()) -> list[PromptWord]:
    """All words of ``text`` in order. ``regions`` must be in order and must not overlap."""
    words: list[PromptWord] = []
    position = 0
    split = _split_ascii if text.isascii() else _split_any
    for region in regions:
        words += split(text, position, region.start)
        words.append(PromptWord(text[region.start : region.end], *region))
        position = region.end
    words += split(text, position, len(text))
    return words


def _split_ascii(text: str, start: int, end: int) -> list[PromptWord]:
    words = []
    for match in _ASCII.finditer(text, start, end):
        kind = "word" if match.lastgroup == "word" else "punctuation"
        words.append(PromptWord(match.group(), match.start(), match.end(), kind))
    return words


def _split_any(text: str, start: int, end: int) -> list[PromptWord]:
    """By Unicode category: the standard library's ``re`` knows neither combining marks
    nor emoji.
    """
    part = text[start:end]
    classes = [_class(char) for char in part]
    words: list[PromptWord] = []
    i = 0
    while i < len(classes):
        if classes[i] == "space":
            i += 1
            continue
        stop = _word_end(part, classes, i)
        words.append(PromptWord(part[i:stop], start + i, start + stop, _KINDS[classes[i]]))
        i = stop
    return words


_KINDS = {
    "letter": "word",
    "ideograph": "word",
    "emoji": "word",
    "mark": "word",
    "joiner": "punctuation",
    "other": "punctuation",
}


def _word_end(text: str, classes: Sequence[str], i: int) -> int:
    """Where the word that starts at ``i`` ends."""
    if classes[i] in ("other", "joiner"):
        if text[i] == "\\" and text[i + 1 : i + 2] in ("(", ")"):
            return i + 2
        stop = i + 1
        while (
            stop < len(text)
            and classes[stop] in ("other", "joiner", "mark")
            and not text.startswith(("\\(", "\\)"), stop)
        ):
            stop += 1
        return stop
    stop = i + 1
    while stop < len(text) and _continues(text, classes, i, stop):
        stop += 1
    return stop


def _continues(text: str, classes: Sequence[str], first: int, i: int) -> bool:
    """Does character ``i`` belong to the word that starts at ``first``?"""
    kind, start = classes[i], classes[first]
    # combining marks, variation selectors and joined emoji stay with what they modify
    if kind == "mark" or text[i] == "\u200d":
        return True
    if text[i - 1] == "\u200d":
        return kind in ("letter", "emoji", "ideograph")
    if start in ("letter", "mark"):
        return kind == "letter" or _joins_letters(text, classes, i)
    if start != "emoji":
        return False
    # skin tones, and the two letters of a flag
    return unicodedata.category(text[i]) == "Sk" or (
        i == first + 1 and text[i] in _FLAG_LETTERS and text[first] in _FLAG_LETTERS
    )


def _joins_letters(text: str, classes: Sequence[str], i: int) -> bool:
    """An apostrophe or a hyphen between letters, or the point of a decimal number."""
    if i + 1 == len(text) or classes[i + 1] != "letter":
        return False
    if classes[i - 1] not in ("letter", "mark"):
        return False
    is_decimal = text[i] in ".," and text[i - 1].isdigit() and text[i + 1].isdigit()
    return is_decimal or classes[i] == "joiner"


def _class(char: str) -> str:
    """What a character is, as far as the ends of words go."""
    if char.isspace():
        return "space"
    if char in _JOINERS:
        return "joiner"
    code = ord(char)
    category = unicodedata.category(char)
    if category[0] == "M":
        return "mark"
    if any(low <= code <= high for low, high in _UNSPACED):
        return "ideograph"
    if category[0] in "LN" or char == "_":
        return "letter"
    if category in ("So", "Sc"):
        return "emoji"
    return "other"
