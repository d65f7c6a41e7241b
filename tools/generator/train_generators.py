"""Trains the variants of mini-MMDiT and writes their files: run by `python dev.py train-generator
[name ...]`.

Takes up again where it was stopped: every few minutes a variant's state goes to ``out/generator``,
and a variant that is done is not trained twice. Deterministic on one kind of machine, with one
thread.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from . import files, host_parts
from .scene_latents import FOLDER
from .training import GeneratorTraining, Lessons, lessons, train
from .variant_encoders import VARIANTS, encoder


def make(variant: str, settings: GeneratorTraining) -> dict[str, Any]:
    """Train a variant and write its file; the card's figures of it are returned."""
    record = FOLDER / f"{variant}.json"
    report = _read(record)
    if report.get("settings") != asdict(settings):
        report = {"variant": variant, "settings": asdict(settings), "seconds": 0.0, "curve": []}
    if report.get("done"):
        return report
    start, before = time.monotonic(), report["seconds"]

    def log(line: str) -> None:
        report["seconds"] = before + time.monotonic() - start
        report["curve"].append(line)
        record.write_text(json.dumps(report, indent=1), encoding="utf-8")
        print(f"{variant:10}{line}  {report['seconds']:6.0f} s", flush=True)

    taught: Lessons = lessons(encoder(variant), settings)
    model, average = train(taught, settings, log, FOLDER / f"{variant}.state.safetensors")
    path = files.save_generator(variant, average)
    report |= {
        "seconds": before + time.monotonic() - start,
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "bytes": path.stat().st_size,
        "done": True,
    }
    record.write_text(json.dumps(report, indent=1), encoding="utf-8")
    print(f"Written: {path.name} ({report['bytes'] / 1e6:.1f} MB)", flush=True)
    return report


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    return dict(json.loads(path.read_text(encoding="utf-8")))


def write_card() -> None:
    """Measure all variants that were trained, and write the card."""
    from . import generator_card, generator_figures

    reports = [_read(FOLDER / f"{variant}.json") for variant in VARIANTS]
    trained = [report for report in reports if report.get("done")]
    generator_card.write(
        trained, [generator_figures.drawn(report["variant"], FOLDER) for report in trained]
    )


def main(arguments: Sequence[str]) -> int:
    """Without names: all variants. ``--card``: the card is written afterwards; alone, only that."""
    names = [argument for argument in arguments if argument != "--card"]
    unknown = sorted(set(names) - set(VARIANTS))
    if unknown:
        print(f"There is no variant {unknown[0]!r}. Known: {', '.join(VARIANTS)}.", file=sys.stderr)
        return 2
    torch.set_num_threads(1)  # sums are then made in one order
    host_parts.reach_host()
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not arguments:
        names = list(VARIANTS)
    for variant in names:
        make(variant, GeneratorTraining())
    if "--card" in arguments:
        write_card()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
