"""`encoderscope doctor`: which station lost which phrase, from reports, or from a CLIP and a
picture; of one prompt or of a list.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from ..conditioning.errors import EncoderScopeError
from ..conditioning.translation import in_language
from . import doctor_list
from .common import (
    Report,
    add_json_option,
    add_language_option,
    add_png_option,
    attach_host,
    cache_folder,
    dual_encoder,
    path_argument,
    prepare_torch,
    print_report,
    progress_bar,
    write_card,
)

DESCRIPTION = (
    "Says of each phrase of a prompt which station lost it (tokenizer, text encoder, image model, "
    "picture), and what to do. Give finished reports (--report), or what the stations need: "
    "--family for the tokens, --encoder for the text encoder, --image with --scorer for the "
    "picture. The image model is measured in ComfyUI: give the json of Ignored Words. Exit status: "
    "0 a clean bill, 1 something is lost, 2 cannot tell, or an error."
)
SCORER_HELP = (
    "who looks at the pictures: a Hugging Face folder or file of CLIP or SigLIP with both towers, "
    "or mini-CLIP-hard, which knows drawn scenes only"
)
_MOST_BYTES = 40_000_000


class Stations(NamedTuple):
    """What can be run here, each loaded once: prompt, and picture files, to its report."""

    tokens: Callable[[str], Report] | None
    probe: Callable[[str], Report] | None
    image: Callable[[str, list[Path]], Report] | None
    mended: Callable[[str], Any] | None


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
        help="a finished report as JSON (token, probe, Ignored Words or image report); repeatable",
    )
    parser.add_argument("--family", help="run the tokenizer of this family: flux, sdxl, sd3, ...")
    parser.add_argument(
        "--encoder",
        metavar="PATH",
        type=path_argument,
        nargs="+",
        help="run the Binding Probe on this encoder (as `encoderscope probe` takes it)",
    )
    parser.add_argument(
        "--image", metavar="FILE", type=path_argument, nargs="+", default=[], help="the pictures"
    )
    parser.add_argument("--scorer", metavar="ENCODER", help=SCORER_HELP)
    parser.add_argument(
        "--guidance", type=float, help="the cfg that the picture was drawn with, if it is known"
    )
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
    stations = _stations(arguments)
    if arguments.list:
        return doctor_list.run(arguments, lambda text, files: report_of(text, files, stations, {}))
    from ..conditioning.reports.doctor import picture
    from ..conditioning.reports.doctor import text as doctor_text
    from ..conditioning.reports.doctor.display import without_display

    finished = _given(arguments.report)
    text = _prompt(arguments.text, finished)
    written = partial(
        report_of, text, arguments.image, stations, finished, guidance=arguments.guidance
    )
    report = written()
    if arguments.png:
        from ..conditioning.reports.drawing import legible

        card = legible.draw(report, written, picture.render)
        write_card(arguments.png, card, without_display(report))
    plain = doctor_text.markdown if arguments.markdown else doctor_text.plain
    print_report(report, arguments.json, plain)
    return status(report)


def status(report: Report) -> int:
    """The exit status."""
    return {True: 0, False: 1, None: 2}[report["healthy"]]


def report_of(
    text: str,
    pictures: list[Path],
    stations: Stations,
    finished: dict[str, Report],
    guidance: float | None = None,
) -> Report:
    """The doctor's report of one prompt. ``given``: station -> its finished report."""
    from ..conditioning.doctor.diagnose import diagnose
    from ..conditioning.doctor.diagnosis import STATIONS
    from ..conditioning.doctor.placed_report import readable
    from ..conditioning.reports.doctor.report import doctor_report

    reports = dict(finished)
    if stations.tokens is not None:
        reports.setdefault("tokenizer", stations.tokens(text))
    if stations.probe is not None and "encoder" not in reports:
        reports["encoder"] = stations.probe(readable(text))
    if stations.image is not None and pictures and "picture" not in reports:
        reports["picture"] = stations.image(readable(text), pictures)
    tokens, probe, generator, image = (reports.get(name) for name in STATIONS)
    diagnosis = diagnose(text, tokens, probe, generator, image, guidance)
    return doctor_report(diagnosis, _treatment(text, stations))


def _treatment(text: str, stations: Stations) -> Any:
    from ..conditioning.reports.doctor.report import Treatment
    from ..conditioning.reports.doctor.sentences import mending_sentences

    if stations.mended is None:
        return Treatment()
    suggested, mendings = stations.mended(text)
    return Treatment(suggested, mending_sentences(text, suggested, mendings))


def _given(paths: list[Path]) -> dict[str, Report]:
    """Station -> its report from a file."""
    from ..conditioning.doctor.given_reports import read_reports

    reports: dict[str, Report] = {}
    for path in paths:
        if path.stat().st_size > _MOST_BYTES:
            raise EncoderScopeError(
                f"{str(path)!r} is too large for a report.",
                "A report as JSON was expected.",
                "Check the path.",
            )
        reports |= read_reports(path.read_text(encoding="utf-8", errors="replace"))
    return reports


def _prompt(text: str | None, finished: dict[str, Report]) -> str:
    """The prompt as given, else that of the reports, the token report's first."""
    if text is not None:
        return text
    texts = [str(finished[name]["text"]) for name in _TEXTS if name in finished]
    if texts:
        return texts[0]
    raise EncoderScopeError(
        "Neither a prompt nor a report was given.",
        "A prompt in quotes or --report FILE was expected.",
        "encoderscope doctor --help says what each station needs.",
    )


_TEXTS = ("tokenizer", "encoder", "generator", "picture")


def _stations(arguments: argparse.Namespace) -> Stations:
    tokens = mended = None
    if arguments.family:
        tokens, mended = _token_station(arguments.family)
    probe = _probe_station(arguments) if arguments.encoder else None
    image = None
    if arguments.image or arguments.images:
        image = _image_station(arguments.scorer)
    return Stations(tokens, probe, image, mended)


def _token_station(family: str) -> tuple[Callable[[str], Report], Callable[[str], Any]]:
    attach_host()
    from ..host.reports import token_reports

    clip, layout = token_reports.choose(None, family)
    return (
        lambda text: token_reports.report(clip, text, layout),
        lambda text: token_reports.mended_prompt(clip, text, layout),
    )


def _probe_station(arguments: argparse.Namespace) -> Callable[[str], Report]:
    from . import probe

    prepare_torch()
    options = {"family": arguments.family or "auto", "threshold": None, "padded": False}
    return probe.prober_of(argparse.Namespace(encoder=arguments.encoder, **options)).report


def _image_station(scorer: str | None) -> Callable[[str, list[Path]], Report]:
    if not scorer:
        raise EncoderScopeError(
            "A picture was given, and nobody to look at it.",
            f"--scorer was expected: {SCORER_HELP}.",
            "Add --scorer, or give a finished image report with --report.",
        )
    encoder = dual_encoder(scorer, SCORER_HELP)

    def report(text: str, pictures: list[Path]) -> Report:
        from ..conditioning.image_probe import probe_images
        from ..conditioning.reports.image import report as image_report
        from .image import pixels

        options = probe_images.ImageProbeOptions(
            cache=cache_folder(), progress=progress_bar("looking")
        )
        result = probe_images.probe_images(_pixels(pictures, pixels), text, encoder, options)
        return image_report.image_report(result, encoder)

    return report


def _pixels(pictures: list[Path], pixels: Callable[[Path], Any]) -> Iterator[Any]:
    """One picture in memory at a time."""
    return (pixels(path) for path in pictures)
