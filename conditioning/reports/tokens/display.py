"""What the browser draws of a token report: ``display``, computed here once, so that its views lay
out and compute nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...tokens.fates import LANES
from ...translation import translate
from ..drawing.flow import Piece, touch
from ..drawing.palette import READOUT_COLOURS
from . import style
from .pieces import prompt_pieces

Report = Mapping[str, Any]
Fields = dict[str, Any]

MAX_WORDS = 1500
MAX_TIGHT = 32  # characters that stay on one line together


def display(report: Report) -> Fields:
    """The fields that the views draw beside those of the report itself."""
    titles = [str(readout["title"]) for readout in report["readouts"]]
    lanes = "; ".join(titles) or translate("none")
    rest = len(report["words"]) - MAX_WORDS
    more = ""
    if rest > 0:
        more = translate("… and {rest} more in the node's JSON output", rest=f"{rest:,}")
    return {
        "tone": style.tone_name(report),
        "label": translate(
            "The prompt word by word. Lanes from top to bottom: {lanes}.", lanes=lanes
        ),
        "hues": [index % len(READOUT_COLOURS) for index in range(len(titles))],
        "streams": [_stream(report, stream) for stream in report["streams"]],
        "edges": [_inside(edge["inside"]) for edge in report["edges"]],
        "advice": _advice_title(report),
        "words": _word_labels(report, titles),
        "pieces": list(_pieces(report)),
        "more": more,
    }


def _inside(where: str) -> str:
    if where == "word":
        return translate("inside a word")
    return translate("inside a phrase") if where == "phrase" else ""


def _advice_title(report: Report) -> str:
    """The title of what the card folds away: remedies and notes."""
    if report["remedies"]:
        return translate("What you can do")
    return translate("Good to know")


def _stream(report: Report, stream: Report) -> Fields:
    tip = [stream["use"]]
    if trained := stream["trained_length"]:
        tip.append(translate("trained length: {source}", source=trained["source"]))
    return {
        "amount": style.stream_amount(stream),
        "readouts": [
            index
            for index, readout in enumerate(report["readouts"])
            if stream["name"] in readout["streams"]
        ],
        "tip": tip,
    }


def _word_labels(report: Report, titles: list[str]) -> list[str]:
    """What a screen reader says of each word."""
    facts: dict[Any, str] = {}  # most words share them
    labels = []
    for word in report["words"]:
        key = (word["lost"], word["kind"] == "syntax", *word["lanes"])
        if key not in facts:
            facts[key] = ", ".join(["", *_word_facts(word, titles)])
        labels.append(word["text"] + facts[key])
    return labels


def _word_facts(word: Report, titles: list[str]) -> list[str]:
    facts = [translate("lost")] * word["lost"]
    if word["kind"] == "syntax":
        return [*facts, translate("weight syntax")]
    lanes = zip(titles, word["lanes"], strict=True)
    return facts + [f"{title}: {_state_title(state)}" for title, state in lanes]


def _state_title(state: str) -> str:
    title = LANES[state].title
    return translate(title) if title else state


def _pieces(report: Report) -> Iterator[Fields]:
    """``part``: 0 for the first part of a word. ``tight``: it stays on the line of the piece before
    it.
    """
    before: Piece | None = None
    part = length = 0
    for piece in prompt_pieces(report, MAX_WORDS, len(report["text"])):
        part += 1
        if before is None or piece.word is None or piece.word != before.word:
            part = 0
        length += len(piece.text)
        tight = before is not None and _is_tight(before, piece) and length <= MAX_TIGHT
        if not tight:
            length = len(piece.text)
        before = piece
        yield {
            "word": piece.word,
            "part": part,
            "text": piece.text,
            "gap": piece.gap,
            "edges": list(piece.edges),
            "tight": tight,
        }


def _is_tight(before: Piece, piece: Piece) -> bool:
    return piece.word is not None and not piece.edges and touch(before, piece)
