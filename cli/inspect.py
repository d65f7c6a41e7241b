"""`encoderscope inspect`: what a model file is, from its header alone."""

from __future__ import annotations

import argparse
from typing import Any

from ..conditioning.translation import in_language
from .common import add_json_option, add_language_option, path_argument, print_report

DESCRIPTION = (
    "Names a text-encoder file from its header alone. Exit status 1 says that no text encoder in "
    "it can be used."
)


def add(commands: Any) -> None:
    """Add the command's parser."""
    parser = commands.add_parser("inspect", help="what a model file is", description=DESCRIPTION)
    parser.add_argument(
        "path", type=path_argument, help="a .safetensors or .gguf file, or a model's folder"
    )
    parser.add_argument(
        "--hash", action="store_true", help="also compute the SHA-256 (reads the whole file)"
    )
    add_json_option(parser, "report-encoder")
    add_language_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the report of a file. Raises :class:`EncoderScopeError` where it cannot be read."""
    from ..conditioning.reports.encoder_file import report as encoder_report

    with in_language(arguments.language):
        report = encoder_report.inspect(arguments.path, hash_files=arguments.hash)
    print_report(report, arguments.json, encoder_report.plain)
    return int(not report["usable"])
