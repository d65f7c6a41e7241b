"""Proofs of fates on numbers, for test_fates_on_numbers.py.

For every word that is tried, a replacement is looked for that changes only this word's own ids, so
that nothing shifts. The prompt is encoded again, and every readout must agree with the report:
bit-identical where the lane says `none`, different everywhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from encoderscope.conditioning.tokens.prompt_map import PromptMap, map_tokens
from encoderscope.host import recorder
from encoderscope.tests.host import clips

WORDS = [
    "red",
    "blue",
    "green",
    "small",
    "large",
    "old",
    "young",
    "tall",
    "dark",
    "bright",
    "cold",
    "warm",
    "wild",
    "quiet",
    "open",
    "dry",
    "sea",
    "sun",
    "sky",
    "dog",
    "cat",
    "bird",
    "tree",
    "house",
    "road",
    "river",
    "stone",
    "wood",
    "glass",
    "gold",
    "snow",
    "rain",
    "wind",
    "fire",
    "light",
    "night",
    "day",
    "city",
    "town",
    "boat",
    "train",
    "horse",
    "sheep",
    "fish",
    "flower",
    "grass",
    "hill",
    "lake",
    "beach",
    "window",
    "door",
    "table",
    "chair",
    "book",
    "lamp",
    "clock",
    "wall",
    "roof",
    "floor",
    "garden",
    "field",
    "forest",
    "island",
    "bridge",
    "tower",
    "church",
    "market",
    "street",
]
PLAIN = ", ".join(
    " ".join(WORDS[(7 * i + j) % len(WORDS)] for j in range(5)) for i in range(30)
)  # about 180 CLIP tokens
SHORT = " ".join(WORDS[:12])
KEYS = {"mt5xl": "mt5xl", "byt5": "byt5small", "llama": "llama3", "lyrics": "lyrics"}


@cache
def encoders(name: str, folder: Path | None = None) -> Any:
    return clips.clip(name, folder)


@dataclass
class Reading:
    """One prompt, mapped and encoded."""

    clip: Any
    found: PromptMap
    windows: dict[str, Any]
    readouts: dict[str, Any]


def read(clip: Any, text: str) -> Reading:
    recorded = recorder.record(clip, text)
    assert recorded.family is not None
    prompt_map = map_tokens(text, recorded.streams, recorded.family)
    windows = clip.tokenize(text, return_word_ids=True)
    return Reading(clip, prompt_map, windows, encode(clip, prompt_map, text))


def encode(clip: Any, prompt_map: PromptMap, text: str) -> dict[str, Any]:
    """What the generator takes, by readout: the host's conditioning taken apart. Rows that its
    masks hide are zeroed.
    """
    out = clip.encode_from_tokens(clip.tokenize(text), return_dict=True)
    taken = {"pooled": out.get("pooled_output")}
    for readout in prompt_map.readouts:
        if readout.name == "sequence:t5xxl" and "t5xxl_ids" in out:
            taken[readout.name] = out["t5xxl_ids"]  # Anima's generator embeds these itself
        elif readout.kind == "sequence":
            name = readout.streams[0]
            sequence = out["cond"]
            if f"conditioning_{KEYS.get(name)}" in out:
                sequence = out[f"conditioning_{KEYS[name]}"]
            elif prompt_map.family and prompt_map.family.name in ("sdxl", "sd3"):
                sequence = _joined(clip, out["cond"], name, prompt_map)
            mask = out.get("attention_mask_mt5xl" if name == "mt5xl" else "attention_mask")
            if mask is not None and name not in ("l", "g"):  # SD3's mask is T5's
                sequence = sequence * mask.unsqueeze(-1)
            taken[readout.name] = sequence
    return {r.name: taken[r.name] for r in prompt_map.readouts}


def _joined(clip: Any, cond: Any, name: str, prompt_map: PromptMap) -> Any:
    """SDXL and SD3: CLIP-L and CLIP-G side by side, and behind them T5's rows."""
    t5 = next(
        (p for p in prompt_map.placements if p.recording.name == "t5xxl" and p.recording.encoded),
        None,
    )
    rows = cond.shape[1] - (sum(map(len, t5.recording.windows)) if t5 else 0)
    width = (
        64
        if getattr(clip.cond_stage_model, "clip_l", None) is not None or prompt_map.family is None
        else 768
    )
    if name == "t5xxl":
        return cond[:, rows:]
    return cond[:, :rows, :width] if name == "l" else cond[:, :rows, width : width + 96]


