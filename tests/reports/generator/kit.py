"""Ignored Words reports made up by hand, as decision 12 has them: one for each thing that a view
has to show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Report = dict[str, Any]
TEXT = "a red car next to a blue house, cinematic light, best quality, (fog:1.2), no people"
LEVELS = (-3.0, -1.0, 1.0, 3.0)
FLOOR = {"share": 0.006, "interval": [0.002, 0.012]}


def phrase(text: str, words: str, share: float = 0.3, verdict: str = "used", **more: Any) -> Report:
    """A phrase of the prompt ``text``; own rows do most of it."""
    start = text.index(words)
    return {
        "text": words,
        "span": [start, start + len(words)],
        "source": "read",
        "tokens": {"l": len(words.split()), "t5xxl": len(words.split()) + 1},
        "influence": share * 0.04,
        "share": share,
        "interval": [share * 0.75, share * 1.3 + 0.001],
        "rank": 1,
        "verdict": verdict,
        "reaches": True,
        "own_rows": {"share": share * 0.8, "interval": [share * 0.6, share]},
        "leak": 0.2,
        "pooled": None,
        "levels": [
            {"log_snr": level, "influence": share * 0.04 * weight, "share": share * weight}
            for level, weight in zip(LEVELS, (1.6, 1.2, 0.8, 0.4), strict=True)
        ],
        "sentence": f"“{words}”: {verdict}.",
    } | more


def cut_off(text: str, words: str) -> Report:
    """A phrase that station 1 has lost."""
    return phrase(
        text,
        words,
        0.0,
        "ignored",
        reaches=False,
        tokens={"l": 0},
        interval=[0.0, 0.0],
        own_rows=None,
        leak=None,
        sentence=f"“{words}” stands behind the 75 tokens that this model reads: move it forward.",
    )


def leaky(text: str, words: str, share: float = 0.2) -> Report:
    """A phrase that acts through other words."""
    own = {"share": share * 0.3, "interval": [share * 0.2, share * 0.4]}
    return phrase(text, words, share, own_rows=own, leak=0.7)


def pooled(text: str, words: str, share: float = 0.2) -> Report:
    """A phrase that acts through the pooled vector."""
    low, high = share * 0.6, share * 0.9
    part = {"share": share * 0.8, "interval": [low, high]}
    return leaky(text, words, share) | {"pooled": part}


def bound(
    share: float = 0.2, null: Sequence[float] = (0.01, 0.05), encoder: Report | None = None
) -> Report:
    """What the binding probe found on the noise that the generator predicts."""
    return {
        "label": "red car / blue house",
        "kind": "binding",
        "encoder": encoder,
        "generator": {"share": share, "interval": [share * 0.7, share * 1.4], "null": list(null)},
        "sentence": "The encoder holds which is red; the image model does not use it.",
    }


def report(phrases: Sequence[Report], text: str = TEXT, **more: Any) -> Report:
    """A whole report without ``display``; ranks by share."""
    order = sorted(range(len(phrases)), key=lambda k: -phrases[k]["share"])
    for rank, index in enumerate(order, 1):
        phrases[index]["rank"] = rank
    ignored = [each["text"] for each in phrases if each["verdict"] == "ignored"]
    sentence = "Every phrase is used."
    if ignored:
        sentence = f"The image model ignores {', '.join(f'“{words}”' for words in ignored)}."
    return {
        "format": "encoderscope.generator",
        "version": 1,
        "host": "ComfyUI 0.3.75",
        "text": text,
        "negative": None,
        "sentence": sentence,
        "generator": {"title": "mini-MMDiT", "family": "sd3", "prediction": "flow", "notes": []},
        "moment": "along a run",
        "guidance": {"scale": 1.0, "on": False},
        "budget": {
            "name": "default",
            "calls": 56,
            "levels": list(LEVELS),
            "sigmas": [0.95, 0.73, 0.38, 0.18],
            "seeds": [0, 1],
        },
        "whole": {"influence": 0.04, "interval": [0.033, 0.048]},
        "scale": {"phrase": None, "influence": 0.04},
        "floor": dict(FLOOR),
        "phrases": list(phrases),
        "binding": [],
        "skipped": [],
        "notes": [],
    } | more


def mixed() -> Report:
    """Every state of a phrase, and every way by which one acts."""
    phrases = [
        phrase(TEXT, "red car", 0.42),
        leaky(TEXT, "blue house", 0.24),
        pooled(TEXT, "cinematic light", 0.11),
        phrase(TEXT, "best quality", 0.004, "ignored", interval=[0.001, 0.008]),
        phrase(TEXT, "(fog:1.2)", 0.014, "cannot tell", interval=[0.005, 0.03], source="marked"),
        cut_off(TEXT, "no people"),
    ]
    encoder = {"share": 0.24, "verdict": "BOUND"}
    return report(phrases, binding=[bound(0.03, encoder=encoder), bound(0.3)], notes=["Noted one."])


def used() -> Report:
    return report([phrase(TEXT, "red car", 0.5), phrase(TEXT, "blue house", 0.3)])


def ignored() -> Report:
    return report(
        [
            phrase(TEXT, "red car", 0.003, "ignored", interval=[0.0, 0.006]),
            phrase(TEXT, "blue house", 0.002, "ignored", interval=[0.0, 0.005]),
        ]
    )


def unsure() -> Report:
    first = phrase(TEXT, "red car", 0.02, "cannot tell", interval=[0.004, 0.05])
    return report([first, phrase(TEXT, "blue house", 0.4)])


def alone() -> Report:
    text = "a fox"
    return report([phrase(text, "a fox", 1.0, interval=[0.9, 1.1], source="comma")], text)


def nothing(text: str = "") -> Report:
    return report(
        [],
        text,
        sentence="The prompt is empty: there is no phrase to measure.",
        whole={"influence": 0.0, "interval": [0.0, 0.0]},
        floor={"share": 0.0, "interval": [0.0, 0.0]},
    )


def finished() -> Report:
    """On the finished picture, with guidance, and a negative prompt."""
    return mixed() | {
        "moment": "on the finished picture",
        "guidance": {"scale": 4.5, "on": True},
        "negative": "blurry",
    }


def wide() -> Report:
    text = "赤い車と青い家、夜の東京、🦊"
    phrases = [phrase(text, "赤い車", 0.4), phrase(text, "青い家", 0.005, "ignored")]
    return report([*phrases, leaky(text, "夜の東京", 0.2)], text)


def many(count: int = 40) -> Report:
    """So many phrases that not all fit; every fifth is ignored."""
    names = [f"phrase number {k} of a long list" for k in range(count)]
    text = ", ".join(names)
    verdicts = {True: "ignored", False: "used"}
    phrases = [
        phrase(text, name, 0.002 + 0.3 * (k % 5 > 0) / (k + 1), verdicts[k % 5 == 0])
        for k, name in enumerate(names)
    ]
    return report(phrases, text)


def long() -> Report:
    """A prompt of sixty thousand characters."""
    text = "a red car, " + "words and more words " * 2900 + ", a blue house"
    return report([phrase(text, "a red car", 0.4), cut_off(text, "a blue house")], text)


REPORTS: dict[str, Callable[[], Report]] = {
    "mixed": mixed,
    "used": used,
    "ignored": ignored,
    "unsure": unsure,
    "alone": alone,
    "nothing": nothing,
    "finished": finished,
    "wide": wide,
    "many": many,
    "long": long,
}
