"""What every face of the token report shares: its colours and patterns, and the prompt cut into
pieces to draw.

The colours derive from the Okabe-Ito palette, lightened for dark backgrounds. No meaning rests on
colour alone: each lane state has a pattern and a character, each mark a decoration and a sign, each
readout its place from top to bottom.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..drawing import palette
from ..wording import short

Pattern = Literal["solid", "hatch", "dots", "crosses", "dashed", "question", "blank"]
Decoration = Literal[
    "plain", "wave", "thin wave", "strike", "dotted strike", "dotted", "arrow", "box"
]


@dataclass(frozen=True)
class LaneStyle:
    pattern: Pattern
    char: str
    colour: str | None = None  # None: the readout's colour


@dataclass(frozen=True)
class MarkStyle:
    """`text` recolours the word itself; `colour` is the decoration's; `sign` stands for it where
    there is no decoration.
    """

    decoration: Decoration
    colour: str
    sign: str
    text: str | None = None


LANES: Mapping[str, LaneStyle] = {
    "seen": LaneStyle("solid", "━"),
    "later": LaneStyle("hatch", "╱"),
    "past": LaneStyle("dots", "┄"),
    "unknown": LaneStyle("crosses", "x"),
    "none": LaneStyle("dashed", "·", palette.DIM),
    "unaligned": LaneStyle("question", "?", palette.SOFT),
    "syntax": LaneStyle("blank", " "),
}

# In order of weight: where two marks want the word's text colour, the first one gets it.
MARKS: Mapping[str, MarkStyle] = {
    "lost": MarkStyle("plain", palette.AMBER, "!", text=palette.AMBER),
    "missing_embedding": MarkStyle("strike", palette.VERMILION, "#", text=palette.VERMILION),
    "unknown": MarkStyle("dotted", palette.VERMILION, "u"),
    "no_token": MarkStyle("dotted strike", palette.DIM, "0", text=palette.DIM),
    "split": MarkStyle("wave", palette.AMBER, "~"),
    "phrase_split": MarkStyle("thin wave", palette.AMBER, "-"),
    "moved": MarkStyle("arrow", palette.BLUE, ">"),
    "literal_weight": MarkStyle("box", palette.RULE, "="),
}

MAX_WORDS = 1200
MAX_WORD_CHARS = 400
_TYPED = re.compile(
    r"[\S\x1c-\x1f]+"
)  # Python counts four control characters as blank; they were typed
_BREAKS = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")


def lane_style(state: str) -> LaneStyle:
    """A state of a newer report is drawn as not known rather than left out."""
    return LANES.get(state, LANES["unaligned"])


def mark_styles(marks: Sequence[str]) -> list[MarkStyle]:
    """The styles of one word's marks, weightiest first."""
    return [style for mark, style in MARKS.items() if mark in marks]


def text_colour(word: Mapping[str, Any]) -> str:
    for style in mark_styles(word["marks"]):
        if style.text:
            return style.text
    return palette.DIM if word["kind"] == "syntax" else palette.TEXT


def tone(report: Mapping[str, Any]) -> palette.ToneStyle:
    if report["lost"]:
        return palette.TONES["lost"]
    return palette.TONES["kept" if report.get("layout", "known") == "known" else "open"]


def family_title(report: Mapping[str, Any]) -> str:
    return str(report.get("family_title") or report["family"])


def stream_label(stream: Mapping[str, Any]) -> str:
    """'CLIP-L 93 tokens, 2 windows', 'T5-XXL 101 of 512'."""
    title, tokens, windows = stream["title"], int(stream["tokens"]), len(stream["windows"])
    if stream.get("status") == "absent":
        return f"{title} not in this CLIP"
    trained, capacity = stream.get("trained_length"), stream.get("capacity")
    if windows > 1:
        past = f", trained to {trained['tokens']}" if trained else ""
        return f"{title} {tokens} tokens, {windows} windows{past}"
    if limit := trained["tokens"] if trained else capacity:
        return f"{title} {tokens} of {limit}"
    return f"{title} {tokens} token{'' if tokens == 1 else 's'}"


def over_trained(stream: Mapping[str, Any]) -> bool:
    trained = stream.get("trained_length")
    return trained is not None and int(stream["tokens"]) > int(trained["tokens"])


@dataclass(frozen=True)
class Piece:
    """A stretch of the prompt that is drawn in one go: a word, or a part of one that a window's
    edge cuts in two.
    """

    word: (
        int | None
    )  # index into `words`; None for text that no word claims and for our own remarks
    text: str
    space: int = 0  # white space before it as typed, in characters
    breaks: int = 0  # line breaks before it as typed
    edge: str = ""  # the window edges that stand just before it, in words


