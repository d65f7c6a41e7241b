"""Round brackets that the host reads as a weight."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..syntax import ParsedPrompt, parse
from .regions import Span

STRONGEST, WEAKEST = 2.0, 0.0
"""Weights beyond these leave the range of rows that image models were trained on."""
_RUN = re.compile(r"(?P<before>[\s,;.]*)(?P<words>.*?)(?P<behind>[\s,;.]*)", re.DOTALL)


@dataclass(frozen=True)
class WeightGroup:
    """Round brackets that the host reads as a weight: ``text[start:end]`` with both brackets."""

    start: int
    end: int
    words: str
    number: str
    """The weight as written; empty for plain brackets."""
    weight: float
    """As the host has it."""
    outer: WeightGroup | None

    @property
    def span(self) -> Span:
        return self.start, self.end

    @property
    def product(self) -> float:
        """The weight where numbers multiply with what stands around them."""
        factor = float(self.number) if self.number else 1.1
        return factor * (self.outer.product if self.outer else 1.0)


def flattened(text: str, group: WeightGroup, groups: Sequence[WeightGroup]) -> str:
    """The text of brackets with brackets in them, each part with the product of its weights, at
    most :data:`STRONGEST`, and none within another. ``groups``: all of the prompt, outer ones
    first.
    """
    return "".join(_written(run, weight) for run, weight in _runs(text, group, groups))


def lightened(words: str, factor: float) -> str:
    """Words in brackets that weigh them by ``factor``; where they are weighed already, by the
    product.
    """
    weighed = f"({words}:{factor!r})"
    groups = groups_of(weighed, parse(weighed))
    return flattened(weighed, groups[0], groups) if len(groups) > 1 else f"({words}:{factor:.2g})"


def _runs(
    text: str, group: WeightGroup, groups: Sequence[WeightGroup]
) -> Iterator[tuple[str, float]]:
    at = group.start + 1
    for inner in groups:
        if inner.outer is group:
            yield text[at : inner.start], group.product
            yield from _runs(text, inner, groups)
            at = inner.end
    yield text[at : group.start + 1 + len(group.words)], group.product


def _written(run: str, weight: float) -> str:
    parts = _RUN.fullmatch(run)
    number = f"{max(WEAKEST, min(STRONGEST, weight)):.3g}"
    if parts is None or not parts["words"] or number == "1":
        return run
    return f"{parts['before']}({parts['words']}:{number}){parts['behind']}"


def groups_of(text: str, parsed: ParsedPrompt) -> list[WeightGroup]:
    """The bracket groups of a prompt, outer ones first."""
    ends: dict[int, Span] = {}
    stack: list[int] = []
    for start, end, _ in parsed.syntax:
        if text[start:end] == "(":
            stack.append(start)
        elif stack:
            ends[stack.pop()] = (start, end)
    groups: list[WeightGroup] = []
    around: list[WeightGroup | None] = [None]
    for start in sorted(ends):
        while (outer := around[-1]) is not None and outer.end <= start:
            around.pop()
        groups.append(_group(text, start, ends[start], outer))
        around.append(groups[-1])
    return groups


def _group(text: str, start: int, closing: Span, outer: WeightGroup | None) -> WeightGroup:
    number = text[closing[0] + 1 : closing[1] - 1].strip()
    weight = 1.1
    if number:
        weight = float(number)
    elif outer:
        weight = 1.1 * outer.weight
    return WeightGroup(start, closing[1], text[start + 1 : closing[0]], number, weight, outer)
