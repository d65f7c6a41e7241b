"""The reading report (``docs/report-reading.md``): what was read from a prompt, as plain data and
as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from ...english.contrasts import Contrast
from ...english.reading import read
from ...english.statements import Phrase, Reading, Statement
from ...translation import (
    current_language,
    in_its_language,
    localized,
    translatable,
    translate,
    translate_count,
)

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.reading", 1


def reading_report(text: str) -> Report:
    """What is read from a prompt. Raises :class:`EncoderScopeError` for marks that do not fit."""
    reading = read(text)
    return {
        "format": FORMAT,
        "version": VERSION,
        "language": current_language(),
        "text": text,
        "sentence": _sentence(reading),
        "marked": reading.marked,
        "pairs": list(map(_plain, reading.attributes)),
        "counts": list(map(_plain, reading.counts)),
        "negations": list(map(_plain, reading.negations)),
        "relations": list(map(_plain, reading.relations)),
        "roles": list(map(_plain, reading.actions)),
        "contrasts": [_contrast(contrast) for contrast in reading.contrasts],
        "unread": list(map(localized, reading.unread)),
    }


def _plain(statement: Statement) -> Report:
    """A statement of the prompt as JSON."""
    values = {each.name: getattr(statement, each.name) for each in fields(statement)}  # type: ignore[arg-type]
    return {
        name: {"text": value.text, "span": list(value.span)} if isinstance(value, Phrase) else value
        for name, value in values.items()
    }


def _contrast(contrast: Contrast) -> Report:
    statements: list[Report | None] = [*map(_plain, contrast.statements()), None]
    return {"kind": contrast.reading_kind, "first": statements[0], "second": statements[1]}


def _sentence(reading: Reading) -> str:
    if reading.contrasts:
        return translate_count(
            "{count:,} contrast can be put to the test.",
            "{count:,} contrasts can be put to the test.",
            len(reading.contrasts),
        )
    if reading.unread:
        return localized(reading.unread[0])
    return translate("Nothing to put to the test.")


_KINDS = {
    "colour": translatable("colour"),
    "material": translatable("material"),
    "size": translatable("size"),
    "shape": translatable("shape"),
    "age": translatable("age"),
    "marked": translatable("marked"),
    "count": translatable("count"),
    "negation": translatable("negation"),
    "relation": translatable("relation"),
    "action": translatable("action"),
}
"""What stands before a statement."""


@in_its_language
def plain(report: Mapping[str, Any]) -> str:
    """The report in lines of text."""
    return "\n".join([report["sentence"], *_lines(report)])


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    for pair in report["pairs"]:
        yield _line(pair["kind"], f"{pair['modifier']['text']} -> {pair['object']['text']}")
    for count in report["counts"]:
        yield _line("count", f"{count['value']} x {count['object']['text']}")
    for negation in report["negations"]:
        yield _line("negation", f"{negation['negator']['text']} {negation['object']['text']}")
    for relation in report["relations"]:
        parts = (relation["left"], relation["relation"], relation["right"])
        text = " | ".join(part["text"] for part in parts)
        if relation["converse"]:
            text = translate(
                "{relation} (rival: {rival})", relation=text, rival=relation["converse"]
            )
        yield _line("relation", text)
    for action in report["roles"]:
        parts = (action["agent"], action["verb"], action["patient"])
        yield _line("action", " -> ".join(part["text"] for part in parts))
    if report["contrasts"]:
        yield from (f"  {note}" for note in report["unread"])


def _line(kind: str, text: str) -> str:
    return f"  {translate(_KINDS[kind]) if kind in _KINDS else kind:10} {text}"
