"""`encoderscope show`: a report that came as a card (PNG) or as JSON."""

from __future__ import annotations

import argparse
from typing import Any

from .common import add_json_option, add_png_option, path_argument, print_report

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
    from ..conditioning.reports.doctor.report import FORMAT as DOCTOR
    from ..conditioning.reports.travelling import known_formats, report_files

    report = report_files.read_report(arguments.card)
    if report["format"] == DOCTOR:
        return _show_doctor(arguments)
    text = known_formats.plain(report)
    if arguments.png:
        report_files.write_card(arguments.png, known_formats.render(report), report)
    print_report(report, arguments.json, lambda _: text)
    return 0


def _show_doctor(arguments: argparse.Namespace) -> int:
    from ..conditioning.reports.doctor import card_file
    from .doctor import status

    report = card_file.read_card(arguments.card)
    text = card_file.printed(report, arguments.markdown)
    if arguments.png:
        card_file.save_card(report, arguments.png)
    print_report(report, arguments.json, lambda _: text)
    return status(report)
