"""How often the lint is wrong: findings in plain English prompts, and constructs of other programs
that it misses; and what it costs beside the host's own tokenisation.

    python dev.py bench                    # or: .venv/bin/python tests/bench/bench_lint.py

Reads from ENCODERSCOPE_DATA (default ../shared/data beside the checkout). Exits with 1 when more
than 1 in 200 plain prompts has a finding, fewer than 98 % of the constructs are found at the right
span, or the lint costs more than the tokenisation.
"""

from __future__ import annotations

import collections
import importlib
import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ENCODERSCOPE_DATA") or ROOT.parent / "shared" / "data") / "benchmarks"
FAMILIES = ("sdxl", "flux", "qwen_image")
LITERAL = ("qwen_image",)
"""Families that read weights as text."""
SAMPLE = 1500
CONSTRUCTS = 200
FALSE_AT_MOST, FOUND_AT_LEAST, COST_AT_MOST = 1 / 200, 0.98, 1.0


def plain_prompts() -> list[str]:
    """All long prompts of DPG, and a fixed sample of SugarCrepe++ and T2I-CompBench."""
    long = [json.loads(line) for line in _lines(DATA / "dpg" / "prompts_even.jsonl")]
    captions: list[str] = []
    for file in sorted(DATA.glob("sugarcrepe_pp/*.json")):
        items: Any = json.loads(file.read_text(encoding="utf-8"))
        for item in items.values() if isinstance(items, dict) else items:
            captions += [item["caption"], item["caption2"], item["negative_caption"]]
    short = [line for file in sorted(DATA.glob("t2i_compbench/*.txt")) for line in _lines(file)]
    rng = random.Random(0)
    samples = (rng.sample(sorted(set(texts)), SAMPLE) for texts in (captions, short))
    return [item.get("prompt") or item["text"] for item in long] + [t for s in samples for t in s]


def _lines(file: Path) -> list[str]:
    return [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def main() -> int:
    if not DATA.is_dir():
        print(f"No benchmarks under {DATA.parent.name}: set ENCODERSCOPE_DATA. Nothing measured.")
        return 0
    importlib.import_module("bench_tokens").mount()
    prompts = plain_prompts()
    good = [_false_findings(family, prompts) for family in FAMILIES]
    good += [_missed(family, prompts) for family in FAMILIES]
    return 0 if all(good) else 1


def _false_findings(family: str, prompts: list[str]) -> bool:
    """Findings in plain prompts, and the cost of looking for them."""
    reports = importlib.import_module("encoderscope.host.reports.token_reports")
    lint = importlib.import_module("encoderscope.conditioning.tokens.lint").lint
    clip, layout = reports.choose(None, family)
    kinds: collections.Counter[str] = collections.Counter()
    with_finding = 0
    tokenising = linting = 0.0
    for prompt in prompts:
        start = time.perf_counter()
        clip.tokenize(prompt, return_word_ids=True)
        tokenised = time.perf_counter()
        prompt_map = reports.map_text(clip, prompt, layout)
        mapped = time.perf_counter()
        findings = lint(prompt_map)
        linting += time.perf_counter() - mapped
        tokenising += tokenised - start
        with_finding += bool(findings)
        kinds.update(finding.kind for finding in findings)
    ratio = linting / tokenising
    print(
        f"{family:12} {len(prompts)} plain prompts: {with_finding} with a finding {dict(kinds)}; "
        f"lint / tokenisation = {ratio:.2f}"
    )
    return with_finding <= FALSE_AT_MOST * len(prompts) and ratio <= COST_AT_MOST


def _missed(family: str, prompts: list[str]) -> bool:
    """Constructs put into prompts, and those that were found with the right kind and span."""
    reports = importlib.import_module("encoderscope.host.reports.token_reports")
    lint = importlib.import_module("encoderscope.conditioning.tokens.lint").lint
    foreign = importlib.import_module("encoderscope.tests.tokens.lint.foreign_prompts")
    clip, layout = reports.choose(None, family)
    rng = random.Random(1)
    missed: collections.Counter[str] = collections.Counter()
    count = 0
    for number in range(CONSTRUCTS):
        injected = foreign.inject(rng.choice(prompts), rng, number)
        if family in LITERAL and injected.kind in foreign.WEIGHTS:
            continue
        count += 1
        findings = lint(reports.map_text(clip, injected.text, layout))
        if injected[1:] not in [(item.kind, item.start, item.end) for item in findings]:
            missed[injected.kind] += 1
            print(f"    missed {injected[1:]} in {injected.text!r:.300}")
            print(f"           {[(f.kind, f.start, f.end) for f in findings]}")
    share = 1 - sum(missed.values()) / count
    print(f"{family:12} {count} constructs: {share:.1%} found with kind and span; {dict(missed)}")
    return share >= FOUND_AT_LEAST


if __name__ == "__main__":
    raise SystemExit(main())
