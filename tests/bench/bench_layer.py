"""One layer of T5-XXL: ComfyUI as it ships, Fast Encoder in its modes, transformers, and nai-t5
where it is installed.

    python tests/bench/bench_layer.py [--rounds 7] [--lengths 77,256,512] [--threads 1] [--layers 2]
    [--device cuda] [--quick]

Random weights in T5's own initial sizes, a few layers of the real dimensions, one process, variants
in rotating order. Processor time with one thread (other work on the machine is not counted), wall
time with several and on a GPU. Busy: milliseconds for which the device computes, where torch's
profiler sees them; the rest is Python's launching, which a CUDA graph saves. Roof: the least that
products and memory, measured here, allow for the weights as they are stored. E: relative error of
the states; dE: of the difference between two texts that differ in one token, at the tokens they
share. Both against ComfyUI with bf16 weights, which is what the file was before it was fp8 or int8.
A variant that is too far from fp32 products with the weights it has fails the script.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest import mock

import bench_tokens
import rivals
import roofline
import t5xxl

GATES = {"exact": 1e-5, "fast": 2e-2, "draft": 0.3, "host": 0.0}
"""Kind -> largest E from fp32 products with the same file's weights, whatever those lost already.
dE may be ten times as large for exact; for fast, as large as transformers' in bf16: one token of
many changes little, and the more tokens, the less.
"""
GOALS = {"x ComfyUI's fp16 file": 5.0, "x the better rival": 1.0, "of the roof": 0.7}
"""Of the fastest fast variant with 16-bit weights, on a GPU; the last from 256 tokens on."""


def weights(layers: int) -> dict[str, Any]:
    """bf16, in the sizes that T5 begins its training with."""
    import torch

    dice = torch.Generator().manual_seed(0)
    alike = t5xxl.layers_alike(
        t5xxl.shapes(layers), lambda kind, shape: t5xxl.random(kind, shape, dice)
    )
    return dict(alike)


def host_clip(tensors: dict[str, Any], layers: int, dtype: Any, device: str = "cpu") -> Any:
    import comfy.sd
    import torch
    from comfy.text_encoders import pixart_t5

    places = {
        "load_device": torch.device(device),
        "offload_device": torch.device("cpu"),
        "initial_device": torch.device("cpu"),
    }
    options: dict[str, Any] = {
        "t5xxl_model_config": {"num_layers": layers},
        "dtype": dtype,
        **places,
    }
    target = SimpleNamespace(
        params={}, clip=pixart_t5.pixart_te(dtype_t5=dtype), tokenizer=pixart_t5.PixArtTokenizer
    )
    clip = comfy.sd.CLIP(target, [], model_options=options)
    small = dtype.itemsize == 1
    held = {
        n: t.to(
            dtype
            if not small or (t.dim() == 2 and "block" in n and "bias" not in n)
            else torch.float16
        )
        for n, t in tensors.items()
    }
    clip.cond_stage_model.t5xxl.transformer.load_state_dict(held, strict=False, assign=True)
    return clip


class Variant(NamedTuple):
    gate: str
    truth: str
    """The variant that computes in fp32 with the same weights."""
    run: rivals.Run


def variants(given: argparse.Namespace) -> dict[str, Variant]:
    import torch
    from encoderscope.host.acceleration import patches

    layers, device = given.layers, given.device
    tensors, every = weights(layers), dict[str, Variant]()
    files = {
        "fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16,
        "fp8": torch.float8_e4m3fn,
    }  # fmt: skip
    for name, dtype in files.items():
        clip, truth = host_clip(tensors, layers, dtype, device), f"ComfyUI, {name} file"
        every[truth] = Variant("host", truth, whole(clip))
        for mode in ("exact", "fast") if name != "fp32" else ():
            fast = patches.accelerate(clip, mode).clip
            every[f"{mode}, {name} file"] = Variant(mode, truth, whole(fast))
            if mode == "fast" and name in ("fp16", "fp8"):
                every |= graph(f"fast, {name} file", truth, fast, given)
    packed, truth = int8_clip(tensors, device), "exact, int8 weights"
    for mode in ("exact", "fast", "draft")[: 2 if device == "cpu" else 3]:
        fast = patches.accelerate(packed, mode).clip
        every[f"{mode}, int8 weights"] = Variant(mode, truth, whole(fast))
        if mode == "fast":
            every |= graph("fast, int8 weights", truth, fast, given)
    ways = rivals.runs(tensors, layers, device, given.compiled, given.lengths)
    return every | {name: Variant("fast", "ComfyUI, bf16 file", run) for name, run in ways.items()}


def whole(clip: Any) -> rivals.Run:
    """The encoder as a CLIP calls it; nothing is remembered."""
    import torch

    def run(embeds: Any) -> Any:
        clip.load_model()
        transformer = clip.cond_stage_model.t5xxl.transformer
        if hasattr(transformer, "memory"):
            transformer.memory.limit = 0
        rest = {"num_tokens": [1], "intermediate_output": None, "dtype": torch.float32}
        return transformer(None, None, embeds=embeds.clone(), **rest)[0]

    return run


def graph(name: str, truth: str, clip: Any, given: argparse.Namespace) -> dict[str, Variant]:
    """The layers alone, launched as one: what Python costs before them. Our nodes make no graphs
    yet. The bias of a length is made before.
    """
    from encoderscope.host.acceleration import t5_block

    biases: dict[int, Any] = {}
    make = t5_block._bias

    def kept(context: Any, attention: Any, x: Any, past: Any) -> Any:
        if x.shape[1] not in biases:
            biases[x.shape[1]] = make(context, attention, x, past)
        return biases[x.shape[1]]

    def layers(embeds: Any) -> Any:
        encoder, x, bias = clip.cond_stage_model.t5xxl.transformer.encoder, embeds.clone(), None
        with mock.patch.object(t5_block, "_bias", kept):
            for block in encoder.block:
                x, bias = block(x, None, bias, None)
        return encoder.final_layer_norm(x)

    launched = roofline.graphed(layers, given.device)

    def run(embeds: Any) -> Any:
        clip.load_model()
        return launched(embeds)

    ways = rivals.works(f"{name}, CUDA graph", run, given.device, given.lengths)
    return {way: Variant("fast", truth, work) for way, work in ways.items()}


def int8_clip(tensors: dict[str, Any], device: str) -> Any:
    """As Load Text Encoders makes it with the precision int8."""
    from encoderscope.host import folders
    from encoderscope.host.loading import loader
    from safetensors.torch import save_file

    path = Path(tempfile.mkdtemp()) / "t5xxl.safetensors"
    save_file(tensors, path)
    return loader.load_described(
        list(folders.encoders_in(path.name, path)),
        "pixart",
        None,
        "int8",
        loader.CPU if device == "cpu" else "auto",
    ).clip


def errors(states: Sequence[Any], truth: Sequence[Any]) -> tuple[float, float]:
    """E and dE."""
    change, true = states[0] - states[1], truth[0] - truth[1]
    return float((states[0] - truth[0]).norm() / truth[0].norm()), float(
        (change - true).norm() / true.norm()
    )


def measure(given: argparse.Namespace, length: int, every: dict[str, Variant]) -> bool:
    import torch

    dice = torch.Generator().manual_seed(length)
    text = torch.randn(1, length, t5xxl.WIDTH, generator=dice).to(given.device)
    other = text.clone()
    other[0, length // 2] = torch.randn(t5xxl.WIDTH, generator=dice).to(given.device)
    same = [k for k in range(length) if k != length // 2]
    times = timed(given, text, every)
    base, kept = statistics.median(times["ComfyUI, fp16 file"]), True
    states = {
        name: [variant.run(x)[0, same] for x in (text, other)] for name, variant in every.items()
    }
    rival = errors(states[rivals.TRANSFORMERS], states["ComfyUI, bf16 file"])[1]
    print(
        f"\n{length} tokens | ms a layer, median | least | x ComfyUI fp16 | E | dE | busy | of the "
        "roof\n---|---|---|---|---|---|---|---"
    )
    for name, variant in every.items():
        e, de = errors(states[name], states[variant.truth])
        close = e <= GATES[variant.gate] and de <= (
            rival if variant.gate == "fast" else 10 * GATES[variant.gate]
        )
        kept = kept and close
        e, de = errors(states[name], states["ComfyUI, bf16 file"])
        median, least = statistics.median(times[name]), min(times[name])
        busy = roofline.busy(lambda work=variant.run: work(text), given.device) / given.layers
        figures = (
            f"{median:.3f} | {least:.3f} | {base / median:.2f} | {e:.1e} | {de:.1e} | {busy:.3f} | "
            f"{given.roof.seconds(length, stored(name)) * 1e3 / median:.0%}"
        )
        print(f"{name} | {figures}{'' if close else ' TOO FAR'}", flush=True)
    goals(given, length, {name: statistics.median(of) for name, of in times.items()})
    return kept


def timed(
    given: argparse.Namespace, text: Any, every: dict[str, Variant]
) -> dict[str, list[float]]:
    """Milliseconds a layer of each round but the first, in rotating order."""
    clock = roofline.clock_of(given.device, given.threads)
    names, times = list(every), {name: list[float]() for name in every}
    for number in range(given.rounds + 1):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            start = clock()
            every[name].run(text)
            times[name].append((clock() - start) * 1000 / given.layers)
    return {name: each[1:] for name, each in times.items()}


def stored(name: str) -> int:
    """Bytes of a weight."""
    return 1 if "int8" in name or "fp8" in name else 4 if "fp32" in name else 2


def goals(given: argparse.Namespace, length: int, times: dict[str, float]) -> None:
    """Which of the goals for a GPU are reached, by our nodes as they are and with graphs."""
    others = [ms for name, ms in times.items() if name.startswith(("transformers", "nai"))]
    print("goal | wanted | reached\n---|---|---")
    for end in ("", ", CUDA graph"):
        ours = [times.get(f"fast, {name} file{end}") for name in ("fp16", "bf16")]
        if not (known := [ms for ms in ours if ms]):
            continue
        least = min(known)
        reached = (
            times["ComfyUI, fp16 file"] / least,
            min(others) / least,
            given.roof.seconds(length, 2) * 1e3 / least,
        )
        for (name, wanted), value in zip(GOALS.items(), reached, strict=True):
            print(f"{length} tokens, fast{end}: {name} | {wanted} | {value:.2f}")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    text = "default: 2, or 8 on a card of at least 32 GB, where all variants lie beside each other"
    parser.add_argument("--layers", type=int, help=text)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--lengths", default="77,256,512")
    parser.add_argument(
        "--only", default="", help="variants whose names hold one of these, with commas between"
    )
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--quick", action="store_true", help="one layer, 77 tokens, one round")
    parser.add_argument("--compiled", action="store_true", help="rivals also with torch.compile")
    given, _ = parser.parse_known_args()
    if given.quick:
        given.rounds, given.layers, given.lengths = 1, 1, "77"
    given.lengths = [int(length) for length in given.lengths.split(",")]
    bench_tokens.mount(given.device)
    import torch
    import transformers

    torch.set_num_threads(given.threads)
    print(
        f"torch {torch.__version__}, transformers {transformers.__version__}, Python "
        f"{platform.python_version()}, {given.threads} thread(s), load {os.getloadavg()}"
    )
    if given.layers is None:
        given.layers = 8 if roofline.card_bytes(given.device) >= 32e9 else 2
    given.roof = roofline.measured(given.device)
    name = torch.cuda.get_device_name() if given.device == "cuda" else platform.processor()
    print(
        f"{name}, CUDA {torch.version.cuda}; a large product: "
        f"{given.roof.operations / 1e12:.2f} TFLOP/s; a large copy: {given.roof.bytes / 1e9:.0f} "
        "GB/s, the roof's 100 %"
    )
    with torch.no_grad():
        needed = ("ComfyUI, fp16 file", "ComfyUI, bf16 file", rivals.TRANSFORMERS)
        asked = given.only.split(",")
        every = variants(given)
        names = {n for n in every if n in needed or any(part in n for part in asked)}
        names |= {every[n].truth for n in names}
        chosen = {n: variant for n, variant in every.items() if n in names}
        kept = [measure(given, length, chosen) for length in given.lengths]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
