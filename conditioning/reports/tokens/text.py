"""The token report as text: `render` draws the picture with characters, `plain` tells it in
sentences.

Everything that comes from the prompt or the host passes `visible`, so that no control character
reaches the terminal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ..drawing import palette
from ..wording import short
from . import style
from .style import Piece

Report = Mapping[str, Any]
Paint = Callable[[str, str], str]

MIN_WIDTH = 40
MAX_LISTED = 40  # groups of lost words that `plain` lists
_GUTTER = 28  # cells for the names of the lanes, at most
_FATES = {
    "seen": "seen",
    "later_window": "in window 2 or later",
    "not_in_pooled": "not in the pooled vector",
    "discarded": "its sequence is thrown away by this family",
    "cut": "cut off by the host",
    "past_trained_length": "past the trained length",
    "moved": "moved whole to the next window",
    "split": "split at a window's edge",
    "phrase_split": "at a window's edge inside a phrase",
    "literal_weight": "weight read as text",
    "missing_embedding": "embedding not found, dropped by the host",
    "embedding_mismatch": "embedding of another width, ignored by the host",
    "unknown": "no piece in the vocabulary: read as <unk>",
    "no_token": "removed by the tokenizer",
    "masked": "masked away behind a typed end token",
    "not_encoded": "this CLIP holds no such encoder",
    "not_given": "this stream is not given the word",
    "unaligned": "not known",
}


def visible(text: str) -> str:
    """The text with everything that a terminal obeys or hides written as an escape."""
    return "".join(
        _escape(char)
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp")
        else char
        for char in text
    )


def _escape(char: str) -> str:
    code = ord(char)
    return (
        f"\\x{code:02x}"
        if code < 0x100
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )


def cells(text: str) -> int:
    """Width on a terminal."""
    return sum(map(_cell, text))


def _cell(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def render(report: Report, *, colour: bool = True, width: int = 100) -> str:
    """Verdict, the prompt with a row of characters for every lane, and a legend of what occurs."""
    width, paint = max(width, MIN_WIDTH), _colours if colour else _no_colours
    tone = style.tone(report)
    out = [f"{paint('Token Map', palette.TEXT)}  {visible(style.family_title(report))}"]
    for stream in report["streams"]:
        ink = palette.AMBER if style.over_trained(stream) else palette.SOFT
        out.extend(paint(line, ink) for line in _wrap(style.stream_label(stream), width, "  "))
    out += [
        "",
        *(paint(line, tone.edge) for line in _wrap(f"{tone.sign} {report['verdict']}", width)),
        "",
    ]
    out += _prompt(report, width, paint)
    out += _legend(report, width, paint)
    for sign, key in (("→", "remedies"), ("·", "notes")):
        out.extend(line for text in report[key] for line in _wrap(f"{sign} {text}", width))
    return "\n".join(line.rstrip() for line in out).rstrip() + "\n"


def _no_colours(text: str, colour: str) -> str:
    return text


def _colours(text: str, colour: str) -> str:
    """256 colours: every terminal of today has them, not every one has more."""
    red, green, blue = (round(int(colour[k : k + 2], 16) / 255 * 5) for k in (1, 3, 5))
    return f"\x1b[38;5;{16 + 36 * red + 6 * green + blue}m{text}\x1b[0m" if text.strip() else text


def _wrap(text: str, width: int, indent: str = "") -> list[str]:
    """Lines no wider than the width; a word that is longer than a line is broken."""
    lines, line = list[str](), indent
    for word in visible(text).split():
        if line.strip() and cells(line) + 1 + cells(word) > width:
            lines.append(line)
            line = indent + "  "
        line += f" {word}" if line.strip() else word
        while cells(line) > width:
            count = _fit(line, width)
            lines.append(line[:count])
            line = indent + "  " + line[count:]
    return [*lines, line]


def _fit(text: str, width: int) -> int:
    """How many characters fit, at least one."""
    taken = 0
    for count, char in enumerate(text):
        taken += _cell(char)
        if taken > width:
            return max(1, count)
    return len(text)


# The prompt: columns set side by side into rows.


@dataclass(frozen=True)
class TextCell:
    """A piece in its row: what is typed, the blank before it, and the cells it takes."""

    piece: Piece
    text: str
    lead: int
    width: int


def _prompt(report: Report, width: int, paint: Paint) -> list[str]:
    names = [visible(str(readout["title"])) for readout in report["readouts"]]
    gutter = min(_GUTTER, width // 3, max(map(cells, names)) + 1) if names else 2
    out: list[str] = []
    for row in _rows(report, width - gutter):
        out += _row(report, row, gutter, paint)
        for column in row:
            if column.piece.edge:
                lines = _wrap(f"| {_edge(column.piece.edge, column.piece.text)}", width - gutter)
                out[-1:-1] = [" " * gutter + paint(line, palette.AMBER) for line in lines]
    if not report["words"]:
        out.append("(the prompt is empty)")
    if remark := style.more(report, style.MAX_WORDS):
        out += [*_wrap(remark, width), ""]
    return out


def _rows(report: Report, width: int) -> Iterator[list[TextCell]]:
    row: list[TextCell] = []
    used = 0
    for unit in style.units(style.pieces(report)):
        columns = [column for piece in unit for column in _columns(report, piece, width)]
        whole = sum(column.lead + column.width for column in columns)
        for k, column in enumerate(columns):
            wanted = whole if not k and whole <= width else column.lead + column.width
            if row and (column.piece.breaks or used + wanted > width):
                yield row
                row, used = [], 0
            used += column.width + (column.lead if row else 0)
            row.append(column)
    if row:
        yield row


def _columns(report: Report, piece: Piece, width: int) -> Iterator[TextCell]:
    """A piece as columns, several if it is longer than a row. A window's edge takes one cell in
    front of it.
    """
    marks = report["words"][piece.word]["marks"] if piece.word is not None else []
    rest, first = visible(piece.text), True
    while rest or first:
        edge = int(first and bool(piece.edge))
        count = _fit(rest, width - edge - 1) if cells(rest) > width - edge else len(rest)
        text = rest[:count] + ("\\" if count < len(rest) else "")
        own = piece if first else Piece(piece.word, piece.text)
        yield TextCell(
            own, text, int(first and piece.space > 0), max(cells(text), len(marks)) + edge
        )
        rest, first = rest[count:], False


def _row(report: Report, row: Sequence[TextCell], gutter: int, paint: Paint) -> list[str]:
    words = report["words"]
    out = [" " * gutter + _line(row, lambda column: _text(column, words, paint), paint)]
    if any(_marks(column, words) for column in row):
        out.append(
            "marks".ljust(gutter) + _line(row, lambda column: _signs(column, words, paint), paint)
        )
    for k, readout in enumerate(report["readouts"]):
        name = visible(str(readout["title"]))
        name = name if cells(name) < gutter else name[: _fit(name, gutter - 2)] + "…"
        lane = _line(row, lambda column, k=k: _lane(column, words, k, paint), paint)  # type: ignore[misc]
        out.append(paint(name, palette.readout_colour(k)) + " " * (gutter - cells(name)) + lane)
    return [*out, ""]


def _edge(title: str, text: str) -> str:
    """Where a window ends, said without a picture."""
    return title if not text or "inside “" in title else f"{title}, before “{short(text)}”"


def _line(
    row: Sequence[TextCell], cell: Callable[[TextCell], tuple[str, int]], paint: Paint
) -> str:
    parts = []
    for k, column in enumerate(row):
        text, taken = cell(column)
        edge = paint("|", palette.AMBER) if column.piece.edge else ""
        parts.append(
            " " * (column.lead if k else 0)
            + edge
            + text
            + " " * (column.width - taken - bool(edge))
        )
    return "".join(parts)


def _marks(column: TextCell, words: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(words[column.piece.word]["marks"]) if column.piece.word is not None else []


def _text(column: TextCell, words: Sequence[Mapping[str, Any]], paint: Paint) -> tuple[str, int]:
    ink = (
        style.text_colour(words[column.piece.word])
        if column.piece.word is not None
        else palette.DIM
    )
    return paint(column.text, ink), cells(column.text)


def _signs(column: TextCell, words: Sequence[Mapping[str, Any]], paint: Paint) -> tuple[str, int]:
    styles = style.mark_styles(_marks(column, words))
    size = column.width - bool(column.piece.edge) if styles else 0
    return "".join(
        paint(styles[k % len(styles)].sign, styles[k % len(styles)].colour) for k in range(size)
    ), size


def _lane(
    column: TextCell, words: Sequence[Mapping[str, Any]], lane: int, paint: Paint
) -> tuple[str, int]:
    if column.piece.word is None:
        return "", 0
    look = style.lane_style(words[column.piece.word]["lanes"][lane])
    size = column.width - bool(column.piece.edge)
    return paint(look.char * size, look.colour or palette.readout_colour(lane)), size


def _legend(report: Report, width: int, paint: Paint) -> list[str]:
    items: list[tuple[str, str, str]] = []
    for entry in report["legend"]:
        name, title = str(entry["state"]), str(entry["title"])
        if entry["type"] == "lane":
            look = style.lane_style(name)
            items.append((look.char * 3, look.colour or palette.TEXT, title))
        elif name in style.MARKS:
            items.append((style.MARKS[name].sign * 3, style.MARKS[name].colour, title))
    if report["edges"]:
        items.append(("|  ", palette.AMBER, "end of a window"))
    out = []
    for sign, ink, title in items:
        if sign.strip():
            first, *rest = _wrap(title, width - 4)
            out += [f"{paint(sign, ink)} {first}", *(f"    {line}" for line in rest)]
    return [*out, ""] if out else []


# Sentences, for a text box of any font and width.


def plain(report: Report) -> str:
    """Verdict, counts, lost words with reasons, remedies and notes: nothing that needs a fixed
    width.
    """
    out = [str(report["verdict"]), "", f"Family: {style.family_title(report)}"]
    out += [f"{style.stream_label(stream)}{_use(stream)}" for stream in report["streams"]]
    if lost := list(_lost_groups(report)):
        out += ["", "Lost words:"]
        out += [f"- {text}: {reason}" for text, reason in lost[:MAX_LISTED]]
        if len(lost) > MAX_LISTED:
            out.append(f"… and {len(lost) - MAX_LISTED:,} more groups of lost words, see the JSON")
    if report["edges"]:
        texts = {index: str(word["text"]) for index, word in enumerate(report["words"])}
        edges = [
            _edge(title, texts.get(index, ""))
            for index, ends in style.edges(report).items()
            for title in ends.values()
        ]
        out += ["", "Window edges:", *(f"- {edge}" for edge in edges[:MAX_LISTED])]
        if len(edges) > MAX_LISTED:
            out.append(f"… and {len(edges) - MAX_LISTED:,} more edges, see the JSON")
    for title, key in (("What to do:", "remedies"), ("Notes:", "notes")):
        if report[key]:
            out += ["", title, *(f"- {text}" for text in report[key])]
    return "\n".join(visible(line) for line in out) + "\n"


def _use(stream: Mapping[str, Any]) -> str:
    return f" ({stream['use']})" if stream.get("use") else ""


def _lost_groups(report: Report) -> Iterator[tuple[str, str]]:
    """Neighbouring lost words that share their fate, as typed, with the reason."""
    titles = {stream["name"]: stream["title"] for stream in report["streams"]}
    counted = [word for word in report["words"] if word["kind"] not in ("punctuation", "syntax")]
    for reason, group in groupby(
        counted, lambda word: _reason(word, titles) if word["lost"] else ""
    ):
        if reason:
            words = list(group)
            text = " ".join(str(report["text"])[words[0]["span"][0] : words[-1]["span"][1]].split())
            yield (
                short(text, 200) + (f" ({len(words):,} words)" if len(words) > 1 else ""),
                reason,
            )


def _reason(word: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    said = {
        name: ", ".join(_FATES.get(fate, fate.replace("_", " ")) for fate in fates)
        for name, fates in word["fates"].items()
    }
    return "; ".join(f"{titles.get(name, name)} {fates}" for name, fates in said.items())
