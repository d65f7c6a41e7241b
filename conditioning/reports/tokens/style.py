"""How a token report is coloured and labelled, in the picture and on a terminal.

What a fate, a mark or a lane looks like stands in :mod:`conditioning.tokens.fates`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...tokens.fates import LaneState, marks_by_rank
from ...translation import translate, translate_count
from ..drawing import palette
from .findings import LANGUAGE

Report = Mapping[str, Any]


def tone_name(report: Report) -> str:
    """The tone of the verdict: "lost", "kept", or "open" where the layout is not known."""
    kinds = {finding["kind"] for finding in report.get("findings", ())}
    if report["lost"] or report.get("not_as_it_seems") or LANGUAGE in kinds:
        return "lost"
    if report.get("layout", "known") == "known":
        return "kept"
    return "open"


def text_colour(word: Report) -> str:
    """The colour of the word itself."""
    for mark in marks_by_rank(word["marks"]):
        if mark.recolours:
            return palette.COLOURS[mark.colour]
    if word["kind"] == "syntax":
        return palette.DIM
    return palette.TEXT


def lane_colour(state: LaneState, readout_colour: str) -> str:
    """The colour of a lane: its state's own, or else the readout's."""
    if state.colour is None:
        return readout_colour
    return palette.COLOURS[state.colour]


def family_title(report: Report) -> str:
    """The family in words for people; its name in reports of old that have no title."""
    return str(report.get("family_title") or report["family"])


def stream_label(stream: Report) -> str:
    """'CLIP-L 93 tokens, 2 windows', 'T5-XXL 101 of 512'."""
    return f"{stream['title']} {stream_amount(stream)}"


def stream_amount(stream: Report) -> str:
    """'93 tokens, 2 windows', '101 of 512'."""
    if stream.get("status") == "absent":
        return translate("not in this CLIP")
    tokens, windows = int(stream["tokens"]), len(stream["windows"])
    trained = (stream.get("trained_length") or {}).get("tokens")
    count = translate_count("{count} token", "{count} tokens", tokens)
    if windows > 1:
        parts = [count, translate_count("{count} window", "{count} windows", windows)]
        if trained:
            parts.append(translate("trained to {tokens}", tokens=trained))
        return ", ".join(parts)
    if limit := trained or stream.get("capacity"):
        return translate("{tokens} of {limit}", tokens=tokens, limit=limit)
    return count


def over_trained(stream: Report) -> bool:
    """Does the stream hold more tokens than its trained length?"""
    trained = stream.get("trained_length")
    return trained is not None and int(stream["tokens"]) > int(trained["tokens"])
