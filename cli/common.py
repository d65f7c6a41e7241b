"""What several commands share: prompts from standard input, options and output of reports, a
progress bar, the folder where results are kept, and the encoders that come with the pack.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ..api.resources import DEFAULT_MINIATURE as DEFAULT_MINIATURE
from ..api.resources import JUDGES as JUDGES
from ..api.resources import attach_host as attach_host
from ..api.resources import cache_folder as cache_folder
from ..api.resources import dual_encoder as dual_encoder
from ..api.resources import existing_path as existing_path
from ..api.resources import judge_named as judge_named
from ..api.resources import miniature_named as miniature_named
from ..api.resources import miniature_tokenizer as miniature_tokenizer
from ..api.resources import prepare_torch as prepare_torch
from ..conditioning.errors import EncoderScopeError
from ..conditioning.progress import Progress
from ..conditioning.reports.strict_json import to_json
from ..conditioning.translation import languages, nearest
from ..conditioning.visible_text import OBEYED, visible

if TYPE_CHECKING:
    from PIL.Image import Image


Report = dict[str, Any]

STDIN = "-"
"""In the place of a prompt: a prompt a line on standard input, a JSON report a line out."""
STDIN_HELP = "the prompt, or - to read one prompt a line and write one JSON report a line"
_COLOUR = re.compile("(\x1b\\[(?:38;5;[0-9]{1,3}|0)m)")
_CONTROL = re.compile(f"[\x00-\x09\x0b-\x1f{OBEYED}]")


def add_json_option(parser: argparse.ArgumentParser, document: str = "") -> None:
    """Add ``--json``. ``document``: the page that describes the report, without its suffix."""
    described = f" (docs/{document}.md)" if document else ""
    parser.add_argument("--json", action="store_true", help=f"print the report's JSON{described}")


def add_png_option(
    parser: argparse.ArgumentParser, text: str = "also write the picture, with the report inside"
) -> None:
    """Add ``--png FILE``."""
    parser.add_argument("--png", metavar="FILE", type=path_argument, help=text)


def add_language_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--language CODE``; without it the report is in the terminal's language."""
    parser.add_argument(
        "--language",
        choices=languages(),
        default=terminal_language(),
        help="of the report (default: what LC_ALL, LC_MESSAGES or LANG name; English where there "
        "is no translation)",
    )


def terminal_language() -> str:
    """The nearest language to the one that the terminal is set to, as gettext reads it."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    return nearest(next((value for name in names if (value := os.environ.get(name))), ""))


def write_card(path: Path, picture: Image, report: Mapping[str, Any]) -> None:
    """Write a report's picture as a PNG with the report inside, for ``encoderscope show``."""
    from ..conditioning.reports.travelling import report_files

    report_files.write_card(path, picture, report)


def print_report(
    report: Mapping[str, Any], as_json: bool, plain: Callable[[Any], str], colour: bool = False
) -> None:
    """Print a report as JSON, or as the text that ``plain`` makes of it."""
    show(to_json(report) if as_json else plain(report), colour)


def show(text: str, colour: bool = False, stream: TextIO | None = None) -> None:
    """Print lines of text: the one place that does. Whatever a file or a prompt brought along,
    nothing but line breaks reaches the terminal, and the colours of our own where ``colour`` says
    so.
    """
    parts = [text]
    if colour:
        parts = _COLOUR.split(text)
    # Every second part is a colour.
    safe = [part if number % 2 else _visible_lines(part) for number, part in enumerate(parts)]
    print("".join(safe), file=stream or sys.stdout, flush=True)


def _visible_lines(text: str) -> str:
    return "\n".join(
        _CONTROL.sub(lambda match: visible(match[0]), line) for line in text.split("\n")
    )


def path_argument(text: str) -> Path:
    """A path on the command line. An empty one would be the current folder: mostly it is a variable
    that is not set.
    """
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(
            "an empty path was given; the path of a file or folder was expected; check the quotes, "
            "and whether the variable in them is set"
        )
    try:
        os.fsencode(text)
    except UnicodeEncodeError as error:
        raise argparse.ArgumentTypeError(
            f"{text[:100]!a} was given, which no file can be called; the path of a file or "
            "folder was expected; check it"
        ) from error
    return Path(text)


def require_prompt_before(**values: Sequence[Path]) -> None:
    """Raises :class:`EncoderScopeError` where a prompt was read as the last value of an option that
    takes several. ``values``: by the options' names.
    """
    for name, paths in values.items():
        if len(paths) > 1 and not os.path.lexists(paths[-1]):
            raise EncoderScopeError(
                "{path!r} stands behind --{option}, and was read as one of its files.",
                "The prompt was expected before the options.",
                "Write it first, or another option between --{option} and it.",
                path=str(paths[-1]),
                option=name,
            )


def stdin_prompts() -> Iterator[str]:
    """The prompts on standard input, one a line."""
    for line in sys.stdin:
        yield line.rstrip("\r\n")


def progress_bar(label: str) -> Progress:
    """A line on a terminal's error output; nothing in a script."""

    def show(done: int, total: int) -> None:
        if not sys.stderr.isatty():
            return
        percent = 100 * done // max(1, total)
        print(f"\r{label} {percent:3} %", end="", file=sys.stderr, flush=True)
        if done >= total:
            print(file=sys.stderr, flush=True)

    return show
