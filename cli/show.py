"""`encoderscope show`: a card of the Prompt Doctor, printed again from the JSON in its picture."""

from __future__ import annotations

import argparse
from typing import Any

from ..conditioning.reports.strict_json import to_json
from .common import add_json_option, path_argument, show

DESCRIPTION = (
    "Prints a card of the Prompt Doctor again: the PNG holds its JSON. Exit status as that of "
    "`encoderscope doctor`."
)


def add(commands: Any) -> None:
    """Add the command's parser."""
    parser = commands.add_parser("show", help="print a card again", description=DESCRIPTION)
    parser.add_argument(
        "card", metavar="CARD", type=path_argument, help="a PNG as it was saved, or its JSON"
    )
    parser.add_argument("--markdown", action="store_true", help="print it as Markdown")
    add_json_option(parser, "report-doctor")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the report in a card. Raises :class:`EncoderScopeError`."""
    from ..conditioning.reports.doctor import card_file
    from .doctor import status

    report = card_file.read_card(arguments.card)
    text = card_file.printed(report, arguments.markdown)
    show(to_json(report) if arguments.json else text)
    return status(report)
