"""`encoderscope doctor`: which station lost which phrase, from reports, or from a CLIP and a
picture; of one prompt or of a list.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from ..conditioning.errors import EncoderScopeError
from ..conditioning.translation import in_language, localized, translatable
from . import doctor_list, doctor_stations
from .common import (
    STDIN,
    Report,
    add_json_option,
    add_language_option,
    add_png_option,
    path_argument,
    print_report,
    require_prompt_before,
    write_card,
)
from .doctor_stations import Stations

DESCRIPTION = (
    "Says of each phrase of a prompt which station lost it (tokenizer, text encoder, image model, "
    "picture), and what to do. Give finished reports (--report), or what the stations need: "
    "--family for the tokens, --encoder for the text encoder, --model for the image model, --image "
    "with --judge or --scorer for the picture. Exit status: 0 a clean bill of what was looked at, "
    "1 something is lost, 2 cannot tell, or an error."
)
_ALONE = ("text", "report", "image", "json", "markdown", "png")
"""What is given for one prompt only."""


def add(commands: Any) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "doctor", help="which station lost which phrase?", description=DESCRIPTION
    )
    parser.add_argument("text", nargs="?", help="the prompt; without it that of the reports")
    parser.add_argument(
        "--report",
        metavar="FILE",
        type=path_argument,
        action="append",
        default=[],
        help="a finished report: a card (PNG) or JSON of tokens, probe, Ignored Words or image; "
        "repeatable",
    )
    doctor_stations.add_options(parser)
    add_json_option(parser, "report-doctor")
    parser.add_argument("--markdown", action="store_true", help="print the report as Markdown")
    add_png_option(parser, "also write the card, with the JSON in its metadata")
    add_language_option(parser)
    doctor_list.add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the doctor's report of one prompt, or diagnose a list. Raises
    :class:`EncoderScopeError`.
    """
    with in_language(arguments.language):
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    _check(arguments)
    if arguments.list:
        return doctor_list.run(arguments, lambda: _examiner(arguments))
    from ..conditioning.reports.doctor import picture
    from ..conditioning.reports.doctor import text as doctor_text
    from ..conditioning.reports.doctor.display import without_display

    finished = _read_reports(arguments.report)
    text = _prompt(arguments, finished)
    stations = doctor_stations.stations_of(arguments)
    if not finished and stations == Stations():
        raise EncoderScopeError(
            "Nothing was given to look at the prompt with.",
            "A station was expected: --family for the tokenizer, --encoder, --model, --image with "
            "--judge, or a finished report with --report.",
            "Try: encoderscope doctor {text!r} --family sdxl",
            text=text,
        )
    examined = examine(text, arguments.image, stations, finished)
    written = partial(report_of, text, examined, stations, arguments.guidance)
    report = written()
    if arguments.png:
        from ..conditioning.reports.drawing import legible

        card = legible.draw(report, written, picture.render)
        write_card(arguments.png, card, without_display(report))
    plain = doctor_text.markdown if arguments.markdown else doctor_text.plain
    print_report(report, arguments.json, plain)
    return status(report)


def _examiner(arguments: argparse.Namespace) -> Callable[[str, Sequence[Path], str], Report]:
    """What examines a case of a list: prompt, pictures, and why there are none."""
    stations = doctor_stations.stations_of(arguments)
    if stations == Stations():
        raise EncoderScopeError(
            "Nothing was given to look at the prompts with.",
            "A station was expected: --family, --encoder, --model, or --images with --judge.",
            "Add --family sdxl, for example.",
        )

    def report(text: str, pictures: Sequence[Path], missing: str) -> Report:
        examined = examine(text, pictures, stations, {})
        if missing:
            examined.whys["picture"] = missing
        return report_of(text, examined, stations, arguments.guidance)

    return report


def _check(arguments: argparse.Namespace) -> None:
    """Raises :class:`EncoderScopeError` for options that do not go together."""
    if arguments.list:
        wrong = [name for name in _ALONE if getattr(arguments, name)]
        problem = translatable("--{option} was given with --list.")
        if "text" in wrong:
            problem = translatable("A prompt was given with --list.")
    else:
        wrong = [name for name in ("out", "images") if getattr(arguments, name)]
        problem = translatable("--{option} was given without --list.")
    if wrong:
        raise EncoderScopeError(
            problem,
            "One prompt, or --list FILE with --out FILE, was expected.",
            "Leave it out; encoderscope doctor --help says what goes with a list.",
            option=wrong[0],
        )


