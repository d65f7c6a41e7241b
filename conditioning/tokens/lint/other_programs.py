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
    r"ti|param|preset|p|setvar|var|setmacro|macro|clear|comment|edit|extend)"
    r"(?:\[[^\]\n]*\])?:[^<>\n]+>|<(?P<alone>break)>",
    re.IGNORECASE,
)
_OTHER_TAG = re.compile(
    r"<(?P<name>[a-z]\w*):[^<>:\n]+(?::-?\d*\.?\d+)+>(?P<alone>)", re.IGNORECASE
)
_REGION = re.compile(
    r"\b(?:ADDCOL|ADDROW|ADDCOMM|ADDBASE|COUPLE|(?:MASK|AREA|FEATHER|STYLE|NOISE|IMASK)"
    r"\([^()\n]*\))"
)
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
    **dict.fromkeys(("embed", "embedding", "ti"), _VECTORS),
}


def other_programs(reading: PromptReading) -> Iterator[Finding]:
    """Findings about grammar of single programs, in no order."""
    yield from _swarm_tags(reading)
    yield from _regions(reading)
    yield from _commands(reading)


def _swarm_tags(reading: PromptReading) -> Iterator[Finding]:
    known = [*_SWARM.finditer(reading.text), *TAG.finditer(reading.text)]
    taken = {match.start() for match in known}
    others = [m for m in _OTHER_TAG.finditer(reading.text) if m.start() not in taken]
    for match in [*_SWARM.finditer(reading.text), *others]:
        if not reading.is_foreign(*match.span()):
            continue
        tag = _TAGS.get((match["name"] or "").lower(), _SETTING)
        if match in others:
            tag = _OTHER
        if match["alone"]:
            tag = _Tag(CONSTRUCTS["break"].intent, CONCAT if reading.has_windows else ONE_PIECE)
        yield finding(
            "swarm_tag",
            reading.text,
            match.span(),
            purpose=translate(tag.purpose),
            remedy=translate(
                tag.remedy, reader=reading.readers, name=match[0][1:-1].partition(":")[2].strip()
            ),
            tokens=reading.token_words(*match.span()),
        )


def _regions(reading: PromptReading) -> Iterator[Finding]:
    for match in _REGION.finditer(reading.text):
        in_capitals = reading.regions.is_shouted and match[0] == "COUPLE"
        behind = reading.text[match.end() :].lstrip()
        if in_capitals and not behind.startswith(("MASK(", "AREA(", "FEATHER(")):
            continue
        if reading.is_foreign(*match.span()):
            yield finding("region", reading.text, match.span())


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
