"""Scripts: what is written in another than English is, and how many pieces it takes where an
encoder was not trained on it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from ..words import PromptWord

_PIECES = 1.0
"""Letters of a script that take this many pieces each or more were not learned as words: encoders
that were trained on a script need fewer.
"""
_IDEOGRAPH_PIECES = 1.5
"""For scripts that write a word in one or two characters, and for pictures."""
_LATIN_PIECES = 3
"""Words of fewer pieces are such as é, whose accent alone has no piece of its own."""
_IDEOGRAPHS = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")


def is_latin(char: str) -> bool:
    """Latin letters and figures: words of an English prompt."""
    return not char.isalpha() or unicodedata.name(char, "").startswith("LATIN")


def is_foreign(text: str) -> bool:
    """Whether a word holds letters or pictures, none of them Latin."""
    letters = [char for char in text if char.isalpha()]
    return not text.isascii() and not any(map(is_latin, letters))


def in_bytes(text: str, pieces: int) -> bool:
    """Whether a text of another script, or with letters that English has not, takes so many pieces
    that the encoder reads single characters or parts of them.
    """
    signs = [char for char in text if char.isalpha() or unicodedata.category(char) == "So"]
    if any(char.isalpha() and is_latin(char) for char in signs):
        lacks = not all(map(str.isascii, signs))
        return lacks and pieces >= max(_LATIN_PIECES, len(signs))
    needed = sum(map(_needed, signs))
    return bool(signs) and pieces >= max(2.0, needed)


def _needed(sign: str) -> float:
    """Pieces of a character from which on it is not read in words."""
    is_picture = unicodedata.category(sign) == "So"
    if is_picture or unicodedata.name(sign, "").startswith(_IDEOGRAPHS):
        return _IDEOGRAPH_PIECES
    return _PIECES


def foreign_runs(text: str, words: Sequence[PromptWord]) -> list[list[int]]:
    """The words of a prompt that hold other letters than English ones, by their numbers: those of
    another script up to the next Latin word, and each Latin one with such letters alone.
    """
    runs: list[list[int]] = []
    for at, word in enumerate(words):
        if word.kind != "word" or word.text.isascii():
            continue
        if runs and is_foreign(word.text) and is_foreign(words[runs[-1][-1]].text):
            between = text[words[runs[-1][-1]].end : word.start]
            if all(map(_is_between, between)):
                runs[-1].append(at)
                continue
        runs.append([at])
    return runs


def _is_between(char: str) -> bool:
    """What parts no text of another script: blanks and signs."""
    return not char.isalnum()
