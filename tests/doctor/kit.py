"""Reports of the four stations, made up by hand: only what the Prompt Doctor reads of them, in the
form that the real ones have (tests/host/test_doctor.py compares).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

Report = dict[str, Any]
TEXT = "a red car next to a blue house, golden hour"


def tokens(text: str = TEXT, *, family: str = "sd3", weights: bool = True, **more: Any) -> Report:
    """Every word seen by CLIP-L; ``more``: fields of the report."""
    words = [word(match[0], match.start()) for match in re.finditer(r"[^\s,]+", text)]
    readouts = [
        {"name": "pooled", "kind": "pooled", "title": "pooled (CLIP-L)", "streams": ["l"]},
        {"name": "sequence:l", "kind": "sequence", "title": "sequence (CLIP-L)", "streams": ["l"]},
    ]
    stream = {"name": "l", "title": "CLIP-L", "status": "encoded", "weights": weights}
    return {
        "format": "encoderscope.tokens",
        "version": 1,
        "text": text,
        "family": family,
        "family_title": family.upper(),
        "words": words,
        "readouts": readouts,
        "streams": [stream],
        "findings": [],
    } | more


def word(text: str, start: int) -> Report:
    """A word that arrives everywhere."""
    return {
        "text": text,
        "span": [start, start + len(text)],
        "kind": "embedding" if text.startswith("embedding:") else "word",
        "fates": {"l": ["seen"]},
        "pooled": True,
        "sequence": True,
        "lost": False,
        "lanes": ["seen", "seen"],
    }


def with_fate(report: Report, text: str, fate: str, pooled: bool, sequence: bool) -> Report:
    """The report with another fate of one word."""
    lanes = [{True: "seen", False: "none"}[pooled], {True: "later", False: "none"}[sequence]]
    change = {
        "fates": {"l": [fate]},
        "pooled": pooled,
        "sequence": sequence,
        "lanes": lanes,
        "lost": not (pooled and sequence),
    }
    words = [each | change if each["text"] == text else each for each in report["words"]]
    return report | {"words": words}


def finding(text: str, kind: str, construct: str, certain: bool = True) -> Report:
    """One finding of the lint."""
    start = text.index(construct)
    return {
        "kind": kind,
        "span": [start, start + len(construct)],
        "meant": "Something.",
        "does": "It is read as text.",
        "instead": "Write it otherwise.",
        "certain": certain,
    }


def probe(
    text: str = TEXT,
    verdict: str = "BOUND",
    *,
    generator: str | None = "joint-attention DiT",
    pairs: Sequence[tuple[str, str]] = (("red", "car"), ("blue", "house")),
    lint: Sequence[Report] = (),
) -> Report:
    """One contrast of two pairs, with this verdict."""
    arcs = [{"from": span(text, a), "to": span(text, b)} for a, b in pairs]
    label = " / ".join(f"{a} {b}" for a, b in pairs)
    remedy = "Look at the generator first."
    return {
        "format": "encoderscope.probe",
        "version": 1,
        "text": text,
        "family": "sd3",
        "family_title": "SD3",
        "generator": generator,
        "contrasts": [
            {"kind": "binding", "label": label, "verdict": verdict, "arcs": arcs, "remedy": remedy}
        ],
        "verdicts": [
            {"pair": 0, "counts": True, "verdict": verdict, "share": 0.3, "null": [0.05, 0.06]}
        ],
        "lint": list(lint),
    }


def span(text: str, part: str) -> list[int]:
    """Where a part of the prompt stands."""
    start = text.index(part)
    return [start, start + len(part)]


def generator(text: str = TEXT, verdicts: dict[str, str] | None = None, **more: Any) -> Report:
    """Phrase -> used, ignored, cannot tell, or cut off; all phrases that are not named are used."""
    named = {"red": "used", "car": "used", "next to": "used", "blue": "used", "house": "used"}
    named |= {"golden": "used", "hour": "used"}
    named |= verdicts or {}
    return {
        "format": "encoderscope.generator",
        "version": 1,
        "text": text,
        "floor": {"share": 0.01, "interval": [0.0, 0.03]},
        "phrases": [
            measured(text, part, verdict) for part, verdict in named.items() if part in text
        ],
    } | more


def measured(text: str, part: str, verdict: str) -> Report:
    """One phrase of an Ignored Words report."""
    share = {"used": 0.4, "ignored": 0.004, "cannot tell": 0.03}.get(verdict, 0.0)
    reaches = verdict != "cut off"
    return {
        "text": part,
        "span": span(text, part),
        "share": share,
        "verdict": verdict if reaches else "ignored",
        "reaches": reaches,
    }


HOLDS, FAILS, OPEN, UNASKED = (
    "as in the prompt",
    "not as in the prompt",
    "cannot tell",
    "not asked",
)


def image(
    text: str = TEXT, *says: dict[str, str], questions: Sequence[tuple[str, str]] = ()
) -> Report:
    """For each picture, label of a question -> what the judges agreed on; all others hold."""
    asked = list(questions) or [
        ("presence", "car"),
        ("presence", "house"),
        ("colour", "red car"),
        ("colour", "blue house"),
        ("relation", "car next to house"),
        ("whole picture", "golden hour"),
    ]
    return {
        "format": "encoderscope.image",
        "version": 1,
        "text": text,
        "questions": [{"kind": kind, "label": label} for kind, label in asked],
        "contrasts": [],
        "images": [
            {
                "contrasts": [],
                "judged": {"agreed": [answers.get(label, HOLDS) for _, label in asked]},
            }
            for answers in says or ({},)
        ],
    }


def asked(text: str, says: dict[str, str]) -> Report:
    """One picture of a judge that is asked what the prompt really asks; all that is not named by
    its label holds.
    """
    from encoderscope.conditioning.english.reading import read
    from encoderscope.conditioning.image_probe.judges.questions.question_graph import question_graph

    questions = question_graph(read(text)).questions
    report = image(text, says, questions=[(each.kind, each.label) for each in questions])
    for question, each in zip(report["questions"], questions, strict=True):
        question["spans"] = [list(span) for span in each.spans]
    return report


SICK = (
    "three apples and a red car next to a blue house, [old|new] castle without a tower, golden "
    "hour, embedding:lazyneg"
)


def sick() -> Report:
    """The doctor's report of a prompt that has lost something at every station."""
    from encoderscope.conditioning.doctor.diagnose import diagnose
    from encoderscope.conditioning.reports.doctor.report import Treatment, doctor_report

    lint = [finding(SICK, "alternation", "[old|new]")]
    station_1 = with_fate(tokens(SICK, findings=lint), "hour", "later_window", False, True)
    station_1 = with_fate(station_1, "embedding:lazyneg", "missing_embedding", False, False)
    used = generator(SICK, {"three": "used", "apples": "used", "castle": "ignored"})
    asked = (("colour", "red car"), ("colour", "blue house"), ("count", "three apples"))
    pictures = image(SICK, {"red car": FAILS, "three apples": OPEN}, questions=asked)
    diagnosis = diagnose(SICK, station_1, probe(SICK), used, pictures)
    suggested = SICK.replace("[old|new]", "old")
    return doctor_report(diagnosis, Treatment(suggested, ["The suggested prompt says “old”."]))


