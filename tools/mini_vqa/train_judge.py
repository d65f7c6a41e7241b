"""Trains mini-VQA and writes its file: run by `python dev.py train-judge [--card]`.

Deterministic on one kind of machine, with one thread. ``--card``: the card is written afterwards;
alone, only that.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import torch

from ...conditioning.image_probe.judges.mini_vqa import mini_judge
from .. import tensor_files
from ..generator import host_parts
from ..places import OUT
from .vqa_training import VqaTraining, train

FOLDER = OUT / "judge"
RECORD = FOLDER / f"{mini_judge.NAME}.json"
"""How it was trained, for the card."""


def make(recipe: VqaTraining) -> dict[str, Any]:
    """Train, and write the file and the record; the record is returned."""
    start = time.monotonic()
    curve: list[str] = []

    def log(line: str) -> None:
        curve.append(line)
        print(f"{line}  {time.monotonic() - start:6.0f} s", flush=True)

    model = train(recipe, log)
    weights, metadata = mini_judge.to_store(model)
    path = tensor_files.save(weights, mini_judge.FILE, metadata)
    record = {
        "recipe": asdict(recipe),
        "curve": curve,
        "seconds": time.monotonic() - start,
        "processor_seconds": time.process_time(),
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "bytes": path.stat().st_size,
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(json.dumps(record, indent=1), encoding="utf-8")
    print(f"Written: {path.name} ({path.stat().st_size / 1e6:.2f} MB)", flush=True)
    return record


def main(arguments: Sequence[str]) -> int:
    """0; 2 for an argument that is not known."""
    unknown = sorted(set(arguments) - {"--card"})
    if unknown:
        print(f"There is no {unknown[0]!r}. Known: --card.", file=sys.stderr)
        return 2
    torch.set_num_threads(1)  # sums are then made in one order
    host_parts.reach_host()
    if not arguments or not RECORD.exists():
        make(VqaTraining())
    if arguments:
        from . import judge_card

        judge_card.write(json.loads(RECORD.read_text(encoding="utf-8")))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
