"""How often the exact reader of drawn scenes is wrong: on what was drawn, after TAESD3's encoder
and decoder, and through blur. The table of docs/generator.md.

    python tests/bench/bench_reader.py [--count 2000] [--only CONDITION ...] [--json FILE]

TAESD3 is the pack's own; without it its lines are left out.
Promises: on drawn scenes and after TAESD3 at most 1 % of pictures have their colours read the wrong
way round or otherwise wrong, and 100 pictures of 64 pixels are read in a second of one core.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from encoderscope.conditioning.reports import strict_json
from encoderscope.conditioning.scenes.drawing import draw
from encoderscope.conditioning.scenes.judge import ATTRIBUTES, OTHER, RIGHT, SWAPPED, asked, judge
from encoderscope.conditioning.scenes.read_scene import read
from encoderscope.conditioning.scenes.scene import Scene, scenes
from encoderscope.tests.bench.drawn.figures import percent, print_promises
from encoderscope.tests.bench.drawn.taesd3 import round_trip
from encoderscope.tests.scenes.test_read_scene import blurred

SEED, BATCH = 60, 100
Change = Callable[[torch.Tensor], torch.Tensor]


def conditions() -> dict[str, tuple[int, Change]]:
    """Name -> side of the drawing, and what becomes of it before it is read."""
    rows: dict[str, tuple[int, Change]] = {
        "drawn, 64 pixels": (64, lambda pictures: pictures),
        "drawn, 128 pixels": (128, lambda pictures: pictures),
        "blurred by 1.5 pixels of 64": (64, lambda pictures: blurred(pictures, 1.5)),
    }
    try:
        through = round_trip()
    except FileNotFoundError as error:
        print(f"without TAESD3: {error}", file=sys.stderr)
        return rows
    return rows | {
        "TAESD3, 64 pixels": (64, through),
        "TAESD3, 128 pixels": (128, through),
        "blurred by 1 pixel of 64, then TAESD3": (64, lambda p: through(blurred(p, 1.0))),
    }


def errors(drawn: Sequence[Scene], side: int, change: Change) -> dict[str, Any]:
    """Outcomes of every attribute, of the things themselves, and pictures in a second."""
    outcomes: Counter[tuple[str, str]] = Counter()
    spent = 0.0
    for start in range(0, len(drawn), BATCH):
        batch = drawn[start : start + BATCH]
        pictures = change(draw(batch, side))
        begun = time.process_time()
        readings = read(pictures)
        spent += time.process_time() - begun
        for scene, reading in zip(batch, readings, strict=True):
            judgement = judge(reading, asked(scene, *ATTRIBUTES))
            outcomes.update(judgement.outcomes.items())
            outcomes["things", _things(scene, reading)] += 1
    counts = {
        name: {outcome: n for (of, outcome), n in outcomes.items() if of == name}
        for name in (*ATTRIBUTES, "things")
    }
    return {"pictures": len(drawn), "outcomes": counts, "per_second": len(drawn) / spent}


def _things(scene: Scene, reading: Any) -> str:
    """Whether the things read are the things drawn: their number and their shapes."""
    shapes = sorted(thing.shape for thing in scene.things)
    read_shapes = [thing.shape for thing in reading.things]
    if None in read_shapes:
        return "unread"
    return RIGHT if sorted(read_shapes) == shapes else "wrong"


def wrong(row: dict[str, Any], name: str) -> int:
    counts = row["outcomes"][name]
    if name == "things":
        return int(counts.get("wrong", 0))
    return int(counts.get(SWAPPED, 0) + counts.get(OTHER, 0))


def table(rows: dict[str, dict[str, Any]]) -> list[str]:
    """Markdown: errors and pictures that could not be read, of each condition."""
    names = ("things", *ATTRIBUTES)
    lines = ["| | things wrong | colours wrong | sizes wrong | relation wrong | not all read |"]
    lines.append("|---|---|---|---|---|---|")
    for title, row in rows.items():
        count = row["pictures"]
        unread = count - min(
            row["outcomes"][name].get(RIGHT, 0) + wrong(row, name) for name in names
        )
        cells = [
            percent(each, count, 2) for each in (*(wrong(row, name) for name in names), unread)
        ]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--only", nargs="+", help="conditions by name; others stay as in --json")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    drawn = scenes(options.count, "test", SEED)
    read(draw(drawn[:2], 64))
    rows: dict[str, dict[str, Any]] = {}
    if options.only and options.json and options.json.exists():
        rows = json.loads(options.json.read_text(encoding="utf-8"))
    with torch.no_grad():
        for title, (side, change) in conditions().items():
            if options.only and title not in options.only:
                continue
            rows[title] = errors(drawn, side, change)
            print(table({title: rows[title]})[-1], f"{rows[title]['per_second']:.0f}/s", flush=True)
            if options.json:
                options.json.write_text(strict_json.to_json(rows), encoding="utf-8")
    print("\n".join(table(rows)))
    return promises(rows)


def promises(rows: dict[str, dict[str, Any]]) -> int:
    exact = [row for title, row in rows.items() if not title.startswith("blurred")]
    return print_promises(
        {
            "colours wrong in at most 1 %": all(
                wrong(row, "colour") <= 0.01 * row["pictures"] for row in exact
            ),
            "100 pictures a second": rows["drawn, 64 pixels"]["per_second"] >= 100,
        }
    )


if __name__ == "__main__":
    sys.exit(main())
