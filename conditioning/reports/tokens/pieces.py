"""The prompt of a token report cut into the pieces that are drawn: words, parts of words that a
window's edge cuts, and the text between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ...translation import translate, translate_count
from ..drawing.flow import Piece, Row, rows_of
from ..wording import short

Report = Mapping[str, Any]

MAX_WORDS = 1200
MAX_WORD_CHARS = 400
MAX_ROWS = 150  # a picture stays bounded whatever the prompt
# Python counts four control characters as blank; they were typed.
_TYPED = re.compile(r"[\S\x1c-\x1f]+")


class EdgeLabel(NamedTuple):
    """What ends at one place of the prompt: in words, and as indices of the report's edges."""

    text: str
    edges: tuple[int, ...]


NO_EDGE = EdgeLabel("", ())


def prompt_pieces(
    report: Report, max_words: int = MAX_WORDS, max_chars: int = MAX_WORD_CHARS
) -> list[Piece]:
    """The first words of the prompt as typed, in drawing order; ``more`` says what is left out.
    ``max_chars``: of one word.
    """
    labels = edge_labels(report)
    text = str(report["text"])
    out: list[Piece] = []
    at = 0
    for index, start, end in _stretches(report, max_words):
        cuts: Mapping[int, EdgeLabel] = {}
        if index is not None:
            cuts = labels.get(index, cuts)
        gap = text[at:start]
        typed = text[start : min(end, start + max_chars)]
        for part, label in _cut(typed, cuts) if cuts else [(typed, NO_EDGE)]:
            out.append(Piece(index, part, gap, *label))
            gap = ""
        if end - start > max_chars:
            out.append(Piece(None, _rest(end - start, max_chars, cuts)))
        at = end
    words = len(report["words"])
    if words <= max_words:  # an edge behind the last word
        behind = (labels[index] for index in labels if index >= words)
        out.extend(Piece(None, "", " ", *label) for cuts in behind for label in cuts.values())
    return out


def prompt_rows(report: Report, width: float) -> tuple[list[Row], int]:
    """Rows of the prompt, and how many words they show."""
    rows = rows_of(prompt_pieces(report), width, len(report["readouts"]))
    hidden = [word for row in rows[MAX_ROWS:] for word in row.words()]
    return rows[:MAX_ROWS], min(hidden, default=min(len(report["words"]), MAX_WORDS))


def more(report: Report, count: int) -> str:
    """What a picture of the first words leaves out, or an empty string. ``count``: how many it
    has.
    """
    rest: Sequence[Report] = report["words"][count:]
    if not rest:
        return ""
    words = sum(word["kind"] in ("word", "embedding") for word in rest)
    amount = translate_count("{count:,} more word", "{count:,} more words", words)
    if words == 0:
        amount = translate_count("{count:,} more sign", "{count:,} more signs", len(rest))
    details = []
    if lost := sum(bool(word["lost"]) for word in rest):
        details.append(translate_count("{count:,} of them lost", "{count:,} of them lost", lost))
    if edges := sum(edge["word"] >= count for edge in report["edges"]):
        details.append(translate_count("{count:,} window edge", "{count:,} window edges", edges))
    if details:
        amount = f"{amount} ({', '.join(details)})"
    return translate("… and {amount}, see the JSON", amount=amount)


def edge_labels(report: Report) -> dict[int, dict[int, EdgeLabel]]:
    """word -> offset inside the word -> what ends there. Streams that break at one place share the
    place.
    """
    places: dict[tuple[int, int], list[int]] = {}
    for number, edge in enumerate(report["edges"]):
        offset = 0
        if edge["inside"] == "word":
            offset = _cut_offset(report, edge)
        places.setdefault((int(edge["word"]), offset), []).append(number)
    labels: dict[int, dict[int, EdgeLabel]] = {}
    for (word, offset), numbers in places.items():
        edges = [report["edges"][number] for number in numbers]
        titles = " · ".join(dict.fromkeys(str(edge["title"]) for edge in edges))
        inside = [where for where in (_inside(report, edge) for edge in edges) if where]
        label = ", ".join([titles, *inside[-1:]])
        labels.setdefault(word, {})[offset] = EdgeLabel(label, tuple(numbers))
    return labels


def _inside(report: Report, edge: Report) -> str:
    """What an edge cuts, if it cuts anything."""
    if edge["inside"] == "word":
        word = short(report["words"][edge["word"]]["text"])
        return translate("inside “{word}”", word=word)
    if edge["inside"] == "phrase":
        return translate("inside a phrase")
    return ""


def _stretches(report: Report, limit: int) -> Iterator[tuple[int | None, int, int]]:
    """(word, start, end) of every stretch that is not blank. Text that no word claims is drawn too:
    it was typed.
    """
    text, words = str(report["text"]), report["words"]
    at = 0
    for index, word in enumerate(words[:limit]):
        start, end = word["span"]
        yield from _unclaimed(text, at, start)
        yield index, start, end
        at = max(at, end)
    if len(words) <= limit:
        yield from _unclaimed(text, at, len(text))


def _unclaimed(text: str, start: int, end: int) -> Iterator[tuple[None, int, int]]:
    for typed in _TYPED.finditer(text, start, end):
        yield None, typed.start(), typed.end()


def _cut_offset(report: Report, edge: Report) -> int:
    """Where inside its word an edge falls: where the word's first token of a later
    window starts.
    """
    start, end = report["words"][edge["word"]]["span"]
    windows: Sequence[Any] = next(
        (stream["windows"] for stream in report["streams"] if stream["name"] == edge["stream"]), []
    )
    firsts = []
    for window in windows:
        starts = [t["span"][0] for t in window if t.get("word") == edge["word"] and t["span"]]
        firsts.append(min(starts, default=start))
    inner = [first - start for first in firsts if start < first < end]
    # the tokens share one character, or are not in the report: the middle is as true as any place
    if not inner:
        return int(end - start) // 2
    number = sum(
        other["stream"] == edge["stream"]
        and other["word"] == edge["word"]
        and other["window"] < edge["window"]
        for other in report["edges"]
    )
    return int(inner[min(number, len(inner) - 1)])


def _cut(text: str, cuts: Mapping[int, EdgeLabel]) -> list[tuple[str, EdgeLabel]]:
    """The parts of one word, each with the edges before it."""
    starts = sorted({0, *(offset for offset in cuts if offset < len(text))})
    ends = [*starts[1:], len(text)]
    return [
        (text[start:end], cuts.get(start, NO_EDGE)) for start, end in zip(starts, ends, strict=True)
    ]


def _rest(length: int, max_chars: int, cuts: Mapping[int, EdgeLabel]) -> str:
    rest = f"… {length - max_chars:,} more characters"
    hidden = sum(offset >= max_chars for offset in cuts)
    if hidden:
        rest = f"{rest} with {hidden:,} window edges"
    return rest
