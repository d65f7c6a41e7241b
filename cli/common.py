"""What several commands share: prompts from standard input, options and output of reports, a
progress bar, the folder where results are kept, and the encoders that come with the pack.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ..conditioning.errors import EncoderScopeError
from ..conditioning.progress import Progress
from ..conditioning.reports.strict_json import to_json
from ..conditioning.visible_text import OBEYED, visible

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..conditioning.image_text.dual_encoder import DualEncoder
    from ..conditioning.miniature import Miniature

Report = dict[str, Any]

STDIN = "-"
"""In the place of a prompt: a prompt a line on standard input, a JSON report a line out."""
STDIN_HELP = "the prompt, or - to read one prompt a line and write one JSON report a line"
_COLOUR = re.compile("(\x1b\\[(?:38;5;[0-9]{1,3}|0)m)")
_CONTROL = re.compile(f"[\x00-\x09\x0b-\x1f{OBEYED}]")
DEFAULT_MINIATURE = "mini-CLIP-hard"


def add_json_option(parser: argparse.ArgumentParser, document: str = "") -> None:
    """Add ``--json``. ``document``: the page that describes the report, without its suffix."""
    described = f" (docs/{document}.md)" if document else ""
    parser.add_argument("--json", action="store_true", help=f"print the report's JSON{described}")


def add_png_option(
    parser: argparse.ArgumentParser, text: str = "also write the picture, with the report inside"
) -> None:
    """Add ``--png FILE``."""
    parser.add_argument("--png", metavar="FILE", type=path_argument, help=text)


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
    return Path(text)


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


def cache_folder() -> Path:
    """Where results are kept: ENCODERSCOPE_CACHE, or the user's cache folder."""
    if folder := os.environ.get("ENCODERSCOPE_CACHE"):
        return Path(folder)
    base = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME")
    return Path(base or Path.home() / ".cache") / "encoderscope"


def prepare_torch() -> None:
    """Make transformers' models importable beside a torchvision that does not fit torch. To be
    called before an encoder is loaded without ComfyUI; :func:`attach_host` does it, too.
    """
    from ..host import torch_companions

    torch_companions.mend_torchvision()


def attach_host() -> Path:
    """Make ComfyUI's modules importable; returns its folder. Raises :class:`EncoderScopeError`
    where no ComfyUI is found.
    """
    from ..host import standalone

    return standalone.attach()


def miniature_named(name: str) -> Miniature | None:
    """The miniature that comes with the pack under this name; None where there is none."""
    from ..conditioning import miniature

    if name not in miniature.NAMES:
        return None
    return miniature.load(name)


def miniature_tokenizer(kind: str) -> Any:
    """ComfyUI's own tokenizer for a miniature of this kind (clip or t5)."""
    attach_host()
    from ..host import miniatures

    return miniatures.tokenizer(kind)


def dual_encoder(name: str, expected: str) -> DualEncoder:
    """Both towers, from a miniature or from files. ``expected``: what names an encoder, for the
    message. Raises :class:`EncoderScopeError`.
    """
    prepare_torch()
    from ..conditioning import miniature
    from ..conditioning.image_text import loading

    if mini := miniature_named(name):
        return miniature.dual(mini, miniature_tokenizer(mini.kind))
    return loading.load(existing_path(name, expected))


def existing_path(name: str, expected: str) -> Path:
    """The path of a file or folder that an encoder is read from. Raises
    :class:`EncoderScopeError`.
    """
    path = Path(name)
    if not name or not os.path.lexists(path):
        raise EncoderScopeError(
            f"There is no {name!r}.", f"An encoder was expected: {expected}.", "Check the path."
        )
    return path
