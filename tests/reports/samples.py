"""Token reports built by hand, one for each thing that a renderer has to show."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Report = dict[str, Any]

FLUX = ["pooled:l", "sequence:t5xxl"]
SD3 = ["pooled:l+g", "sequence:l", "sequence:g", "sequence:t5xxl"]
TITLES = {"l": "CLIP-L", "g": "CLIP-G", "t5xxl": "T5-XXL"}
LANE_TITLES = {
    "seen": "seen",
    "later": "in a later window",
    "past": "past the trained length",
    "unknown": "as <unk> only",
    "none": "does not reach it",
    "unaligned": "not known",
    "syntax": "weight syntax",
}
MARK_TITLES = {
    "lost": "lost",
    "split": "split at a window's edge",
    "phrase_split": "phrase split at a window's edge",
    "moved": "moved whole to the next window",
    "literal_weight": "weight read as text",
    "unknown": "not in the vocabulary",
    "missing_embedding": "embedding not found",
    "no_token": "removed by the tokenizer",
}


def readout(name: str) -> dict[str, Any]:
    kind, streams = name.split(":")
    titles = " + ".join(TITLES[s] for s in streams.split("+"))
    return {
        "name": kind if kind == "pooled" else name,
        "kind": kind,
        "title": f"{kind} ({titles})",
        "streams": streams.split("+"),
    }


def stream(
    name: str,
    tokens: int,
    capacity: int | None = 75,
    trained: int | None = None,
    status: str = "encoded",
) -> dict[str, Any]:
    windows = max(1, -(-tokens // capacity)) if capacity else 1
    return {
        "name": name,
        "title": TITLES[name],
        "status": status,
        "use": "",
        "tokens": tokens,
        "capacity": capacity,
        "trained_length": {"tokens": trained, "source": "paper"} if trained else None,
        "windows": [[] for _ in range(windows)],
    }


def make(
    text: str,
    readouts: list[str],
    streams: list[dict[str, Any]],
    lanes: Callable[[int], list[str]],
    **extra: Any,
) -> Report:
    """A report of `text`, its words found with a plain pattern; `lanes` gives each word's states,
    `marks` its marks.
    """
    marks: dict[int, list[str]] = extra.pop("marks", {})
    kinds: dict[int, str] = extra.pop("kinds", {})
    words = []
    for k, match in enumerate(re.finditer(extra.pop("pattern", r"\w+(?:['-]\w+)*|[^\w\s]"), text)):
        kind = kinds.get(k, "word" if re.match(r"\w", match.group()) else "punctuation")
        states = ["syntax"] * len(readouts) if kind == "syntax" else lanes(k)
        own = marks.get(k, [])
        lost = kind in ("word", "embedding") and ("lost" in own or "none" in states)
        words.append(
            {
                "text": match.group(),
                "span": list(match.span()),
                "kind": kind,
                "lost": lost,
                "lanes": states,
                "fates": {
                    s["name"]: ["not_in_pooled", "discarded"]
                    if lost and s["capacity"]
                    else ["seen"]
                    for s in streams
                },
                "pooled": not lost,
                "sequence": True,
                "marks": [*own, *(["lost"] if lost and "lost" not in own else [])],
                "tip": [],
            }
        )
    lost_words = [w["text"] for w in words if w["lost"]]
    counted = sum(w["kind"] in ("word", "embedding") for w in words)
    legend = [
        {"type": "lane", "state": s, "title": t}
        for s, t in LANE_TITLES.items()
        if any(s in w["lanes"] for w in words)
    ]
    legend += [
        {"type": "mark", "state": m, "title": t}
        for m, t in MARK_TITLES.items()
        if any(m in w["marks"] for w in words)
    ]
    kept = f"All {counted} words reach everything that this family uses."
    return {
        "format": "encoderscope.tokens",
        "version": 1,
        "host": "ComfyUI 0.3.75",
        "family": "flux",
        "family_title": "FLUX.1",
        "layout": "known",
        "text": text,
        "lost": bool(lost_words),
        "verdict": (
            f"{len(lost_words)} of {counted} words never reach the pooled vector: "
            f"{', '.join(lost_words[:6])}."
        )
        if lost_words
        else kept,
        "remedies": [],
        "notes": [],
        "summary": {
            "words": counted,
            "lost": len(lost_words),
            "tokens": {s["name"]: s["tokens"] for s in streams},
        },
        "readouts": [readout(r) for r in readouts],
        "streams": streams,
        "words": words,
        "edges": [],
        "reference": [],
        "legend": legend,
    } | extra


def nothing_lost() -> Report:
    text = "a red fox asleep in fresh snow, soft morning light, film grain"
    return make(
        text, FLUX, [stream("l", 15), stream("t5xxl", 18, None, 512)], lambda k: ["seen", "seen"]
    )


FLUX_TEXT = (
    "a portrait of an old fisherman in a forest-green oilskin coat standing on the deck "
    "of a red trawler, a black dog at his feet, "
    "three gulls above the mast, stormy sea behind, rim light from the left, wet wood, "
    "ropes and brass, photograph, film grain, "
    "kodak portra 400, golden hour, shallow depth of field"
)


def flux() -> Report:
    """Two windows; the edge cuts 'photograph' in two, and what follows is lost to the pooled
    vector.
    """
    first = make(
        FLUX_TEXT,
        FLUX,
        [stream("l", 93), stream("t5xxl", 101, None, 512)],
        lambda k: ["seen", "seen"],
    )
    cut = next(k for k, w in enumerate(first["words"]) if w["text"] == "photograph")
    report = make(
        FLUX_TEXT,
        FLUX,
        first["streams"],
        lambda k: ["none" if k > cut else "seen", "seen"],
        marks={cut: ["split"]},
        remedies=[
            'Move golden hour, film grain before "standing" if the overall look depends on them.'
        ],
        notes=[
            "FLUX.1 throws CLIP-L's sequence away; CLIP-L speaks only through the pooled vector."
        ],
        edges=[
            {
                "stream": "l",
                "window": 1,
                "word": cut,
                "inside": "word",
                "title": "end of CLIP-L window 1 (75 tokens)",
            }
        ],
    )
    start = report["words"][cut]["span"][0]
    report["streams"][0]["windows"] = [
        [{"id": 1125, "weight": 1.0, "span": [start, start + 5], "word": cut}],
        [{"id": 6940, "weight": 1.0, "span": [start + 5, start + 10], "word": cut}],
    ]
    report["verdict"] = (
        "11 of 58 words never reach the pooled vector: film grain, kodak portra 400, "
        "golden hour ... "
        "They reach the picture through T5-XXL only."
    )
    return report


def sd3() -> Report:
    """Four lanes, two streams that break at one place, weights, and every lane state."""
    text = (
        "(epic castle:1.3) on a cliff, dramatic sky, tiny riders below\nlong banners of silk "
        "🏰 over an unfinished stone bridge, mist"
    )
    states = {12: "unaligned", 17: "unknown", 20: "past", 21: "past", 22: "past"}

    def lanes(k: int) -> list[str]:
        later = "later" if k >= 14 else "seen"
        return ["none" if k >= 14 else "seen", later, later, states.get(k, "seen")]

    syntax = {0: "syntax", 3: "syntax", 4: "syntax", 5: "syntax", 6: "syntax"}
    marks = {
        13: ["phrase_split"],
        14: ["phrase_split", "moved"],
        17: ["unknown"],
        1: ["literal_weight"],
        2: ["literal_weight"],
    }
    return make(
        text,
        SD3,
        [stream("l", 93), stream("g", 93), stream("t5xxl", 300, None, 256)],
        lanes,
        marks=marks,
        kinds=syntax,
        pattern=r"[(:)]|1|\.3|\w+|[^\w\s]",
        family="sd3",
        family_title="Stable Diffusion 3",
        edges=[
            {
                "stream": s,
                "window": 1,
                "word": 14,
                "inside": "phrase",
                "title": f"end of {TITLES[s]} window 1 (75 tokens)",
            }
            for s in "lg"
        ],
        notes=["CLIP-L and CLIP-G are joined by feature; both stop where the shorter one stops."],
    )


def unknown_family() -> Report:
    report = make(
        "a red fox in the snow",
        [],
        [stream("l", 6)],
        lambda k: [],
        layout="unknown",
        family="unknown",
        family_title="",
    )
    for word in report["words"]:
        word["pooled"] = word["sequence"] = None
    report["verdict"] = (
        "EncoderScope has no layout for this model: tokens and windows are exact, their "
        "use is not known."
    )
    return report


def scripts() -> Report:
    """Scripts, emoji, combining marks, and control, bidi and zero-width characters."""
    text = (
        "森の中の赤い狐, ثعلب أحمر في الثلج, лиса, café cafe\u0301, 🦊❤\ufe0f 👩\u200d🎤, bell\x07 "
        "esc\x1b[31mred\x1b[0m, rtl\u202eevil, zero\u200bwidth, ﷽ 😀"
    )
    pattern = r"[\u3040-\u30ff\u4e00-\u9fff]|[^\s,\u3040-\u30ff\u4e00-\u9fff]+|,"
    return make(
        text,
        FLUX,
        [stream("l", 75), stream("t5xxl", 80, None, 512)],
        lambda k: ["seen", "seen"],
        pattern=pattern,
    )


def empty() -> Report:
    report = make("", FLUX, [stream("l", 0), stream("t5xxl", 0, None, 512)], lambda k: [])
    report["verdict"] = "The prompt is empty."
    return report


def lines() -> Report:
    text = "first line\nsecond line\r\n\r\nafter a blank line"
    return make(
        text, FLUX, [stream("l", 9), stream("t5xxl", 12, None, 512)], lambda k: ["seen", "seen"]
    )


def missing_embedding() -> Report:
    text = "a cat, embedding:badhands, blurry"
    report = make(
        text,
        FLUX,
        [stream("l", 5), stream("t5xxl", 6, None, 512)],
        lambda k: ["none", "none"] if k == 3 else ["seen", "seen"],
        marks={3: ["missing_embedding", "lost"]},
        kinds={3: "embedding"},
        pattern=r"[\w:]+|,",
        remedies=["No embedding of this name; near names: badhandv4, bad-hands-5."],
    )
    report["words"][3]["fates"] = {"l": ["missing_embedding"], "t5xxl": ["missing_embedding"]}
    return report


def long_prompt(count: int = 5000) -> Report:
    text = " ".join(f"word{k}" for k in range(count))
    edges = [
        {
            "stream": "l",
            "window": k,
            "word": k * 37,
            "inside": "between",
            "title": f"end of CLIP-L window {k} (75 tokens)",
        }
        for k in range(1, count // 37)
    ]
    return make(
        text,
        FLUX,
        [stream("l", count * 2), stream("t5xxl", count * 2, None, 512)],
        lambda k: ["seen" if k < 37 else "none", "seen" if k < 250 else "past"],
        edges=edges,
    )


def one_long_word(length: int = 900) -> Report:
    text = "ab " + "x" * length + " end"
    return make(
        text, FLUX, [stream("l", 400), stream("t5xxl", 500, None, 512)], lambda k: ["seen", "seen"]
    )


ALL: dict[str, Callable[[], Report]] = {
    f.__name__: f
    for f in (
        nothing_lost,
        flux,
        sd3,
        unknown_family,
        scripts,
        empty,
        lines,
        missing_embedding,
        long_prompt,
        one_long_word,
    )
}
