"""`encoderscope audit`: which captions of a set lose words under which encoder."""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path
from typing import Any

from ..conditioning.errors import EncoderScopeError
from ..conditioning.translation import in_language, translate
from .common import (
    add_json_option,
    add_language_option,
    add_png_option,
    path_argument,
    print_report,
    progress_bar,
    show,
    write_card,
)

DESCRIPTION = (
    "Reads every caption of a table (.parquet, .jsonl, .csv, .tsv) or text file (.txt, one a line) "
    "with the tokenizers of an image model, and writes a Parquet file with a row for each: the "
    "words that do not reach what the model takes, and what is not what it seems. On all cores, in "
    "bounded memory; a run that was stopped goes on where it was. Needs the package datasets: "
    'pip install ".[audit]". Exit status: 0 it ran, 2 bad input, 130 stopped.'
)
STOPPED = 130


def add(commands: Any) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "audit", help="which captions of a set lose words?", description=DESCRIPTION
    )
    parser.add_argument("source", metavar="CAPTIONS", type=path_argument, help="the captions")
    parser.add_argument("--family", help="flux, sdxl, sd3, ... (--family help lists them)")
    parser.add_argument(
        "--tokenizer", metavar="FOLDER", help="a Hugging Face tokenizer folder instead of ComfyUI's"
    )
    parser.add_argument(
        "-o",
        "--out",
        metavar="FILE",
        type=path_argument,
        default=Path("findings.parquet"),
        help="the table of findings (findings.parquet)",
    )
    parser.add_argument("--column", help="the column with the captions (caption, text, prompt ...)")
    parser.add_argument("--processes", type=int, default=0, help="default: all cores")
    parser.add_argument(
        "--part", type=int, default=20_000, help="captions after which it can go on (20000)"
    )
    parser.add_argument(
        "--shard",
        metavar="K/N",
        type=_shard,
        default=(0, 1),
        help="only the K-th of N equal shares, for one machine of N",
    )
    add_json_option(parser, "audit")
    add_png_option(parser)
    add_language_option(parser)
    parser.set_defaults(run=run)


def _shard(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise argparse.ArgumentTypeError(f"{text!r} was given; K/N with K from 1 to N was expected")
    return int(match[1]) - 1, int(match[2])


def run(arguments: argparse.Namespace) -> int:
    """Write the table and print the sums. Raises :class:`EncoderScopeError`."""
    from ..api import audit
    from ..conditioning.reports.audit import picture, text
    from ..conditioning.reports.audit import report as audit_report
    from ..conditioning.reports.drawing import legible

    if arguments.part < 1 or arguments.processes < 0:
        raise EncoderScopeError(
            "--part {part} --processes {processes} was given.",
            "A part of at least one caption, and no negative number, were expected.",
            "Leave them out.",
            part=arguments.part,
            processes=arguments.processes,
        )
    options = audit.AuditOptions(
        arguments.family, arguments.tokenizer, arguments.column, arguments.processes,
        arguments.part, arguments.shard, progress_bar("auditing"),
    )  # fmt: skip
    start = time.monotonic()
    try:
        with in_language(arguments.language):
            report = audit.audit(arguments.source, arguments.out, options).json
    except KeyboardInterrupt:
        stopped = translate("Stopped: the same command goes on after the last part.")
        show(stopped, stream=sys.stderr)
        return STOPPED
    if arguments.png:
        card = legible.draw(report, lambda: audit_report.worded(report), picture.render)
        write_card(arguments.png, card, report)
    print_report(report, arguments.json, text.plain)
    rate = report["captions"] / max(1e-9, time.monotonic() - start)
    speed = translate("{file}: {rate:,.0f} captions a second", file=arguments.out, rate=rate)
    show(speed, stream=sys.stderr)
    return 0
