"""The reading report (``docs/report-reading.md``): what was read from a prompt, as plain data and
as text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from ...english.contrasts import Contrast
from ...english.reading import read
from ...english.statements import Phrase, Reading, Statement
from ..wording import plural

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.reading", 1


def reading_report(text: str) -> Report:
    """What is read from a prompt. Raises :class:`EncoderScopeError` for marks that do not fit."""
    reading = read(text)
    return {
        "format": FORMAT,
        "version": VERSION,
        "text": text,
        "sentence": _sentence(reading),
        "marked": reading.marked,
        "pairs": list(map(_plain, reading.attributes)),
        "counts": list(map(_plain, reading.counts)),
        "negations": list(map(_plain, reading.negations)),
        "relations": list(map(_plain, reading.relations)),
        "roles": list(map(_plain, reading.actions)),
        "contrasts": [_contrast(contrast) for contrast in reading.contrasts],
        "unread": list(reading.unread),
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
        return f"{plural(len(reading.contrasts), 'contrast')} can be put to the test."
    if reading.unread:
        return reading.unread[0]
    return "Nothing to put to the test."


def plain(report: Report) -> str:
    """The report in lines of text."""
    return "\n".join([report["sentence"], *_lines(report)])


def _lines(report: Report) -> Iterator[str]:
    for pair in report["pairs"]:
        yield f"  {pair['kind']:10} {pair['modifier']['text']} -> {pair['object']['text']}"
    for count in report["counts"]:
        yield f"  {'count':10} {count['value']} x {count['object']['text']}"
    for negation in report["negations"]:
        yield f"  {'negation':10} {negation['negator']['text']} {negation['object']['text']}"
    for relation in report["relations"]:
        rival = f" (rival: {relation['converse']})" if relation["converse"] else ""
        yield (
            f"  {'relation':10} {relation['left']['text']} | {relation['relation']['text']} | "
            f"{relation['right']['text']}{rival}"
        )
    for action in report["roles"]:
        yield (
            f"  {'action':10} {action['agent']['text']} -> {action['verb']['text']} -> "
            f"{action['patient']['text']}"
        )
    if report["contrasts"]:
        yield from (f"  {note}" for note in report["unread"])
