"""Trains the variants of mini-MMDiT and writes their files: run by `python dev.py train-generator
[name ...] [--device cuda] [--pixels 128] [--seed 18] [--quick] [--card]`.

Takes up again where it was stopped: every few minutes a variant's state goes to ``out/generator``,
and a variant that is done is not trained twice. Deterministic on one kind of machine, with one
thread. What is not trained as the shipped files were (pixels, seed, device) stays in
``out/generator``.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from . import files, host_parts
from .scene_latents import FOLDER
from .training import GeneratorTraining, Lessons, lessons, train
from .variant_encoders import VARIANTS, encoder

QUICK = {"single": 2, "short": 3, "full": 2, "batch": 4, "pairs": 64, "singles": 32, "held_out": 8}


def make(variant: str, settings: GeneratorTraining, device: str = "cpu") -> dict[str, Any]:
    """Train a variant and write its file; the card's figures of it are returned."""
    name = variant + _differences(settings)
    record = FOLDER / f"{name}.json"
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
        figures = " | ".join(re.split("  +(?=[a-z])", line))
        print(f"{name} | {figures} | {report['seconds']:.0f} s", flush=True)

    taught: Lessons = lessons(encoder(variant), settings, device)
    state = FOLDER / f"{name}.state.safetensors"
    model, average = train(taught, settings, log, state, device)
    cpu = {key: weight.cpu() for key, weight in average.items()}
    shipped = settings == GeneratorTraining() and device == "cpu"
    path = files.save_generator(name, cpu, files.FOLDER if shipped else FOLDER)
    report |= {
        "seconds": before + time.monotonic() - start,
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "bytes": path.stat().st_size,
        "done": True,
    }
    record.write_text(json.dumps(report, indent=1), encoding="utf-8")
    print(f"Written: {path.name} ({report['bytes'] / 1e6:.1f} MB)", flush=True)
    return report


def _differences(settings: GeneratorTraining) -> str:
    """From how the shipped files were trained, for a file's name."""
    usual = asdict(GeneratorTraining())
    changed = {name: value for name, value in asdict(settings).items() if value != usual[name]}
    return "".join(f"-{name}{value}" for name, value in changed.items())


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
    parser = argparse.ArgumentParser(prog="python dev.py train-generator")
    parser.add_argument("names", nargs="*", choices=[[], *VARIANTS], metavar="VARIANT")
    parser.add_argument("--card", action="store_true", help="write the card afterwards")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--pixels", type=int, choices=[64, 128], default=64)
    parser.add_argument("--seed", type=int, default=GeneratorTraining.seed)
    parser.add_argument("--quick", action="store_true", help="a few steps, to see that it runs")
    options = parser.parse_args(arguments)
    settings = GeneratorTraining(pixels=options.pixels, seed=options.seed)
    if options.quick:
        settings = replace(settings, **QUICK)
    if options.device == "cpu":
        torch.set_num_threads(1)  # sums are then made in one order
    host_parts.reach_host()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for variant in options.names or ([] if options.card else VARIANTS):
        make(variant, settings, options.device)
    if options.card:
        write_card()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
