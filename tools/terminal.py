"""Shows a token report in the terminal, for the demo."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

FORMAT = "encoderscope.tokens"
RESET, BOLD, GREEN, YELLOW, RED = "\033[0m", "\033[1m", "\033[32m", "\033[33m", "\033[31m"


def enable_colour() -> None:
    """Let Windows' console read colour codes, and let any console take any script (a name it lacks becomes a question mark)."""
    if os.name == "nt":
        os.system("")  # the known way to switch the codes on
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def coloured() -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def find_report(outputs: dict[str, Any]) -> dict[str, Any] | None:
    """The token report among all that a graph's nodes showed, whether given as an object or as JSON text."""
    for value in _leaves(outputs):
        if isinstance(value, str) and FORMAT in value:
            try:
                value = json.loads(value)
            except ValueError:
                continue
        if isinstance(value, dict) and value.get("format") == FORMAT:
            return value
    return None


def find_text(outputs: dict[str, Any]) -> str:
    """The report as text: the longest string that a node showed as `text`."""
    texts = [text for shown in outputs.values() for text in shown.get("text", []) if isinstance(text, str)]
    return max((text for text in texts if FORMAT not in text), key=len, default="")


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from _leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def print_report(report: dict[str, Any], text: str) -> None:
    """Print the prompt in the colours of its words' fates, then the node's own text (or at least the verdict)."""
    on = coloured()
    print()
    print(_paint(report) if on else report["text"])
    print()
    print(text or report["verdict"])


def _paint(report: dict[str, Any]) -> str:
    parts, at, source = [], 0, report["text"]
    for word in report["words"]:
        start, end = word["span"]
        parts += [source[at:start], _colour(word), source[start:end], RESET]
        at = end
    return "".join([*parts, source[at:]])


def _colour(word: dict[str, Any]) -> str:
    if word.get("lost"):
        return BOLD + RED
    return YELLOW if "later" in word.get("lanes", []) else GREEN
