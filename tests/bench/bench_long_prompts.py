"""120 tokens, two orders, drawn: what truncation at 77 tokens and second windows do to pictures.
The table of docs/generator.md.

    python tests/bench/bench_long_prompts.py [--quick] [--variant clip-hard] [--prompts 63]
        [--seeds 1] [--steps 10] [--bf16] [--generators FOLDER] [--json FILE]

The same scenes of test bags, in a short prompt, in a front-loaded long one (both things, then words
that mean nothing to the encoder) and in an interleaved one (a thing, such words, the other thing
behind the 77th token, such words); the long ones as ComfyUI encodes them, in two windows, and cut
off after the first. Read by the exact reader. Promise: a thing that was cut off is drawn less often
than one that was put first, intervals apart.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any

import torch
from encoderscope.conditioning.benchmark.statistics import wilson
from encoderscope.conditioning.reports import strict_json
from encoderscope.conditioning.scenes.judge import COLOUR, RIGHT, SWAPPED, asked, judge
from encoderscope.conditioning.scenes.read_scene import read
from encoderscope.conditioning.scenes.scene import Scene, Thing, scenes
from encoderscope.tests.bench.drawn import arguments
from encoderscope.tests.bench.drawn.faults import unread_window
from encoderscope.tests.bench.drawn.figures import percent, print_promises
from encoderscope.tests.bench.drawn.mini_generator import MiniGenerator, digest, noise
from encoderscope.tests.bench.drawn.records import FOLDER

FILLER = ("very", "nice", "and", "quite", "good", "or", "fine", "but", "fair", "so")
"""One token each in CLIP's vocabulary."""
WORDS = 120
"""In a long prompt, tokens as well as words; commas come on top."""
SEED, BATCH = 96, 64
SHORT, FRONT, INTERLEAVED = "short", "front-loaded", "interleaved"
TWO, CUT = "two windows", "cut off"
WAYS = ((SHORT, TWO), (FRONT, TWO), (FRONT, CUT), (INTERLEAVED, TWO), (INTERLEAVED, CUT))


def phrase(thing: Thing) -> str:
    return f"a {thing.colour} {thing.shape}"


def filler(count: int) -> str:
    """So many words."""
    return " ".join(FILLER[k % len(FILLER)] for k in range(count))


def prompt(scene: Scene, order: str) -> str:
    """A scene in an order of words."""
    first, second = map(phrase, scene.things)
    if order == SHORT:
        return f"{first} and {second}"
    if order == FRONT:
        return f"{first} and {second} {filler(WORDS - 7)}"
    return f"{first} and {filler(WORDS - 7 - 20)} {second} {filler(20)}"


def tokens(clip: Any, text: str) -> int:
    """Without start, end and padding."""
    padding = clip.tokenize("")["l"][0][1][0]
    return sum(id_ != padding for window in clip.tokenize(text)["l"] for id_, _ in window[1:-1])


def run(options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Counts by order and way of reading; kept in a file while they are made."""
    sampling, mark = options.sampling, digest(options.weights)
    name = f"{options.variant}-{mark}-{sampling}-{options.prompts}-{options.seeds}.json"
    path = FOLDER / "long_prompts" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    generator = None
    for order, way in WAYS:
        if f"{order}, {way}" not in rows:
            generator = generator or MiniGenerator(options.variant, sampling, options.generators)
            rows[f"{order}, {way}"] = _drawn(generator, order, way, options)
            path.write_text(strict_json.to_json(rows), encoding="utf-8")
    return rows  # type: ignore[no-any-return]


def _drawn(
    generator: MiniGenerator, order: str, way: str, options: argparse.Namespace
) -> dict[str, Any]:
    listed = scenes(options.prompts, "test", SEED)
    texts = [prompt(scene, order) for scene in listed]
    clip = generator.clip
    if way == CUT:
        generator.clip = unread_window(clip)
    rows, pooled = generator.encode(texts, listed)
    keys = [(n, seed) for seed in range(options.seeds) for n in range(len(listed))]
    judgements = []
    for start in range(0, len(keys), BATCH):
        part = keys[start : start + BATCH]
        numbers = [number for number, _ in part]
        noises = torch.cat([noise(*key) for key in part])
        readings = read(generator.draw((rows[numbers], pooled[numbers]), noises))
        judgements += [
            judge(reading, asked(listed[number], COLOUR))
            for number, reading in zip(numbers, readings, strict=True)
        ]
    generator.clip = clip
    return {
        "tokens": [tokens(clip, text) for text in texts[:3]],
        "rows": rows.shape[1],
        "pictures": len(judgements),
        "first": sum(each.present[0] for each in judgements),
        "second": sum(each.present[1] for each in judgements),
        "both": sum(all(each.present) for each in judgements),
        "outcomes": dict(Counter(each.outcomes[COLOUR] for each in judgements)),
    }


def table(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Markdown."""
    lines = ["| prompt | tokens | first thing | second thing | both | colours right | exchanged |"]
    lines.append("|---|---|---|---|---|---|---|")
    for name, row in rows.items():
        counts = [row["first"], row["second"], row["both"]]
        counts += [row["outcomes"].get(each, 0) for each in (RIGHT, SWAPPED)]
        cells = [percent(count, row["pictures"]) for count in counts]
        lines.append(f"| {name} | {row['tokens'][0]} | " + " | ".join(cells) + " |")
    return lines


def promise(rows: Mapping[str, Mapping[str, Any]]) -> int:
    """1 where truncation takes nothing from the picture."""
    low, high = (
        wilson(rows[f"{order}, {CUT}"]["second"], rows[f"{order}, {CUT}"]["pictures"])
        for order in (FRONT, INTERLEAVED)
    )
    return print_promises({"what is cut off is drawn less often": high[1] < low[0]})


def main() -> int:
    parser = arguments.parser(__doc__, prompts=63, seeds=1)
    options = arguments.settled(parser.parse_args())
    if not options.weights.is_file():
        print("No generator is here: python dev.py train-generator makes them.")
        return 0
    torch.set_num_threads(1)
    with torch.no_grad():
        rows = run(options)
    print("\n".join(table(rows)))
    if options.json:
        options.json.write_text(strict_json.to_json(rows), encoding="utf-8")
    broken = promise(rows)
    return 0 if options.quick else broken


if __name__ == "__main__":
    sys.exit(main())
