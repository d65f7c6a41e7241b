"""What the kernels cost beside the operations they stand for, at the sizes of T5-XXL's layers; a
GPU is measured only where there is one.

    python dev.py bench                    # or: .venv/bin/python tests/bench/bench_kernels.py
    [--repeats 7] [--device cuda] [--quick]

Exits with 1 when decoding into a block that is used again is slower than into new memory, when fp8
is not decoded in half of the time of torch's own cast, or when attention makes a tensor that is
larger than its result and the bias of one document. The steps take turns; the shortest turn counts.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate, pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

sys.path.insert(0, os.path.dirname(__file__))  # noqa: PTH120
WIDTH, FF, HEADS, DIM = 4096, 10240, 64, 64
BLOCK = 2048
"""Rows of the block that a product decodes into."""
Steps = dict[str, Callable[[], object]]


class Largest(TorchDispatchMode):
    """The bytes of the largest tensor that is made inside."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        tensors = result if isinstance(result, (tuple, list)) else [result]
        self.bytes = max(
            [
                self.bytes,
                *(
                    tensor.untyped_storage().nbytes()
                    for tensor in tensors
                    if isinstance(tensor, Tensor)
                ),
            ]
        )
        return result


def largest(step: Callable[[], object]) -> int:
    with Largest() as seen:
        step()
    return seen.bytes


def _synchronised(step: Callable[[], object]) -> None:
    step()
    torch.cuda.synchronize()


def took(steps: Steps, device: str, repeats: int) -> dict[str, float]:
    """Milliseconds of each step's shortest turn."""
    if device == "cuda":
        steps = {name: partial(_synchronised, step) for name, step in steps.items()}
    for step in steps.values():
        step()
    result = importlib.import_module("bench_tokens").shortest(steps, repeats)
    return {name: seconds * 1e3 for name, seconds in result.items()}


def decoding(kernels: Any, device: str) -> Iterator[tuple[str, Steps]]:
    """(what is decoded, {new memory, a block that is used again}), one matrix of (FF, WIDTH)."""
    weight = torch.randn(FF, WIDTH, device=device)
    fp8 = (weight * 30).to(torch.float8_e4m3fn)
    stored = {
        "bf16": kernels.Packed("plain", weight.bfloat16(), None),
        "int8": kernels.pack_int8(weight),
        "fp8": kernels.Packed("fp8_e4m3", fp8, torch.tensor(0.03, device=device)),
        "int4": kernels.pack_int4(weight, 64),
    }
    for name, packed in stored.items():
        for dtype in (torch.float32, torch.bfloat16 if device == "cpu" else torch.float16):
            if packed.data.dtype == dtype:
                continue
            block = torch.empty(BLOCK, WIDTH, dtype=dtype, device=device)
            yield (
                f"{name} to {str(dtype)[6:]}",
                {"new": _new(packed, dtype), "again": _again(kernels, packed, block)},
            )


def _new(packed: Any, dtype: torch.dtype) -> Callable[[], object]:
    if packed.layout != "int4_groups":
        return lambda: packed.data.to(dtype)

    def whole() -> Tensor:
        nibbles = (
            torch.stack([packed.data & 15, packed.data >> 4], dim=2)
            .view(len(packed.data), -1, packed.group)
            .to(dtype)
        )
        return (
            (nibbles - 8) * packed.scale[..., None].to(dtype) + packed.zero[..., None].to(dtype)
        ).flatten(1)

    return whole


def _again(kernels: Any, packed: Any, block: Tensor) -> Callable[[], object]:
    return lambda: [
        kernels.decode_rows(packed, start, start + BLOCK, block) for start in range(0, FF, BLOCK)
    ]


def attention(kernels: Any, device: str, lengths: Sequence[int], dtype: torch.dtype) -> Steps:
    """One layer, by the kernel and as a batch that is padded to the longest document, whose mask
    and bias are added up.
    """
    starts, longest = list(accumulate(lengths, initial=0)), max(lengths)
    q, k, v = (
        torch.randn(starts[-1], HEADS, DIM, device=device).mul_(0.3).to(dtype) for _ in range(3)
    )
    bias = kernels.Bias(torch.randn(HEADS, 2 * longest - 1, device=device), starts)
    square = bias.square(longest, dtype)
    padded = [
        torch.zeros(len(lengths), longest, HEADS, DIM, device=device, dtype=dtype) for _ in range(3)
    ]
    mask = torch.full(
        (len(lengths), 1, 1, longest), torch.finfo(dtype).min, device=device, dtype=dtype
    )
    for row, (start, stop) in enumerate(pairwise(starts)):
        mask[row, ..., : stop - start] = 0
        for tensor, packed in zip(padded, (q, k, v), strict=True):
            tensor[row, : stop - start] = packed[start:stop]
    queries, keys, values = (tensor.transpose(1, 2) for tensor in padded)
    return {
        "packed": lambda: kernels.t5_attention(q, k, v, bias),
        "masked": lambda: functional.scaled_dot_product_attention(
            queries, keys, values, attn_mask=square[None] + mask, scale=1.0
        ),
        "bias": lambda: kernels.Bias(bias.table, starts).square(longest, dtype),
    }


