"""Finished reports that an artist hands to the doctor as text: one JSON object, a list of them, or
several one after the other. They may come from strangers, so what is read of them is checked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import EncoderScopeError
from ..reports.travelling import report_files
from ..reports.travelling.report_memory import require_readable
from ..translation import later, translatable
from .placed_report import FORMATS

Report = dict[str, Any]
_BETWEEN = re.compile(r"[ \n\r\t,]*")
"""What may stand between two reports."""
_EXPECTED = translatable(
    "The JSON of Token Map, Binding Probe, Ignored Words or Image Probe was expected."
)
_STATIONS = {name: station for station, name in FORMATS.items()}
_TEXT, _LIST, _SPAN, _NUMBER, _FLAG, _FREE = "text", "list", "span", "number", "flag", "free"
Shape = Mapping[str, Any]
_SHAPES: dict[str, Shape] = {
    "encoderscope.tokens": {
        "words": [
            {
                "text": _TEXT,
                "span": _SPAN,
                "kind": _TEXT,
                "fates": {},
                "pooled": _FREE,
                "sequence": _FREE,
                "lost": _FLAG,
                "lanes": [],
            }
        ],
        "streams": [{"name": _TEXT, "title": _TEXT, "status": _TEXT}],
        "readouts": [{"kind": _TEXT, "title": _TEXT, "streams": []}],
    },
    "encoderscope.probe": {
        "contrasts": [{"verdict": _TEXT, "arcs": [{"from": _SPAN, "to": _SPAN}], "remedy": _TEXT}],
        "verdicts": [
            {"pair": _NUMBER, "counts": _FLAG, "verdict": _TEXT, "share": _NUMBER, "null": []}
        ],
        "lint": [{"kind": _TEXT, "text": _TEXT, "span": _SPAN}],
    },
    "encoderscope.generator": {
        "phrases": [
            {"text": _TEXT, "span": _SPAN, "share": _NUMBER, "verdict": _TEXT, "reaches": _FLAG}
        ],
        "floor": {"interval": []},
    },
    "encoderscope.image": {
        "contrasts": [{"label": _TEXT}],
        "images": [{"contrasts": [{"shows": _TEXT}]}],
    },
}
"""Format -> what the doctor reads of it."""
_NEWER: dict[str, Shape] = {
    "encoderscope.tokens": {
        "findings": [
            {"kind": _TEXT, "span": _SPAN, "does": _TEXT, "instead": _TEXT, "certain": _FLAG}
        ]
    },
    "encoderscope.image": {"questions": [{"kind": _TEXT, "label": _TEXT}]},
}
"""The same of fields that older reports do not have."""


def read_reports(text: str) -> dict[str, Report]:
    """Station -> its report; the last of several counts. Raises :class:`EncoderScopeError` for what
    is no report of a station, and for reports that lack what is read of them.
    """
    return _by_station(_objects(text))


def read_report_file(path: Path) -> dict[str, Report]:
    """The same of a card (PNG) or a JSON file. Raises :class:`EncoderScopeError`."""
    try:
        return read_reports(report_files.read_text(path))
    except _Unfit as error:
        raise EncoderScopeError(
            "{path!r} cannot be used. {problem}",
            "A card, or the JSON, of Token Map, Binding Probe, Ignored Words or Image Probe was "
            "expected.",
            "Give the file as it was written.",
            path=str(path),
            problem=error.problem,
        ) from error


class _Unfit(EncoderScopeError):
    """A text that holds no reports of stations."""


def _by_station(values: Iterable[Any]) -> dict[str, Report]:
    reports = {}
    for report in values:
        name = report.get("format") if isinstance(report, dict) else None
        if not isinstance(name, str) or name not in _STATIONS:
            raise _Unfit(
                "This is no report of a station (its format is {format!r}).",
                _EXPECTED,
                "Connect the json output of one of these nodes.",
                format=str(name)[:60],
            )
        _check(report, name)
        reports[_STATIONS[name]] = report
    return reports


def _objects(text: str) -> Iterator[Any]:
    """The JSON values of a text, lists taken apart."""
    require_readable(text)
    decoder, place = json.JSONDecoder(parse_constant=_no_number), 0
    while (place := _BETWEEN.match(text, place).end()) < len(text):  # type: ignore[union-attr]
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            raise _broken(str(error)[:80]) from error
        if isinstance(value, list):
            yield from value
        else:
            yield value


def _no_number(name: str) -> None:
    """NaN and infinity are no JSON."""
    raise ValueError(f"{name} is no number")


def _broken(why: str) -> EncoderScopeError:
    return _Unfit(
        "The reports cannot be read as JSON: {reason}.",
        _EXPECTED,
        "Connect the json output of one of these nodes, or paste all of it.",
        reason=why,
    )


def _check(report: Report, name: str) -> None:
    """Raises for a report that lacks a field that is read."""
    newer = {key: shape for key, shape in _NEWER.get(name, {}).items() if key in report}
    lacks = next(_lacking(report, {**_SHAPES[name], **newer}, ""), None)
    if not isinstance(report.get("text"), str) or not isinstance(report.get("version"), int):
        lacks = "text, version"
    if lacks is not None:
        raise _Unfit(
            "The report {name} is damaged: missing or of another kind: {fields}.",
            _EXPECTED,
            "Make the report again.",
            name=name,
            fields=lacks,
        )


def _lacking(value: Any, shape: Any, place: str) -> Iterator[str]:
    if isinstance(shape, Mapping):
        if not isinstance(value, dict):
            yield place or later("all of it")
            return
        for key, below in shape.items():
            if key not in value:
                yield f"{place}.{key}".lstrip(".")
                return
            yield from _lacking(value[key], below, f"{place}.{key}".lstrip("."))
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield place
            return
        for each in value if shape else ():
            yield from _lacking(each, shape[0], place)
    elif not _KINDS[shape](value):
        yield place


def _is_span(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != 2:
        return False
    return all(type(each) is int and 0 <= each < 10**9 for each in value)


_KINDS: dict[str, Callable[[Any], bool]] = {
    _TEXT: lambda value: isinstance(value, str),
    _SPAN: _is_span,
    _NUMBER: lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    _FLAG: lambda value: isinstance(value, bool),
    _FREE: lambda value: value is None or isinstance(value, bool),
}
