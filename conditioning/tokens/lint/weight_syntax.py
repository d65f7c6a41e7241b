"""Weights that are not what they look like."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from ...translation import joined, translatable, translate, translate_count
from ..syntax import ParsedPrompt
from .finding import LONGEST_QUOTE, NEGATIVE_NODE, NO_WEIGHTS, Finding, finding, shortened
from .prompt_reading import PromptReading
from .ratios import NUMBERS, is_ratio
from .regions import Span, Stretches, begins_a_tag
from .weight_groups import STRONGEST, WEAKEST, WeightGroup, flattened

_EMOTICON = re.compile(r"(?:[:;=]|(?<![\w.])[8xX])['-]?$")
_MIRRORED = re.compile(r"\(['-]?[:;=](?=[\s,.]|$)")
_LIST = re.compile(r"(?<![\w:])(?<!\d\.)(?:\d{1,2}|[a-z])\)$")
"""The number of a list: 1) a cat, 2) a dog."""
_FULL_WIDTH = re.compile(
    r"（(?P<inside>[^（）()\n]{1,200})）|（(?P<half>[^（）()\n]{1,200})\)"
    r"|\((?P<other_half>[^（）()\n]{1,200})）"
)
_FULL_COLON = re.compile(
    r"(?P<words>.+)(?P<weight>：\s*[\d０-９]+(?:[.．][\d０-９]+)?)\s*", re.DOTALL
)
_FULL_DIGITS = str.maketrans("０１２３４５６７８９．：", "0123456789.:")
_WEIGHS = re.compile(r":\s*-?\d*\.?\d+\s*$|[^\W\d_]{2}")
"""Brackets that were meant as a weight: a number behind the colon, or a word; not (ツ)."""
_LOST_NUMBER = re.compile(r"\([^()]*:\s*\d*\.?\d+")
_OUTER_NUMBER = translatable(
    "ComfyUI reads this bracket as text: the weight {weight} belongs to “{words}”."
)
_NAME_BEFORE = re.compile(r"[^\W_]_$")
_NAME = re.compile(r"^[^:]*[^\W\d_]{2}[^:]*$")
_TAKE_OUT = translatable("Take it out of the brackets around it: ({words}:{product}).")
_FULL_WIDTH_COLON = translatable(
    "A full-width colon is no weight syntax: “{number}” is read as text, and the words get 1.1 for "
    "their brackets."
)
_FULL_WIDTH_WEIGHT = re.compile(
    r"(?P<words>.*)[：:]\s*(?P<weight>[\d０-９]+(?:[.．][\d０-９]+)?)\s*", re.DOTALL
)
_COMMA = re.compile(r"(?P<words>.*):\s*(?P<weight>-?\d+[,，。．]\d+)\s*", re.DOTALL)
_POINT = str.maketrans(",，。．０１２３４５６７８９", "....0123456789")
_UNREADABLE = re.compile(
    r"(?P<words>.+):\s*(?P<weight>-?\d*\.+\d[^\s:()]*|\d+%|\d\s*\.\s*\d+)\s*", re.DOTALL
)
_OTHER_SIGN = re.compile(r"(?P<words>.*[^\W\d_]\)?)(?P<weight>\s*[;=,]\s*\d*\.\d+|:\d*\.\d+:)\s*")
_TAG_AFTER = re.compile(r"\s*(?:$|[,)\n])")
_PAIR_IS_TEXT = translatable(
    "ComfyUI reads this bracket as text, and so is {pair} behind it: its weight is not applied."
)
_CLOSE = translatable("Write {closed}.")
_NUMBER_IS_TEXT = translatable(
    "ComfyUI reads this bracket as text, and so is the number of “{weighted}”: no weight is "
    "applied."
)


def weights(reading: PromptReading) -> Iterator[Finding]:
    """Findings about weights, in no order."""
    parsed = reading.parsed
    groups = [group for group in reading.weight_groups if not is_ratio(group)]
    if reading.weighting:
        yield from _numbers(reading, groups)
        yield from _nested(reading, groups)
        yield from _unbalanced(reading, parsed, groups)
        yield from _tag_brackets(reading, groups)
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
            yield _extreme_weight(reading.text, group)


def _not_finite(weight: float) -> str:
    if math.isnan(weight):
        return translate("“not a number” (nan)")
    return translate("infinity")


def _extreme_weight(text: str, group: WeightGroup) -> Finding:
    intent, effect = _extreme(group)
    facts: dict[str, object] = {"extreme_meant": intent, "extreme": effect}
    if group.weight < WEAKEST:
        facts["instead"] = NEGATIVE_NODE
    return finding("extreme_weight", text, group.span, certain=True, **facts)


def _tag_brackets(reading: PromptReading, groups: Sequence[WeightGroup]) -> Iterator[Finding]:
    """name_(series), whose brackets are part of the name."""
    text = reading.text
    for group in groups:
        if _NAME_BEFORE.search(text[max(0, group.start - 2) : group.start]) and _NAME.search(
            group.words
        ):
            yield finding(
                "tag_brackets",
                text,
                group.span,
                words=group.words.strip(),
                weight=f"{group.weight:.3g}",
                escaped=f"\\({group.words}\\)",
            )


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
        if group.words.strip().startswith("(") and _holds_one_group(group, groups):
            continue  # its words are those of the brackets in it
        flat = flattened(reading.text, _outermost(group), groups)
        facts: dict[str, object] = (
            {"flat": flat} if len(flat) <= LONGEST_QUOTE else {"instead": _TAKE_OUT}
        )
        yield finding(
            "nested_weight",
            reading.text,
            group.span,
            certain=True,
            words=group.words.strip(),
            weight=f"{group.weight:g}",
            product=f"{group.product:.3g}",
            **facts,
        )


def _holds_one_group(group: WeightGroup, groups: Sequence[WeightGroup]) -> bool:
    """Whether nothing but one pair of brackets stands in it."""
    inside = group.words.strip()
    start = group.start + 1 + group.words.index("(")
    return any(inner.span == (start, start + len(inside)) for inner in groups)


def _outermost(group: WeightGroup) -> WeightGroup:
    while group.outer is not None:
        group = group.outer
    return group


def _unbalanced(
    reading: PromptReading, parsed: ParsedPrompt, groups: Sequence[WeightGroup]
) -> Iterator[Finding]:
    """Brackets that the host reads as text and that have no partner; those of a pair that lost its
    weight by one of them are named there.
    """
    text = reading.text
    numbered = Stretches(group.span for group in groups if group.number)
    for start, char, pair in _stray_brackets(reading, parsed):
        facts: dict[str, object] = {}
        if pair:
            facts = {"does": _PAIR_IS_TEXT, "pair": pair}
        elif numbered.touch(start, start + 1) and (outer := _group_with_number(groups, start)):
            words, weight = outer.words.strip(), f"{outer.weight:g}"
            facts = {"does": _OUTER_NUMBER, "words": words, "weight": weight}
        elif char == "(" and (lost := _LOST_NUMBER.match(text, start)):
            facts = {"does": _NUMBER_IS_TEXT, "weighted": lost[0]}
            if len(lost[0]) < LONGEST_QUOTE:
                facts |= {"instead": _CLOSE, "closed": f"{lost[0]})"}
        yield finding("unbalanced", text, (start, start + 1), certain=True, bracket=char, **facts)


def unclosed_weights(reading: PromptReading) -> Iterator[Span]:
    """Brackets that never close, up to the number that they were to hold."""
    if not reading.weighting:
        return
    numbered = Stretches(group.span for group in reading.weight_groups if group.number)
    for start, char, pair in _stray_brackets(reading, reading.parsed):
        if pair or char == ")" or numbered.touch(start, start + 1):
            continue
        if lost := _LOST_NUMBER.match(reading.text, start):
            yield lost.span()


def _stray_brackets(reading: PromptReading, parsed: ParsedPrompt) -> Iterator[tuple[int, str, str]]:
    """Brackets without a partner: place, sign, and the pair behind that lost its weight by it."""
    text = reading.text
    mixed = Stretches(match.span() for match in _FULL_WIDTH.finditer(text))
    for start, char, pairs in _without_partner(_literal_brackets(parsed)):
        pair = next((text[a : b + 1] for a, b in pairs if _was_a_weight(text, a, b)), "")
        if not mixed.hold(start, start + 1) and (pair or not _is_no_bracket(text, start)):
            yield start, char, pair


def _was_a_weight(text: str, start: int, end: int) -> bool:
    """Whether a pair of brackets that are read as text was meant as a weight; the end of :( and
    that of a later :) are no pair.
    """
    is_pair = not _is_no_bracket(text, start) and not _is_no_bracket(text, end)
    return is_pair and _WEIGHS.search(text, start, end) is not None


def _literal_brackets(parsed: ParsedPrompt) -> list[tuple[int, str]]:
    """Place and sign of each bracket that the host reads as text, escaped ones aside."""
    return [
        (start, char)
        for segment in parsed.segments
        for char, start, end in zip(segment.text, segment.starts, segment.ends, strict=True)
        if char in "()" and end - start == 1
    ]


def _group_with_number(groups: Sequence[WeightGroup], at: int) -> WeightGroup | None:
    """The innermost brackets around a place, where a number ends them."""
    around = [group for group in groups if group.start < at < group.end]
    return around[-1] if around and around[-1].number else None


def _is_no_bracket(text: str, start: int) -> bool:
    """Whether it is part of an emoticon, or of a list's number: both are short."""
    emoticon = _EMOTICON.search(text, max(0, start - 2), start)
    listed = _LIST.search(text, max(0, start - 2), start + 1)
    return bool(emoticon or listed or _MIRRORED.match(text, start))


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
                yield finding("empty_weight", text, group.span, certain="." in group.words)
        elif match := _FULL_COLON.fullmatch(group.words):
            number = match["weight"].translate(_FULL_DIGITS)
            ascii_form = f"({match['words']}{number})"
            number_span = slice(*_number_span(group, match))
            yield finding(
                "full_width",
                text,
                group.span,
                does=_FULL_WIDTH_COLON,
                number=text[number_span],
                ascii=ascii_form,
            )
        elif match := _COMMA.fullmatch(group.words):
            weight = match["weight"].translate(_POINT)
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
        if group.number:
            yield finding("literal_weight", text, group.span, weight=group.number, reader=reader)
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
        inside = next(filter(None, match.groups()))
        weighted = _FULL_WIDTH_WEIGHT.fullmatch(inside)
        if not weighted and not (match["inside"] and reading.weighting):
            continue
        ascii_form = f"({inside})"
        if weighted and NUMBERS.fullmatch(weighted["words"].strip()):
            continue  # a ratio, which arrives as it is
        if weighted:
            ascii_form = f"({weighted['words']}:{weighted['weight'].translate(_FULL_DIGITS)})"
        facts: dict[str, object] = {} if reading.weighting else {"instead": NO_WEIGHTS}
        certain = bool(weighted)
        yield finding(
            "full_width", reading.text, match.span(), certain=certain, ascii=ascii_form, **facts
        )
