"""`encoderscope probe`: does an encoder hold the attribute bindings of a prompt?"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..conditioning.errors import EncoderScopeError
from ..conditioning.reports.strict_json import to_json
from .common import (
    DEFAULT_MINIATURE,
    STDIN,
    STDIN_HELP,
    Report,
    add_json_option,
    add_png_option,
    attach_host,
    cache_folder,
    miniature_named,
    miniature_tokenizer,
    path_argument,
    prepare_torch,
    print_report,
    progress_bar,
    show,
    stdin_prompts,
    write_card,
)

if TYPE_CHECKING:
    from ..conditioning.encoding.text_encoder import TextEncoder

DESCRIPTION = (
    "Puts to the test whether an encoder holds what the prompt asks: which colour, count or action "
    "belongs to which thing. Exit status: 0 all bound, 1 something is not, 2 no clear answer, "
    "nothing to test, or an error."
)
ENCODER_HELP = (
    "a Hugging Face folder (CLIP, SigLIP, T5, BERT-like), text-encoder files as Load Text Encoders "
    "takes them, or a miniature that comes with EncoderScope: mini-CLIP, mini-CLIP-hard, "
    "mini-T5 or mini-T5-hard "
    f"(default: {DEFAULT_MINIATURE}, which knows drawn scenes only)"
)
ALL_BOUND, NOT_BOUND, UNCLEAR = 0, 1, 2


class Prober(NamedTuple):
    """An encoder that was loaded once: a prompt's report, and the encoder's own."""

    report: Callable[[str], Report]
    card: Callable[[], Report]


def add(commands: Any) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "probe", help="does an encoder bind attributes to their things?", description=DESCRIPTION
    )
    parser.add_argument("text", nargs="?", help=STDIN_HELP)
    parser.add_argument(
        "--encoder",
        metavar="PATH",
        type=path_argument,
        nargs="+",
        default=[Path(DEFAULT_MINIATURE)],
        help=ENCODER_HELP,
    )
    parser.add_argument(
        "--family",
        default="auto",
        help="for files: the image model they are for (flux, sdxl, ...), if it is not plain",
    )
    parser.add_argument(
        "--suite",
        action="store_true",
        help="score the encoder on the built-in suite instead (minutes; kept)",
    )
    parser.add_argument(
        "--threshold",
        type=float,
        default=None,
        help="the cosine rule: flag a rival with a cosine above this (0.95)",
    )
    parser.add_argument(
        "--padded",
        action="store_true",
        help="files: test sentences padded as the model gets them (slow for T5)",
    )
    add_json_option(parser, "report-probe")
    add_png_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the probe report of a prompt or of every prompt on standard input, or the encoder's
    card. Raises :class:`EncoderScopeError`.
    """
    _check(arguments)
    prepare_torch()
    prober = prober_of(arguments)
    if arguments.suite:
        return _run_suite(arguments, prober)
    if arguments.text == STDIN:
        return _run_lines(prober)
    from ..conditioning.reports.binding import picture
    from ..conditioning.reports.binding import report as probe_report

    report = prober.report(arguments.text)
    if arguments.png:
        write_card(arguments.png, picture.render(report), report)
    print_report(report, arguments.json, probe_report.plain)
    return _status(report["bound"])


def _check(arguments: argparse.Namespace) -> None:
    """Raises :class:`EncoderScopeError` unless a prompt or ``--suite`` was given, and not both."""
    if (arguments.text is None) == arguments.suite:
        return
    problem = "Neither a prompt nor --suite was given."
    if arguments.suite:
        problem = "A prompt and --suite were given."
    raise EncoderScopeError(
        problem, "One of the two was expected.", "Give a prompt in quotes, or --suite."
    )


def _run_suite(arguments: argparse.Namespace, prober: Prober) -> int:
    from ..conditioning.reports.encoder_card import picture
    from ..conditioning.reports.encoder_card import report as card_report

    card = prober.card()
    if arguments.png:
        write_card(arguments.png, picture.render(card), card)
    print_report(card, arguments.json, card_report.plain)
    return 0


def _run_lines(prober: Prober) -> int:
    """A line that cannot be read costs that line alone. The worst status counts: 1 before 2 before
    0.
    """
    statuses = {ALL_BOUND}
    for text in stdin_prompts():
        try:
            report = prober.report(text)
            statuses.add(_status(report["bound"]))
        except EncoderScopeError as error:
            report = {
                "format": "encoderscope.probe",
                "version": 1,
                "text": text,
                "error": str(error),
            }
            statuses.add(UNCLEAR)
        show(to_json(report))
    return next(status for status in (NOT_BOUND, UNCLEAR, ALL_BOUND) if status in statuses)


def _status(bound: bool | None) -> int:
    if bound is None:
        return UNCLEAR
    return ALL_BOUND if bound else NOT_BOUND


def prober_of(arguments: argparse.Namespace) -> Prober:
    """An encoder loaded once. Read of the arguments: ``encoder``, ``family``, ``threshold`` and
    ``padded``. Raises :class:`EncoderScopeError`.
    """
    paths = arguments.encoder
    miniature = miniature_named(str(paths[0]))
    if miniature is None and not paths[0].is_dir():
        return _file_prober(arguments)
    from ..conditioning.encoding import transformers_encoder

    if len(paths) > 1:
        raise EncoderScopeError(
            f"{len(paths)} encoders were given, the first a folder.",
            "One folder, or files, were expected.",
            "Probe them one by one.",
        )
    if miniature is None:
        return _encoder_prober(transformers_encoder.load(paths[0]), arguments.threshold, ())
    from ..conditioning import miniature as miniatures

    encoder = miniatures.text(miniature, miniature_tokenizer(miniature.kind))
    return _encoder_prober(encoder, arguments.threshold, (miniature.describe,))


def _encoder_prober(encoder: TextEncoder, threshold: float | None, notes: Sequence[str]) -> Prober:
    """One encoder without an image model around it."""
    from ..conditioning.binding import probe_prompt
    from ..conditioning.reports.binding import report as probe_report
    from ..conditioning.reports.encoder_card import report as card_report

    def report(text: str) -> Report:
        options = probe_prompt.ProbeOptions(cache=cache_folder(), progress=progress_bar("probing"))
        result = probe_prompt.probe(text, [encoder], options)
        return probe_report.probe_report(result, threshold=_threshold(threshold), notes=notes)

    def card() -> Report:
        return card_report.encoder_report(
            [encoder], encoder.title, cache=cache_folder(), progress=progress_bar("scoring")
        )

    return Prober(report, card)


def _file_prober(arguments: argparse.Namespace) -> Prober:
    """Text-encoder files, read as the node Load Text Encoders reads them."""
    attach_host()
    from ..conditioning.reports.binding import report as probe_report
    from ..host.reports import probe_reports

    clip = probe_reports.from_files(arguments.encoder, arguments.family)
    view = probe_report.AS_FED if arguments.padded else probe_report.UNPADDED
    threshold = _threshold(arguments.threshold)

    def report(text: str) -> Report:
        return probe_reports.report(
            clip, text, view, threshold, cache_folder(), progress_bar("probing")
        )

    def card() -> Report:
        return probe_reports.card(clip, view, "", cache_folder(), progress_bar("scoring"))

    return Prober(report, card)


def _threshold(threshold: float | None) -> float:
    from ..conditioning.binding.cosine_rule import THRESHOLD

    return THRESHOLD if threshold is None else threshold
