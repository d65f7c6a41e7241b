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

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.reading", 1


def reading_report(text: str) -> Report:
    """Raises :class:`EncoderScopeError` for marks that do not fit."""
    found = read(text)
    return {
        "format": FORMAT,
        "version": VERSION,
        "text": text,
        "sentence": _sentence(found),
        "marked": found.marked,
        "pairs": list(map(_plain, found.attributes)),
        "counts": list(map(_plain, found.counts)),
        "negations": list(map(_plain, found.negations)),
        "relations": list(map(_plain, found.relations)),
        "roles": list(map(_plain, found.actions)),
        "contrasts": [_contrast(one) for one in found.contrasts],
        "unread": list(found.unread),
    }


def _plain(statement: Statement) -> Report:
    """A statement of the prompt as JSON."""
    values = {each.name: getattr(statement, each.name) for each in fields(statement)}  # type: ignore[arg-type]
    return {
        name: {"text": value.text, "span": list(value.span)} if isinstance(value, Phrase) else value
        for name, value in values.items()
    }


def _contrast(contrast: Contrast) -> Report:
    first, *rest = map(_plain, contrast.statements())
    return {"kind": contrast.reading_kind, "first": first, "second": rest[0] if rest else None}


def _sentence(found: Reading) -> str:
    if not found.contrasts:
        return found.unread[0] if found.unread else "Nothing to put to the test."
    count = len(found.contrasts)
    return f"{count} contrast{'' if count == 1 else 's'} can be put to the test."


def plain(report: Report) -> str:
    return "\n".join([report["sentence"], *_lines(report)])


def _lines(report: Report) -> Iterator[str]:
    for one in report["pairs"]:
        yield f"  {one['kind']:10} {one['modifier']['text']} -> {one['object']['text']}"
    for one in report["counts"]:
        yield f"  {'count':10} {one['value']} x {one['object']['text']}"
    for one in report["negations"]:
        yield f"  {'negation':10} {one['negator']['text']} {one['object']['text']}"
    for one in report["relations"]:
        rival = f" (rival: {one['converse']})" if one["converse"] else ""
        yield (
            f"  {'relation':10} {one['left']['text']} | {one['relation']['text']} | "
            f"{one['right']['text']}{rival}"
        )
    for one in report["roles"]:
        yield (
            f"  {'role':10} {one['agent']['text']} -> {one['verb']['text']} -> "
            f"{one['patient']['text']}"
        )
    if report["contrasts"]:
        yield from (f"  {note}" for note in report["unread"])
