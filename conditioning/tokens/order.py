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
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ..translation import translate
from .edges import Edge
from .lanes import COUNTED
from .placement import Placement
from .prompt_map import PromptMap
from .syntax import parse

Mapper = Callable[[str], PromptMap]

_SHORT = 8  # segments of fewer tokens move whole
_TRIES = 8  # closing one window moves the next one's edge
_HELD = re.compile(r"\([^()\\:]+:1\.0\)")
_BREAK = re.compile(r"\s*[,;\n]\s*|(?<=[.!?])\s+")
_WORD = re.compile(r"[^\W_]+")
_LOOK_WORDS = (
    "16k 2k 4k 8k absurdres acrylic ambient analog analogue angle anime aperture art artstation "
    "artwork atmosphere atmospheric award backlight backlit beautiful best blender blue bokeh "
    "camera canon cgi charcoal cinematic cinestill clean close closeup color colour comic "
    "composition concept contrast crisp depth detail detailed details deviantart digital "
    "dramatic dslr engine exposure extremely fhd field film focus fuji fujifilm global golden "
    "gorgeous gouache graded grading grain hard hasselblad hd hdr high highly hires hour "
    "hyperrealistic illumination illustration ink intricate iso kodak leica lens light lighting "
    "lit low macro manga masterpiece matte mm monochrome mood moody muted nikon octane oil "
    "painted painting palette pastel pencil perspective photo photograph photography "
    "photorealistic pixiv polaroid portra professional quality raw realism realistic render "
    "rendered rendering resolution rim sepia shadows shallow sharp shot sketch soft studio "
    "stunning style styled stylized sunlight super telephoto tone tones trending uhd ultra "
    "unreal up vibrant view volumetric watercolor watercolour wide winning "
)
_LOOK = frozenset(_LOOK_WORDS.split())
_FUNCTION_WORDS = frozenset(
    (
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
        "to",
        "as",
        "very",
    )
)


class FateChange(NamedTuple):
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

    ``mapper`` must tokenise as the host does: a step stays only when the host's own windows are the
    better for it.
    """
    current = mapper(text)
    if not current.words or not current.edges:
        return text
    ordered = front_load(text)
    if ordered != text:
        reordered = mapper(ordered)
        if _same_words(reordered, current):
            current = reordered
    for _ in range(_TRIES):
        closed = _close(current)
        if closed is None:
            break
        candidate = mapper(closed)
        if torn_phrases(candidate) >= torn_phrases(current) or not _same_words(candidate, current):
            break
        current = candidate
    return current.text


def _same_words(a: PromptMap, b: PromptMap) -> bool:
    """Whether two prompts hold the same words at the same weights, for the host's tokenizer too."""
    tokenized = [
        Counter(word.text for word in each.words if word.kind in COUNTED) for each in (a, b)
    ]
    return tokenized[0] == tokenized[1] and weighted_words(a.text) == weighted_words(b.text)


def front_load(text: str) -> str:
    """Phrases about things first, phrases about the look last, each group in its own order."""
    parts = phrases_of(text)
    things = [part for part in parts if not is_look(part)]
    looks = [part for part in parts if is_look(part)]
    if not things or not looks or parts == things + looks:
        return text
    ordered = ", ".join(map(_without_end, things + looks))
    return ordered if weighted_words(ordered) == weighted_words(text) else text


def _without_end(phrase: str) -> str:
    """The phrase without the marks at its end; a textual inversion's name may end with a dot."""
    if phrase.split(" ")[-1].startswith("embedding:"):
        return phrase.rstrip(",; ")
    return phrase.rstrip(",;. ")


def weighted_words(text: str) -> Counter[tuple[str, float]]:
    """How often each word stands at each weight, as the host reads its syntax; marks between words
    are left aside.
    """
    return Counter(
        (_bare(word), segment.weight)
        for segment in parse(text).segments
        for word in re.split(r"[\s,;]+", segment.text)
        if _bare(word)
    )


def _bare(word: str) -> str:
    return word if word.startswith("embedding:") else word.rstrip(".")


def held_phrases(text: str, suggested: str) -> list[str]:
    """Phrases of a suggestion that brackets of weight 1 keep in one window, such as
    "(stone stairs:1.0)"; those that the artist wrote are left out.
    """
    return [phrase for phrase in _HELD.findall(suggested) if phrase not in text]


def phrases_of(text: str) -> list[str]:
    """The prompt cut at commas, semicolons, line ends and full stops that stand outside
    brackets.
    """
    parts = []
    start = depth = 0
    breaks = {m.start(): m.end() for m in _BREAK.finditer(text)}
    for i, char in enumerate(text):
        if text[i - 1 : i] != "\\":
            depth += (char == "(") - (char == ")")
        if i in breaks and depth <= 0 and i >= start:
            parts.append(text[start:i])
            start = breaks[i]
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]


def is_look(phrase: str) -> bool:
    """Does the phrase speak of style, light, lens or quality only?"""
    words = [
        word
        for word in _WORD.findall(phrase.lower())
        if word not in _FUNCTION_WORDS and not word.isdigit()
    ]
    return bool(words) and sum(map(_is_look_word, words)) * 3 >= len(words) * 2


def _is_look_word(word: str) -> bool:
    listed = word in _LOOK or word.removesuffix("s") in _LOOK
    return listed or re.fullmatch(r"\d+(mm|k|px)|f\d*", word) is not None