def replacement(reading: Reading, w: int) -> str | None:
    """The prompt with word `w` replaced by one of as many tokens in every stream, or None."""
    result, word = reading.found, reading.found.words[w]
    for new in WORDS:
        text = result.text[: word.start] + new + result.text[word.end :]
        if new != word.text and _only_this_word_differs(reading, w, _windows(reading, text)):
            return text
    return None


def _windows(reading: Reading, text: str) -> dict[str, Any]:
    """The host's windows of another text; as encoders read them where one leaves vectors out."""
    if not any(p.alignment.mismatched for p in reading.found.placements):
        return dict(reading.clip.tokenize(text, return_word_ids=True))
    streams = recorder.record(reading.clip, text).streams
    placements = map_tokens(text, streams, reading.found.family).placements
    return {p.recording.name: p.recording.windows for p in placements}


def _only_this_word_differs(reading: Reading, w: int, windows: dict[str, Any]) -> bool:
    for p in reading.found.placements:
        before, after = p.recording.windows, windows.get(p.recording.name)
        if after is None or [len(window) for window in after] != [len(window) for window in before]:
            return False
        own = {
            (p.window[i], p.slot[i])
            for i in range(p.first[w], min(p.last[w] + 1, p.in_windows))
            if p.first[w] >= 0
        }
        changed = {
            (k, s)
            for k, (a, b) in enumerate(zip(before, after, strict=True))
            for s, (x, y) in enumerate(zip(a, b, strict=True))
            if not _same(x[0], y[0])
        }
        if changed - own or (own and not changed):
            return False
    return True


def _same(a: Any, b: Any) -> bool:
    return (
        a == b
        if isinstance(a, int) and isinstance(b, int)
        else a is b or (not isinstance(a, int) and bool((a == b).all()))
    )


def tried(reading: Reading) -> Iterator[tuple[int, str]]:
    """Words of every kind of fate that occurs, each with the prompt that has another word in its
    place.
    """
    result = reading.found
    kinds: dict[Any, list[int]] = {}
    for w, word in enumerate(result.words):
        if word.kind == "word":
            kinds.setdefault(
                (
                    tuple(lane[w] for lane in result.lanes),
                    tuple(f[w] for f in result.fates.values()),
                ),
                [],
            ).append(w)
    for members in kinds.values():
        proved = 0
        for w in dict.fromkeys((members[0], members[-1], *members[1::5], *members)):
            text = replacement(reading, w) if proved < 2 else None
            if text is not None:
                proved += 1
                yield w, text


def differs(a: Any, b: Any) -> bool:
    import torch

    return a.shape != b.shape or not torch.equal(a, b)


def prove(clip: Any, text: str) -> set[tuple[str, str]]:
    """Try every kind of word of `text`; the (readout, lane state) pairs that were proved."""
    reading = read(clip, text)
    proved = set()
    for w, other in tried(reading):
        after = encode(clip, reading.found, other)
        for readout, lane in zip(reading.found.readouts, reading.found.lanes, strict=True):
            sentence = lane[w]
            assert sentence not in ("unaligned", "syntax"), (reading.found.words[w], sentence)
            felt = differs(reading.readouts[readout.name], after[readout.name])
            assert felt == (sentence != "none"), (
                f"{readout.name} said {sentence!r} of {reading.found.words[w]}, numbers "
                f"{'change' if felt else 'stay'}"
            )
            proved.add((readout.name, sentence))
        _stands_where_it_is_said(reading, w, after)
    return proved


def _stands_where_it_is_said(reading: Reading, w: int, after: dict[str, Any]) -> None:
    """CLIP reads forward and each window apart: rows before the word and rows of other windows
    stay, the row of its first slot changes.
    """
    for p in reading.found.placements:
        name, first = p.recording.name, p.first[w]
        if (
            name not in ("l", "g", "h")
            or f"sequence:{name}" not in after
            or not 0 <= first < p.in_windows
        ):
            continue
        row = sum(len(window) for window in p.recording.windows[: p.window[first]]) + p.slot[first]
        ends = [
            sum(len(window) for window in p.recording.windows[: k + 1])
            for k in range(len(p.recording.windows))
        ]
        old, new = reading.readouts[f"sequence:{name}"], after[f"sequence:{name}"]
        if row >= old.shape[1]:
            continue
        assert not differs(old[:, :row], new[:, :row])
        assert differs(old[:, row], new[:, row])
        last = ends[p.window[min(p.last[w], p.in_windows - 1)]]
        assert not differs(old[:, last:], new[:, last:])


def by_readout(proved: set[tuple[str, str]]) -> dict[str, set[str]]:
    out: dict[str, set[str]] = {}
    for readout, state in proved:
        out.setdefault(readout, set()).add(state)
    return out
