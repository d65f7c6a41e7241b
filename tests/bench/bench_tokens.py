"""What the token map costs over the host's own tokenisation of the same prompt, as a ratio within
one run.

    python dev.py bench                    # or: .venv/bin/python tests/bench/bench_tokens.py
    [--repeats 200]

Exits with 1 when recording and mapping together take more than twice the host's own time. The steps
take turns, and the shortest of many repeats counts, so that a busy machine slows all of them alike.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FAMILIES = ("sd1", "sdxl", "sd3", "flux")
AT_MOST = 2.0
TOKENS = 300
SENTENCE = (
    "A weathered fisherman in a yellow raincoat stands at the end of a long wooden pier, "
    "looking out over a stormy grey sea, "
    "while gulls circle above the harbour lights, rain drips from the nets, and a small "
    "red boat rocks against the stones. "
)


def mount(device: str = "cpu") -> None:
    """The checkout as the package `encoderscope`, and the real host beside it; see
    tests/conftest.py.
    """
    spec = importlib.util.spec_from_file_location(
        "encoderscope_conftest", ROOT / "tests" / "conftest.py"
    )
    assert spec and spec.loader
    conftest = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(conftest)
    conftest.hostkit.import_host(Path(tempfile.mkdtemp()), device)


def prompt(tokenizer: Any) -> str:
    """The sentence, repeated and cut at a word, of `TOKENS` tokens in T5."""
    words = (SENTENCE * 10).split()
    while (
        sum(word_id > 0 for _, _, word_id in tokenizer.tokenize(" ".join(words), True)["t5xxl"][0])
        > TOKENS
    ):
        words.pop()
    return " ".join(words)


def shortest(steps: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Seconds of the fastest of `repeats` turns of each step."""
    best = dict.fromkeys(steps, float("inf"))
    gc.collect()
    gc.disable()
    try:
        for _ in range(repeats):
            for name, step in steps.items():
                start = time.perf_counter()
                step()
                best[name] = min(best[name], time.perf_counter() - start)
    finally:
        gc.enable()
    return best


def measure(name: str, text: str, repeats: int) -> dict[str, float]:
    from encoderscope.conditioning.reports.tokens.report import token_report
    from encoderscope.conditioning.tokens.prompt_map import map_tokens
    from encoderscope.host import recorder, tokenizers

    clip = tokenizers.tokenizer_only(name)

    def mapped() -> Any:
        recorded = recorder.record(clip, text)
        return map_tokens(text, recorded.streams, recorded.family)

    return shortest(
        {
            "host": lambda: clip.tokenize(text, return_word_ids=True),
            "record": lambda: recorder.record(clip, text),
            "record + map": mapped,
            "JSON report": lambda: json.dumps(token_report(mapped())),
        },
        repeats,
    )


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=200)
    arguments = parser.parse_args(argv)
    mount()
    import transformers
    from encoderscope.host import clip as host
    from encoderscope.host import tokenizers

    text = prompt(tokenizers.tokenizer_only("flux"))
    print(
        f"Token map: cost over the host's own tokenisation of one prompt of {TOKENS} T5 "
        f"tokens ({len(text)} characters)\n"
        f"{host.version()}, transformers {transformers.__version__}, Python "
        f"{platform.python_version()}, {platform.machine()}; "
        f"shortest of {arguments.repeats}\n"
    )
    print(f"{'family':8} {'host':>10} {'record':>10} {'record + map':>14} {'JSON report':>14}")
    broken = []
    for name in FAMILIES:
        measurement = measure(name, text, arguments.repeats)
        ratios = {step: seconds / measurement["host"] for step, seconds in measurement.items()}
        print(
            f"{name:8} {measurement['host'] * 1e3:7.2f} ms {ratios['record']:9.2f}x "
            f"{ratios['record + map']:13.2f}x {ratios['JSON report']:13.2f}x"
        )
        if ratios["record + map"] > AT_MOST:
            broken.append(name)
    print(
        f"\nPromised for record + map: at most {AT_MOST}x. "
        f"{'Broken: ' + ', '.join(broken) if broken else 'Kept.'}"
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
