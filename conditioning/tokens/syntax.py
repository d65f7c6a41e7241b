"""Where the host's weight syntax lies in a prompt.

The host (``comfy/sd1_clip.py``: ``token_weights``, ``parse_parentheses``) strips ``(a:1.3)`` down
to strings and forgets where they stood. This module finds the same segments as slices of the text
as typed. Ids and weights are never taken from here: the strings found are compared with those that
the host really handed to its tokenizer, and a difference is reported as unaligned.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

# The host hides escaped brackets behind these pairs, two characters for two, so positions do not
# move.
_ESCAPES = (("\\)", "\0\1", ")"), ("\\(", "\0\2", "("))


class WeightedText(NamedTuple):
    """Text of one weight: ``text`` as the tokenizer gets it, ``starts[i]:ends[i]`` = where its i-th
    character stands.
    """

    text: str
    starts: range | list[int]
    ends: range | list[int]
    weight: float


class SyntaxSpan(NamedTuple):
    """One run of characters that the host reads as weight syntax; ``explicit`` when it belongs to a
    written number.
    """

    start: int
    end: int
    explicit: bool


class ParsedPrompt(NamedTuple):
    """The segments of a prompt in order, and the weight syntax between them."""

    segments: list[WeightedText]
    syntax: list[SyntaxSpan]


def parse(text: str, weights: bool = True) -> ParsedPrompt:
    """Split ``text`` as the host does; with ``weights`` off (FLUX.2, Qwen-Image) the whole text is
    one segment.

    Spans are character offsets into ``text``. Malformed brackets are read exactly as the host reads
    them.
    """
    escaped = text
    for typed, hidden, _ in _ESCAPES:
        escaped = escaped.replace(typed, hidden)
    if not escaped:
        return ParsedPrompt([], [])
    if not weights or "(" not in escaped:
        return ParsedPrompt([_segment(escaped, 0, len(escaped), 1.0)], [])
    return _weighted(escaped)


def as_it_stands(text: str) -> ParsedPrompt:
    """``text`` as one segment, for tokenizers that read neither weights nor escapes."""
    if not text:
        return ParsedPrompt([], [])
    return ParsedPrompt([WeightedText(text, range(len(text)), range(1, len(text) + 1), 1.0)], [])


class _Slice(NamedTuple):
    start: int
    end: int
    weight: float
    bracketed: bool


def _weighted(escaped: str) -> ParsedPrompt:
    """Segments and syntax of a text with brackets."""
    segments: list[WeightedText] = []
    syntax: list[SyntaxSpan] = []
    # Depth first, left to right, on a stack of our own: only the host's recursion limit decides how
    # deep a prompt may nest.
    stack: list[_Slice | SyntaxSpan] = list(reversed(_slices(escaped, 0, len(escaped), 1.0)))
    while stack:
        step = stack.pop()
        if isinstance(step, SyntaxSpan):
            syntax.append(step)
        elif step.bracketed:
            stack += reversed(_open(escaped, step))
        else:
            segments.append(_segment(escaped, step.start, step.end, step.weight))
    return ParsedPrompt(segments, syntax)


def _slices(escaped: str, start: int, end: int, weight: float) -> list[_Slice | SyntaxSpan]:
    """Top-level text and bracket groups of ``escaped[start:end]``, in order; an unclosed bracket
    runs to the end.
    """
    cuts: list[int] = [start]
    depth = 0
    for i in range(start, end):
        char = escaped[i]
        if char == "(":
            if depth == 0 and i > cuts[-1]:
                cuts.append(i)
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                cuts.append(i + 1)
    if cuts[-1] < end:
        cuts.append(end)
    return [
        _Slice(a, b, weight, b - a >= 2 and escaped[a] == "(" and escaped[b - 1] == ")")
        for a, b in pairwise(cuts)
    ]


def _open(escaped: str, group: _Slice) -> list[_Slice | SyntaxSpan]:
    """The inside of ``(a:1.3)`` with its weight, between the syntax before and after it."""
    start, end = group.start + 1, group.end - 1
    weight = group.weight * 1.1
    explicit = False
    colon = escaped.rfind(":", start, end)
    if colon > start:
        try:
            weight = float(escaped[colon + 1 : end])
            end = colon
            explicit = True
        except ValueError:
            pass  # not a number: the host keeps the colon as text and the factor 1.1
    before = SyntaxSpan(group.start, start, explicit)
    after = SyntaxSpan(end, group.end, explicit)
    return [before, *_slices(escaped, start, end, weight), after]


def _segment(escaped: str, start: int, end: int, weight: float) -> WeightedText:
    """``escaped[start:end]`` with its escapes undone."""
    part = escaped[start:end]
    if "\0" not in part:
        return WeightedText(part, range(start, end), range(start + 1, end + 1), weight)
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    i = 0
    while i < len(part):
        char = part[i]
        width = 1
        for _, hidden, typed in _ESCAPES:
            if part.startswith(hidden, i):
                char = typed
                width = 2
        chars.append(char)
        starts.append(start + i)
        ends.append(start + i + width)
        i += width
    return WeightedText("".join(chars), starts, ends, weight)
