"""`encoderscope quantize`: a smaller copy of a text encoder's file."""

from __future__ import annotations

import argparse
from typing import Any

from ..conditioning.translation import in_language
from .common import (
    add_json_option,
    add_language_option,
    attach_host,
    path_argument,
    print_report,
    progress_bar,
)

DESCRIPTION = (
    "Writes a copy of a T5, CLIP or SigLIP text encoder (a .safetensors or .gguf file, or a "
    "Hugging Face folder) with its large matrices in int8, fp8 or int4, checks it number by number "
    "against its source, and reports how far the encoder's answers moved. A run that was stopped "
    "goes on where it was. Exit status: 0 fine, 2 bad input, 130 stopped."
)
STOPPED = 130


def add(commands: Any) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "quantize", help="a smaller copy of a text encoder", description=DESCRIPTION
    )
    parser.add_argument("path", type=path_argument, help="the file or folder")
    parser.add_argument(
        "--format",
        default="int8",
        help="int8 (default), fp8 or int4: docs/quantising.md compares them",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=path_argument,
        help="default: beside the source, with the format behind its name",
    )
    add_json_option(parser)
    add_language_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the copy and print its report. Raises :class:`EncoderScopeError`."""
    attach_host()
    from ..conditioning.reports.quantized import report as quantized_report
    from ..host import quantization

    source = arguments.path.absolute()
    target = arguments.out or quantization.beside(source, arguments.format)
    progress = progress_bar("quantising")
    try:
        result = quantization.run(source, target.absolute(), arguments.format, progress)
    except KeyboardInterrupt:
        return STOPPED  # what is left was logged
    with in_language(arguments.language):
        report = quantized_report.report(result)
    print_report(report, arguments.json, quantized_report.plain)
    return 0
