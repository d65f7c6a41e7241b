"""Text with the fonts that happen to be there: Pillow's own face for Latin, the system's for every
other script.

Lengths are in CSS pixels and independent of the scale of the picture: text is measured as it falls
at double scale, the usual one, so that every scale has the same lines. A character that no font
covers becomes a box with its code point, never a blank.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, groupby
from typing import Literal

from PIL import ImageFont

from ...translation import translate

# File names, as Pillow looks them up in the system's font folders; opened only when a character
# asks for them.
_FONTS = {
    "win32": (
        "segoeui.ttf",
        "arial.ttf",
        "msyh.ttc",
        "YuGothM.ttc",
        "msgothic.ttc",
        "malgun.ttf",
        "simsun.ttc",
        "Nirmala.ttf",
        "Nirmala.ttc",
        "leelawui.ttf",
        "seguisym.ttf",
        "seguiemj.ttf",
    ),
    "darwin": (
        "Arial.ttf",
        "Arial Unicode.ttf",
        "PingFang.ttc",
        "Hiragino Sans GB.ttc",
        "AppleSDGothicNeo.ttc",
        "GeezaPro.ttc",
        "Thonburi.ttc",
        "Apple Symbols.ttf",
    ),
    "linux": (
        "NotoSans-Regular.ttf",
        "LiberationSans-Regular.ttf",
        "arial.ttf",
        "NotoSansCJK-Regular.ttc",
        "NotoSansCJKsc-Regular.otf",
        "NotoSansCJKtc-Regular.otf",
        "wqy-microhei.ttc",
        "DroidSansFallbackFull.ttf",
        "NotoSansArabic-Regular.ttf",
        "NotoSansHebrew-Regular.ttf",
        "NotoSansDevanagari-Regular.ttf",
        "NotoSansThai-Regular.ttf",
        "NotoSansSymbols2-Regular.ttf",
        "NotoEmoji-Regular.ttf",
        "FreeSans.ttf",
        "unifont.otf",
        "unifont.ttf",
    ),
}
SYSTEM_FONTS = ("DejaVuSans.ttf", *_FONTS.get(sys.platform, _FONTS["linux"]), "Symbola.ttf")

_ABSENT = "\uffff"  # never a character, so every font answers with its .notdef glyph
MAX_LINES = 12  # of one paragraph
_DOTTED_CIRCLE = "\u25cc"  # carries a combining mark that has no letter of its own

Kind = Literal["text", "space", "missing", "invisible"]


@dataclass(frozen=True, slots=True)
class GlyphRun:
    """A stretch of text that is drawn in one call. `face` is an index into the font stack."""

    kind: Kind
    text: str
    face: int = 0


@lru_cache(maxsize=512)
def sized(face: int, size: int) -> ImageFont.FreeTypeFont | None:
    """The face-th font of the stack; None where this machine does not have it."""
    try:
        if face == 0:
            font = ImageFont.load_default(size)
        else:
            font = ImageFont.truetype(SYSTEM_FONTS[face - 1], size)
    except (OSError, ImportError):
        # no such font, or a Pillow without FreeType, which has no font that can be scaled
        return None
    return font if isinstance(font, ImageFont.FreeTypeFont) else None


def ready() -> bool:
    """Can text be drawn at all? Not with a Pillow without FreeType."""
    return sized(0, 24) is not None


@lru_cache(maxsize=64)
def _glyph(face: int, char: str) -> tuple[tuple[int, int], bytes] | None:
    font = sized(face, 24)
    if font is None:
        return None
    mask = font.getmask(char)
    return mask.size, bytes(mask)


@lru_cache(maxsize=16384)
def covers(face: int, char: str) -> bool:
    """True when the font has a glyph with ink for this character, told from .notdef by
    its picture.
    """
    if unicodedata.category(char) in ("Cc", "Cf", "Cs") or _is_selector(char):
        # some fonts draw these as a blank or as a sketch of their name; ours is a box with the code
        # point
        return False
    glyph = _glyph(face, char)
    return glyph is not None and any(glyph[1]) and glyph != _glyph(face, _ABSENT)


def _face_for(text: str) -> int | None:
    return next(
        (face for face in range(len(SYSTEM_FONTS) + 1) if all(covers(face, char) for char in text)),
        None,
    )


def can_draw(text: str) -> bool:
    """Has some font here a glyph for every character of the text?"""
    return all(_is_space(char) or _face_for(char) is not None for char in set(text))


def _is_space(char: str) -> bool:
    return unicodedata.category(char) == "Zs" or char in "\t\n\r\v\f"


def _is_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def clusters(text: str) -> Iterator[str]:
    """A letter with the marks that combine with it: what must not be torn apart at the end of a
    line.
    """
    cluster = ""
    for char in text:
        if (
            cluster
            and unicodedata.category(char) in ("Mn", "Me", "Mc")
            and not _is_space(cluster[0])
        ):
            cluster += char
            continue
        if cluster:
            yield cluster
        cluster = char
    if cluster:
        yield cluster


def _cluster_runs(cluster: str) -> Iterator[GlyphRun]:
    base = cluster[0] + "".join(char for char in cluster[1:] if not _is_selector(char))
    if (face := _face_for(base)) is not None:
        if unicodedata.category(base[0]) in ("Mn", "Me") and covers(face, _DOTTED_CIRCLE):
            base = _DOTTED_CIRCLE + base
        yield GlyphRun("text", base, face)
    elif len(base) > 1:
        for char in base:
            yield from _cluster_runs(char)
    elif unicodedata.category(base) in ("Cf", "Mn") or _is_selector(base):
        yield GlyphRun("invisible", base)
    else:
        yield GlyphRun("missing", base)


def runs(text: str) -> Iterator[GlyphRun]:
    """The text by font: a whole word in one face where one covers it, else letter by letter.

    Words are remembered and whole texts are not: words come again in the next report.
    """
    for space, group in groupby(text, _is_space):
        word = "".join(group)
        if space:
            yield GlyphRun("space", re.sub("[^\u3000]", " ", word))
        else:
            yield from _word_runs(word)


@lru_cache(maxsize=4096)
def _word_runs(word: str) -> tuple[GlyphRun, ...]:
    if unicodedata.category(word[0]) not in ("Mn", "Me"):
        face = _face_for(word)
        if face is not None:
            return (GlyphRun("text", word, face),)
    return tuple(_runs_of_clusters(word))


def _runs_of_clusters(word: str) -> Iterator[GlyphRun]:
    parts = [run for cluster in clusters(word) for run in _cluster_runs(cluster)]
    for (kind, face), same in groupby(parts, lambda run: (run.kind, run.face)):
        texts = [run.text for run in same]
        if kind == "text":
            yield GlyphRun(kind, "".join(texts), face)
        else:
            yield from (GlyphRun(kind, text, face) for text in texts)


@lru_cache(maxsize=8192)
def advance(run: GlyphRun, size: float) -> float:
    """How far a run moves what comes behind it."""
    if run.kind in ("text", "space"):
        return _text_width(run, size)
    digits = 4 if ord(run.text) <= 0xFFFF else 6  # of its code point, in two rows
    width = {"missing": 0.34, "invisible": 0.26}[run.kind]
    return size * ((digits + 1) // 2 * width + 0.3)


def _text_width(run: GlyphRun, size: float) -> float:
    ideographic_spaces = run.text.count("\u3000")
    font = sized(run.face, round(size * 2))
    length = 0.0
    if font is not None:
        length = font.getlength(run.text.replace("\u3000", "")) / 2
    return length + ideographic_spaces * size


@lru_cache(maxsize=2048)
def measure(text: str, size: float) -> float:
    """Width of a text."""
    return sum(advance(run, size) for run in runs(text))


def fit(text: str, size: float, width: float) -> int:
    """How many characters of the text fit into the width: whole clusters, at least one."""
    ends = list(accumulate(len(part) for part in clusters(text)))
    fitting = bisect_right(ends, width, key=lambda end: measure(text[:end], size))
    return ends[max(0, fitting - 1)]


_WIDE = "\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef"
"""Chinese and Japanese: written without blanks. Korean has them."""
_NOT_FIRST = (
    "、。，．・：；？！）」』】〉》〕％…ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ”’,.:;?!)%"
)
_NOT_LAST = "（「『【〈《〔“‘("
_BREAK = re.compile(rf"(?<![{_NOT_LAST}])(?![{_NOT_FIRST}])(?:(?<=[{_WIDE}])|(?=[{_WIDE}]))")
"""Where a line may end inside of a word."""


def wrap(text: str, size: float, width: float) -> list[str]:
    """Lines no wider than the width; a word that is longer than a line is broken. Scripts without
    blanks break between any two characters, but no line begins with what closes, or ends with what
    opens.
    """
    lines = []
    line = ""
    for part, gap in _unbroken(text):
        longer = f"{line}{gap}{part}" if line else part
        if line and measure(longer, size) > width:
            lines.append(line)
            longer = part
        line = longer
        while measure(line, size) > width and (count := fit(line, size, width)) < len(line):
            lines.append(line[:count])
            line = line[count:]
    return [*lines, line] if line else lines


def _unbroken(text: str) -> Iterator[tuple[str, str]]:
    """What stays on one line, and the blank that stood before it."""
    for word in text.split():
        gap = " "
        for part in filter(None, _BREAK.split(word)):
            yield part, gap
            gap = ""


def bounded(text: str, size: float, width: float, most: int = MAX_LINES) -> list[str]:
    """Lines of a text, not more than ``most``. No more of it is measured than could fit: a report
    may hold a novel.
    """
    room = _most_chars(size, width)
    start = text[: most * room]
    words = [part for word in start.split() for part in _broken(word, size, width, room)]
    lines = wrap(" ".join(words), size, width)
    if len(lines) > most or start != text:
        return [*lines[: most - 1], translate("… see the JSON")]
    return lines


def _most_chars(size: float, width: float) -> int:
    """More letters than a line can have."""
    return int(5 * width / size) + 8


def _broken(word: str, size: float, width: float, room: int) -> Iterator[str]:
    """Pieces of a very long word that fill a line each."""
    while len(word) > room:
        count = fit(word[:room], size, width)
        yield word[:count]
        word = word[count:]
    yield word


def clipped(text: str, size: float, width: float) -> str:
    """The text on one line, with an ellipsis where it is cut."""
    room = _most_chars(size, width)
    start = " ".join(text[:room].split())
    if len(text) <= room and measure(start, size) <= width:
        return start
    return start[: fit(start, size, width - measure("…", size))].rstrip() + "…"