def status(report: Report) -> int:
    """The exit status."""
    return {True: 0, False: 1, None: 2}[report["healthy"]]


class Examined(NamedTuple):
    """The reports of the stations, and why others have none."""

    reports: dict[str, Report]
    whys: dict[str, str]


def examine(
    text: str, pictures: Sequence[Path], stations: Stations, finished: Mapping[str, Report]
) -> Examined:
    """Runs the stations of which no report was given, by the names of ``finished``. One behind the
    tokenizer that refuses is not looked at, and its refusal says why. Raises
    :class:`EncoderScopeError` for a prompt that the tokenizer cannot read.
    """
    from ..conditioning.doctor.placed_report import readable

    examined = Examined(dict(finished), {})
    if stations.tokens is not None and "tokenizer" not in finished:
        examined.reports["tokenizer"] = stations.tokens(text)
    runs: dict[str, Callable[[], Report] | None] = {
        "encoder": stations.probe and partial(stations.probe, readable(text)),
        "generator": stations.generator and partial(stations.generator, readable(text)),
    }
    if pictures:
        runs["picture"] = stations.image and partial(stations.image, readable(text), pictures)
    for name, run_station in runs.items():
        if run_station is None or name in finished:
            continue
        try:
            examined.reports[name] = run_station()
        except EncoderScopeError as error:
            examined.whys[name] = str(error)
    return examined


def report_of(text: str, examined: Examined, stations: Stations, guidance: float | None) -> Report:
    """The doctor's report of one prompt. ``guidance``: the sampler's scale; None: not known."""
    from ..conditioning.doctor.diagnose import diagnose
    from ..conditioning.doctor.diagnosis import STATIONS
    from ..conditioning.doctor.placed_report import OPTIONS
    from ..conditioning.reports.doctor.report import doctor_report
    from ..conditioning.translation import translate

    tokens, probe, generator, image = map(examined.reports.get, STATIONS)
    diagnosis = diagnose(text, tokens, probe, generator, image, guidance)
    sources = [
        source
        if source.name in examined.reports
        else replace(
            source,
            reason=localized(examined.whys.get(source.name, "")) or translate(OPTIONS[source.name]),
        )
        for source in diagnosis.stations
    ]
    return doctor_report(replace(diagnosis, stations=tuple(sources)), _treatment(text, stations))


def _treatment(text: str, stations: Stations) -> Any:
    from ..conditioning.reports.doctor.report import Treatment
    from ..conditioning.reports.doctor.sentences import mending_sentences

    if stations.mended is None:
        return Treatment()
    suggested, mendings = stations.mended(text)
    return Treatment(suggested, mending_sentences(text, suggested, mendings))


def _read_reports(paths: list[Path]) -> dict[str, Report]:
    """Station -> its report from a card or a JSON file."""
    from ..conditioning.doctor.given_reports import read_report_file

    reports: dict[str, Report] = {}
    for path in paths:
        reports |= read_report_file(path)
    return reports


def _prompt(arguments: argparse.Namespace, finished: dict[str, Report]) -> str:
    """The prompt as given, else that of the reports, the token report's first. Raises
    :class:`EncoderScopeError`.
    """
    text: str | None = arguments.text
    if text == STDIN:
        raise EncoderScopeError(
            "The prompt is -, and the doctor reads no standard input.",
            "A prompt in quotes, or --list FILE with a prompt a line, was expected.",
            "Give the prompts with --list.",
        )
    if text is not None:
        return text
    texts = [str(finished[name]["text"]) for name in _TEXTS if name in finished]
    if texts:
        return texts[0]
    require_prompt_before(encoder=arguments.encoder, image=arguments.image)
    raise EncoderScopeError(
        "Neither a prompt nor a report was given.",
        "A prompt in quotes or --report FILE was expected.",
        "encoderscope doctor --help says what each station needs.",
    )


_TEXTS = ("tokenizer", "encoder", "generator", "picture")
