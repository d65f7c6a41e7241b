"""The terminal face: ``encoderscope tokens``, ``parse``, ``doctor``, ``probe``, ``image``,
``bench``, ``audit``, ``cache``, ``quantize``, ``inspect`` and ``show``.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from ..conditioning.errors import EncoderScopeError
from ..conditioning.translation import in_language, translate
from . import audit, bench, cache, doctor, image, inspect, parse, probe, quantize, tokens
from . import show as show_card
from .common import show, terminal_language

COMMANDS = (tokens, parse, doctor, probe, image, bench, audit, cache, quantize, inspect, show_card)
"""A module for each command; its ``add`` makes the parser, whose default ``run`` does the work."""

_LONGEST_NAME = 300
STOPPED = 130
"""Exit status after Ctrl+C, as shells have it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit status: 0 fine, 1 something is lost (or not bound), 2 bad input (or no
    clear answer), 130 stopped by Ctrl+C.
    """
    _use_utf8()
    arguments = _parser().parse_args(argv)
    with in_language(getattr(arguments, "language", terminal_language())):
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    try:
        return int(arguments.run(arguments))
    except EncoderScopeError as error:
        show(f"encoderscope: {error}", stream=sys.stderr)
        return 2
    except KeyboardInterrupt:
        stopped = translate("Stopped. What was finished is kept.")
        show(f"encoderscope: {stopped}", stream=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # the reader (head, less) has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # a place that cannot be written, mostly
        show(f"encoderscope: {_of_system(error)}", stream=sys.stderr)
        return 2


def _of_system(error: OSError) -> str:
    refusal = EncoderScopeError(
        "{file!r} cannot be opened ({why})." if error.filename else "The system refused ({why}).",
        "A file or folder that may be read and written was expected.",
        "Check the path, its permissions and the room on the disk.",
        file=str(error.filename)[:_LONGEST_NAME],
        why=error.strerror or str(error),
    )
    return str(refusal)


def _use_utf8() -> None:
    """Windows consoles default to a code page that has no lanes to draw with."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="encoderscope", description="See what a text encoder does with your prompt."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    for command in COMMANDS:
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
