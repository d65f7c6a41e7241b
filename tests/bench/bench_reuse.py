"""What is not computed, on a few layers of T5-XXL's dimensions: the empty row of weighted prompts,
padding that is thrown away, a probe's texts one by one.

    python tests/bench/bench_reuse.py [--rounds 5] [--layers 2] [--mode exact] [--threads 1]
    [--device cuda] [--quick]

bf16 weights. Each comparison is within one mode: "on top" of what bench_layer.py measures.
Processor time with one thread, wall time on a GPU; medians.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
VARIANTS = 30
WEIGHTED = (
    "a (red:1.3) car next to a (blue:0.8) house",
    "a (blue:1.3) car next to a (red:0.8) house",
)
LONGEST, FLUX, REAL = 512, 256, 25


def median(work: Callable[[], Any], rounds: int, clock: Callable[[], float]) -> float:
    """ms; what is done the first time does not count."""
    times = []
    for _ in range(rounds + 1):
        start = clock()
        work()
        times.append((clock() - start) * 1000)
    return statistics.median(times[1:])


def weighted(fast: Any, rounds: int, clock: Callable[[], float]) -> tuple[float, float]:
    """Encoding weighted prompts that are new each time, padded to 77: with the empty row encoded
    each time, and with it kept.
    """
    transformer = fast.cond_stage_model.t5xxl.transformer
    numbers = iter(range(10_000))

    def encode() -> None:
        tokens = fast.tokenize(f"{next(numbers)} {WEIGHTED[0]}")
        [row] = tokens["t5xxl"]
        tokens["t5xxl"] = [row + [(0, 1.0)] * (77 - len(row))]
        fast.encode_from_tokens(tokens)

    transformer.memory.limit = 0
    without = median(encode, rounds, clock)
    transformer.memory.limit = 64 << 20
    return without, median(encode, rounds, clock)


def padded(
    transformer: Any, rounds: int, clock: Callable[[], float]
) -> tuple[float, float, bool, float]:
    """25 tokens of 512, masked and zeroed: all of them, and the true length; whether the bits
    agree, and the difference where not.
    """
    import torch

    made = torch.Generator().manual_seed(0)
    device = transformer.encoder.final_layer_norm.weight.device
    embeds = torch.randn(
        1, LONGEST, transformer.get_input_embeddings().weight.shape[1], generator=made
    ).to(device)
    mask = (torch.arange(LONGEST, device=device) < REAL).long()[None]
    told = {"num_tokens": [REAL], "intermediate_output": None, "dtype": torch.float32}
    transformer.memory.limit = 0
    found, times = [], []
    for zeroed in (False, True):
        transformer.padding_is_zeroed = zeroed
        found.append(transformer(None, mask, embeds=embeds.clone(), **told)[0][0, :REAL])
        times.append(
            median(lambda: transformer(None, mask, embeds=embeds.clone(), **told), rounds, clock)
        )
    return (
        times[0],
        times[1],
        torch.equal(*found),
        float((found[0] - found[1]).norm() / found[0].norm()),
    )


def probed(transformer: Any, rounds: int, clock: Callable[[], float]) -> tuple[float, float]:
    """30 texts of 14 to 30 tokens, 22 of them different: one by one padded to 256, and
    in one pass.
    """
    import torch

    made = torch.Generator().manual_seed(0)
    width = transformer.get_input_embeddings().weight.shape[1]
    lengths = [14 + (k * 7) % 17 for k in range(22)]
    device = transformer.encoder.final_layer_norm.weight.device
    different = [torch.randn(length, width, generator=made).to(device) for length in lengths]
    texts = [different[k % 22] for k in range(VARIANTS)]
    counts = [len(one) for one in texts]
    rows = torch.nn.utils.rnn.pad_sequence(texts, batch_first=True)
    mask = (torch.arange(rows.shape[1]) < torch.tensor(counts)[:, None]).long().to(device)
    told = {"intermediate_output": None, "dtype": torch.float32}
    transformer.memory.limit = 0

    def one_by_one() -> None:
        for one in texts:
            full = torch.cat([one, one.new_zeros(FLUX - len(one), width)])[None]
            transformer(None, None, embeds=full, num_tokens=[FLUX], **told)

    def together() -> None:
        transformer.padding_is_zeroed = True
        transformer(None, mask, embeds=rows.clone(), num_tokens=counts, **told)

    return median(one_by_one, max(1, rounds // 3), clock), median(together, rounds, clock)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--mode", default="exact")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--quick", action="store_true", help="one layer, one round")
    given, _ = parser.parse_known_args(arguments)
    if given.quick:
        given.rounds, given.layers = 1, 1
    layer = importlib.import_module("bench_layer")
    importlib.import_module("bench_tokens").mount(given.device)
    import torch

    torch.set_num_threads(given.threads)
    from encoderscope.host.acceleration import patches

    clock = importlib.import_module("roofline").clock_of(given.device, given.threads)
    with torch.no_grad():
        clip = layer.host_clip(
            layer.weights(given.layers), given.layers, torch.bfloat16, given.device
        )
        fast = patches.accelerate(clip, given.mode).clip
        fast.load_model()
        transformer = fast.cond_stage_model.t5xxl.transformer
        print(
            f"{given.mode}, {given.threads} thread(s), {given.layers} layers, bf16 "
            "weights | before, ms | after, ms | ratio\n---|---|---|---"
        )
        times = weighted(fast, given.rounds, clock)
        print(
            (
                f"a new weighted prompt, 77 tokens: the empty row kept | {times[0]:.2f} | "
                f"{times[1]:.2f} | {times[0] / times[1]:.2f}"
            ),
            flush=True,
        )
        before, after, equal, difference = padded(transformer, given.rounds, clock)
        same = "the same bits" if equal else f"difference {difference:.1e}"
        print(
            (
                f"25 tokens masked and zeroed to 512: true length ({same}) | {before:.2f} | "
                f"{after:.2f} | {before / after:.2f}"
            ),
            flush=True,
        )
        times = probed(transformer, given.rounds, clock)
        print(
            "30 texts of a probe: one by one at 256, one pass without padding | "
            f"{times[0]:.2f} | {times[1]:.2f} | {times[0] / times[1]:.2f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
