"""Stretches of a prompt where signs mean something else: quotations, addresses, code, JSON."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

Span = tuple[int, int]

_QUOTED = re.compile(
    r"\"[^\"\n]{1,200}\"|“[^”\n]{1,200}”|«[^»\n]{1,200}»|`[^`\n]{1,200}`"
    r"|「[^」\n]{1,200}」|『[^』\n]{1,200}』"
    r"|(?<!\w)'[^'\n]{1,200}'(?!\w)|(?<!\w)‘[^’\n]{1,200}’"
)
_ADDRESS = re.compile(r"\b[a-zA-Z][a-zA-Z+.-]*://[^\s,)>\]]*|\bwww\.[^\s,)>\]]+")
_MARKDOWN = re.compile(r"^\s{0,3}(?:#{1,6}\s|[-*]\s|```)|\*\*\w[^*\n]*\*\*", re.MULTILINE)
_FENCE = re.compile(r"```.*?```", re.DOTALL)
_KEYWORDS = re.compile(r"\b(?:AND|BREAK)\b")
_JSON = re.compile(r"\A\s*(?:\{\s*\"|\[\s*[\"{])")


class Brackets(NamedTuple):
    """A pair of brackets: ``text[start]`` opens, ``text[end - 1]`` closes."""

    start: int
    end: int
    depth: int

    def inside(self, text: str) -> str:
        return text[self.start + 1 : self.end - 1]


class Regions:
    """What of a prompt is a quotation, an address, or code."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.quoted = Stretches(_spans(_QUOTED, text))
        self.addresses = Stretches(_spans(_ADDRESS, text))
        self.code = Stretches(_spans(_FENCE, text))
        self.is_markdown = bool(_MARKDOWN.search(text))
        self.is_json = bool(_JSON.match(text))
        capitals = [char.isupper() for char in _KEYWORDS.sub("", text) if char.isalpha()]
        self.is_shouted = sum(capitals) > len(capitals) / 2

    @cached_property
    def square_brackets(self) -> list[Brackets]:
        """Pairs of square brackets, in the order of their ends."""
        return list(bracket_pairs(self.text, "[", "]"))

    @cached_property
    def braces(self) -> list[Brackets]:
        """Pairs of braces, in the order of their ends."""
        return list(bracket_pairs(self.text, "{", "}"))

    def is_quoted(self, start: int, end: int) -> bool:
        return self.quoted.hold(start, end)

    def is_code(self, start: int, end: int) -> bool:
        """Inside an address, a fenced block, or a JSON prompt."""
        return self.is_json or self.addresses.hold(start, end) or self.code.hold(start, end)


def quotations(text: str) -> list[Span]:
    """What stands between quotation marks; nothing of a JSON prompt, whose fields do."""
    if _JSON.match(text):
        return []
    return [(start + 1, end - 1) for start, end in _spans(_QUOTED, text)]


class Stretches:
    """Stretches of a text, in any order and also one within another, which are asked thousands of
    times: each question is a search, not a look at all of them.
    """

    def __init__(self, spans: Iterable[Span]) -> None:
        ordered = sorted(spans)
        self._starts = [start for start, _ in ordered]
        self._reach = list(accumulate((end for _, end in ordered), max))
        """The farthest end of all stretches up to this one."""

    def hold(self, start: int, end: int) -> bool:
        """Whether one of them holds all of ``text[start:end]``."""
        count = bisect_right(self._starts, start)
        return count > 0 and self._reach[count - 1] >= end

    def touch(self, start: int, end: int) -> bool:
        """Whether one of them begins before ``end`` and ends behind ``start``."""
        count = bisect_left(self._starts, end)
        return count > 0 and self._reach[count - 1] > start


class SpanCounter:
    """Counts the spans that share a character with a stretch, without looking at each again: a
    prompt of tens of thousands of characters asks thousands of times.
    """

    def __init__(self, spans: Iterable[Span]) -> None:
        self._starts, self._ends = [], []
        for start, end in spans:
            self._starts.append(start)
            self._ends.append(end)
        self._starts.sort()
        self._ends.sort()

    def touching(self, start: int, end: int) -> int:
        """How many spans share a character with ``text[start:end]``, which is not empty: those that
        begin before its end, without those that end before it.
        """
        return bisect_left(self._starts, end) - bisect_right(self._ends, start)


def _spans(pattern: re.Pattern[str], text: str) -> list[Span]:
    return [match.span() for match in pattern.finditer(text)]


def begins_a_tag(text: str, start: int, signs: str) -> bool:
    """Whether nothing stands between ``text[start]`` and the beginning of the text, of its line, or
    one of these signs.
    """
    before = text[:start].rstrip()
    return not before or before[-1] in signs or "\n" in text[len(before) : start]


def split_outside(text: str, sign: str) -> list[str]:
    """``text`` split at a sign that stands in no brackets within it."""
    parts, depth = [""], 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        if char == sign and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def bracket_pairs(text: str, opening: str, closing: str) -> Iterator[Brackets]:
    """Balanced pairs of one kind of bracket, in the order of their ends; escaped ones are text."""
    if opening not in text or closing not in text:
        return
    stack: list[int] = []
    for at, char in enumerate(text):
        if char not in (opening, closing) or text[at - 1 : at] == "\\":
            continue
        if char == opening:
            stack.append(at)
        elif stack:
            start = stack.pop()
            yield Brackets(start, at + 1, len(stack))
