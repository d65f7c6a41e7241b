"""`encoderscope tokens`: which words of a prompt every encoder of a model family gets."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import Any

from ..api import prompts
from ..conditioning.reports.strict_json import to_json
from ..conditioning.reports.tokens import text as token_text
from ..conditioning.translation import in_language
from .common import (
    STDIN,
    STDIN_HELP,
    Report,
    add_json_option,
    add_language_option,
    add_png_option,
    print_report,
    show,
    stdin_prompts,
    write_card,
)

DESCRIPTION = (
    "Shows which words every encoder of a model family gets. ComfyUI's own tokenizers are used: "
    "those of COMFYUI_PATH, of the ComfyUI this pack lies in, or of the copy that dev.py "
    "downloads. Exit status 1 says that something is lost. With --lint it prints what is not what "
    "it seems (grammar of other programs, odd weights, misspelt embeddings ...), and 1 says that "
    "something of it is certain."
)


def add(commands: Any) -> None:
    """Add the command's parser."""
    parser = commands.add_parser("tokens", help="the fate of every word", description=DESCRIPTION)
    parser.add_argument("text", help=STDIN_HELP)
    parser.add_argument("--family", help="flux, sdxl, sd3, ... (--family help lists them)")
    parser.add_argument(
        "--tokenizer", metavar="FOLDER", help="a Hugging Face tokenizer folder instead of ComfyUI's"
    )
    add_json_option(parser, "report-tokens")
    add_png_option(parser)
    add_language_option(parser)
    parser.add_argument(
        "--width", type=int, default=100, help="columns of the terminal picture (default 100)"
    )
    parser.add_argument("--no-colour", "--no-color", action="store_true", help="no colour codes")
    parser.add_argument(
        "--lint", action="store_true", help="only what is not what it seems, one finding a line"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the token report of a prompt, or of every prompt on standard input."""
    with in_language(arguments.language):
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    report_of = prompts.reporter(arguments.family, arguments.tokenizer)
    if arguments.text == STDIN:
        return _run_lines(report_of, _problem(arguments))
    report = report_of(arguments.text)
    if arguments.lint and not arguments.json:
        return _print_findings(report)
    if arguments.png:
        from ..conditioning.reports.drawing import legible
        from ..conditioning.reports.tokens import picture

        card = legible.draw(report, lambda: report_of(arguments.text), picture.render)
        write_card(arguments.png, card, report)
    colour = not arguments.no_colour and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    print_report(
        report,
        arguments.json,
        lambda report: token_text.render(report, colour=colour, width=arguments.width),
        colour,
    )
    return int(report[_problem(arguments)])


def _problem(arguments: argparse.Namespace) -> str:
    """The field that decides the exit status."""
    return "not_as_it_seems" if arguments.lint else "lost"


def _print_findings(report: Report) -> int:
    show(token_text.findings(report))
    return int(report["not_as_it_seems"])


def _run_lines(report_of: Callable[[str], Report], problem: str) -> int:
    status = 0
    for prompt in stdin_prompts():
        report = report_of(prompt)
        status = max(status, int(report[problem]))
        show(to_json(report))
    return status
