"""The token report as text: `render` draws the picture with characters, `plain` tells it in
sentences.

Everything that comes from the prompt or the host passes `visible`, so that no control character
reaches the terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ...tokens.fates import MARKS, Mark, lane_state, marks_by_rank, short_text
from ...tokens.lanes import COUNTED
from ...translation import in_its_language, translate, translate_count
from ...visible_text import cells
from ..drawing import palette
from ..drawing.flow import Piece, units
from ..wording import short, visible
from . import style
from .pieces import MAX_WORDS, edge_labels, more, prompt_pieces

Report = Mapping[str, Any]
Paint = Callable[[str, str], str]

MIN_WIDTH = 40
MAX_LISTED = 40  # groups of lost words that `plain` lists
_GUTTER = 28  # cells for the names of the lanes, at most


@in_its_language
def render(report: Report, *, colour: bool = True, width: int = 100) -> str:
    """Verdict, the prompt with a row of characters for every lane, and a legend of what occurs."""
    width = max(width, MIN_WIDTH)
    paint = _colours if colour else _no_colours
    tone = palette.TONES[style.tone_name(report)]
    out = [f"{paint('Token Map', palette.TEXT)}  {visible(style.family_title(report))}"]
    for stream in report["streams"]:
        ink = palette.SOFT
        if style.over_trained(stream):
            ink = palette.AMBER
        out.extend(paint(line, ink) for line in _wrap(style.stream_label(stream), width, "  "))
    verdict = _wrap(f"{tone.sign} {report['verdict']}", width)
    out += ["", *(paint(line, tone.edge) for line in verdict), ""]
    out += _prompt(report, width, paint)
    out += _legend(report, width, paint)
    findings = [_wrap(f"? {text}", width) for text in finding_lines_of(report)]
    out.extend(paint(line, palette.AMBER) for lines in findings for line in lines)
    for sign, key in (("→", "remedies"), ("·", "notes")):
        out.extend(line for text in report[key] for line in _wrap(f"{sign} {text}", width))
    return "\n".join(line.rstrip() for line in out).rstrip() + "\n"


def _no_colours(text: str, colour: str) -> str:
    return text


def _colours(text: str, colour: str) -> str:
    """256 colours: every terminal of today has them, not every one has more."""
    if not text.strip():
        return text
    red, green, blue = (round(int(colour[k : k + 2], 16) / 255 * 5) for k in (1, 3, 5))
    return f"\x1b[38;5;{16 + 36 * red + 6 * green + blue}m{text}\x1b[0m"


def _wrap(text: str, width: int, indent: str = "") -> list[str]:
    """Lines no wider than the width; a word that is longer than a line is broken."""
    lines, line = list[str](), indent
    for word in visible(text).split():
        if line.strip() and cells(line) + 1 + cells(word) > width:
            lines.append(line)
            line = indent + "  "
        if line.strip():
            line += " "
        line += word
        while cells(line) > width:
            count = _fit(line, width)
            lines.append(line[:count])
            line = indent + "  " + line[count:]
    return [*lines, line]


def _fit(text: str, width: int) -> int:
    """How many characters fit, at least one."""
    used = 0
    for count, char in enumerate(text):
        used += cells(char)
        if used > width:
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

    @property
    def edge(self) -> str:
        """The sign of a window's edge, which takes one of the cells."""
        return "|" if self.piece.edge else ""

    @property
    def inner(self) -> int:
        """Cells without the edge."""
        return self.width - len(self.edge)


