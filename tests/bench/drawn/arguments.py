"""What the benches take that draw with one variant of the generator."""

from __future__ import annotations

import argparse
from pathlib import Path

from encoderscope.tests.bench.drawn.mini_generator import Sampling, weights_file
from encoderscope.tools.generator.variant_encoders import CLIP_HARD

QUICK = {"prompts": 2, "seeds": 1}


def parser(description: str | None, prompts: int, seeds: int) -> argparse.ArgumentParser:
    """``prompts``, ``seeds``: how many without other words."""
    arguments = argparse.ArgumentParser(description=description)
    arguments.add_argument("--variant", default=CLIP_HARD)
    arguments.add_argument("--prompts", type=int, default=prompts)
    arguments.add_argument("--seeds", type=int, default=seeds)
    arguments.add_argument("--steps", type=int, default=10)
    arguments.add_argument("--bf16", action="store_true")
    arguments.add_argument("--generators", type=Path)
    arguments.add_argument("--quick", action="store_true", help="few prompts: to see that it runs")
    arguments.add_argument("--json", type=Path)
    return arguments


def settled(options: argparse.Namespace) -> argparse.Namespace:
    """``--quick`` overrides the numbers; with ``sampling``, and ``weights``: the variant's file."""
    if options.quick:
        vars(options).update(QUICK)
    options.sampling = Sampling(options.steps, 3.0, bf16=options.bf16)
    options.weights = weights_file(options.variant, options.generators)
    return options
