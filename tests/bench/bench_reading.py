"""How much of the benchmarks' prompts can be read: prompts with two properties of two things, with
anything, with something to test.

    python dev.py bench                    # or: .venv/bin/python tests/bench/bench_reading.py

Reads from ENCODERSCOPE_DATA (default ../shared/data beside the checkout).
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ENCODERSCOPE_DATA") or ROOT.parent / "shared" / "data") / "benchmarks"


def prompts() -> Iterator[tuple[str, list[str]]]:
    for file in sorted([*DATA.glob("t2i_compbench/*.txt"), *DATA.glob("cc500/*.txt")]):
        lines = (
            line.split("\t")[0].strip() for line in file.read_text(encoding="utf-8").splitlines()
        )
        yield file.stem, [line for line in lines if line]
    captions: list[str] = []
    for file in sorted(DATA.glob("sugarcrepe_pp/*.json")):
        items: Any = json.loads(file.read_text(encoding="utf-8"))
        captions += [
            item["caption"] for item in (items.values() if isinstance(items, dict) else items)
        ]
    yield "SugarCrepe++", captions


def main() -> int:
    if not DATA.is_dir():
        print(
            f"No benchmarks under {DATA.parent.name}: set ENCODERSCOPE_DATA. Nothing was measured."
        )
        return 0
    importlib.import_module("bench_tokens").mount()
    read = importlib.import_module("encoderscope.conditioning.english.reading").read
    print(f"{'set':24} {'prompts':>8} {'two pairs':>10} {'anything':>9} {'testable':>9}")
    for name, texts in prompts():
        readings = [read(text.replace("[", "").replace("]", "")) for text in texts]
        two = sum(
            len({pair.object.start for pair in reading.attributes}) > 1 for reading in readings
        )
        some = sum(
            bool(
                reading.attributes
                or reading.counts
                or reading.negations
                or reading.relations
                or reading.actions
            )
            for reading in readings
        )
        print(
            f"{name:24} {len(texts):8} {two:10} {some:9} "
            f"{sum(bool(reading.contrasts) for reading in readings):9}"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
