"""The same generator with another encoder: what of a prompt its pictures show. The tables of
docs/generator.md.

    python tests/bench/bench_encoder_swap.py [--quick] [--variants clip clip-hard] [--steps 20]
        [--guidance 3] [--count 420] [--others 210] [--seeds 3] [--generators FOLDER] [--json FILE]

Prompts are captions of scenes whose bags no training saw. Every variant gets the same prompts and
the same noise; pictures go through the host's sampler and VAE and are read by the exact reader.
What was read lies in out/bench: a run that was stopped goes on, and a changed file starts anew.
Promise: the oracle, which is told what has which colour, binds colours more often than the bag,
which cannot know, intervals apart.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import torch
from encoderscope.conditioning.benchmark.statistics import wilson
from encoderscope.conditioning.reports import strict_json
from encoderscope.conditioning.scenes.judge import (
    ATTRIBUTES,
    COLOUR,
    RIGHT,
    SWAPPED,
    SceneJudgement,
)
from encoderscope.tests.bench.drawn.figures import percent, print_promises
from encoderscope.tests.bench.drawn.mini_generator import (
    MiniGenerator,
    Sampling,
    digest,
    weights_file,
)
from encoderscope.tests.bench.drawn.prompts import DrawnPrompt, prompts
from encoderscope.tests.bench.drawn.records import FOLDER, Readings, draw_all, judgements
from encoderscope.tools.generator.variant_encoders import BAG, ORACLE, VARIANTS
from scipy.stats import binomtest

QUICK = {"count": 42, "others": 21, "seeds": 1, "steps": 10}
By = dict[str, dict[str, list[list[SceneJudgement]]]]
"""Variant -> kind of prompt -> prompt -> seed."""


def parser() -> argparse.ArgumentParser:
    """What this and the benches that read its pictures take."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--variants", nargs="+", default=list(VARIANTS))
    arguments.add_argument("--generators", type=Path)
    arguments.add_argument("--steps", type=int, default=20)
    arguments.add_argument("--guidance", type=float, default=3.0)
    arguments.add_argument("--sampler", default="euler")
    arguments.add_argument("--scheduler", default="simple")
    arguments.add_argument("--bf16", action="store_true", help="half the time on some processors")
    arguments.add_argument("--count", type=int, default=420, help="prompts that name colours")
    arguments.add_argument("--others", type=int, default=210, help="prompts of size, and of place")
    arguments.add_argument("--seeds", type=int, default=3)
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--json", type=Path)
    return arguments


def settled(options: argparse.Namespace) -> argparse.Namespace:
    """``--quick`` overrides the numbers, and variants without weights are named and left out."""
    if options.quick:
        vars(options).update(QUICK)
    options.sampling = Sampling(
        options.steps, options.guidance, options.sampler, options.scheduler, options.bf16
    )
    absent = [each for each in options.variants if not weights_of(options, each).is_file()]
    for variant in absent:
        print(f"without {variant}: no {weights_of(options, variant)}", file=sys.stderr)
    options.variants = [each for each in options.variants if each not in absent]
    return options


def weights_of(options: argparse.Namespace, variant: str) -> Path:
    """Where a variant's weights lie."""
    return weights_file(variant, options.generators)


def prompts_of(kind: str, options: argparse.Namespace) -> list[DrawnPrompt]:
    """The prompts of one kind."""
    return prompts(kind, options.count if kind == COLOUR else options.others)


def readings_of(variant: str, kind: str, options: argparse.Namespace) -> Readings:
    """What was read of a variant's pictures so far."""
    name = f"{variant}-{digest(weights_of(options, variant))}-{kind}-{options.sampling}.jsonl"
    return Readings(FOLDER / "encoder_swap" / name)


def draw_variant(variant: str, kinds: Sequence[str], options: argparse.Namespace) -> None:
    """Draw and read all that a variant lacks of these kinds of prompts."""
    generator = None
    for kind in kinds:
        listed = prompts_of(kind, options)
        readings = readings_of(variant, kind, options)
        keys = [(n, seed) for seed in range(options.seeds) for n in range(len(listed))]
        if all(key in readings.entries for key in keys):
            continue
        generator = generator or MiniGenerator(variant, options.sampling, options.generators)
        conds = generator.encode([each.text for each in listed], [each.scene for each in listed])
        draw_all(generator, conds, keys, readings)


def judged(options: argparse.Namespace) -> By:
    """All judgements of all variants."""
    return {
        variant: {
            kind: judgements(
                readings_of(variant, kind, options), prompts_of(kind, options), range(options.seeds)
            )
            for kind in ATTRIBUTES
        }
        for variant in options.variants
    }


