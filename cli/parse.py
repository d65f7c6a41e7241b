"""`encoderscope parse`: what can be read from a prompt's words."""

from __future__ import annotations

import argparse
from typing import Any

from ..conditioning.reports.strict_json import to_json
from ..conditioning.translation import in_language
from .common import (
    STDIN,
    STDIN_HELP,
    add_json_option,
    add_language_option,
    print_report,
    show,
    stdin_prompts,
)

DESCRIPTION = (
    "Shows which attributes, counts, negations, spatial relations and actions were read from a "
    "prompt, and which of them have a rival to be confused with. Mark a contrast by hand with "
    "brackets: '[red] car | [blue] house'. Exit status 1 says that nothing can be put to the test."
)


def add(commands: Any) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "parse", help="what can be read from a prompt", description=DESCRIPTION
    )
    parser.add_argument("text", help=STDIN_HELP)
    add_json_option(parser, "report-reading")
    add_language_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the reading of a prompt, or of every prompt on standard input."""
    with in_language(arguments.language):
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    from ..conditioning.reports.reading import report as reading

    if arguments.text != STDIN:
        report = reading.reading_report(arguments.text)
        print_report(report, arguments.json, reading.plain)
        return int(not report["contrasts"])
    reports = [reading.reading_report(prompt) for prompt in stdin_prompts()]
    show("\n".join(to_json(report) for report in reports))
    return int(not all(report["contrasts"] for report in reports))
