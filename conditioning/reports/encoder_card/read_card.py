"""Reads another's encoder report, which came as JSON from anywhere: every field that is drawn or
computed with is of its kind, and finite, before anything looks at it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from ...errors import EncoderScopeError
from ...translation import later

FORMAT = "encoderscope.encoder_report"
LARGEST = 1_000_000
"""Characters: a card of four encoders takes 60,000."""
_MOST = 5000
"""Scores, streams or notes."""
_OPTIONAL = ("host", "kappa", "readout_title")
_Check = Callable[[Any], bool]


def read_card(text: str) -> dict[str, Any]:
    """The report in its JSON. Raises :class:`EncoderScopeError`."""
    if len(text) > LARGEST:
        raise EncoderScopeError(
            "This card has {length:,} characters.",
            "At most {most:,} were expected.",
            "Copy the json output of an Encoder Report, and nothing else.",
            length=len(text),
            most=LARGEST,
        )
    try:
        card = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EncoderScopeError(
            "This card is no JSON ({reason}).",
            "The json output of an Encoder Report was expected.",
            "Copy it whole.",
            reason=str(error)[:120],
        ) from error
    if not isinstance(card, dict):
        card = {}
    if card.get("format") != FORMAT:
        problem = later("This card is JSON of another kind.")
        if "format" in card:
            problem = later("This card is {kind!r}.", kind=str(card["format"])[:80])
        raise EncoderScopeError(
            problem,
            "A report of the format {format!r} was expected.",
            "Take the json output of Encoder Report.",
            format=FORMAT,
        )
    if fault := _fault(card):
        raise EncoderScopeError(
            "This card is damaged: its {field} is missing, or not of its kind.",
            "The json output of an Encoder Report was expected.",
            "Copy it whole, and change nothing in it.",
            field=fault,
        )
    return card


def _fault(card: Mapping[str, Any]) -> str:
    """The first field that is wrong; '' for a sound card."""
    return (
        _first(card, _CARD)
        or next(filter(None, (_first(stream, _STREAM) for stream in card["streams"])), "")
        or next(filter(None, (_first(score, _SCORE) for score in card["scores"])), "")
    )


def _first(entry: Any, checks: Mapping[str, _Check]) -> str:
    if not isinstance(entry, dict):
        return "list"
    wrong = (
        name
        for name, check in checks.items()
        if (name not in entry and name not in _OPTIONAL) or not check(entry.get(name))
    )
    return next(wrong, "")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1_000_000_000


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and abs(value) < 1e9


def _is_range(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))


def _is_texts(value: Any) -> bool:
    return _is_list(value) and all(map(_is_text, value))


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= _MOST


def _or_none(check: _Check) -> _Check:
    return lambda value: value is None or check(value)


_CARD: Mapping[str, _Check] = {
    **dict.fromkeys(("title", "fingerprint", "sentence"), _is_text),
    **dict.fromkeys(("suite", "frames"), _is_count),
    **dict.fromkeys(("view", "host"), _or_none(_is_text)),
    **dict.fromkeys(("phenomena", "notes"), _is_texts),
    **dict.fromkeys(("streams", "scores"), _is_list),
}
_STREAM: Mapping[str, _Check] = {
    **dict.fromkeys(("name", "title", "kind"), _is_text),
    **dict.fromkeys(("width", "layers"), _is_count),
    "causal": _or_none(lambda value: isinstance(value, bool)),
}
_SCORE: Mapping[str, _Check] = {
    **dict.fromkeys(("stream", "readout", "phenomenon"), _is_text),
    "readout_title": _or_none(_is_text),
    "share": _is_number,
    **dict.fromkeys(("interval", "null"), _is_range),
    **dict.fromkeys(("bound", "order_only", "collapsed", "undecided", "total"), _is_count),
    "kappa": _or_none(_is_number),
}
