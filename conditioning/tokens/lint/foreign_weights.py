"""Weights as other programs write them, and numbers that stand where ComfyUI reads none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...translation import translatable
from .finding import LONGEST_QUOTE, NEGATIVE_NODE, Finding, finding
from .foreign_grammar import IN_BRACKETS, TAG
from .other_programs import swarm_tags
from .prompt_reading import PromptReading
from .regions import Brackets, Span, Stretches, begins_a_tag
from .weight_groups import STRONGEST
from .weight_syntax import unclosed_weights

_GLUED = re.compile(r"(?<=[\w'’)-])\s?[:：]\s?-?(?:\d+\.\d*|\.\d+)(?![\w%;:.])")
"""A weight behind a word (:func:`_ends_a_word`): looked for from its end, which takes as long for
one long word as for many short ones.
"""
_LETTER = re.compile(r"[^\W\d_]|\d_\w*$")
_SIGNS = re.compile(
    r"(?<![\w+])(?P<word>(?=\d*[^\W\d_])\w[\w'’-]{2,}|\([^()\n]+\)|\"[^\"\n]+\")"
    r"(?P<sign>\+{2,}|\+(?=[,)])|(?<=[)\"])\+|-{2,}(?=[,.)]|\s*$)|(?<=[)\"])-(?=[,.)]|\s*$))"
    r"(?![\w+-])"
)
_NUMBER_BEHIND = re.compile(r"\)(?P<weight>\d*\.\d+)(?![\w%.])")
_COMPEL = re.compile(r"\)\s*\.(?:and|blend|swap)\([^()\n]*\)")
_SWAP = re.compile(r"(?<=\w)\.(?:swap|blend)\([^()\n]*\)")
_MIDJOURNEY = re.compile(r"(?<=[\w)])::(?:\s?-?(?:\d+(?:\.\d+)?|\.\d+)(?![\w:])|(?=[\s,]|$))")
_NOVELAI = re.compile(r"(?<![\w:.])(?P<weight>-?\d+(?:\.\d+)?)::(?P<words>[^:|\n]+)::")
"""1.5::red eyes::"""
_BRACED = re.compile(r"\{*\d*[^\W\d_](?:[\w ,'’-]|:(?!\s))*\}*")
_FULL_WIDTH = re.compile(r"[（(][^（()）\n]*[）)]")
_TAG_AFTER = re.compile(r"\s*(?:$|[,\n])")
_LANGUAGES = frozenset(("notepad", "notepad++"))
_STRONGER, _WEAKER, _BRACE = 1.1, 0.9, 1.05
"""What one sign of compel, or one brace of NovelAI, multiplies by."""
_MIXED = {
    "meant": translatable("Mix these texts, or put one in another's place."),
    "does": translatable("ComfyUI reads “{text}” as text, and all of it as one prompt."),
    "instead": translatable(
        "Encode each text with a CLIP Text Encode, and join them with Conditioning (Average) or "
        "(Combine)."
    ),
}
_SPLIT = translatable("Give each weight brackets of its own: {split}.")
_SIGN_AND_WEIGHT = translatable(
    "ComfyUI reads “{text}” as text, and the words have weight {actual}."
)
_PARTS = translatable("Delete it, and part the texts with a comma.")
_OTHER_WEIGHT = translatable(
    "A weight counts only as the last thing in round brackets: here “{text}” is read as text, and "
    "the words have weight {actual}."
)
_BRACKET_FIRST = translatable("Mend the bracket before it: then this is a weight.")
_LARGEST = 3


def foreign_weights(reading: PromptReading) -> Iterator[Finding]:
    """Findings about weights that ComfyUI does not read, in no order."""
    yield from _glued(reading)
    yield from _signs(reading)
    yield from _numbers(reading)
    yield from _mixed(reading)
    yield from _braces(reading)


def _glued(reading: PromptReading) -> Iterator[Finding]:
    text = reading.text
    if ":" not in text and "：" not in text:
        return
    others = _other_syntax(reading)
    for match in _GLUED.finditer(text):
        span = match.span()
        if not _ends_a_word(text, match.start()) or others.touch(*span):
            continue
        if reading.regions.is_code(*span) or _is_setting(text, match):
            continue
        weight = match[0].strip().lstrip(":：").strip()
        words = _phrase(reading, match.start())
        if abs(float(weight)) > _LARGEST:
            continue  # a version, such as python:3.11
        facts = reading.weighed(_OTHER_WEIGHT, match.start() - 1)
        if reading.weighting and f"({words}{match[0]})" in text:
            facts["instead"] = _BRACKET_FIRST
        elif (split := _split(reading, span)) is not None:
            facts |= {"instead": _SPLIT, "split": split}
        yield finding("glued_weight", text, span, certain=True, weight=weight, words=words, **facts)


def _split(reading: PromptReading, span: Span) -> str | None:
    """(a:1.2, b:1.3), where the last number weighs all, as a pair of brackets for each weight."""
    around = [group for group in reading.weight_groups if group.start < span[0] < group.end]
    if len(around) != 1 or not around[0].number or "(" in around[0].words:
        return None
    group = around[0]
    typed = reading.text[group.start : group.end]
    parted = re.sub(r"(:\s?-?\d*\.?\d+)\s*,\s*", r"\1), (", typed)
    return parted if parted != typed and len(parted) <= LONGEST_QUOTE else None


def _other_syntax(reading: PromptReading) -> Stretches:
    """What has a colon of its own, or is named with a bracket that never closes."""
    text = reading.text
    spans = [(part.start, part.end) for part in reading.parsed.syntax if part.explicit]
    spans += [(pair.start, pair.end) for pair in reading.regions.square_brackets]
    spans += [match.span() for match in TAG.finditer(text)]
    spans += [match.span() for match in swarm_tags(text)]
    spans += reading.embedding_spans
    spans += unclosed_weights(reading)
    spans += [match.span() for match in _FULL_WIDTH.finditer(text) if not match[0].isascii()]
    return Stretches(spans)


def _ends_a_word(text: str, end: int) -> bool:
    """Whether a word with a letter in it, or a bracket that closes behind one, ends here."""
    if text[end - 1] == ")":
        return text[end - 2 : end - 1].isalnum() or text[end - 2 : end - 1] == "_"
    start = end
    while start and (text[start - 1].isalnum() or text[start - 1] in "_'’-"):
        start -= 1
    return _LETTER.search(text, start, end) is not None


def _is_setting(text: str, match: re.Match[str]) -> bool:
    """A key and its value, as in code and in pasted parameters: `opacity: 0.5`, `CFG
    scale: 7.0`.
    """
    return ": " in match[0] and text[match.start() - 1] != " "


def _phrase(reading: PromptReading, end: int) -> str:
    """The words before a weight that stands alone: those of the brackets that end there, or back
    to the last comma, bracket or sign.
    """
    text = reading.text
    if text[end - 1] == ")" and (pair := reading.round_brackets.get(end)):
        return re.sub(r":\s*-?\d*\.?\d+\s*$", "", pair.inside(text)).strip()
    start = max(text.rfind(char, 0, end) for char in ",.;:|()[]{}<>（）\n") + 1
    words = text[start:end].strip()
    return re.sub(r"^(?:.*\b(?:AND(?:_[A-Z]+)*|BREAK)\b)\s*", "", words)


def _signs(reading: PromptReading) -> Iterator[Finding]:
    """The + and - of compel."""
    text = reading.text
    for match in _SIGNS.finditer(text):
        word, sign = match["word"], match["sign"]
        is_bare = word[0] not in '("'
        if word.lower() in _LANGUAGES or reading.regions.is_code(*match.span()):
            continue
        if is_bare and (word.isupper() or (sign == "+" and word[0].isupper())):
            continue  # DPM++, Disney+
        factor = _STRONGER if sign[0] == "+" else _WEAKER
        words = word.strip('()"')
        yield _as_text(
            reading, match.span("sign"), words, factor ** len(sign), not is_bare or len(sign) > 1
        )


def _as_text(
    reading: PromptReading, span: Span, words: str, weight: float, certain: bool = True
) -> Finding:
    """Signs that weigh the words before them elsewhere."""
    facts: dict[str, object] = {"instead": IN_BRACKETS, "words": words.strip()}
    facts |= {"weight": f"{weight:.2g}", **reading.weighed(_SIGN_AND_WEIGHT, span[0] - 1)}
    if weight < 0:
        facts["instead"] = NEGATIVE_NODE
    return finding("foreign_weight", reading.text, span, certain=certain, **facts)


def _numbers(reading: PromptReading) -> Iterator[Finding]:
    """The numbers of NovelAI, InvokeAI and Midjourney."""
    text = reading.text
    for match in _NOVELAI.finditer(text):
        if reading.is_foreign(*match.span()):
            yield _as_text(reading, match.span(), match["words"], float(match["weight"]))
    for match in _NUMBER_BEHIND.finditer(text):
        if reading.is_foreign(*match.span("weight")):
            words = _phrase(reading, match.start("weight"))
            yield _as_text(reading, match.span("weight"), words, float(match["weight"]))
    if "::" not in text:
        return
    taken = Stretches(
        [*_spans(reading.regions.square_brackets), *_spans(reading.regions.braces)]
        + [match.span() for match in _NOVELAI.finditer(text)]
    )
    syntax = Stretches((part.start, part.end) for part in reading.parsed.syntax if part.explicit)
    for match in _MIDJOURNEY.finditer(text):
        span = match.span()
        if syntax.touch(*span) and reading.weighting:
            yield _two_colons(reading, span)
        elif not reading.regions.is_code(*span) and not taken.touch(*span):
            facts = _parting(reading, match) | reading.weighed(_SIGN_AND_WEIGHT, span[0] - 1)
            yield finding("foreign_weight", text, span, certain=True, **facts)


def _parting(reading: PromptReading, match: re.Match[str]) -> dict[str, object]:
    """What to write for the parts of Midjourney and their weights: `hot:: dog`, `city::2`."""
    number = match[0].lstrip(": ")
    if not number or float(number) == 1:
        return {"instead": _PARTS}
    if float(number) < 0:
        return {"instead": NEGATIVE_NODE}
    weight = f"{min(float(number), STRONGEST):g}"
    words = _phrase(reading, match.start())
    return {"instead": IN_BRACKETS, "words": words, "weight": weight}


def _two_colons(reading: PromptReading, span: Span) -> Finding:
    """(red::1.2): a weight, and a colon too many."""
    return finding(
        "unreadable_weight",
        reading.text,
        (span[0], span[0] + 1),
        does=translatable("The second colon makes the weight: this one is read as text."),
        instead=translatable("Delete it."),
    )


def _mixed(reading: PromptReading) -> Iterator[Finding]:
    for pattern in (_COMPEL, _SWAP):
        for match in pattern.finditer(reading.text):
            if not reading.regions.is_code(*match.span()):
                yield finding("foreign_weight", reading.text, match.span(), certain=True, **_MIXED)


def _spans(pairs: list[Brackets]) -> list[Span]:
    return [(pair.start, pair.end) for pair in pairs]


def _braces(reading: PromptReading) -> Iterator[Finding]:
    """{red eyes} of NovelAI, where it is a whole tag."""
    text = reading.text
    for pair in reading.regions.braces:
        span, inside = (pair.start, pair.end), pair.inside(text)
        if pair.depth or not reading.is_foreign(*span) or text[pair.start - 1 : pair.start] == "$":
            continue
        is_tag = begins_a_tag(text, pair.start, ",") and _TAG_AFTER.match(text, pair.end)
        if is_tag and _BRACED.fullmatch(inside):
            words = inside.strip("{}")
            braces = 1 + len(inside) - len(inside.lstrip("{"))
            yield _as_text(reading, span, words, _BRACE**braces, inside.startswith("{"))
