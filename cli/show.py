"""`encoderscope show`: a report that came as a card (PNG) or as JSON."""

from __future__ import annotations

import argparse
from typing import Any

from .common import add_json_option, add_png_option, path_argument, print_report, write_card

DESCRIPTION = (
    "Shows a report that somebody sent: a card (the PNG that --png, Save Report Card and the "
    "Python API write, with the report inside) or the JSON of a report. Nothing of ComfyUI is "
    "needed. Exit status: 0 shown, 2 no report, or one of a newer EncoderScope; for a card of the "
    "Prompt Doctor as that of `encoderscope doctor`."
)


def add(commands: Any) -> None:
    """Add the command's parser."""
    parser = commands.add_parser("show", help="a report that was sent", description=DESCRIPTION)
    parser.add_argument(
        "card", metavar="CARD", type=path_argument, help="a card (PNG), or a report's .json file"
    )
    parser.add_argument(
        "--markdown", action="store_true", help="of the Prompt Doctor: print it as Markdown"
    )
    add_json_option(parser, "reports")
    add_png_option(parser, "draw it anew, as a card")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the report in a file. Raises :class:`EncoderScopeError` where there is none."""
    from ..conditioning.reports.doctor.display import without_display
    from ..conditioning.reports.doctor.report import FORMAT as DOCTOR
    from ..conditioning.reports.travelling import known_formats, report_files
    from .doctor import status

    report = report_files.read_report(arguments.card)
    text = (known_formats.markdown if arguments.markdown else known_formats.plain)(report)
    is_doctor = report["format"] == DOCTOR
    if arguments.png:
        stored = without_display(report) if is_doctor else report
        write_card(arguments.png, known_formats.render(report), stored)
    shown = known_formats.completed(report) if is_doctor else report
    print_report(shown, arguments.json, lambda _: text)
    return status(report) if is_doctor else 0
