"""Weights that are not what they look like."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...translation import joined, translatable, translate, translate_count
from ..syntax import ParsedPrompt
from .finding import Finding, finding, shortened
from .prompt_reading import PromptReading
from .regions import Span, begins_a_tag

STRONGEST, WEAKEST = 2.0, 0.0
"""Weights beyond these leave the range of rows that image models were trained on."""
_EMOTICON = re.compile(r"[:;=8xX]['-]?$")
_LIST = re.compile(r"(?:^|[\s,;:.])(?:\d{1,2}|[a-z])\)$")
"""The number of a list: 1) a cat, 2) a dog."""
_FULL_WIDTH = re.compile(r"（(?P<inside>[^（）\n]{1,200})）")
_FULL_WIDTH_WEIGHT = re.compile(
    r"(?P<words>.*)[：:]\s*(?P<weight>[\d０-９]+(?:[.．][\d０-９]+)?)\s*", re.DOTALL
)
_COMMA = re.compile(r"(?P<words>.*):\s*(?P<weight>-?\d+,\d+)\s*", re.DOTALL)
_UNREADABLE = re.compile(r"(?P<words>.+):\s*(?P<weight>-?\d+\.\d[^\s:]*)\s*", re.DOTALL)
_OTHER_SIGN = re.compile(r"(?P<words>.*[^\W\d_]\)?)(?P<weight>\s*[;=,]\s*\d*\.\d+|:\d*\.\d+:)\s*")
_TAG_AFTER = re.compile(r"\s*(?:$|[,)\n])")
_PAIR_IS_TEXT = translatable(
    "ComfyUI reads this bracket as text, and so is {pair} behind it: its weight is not applied."
)
_NUMBER_IS_TEXT = translatable(
    "ComfyUI reads this bracket as text, and so is the number of “{weighted}”: no weight is "
    "applied."
)


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


def weights(reading: PromptReading) -> Iterator[Finding]:
    """Findings about weights, in no order."""
    parsed = reading.parsed
    groups = groups_of(reading.text, parsed)
    if reading.weighting:
        yield from _numbers(reading, groups)
        yield from _nested(reading, groups)
        yield from _unbalanced(reading, parsed)
        yield from _unreadable(reading, groups)
        yield from _contradicting(reading, groups)
    if reading.literal_readers:
        yield from _literal(reading, groups)
    yield from _full_width(reading)


def _numbers(reading: PromptReading, groups: Sequence[WeightGroup]) -> Iterator[Finding]:
    for group in groups:
        if not group.number:
            continue
        if not math.isfinite(group.weight):
            yield finding("not_finite", reading.text, group.span, weight=_not_finite(group.weight))
        elif not WEAKEST <= group.weight <= STRONGEST:
            intent, effect = _extreme(group)
            yield finding(
                "extreme_weight", reading.text, group.span, extreme_meant=intent, extreme=effect
            )


def _not_finite(weight: float) -> str:
    if math.isnan(weight):
        return translate("“not a number” (nan)")
    return translate("infinity")


def _extreme(group: WeightGroup) -> tuple[str, str]:
    """What was meant by a weight far from 1, and what it does."""
    words, weight = shortened(group.words.strip()), f"{group.weight:g}"
    if group.weight < WEAKEST:
        return translate("Keep this out of the picture."), translate(
            "Weight {weight} pushes the rows of “{words}” past those of an empty prompt, to the "
            "other side: no image model was trained on such rows. It is no negative prompt.",
            weight=weight,
            words=words,
        )
    return translate("Make this much stronger."), translate(
        "Weight {weight} takes the rows of “{words}” far out of the range that image models were "
        "trained on: expect artefacts rather than more of it.",
        weight=weight,
        words=words,
    )


def _nested(reading: PromptReading, groups: Sequence[WeightGroup]) -> Iterator[Finding]:
    for group in groups:
        if not group.number or group.outer is None or not math.isfinite(group.product):
            continue
        yield finding(
            "nested_weight",
            reading.text,
            group.span,
            words=group.words.strip(),
            weight=f"{group.weight:g}",
            product=f"{group.product:.3g}",
        )


def _unbalanced(reading: PromptReading, parsed: ParsedPrompt) -> Iterator[Finding]:
    """Brackets that the host reads as text and that have no partner; those of a pair that lost its
    weight by one of them are named there.
    """
    text = reading.text
    literal = [
        (start, char)
        for segment in parsed.segments
        for char, start, end in zip(segment.text, segment.starts, segment.ends, strict=True)
        if char in "()" and end - start == 1
    ]
    for start, char, partner_of in _without_partner(literal):
        if not partner_of and _is_no_bracket(text, start):
            continue
        facts: dict[str, object] = {}
        if partner_of:
            first, last = partner_of[0]
            facts = {"does": _PAIR_IS_TEXT, "pair": text[first : last + 1]}
        elif char == "(" and (lost := re.match(r"\([^()]*:\s*\d*\.?\d+", text[start:])):
            facts = {"does": _NUMBER_IS_TEXT, "weighted": lost[0]}
        yield finding("unbalanced", text, (start, start + 1), certain=True, bracket=char, **facts)


def _is_no_bracket(text: str, start: int) -> bool:
    """Whether it is part of an emoticon, or of a list's number: both are short."""
    emoticon = _EMOTICON.search(text[max(0, start - 2) : start])
    return bool(emoticon or _LIST.search(text[max(0, start - 3) : start + 1]))


