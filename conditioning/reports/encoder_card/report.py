"""The encoder report (``docs/report-encoder-report.md``): what an encoder binds on the built-in
suite, to set beside another's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...binding import suite
from ...binding.readouts import CROSS, TITLES
from ...binding.suite_score import FRAMES, Score, fingerprint, score
from ...binding.verdicts import BOUND, COLLAPSED, ORDER_ONLY, UNDECIDED
from ...encoding.text_encoder import TextEncoder
from ...errors import EncoderScopeError
from ...progress import Progress, no_progress
from ...storage import try_to_write_json
from ..binding.report import UNPADDED, streams_of
from ..shares import rounded

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.encoder_report", 1


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
    found = _kept(file, mark) if file else None
    if found is not None:
        return {**found, "title": title, "host": host}
    made = _made(encoders, title, score(encoders, cache, progress))
    report = {**made, "host": host, "fingerprint": mark, "view": view}
    if file:
        try_to_write_json(file, report)
    return report


def _kept(file: Path, mark: str) -> Report | None:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    same = isinstance(told, dict) and (
        told.get("format"),
        told.get("version"),
        told.get("fingerprint"),
    ) == (FORMAT, VERSION, mark)
    return told if same and told.get("suite") == suite.VERSION else None


def _made(encoders: Sequence[TextEncoder], title: str, scores: Sequence[Score]) -> Report:
    return {
        "format": FORMAT,
        "version": VERSION,
        "title": title,
        "suite": suite.VERSION,
        "frames": FRAMES,
        "sentence": _sentence({one.name: one.title for one in encoders}, scores),
        "streams": streams_of(encoders),
        "phenomena": list(suite.PHENOMENA),
        "scores": [_score(one) for one in scores],
        "notes": [
            (
                "Read from sentences of our own, not from pictures: what a generator makes "
                "of it is another question."
            )
        ],
        "others": [],
    }


def _score(one: Score) -> Report:
    return {
        "stream": one.stream,
        "readout": one.readout,
        "readout_title": TITLES[one.readout],
        "phenomenon": one.phenomenon,
        "share": rounded(one.share),
        "interval": [rounded(value) for value in one.interval],
        "kappa": rounded(one.kappa),
        "null": [rounded(value) for value in one.null],
        "bound": one.verdicts[BOUND],
        "order_only": one.verdicts[ORDER_ONLY],
        "collapsed": one.verdicts[COLLAPSED],
        "undecided": one.verdicts[UNDECIDED],
        "total": sum(one.verdicts.values()),
    }


def _sentence(titles: dict[str, str], scores: Sequence[Score]) -> str:
    said = []
    for name, title in titles.items():
        mine = [one for one in scores if one.stream == name and one.readout == CROSS]
        held = [
            one.phenomenon
            for one in mine
            if one.verdicts[BOUND] >= 0.8 * sum(one.verdicts.values())
        ]
        none = [one.phenomenon for one in mine if not one.verdicts[BOUND]]
        but = f"{', but not' if held else 'does not bind'} {', '.join(none)}" if none else ""
        told = f"binds {', '.join(held)} in its tokens{but}" if held else but
        said.append(f"{title} {told or 'binds some contrasts of every kind, none reliably'}")
    return ". ".join(said) + "."


def with_others(report: Report, others: Sequence[Report]) -> Report:
    return {**report, "others": [{**one, "others": []} for one in others]}


_KEYS = {
    "title",
    "fingerprint",
    "suite",
    "view",
    "frames",
    "sentence",
    "streams",
    "phenomena",
    "scores",
    "notes",
}
_SCORE = {
    "stream",
    "readout",
    "phenomenon",
    "share",
    "interval",
    "null",
    "bound",
    "order_only",
    "collapsed",
    "undecided",
    "total",
}


def read_card(text: str) -> Report:
    """Another's report from its JSON. Raises :class:`EncoderScopeError`."""
    try:
        told = json.loads(text)
    except ValueError as error:
        raise EncoderScopeError(
            f"This card is no JSON ({error}).",
            "The json output of an Encoder Report was expected.",
            "Copy it whole.",
        ) from error
    card: Report = told if isinstance(told, dict) else {}
    whole = isinstance(told, dict) and told.get("format") == FORMAT and set(told) >= _KEYS
    if not whole or any(
        not isinstance(one, dict) or not set(one) >= _SCORE for one in card["scores"]
    ):
        kind = card.get("format", "JSON of another kind")
        raise EncoderScopeError(
            f"This card is {kind!r}.",
            f"A report of the format {FORMAT!r} was expected.",
            "Take the json output of Encoder Report.",
        )
    return card


def plain(report: Report) -> str:
    """The report in lines of text: bound contrasts of all, and the mean share, for every readout of
    every stream.
    """
    lines = [f"{report['title']}", report["sentence"]]
    for stream in report["streams"]:
        mine = [one for one in report["scores"] if one["stream"] == stream["name"]]
        lines += ["", stream["title"]]
        for readout in dict.fromkeys(one["readout"] for one in mine):
            lines.append(f"  {TITLES.get(readout, readout)}")
            lines += [_row(one) for one in mine if one["readout"] == readout]
    lines += [f"- {note}" for note in report["notes"]]
    for other in report["others"]:
        lines += ["", plain(other)]
    return "\n".join(lines)


def _row(one: Report) -> str:
    low, high, null, most = (f"{100 * value:.1f}" for value in (*one["interval"], *one["null"]))
    blind = f"{null} %" if null == most else f"{null} to {most} %"
    return (
        f"    {one['phenomenon']:14} {one['bound']:2} of {one['total']:2} bound, share "
        f"{100 * one['share']:5.1f} % "
        f"[{low} to {high}], blind {blind}"
    )