def rowwise(kernels: Any, device: str, tokens: int, dtype: torch.dtype) -> dict[str, Steps]:
    """The norm with its addition, and gated GELU: {op: {reference, kernel}}."""
    stream, update = (
        torch.randn(tokens, WIDTH, device=device),
        torch.randn(tokens, WIDTH, device=device).to(dtype),
    )
    scales, gate_up = (
        torch.randn(WIDTH, device=device),
        torch.randn(tokens, 2 * FF, device=device).to(dtype),
    )
    result: dict[str, Callable[[], object]] = {
        "add_rms_norm": lambda: kernels.add_rms_norm(stream, update, scales, 1e-6, dtype),
        "gated_gelu": lambda: kernels.gated_gelu(gate_up, dtype),
    }
    return {
        name: {"reference": partial(_slowly, kernels, step), "kernel": step}
        for name, step in result.items()
    }


def _slowly(kernels: Any, step: Callable[[], object]) -> object:
    with kernels.force("reference"):
        return step()


PACKS = {
    "1 x 77": [77],
    "1 x 256": [256],
    "1 x 512": [512],
    "12 x 77": [77] * 12,
    "8 x 256": [256] * 8,
    "20 of 13 to 33": [13, 33, 20, 20, 27] * 4,
}


def measure(kernels: Any, device: str, repeats: int) -> dict[str, bool]:
    """Prints the figures of one device, and returns which promises were kept."""
    half = torch.bfloat16 if device == "cpu" else torch.float16
    kept = measure_decoding(kernels, device, repeats)
    kept |= measure_attention(kernels, device, repeats, (torch.float32, half))
    print("\nrow by row | reference, ms | kernel, ms\n---|---|---")
    for tokens in (77, 256, 512):
        for dtype in (torch.float32, half):
            for name, steps in rowwise(kernels, device, tokens, dtype).items():
                ms = took(steps, device, repeats)
                label = f"{name}, {tokens}, {str(dtype)[6:]}"
                print(f"{label} | {ms['reference']:.3f} | {ms['kernel']:.3f}")
    return kept


def measure_decoding(kernels: Any, device: str, repeats: int) -> dict[str, bool]:
    kept = {}
    print("one matrix (10240, 4096) | new memory, ms | used again, ms | times\n---|---|---|---")
    for name, steps in decoding(kernels, device):
        ms = took(steps, device, repeats)
        print(f"{name} | {ms['new']:.3f} | {ms['again']:.3f} | {ms['new'] / ms['again']:.1f}")
        if device == "cpu" and repeats > 1:  # one turn says nothing
            kept[f"{name} into a block that is used again"] = (
                ms["again"] * (2 if name.startswith("fp8") else 1) <= ms["new"]
            )
    return kept


def measure_attention(
    kernels: Any, device: str, repeats: int, dtypes: Sequence[torch.dtype]
) -> dict[str, bool]:
    kept = {}
    print(
        "\nattention, one layer | masked batch, ms | packed, ms | bias, once, ms | "
        "largest: masked, MB | packed, MB\n---|---|---|---|---|---"
    )
    for name, lengths in PACKS.items():
        for dtype in dtypes:
            steps = attention(kernels, device, lengths, dtype)
            ms = took(steps, device, repeats)
            most = {way: largest(steps[way]) / 1e6 for way in ("masked", "packed")}
            label = f"{name}, {str(dtype)[6:]}"
            print(
                f"{label} | {ms['masked']:.3f} | {ms['packed']:.3f} | {ms['bias']:.3f} | "
                f"{most['masked']:.1f} | {most['packed']:.1f}"
            )
            of_result, of_bias = (
                size * HEADS * dtype.itemsize / 1e6
                for size in (sum(lengths) * DIM, max(lengths) * (max(lengths) + 8))
            )
            kept[f"{label}: nothing is larger than the result or one bias"] = most["packed"] <= max(
                of_result, of_bias
            )
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--device", help="cpu or cuda alone; default: all that is here")
    parser.add_argument("--quick", action="store_true", help="one turn")
    wanted, _ = parser.parse_known_args()
    if wanted.quick:
        wanted.repeats = 1
    devices = [wanted.device] if wanted.device else ["cpu", "cuda"][: 1 + torch.cuda.is_available()]
    importlib.import_module("bench_tokens").mount()
    kernels = importlib.import_module("encoderscope.kernels")
    kept: dict[str, bool] = {}
    for device in devices:
        place = (
            torch.cuda.get_device_name()
            if device == "cuda"
            else f"{torch.get_num_threads()} threads, load {os.getloadavg()[0]:.1f}"
        )
        print(f"\n{device}: {place}; torch {torch.__version__}\n")
        with torch.inference_mode(), kernels.recording() as taken:
            kept |= measure(kernels, device, wanted.repeats)
        print(
            "\n" + "\n".join(sorted({str(choice) for choice in taken if choice.way != "reference"}))
        )
    if "cuda" not in devices:
        print("\nNo GPU here: none was measured.")
    for name, is_kept in kept.items():
        print(f"{'kept  ' if is_kept else 'BROKEN'}  {name}")
    return int(not all(kept.values()))


if __name__ == "__main__":
    raise SystemExit(main())
