"""The image report (``docs/report-image.md``): what pictures show of a prompt, and how far this
scorer can be believed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...binding.contrasts import label
from ...binding.verdicts import BOUND, UNDECIDED
from ...image_probe.calibration import Calibration
from ...image_probe.probe import (
    ABSENT,
    CLOSE,
    KIND,
    SCORER,
    SHOWN,
    SWAPPED,
    TEXT_SIDE,
    UNKNOWN,
    Looked,
    Picture,
    Reader,
    Seen,
)
from ...image_text.dual_encoder import DualEncoder
from ..shares import rounded

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.image", 1
NOTHING = "nothing to test"
REMEDY = (
    "binding is not represented here: switch to a T5-conditioned model, or see why not with "
    "the Binding Probe."
)
"""For a scorer whose text side does not hold the contrast: then CLIP-conditioned generators with
this encoder cannot hold it either.
"""


def image_report(
    found: Looked, encoder: DualEncoder, *, host: str | None = None, notes: Sequence[str] = ()
) -> Report:
    """The whole report, strict JSON."""
    contrasts = [_contrast(found, k, reader) for k, reader in enumerate(found.readers)]
    pictures = [_picture(k, one, encoder) for k, one in enumerate(found.pictures)]
    report = {
        "format": FORMAT,
        "version": VERSION,
        "host": host,
        "text": found.reading.text,
        "scorer": {
            "title": encoder.title,
            "objective": encoder.objective,
            "scale": rounded(encoder.scale),
            "bias": rounded(encoder.bias),
            "notes": list(encoder.notes),
        },
        "captions": [{"role": role, "text": text} for role, text in found.captions],
        "contrasts": contrasts,
        "images": pictures,
        "skipped": list(found.plan.skipped),
        "unread": list(found.reading.unread),
        "notes": [*_notes(encoder), *notes],
    }
    return {**report, "shows": overall(report), "sentence": _sentence(report)}


def overall(report: Report) -> dict[str, int]:
    """How many pictures show the prompt, the swap, or cannot be told."""
    told = [one["shows"] for one in report["images"]]
    return {
        verdict: told.count(verdict)
        for verdict in ((SHOWN, SWAPPED, UNKNOWN) if report["contrasts"] else (NOTHING,))
    }


def _notes(encoder: DualEncoder) -> list[str]:
    if encoder.objective == "sigmoid":
        return [
            (
                "This scorer judges each caption alone (sigmoid with bias): its percentages "
                "are no shares and need not add up to 100."
            )
        ]
    shares = (
        "Percentages are shares among the captions shown (softmax of the logits), not probabilities"
    )
    return [
        (
            f"{shares}: this scorer multiplies cosines by {encoder.scale:.3g}, so small "
            "differences look large."
        )
    ]


def _contrast(found: Looked, k: int, reader: Reader) -> Report:
    design, text, known = found.plan.designs[k], reader.text, reader.calibration
    return {
        "kind": design.kind,
        "label": label(design.contrast),
        "stock": design.contrast.stock,
        "frames": len(design.frames),
        "text_side": {
            "verdict": text.verdict,
            "share": rounded(text.share),
            "interval": [rounded(value) for value in text.interval],
            "null": [rounded(value) for value in text.null],
        },
        "calibration": {
            "drawn": bool(known.kind),
            "right": known.right,
            "total": known.total,
            "threshold": None if known.threshold is None else rounded(known.threshold),
            "claimed": known.claimed,
            "claimed_right": known.claimed_right,
            "present": rounded(known.present) if math.isfinite(known.present) else None,
        },
        "can_tell": text.verdict == BOUND and known.believes,
        "sentence": _reader_sentence(text.verdict, known),
    }


def _reader_sentence(verdict: str, known: Calibration) -> str:
    if verdict == UNDECIDED:
        return (
            "Whether this scorer's own text side holds it cannot be told (UNDECIDED): it "
            "judges no picture on it."
        )
    if verdict != BOUND:
        return (
            f"This scorer's own text side does not hold it ({verdict}): it cannot judge any "
            f"picture on it; {REMEDY}"
        )
    if not known.kind:
        return (
            "No drawn scene shows this kind of contrast, so how often this scorer would be "
            "wrong is not known: it claims nothing."
        )
    scenes = f"{known.right} of {known.total} drawn scenes ({known.kind})"
    if known.threshold is None:
        return (
            "This scorer's words hold it, but its eyes do not surely: it is right on "
            f"{scenes}, and no margin makes it sure."
        )
    sure = f"{known.claimed_right} of the {known.claimed}"
    return (
        f"This scorer is right on {scenes}, and on {sure} whose margin was "
        f"{known.threshold:.2g} times the noise or more."
    )


def _picture(number: int, one: Picture, encoder: DualEncoder) -> Report:
    shares = encoder.probabilities(one.logits.float()[None])[0]
    return {
        "index": number,
        "shows": one.shows if one.contrasts else NOTHING,
        "logits": [rounded(value) for value in one.logits.tolist()],
        "percentages": [rounded(100 * value) for value in shares.tolist()],
        "contrasts": [_seen(seen) for seen in one.contrasts],
    }


def _seen(one: Seen) -> Report:
    return {
        "shows": one.shows,
        "why": _WHY[one.why],
        "margin": rounded(one.margin.margin),
        "noise": rounded(one.margin.noise),
        "clear": rounded(one.margin.clear),
        "present": rounded(one.margin.present) if math.isfinite(one.margin.present) else None,
    }


_WHY = {
    "": "",
    TEXT_SIDE: "the scorer's text side does not surely hold it",
    SCORER: "the scorer cannot tell it on drawn scenes",
    KIND: "no drawn scene shows this kind",
    CLOSE: "too close to call",
    ABSENT: "not all of it may be in the picture",
}
_SAID = {
    SHOWN: (SHOWN, "show the prompt"),
    SWAPPED: (SWAPPED, "show the swap"),
    UNKNOWN: ("cannot be told", "cannot be told"),
}
"""Of one picture, of several."""


def _sentence(report: Report) -> str:
    if not report["contrasts"]:
        return " ".join(["Nothing was put to the test.", *report["unread"][:1]])
    if not any(one["can_tell"] for one in report["contrasts"]):
        blind = all(one["text_side"]["verdict"] != BOUND for one in report["contrasts"])
        why = (
            "its own text side does not surely hold who has what"
            if blind
            else "it cannot tell who has what"
        )
        return (
            f"{report['scorer']['title']} cannot judge this prompt: {why}. That says nothing "
            "against the picture."
        )
    count, told = len(report["images"]), overall(report)
    if count == 1:
        [shows] = [verdict for verdict, number in told.items() if number]
        return {
            SHOWN: "The picture shows the prompt.",
            SWAPPED: "The picture shows the swap: the prompt's words, bound the other way round.",
            UNKNOWN: "Cannot tell whether the picture shows the prompt or its swap.",
        }[shows]
    said = [f"{number} {_SAID[verdict][number > 1]}" for verdict, number in told.items() if number]
    return f"Of {count} pictures, {', '.join(said)}."


# --- text
# --------------------------------------------------------------------------------------------------

_BAR = 20


def plain(report: Report) -> str:
    """The report in lines of text."""
    lines = [report["sentence"], f"Scorer: {report['scorer']['title']}"]
    for one in report["contrasts"]:
        lines += ["", one["label"], f"  {one['sentence']}"]
    for picture in report["images"]:
        lines += ["", f"Picture {picture['index'] + 1}: {picture['shows']}"]
        lines += [
            _margin_line(one, seen)
            for one, seen in zip(report["contrasts"], picture["contrasts"], strict=True)
        ]
        lines += [
            f"  {_filled(share)} {share:5.1f} %  {caption['text']}  ({caption['role']})"
            for caption, share in zip(report["captions"], picture["percentages"], strict=True)
        ]
    lines += [
        "",
        *(f"- {one}" for one in (*report["skipped"], *report["unread"], *report["notes"])),
    ]
    return "\n".join(lines)


def _margin_line(contrast: Report, seen: Report) -> str:
    why = f" ({seen['why']})" if seen["why"] else ""
    return (
        f"  {seen['shows']}{why}: {contrast['label']}: margin {seen['margin']:+.4f}, "
        f"noise {seen['noise']:.4f}, "
        f"{abs(seen['clear']):.2g} times"
    )


def _filled(share: float) -> str:
    full = round(share / 100 * _BAR)
    return "#" * full + "." * (_BAR - full)
