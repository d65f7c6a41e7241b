"""The terminal face: ``encoderscope tokens``, ``parse``, ``doctor``, ``probe``, ``image``,
``bench``, ``audit``, ``cache``, ``quantize``, ``inspect`` and ``show``.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from ..conditioning.errors import EncoderScopeError
from ..conditioning.memory_errors import OutOfMemory, causes, detail, is_shortage
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
    except KeyboardInterrupt:
        stopped = translate("Stopped. What was finished is kept.")
        show(f"encoderscope: {stopped}", stream=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # the reader (head, less) has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        refusal = _refusal(error)
        if refusal is None:
            raise
        show(f"encoderscope: {refusal}", stream=sys.stderr)
        return 2


def _refusal(error: Exception) -> EncoderScopeError | None:
    """What to say of an error; None for one that nobody expected."""
    for cause in causes(error):
        if is_shortage(cause):
            return OutOfMemory(
                "The computer ran out of memory ({detail}).",
                "Room for the models of this command and for what it computes was expected.",
                "Close other programs, take smaller encoders (encoderscope quantize makes them), "
                "or ask for less at once: a shorter prompt, a shorter list, smaller or fewer "
                "pictures.",
                detail=detail(cause),
            )
    if isinstance(error, OSError):  # a place that cannot be written, mostly
        return _of_system(error)
    return error if isinstance(error, EncoderScopeError) else None


def _of_system(error: OSError) -> EncoderScopeError:
    return EncoderScopeError(
        "{file!r} cannot be opened ({why})." if error.filename else "The system refused ({why}).",
        "A file or folder that may be read and written was expected.",
        "Check the path, its permissions and the room on the disk.",
        file=str(error.filename)[:_LONGEST_NAME],
        why=error.strerror or str(error),
    )


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
