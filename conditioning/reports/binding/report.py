"""The probe report (``docs/report-probe.md``): verdicts on what a prompt asks, as plain data and as
text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from ...binding.advice import advise
from ...binding.cells import PLACES, Design
from ...binding.contrasts import label
from ...binding.cosine_rule import THRESHOLD as THRESHOLD
from ...binding.generator_inputs import CONDITIONING
from ...binding.probe import Probed, StreamInfo
from ...binding.readouts import TITLES
from ...binding.selectivity import END, Heard
from ...binding.verdicts import BOUND, COLLAPSED, ORDER_ONLY, UNDECIDED, Verdict
from ...encoding.text_encoder import TextEncoder
from ...english.statements import Contrast, Count, Negation, Pair, Relation, Role, Word

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.probe", 1
UNPADDED, AS_FED = "unpadded", "as the generator gets it"


def probe_report(
    found: Probed,
    *,
    view: str = UNPADDED,
    threshold: float = THRESHOLD,
    host: str | None = None,
    notes: Sequence[str] = (),
) -> Report:
    """The whole report, strict JSON. ``threshold`` is the textbook's, for its flag alone."""
    outcomes = found.outcomes
    layout = found.layout
    contrasts = [
        _contrast(found, k, outcomes[k], threshold) for k in range(len(found.plan.designs))
    ]
    return {
        "format": FORMAT,
        "version": VERSION,
        "host": host,
        "text": found.reading.text,
        "sentence": _sentence(found, contrasts),
        "bound": bound(outcomes),
        "family": layout.name if layout else None,
        "family_title": layout.title if layout else None,
        "generator": layout.generator if layout else None,
        "view": view,
        "threshold": threshold,
        "streams": streams_of(found.streams),
        "pairs": [_plain(one) for one in found.reading.pairs],
        "contrasts": contrasts,
        "verdicts": [_verdict(found, one) for one in found.verdicts],
        "lint": [
            {
                "kind": one.kind,
                "stream": one.stream,
                "text": one.text,
                "remedy": one.remedy,
                "span": list(one.span),
            }
            for one in found.lints
        ],
        "skipped": list(found.plan.skipped),
        "unread": list(found.reading.unread),
        "notes": list(notes),
        "compare": None,
    }


def streams_of(streams: Sequence[StreamInfo | TextEncoder]) -> list[Report]:
    """What each encoder is, in every report about encoders."""
    return [
        {
            "name": one.name,
            "title": one.title,
            "kind": one.architecture.kind,
            "width": one.architecture.width,
            "layers": one.architecture.layers,
            "causal": one.architecture.causal,
        }
        for one in streams
    ]


def bound(outcomes: Sequence[str]) -> bool | None:
    """True: everything that was tested is bound. False: something is not. None: it
    cannot be told.
    """
    if not outcomes:
        return None
    if any(one in (ORDER_ONLY, COLLAPSED) for one in outcomes):
        return False
    return True if all(one == BOUND for one in outcomes) else None


def _plain(one: Any) -> Any:
    if isinstance(one, Word):
        return {"text": one.text, "span": [one.start, one.end] if one.start >= 0 else None}
    if isinstance(one, (Pair, Count, Negation, Relation, Role)):
        return {each.name: _plain(getattr(one, each.name)) for each in fields(one)}
    return one


def _contrast(found: Probed, k: int, outcome: str, threshold: float) -> Report:
    design = found.plan.designs[k]
    share = max((one.share for one in found.deciding(k) if one.verdict == BOUND), default=0.0)
    told = advise(
        outcome, found.layout, design.kind, tuple(one.title for one in found.streams), share
    )
    frame = design.frames[0]
    return {
        "kind": design.kind,
        "label": label(design.contrast),
        "stock": design.contrast.stock,
        "verdict": outcome,
        "sentence": told.meaning,
        "remedy": told.remedy,
        "source": told.source,
        "note": design.note,
        "frames": len(design.frames),
        "cells": {
            "asked": frame.p.text,
            "rival": frame.s.text,
            "asked_again": frame.c.text,
            "rival_again": frame.sc.text,
        },
        "arcs": list(_arcs(design.contrast)),
        "selectivity": [
            line
            for stream in found.streams
            for line in _selectivity(design, stream.name, found.heard.get((k, stream.name), ()))
        ],
        "textbook": [_textbook(found, k, stream.name, threshold) for stream in found.streams],
    }


def _arcs(contrast: Contrast) -> Iterator[Report]:
    """What is tied to what, by characters of the prompt."""
    for one in (contrast.first, contrast.second):
        if isinstance(one, Pair):
            ends = (one.modifier, one.object)
        elif isinstance(one, Count):
            ends = (one.number, one.object)
        elif isinstance(one, Negation):
            ends = (one.negator, one.object)
        elif isinstance(one, Relation):
            ends = (one.left, one.right)
        elif isinstance(one, Role):
            ends = (one.agent, one.patient)
        else:
            continue
        if all(word.start >= 0 for word in ends):
            yield {"from": [ends[0].start, ends[0].end], "to": [ends[1].start, ends[1].end]}


def _selectivity(design: Design, stream: str, heard: Sequence[Heard]) -> Iterator[Report]:
    first, second = design.contrast.first, design.contrast.second
    if not isinstance(first, Pair) or not isinstance(second, Pair):
        return
    names = {
        PLACES[1]: first.object.text,
        PLACES[3]: second.object.text,
        END: "the end of the sentence",
    }
    for one in heard:
        yield {
            "stream": stream,
            "listener": names[one.listener],
            "hears": [
                {"text": first.modifier.text, "strength": rounded(one.first)},
                {"text": second.modifier.text, "strength": rounded(one.second)},
            ],
            "own_share": None if one.own_share is None else rounded(one.own_share),
            "sentence": _hearing(
                one, names[one.listener], first.modifier.text, second.modifier.text
            ),
        }


