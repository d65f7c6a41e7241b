"""What the views of an image report draw: ``display`` of the report and of its parts, computed here
once, so that the browser lays out and computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from ...image_probe.judges import judge_verdicts
from ...image_probe.probe_images import SHOWN, SWAPPED, UNKNOWN
from ..drawing.bars import number
from ..shares import range_text, share_text
from ..wording import plural
from .judged_display import HEADING, judged_rows

Report = Mapping[str, Any]
Fields = dict[str, Any]

LEAST, MOST = 3.0, 8.0
"""How far a gauge reaches at least and at most, in units of noise."""
FIRST = 12
"""Pictures that are seen at once; more are folded away or listed."""
HOW = (
    "Only where its own text side tells the two meanings apart, and where it is right on "
    "drawn scenes whose truth is known (mark in the middle: guessing)."
)
NOT_SHOWN = judge_verdicts.NOT_SHOWN
SIGNS = {SHOWN: "✓", SWAPPED: "⇄", UNKNOWN: "?", NOT_SHOWN: "✗"}
PICTURE_VERDICTS = {
    judge_verdicts.SHOWN: SHOWN,
    judge_verdicts.NOT_SHOWN: NOT_SHOWN,
    judge_verdicts.DISAGREE: UNKNOWN,
    judge_verdicts.UNKNOWN: UNKNOWN,
}
"""What judges say of a picture -> what the report calls it."""
LEGEND = {
    SHOWN: "clear for the prompt",
    SWAPPED: "clear for the swap",
    UNKNOWN: "not clear, or not believed",
}
_STANDING = {
    "sigmoid": (
        "Percentages are no part of the verdict. Here each bar stands alone: they need "
        "not add up to 100 %."
    ),
    "softmax": (
        "Percentages are no part of the verdict. They are shares among the captions shown: "
        "together 100 %."
    ),
    "answers": "Each bar is the probability that a judge gives to the prompt's answer.",
}


def with_display(report: Report) -> Fields:
    """The report with ``display`` in it, in its contrasts and in its pictures."""
    far = reach(report)
    images = report["images"]
    return {
        **report,
        "contrasts": [
            {**contrast, "display": _contrast(contrast, far)} for contrast in report["contrasts"]
        ],
        "images": [{**image, "display": _image(report, image, far)} for image in images],
        "display": {
            "tone": tone(report),
            "pictures": plural(len(images), "picture"),
            "first": FIRST,
            "more": plural(max(0, len(images) - FIRST), "more picture"),
            "how": HOW,
            "all_can_tell": all(contrast["can_tell"] for contrast in report["contrasts"]),
            "standing": standing(report),
            "shares_title": shares_title(report),
            "unread": [line for line in report["unread"] if line not in str(report["sentence"])],
            "noise": _stretch(-1, 1, far),
            "ticks": [{"place": place(tick, far), "text": str(abs(tick))} for tick in ticks(far)],
            "judged_heading": HEADING,
            "seers": seers(report),
            "ends": ["the swap", "× the noise", "the prompt"],
            "legend": [{"name": name, "title": title} for name, title in legend(report)],
        },
    }


def seers(report: Report) -> list[str]:
    """Who looked at the pictures: the scorer and the judges, each once."""
    titles = [report["scorer"]["title"], *(judge["title"] for judge in report["judges"])]
    return list(dict.fromkeys(map(str, titles)))


def tone(report: Report) -> str:
    """lost as soon as one picture shows the swap or lacks something, kept only where all show the
    prompt.
    """
    verdicts = {verdict for image in report["images"] for verdict in _verdicts(image)}
    if SWAPPED in verdicts or NOT_SHOWN in verdicts:
        return "lost"
    if verdicts == {SHOWN}:
        return "kept"
    return "open"


def _verdicts(image: Report) -> Iterator[str]:
    """The scorer's, and the judges' where they were asked."""
    yield image["shows"]
    if image.get("judged") is not None:
        yield PICTURE_VERDICTS[image["judged"]["shows"]]


def standing(report: Report) -> str:
    """What the percentages are shares of."""
    if not report["captions"]:
        return _STANDING["answers"]
    if not has_percentages(report):
        return "There are no percentages here, and no verdict needs them."
    return _standing(report["scorer"])


def _standing(scorer: Report) -> str:
    return _STANDING.get(scorer["objective"], _STANDING["softmax"])


def shares_title(report: Report) -> str:
    """What stands over the captions of a picture."""
    if has_percentages(report):
        return "Percentages, as other tools show them"
    return "What it was scored with"


def has_percentages(report: Report) -> bool:
    """Whether a percentage is known for any caption."""
    return any(share is not None for image in report["images"] for share in image["percentages"])


def legend(report: Report) -> Iterator[tuple[str, str]]:
    """Name and words of each thing that a gauge shows; only what occurs."""
    occurring = {each["shows"] for image in report["images"] for each in image["contrasts"]}
    for shows, words in LEGEND.items():
        if shows in occurring:
            yield shows, words
    if occurring:
        yield "noise", "noise: what wording changes"
    if any(contrast["can_tell"] for contrast in report["contrasts"]):
        yield "threshold", "this scorer is believed from here"


# --- gauges
# --------------------------------------------------------------------------------------------------


def reach(report: Report) -> float:
    """How far the gauges of one report reach to either side: all of them alike, so that pictures
    can be compared.
    """
    values = [
        number(margin["clear"]) for image in report["images"] for margin in image["contrasts"]
    ]
    values += [number(contrast["calibration"]["threshold"]) for contrast in report["contrasts"]]
    most = max((abs(value) for value in values if value is not None), default=0.0)
    return float(min(MOST, max(LEAST, ceil(most + 0.2))))


def ticks(far: float) -> list[int]:
    """Where the axis of a gauge is marked, in noises."""
    step = 1
    if far > 4:
        step = 2
    last = int(far // step) * step
    return list(range(-last, last + 1, step))


def place(clear: float, far: float) -> float:
    """Where a margin stands on a gauge, in percent of its length."""
    return round(50 + 50 * min(far, max(-far, clear)) / far, 3)


def _stretch(start: float, end: float, far: float) -> Fields:
    left, right = sorted((place(start, far), place(end, far)))
    return {"left": left, "width": round(right - left, 3)}


def clear_text(margin: Report) -> str:
    """'+3.2 × the noise'."""
    clear = number(margin["clear"])
    if clear is None:
        return "no number"
    return f"{float(f'{clear:.2g}'):+g} × the noise".replace("-", "−", 1)


def shows_text(margin: Report) -> str:
    """The verdict of one contrast in one picture, with the reason where nothing is claimed."""
    if margin["why"]:
        return f"{margin['shows']}: {margin['why']}"
    return str(margin["shows"])


def thresholds(contrast: Report, far: float) -> list[float]:
    """Margins from which on the scorer is believed, as far as the gauge reaches, on either side."""
    threshold = number(contrast["calibration"]["threshold"])
    if not contrast["can_tell"] or threshold is None or threshold > far:
        return []
    return [-threshold, threshold]


# --- the parts of a report
# --------------------------------------------------------------------------------------------------


def _contrast(contrast: Report, far: float) -> Fields:
    calibration = contrast["calibration"]
    return {
        "thresholds": [place(threshold, far) for threshold in thresholds(contrast, far)],
        "scenes": {
            "share": round(100 * right_share(calibration), 3),
            "text": scenes_text(calibration),
            "tip": list(_scenes_tip(contrast)),
        },
    }


def right_share(calibration: Report) -> float:
    """How many of the drawn scenes the scorer is right on, from 0 to 1."""
    total = number(calibration["total"]) or 0.0
    if total <= 0:
        return 0.0
    return min(1.0, max(0.0, (number(calibration["right"]) or 0.0) / total))


def scenes_text(calibration: Report) -> str:
    """'148 of 200 drawn scenes'."""
    if not calibration["drawn"]:
        return "not to be drawn"
    return f"{calibration['right']:,} of {calibration['total']:,} drawn scenes"


def _scenes_tip(contrast: Report) -> Iterator[str]:
    calibration, text_side = contrast["calibration"], contrast["text_side"]
    yield str(contrast["label"])
    if calibration["drawn"]:
        yield f"Right on {scenes_text(calibration)}; guessing is right on half of them."
    else:
        yield "No drawn scene shows this kind of contrast: nothing is claimed."
    if calibration["threshold"] is None:
        yield "No margin makes it sure."
    else:
        yield (
            f"From {calibration['threshold']:g} × the noise on, {calibration['claimed_right']} of "
            f"{calibration['claimed']} are right."
        )
    yield (
        f"Its text side: {text_side['verdict']}, binding has {share_text(text_side['share'])} "
        f"(interval {range_text(text_side['interval'])}); encoders that bind nothing stay below "
        f"{share_text(text_side['null'][1])}."
    )


def _image(report: Report, image: Report, far: float) -> Fields:
    return {
        "title": f"Picture {image['index'] + 1}",
        "sign": SIGNS.get(image["shows"], "·"),
        "contrasts": [
            _margin(contrast, margin, far)
            for contrast, margin in zip(report["contrasts"], image["contrasts"], strict=True)
        ],
        "captions": [
            _caption(report["scorer"], caption, percentage, logit)
            for caption, percentage, logit in zip(
                report["captions"], image["percentages"], image["logits"], strict=True
            )
        ],
        "judged": judged_rows(report, image),
    }


def _margin(contrast: Report, margin: Report, far: float) -> Fields:
    clear = margin["clear"]
    believed = "This scorer is not believed here, however clear the margin."
    if contrast["can_tell"]:
        threshold = contrast["calibration"]["threshold"]
        believed = f"This scorer is believed from {threshold:g} × the noise on."
    beyond = None
    if clear > far:
        beyond = "prompt"
    elif clear < -far:
        beyond = "swap"
    return {
        **_stretch(0, clear, far),
        "beyond": beyond,
        "sign": SIGNS.get(margin["shows"], "·"),
        "text": shows_text(margin),
        "clear_text": clear_text(margin),
        "tip": [
            str(contrast["label"]),
            shows_text(margin),
            (
                f"Margin {margin['margin']:g} in cosines, noise {margin['noise']:g}: "
                f"{clear:g} × the noise"
            ),
            believed,
            (
                "The margin is what sentences with the prompt’s meaning score above those with the "
                f"swap’s, over {contrast['frames']} ways to say them. The noise is what sentences "
                "of one meaning differ in."
            ),
        ],
    }


def meaning(role: str) -> str:
    """prompt, swap or unrelated. A role of a newer report means neither."""
    first = role.split(" ", 1)[0]
    if first not in ("prompt", "swap"):
        return "unrelated"
    return first


def percentage_text(percentage: float | None) -> str:
    """'42.1 %'; what is too small to be given in figures is said to be so; '—' for none."""
    if percentage is None:
        return "—"
    if 0 < percentage < 0.05:
        return "< 0.1 %"
    return f"{percentage:.1f} %"


def _caption(scorer: Report, caption: Report, percentage: float | None, logit: float) -> Fields:
    scale = f"cosine × {scorer['scale']:g}"
    if scorer["bias"]:
        scale += f", bias {scorer['bias']:g}"
    return {
        "meaning": meaning(caption["role"]),
        "text": percentage_text(percentage),
        "tip": [
            caption["text"],
            f"{caption['role']}: {_exactly(percentage)}",
            f"Score {logit:g} ({scale})",
            _standing(scorer),
        ],
    }


def _exactly(percentage: float | None) -> str:
    if percentage is None:
        return "no percentage"
    return f"{percentage:g} %"
