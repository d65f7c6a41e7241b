"""The encoder report (``docs/report-encoder-report.md``): what an encoder binds on the built-in
suite, to set beside another's.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...binding import suite
from ...binding.readouts import CROSS
from ...binding.suite_score import FRAMES, Score, fingerprint, score
from ...binding.verdicts import BOUND, COLLAPSED, ORDER_ONLY, UNDECIDED
from ...encoding.text_encoder import TextEncoder
from ...progress import Progress, no_progress
from ...storage import try_to_read_json, try_to_write_json
from ...translation import ENGLISH, current_language, in_language, translate
from ..binding.report import UNPADDED, streams_of
from ..shares import certain
from ..wording import listed
from .display import with_display
from .names import phenomenon_title, readout_title
from .read_card import FORMAT
from .read_card import read_card as read_card
from .text import plain as plain

Report = dict[str, Any]
VERSION = 1


def encoder_report(
    encoders: Sequence[TextEncoder],
    title: str,
    *,
    view: str = UNPADDED,
    host: str | None = None,
    cache: Path | None = None,
    progress: Progress = no_progress,
) -> Report:
    """Scores the encoders, or takes the report that ``cache`` holds of encoders with the same
    answers.
    """
    mark = fingerprint(encoders)
    file = cache / f"report-{mark}.json" if cache else None
    report = _read(file, mark)
    if report is None:
        report = _scored(encoders, title, score(encoders, cache, progress))
        report = worded({**report, "host": host, "fingerprint": mark, "view": view})
        if file:
            try_to_write_json(file, report)
    return with_display(worded({**report, "title": title, "host": host}))


def _read(file: Path | None, mark: str) -> Report | None:
    """The report that was saved, if it is one of the same encoders by the same suite."""
    if file is None:
        return None
    report = try_to_read_json(file)
    same = {"format": FORMAT, "version": VERSION, "fingerprint": mark, "suite": suite.VERSION}
    if not isinstance(report, dict) or not report.items() >= same.items():
        return None
    return report


def _scored(encoders: Sequence[TextEncoder], title: str, scores: Sequence[Score]) -> Report:
    return {
        "format": FORMAT,
        "version": VERSION,
        "title": title,
        "suite": suite.VERSION,
        "frames": FRAMES,
        "streams": streams_of(encoders),
        "phenomena": list(suite.PHENOMENA),
        "scores": [_score(entry) for entry in scores],
        "others": [],
    }


def _score(entry: Score) -> Report:
    return {
        "stream": entry.stream,
        "readout": entry.readout,
        "phenomenon": entry.phenomenon,
        "share": certain(entry.share),
        "interval": [certain(value) for value in entry.interval],
        "kappa": certain(entry.kappa),
        "null": [certain(value) for value in entry.null],
        "bound": entry.verdicts[BOUND],
        "order_only": entry.verdicts[ORDER_ONLY],
        "collapsed": entry.verdicts[COLLAPSED],
        "undecided": entry.verdicts[UNDECIDED],
        "total": sum(entry.verdicts.values()),
    }


def worded(report: Report) -> Report:
    """The report with its sentences in the language of the moment: they follow from its scores, so
    that a kept report, or another's, need not be scored again.
    """
    return {
        **report,
        "language": current_language(),
        "sentence": " ".join(_claim(report, stream) for stream in report["streams"]),
        "scores": [{**entry, "readout_title": readout_title(entry)} for entry in report["scores"]],
        "notes": [
            translate(
                "Read from sentences of our own, not from pictures: what a generator makes of it "
                "is another question."
            )
        ],
    }


def _claim(report: Report, stream: Report) -> str:
    own = [
        entry
        for entry in report["scores"]
        if (entry["stream"], entry["readout"]) == (stream["name"], CROSS)
    ]
    most = [entry["phenomenon"] for entry in own if entry["bound"] >= 0.8 * entry["total"]]
    none = [entry["phenomenon"] for entry in own if not entry["bound"]]
    some = [entry["phenomenon"] for entry in own if entry["phenomenon"] not in (*most, *none)]
    claim = _sentence(str(stream["title"]), *map(_named, (most, none)))
    if not some or not (most or none):
        return claim
    return f"{claim} {translate('It binds some cases of {some}.', some=_named(some))}"


def _named(phenomena: Sequence[str]) -> str:
    return listed(map(phenomenon_title, phenomena))


def _sentence(encoder: str, most: str, none: str) -> str:
    """``most``: phenomena of which nearly all contrasts are bound; ``none``: of which none is."""
    if most and none:
        return translate(
            "{encoder} binds {most} in its tokens, but not {none}.",
            encoder=encoder,
            most=most,
            none=none,
        )
    if most:
        return translate("{encoder} binds {most} in its tokens.", encoder=encoder, most=most)
    if none:
        return translate("{encoder} does not bind {none}.", encoder=encoder, none=none)
    return translate(
        "{encoder} binds some contrasts of every kind, none reliably.", encoder=encoder
    )


def with_others(report: Report, others: Sequence[Report]) -> Report:
    """The report with others beside it, whose own neighbours are left out. Those of another
    language are said in this one.
    """
    language = report.get("language", ENGLISH)
    with in_language(str(language)):
        beside = [_beside(other, language) for other in others]
    return with_display({**report, "others": beside})


def _beside(other: Report, language: str) -> Report:
    own = {key: value for key, value in other.items() if key != "display"}
    if own.get("language", ENGLISH) != language:
        own = worded(own)
    return {**own, "others": []}