def healthy() -> Report:
    """A clean bill of all stations."""
    from encoderscope.conditioning.doctor.diagnose import diagnose
    from encoderscope.conditioning.reports.doctor.report import Treatment, doctor_report

    diagnosis = diagnose(TEXT, tokens(), probe(), generator(), image())
    return doctor_report(diagnosis, Treatment(TEXT))


def well_thing() -> Report:
    """A colour that the image model ignores, and all else is well."""
    from encoderscope.conditioning.doctor.diagnose import diagnose
    from encoderscope.conditioning.reports.doctor.report import Treatment, doctor_report

    ignored = generator(verdicts={"red": "ignored"})
    return doctor_report(diagnose(TEXT, tokens(), probe(), ignored), Treatment(TEXT))


def alone() -> Report:
    """Of a CLIP and a long prompt alone."""
    from encoderscope.conditioning.doctor.diagnose import diagnose
    from encoderscope.conditioning.reports.doctor.report import Treatment, doctor_report

    text = ", ".join(f"a {colour} thing{k}" for k in range(9) for colour in ("red", "blue"))
    cut = tokens(text)
    for k in (7, 8):
        cut = with_fate(cut, f"thing{k}", "cut", False, False)
    return doctor_report(diagnose(text, cut), Treatment(text))


def empty() -> Report:
    """Of no prompt."""
    from encoderscope.conditioning.doctor.diagnose import diagnose
    from encoderscope.conditioning.reports.doctor.report import doctor_report

    return doctor_report(diagnose("", tokens("")))


REPORTS = {"sick": sick, "healthy": healthy, "alone": alone, "empty": empty}
