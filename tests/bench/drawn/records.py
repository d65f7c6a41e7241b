"""Readings of drawn pictures, kept in a file while they are made, so that a run that was stopped
goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

import torch
from encoderscope.conditioning.reports import strict_json
from encoderscope.conditioning.scenes.judge import SceneJudgement, judge
from encoderscope.conditioning.scenes.read_scene import ReadThing, SceneReading, read
from encoderscope.tests.bench.drawn.mini_generator import Conds, MiniGenerator, noise
from encoderscope.tests.bench.drawn.prompts import DrawnPrompt
from encoderscope.tools.places import OUT

FOLDER = OUT / "bench"
Key = tuple[int, int]
"""Number of the prompt, and seed."""


class Readings:
    """What was read, by prompt and seed; one line of JSON for each picture."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: dict[Key, SceneReading] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                self._take(json.loads(line))

    def _take(self, entry: dict[str, Any]) -> None:
        things = tuple(ReadThing(*values) for values in entry["things"])
        self.entries[entry["prompt"], entry["seed"]] = SceneReading(things, entry["unexplained"])

    def add(self, keys: Iterable[Key], pictures: torch.Tensor) -> None:
        """Read pictures and keep what was read."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            for (prompt, seed), reading in zip(keys, read(pictures), strict=True):
                entry = {
                    "prompt": prompt,
                    "seed": seed,
                    "things": [astuple(thing) for thing in reading.things],
                    "unexplained": reading.unexplained,
                }
                file.write(strict_json.to_json(entry) + "\n")
                self._take(entry)


def draw_all(
    generator: MiniGenerator, conds: Conds, keys: Sequence[Key], readings: Readings, batch: int = 64
) -> None:
    """Draw and read whatever is not yet there. ``conds``: a row for each prompt's number."""
    missing = [key for key in keys if key not in readings.entries]
    for start in range(0, len(missing), batch):
        part = missing[start : start + batch]
        numbers = [prompt for prompt, _ in part]
        noises = torch.cat([noise(*key) for key in part])
        pictures = generator.draw((conds[0][numbers], conds[1][numbers]), noises)
        readings.add(part, pictures)
        print(f"  {generator.variant}: {start + len(part)} of {len(missing)}", flush=True)


def judgements(
    readings: Readings, prompts: Sequence[DrawnPrompt], seeds: Sequence[int]
) -> list[list[SceneJudgement]]:
    """Of each prompt, of each seed."""
    return [
        [judge(readings.entries[number, seed], prompt.ask) for seed in seeds]
        for number, prompt in enumerate(prompts)
    ]
