"""Grammar of single programs that ComfyUI reads as words: tags of SwarmUI, words for regions,
weights of NovelAI and InvokeAI, the command of Midjourney's bot.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ...translation import translatable, translate
from .finding import CONCAT, CONSTRUCTS, ONE_PIECE, Finding, finding
from .foreign_grammar import DELETE, MIXED, NUMBER_AND_WORDS
from .prompt_reading import PromptReading
from .regions import Span, begins_a_tag

_SWARM = re.compile(
    r"<(?P<name>random|wildcard|alternate|alt|fromto|repeat|segment|object|region|embed|embedding|"
    r"ti|param|preset|p|setvar|var|setmacro|macro|clear|comment|edit|extend)"
    r"(?:\[[^\]\n]*\])?:[^<>\n]+>|<(?P<alone>break)>",
    re.IGNORECASE,
)
_REGION = re.compile(
    r"\b(?:ADDCOL|ADDROW|ADDCOMM|ADDBASE|COUPLE|(?:MASK|AREA|FEATHER|STYLE|NOISE|IMASK)"
    r"\([^()\n]*\))"
)
_NUMBER_BEHIND = re.compile(r"\)(?P<weight>\d*\.\d+)(?![\w%.])")
_SWAP = re.compile(r"(?<=\w)\.(?:swap|blend)\([^()\n]*\)")
_IMAGINE = re.compile(r"^\s*(?P<command>/imagine(?:\s+prompt:)?)", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{[^{}\n]*(?:\{[^{}\n]*\})?[^{}\n]*\}")
_TAG_AFTER = re.compile(r"\s*(?:$|[,\n])")


class _Tag(NamedTuple):
    purpose: str
    remedy: str


_CHOICE = _Tag(
    CONSTRUCTS["wildcard"].intent,
    translatable(
        "Write one of them, or use a node that fills such texts in before they reach this one."
    ),
)
_TURNS = _Tag(CONSTRUCTS["alternation"].intent, CONSTRUCTS["alternation"].remedy)
_STEPS = _Tag(CONSTRUCTS["schedule"].intent, CONSTRUCTS["schedule"].remedy)
_PLACE = _Tag(CONSTRUCTS["region"].intent, CONSTRUCTS["region"].remedy)
_VECTORS = _Tag(
    translatable("Use a textual inversion."), translatable("Write embedding: and its name instead.")
)
_SETTING = _Tag(translatable("Set something of SwarmUI."), DELETE)
_VARIABLE_IS_TEXT = translatable(
    "Nobody has replaced it on its way here: the sign, the braces and the name are read as text."
)
_TAGS = {
    **dict.fromkeys(("random", "wildcard"), _CHOICE),
    **dict.fromkeys(("alternate", "alt"), _TURNS),
    "fromto": _STEPS,
    **dict.fromkeys(("segment", "object", "region", "edit", "extend"), _PLACE),
    **dict.fromkeys(("embed", "embedding", "ti"), _VECTORS),
}


def other_programs(reading: PromptReading) -> Iterator[Finding]:
    """Findings about grammar of single programs, in no order."""
    yield from _swarm_tags(reading)
    yield from _regions(reading)
    yield from _weights(reading)
    yield from _commands(reading)


def _is_foreign(reading: PromptReading, span: Span) -> bool:
    return not reading.regions.is_code(*span) and not reading.regions.is_quoted(*span)


def _swarm_tags(reading: PromptReading) -> Iterator[Finding]:
    for match in _SWARM.finditer(reading.text):
        if not _is_foreign(reading, match.span()):
            continue
        tag = _TAGS.get((match["name"] or "").lower(), _SETTING)
        if match["alone"]:
            tag = _Tag(CONSTRUCTS["break"].intent, CONCAT if reading.has_windows else ONE_PIECE)
        yield finding(
            "swarm_tag",
            reading.text,
            match.span(),
            purpose=translate(tag.purpose),
            remedy=translate(tag.remedy, reader=reading.readers),
            tokens=reading.token_words(*match.span()),
        )


def _regions(reading: PromptReading) -> Iterator[Finding]:
    for match in _REGION.finditer(reading.text):
        in_capitals = reading.regions.is_shouted and match[0] == "COUPLE"
        behind = reading.text[match.end() :].lstrip()
        if in_capitals and not behind.startswith(("MASK(", "AREA(", "FEATHER(")):
            continue
        if _is_foreign(reading, match.span()):
            yield finding("region", reading.text, match.span())


def _weights(reading: PromptReading) -> Iterator[Finding]:
    text = reading.text
    spans = [match.span() for match in NUMBER_AND_WORDS.finditer(text)]
    spans += [match.span("weight") for match in _NUMBER_BEHIND.finditer(text)]
    for span in spans:
        if _is_foreign(reading, span):
            yield finding("foreign_weight", text, span)
    for match in _SWAP.finditer(text):
        if _is_foreign(reading, match.span()):
            yield finding("foreign_weight", text, match.span(), certain=True, **MIXED)
    for pair in reading.regions.braces:
        span, inside = (pair.start, pair.end), pair.inside(text)
        if pair.depth or not _is_foreign(reading, span) or text[pair.start - 1 : pair.start] == "$":
            continue
        is_tag = begins_a_tag(text, pair.start, ",") and _TAG_AFTER.match(text, pair.end)
        if is_tag and re.fullmatch(r"\{*[^\W\d_][\w '’:-]*\}*", inside):
            yield finding("foreign_weight", text, span, certain=inside.startswith("{"))


def _commands(reading: PromptReading) -> Iterator[Finding]:
    text = reading.text
    if match := _IMAGINE.match(text):
        purpose, remedy = translate("Tell Midjourney's bot to draw."), translate("Delete it.")
        yield finding("flag", text, match.span("command"), purpose=purpose, remedy=remedy)
    for match in _VARIABLE.finditer(text):
        if _is_foreign(reading, match.span()):
            yield finding(
                "wildcard",
                text,
                match.span(),
                does=_VARIABLE_IS_TEXT,
                remedy=translate("Write what it stands for."),
            )
