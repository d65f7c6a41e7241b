"""`encoderscope probe`: does an encoder hold the attribute bindings of a prompt?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..api.encoders import Prober, ProberOptions, prober
from ..conditioning.errors import EncoderScopeError
from ..conditioning.reports.strict_json import to_json
from ..conditioning.translation import current_language, in_language
from .common import (
    DEFAULT_MINIATURE,
    STDIN,
    STDIN_HELP,
    add_json_option,
    add_language_option,
    add_png_option,
    path_argument,
    prepare_torch,
    print_report,
    progress_bar,
    require_prompt_before,
    show,
    stdin_prompts,
    write_card,
)

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
    add_language_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the probe report of a prompt or of every prompt on standard input, or the encoder's
    card. Raises :class:`EncoderScopeError`.
    """
    with in_language(arguments.language):
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    _check(arguments)
    prepare_torch()
    probe = prober_of(arguments)
    if arguments.suite:
        return _run_suite(arguments, probe)
    if arguments.text == STDIN:
        return _run_lines(probe)
    from ..conditioning.reports.binding import picture
    from ..conditioning.reports.binding import report as probe_report
    from ..conditioning.reports.drawing import legible

    report = probe.report(arguments.text)
    if arguments.png:
        card = legible.draw(report, lambda: probe.report(arguments.text), picture.render)
        write_card(arguments.png, card, report)
    print_report(report, arguments.json, probe_report.plain)
    return _status(report["bound"])


def _check(arguments: argparse.Namespace) -> None:
    """Raises :class:`EncoderScopeError` unless a prompt or ``--suite`` was given, and not both."""
    if (arguments.text is None) == arguments.suite:
        return
    if not arguments.suite:
        require_prompt_before(encoder=arguments.encoder)
    raise EncoderScopeError(
        "A prompt and --suite were given."
        if arguments.suite
        else "Neither a prompt nor --suite was given.",
        "One of the two was expected.",
        "Give a prompt in quotes, or --suite.",
    )


def _run_suite(arguments: argparse.Namespace, prober: Prober) -> int:
    from ..conditioning.reports.drawing import legible
    from ..conditioning.reports.encoder_card import picture
    from ..conditioning.reports.encoder_card import report as card_report

    card = prober.card()
    if arguments.png:
        write_card(arguments.png, legible.draw(card, prober.card, picture.render), card)
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
                "language": current_language(),
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
    options = ProberOptions(arguments.family, arguments.threshold, arguments.padded, progress_bar)
    return prober(arguments.encoder, options)
