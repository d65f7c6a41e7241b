"""What a report's JSON takes as Python's objects, before a byte of it is parsed."""

from __future__ import annotations

import re
import sys

from ...errors import EncoderScopeError
from ...translation import later

MOST_MEMORY = 70_000_000
"""Bytes that a report's text and objects may take: with Python's own less than 100 MB. Those of a
prompt of 10,000 words take 60.
"""
_SMALL = 300_000
"""Characters that cannot take as much, whatever they are."""
_COSTS = {",": 40, "[": 104, "{": 220}
"""Bytes of a number in its place, of a list, of an object."""
_KEY = 200
"""Bytes of a key that stands nowhere else: the parser remembers all keys."""
_STRING = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?', re.DOTALL)


def memory_of(text: str) -> int:
    """Bytes that a JSON and what it is parsed to take at most; no more than what is too much is
    counted.
    """
    memory = sys.getsizeof(text) + sum(text.count(char) * cost for char, cost in _COSTS.items())
    keys: set[str] = set()
    for match in _STRING.finditer(text):
        if memory > MOST_MEMORY:
            break
        string = match[1]
        if not match[2]:
            memory += _size(string)
        elif string not in keys:
            keys.add(string)
            memory += _size(string) + _KEY
    return memory


def _size(string: str) -> int:
    """Of a string in JSON: one wide character makes all of them wide."""
    return sys.getsizeof(string) + (3 * len(string) if r"\u" in string else 0)


def require_readable(text: str, name: str = "") -> None:
    """Raises :class:`EncoderScopeError` for a report that takes more memory than is given to it.
    ``name``: of its file.
    """
    if len(text) > _SMALL and memory_of(text) > MOST_MEMORY:
        most = MOST_MEMORY / 1e6
        problem = later("This report takes more than {most:.0f} MB of memory.", most=most)
        if name:
            problem = later(
                "The report in {name!r} takes more than {most:.0f} MB of memory.",
                name=name,
                most=most,
            )
        raise EncoderScopeError(
            problem,
            "A report like that of a prompt of 10,000 words, or smaller, was expected.",
            "Make it of a shorter prompt.",
        )
