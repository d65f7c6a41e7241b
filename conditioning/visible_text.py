"""Text from files and prompts, written so that no terminal obeys it, and how wide it is there."""

from __future__ import annotations

import re
import unicodedata

_HIDDEN = ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp")
"""Categories of characters that a terminal obeys or hides."""
OBEYED = "\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff"
"""In a set of a regular expression: what a terminal obeys, or cannot print, beyond the controls of
ASCII: controls, breaks of lines, changes of direction, halves of characters.
"""
_PLAIN = re.compile(r"[ -~]*")


def visible(text: str) -> str:
    """The text with everything that a terminal obeys or hides written as an escape."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(map(_visible_char, text))


def _visible_char(char: str) -> str:
    if unicodedata.category(char) not in _HIDDEN:
        return char
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    if code < 0x10000:
        return f"\\u{code:04x}"
    return f"\\U{code:08x}"


def cells(text: str) -> int:
    """Width on a terminal."""
    return sum(map(_cell, text))


def _cell(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 1 + (unicodedata.east_asian_width(char) in "WF")


def padded(text: str, width: int, before: float = 0.0) -> str:
    """The text, filled up to so many cells; ``before``: the part of the blanks that comes first."""
    blanks = max(0, width - cells(text))
    left = int(before * blanks)
    return " " * left + text + " " * (blanks - left)
