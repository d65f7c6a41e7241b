"""How many captions a second `encoderscope audit` reads, and how much memory it takes. The figures
of docs/audit.md.

    python tests/bench/bench_audit.py [--quick] [--captions 20000 60000] [--family sdxl]
        [--processes 2]

Captions are made of words, 10 to 90 of them, with weights here and there. Memory is the largest
resident set of any process. Promise: three times the captions take no more than 1.25 times the
memory.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from encoderscope.tools import comfyui, packages

WORDS = (
    "a red fox golden hour portrait of an old fisherman in the forest detailed castle on hill by "
    "night with stars (soft light:1.2) photo, film grain two blue birds"
)
LENGTHS = (10, 20, 40, 60, 90)
GROWTH = 1.25
CHILD = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(status, usage.ru_maxrss, usage.ru_utime + usage.ru_stime)
"""


def write(path: Path, count: int) -> None:
    """That many captions, as JSON lines."""
    dice, words = random.Random(1), WORDS.split()
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            caption = " ".join(dice.choice(words) for _ in range(dice.choice(LENGTHS)))
            file.write(json.dumps({"id": number, "caption": caption}) + "\n")


def measure(folder: Path, count: int, options: argparse.Namespace) -> float:
    """Audit that many; prints the figures, and returns the memory in MB."""
    source = folder / f"{count}.jsonl"
    write(source, count)
    places = os.pathsep.join([str(comfyui.MOUNT), str(packages.audit_folder())])
    command = [
        sys.executable, "-m", "encoderscope.cli.main", "audit", str(source), "--family",
        options.family, "--processes", str(options.processes), "-o", str(folder / "a.parquet"),
        "--json",
    ]  # fmt: skip
    start = time.monotonic()
    result = subprocess.run(
        [sys.executable, "-c", CHILD, *command], cwd=folder, capture_output=True, check=True,
        encoding="utf-8", env=os.environ | {"PYTHONPATH": places, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    wall = time.monotonic() - start
    status, memory, processor = result.stdout.split()
    assert status == "0", result.stderr
    print(
        f"{count:9,} captions  {wall:7.1f} s  {count / wall:6.0f} a second  "
        f"{count / float(processor):6.0f} a second of processor  {int(memory) / 1024:6.0f} MB",
        flush=True,
    )
    return int(memory) / 1024


def main() -> int:
    """0 where the promise holds."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--captions", type=int, nargs=2, default=[20_000, 60_000])
    arguments.add_argument("--family", default="sdxl")
    arguments.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = arguments.parse_args()
    if options.quick:
        options.captions = [2000, 6000]
    packages.ensure_audit()
    comfyui.mount(comfyui.MOUNT)
    with tempfile.TemporaryDirectory() as folder:
        small, large = (measure(Path(folder), count, options) for count in options.captions)
    held = large <= GROWTH * small
    print(f"memory {large / small:.2f} times: {'held' if held else 'BROKEN'} (at most {GROWTH})")
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
