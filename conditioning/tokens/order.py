"""Prompt order: what changes when the same words stand elsewhere, and an order that costs nothing
in any family.

A word's place decides its window, and in families with a pooled vector whether it is in it. The
suggestion moves phrases that speak of the look (style, light, lens, quality) behind those that
speak of things, and closes windows at commas. Closing uses the host's own rule: a weighted segment
of fewer than eight tokens that does not fit moves whole to the next window, and ``(words:1.0)`` is
such a segment without any other effect (``comfy/sd1_clip.py``: ``SDTokenizer.max_word_length``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .edges import Edge
from .placement import Placement
from .prompt_map import PromptMap

Mapper = Callable[[str], PromptMap]

_SHORT = 8  # segments of fewer tokens move whole
_TRIES = 8  # closing one window moves the next one's edge
_BREAK = re.compile(r"\s*[,;\n]\s*|(?<=[.!?])\s+")
_WORD = re.compile(r"[^\W_]+")
_LOOK_WORDS = (
    "16k 2k 4k 8k absurdres acrylic ambient analog analogue angle anime aperture art "
    "artstation artwork atmosphere "
    "atmospheric award backlight backlit beautiful best blender blue bokeh camera canon "
    "cgi charcoal cinematic "
    "cinestill clean close closeup color colour comic composition concept contrast crisp "
    "depth detail detailed "
    "details deviantart digital dramatic dslr engine exposure extremely fhd field film "
    "focus fuji fujifilm global "
    "golden gorgeous gouache graded grading grain hard hasselblad hd hdr high highly "
    "hires hour hyperrealistic "
    "illumination illustration ink intricate iso kodak leica lens light lighting lit low "
    "macro manga masterpiece "
    "matte mm monochrome mood moody muted nikon octane oil painted painting palette "
    "pastel pencil perspective photo "
    "photograph photography photorealistic pixiv polaroid portra professional quality "
    "raw realism realistic render "
    "rendered rendering resolution rim sepia shadows shallow sharp shot sketch soft "
    "studio stunning style styled "
    "stylized sunlight super telephoto tone tones trending uhd ultra unreal up vibrant "
    "view volumetric watercolor "
    "watercolour wide winning "
)
_LOOK = frozenset(_LOOK_WORDS.split())
_SMALL = frozenset(
    {
        "a",
        "an",
        "the",
        "of",
        "in",
        "on",
        "at",
        "by",
        "with",
        "and",
        "from",
        "for",
        "very",
        "to",
        "as",
    }
)


class Change(NamedTuple):
    """One word whose fate differs between two orders. ``a`` and ``b``: its index in
    either prompt.
    """

    word: str
    change: str
    a: int
    b: int


def suggest(text: str, mapper: Mapper) -> str:
    """``text`` with things first and the look last, and windows that end at commas wherever the
    host's rules allow it.

    ``mapper`` must tokenise as the host does: every step is kept only when the host's own windows
    are the better for it.
    """
    found = mapper(text)
    if len(found.words) == 0 or not found.edges:
        return text
    ordered = front_load(text)
    if ordered != text:
        found = mapper(ordered)
    for _ in range(_TRIES):
        closed = _close(found)
        if closed is None:
            break
        tried = mapper(closed)
        if _torn(tried) >= _torn(found):
            break
        found = tried
    return found.text


def front_load(text: str) -> str:
    """Phrases about things first, phrases about the look last, each group in its own order."""
    parts = phrases_of(text)
    things = [part for part in parts if not is_look(part)]
    looks = [part for part in parts if is_look(part)]
    if not things or not looks or parts == things + looks:
        return text
    return ", ".join(part.rstrip(",;. ") for part in things + looks)


def phrases_of(text: str) -> list[str]:
    """The prompt cut at commas, semicolons, line ends and full stops that stand outside
    brackets.
    """
    parts, start, depth = [], 0, 0
    breaks = {m.start(): m.end() for m in _BREAK.finditer(text)}
    for i, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if i in breaks and depth <= 0 and i >= start:
            parts.append(text[start:i])
            start = breaks[i]
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]


def is_look(phrase: str) -> bool:
    """Does the phrase speak of style, light, lens or quality only?"""
    words = [
        word for word in _WORD.findall(phrase.lower()) if word not in _SMALL and not word.isdigit()
    ]
    hits = sum(
        word in _LOOK
        or word.removesuffix("s") in _LOOK
        or bool(re.fullmatch(r"\d+(mm|k|px)|f\d*", word))
        for word in words
    )
    return bool(words) and hits * 3 >= len(words) * 2


def _torn(found: PromptMap) -> int:
    return sum(edge.inside != "between" for edge in found.edges)


def _close(found: PromptMap) -> str | None:
    """The text with the first torn phrase held together, or ``None`` when the host's rules cannot
    do it.
    """
    for edge in found.edges:
        placement = next(p for p in found.placements if p.recording.name == edge.streams[0])
        rule = found.rule(edge.streams[0])
        used = (
            rule is None or rule.sequence
        )  # where only the pooled vector is taken, a torn phrase behind it is no loss
        if edge.inside != "between" and placement.recording.weights and used:
            bounds = _movable(found, placement, edge)
            if bounds:
                start, end = bounds
                return f"{found.text[:start]}({found.text[start:end]}:1.0){found.text[end:]}"
    return None


def _movable(found: PromptMap, p: Placement, edge: Edge) -> tuple[int, int] | None:
    """Characters of the torn phrase, or of its start to the first word past the edge, if few enough
    tokens to move whole.
    """
    begin, stop = edge.word, edge.word
    while begin > 0 and not _parted(found, begin - 1):
        begin -= 1
    while stop + 1 < len(found.words) and not _parted(found, stop):
        stop += 1
    for last in (stop, edge.word):
        start, end = found.words[begin].start, found.words[last].end
        plain = not re.search(r"[()\\:]", found.text[start:end])
        if plain and p.first[begin] >= 0 and 0 < p.last[last] - p.first[begin] + 1 < _SHORT:
            return start, end
    return None


def _parted(found: PromptMap, w: int) -> bool:
    """Does a phrase end between word ``w`` and the next? Either of them may be the comma."""
    word, after = found.words[w], found.words[w + 1]
    start = word.start if word.kind == "punctuation" else word.end
    end = after.end if after.kind == "punctuation" else after.start
    return bool(re.search(r"[,;.!?\n]", found.text[start:end]))


def compare(a: PromptMap, b: PromptMap) -> list[Change]:
    """Words that both prompts hold and whose fate differs. Words are paired by their neighbours
    first, then by their count.
    """
    pairs: dict[int, int] = {}
    for wide in (True, False):
        free = _places(b, wide, set(pairs.values()))
        for w, key in _keys(a, wide):
            if w not in pairs and free.get(key):
                pairs[w] = free[key].pop(0)
    found = []
    for w, v in sorted(pairs.items()):
        said = "; ".join(_differences(a, w, b, v))
        if said:
            found.append(Change(a.words[w].text, said, w, v))
    return found


def _places(found: PromptMap, wide: bool, taken: set[int]) -> dict[tuple[str, ...], list[int]]:
    places: dict[tuple[str, ...], list[int]] = {}
    for w, key in _keys(found, wide):
        if w not in taken:
            places.setdefault(key, []).append(w)
    return places


def _keys(found: PromptMap, wide: bool) -> list[tuple[int, tuple[str, ...]]]:
    """Each word with what tells it from others: its neighbours in the phrase too when ``wide``."""
    texts = [
        word.text.lower() if word.kind in ("word", "embedding") else "" for word in found.words
    ]
    padded = ["", *texts, ""]
    return [
        (w, (padded[w], text, padded[w + 2]) if wide else (text,))
        for w, text in enumerate(texts)
        if text
    ]


def _differences(a: PromptMap, w: int, b: PromptMap, v: int) -> Sequence[str]:
    out = []
    for readout, lane_a, lane_b in zip(a.readouts, a.lanes, b.lanes, strict=False):
        if (lane_a[w] == "none") != (lane_b[v] == "none"):
            out.append(f"{'enters' if lane_a[w] == 'none' else 'leaves'} {readout.title}")
    torn = ("split", "phrase_split")
    before = any(fate in torn for stream in a.fates.values() for fate in stream[w])
    after = any(fate in torn for stream in b.fates.values() for fate in stream[v])
    if before != after:
        out.append("no longer at a torn window edge" if before else "now at a torn window edge")
    for p, q in zip(a.placements, b.placements, strict=True):
        one, two = window_of(p, w), window_of(q, v)
        if one != two and p.recording.capacity and a.rule(p.recording.name):
            rule = a.rule(p.recording.name)
            if rule and rule.sequence:
                out.append(f"{rule.title} window {one + 1} to {two + 1}")
    return out


def window_of(p: Placement, w: int) -> int:
    """Window of a word's first token, from 0; -1 when the stream does not hold it."""
    first = p.first[w]
    return p.window[first] if 0 <= first < p.kept else -1
