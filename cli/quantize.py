"""`encoderscope quantize`: a smaller copy of a text encoder's file."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..conditioning.progress import Progress

WHAT = (
    "Writes a copy of a T5, CLIP or SigLIP text encoder (a .safetensors or .gguf file, "
    "or a Hugging Face folder) with its large matrices "
    "in int8, fp8 or int4, checks it number by number against its source, and tells how "
    "far the encoder's answers moved. A run that was "
    "stopped goes on where it was. Exit status: 0 fine, 2 bad input, 130 stopped."
)


def add(commands: Any, bar: Callable[[str], Progress]) -> None:
    quantize = commands.add_parser(
        "quantize", help="a smaller copy of a text encoder", description=WHAT
    )
    quantize.add_argument("path", type=Path, help="the file or folder")
    quantize.add_argument(
        "--format",
        default="int8",
        help="int8 (default), fp8 or int4: docs/quantising.md compares them",
    )
    quantize.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        help="default: beside the source, with the format behind its name",
    )
    quantize.add_argument("--json", action="store_true", help="print the report as JSON")
    quantize.set_defaults(run=lambda arguments: _quantize(arguments, bar("quantising")))


def _quantize(arguments: argparse.Namespace, progress: Progress) -> int:
    from ..conditioning.reports.quantized import report as quantized_report
    from ..host import standalone

    standalone.attach()
    from ..host import quantization

    source = arguments.path.absolute()
    target = (
        arguments.out.absolute() if arguments.out else quantization.beside(source, arguments.format)
    )
    try:
        done = quantization.run(source, target, arguments.format, progress)
    except KeyboardInterrupt:
        return 130  # what is left was logged
    found = quantized_report.report(done)
    print(
        json.dumps(found, ensure_ascii=False) if arguments.json else quantized_report.plain(found)
    )
    return 0
