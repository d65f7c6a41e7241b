"""What the views of an image report draw: ``display`` of the report and of its parts, computed here
once, so that the browser lays out and computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from ...image_probe.judges import judge_verdicts
from ...image_probe.probe_images import SHOWN, SWAPPED, UNKNOWN
from ...translation import in_its_language, translatable, translate, translate_count
from ..drawing.bars import number
from ..shares import range_text, share_text, verdict_name
from . import caption_display
from .judged_display import HEADING, judged_rows, judged_title

Report = Mapping[str, Any]
Fields = dict[str, Any]

LEAST, MOST = 3.0, 8.0
"""How far a gauge reaches at least and at most, in units of noise."""
FIRST = 12
"""Pictures that are seen at once; more are folded away or listed."""
SCORER_NOTE = translatable(
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
    SHOWN: translatable("clear for the prompt"),
    SWAPPED: translatable("clear for the swap"),
    UNKNOWN: translatable("not clear, or not believed"),
}


@in_its_language
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
            "pictures": pictures(report),
            "headings": headings(),
            "first": FIRST,
            "more": translate_count(
                "{count:,} more picture", "{count:,} more pictures", max(0, len(images) - FIRST)
            ),
            "how": translate(SCORER_NOTE),
            "all_can_tell": all(contrast["can_tell"] for contrast in report["contrasts"]),
            "standing": caption_display.standing(report),
            "shares_title": shares_title(report),
            "unread": [line for line in report["unread"] if line not in str(report["sentence"])],
            "noise": _stretch(-1, 1, far),
            "ticks": [{"place": place(tick, far), "text": str(abs(tick))} for tick in ticks(far)],
            "judged_heading": translate(HEADING),
            "seers": seers(report),
            "ends": list(ends()),
            "legend": [{"name": name, "title": title} for name, title in legend(report)],
        },
    }


def pictures(report: Report) -> str:
    """'2 pictures'."""
    return translate_count("{count:,} picture", "{count:,} pictures", len(report["images"]))


def headings() -> Fields:
    """What stands over the parts of a card, by the part."""
    return {
        "scorer": translate("Can this scorer tell at all?"),
        "judge": translate("Can this judge tell at all?"),
        "text_side": translate("text side"),
        "stock": translate("rival added"),
        "unread": translate("Could not be read"),
        "skipped": translate("Not put to the test"),
        "notes": translate("Notes"),
    }


def ends() -> tuple[str, str, str]:
    """What either end of a gauge means, and between them the unit."""
    return translate("the swap"), translate("× the noise"), translate("the prompt")


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


def shares_title(report: Report) -> str:
    """What stands over the captions of a picture."""
    if caption_display.has_percentages(report):
        return translate("Percentages, as other tools show them")
    return translate("What it was scored with")


def legend(report: Report) -> Iterator[tuple[str, str]]:
    """Name and words of each thing that a gauge shows; only what occurs."""
    occurring = {each["shows"] for image in report["images"] for each in image["contrasts"]}
    for shows, words in LEGEND.items():
        if shows in occurring:
            yield shows, translate(words)
    if occurring:
        yield "noise", translate("noise: what wording changes")
    if any(contrast["can_tell"] for contrast in report["contrasts"]):
        yield "threshold", translate("this scorer is believed from here")


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
        return translate("no number")
    times = f"{float(f'{clear:.2g}'):+g}".replace("-", "−", 1)
    return translate("{times} × the noise", times=times)


def shows_text(margin: Report) -> str:
    """The verdict of one contrast in one picture, with the reason where nothing is claimed."""
    shows = translate(str(margin["shows"]))
    if margin["why"]:
        return translate("{verdict}: {why}", verdict=shows, why=translate(str(margin["why"])))
    return shows


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
        "verdict": verdict_name(str(contrast["text_side"]["verdict"])),
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
        return translate("not to be drawn")
    return translate(
        "{right:,} of {total:,} drawn scenes",
        right=calibration["right"],
        total=calibration["total"],
    )


def _scenes_tip(contrast: Report) -> Iterator[str]:
    calibration, text_side = contrast["calibration"], contrast["text_side"]
    yield str(contrast["label"])
    if calibration["drawn"]:
        yield translate(
            "Right on {right:,} of {total:,} drawn scenes; guessing is right on half of them.",
            right=calibration["right"],
            total=calibration["total"],
        )
    else:
        yield translate("No drawn scene shows this kind of contrast: nothing is claimed.")
    if calibration["threshold"] is None:
        yield translate("No margin makes it sure.")
    else:
        yield translate(
            "From {threshold} × the noise on, {right} of {claimed} are right.",
            threshold=f"{calibration['threshold']:g}",
            right=calibration["claimed_right"],
            claimed=calibration["claimed"],
        )
    yield translate(
        "Its text side: {verdict}, binding has {share} (interval {interval}); encoders that bind "
        "nothing stay below {level}.",
        verdict=verdict_name(str(text_side["verdict"])),
        share=share_text(text_side["share"]),
        interval=range_text(text_side["interval"]),
        level=share_text(text_side["null"][1]),
    )


def _image(report: Report, image: Report, far: float) -> Fields:
    return {
        "title": title(image),
        "shows": translate(str(image["shows"])),
        "sign": SIGNS.get(image["shows"], "·"),
        "contrasts": [
            _margin(contrast, margin, far)
            for contrast, margin in zip(report["contrasts"], image["contrasts"], strict=True)
        ],
        "captions": [
            caption_display.caption_fields(report["scorer"], caption, percentage, logit)
            for caption, percentage, logit in zip(
                report["captions"], image["percentages"], image["logits"], strict=True
            )
        ],
        "judged": judged_rows(report, image),
        "judged_title": judged_title(image),
    }


def title(image: Report) -> str:
    """'Picture 1'."""
    return translate("Picture {number}", number=image["index"] + 1)


def _margin(contrast: Report, margin: Report, far: float) -> Fields:
    clear = margin["clear"]
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
        "tip": list(_margin_tip(contrast, margin)),
    }


def _margin_tip(contrast: Report, margin: Report) -> Iterator[str]:
    yield str(contrast["label"])
    yield shows_text(margin)
    yield translate(
        "Margin {margin:g} in cosines, noise {noise:g}: {clear:g} × the noise",
        margin=margin["margin"],
        noise=margin["noise"],
        clear=margin["clear"],
    )
    if contrast["can_tell"]:
        threshold = contrast["calibration"]["threshold"]
        yield translate(
            "This scorer is believed from {threshold:g} × the noise on.", threshold=threshold
        )
    else:
        yield translate("This scorer is not believed here, however clear the margin.")
    yield translate_count(
        "The margin is what sentences with the prompt’s meaning score above those with the swap’s, "
        "over {count} way to say them. The noise is what sentences of one meaning differ in.",
        "The margin is what sentences with the prompt’s meaning score above those with the swap’s, "
        "over {count} ways to say them. The noise is what sentences of one meaning differ in.",
        contrast["frames"],
    )
