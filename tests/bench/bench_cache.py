"""What a hit of the conditioning cache costs on a real ComfyUI server, and what it spares: the
promise is 50 ms through the node.

    python dev.py bench                    # or: .venv/bin/python tests/bench/bench_cache.py
    [--repeats 20]

The host keeps nothing of its own between runs (--cache-none), so every run asks the node. A run's
time is the host's own, from `execution_start` to `execution_success`: the node and all that the
host does around it. CLIP-L has its true size and random weights; the FLUX entry is that of 256 T5
tokens in its true width, from the miniatures, whose own encoding costs next to nothing.
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
PROMISE = 50.0
"""Milliseconds, for the median of the hits of any entry and for the first hit of a new process."""
TEXT = "a red car next to a blue house under a pale morning sky"


def graphs() -> dict[str, dict[str, Any]]:
    cached = importlib.import_module("encoderscope.tests.host.cached")
    mini = cached.node("EncoderScope_LoadMiniature", miniature="mini-CLIP", family="flux")
    result = {
        "CLIP-L, 77 tokens": cached.graph(TEXT),
        "CLIP-L with a LoRA, 616 tokens": cached.with_lora(text=f"{TEXT}, " * 40),
        "FLUX layout, 256 T5 tokens": cached.graph(TEXT) | {"clip": mini},
    }
    for graph in result.values():
        del graph["saved"]
    return result


def run(server: Any, graph: Mapping[str, Any]) -> tuple[float, str]:
    """Milliseconds by the host's clock, and what the node said."""
    entry = server.wait_for(server.queue(dict(graph)), 600)
    at = {name: output["timestamp"] for name, output in entry["status"]["messages"]}
    return float(at["execution_success"] - at["execution_start"]), entry["outputs"]["cached"][
        "text"
    ][0]


def memory(server: Any) -> float:
    """Megabytes of the server that are resident; 0 where the system does not say."""
    try:
        lines = Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next(float(line.split()[1]) / 1e3 for line in lines if line.startswith("VmRSS"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=20)
    wanted, _ = parser.parse_known_args()
    importlib.import_module("bench_tokens").mount()
    hostkit, cached = (
        importlib.import_module(f"encoderscope.tests.{name}") for name in ("hostkit", "host.cached")
    )
    with tempfile.TemporaryDirectory() as place:
        base, folder = Path(place) / "models", Path(place) / "run"
        base.mkdir()
        arguments = (*cached.models(base), "--cache-none")
        with hostkit.serve(folder, arguments=arguments) as server:
            missed = {
                name: (*run(server, graph), memory(server)) for name, graph in graphs().items()
            }
        kept = True
        print(
            f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, "
            f"{wanted.repeats} hits each; milliseconds by the host's clock\n"
        )
        print(
            f"{'':34}{'miss':>8}{'first hit':>11}{'hits: median':>14}{'longest':>9}"
            f"{'MB resident: miss':>19}{'hit':>7}"
        )
        for name, graph in graphs().items():
            with hostkit.serve(
                folder, arguments=arguments
            ) as server:  # a new process for each: nothing is warm
                first, held = run(server, graph), memory(server)
                hits = [run(server, graph) for _ in range(wanted.repeats)]
            median = statistics.median(took for took, _ in hits)
            kept = (
                kept
                and all(sentence.startswith("Hit") for _, sentence in (first, *hits))
                and max(median, first[0]) <= PROMISE
            )
            miss, _, after = missed[name]
            longest = max(took for took, _ in hits)
            print(
                f"{name:34}{miss:8.0f}{first[0]:11.0f}{median:14.0f}{longest:9.0f}{after:19.0f}{held:7.0f}"
            )
    print(f"\n{'kept  ' if kept else 'BROKEN'}  every second run hits, in at most {PROMISE:.0f} ms")
    return int(not kept)


if __name__ == "__main__":
    raise SystemExit(main())
