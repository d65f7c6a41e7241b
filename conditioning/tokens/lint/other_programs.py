"""Grammar of single programs that ComfyUI reads as words: tags of SwarmUI, words for regions, the
command of Midjourney's bot.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ...translation import translatable, translate
from .finding import CONCAT, CONSTRUCTS, ONE_PIECE, Finding, finding
from .flags import DELETE
from .foreign_grammar import TAG
from .prompt_reading import PromptReading

_SWARM = re.compile(
    r"<(?P<name>random|wildcard|alternate|alt|fromto|repeat|segment|object|region|embed|embedding|"
    r"ti|emb|param|preset|p|setvar|var|setmacro|macro|clear|comment|edit|extend)"
    r"(?:\[[^\]\n]*\])?:[^<>\n]+>|<(?P<alone>break|trigger|refiner)>",
    re.IGNORECASE,
)
_OTHER_TAG = re.compile(
    r"<(?P<name>[a-z]\w*):[^<>:\n]+(?::-?\d*\.?\d+)+>(?P<alone>)", re.IGNORECASE
)
_REGION = re.compile(
    r"\b(?:ADDCOL|ADDROW|ADDCOMM|ADDBASE|COUPLE|(?:I?MASK|MASKW|MASK_SIZE|AREA|FEATHER|ATTN)"
    r"\([^()\n]*\))"
)
_FUNCTION = re.compile(
    r"\b(?:STYLE|SHUFFLE|TE_WEIGHT)\([^()\n]*\)|\b(?:NOISE|SDXL|SHIFT|AVG)\([\d\s.,;]*\)"
    r"|\bTE\(\s*\w+\s*=[^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)|\bDEF\(\w+(?:\([^()\n]*\))?=[^()\n]*\)"
    r"|\[CUT:[^\[\]\n]+:[^\[\]\n]+\]"
)
"""Functions of prompt-control, and its cutoff."""
_IMAGINE = re.compile(r"^\s*(?P<command>/imagine(?:\s+prompt:)?)", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{[^{}\n]*(?:\{[^{}\n]*\})?[^{}\n]*\}")


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
_VECTORS = _Tag(translatable("Use a textual inversion."), CONSTRUCTS["bare_embedding"].remedy)
_STANDING = _Tag(CONSTRUCTS["wildcard"].intent, translatable("Write what it stands for."))
_SETTING = _Tag(translatable("Set something of SwarmUI."), DELETE)
_OTHER = _Tag(translatable("Set something of another program."), DELETE)
_VARIABLE_IS_TEXT = translatable(
    "Nobody has replaced it on its way here: the sign, the braces and the name are read as text."
)
_TAGS = {
    **dict.fromkeys(("random", "wildcard"), _CHOICE),
    **dict.fromkeys(("alternate", "alt"), _TURNS),
    "fromto": _STEPS,
    **dict.fromkeys(("segment", "object", "region", "edit", "extend"), _PLACE),
    **dict.fromkeys(("embed", "embedding", "emb", "ti"), _VECTORS),
    **dict.fromkeys(("var", "setvar", "macro", "setmacro", "trigger"), _STANDING),
    "comment": _Tag(CONSTRUCTS["comment"].intent, translatable("Delete it.")),
}


def other_programs(reading: PromptReading) -> Iterator[Finding]:
    """Findings about grammar of single programs, in no order."""
    yield from _swarm_tags(reading)
    yield from _regions(reading)
    yield from _commands(reading)


def swarm_tags(text: str) -> list[re.Match[str]]:
    """The tags of SwarmUI in a text, and those of other programs with a number at their end; not
    those of networks.
    """
    taken = {match.start() for match in TAG.finditer(text)}
    known = [match for match in _SWARM.finditer(text) if match.start() not in taken]
    taken |= {match.start() for match in known}
    return known + [match for match in _OTHER_TAG.finditer(text) if match.start() not in taken]


def _swarm_tags(reading: PromptReading) -> Iterator[Finding]:
    for match in swarm_tags(reading.text):
        if not reading.is_foreign(*match.span()):
            continue
        tag = _tag(reading, match)
        name, _, weight = match[0][1:-1].partition(":")[2].strip().partition(":")
        remedy = CONSTRUCTS["embedding_weight"].remedy if weight and tag == _VECTORS else tag.remedy
        yield finding(
            "swarm_tag",
            reading.text,
            match.span(),
            purpose=translate(tag.purpose),
            remedy=translate(remedy, reader=reading.readers, name=name, weight=weight),
            tokens=reading.token_words(*match.span()),
        )


def _tag(reading: PromptReading, match: re.Match[str]) -> _Tag:
    """What a tag is for."""
    name = (match["name"] or match["alone"]).lower()
    if name == "break":
        return _Tag(CONSTRUCTS["break"].intent, CONCAT if reading.has_windows else ONE_PIECE)
    return _TAGS.get(name, _SETTING if match.re is _SWARM else _OTHER)


def _regions(reading: PromptReading) -> Iterator[Finding]:
    for match in _REGION.finditer(reading.text):
        in_capitals = reading.regions.is_shouted and match[0] == "COUPLE"
        behind = reading.text[match.end() :].lstrip()
        if in_capitals and not behind.startswith(("MASK(", "AREA(", "FEATHER(")):
            continue
        if reading.is_foreign(*match.span()):
            yield finding("region", reading.text, match.span())
    for match in _FUNCTION.finditer(reading.text):
        if reading.is_foreign(*match.span()):
            yield finding("function", reading.text, match.span())


def _commands(reading: PromptReading) -> Iterator[Finding]:
    text = reading.text
    if match := _IMAGINE.match(text):
        purpose, remedy = translate("Tell Midjourney's bot to draw."), translate("Delete it.")
        yield finding("flag", text, match.span("command"), purpose=purpose, remedy=remedy)
    for match in _VARIABLE.finditer(text):
        if reading.is_foreign(*match.span()):
            yield finding(
                "wildcard",
                text,
                match.span(),
                does=_VARIABLE_IS_TEXT,
                remedy=translate("Write what it stands for."),
            )
