"""Seconds from a prompt to the Binding Probe's first verdict, with an empty cache folder, and to
the next one.

    python dev.py bench            # or: .venv/bin/python tests/bench/bench_first_verdict.py
    [--layers 24] [--view unpadded] [--encoders CLIP-L T5-XXL]

The miniatures of the flagship workflow (their nulls come with the pack); CLIP-L whole, and an
encoder of T5-XXL's dimensions and ``--layers`` layers, both with random weights: what blind
encoders score depends on tokens, word vectors and architecture alone, and takes as long with any
weights (untrained encoders of twelve layers or more come with the pack, so few ``--layers`` take
longer). *first* includes building the suite and importing transformers' models; *next* is a new
CLIP object and another prompt of the same kind.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
FIRST, NEXT = "a red car next to a blue house", "a green cup next to a yellow box"
GOALS = {"mini-CLIP-hard": 15, "mini-T5": 15, "CLIP-L": 20, "T5-XXL": 60}
NEXT_GOAL = 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, default=24, help="of the encoder as wide as T5-XXL")
    parser.add_argument("--view", default="unpadded")
    parser.add_argument("--encoders", nargs="+", choices=list(GOALS), default=list(GOALS))
    arguments, _ = parser.parse_known_args()
    importlib.import_module("bench_tokens").mount()
    import torch

    miniature = importlib.import_module("encoderscope.host.miniatures")
    clip_of = importlib.import_module("bench_probe").clip_of
    encoders: dict[str, Callable[[], Any]] = {
        "mini-CLIP-hard": lambda: miniature.clip("mini-CLIP-hard", "sd1"),
        "mini-T5": lambda: miniature.clip("mini-T5", "pixart"),
        "CLIP-L": lambda: clip_of("clip", 12),
        "T5-XXL": lambda: clip_of("t5", arguments.layers),
    }
    print(
        f"torch {torch.__version__}, {torch.get_num_threads()} threads, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}; view {arguments.view}; T5-XXL has {arguments.layers} "
        "layers; random weights in both large ones"
    )
    for name in arguments.encoders:
        print(_line(name, encoders[name], arguments.view), flush=True)
        gc.collect()
    return 0


def _line(name: str, build: Callable[[], Any], view: str) -> str:
    report = importlib.import_module("encoderscope.host.reports.probe_reports").report
    columns = [f"{name:16}"]
    clip = build()
    with tempfile.TemporaryDirectory() as folder:
        for label, text, goal in (("first", FIRST, GOALS[name]), ("next", NEXT, NEXT_GOAL)):
            wall, processor = time.perf_counter(), time.process_time()
            report(clip, text, view, cache=Path(folder))
            wall, processor = time.perf_counter() - wall, time.process_time() - processor
            columns.append(f"{label} {wall:6.1f} s (processor {processor:6.1f} s, goal {goal} s)")
    return "  ".join(columns)


if __name__ == "__main__":
    raise SystemExit(main())
