"""The image report (``docs/report-image.md``) as plain data: what pictures show of a prompt,
and how far this scorer can be believed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...binding.designs import Design
from ...binding.verdicts import BOUND, UNDECIDED
from ...english.statements import Reading
from ...image_probe.calibration import Calibration
from ...image_probe.judges.ask_judges import Judgement
from ...image_probe.probe_images import (
    ABSENT,
    CLOSE,
    KIND,
    SCORER,
    SHOWN,
    SWAPPED,
    TEXT_SIDE,
    UNKNOWN,
    ImageProbeResult,
    PictureResult,
    PictureVerdict,
    ScorerReliability,
)
from ...image_text.dual_encoder import DualEncoder
from ...translation import current_language, localized, translatable, translate, translate_count
from ..shares import rounded, rounded_or_none, verdict_name
from ..wording import listed
from .display import PICTURE_VERDICTS, with_display
from .judged import NOTE, NOTHING_SAID, judged_sentence, judgement_fields, picture_fields
from .text import plain as plain
from .verdict_counts import counted

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.image", 1
NOTHING = translatable("nothing to test")
REMEDY = translatable(
    "binding is not represented here: switch to a T5-conditioned model, or see why not with "
    "the Binding Probe."
)
"""For a scorer whose text side does not hold the contrast: then CLIP-conditioned generators with
this encoder cannot hold it either.
"""


def image_report(
    result: ImageProbeResult,
    encoder: DualEncoder,
    *,
    host: str | None = None,
    notes: Sequence[str] = (),
    judgement: Judgement | None = None,
) -> Report:
    """The whole report, strict JSON. ``judgement``: what judges said of the same pictures."""
    report = {
        "format": FORMAT,
        "version": VERSION,
        "host": host,
        "language": current_language(),
        "text": result.reading.text,
        "scorer": _scorer(encoder),
        "captions": [{"role": role, "text": text} for role, text in result.captions],
        "contrasts": [
            _contrast(design, reader)
            for design, reader in zip(result.plan.designs, result.reliability, strict=True)
        ],
        "images": [
            {**_picture(number, picture, encoder), **picture_fields(judgement, number)}
            for number, picture in enumerate(result.pictures)
        ],
        **judgement_fields(judgement),
        "skipped": list(map(localized, result.plan.skipped)),
        "unread": list(map(localized, result.reading.unread)),
        "notes": [
            _percentages_note(encoder, bool(result.plan.designs)),
            *map(localized, notes),
            *_judge_notes(judgement),
        ],
    }
    sentence = _sentence(report)
    if judgement is not None:
        sentence = f"{sentence} {judged_sentence(judgement)}"
    return with_display({**report, "shows": overall(report), "sentence": sentence})


def _scorer(encoder: DualEncoder) -> Report:
    return {
        "title": localized(encoder.title),
        "objective": encoder.objective,
        "scale": rounded(encoder.scale),
        "bias": rounded(encoder.bias),
        "notes": list(map(localized, encoder.notes)),
    }


def judge_report(
    judgement: Judgement, reading: Reading, *, host: str | None = None, notes: Sequence[str] = ()
) -> Report:
    """The report of judges alone: no captions are compared, and the verdict is theirs."""
    images = [
        {
            "index": number,
            "shows": PICTURE_VERDICTS[picture.shows],
            "logits": [],
            "percentages": [],
            "contrasts": [],
            **picture_fields(judgement, number),
        }
        for number, picture in enumerate(judgement.pictures)
    ]
    verdicts = [str(image["shows"]) for image in images]
    report = {
        "format": FORMAT,
        "version": VERSION,
        "host": host,
        "language": current_language(),
        "text": reading.text,
        "scorer": {
            "title": localized(judgement.judges[0].title),
            "objective": "answers",
            "scale": 1.0,
            "bias": 0.0,
            "notes": [],
        },
        "captions": [],
        "contrasts": [],
        "images": images,
        **judgement_fields(judgement),
        "skipped": [],
        "unread": [] if judgement.questions else list(map(localized, reading.unread)),
        "notes": [*map(localized, notes), *_judge_notes(judgement)],
        "shows": {verdict: verdicts.count(verdict) for verdict in dict.fromkeys(verdicts)},
        "sentence": judged_sentence(judgement),
    }
    return with_display(report)


def _judge_notes(judgement: Judgement | None) -> list[str]:
    if judgement is None:
        return []
    return [
        translate(NOTE),
        *(
            f"{localized(each.title)}: {localized(note)}"
            for each in judgement.judges
            for note in each.notes
        ),
    ]


def overall(report: Report) -> dict[str, int]:
    """How many pictures show the prompt, the swap, or cannot be told."""
    verdicts = [image["shows"] for image in report["images"]]
    if not report["contrasts"]:
        return {NOTHING: verdicts.count(NOTHING)}
    return {verdict: verdicts.count(verdict) for verdict in (SHOWN, SWAPPED, UNKNOWN)}


def _percentages_note(encoder: DualEncoder, has_contrasts: bool) -> str:
    if encoder.uncalibrated:
        return translate(
            "Percentages are not known: this scorer's file has no {lacks}. Verdicts compare "
            "captions with each other and do not depend on that.",
            lacks=_neither(encoder.uncalibrated),
        )
    if encoder.objective == "softmax" and not has_contrasts:
        return translate(
            "No percentages: beside one unrelated sentence any text gets nearly 100 %, "
            "whatever the picture shows."
        )
    if encoder.objective == "sigmoid":
        return translate(
            "This scorer judges each caption alone (sigmoid with bias): its percentages "
            "are no shares and need not add up to 100."
        )
    return translate(
        "Percentages are shares among the captions shown (softmax of the logits), not "
        "probabilities: this scorer multiplies cosines by {scale}, so small "
        "differences look large.",
        scale=f"{encoder.scale:.3g}",
    )


def _neither(names: Sequence[str]) -> str:
    """'logit_scale and no logit_bias'."""
    if len(names) < 2:
        return "".join(names)
    return translate("{first} and no {second}", first=names[0], second=names[1])


def _contrast(design: Design, reader: ScorerReliability) -> Report:
    text, calibration = reader.text, reader.calibration
    return {
        "kind": design.kind,
        "label": design.contrast.label(),
        "stock": design.contrast.stock,
        "frames": len(design.frames),
        "text_side": {
            "verdict": text.verdict,
            "share": rounded(text.share),
            "interval": [rounded(value) for value in text.interval],
            "null": [rounded(value) for value in text.null],
        },
        "calibration": {
            "drawn": bool(calibration.kind),
            "right": calibration.right,
            "total": calibration.total,
            "threshold": rounded_or_none(calibration.threshold),
            "claimed": calibration.claimed,
            "claimed_right": calibration.claimed_right,
            "present": rounded_or_none(calibration.present),
        },
        "can_tell": text.verdict == BOUND and calibration.believes,
        "sentence": _reader_sentence(text.verdict, calibration),
    }


def _reader_sentence(verdict: str, calibration: Calibration) -> str:
    if verdict == UNDECIDED:
        return translate(
            "Whether this scorer's own text side holds it cannot be told ({verdict}): it "
            "judges no picture on it.",
            verdict=verdict_name(verdict),
        )
    if verdict != BOUND:
        return translate(
            "This scorer's own text side does not hold it ({verdict}): it cannot judge any "
            "picture on it; {remedy}",
            verdict=verdict_name(verdict),
            remedy=translate(REMEDY),
        )
    if not calibration.kind:
        return translate(
            "No drawn scene shows this kind of contrast, so how often this scorer would be "
            "wrong is not known: it claims nothing."
        )
    kind = translate(calibration.kind)
    if calibration.threshold is None:
        return translate(
            "This scorer's text side holds it, but its image side is not reliable: it is right on "
            "{right} of {total} drawn scenes ({kind}), whatever the margin.",
            right=calibration.right,
            total=calibration.total,
            kind=kind,
        )
    return translate(
        "This scorer is right on {right} of {total} drawn scenes ({kind}), and on {claimed_right} "
        "of the {claimed} whose margin was {threshold} times the noise or more.",
        right=calibration.right,
        total=calibration.total,
        kind=kind,
        claimed_right=calibration.claimed_right,
        claimed=calibration.claimed,
        threshold=f"{calibration.threshold:.2g}",
    )


def _picture(number: int, picture: PictureResult, encoder: DualEncoder) -> Report:
    shares = encoder.probabilities(picture.logits.float()[None])[0]
    if encoder.objective == "softmax" and not picture.verdicts:  # a share beside nothing
        shares = shares.fill_(math.nan)
    return {
        "index": number,
        "shows": picture.shows if picture.verdicts else NOTHING,
        "logits": [rounded(value) for value in picture.logits.tolist()],
        "percentages": [rounded_or_none(100 * value) for value in shares.tolist()],
        "contrasts": [_margin(contrast) for contrast in picture.verdicts],
    }


def _margin(contrast: PictureVerdict) -> Report:
    return {
        "shows": contrast.shows,
        "why": _REASONS[contrast.reason],
        "margin": rounded(contrast.margin.margin),
        "noise": rounded(contrast.margin.noise),
        "clear": rounded(contrast.margin.clear),
        "present": rounded_or_none(contrast.margin.present),
    }


_REASONS = {
    "": "",
    TEXT_SIDE: translatable("the scorer's text side does not surely hold it"),
    SCORER: translatable("the scorer cannot tell it on drawn scenes"),
    KIND: translatable("no drawn scene shows this kind"),
    CLOSE: translatable("too close to call"),
    ABSENT: translatable("not all of it may be in the picture"),
}
_ONE_PICTURE = {
    SHOWN: translatable("The picture shows the prompt."),
    SWAPPED: translatable(
        "The picture shows the swap: the prompt's words, bound the other way round."
    ),
    UNKNOWN: translatable("Cannot tell whether the picture shows the prompt or its swap."),
}


def _sentence(report: Report) -> str:
    contrasts, images = report["contrasts"], report["images"]
    if not contrasts:
        return " ".join([translate("Nothing was put to the test."), *report["unread"][:1]])
    if not any(contrast["can_tell"] for contrast in contrasts):
        return f"{_blind(str(report['scorer']['title']), contrasts)} {translate(NOTHING_SAID)}"
    if len(images) == 1:
        return translate(_ONE_PICTURE[images[0]["shows"]])
    return translate_count(
        "Of {count} picture, {verdicts}.",
        "Of {count} pictures, {verdicts}.",
        len(images),
        verdicts=listed(counted(overall(report))),
    )


def _blind(scorer: str, contrasts: Sequence[Report]) -> str:
    if any(contrast["text_side"]["verdict"] == BOUND for contrast in contrasts):
        return translate(
            "{scorer} cannot judge this prompt: it cannot tell the two meanings apart.",
            scorer=scorer,
        )
    return translate(
        "{scorer} cannot judge this prompt: its own text side does not surely tell the two "
        "meanings apart.",
        scorer=scorer,
    )
