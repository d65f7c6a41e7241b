"""The encoder report (``docs/report-encoder-report.md``): what an encoder binds on the built-in
suite, to set beside another's.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...binding import suite
from ...binding.readouts import CROSS, TITLES
from ...binding.suite_score import FRAMES, Score, fingerprint, score
from ...binding.verdicts import BOUND, COLLAPSED, ORDER_ONLY, UNDECIDED
from ...bounded_reading import read_json
from ...encoding.text_encoder import TextEncoder
from ...progress import Progress, no_progress
from ...storage import try_to_write_json
from ..binding.report import UNPADDED, streams_of
from ..shares import certain
from .display import with_display
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
        report |= {"host": host, "fingerprint": mark, "view": view}
        if file:
            try_to_write_json(file, report)
    return with_display({**report, "title": title, "host": host})


def _read(file: Path | None, mark: str) -> Report | None:
    """The report that was saved, if it is one of the same encoders by the same suite."""
    if file is None:
        return None
    try:
        report = read_json(file)
    except (OSError, ValueError):
        return None
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
        "sentence": _sentence({encoder.name: encoder.title for encoder in encoders}, scores),
        "streams": streams_of(encoders),
        "phenomena": list(suite.PHENOMENA),
        "scores": [_score(entry) for entry in scores],
        "notes": [
            (
                "Read from sentences of our own, not from pictures: what a generator makes "
                "of it is another question."
            )
        ],
        "others": [],
    }


def _score(entry: Score) -> Report:
    return {
        "stream": entry.stream,
        "readout": entry.readout,
        "readout_title": TITLES[entry.readout],
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


def _sentence(titles: dict[str, str], scores: Sequence[Score]) -> str:
    claims = []
    for name, title in titles.items():
        own = [entry for entry in scores if entry.stream == name and entry.readout == CROSS]
        most = [
            entry.phenomenon
            for entry in own
            if entry.verdicts[BOUND] >= 0.8 * sum(entry.verdicts.values())
        ]
        none = [entry.phenomenon for entry in own if not entry.verdicts[BOUND]]
        claims.append(f"{title} {_claim(', '.join(most), ', '.join(none))}")
    return ". ".join(claims) + "."


def _claim(most: str, none: str) -> str:
    """``most``: phenomena of which nearly all contrasts are bound; ``none``: of which none is."""
    if most and none:
        return f"binds {most} in its tokens, but not {none}"
    if most:
        return f"binds {most} in its tokens"
    if none:
        return f"does not bind {none}"
    return "binds some contrasts of every kind, none reliably"


def with_others(report: Report, others: Sequence[Report]) -> Report:
    """The report with others beside it, whose own neighbours are left out."""
    beside = [
        {**{key: value for key, value in other.items() if key != "display"}, "others": []}
        for other in others
    ]
    return with_display({**report, "others": beside})
