"""Shows a token report in the terminal, for the demo."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from .packages import clean_environment
from .places import STATE, venv_python

FORMAT = "encoderscope.tokens"
DRAW = """
import json, sys
from encoderscope.conditioning.reports.tokens import text
print(text.render(json.load(sys.stdin), colour=sys.argv[1] == "1", width=int(sys.argv[2])))
"""


def enable_colour() -> None:
    """Let Windows' console read colour codes, and let any console take any script (a name it lacks
    becomes a question mark).
    """
    if os.name == "nt":
        os.system("")  # the known way to switch the codes on
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def coloured() -> bool:
    """Whether to print colour codes."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def find_report(outputs: dict[str, Any]) -> dict[str, Any] | None:
    """The token report among all that a graph's nodes showed, whether given as an object or as JSON
    text.
    """
    for value in _leaves(outputs):
        if isinstance(value, str) and FORMAT in value:
            try:
                value = json.loads(value)
            except ValueError:
                continue
        if isinstance(value, dict) and value.get("format") == FORMAT:
            return value
    return None


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


def print_report(report: dict[str, Any]) -> None:
    """Print the report as the pack's own terminal picture, in colour where there is any."""
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    environment = clean_environment(PYTHONUTF8="1")
    command = [str(venv_python()), "-c", DRAW, str(int(coloured())), str(width)]
    # From .host, because Python puts the current folder on sys.path here.
    subprocess.run(
        command, cwd=STATE, env=environment, input=json.dumps(report), encoding="utf-8", check=True
    )
