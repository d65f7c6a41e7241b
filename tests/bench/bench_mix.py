"""What opening the box, assembling, mixing and looking inside cost beside the host's own encoding,
which takes seconds with real encoders.

    python dev.py bench                    # or: .venv/bin/python tests/bench/bench_mix.py
    [--repeats 20]

SD3's layout in its true widths; the encoders have few, thin layers, so that what we add is not
hidden by what they take.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
PROMPT = "a red car next to a blue house under a pale morning sky, film grain, " * 8


def steps() -> dict[str, Callable[[], Any]]:
    importlib.import_module("bench_tokens").mount()
    load = importlib.import_module
    clip = load("encoderscope.tests.host.clips").clip("sd3", wide=True)
    states, mixing = (
        load("encoderscope.host.encoder_outputs"),
        load("encoderscope.conditioning.mixing.mixture"),
    )
    assemble = load("encoderscope.conditioning.mixing.assembly").assemble
    report = load("encoderscope.conditioning.reports.conditioning.report").conditioning_report
    part = load("encoderscope.conditioning.mixing.schedule").MixPart(0.5)
    parts = dict.fromkeys(("pooled", "clip", "t5"), part)
    opened = states.encode(clip, PROMPT)
    conditioning, other = opened.conditioning, states.encode(clip, "").conditioning
    return {
        "host: tokens and encoding": lambda: clip.encode_from_tokens_scheduled(
            clip.tokenize(PROMPT)
        ),
        "Encode (open the box)": lambda: states.encode(clip, PROMPT),
        "Assemble": lambda: assemble(opened.states, None, {}),
        "Mix, three parts against a baseline": lambda: mixing.mix(
            conditioning, conditioning, parts, other
        ),
        "the report of one": lambda: report(conditioning),
        "the report of two": lambda: report(conditioning, other),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=20)
    wanted = parser.parse_args()
    for name, seconds in (
        importlib.import_module("bench_tokens").shortest(steps(), wanted.repeats).items()
    ):
        print(f"{name:40} {seconds * 1e3:9.2f} ms")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
