"""What several commands share: prompts from standard input, options and output of reports, a
progress bar, the folder where results are kept, and the encoders that come with the pack.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..conditioning.errors import EncoderScopeError
from ..conditioning.progress import Progress
from ..conditioning.reports.strict_json import to_json

if TYPE_CHECKING:
    from ..conditioning.image_text.dual_encoder import DualEncoder
    from ..conditioning.miniature import Miniature

Report = dict[str, Any]

STDIN = "-"
"""In the place of a prompt: a prompt a line on standard input, a JSON report a line out."""
STDIN_HELP = "the prompt, or - to read one prompt a line and write one JSON report a line"
DEFAULT_MINIATURE = "mini-CLIP-hard"


def add_json_option(parser: argparse.ArgumentParser, document: str = "") -> None:
    """Add ``--json``. ``document``: the page that describes the report, without its suffix."""
    described = f" (docs/{document}.md)" if document else ""
    parser.add_argument("--json", action="store_true", help=f"print the report's JSON{described}")


def add_png_option(parser: argparse.ArgumentParser, text: str = "also write the picture") -> None:
    """Add ``--png FILE``."""
    parser.add_argument("--png", metavar="FILE", type=Path, help=text)


def print_report(report: Mapping[str, Any], as_json: bool, plain: Callable[[Any], str]) -> None:
    """Print a report as JSON, or as the text that ``plain`` makes of it."""
    print(to_json(report) if as_json else plain(report))


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
    if not path.exists():
        raise EncoderScopeError(
            f"There is no {name!r}.", f"An encoder was expected: {expected}.", "Check the path."
        )
    return path