def torn_phrases(prompt: PromptMap) -> int:
    """How many windows end inside a phrase or a word."""
    return sum(edge.inside != "between" for edge in prompt.edges)


def _close(prompt: PromptMap) -> str | None:
    """The text with the first torn phrase held together, or ``None`` when the host's rules cannot
    do it.
    """
    for edge in prompt.edges:
        placement = next(p for p in prompt.placements if p.recording.name == edge.streams[0])
        rule = prompt.rule(edge.streams[0])
        # where only the pooled vector is taken, a torn phrase behind it is no loss
        used = rule is None or rule.sequence
        if edge.inside != "between" and placement.recording.weights and used:
            bounds = _movable(prompt, placement, edge)
            if bounds:
                start, end = bounds
                text = prompt.text
                return f"{text[:start]}({text[start:end]}:1.0){text[end:]}"
    return None


def _movable(prompt: PromptMap, placement: Placement, edge: Edge) -> tuple[int, int] | None:
    """Characters of the torn phrase, or of its start to the first word past the edge, if few enough
    tokens to move whole.
    """
    begin = stop = edge.word
    nearest, furthest = edge.word - _SHORT, edge.word + _SHORT  # beyond them it is too long anyhow
    while begin > max(0, nearest) and not _phrase_ends(prompt, begin - 1):
        begin -= 1
    while stop + 1 < min(len(prompt.words), furthest) and not _phrase_ends(prompt, stop):
        stop += 1
    for last in (stop, edge.word):
        start, end = prompt.words[begin].start, prompt.words[last].end
        plain = not re.search(r"[()\\:]", prompt.text[start:end])
        if (
            plain
            and placement.first[begin] >= 0
            and 0 < placement.last[last] - placement.first[begin] + 1 < _SHORT
        ):
            return start, end
    return None


def _phrase_ends(prompt: PromptMap, w: int) -> bool:
    """Does a phrase end between word ``w`` and the next? Either of them may be the comma."""
    word, after = prompt.words[w], prompt.words[w + 1]
    between = prompt.text[word.end : after.start]
    if word.kind == "punctuation":
        between = word.text + between
    if after.kind == "punctuation":
        between += after.text
    return re.search(r"[,;.!?\n]", between) is not None


def compare(a: PromptMap, b: PromptMap) -> list[FateChange]:
    """Words that both prompts hold and whose fate differs. Words are paired by their neighbours
    first, then by their count.
    """
    pairs: dict[int, int] = {}
    for with_neighbours in (True, False):
        free = _places(b, with_neighbours, set(pairs.values()))
        for w, key in _keys(a, with_neighbours):
            if w not in pairs and free.get(key):
                pairs[w] = free[key].pop(0)
    changes = []
    for w, v in sorted(pairs.items()):
        change = translate("; ").join(_differences(a, w, b, v))
        if change:
            changes.append(FateChange(a.words[w].text, change, w, v))
    return changes


def _places(
    prompt: PromptMap, with_neighbours: bool, paired: set[int]
) -> dict[tuple[str, ...], list[int]]:
    """By key, the words that have no partner yet."""
    places: dict[tuple[str, ...], list[int]] = {}
    for w, key in _keys(prompt, with_neighbours):
        if w not in paired:
            places.setdefault(key, []).append(w)
    return places


def _keys(prompt: PromptMap, with_neighbours: bool) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each word with what tells it from others."""
    texts = [word.text.lower() if word.kind in COUNTED else "" for word in prompt.words]
    padded = ["", *texts, ""]
    for w, text in enumerate(texts):
        if text and with_neighbours:
            yield w, (padded[w], text, padded[w + 2])
        elif text:
            yield w, (text,)


def _differences(a: PromptMap, w: int, b: PromptMap, v: int) -> Iterator[str]:
    """What changes from word ``w`` of one prompt to word ``v`` of the other."""
    for readout, lane_a, lane_b in zip(a.readouts, a.lanes, b.lanes, strict=False):
        missed_a, missed_b = lane_a[w] == "none", lane_b[v] == "none"
        if missed_a and not missed_b:
            yield translate("enters {readout}", readout=readout.localized_title)
        elif missed_b and not missed_a:
            yield translate("leaves {readout}", readout=readout.localized_title)
    torn_a, torn_b = _is_torn(a, w), _is_torn(b, v)
    if torn_a and not torn_b:
        yield translate("no longer at a torn window edge")
    elif torn_b and not torn_a:
        yield translate("now at a torn window edge")
    for p, q in zip(a.placements, b.placements, strict=True):
        window_a, window_b = window_of(p, w), window_of(q, v)
        rule = a.rule(p.recording.name)
        if window_a != window_b and p.recording.capacity and rule and rule.sequence:
            yield translate(
                "{stream} window {before} to {after}",
                stream=rule.title,
                before=window_a + 1,
                after=window_b + 1,
            )


def _is_torn(prompt: PromptMap, w: int) -> bool:
    return any(
        fate in ("split", "phrase_split") for stream in prompt.fates.values() for fate in stream[w]
    )


def window_of(placement: Placement, w: int) -> int:
    """Window of a word's first token, from 0; -1 when the stream does not hold it."""
    first = placement.first[w]
    return placement.window[first] if 0 <= first < placement.in_windows else -1