_SILENT = 1e-6
"""Below this a vector was moved by rounding alone."""


def _hearing(one: Heard, listener: str, first: str, second: str) -> str:
    a, b = ((0.0 if value < _SILENT else value) for value in (one.first, one.second))
    name = "The end of the sentence" if one.listener == END else f"“{listener}”"
    if one.listener == PLACES[3]:
        first, second, a, b = second, first, b, a
    if not a and not b:
        return f"{name} hears neither {first} nor {second}."
    if not a or not b:
        return f"{name} hears {first if a else second} alone."
    own = "" if one.listener == END else "its own "
    return f"{name} hears {second} {b / a:.1f} times as loudly as {own}{first}."


def _textbook(found: Probed, k: int, stream: str, threshold: float) -> Report:
    one = found.cosines[k, stream]
    return {
        "stream": stream,
        "swap": rounded(one.swap),
        "commuted": rounded(one.commuted),
        "unrelated": rounded(one.unrelated),
        "margin": rounded(one.margin),
        "flagged": one.swap > threshold,
    }


def _verdict(found: Probed, one: Verdict) -> Report:
    titles = {stream.name: stream.title for stream in found.streams} | {
        CONDITIONING: "whole conditioning"
    }
    return {
        "pair": one.contrast,
        "stream": one.stream,
        "title": titles[one.stream],
        "readout": one.readout,
        "readout_title": TITLES[one.readout],
        "counts": one in found.deciding(one.contrast),
        "taken": found.layout.takes(one.stream, one.readout) if found.layout else True,
        "verdict": one.verdict,
        "share": rounded(one.share),
        "interval": [rounded(value) for value in one.interval],
        "kappa": rounded(one.kappa),
        "p": rounded(one.p),
        "null": [rounded(value) for value in one.null],
        "parts": dict(
            zip(
                ("order_of_things", "order_of_modifiers", "binding"),
                map(rounded, one.parts),
                strict=True,
            )
        ),
        "in_prompt": None if one.in_prompt is None else rounded(one.in_prompt),
        "lost_in_prompt": one.lost_in_prompt,
    }


def rounded(value: float) -> float:
    """Five significant digits."""
    return float(f"{value:.5g}")


def _sentence(found: Probed, contrasts: Sequence[Report]) -> str:
    if not contrasts:
        lint = found.lints[0].text if found.lints else ""
        return " ".join(
            part
            for part in ("Nothing was put to the test.", *found.reading.unread[:1], lint)
            if part
        )
    where = found.layout.title if found.layout else " and ".join(one.title for one in found.streams)
    groups = {
        verdict: [one["label"] for one in contrasts if one["verdict"] == verdict]
        for verdict in _SAID
    }
    said = [f"{_SAID[verdict]} {_quoted(labels)}" for verdict, labels in groups.items() if labels]
    return f"{where}: {'; '.join(said)}."


_SAID = {
    COLLAPSED: "cannot tell apart",
    ORDER_ONLY: "holds words and order, but not who has what, in",
    UNDECIDED: "gives no clear answer on",
    BOUND: "represents",
}


def _quoted(labels: Sequence[str]) -> str:
    return ", ".join(f"“{one}”" for one in labels)


# --- text
# --------------------------------------------------------------------------------------------------

_BAR = 24


def plain(report: Report) -> str:
    """The report in lines of text."""
    lines = [report["sentence"]]
    titles = {
        one["name"]: f"{one['title']}: " if len(report["streams"]) > 1 else ""
        for one in report["streams"]
    }
    for k, one in enumerate(report["contrasts"]):
        lines += [
            "",
            f"{one['verdict']}: {one['label']}",
            f"  {one['sentence']}",
            f"  {one['remedy']}",
            *_note(one),
        ]
        lines += [_row(verdict) for verdict in report["verdicts"] if verdict["pair"] == k]
        lines += [f"  {titles[hears['stream']]}{hears['sentence']}" for hears in one["selectivity"]]
        lines += [_textbook_line(view, report["threshold"]) for view in one["textbook"]]
    lines += (
        ["", *(f"! {one['text']} {one['remedy']}" for one in report["lint"])]
        if report["lint"]
        else []
    )
    lines += [f"- {one}" for one in (*report["skipped"], *report["unread"], *report["notes"])]
    if report["compare"]:
        lines += ["", "Compared with:", plain(report["compare"])]
    return "\n".join(lines)


def _note(one: Report) -> list[str]:
    return [f"  {one['note']}"] if one["note"] else []


def _row(one: Report) -> str:
    filled = min(_BAR, round(one["share"] * _BAR))
    null = min(_BAR - 1, round(one["null"][1] * _BAR))
    bar = "".join("|" if k == null else "#" if k < filled else "." for k in range(_BAR))
    low, high = (f"{100 * value:.1f}" for value in one["interval"])
    used = "" if one["taken"] else " (not used by this model)"
    return (
        f"  {one['verdict']:10} {bar} {100 * one['share']:5.1f} % [{low} to {high}], "
        f"blind {100 * one['null'][1]:.1f} %  "
        f"{one['title']}: {one['readout_title']}{used}"
    )


def _textbook_line(one: Report, threshold: float) -> str:
    flag = f", flagged above {threshold:g}" if one["flagged"] else ""
    return (
        f"  textbook's cosines ({one['stream']}): rival {one['swap']:.3f}, same said "
        f"otherwise {one['commuted']:.3f}, "
        f"unrelated {one['unrelated']:.3f}{flag}"
    )