def figures(by_kind: Mapping[str, list[list[SceneJudgement]]]) -> dict[str, Any]:
    """Counts of one variant: pictures by outcome, and prompts that come out right."""
    rows: dict[str, Any] = {}
    for kind, prompts_judged in by_kind.items():
        pictures = [judgement for seeds in prompts_judged for judgement in seeds]
        rows[kind] = {
            "pictures": len(pictures),
            "both things": sum(all(each.present) for each in pictures),
            "both things and colours": sum(each.complete for each in pictures),
            "outcomes": dict(Counter(each.outcomes[kind] for each in pictures)),
            "prompts right": [mostly(seeds, kind) for seeds in prompts_judged],
        }
    return rows


def mostly(seeds: Sequence[SceneJudgement], kind: str) -> bool:
    """Whether more than half of a prompt's pictures show what it asks for."""
    return 2 * sum(each.outcomes[kind] == RIGHT for each in seeds) > len(seeds)


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> dict[str, Any]:
    """Prompts that one variant gets right and the other does not; SciPy's exact binomial test."""
    pairs = list(zip(first, second, strict=True))
    only = [sum(a and not b for a, b in pairs), sum(b and not a for a, b in pairs)]
    p = binomtest(only[0], sum(only)).pvalue if sum(only) else 1.0
    return {"only the first": only[0], "only the second": only[1], "p": float(p)}


def table(report: Mapping[str, Any]) -> list[str]:
    """Markdown, a column for each variant."""
    variants = report["variants"]
    lines = ["| | " + " | ".join(variants) + " |", "|---|" + "---|" * len(variants)]

    def row(title: str, kind: str, cell: Any) -> None:
        cells = [cell(figures_of[kind]) for figures_of in variants.values()]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")

    def both(key: str) -> Any:
        return lambda of: percent(of[key], of["pictures"])

    row("colour prompts: both things are there", COLOUR, both("both things"))
    row("both things and both colours", COLOUR, both("both things and colours"))
    for kind in ATTRIBUTES:
        row(f"**{kind} right**, of all pictures", kind, lambda of: _share(of, RIGHT))
        row(f"{kind} exchanged, of all pictures", kind, lambda of: _share(of, SWAPPED))
        row("right, of right and exchanged", kind, _either)
        row("prompts right in most of their pictures", kind, _prompts)
    return lines


def _share(of: Mapping[str, Any], outcome: str) -> str:
    return percent(of["outcomes"].get(outcome, 0), of["pictures"])


def _either(of: Mapping[str, Any]) -> str:
    right, swapped = (of["outcomes"].get(each, 0) for each in (RIGHT, SWAPPED))
    return percent(right, right + swapped)


def _prompts(of: Mapping[str, Any]) -> str:
    return percent(sum(of["prompts right"]), len(of["prompts right"]))


def tests(report: Mapping[str, Any]) -> list[str]:
    """Markdown: McNemar of every two variants."""
    lines = ["| colour, prompts right in most pictures | only the first | only the second | p |"]
    lines.append("|---|---|---|---|")
    lines += [
        f"| {names} | {test['only the first']} | {test['only the second']} | {test['p']:.2g} |"
        for names, test in report["mcnemar"].items()
    ]
    return lines


def main() -> int:
    options = settled(parser().parse_args())
    if not options.variants:
        print("No generator is here: python dev.py train-generator makes them.")
        return 0
    torch.set_num_threads(1)
    start = time.monotonic()
    with torch.no_grad():
        for kinds in ((COLOUR,), ATTRIBUTES):
            for variant in options.variants:
                draw_variant(variant, kinds, options)
    variants = {variant: figures(by_kind) for variant, by_kind in judged(options).items()}
    report = {
        "sampling": str(options.sampling),
        "seeds": options.seeds,
        "files": {each: digest(weights_of(options, each)) for each in options.variants},
        "variants": variants,
        "mcnemar": {
            f"{a}, {b}": mcnemar(*(variants[each][COLOUR]["prompts right"] for each in (a, b)))
            for a, b in combinations(variants, 2)
        },
    }
    print("\n".join([*table(report), "", *tests(report)]))
    print(f"\n{options.sampling}, {time.monotonic() - start:.0f} s")
    if options.json:
        options.json.write_text(strict_json.to_json(report), encoding="utf-8")
    return promise(variants)


def promise(variants: Mapping[str, Any]) -> int:
    """1 where the oracle is no better than the bag."""
    if not {BAG, ORACLE} <= set(variants):
        return 0
    low, high = (
        wilson(sum(right := variants[each][COLOUR]["prompts right"]), len(right))
        for each in (ORACLE, BAG)
    )
    return print_promises({"the oracle binds more often than the bag": high[1] < low[0]})


if __name__ == "__main__":
    sys.exit(main())
