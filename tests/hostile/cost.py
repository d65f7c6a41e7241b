"""What it costs to look at a file, measured in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Literal, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
MOST_SECONDS, MOST_MEGABYTES = 1.0, 100.0
_YARDSTICK = 0.1
"""Seconds that `yardstick` below takes where nothing else runs. A core that is shared, or
slow, takes longer for it and for the file: the measured seconds are scaled by it.
"""
_TIMEOUT = 60

_MEASURE = """
import importlib.util, json, resource, sys, time
from pathlib import Path
root, path = Path(sys.argv[1]), sys.argv[2]
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != root]
spec = importlib.util.spec_from_file_location(
    "encoderscope", root / "__init__.py", submodule_search_locations=[str(root)]
)
module = importlib.util.module_from_spec(spec)
sys.modules["encoderscope"] = module
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.reports.encoder_file import report
from encoderscope.conditioning.reports.travelling import known_formats, report_files

def look_at(path):
    if sys.argv[4] == "report":
        return known_formats.plain(report_files.read_report(Path(path)))
    return report.plain(report.inspect(path))

def yardstick():
    # Work that is always the same: how long it takes on this core, shared as it is.
    started = time.process_time()
    for number in range(60_000):
        json.loads('{"dtype":"F16","shape":[%d]}' % number)
    return time.process_time() - started

yardsticks = [yardstick()]
started, answer, refused = time.process_time(), "", False
try:
    answer = look_at(path)
except EncoderScopeError as error:
    answer, refused = str(error), True
seconds = time.process_time() - started
yardsticks.append(yardstick())
# Of this program alone: ru_maxrss begins with what the process was that started it.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
seconds *= min(1.0, 2 * float(sys.argv[3]) / sum(yardsticks))
print(json.dumps([seconds, int(peak.split()[1]) / 1024, refused, answer]))
"""


class Cost(NamedTuple):
    """Seconds of an undisturbed processor, the largest memory in MB, and what came of it."""

    seconds: float
    megabytes: float
    refused: bool
    answer: str


def cost_of(path: Path, kind: Literal["model", "report"] = "model") -> Cost:
    """Looks at ``path`` as `encoderscope inspect` does, without torch, or as `show`."""
    command = [sys.executable, "-c", _MEASURE, str(ROOT), str(path), str(_YARDSTICK), kind]
    output = subprocess.run(
        command, capture_output=True, text=True, timeout=_TIMEOUT, check=False, cwd=path.parent
    )
    assert output.returncode == 0, output.stderr[-2000:]
    return Cost(*json.loads(output.stdout))