def _prompt(report: Report, width: int, paint: Paint) -> list[str]:
    names = [visible(str(readout["title"])) for readout in report["readouts"]]
    gutter = min(_GUTTER, width // 3, max(map(cells, names), default=1) + 1)
    out: list[str] = []
    for row in _rows(report, width - gutter):
        out += _row(report, row, gutter, paint)
        for cell in row:
            if cell.piece.edge:
                lines = _wrap(f"| {_edge(cell.piece.edge, cell.piece.text)}", width - gutter)
                out[-1:-1] = [" " * gutter + paint(line, palette.AMBER) for line in lines]
    if not report["words"]:
        out.append(translate("(the prompt is empty)"))
    if remark := more(report, MAX_WORDS):
        out += [*_wrap(remark, width), ""]
    return out


def _rows(report: Report, width: int) -> Iterator[list[TextCell]]:
    row: list[TextCell] = []
    used = 0
    for unit in units(prompt_pieces(report)):
        unit_cells = [cell for piece in unit for cell in _cells_of(report, piece, width)]
        size = sum(cell.lead + cell.width for cell in unit_cells)
        for k, cell in enumerate(unit_cells):
            needed = cell.lead + cell.width
            if k == 0 and size <= width:
                needed = size
            if row and (cell.piece.breaks or used + needed > width):
                yield row
                row = []
                used = 0
            used += cell.width + cell.lead * bool(row)
            row.append(cell)
    if row:
        yield row


def _cells_of(report: Report, piece: Piece, width: int) -> Iterator[TextCell]:
    """A piece in cells, several if it is longer than a row. A window's edge takes one cell in
    front of it.
    """
    marks = len(_marks(piece, report["words"]))
    rest = visible(piece.text)
    lead = int(bool(piece.gap))
    while True:
        room = width - bool(piece.edge)
        text = rest
        if cells(rest) > room:
            text = rest[: _fit(rest, room - 1)]
        rest = rest[len(text) :]
        if rest:
            text += "\\"
        size = max(cells(text), marks) + bool(piece.edge)
        yield TextCell(piece, text, lead, size)
        if not rest:
            return
        piece = Piece(piece.word, piece.text)
        lead = 0


def _row(report: Report, row: Sequence[TextCell], gutter: int, paint: Paint) -> list[str]:
    words = report["words"]
    typed = _line(row, [_text(cell, words, paint) for cell in row], paint)
    out = [" " * gutter + typed]
    if any(_marks(cell.piece, words) for cell in row):
        signs = _line(row, [_signs(cell, words, paint) for cell in row], paint)
        out.append("marks".ljust(gutter) + signs)
    for k, readout in enumerate(report["readouts"]):
        name = visible(str(readout["title"]))
        if cells(name) >= gutter:
            name = name[: _fit(name, gutter - 2)] + "…"
        lane = _line(row, [_lane(cell, words, k, paint) for cell in row], paint)
        out.append(paint(name, palette.readout_colour(k)) + " " * (gutter - cells(name)) + lane)
    return [*out, ""]


def _edge(title: str, text: str) -> str:
    """Where a window ends, in words alone."""
    if not text or "“" in title:  # it says what it cuts
        return title
    return translate("{edge}, before “{word}”", edge=title, word=short(text))


def _line(row: Sequence[TextCell], contents: Sequence[tuple[str, int]], paint: Paint) -> str:
    """The contents of a row's cells, each a text and the cells it takes."""
    parts = []
    for k, (cell, (text, used)) in enumerate(zip(row, contents, strict=True)):
        lead = " " * (cell.lead * (k > 0))
        parts.append(lead + paint(cell.edge, palette.AMBER) + text + " " * (cell.inner - used))
    return "".join(parts)


def _marks(piece: Piece, words: Sequence[Report]) -> list[str]:
    if piece.word is None:
        return []
    return list(words[piece.word]["marks"])


def _text(cell: TextCell, words: Sequence[Report], paint: Paint) -> tuple[str, int]:
    ink = palette.DIM
    if cell.piece.word is not None:
        ink = style.text_colour(words[cell.piece.word])
    return paint(cell.text, ink), cells(cell.text)


def _signs(cell: TextCell, words: Sequence[Report], paint: Paint) -> tuple[str, int]:
    """The signs of a word's marks, over and over as far as the word goes."""
    marks = marks_by_rank(_marks(cell.piece, words))
    if not marks:
        return "", 0
    signs = [_sign(marks[k % len(marks)], paint) for k in range(cell.inner)]
    return "".join(signs), cell.inner


def _sign(mark: Mark, paint: Paint) -> str:
    return paint(mark.sign, palette.COLOURS[mark.colour])


def _lane(cell: TextCell, words: Sequence[Report], lane: int, paint: Paint) -> tuple[str, int]:
    if cell.piece.word is None:
        return "", 0
    state = lane_state(words[cell.piece.word]["lanes"][lane])
    ink = style.lane_colour(state, palette.readout_colour(lane))
    return paint(state.char * cell.inner, ink), cell.inner


def _legend(report: Report, width: int, paint: Paint) -> list[str]:
    items: list[tuple[str, str, str]] = []
    for entry in report["legend"]:
        name, title = str(entry["state"]), str(entry["title"])
        if entry["type"] == "lane":
            state = lane_state(name)
            items.append((state.char * 3, style.lane_colour(state, palette.TEXT), title))
        elif name in MARKS:
            items.append((MARKS[name].sign * 3, palette.COLOURS[MARKS[name].colour], title))
    if report["edges"]:
        items.append(("|  ", palette.AMBER, translate("end of a window")))
    out = []
    for sign, ink, title in items:
        if sign.strip():
            first, *rest = _wrap(title, width - 4)
            out += [f"{paint(sign, ink)} {first}", *(f"    {line}" for line in rest)]
    if out:
        out.append("")
    return out


def finding_lines_of(report: Report) -> list[str]:
    """What the lint says, one line each; nothing in reports of old."""
    return list(report.get("display", {}).get("findings", ()))


@in_its_language
def findings(report: Report) -> str:
    """What the lint says, one finding a line, or that it says nothing."""
    lines = finding_lines_of(report) or [translate("Everything is what it seems.")]
    return "\n".join(visible(line) for line in lines)


# Sentences, for a text box of any font and width.


@in_its_language
def plain(report: Report) -> str:
    """Verdict, counts, lost words with reasons, remedies and notes: nothing that needs a fixed
    width.
    """
    family = translate("Family: {family}", family=style.family_title(report))
    out = [str(report["verdict"]), "", family]
    out += [_stream_line(stream) for stream in report["streams"]]
    lost = [f"{text}: {reason}" for text, reason in _lost_groups(report)]
    out += _listed(translate("Lost words:"), lost)
    texts = {index: str(word["text"]) for index, word in enumerate(report["words"])}
    edges = [
        _edge(label.text, texts.get(index, ""))
        for index, labels in edge_labels(report).items()
        for label in labels.values()
    ]
    out += _listed(translate("Window edges:"), edges)
    out += _listed(translate("Not what it seems:"), finding_lines_of(report))
    for title, key in ((translate("What to do:"), "remedies"), (translate("Notes:"), "notes")):
        if report[key]:
            out += ["", title, *(f"- {text}" for text in report[key])]
    return "\n".join(visible(line) for line in out) + "\n"


def _listed(title: str, lines: Sequence[str]) -> list[str]:
    """The first lines below their title, and how many are left out; nothing without lines."""
    if not lines:
        return []
    out = ["", title, *(f"- {line}" for line in lines[:MAX_LISTED])]
    if len(lines) > MAX_LISTED:
        rest = f"{len(lines) - MAX_LISTED:,}"
        out.append(translate("… and {rest} more, see the JSON", rest=rest))
    return out


def _stream_line(stream: Report) -> str:
    label = style.stream_label(stream)
    if stream.get("use"):
        label = f"{label} ({stream['use']})"
    return label


def _lost_groups(report: Report) -> Iterator[tuple[str, str]]:
    """Neighbouring lost words that share their fate, as typed, with the reason."""
    titles = {stream["name"]: stream["title"] for stream in report["streams"]}
    counted = [word for word in report["words"] if word["kind"] in COUNTED]
    for reason, group in groupby(counted, lambda word: _reason(word, titles)):
        if not reason:
            continue
        words = list(group)
        typed = str(report["text"])[words[0]["span"][0] : words[-1]["span"][1]]
        text = short(" ".join(typed.split()), 200)
        if len(words) > 1:
            text = translate_count(
                "{text} ({count:,} word)", "{text} ({count:,} words)", len(words), text=text
            )
        yield text, reason


def _reason(word: Report, titles: Mapping[str, str]) -> str:
    """The fates of a lost word, stream by stream; empty for one that is not lost."""
    if not word["lost"]:
        return ""
    fates = {
        name: ", ".join(translate(short_text(fate)) for fate in names)
        for name, names in word["fates"].items()
    }
    return "; ".join(f"{titles.get(name, name)} {text}" for name, text in fates.items())