def _without_partner(literal: Sequence[tuple[int, str]]) -> list[tuple[int, str, list[Span]]]:
    """Brackets without a partner, each with the pairs that stand behind it, up to the next."""
    pairs: list[Span] = []
    alone: list[tuple[int, str]] = []
    stack: list[int] = []
    for start, char in literal:
        if char == "(":
            stack.append(start)
        elif stack:
            pairs.append((stack.pop(), start))
        else:
            alone.append((start, char))
    alone = sorted([*alone, *((start, "(") for start in stack)])
    behind: list[list[Span]] = [[] for _ in alone]
    places = [start for start, _ in alone]
    for pair in sorted(pairs):
        if number := bisect_left(places, pair[0]):
            behind[number - 1].append(pair)
    return [(start, char, pairs) for (start, char), pairs in zip(alone, behind, strict=True)]


def _unreadable(reading: PromptReading, groups: Sequence[WeightGroup]) -> Iterator[Finding]:
    text = reading.text
    for group in groups:
        if group.number:
            continue
        if group.words.lstrip().startswith(":"):
            if re.fullmatch(r"\s*:\s*-?\d*\.?\d+\s*", group.words):
                yield finding("empty_weight", text, group.span)
        elif match := _COMMA.fullmatch(group.words):
            weight = match["weight"].replace(",", ".")
            yield finding(
                "decimal_comma",
                text,
                _number_span(group, match),
                weight=weight,
                fixed=f"({match['words']}:{weight})",
            )
        elif match := _OTHER_SIGN.fullmatch(group.words) or _UNREADABLE.fullmatch(group.words):
            yield finding("unreadable_weight", text, _number_span(group, match))


def _number_span(group: WeightGroup, match: re.Match[str]) -> Span:
    """The colon and what should have been a number."""
    return group.start + 1 + match.end("words"), group.start + 1 + match.end("weight")


def _contradicting(reading: PromptReading, groups: Sequence[WeightGroup]) -> Iterator[Finding]:
    by_words: dict[str, list[WeightGroup]] = {}
    for group in groups:
        if group.number:
            by_words.setdefault(" ".join(group.words.lower().split()), []).append(group)
    for same in by_words.values():
        numbers = sorted({group.weight for group in same})
        if len(numbers) > 1 and numbers[0] < 1 < numbers[-1]:
            yield finding(
                "contradicting_weights",
                reading.text,
                same[-1].span,
                words=same[-1].words.strip(),
                times=times(len(same)),
                weights=joined([f"{number:g}" for number in numbers]),
            )


def times(count: int) -> str:
    if count == 2:
        return translate("twice")
    return translate_count("once", "{count} times", count)


def _literal(reading: PromptReading, groups: Sequence[WeightGroup]) -> Iterator[Finding]:
    text, reader = reading.text, reading.literal_readers
    starts = [group.start for group in groups]
    for group in groups:
        words = group.words.strip()
        if group.number:
            yield finding(
                "literal_weight", text, group.span, weight=group.number, words=words, reader=reader
            )
        elif group.outer is None and _looks_like_weight(
            text, group, groups[bisect_right(starts, group.start) : bisect_left(starts, group.end)]
        ):
            yield finding(
                "implicit_weight",
                text,
                group.span,
                certain=False,
                weight=translate("1.1 for each bracket"),
                reader=reader,
            )


def _looks_like_weight(text: str, group: WeightGroup, inside: Sequence[WeightGroup]) -> bool:
    """Brackets in brackets, or brackets around a whole tag: in a sentence they are brackets."""
    if any(other.number for other in inside):
        return False  # the number inside is a finding of its own
    whole_tag = begins_a_tag(text, group.start, ",(") and _TAG_AFTER.match(text, group.end)
    return bool(re.search(r"\w", group.words)) and bool(inside or whole_tag)


def _full_width(reading: PromptReading) -> Iterator[Finding]:
    for match in _FULL_WIDTH.finditer(reading.text):
        weighted = _FULL_WIDTH_WEIGHT.fullmatch(match["inside"])
        ascii_form = f"({match['inside']})"
        if weighted:
            number = weighted["weight"].translate(
                str.maketrans("０１２３４５６７８９．", "0123456789.")
            )
            ascii_form = f"({weighted['words']}:{number})"
        yield finding(
            "full_width", reading.text, match.span(), certain=bool(weighted), ascii=ascii_form
        )