def pieces(report: Mapping[str, Any], limit: int = MAX_WORDS) -> tuple[Piece, ...]:
    """The first `limit` words of the prompt as typed, in drawing order; `more` says what is left
    out.
    """
    text, ends, out, at = str(report["text"]), edges(report), list[Piece](), 0
    for index, start, end in _stretches(report, limit):
        blank = text[at:start]
        breaks = len(_BREAKS.findall(blank))
        cuts = ends.get(index, {}) if index is not None else {}
        for k, (part, edge) in enumerate(_cut(text[start:end], cuts)):
            out.append(
                Piece(index, part, len(blank), breaks, edge)
                if k == 0
                else Piece(index, part, edge=edge)
            )
        if end - start > MAX_WORD_CHARS:
            out.append(Piece(None, _rest(end - start, cuts)))
        at = end
    words = len(report["words"])
    if words <= limit:  # an edge behind the last word
        out.extend(
            Piece(None, "", 1, 0, edge)
            for index in ends
            if index >= words
            for edge in ends[index].values()
        )
    return tuple(out)


def units(found: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces that stay on one line if they can: a word with the comma behind it."""
    out: list[list[Piece]] = []
    for piece in found:
        if (
            out
            and not piece.space
            and not (_is_wide(out[-1][-1].text[-1:]) and _is_wide(piece.text[:1]))
        ):
            out[-1].append(piece)
        else:
            out.append([piece])
    return out


def _is_wide(text: str) -> bool:
    """Scripts that are written without spaces break between any two characters."""
    return (
        bool(text)
        and unicodedata.east_asian_width(text) in "WF"
        and unicodedata.category(text) in ("Lo", "So")
    )


def more(report: Mapping[str, Any], shown: int) -> str:
    """What a bounded picture leaves out, or an empty string."""
    rest: Sequence[Mapping[str, Any]] = report["words"][shown:]
    if not rest:
        return ""
    words = sum(word["kind"] in ("word", "embedding") for word in rest)
    extra = [
        (sum(bool(word["lost"]) for word in rest), "of them lost"),
        (sum(edge["word"] >= shown for edge in report["edges"]), "window edges"),
    ]
    inside = ", ".join(f"{count:,} {what}" for count, what in extra if count)
    amount = f"{words:,} more words" if words else f"{len(rest):,} more signs"
    return f"… and {amount}{f' ({inside})' if inside else ''}, see the JSON"


def _stretches(report: Mapping[str, Any], limit: int) -> Iterator[tuple[int | None, int, int]]:
    """(word, start, end) of every stretch that is not blank. Text that no word claims is drawn too:
    it was typed.
    """
    text, words, at = str(report["text"]), report["words"], 0
    for index, word in enumerate(words[:limit]):
        start, end = word["span"]
        yield from _unclaimed(text, at, start)
        yield index, start, end
        at = max(at, end)
    if len(words) <= limit:
        yield from _unclaimed(text, at, len(text))


def _unclaimed(text: str, start: int, end: int) -> Iterator[tuple[None, int, int]]:
    return (
        (None, start + found.start(), start + found.end())
        for found in _TYPED.finditer(text[start:end])
    )


def edges(report: Mapping[str, Any]) -> dict[int, dict[int, str]]:
    """word -> offset inside the word -> what ends there. Streams that break at one place share the
    place.
    """
    titles: dict[tuple[int, int], list[str]] = {}
    where: dict[tuple[int, int], str] = {}
    for edge in report["edges"]:
        cuts = edge["inside"] == "word"
        place = (int(edge["word"]), _cut_offset(report, edge) if cuts else 0)
        titles.setdefault(place, []).append(str(edge["title"]))
        if cuts:
            where[place] = f", inside “{short(report['words'][place[0]]['text'])}”"
        elif edge["inside"] == "phrase":
            where[place] = ", inside a phrase"
    found: dict[int, dict[int, str]] = {}
    for place, same in titles.items():
        found.setdefault(place[0], {})[place[1]] = " · ".join(dict.fromkeys(same)) + where.get(
            place, ""
        )
    return found


def _cut_offset(report: Mapping[str, Any], edge: Mapping[str, Any]) -> int:
    """Where inside its word an edge falls: where the word's first token of a later
    window starts.
    """
    start, end = report["words"][edge["word"]]["span"]
    windows: Sequence[Any] = next(
        (s["windows"] for s in report["streams"] if s["name"] == edge["stream"]), []
    )
    firsts = [
        min(
            (t["span"][0] for t in window if t.get("word") == edge["word"] and t["span"]),
            default=None,
        )
        for window in windows
    ]
    inner = [first - start for first in firsts if first is not None and start < first < end]
    # the tokens share one character, or are not in the report: the middle is as true as any place
    if not inner:
        return int(end - start) // 2
    number = sum(
        e["stream"] == edge["stream"] and e["word"] == edge["word"] and e["window"] < edge["window"]
        for e in report["edges"]
    )
    return int(inner[min(number, len(inner) - 1)])


def _cut(text: str, cuts: Mapping[int, str]) -> list[tuple[str, str]]:
    shown = text[:MAX_WORD_CHARS]
    places = sorted({0, *(offset for offset in cuts if offset < len(shown))})
    return [
        (shown[a:b], cuts.get(a, ""))
        for a, b in zip(places, [*places[1:], len(shown)], strict=True)
    ]


def _rest(length: int, cuts: Mapping[int, str]) -> str:
    hidden = sum(offset >= MAX_WORD_CHARS for offset in cuts)
    return f"… {length - MAX_WORD_CHARS:,} more characters" + (
        f" with {hidden:,} window edges" if hidden else ""
    )
