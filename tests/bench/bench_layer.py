"""One layer of T5-XXL: ComfyUI as it ships, Fast Encoder in its modes, transformers, and nai-t5
where it is installed.

    python tests/bench/bench_layer.py [--rounds 7] [--lengths 77,256,512] [--threads 1] [--layers 2]
    [--device cuda]

Random weights in T5's own initial sizes, a few layers of the real dimensions, one process, variants
in rotating order. Processor time with one thread (other work on the machine is not counted), wall
time with several and on a GPU, where what each variant makes of the largest matrix product that was
measured there is printed, too. E: relative error of the states; dE: of the difference between two
texts that differ in one token, at the tokens they share. Both against ComfyUI with bf16 weights,
which is what the file was before it was fp8 or int8. A variant that is too far from fp32 products
with the weights it has fails the script.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import bench_tokens
import t5xxl

GATES = {"exact": 1e-5, "fast": 2e-2, "draft": 0.3, "host": 0.0}
"""Kind -> largest E from fp32 products with the same file's weights, whatever those lost already.
dE may be ten times as large for exact; for fast, as large as transformers' in bf16: one token of
many changes little, and the more tokens, the less.
"""
RIVAL = "transformers, bf16, sdpa"


def weights(layers: int) -> dict[str, Any]:
    """bf16, in the sizes that T5 begins its training with."""
    import torch

    made = torch.Generator().manual_seed(0)
    return {name: t5xxl.random(name, shape, made) for name, shape in t5xxl.shapes(layers).items()}


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


def transformers_model(tensors: dict[str, Any], layers: int) -> Any:
    import torch
    from transformers import T5Config, T5EncoderModel

    config = T5Config(**t5xxl.CONFIG, num_layers=layers, attn_implementation="sdpa")
    with torch.device("meta"):
        model = T5EncoderModel(config)
    model.load_state_dict(
        tensors | {"encoder.embed_tokens.weight": tensors["shared.weight"]},
        strict=False,
        assign=True,
    )
    return model.eval()


class Variant(NamedTuple):
    gate: str
    truth: str
    """The variant that computes in fp32 with the same weights."""
    run: Callable[[Any], Any]
    """(1, token, dim) fp32 -> states."""


def variants(layers: int, device: str) -> dict[str, Variant]:
    import torch
    from encoderscope.host.acceleration import patches

    tensors = weights(layers)
    found: dict[str, Variant] = {}

    def add(name: str, gate: str, truth: str, clip: Any) -> None:
        def run(embeds: Any) -> Any:
            clip.load_model()
            transformer = clip.cond_stage_model.t5xxl.transformer
            if hasattr(transformer, "memory"):
                transformer.memory.limit = 0
            return transformer(
                None,
                None,
                embeds=embeds.clone(),
                num_tokens=[1],
                intermediate_output=None,
                dtype=torch.float32,
            )[0]

        found[name] = Variant(gate, truth, run)

    for name, dtype in (
        ("fp32", torch.float32),
        ("fp16", torch.float16),
        ("bf16", torch.bfloat16),
        ("fp8", torch.float8_e4m3fn),
    ):
        clip, truth = host_clip(tensors, layers, dtype, device), f"ComfyUI, {name} file"
        add(truth, "host", truth, clip)
        for mode in ("exact", "fast") if name != "fp32" else ():
            add(f"{mode}, {name} file", mode, truth, patches.accelerate(clip, mode).clip)
    packed = int8_clip(tensors, device)
    for mode in ("exact", "fast", "draft")[: 2 if device == "cpu" else 3]:
        add(
            f"{mode}, int8 weights",
            mode,
            "exact, int8 weights",
            patches.accelerate(packed, mode).clip,
        )
    model = transformers_model(tensors, layers).to(device)
    found[RIVAL] = Variant(
        "fast",
        "ComfyUI, bf16 file",
        lambda x: model(inputs_embeds=x.bfloat16()).last_hidden_state.float(),
    )
    return found | nai(tensors, layers, device)


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


def nai(tensors: dict[str, Any], layers: int, device: str) -> dict[str, Variant]:
    """nai-t5 (pip install nai-t5), which is no dependency of ours."""
    if importlib.util.find_spec("nai_t5") is None:
        print("nai-t5 is not installed: left out")
        return {}
    import torch
    from nai_t5 import t5_encoder, t5_hf
    from transformers import T5Config

    config = t5_hf.to_based_config(T5Config(**t5xxl.CONFIG, num_layers=layers)).model_copy(
        update={"linear_weight_dtype": torch.bfloat16}
    )

    class Given(torch.nn.Module):
        def forward(self, embeds: Any) -> Any:
            return embeds[None]

    with torch.device("meta"):
        model = t5_encoder.T5EncoderStack(config).eval()
    model.load_state_dict(t5_hf.hf_to_based_t5_enc_state(tensors, config), assign=True)
    model.vocab_embed = Given()
    model = model.to(device)

    def run(embeds: Any) -> Any:
        return model(
            embeds.bfloat16(), position_bias=model.relative_attention_bias(embeds.shape[1])
        ).float()

    return {"nai-t5, bf16, sdpa": Variant("fast", "ComfyUI, bf16 file", run)}


def errors(states: Sequence[Any], truth: Sequence[Any]) -> tuple[float, float]:
    """E and dE."""
    change, true = states[0] - states[1], truth[0] - truth[1]
    return float((states[0] - truth[0]).norm() / truth[0].norm()), float(
        (change - true).norm() / true.norm()
    )


def measure(given: argparse.Namespace, length: int, found: dict[str, Variant]) -> bool:
    import torch

    made = torch.Generator().manual_seed(length)
    one = torch.randn(1, length, t5xxl.WIDTH, generator=made).to(given.device)
    other = one.clone()
    other[0, length // 2] = torch.randn(t5xxl.WIDTH, generator=made).to(given.device)
    same = [k for k in range(length) if k != length // 2]
    clock = clock_of(given.device, given.threads)
    names, times = list(found), {name: list[float]() for name in found}
    for number in range(given.rounds + 1):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            start = clock()
            found[name].run(one)
            times[name].append((clock() - start) * 1000 / given.layers)
    base, kept = statistics.median(times["ComfyUI, fp16 file"][1:]), True
    states = {
        name: [variant.run(x)[0, same] for x in (one, other)] for name, variant in found.items()
    }
    rival = errors(states[RIVAL], states["ComfyUI, bf16 file"])[1]
    print(
        f"\n{length} tokens | ms a layer, median | least | x ComfyUI fp16 | E | "
        "dE\n---|---|---|---|---|---"
    )
    for name, variant in found.items():
        e, de = errors(states[name], states[variant.truth])
        close = e <= GATES[variant.gate] and de <= (
            rival if variant.gate == "fast" else 10 * GATES[variant.gate]
        )
        kept = kept and close
        e, de = errors(states[name], states["ComfyUI, bf16 file"])
        median = statistics.median(times[name][1:])
        digits, share = (
            (0, "")
            if given.device == "cpu"
            else (3, f" | {flops(length) / median * 1e3 / given.peak:.0%}")
        )
        figures = (
            f"{median:.{digits}f} | {min(times[name][1:]):.{digits}f} | {base / median:.2f} "
            f"| {e:.1e} | {de:.1e}{share}"
        )
        print(f"{name} | {figures}{'' if close else ' TOO FAR'}", flush=True)
    return kept


def clock_of(device: str, threads: int) -> Callable[[], float]:
    """Seconds; on a GPU once all that was asked of it is done."""
    if device == "cpu":
        return time.process_time if threads == 1 else time.perf_counter
    import torch

    def clock() -> float:
        torch.cuda.synchronize()
        return time.perf_counter()

    return clock


def flops(length: int) -> float:
    """Of one layer: its linears, and attention."""
    inner = t5xxl.HEADS * t5xxl.HEAD
    return (
        2.0 * length * t5xxl.WIDTH * (4 * inner + 3 * t5xxl.FORWARD) + 4.0 * length * length * inner
    )


def peak(device: str) -> float:
    """Floating-point operations a second of a large fp16 product on this GPU, measured; 0 on a
    processor.
    """
    if device == "cpu":
        return 0.0
    import torch

    one = torch.randn(8192, 8192, device=device, dtype=torch.float16)
    clock, best = clock_of(device, 1), float("inf")
    for _ in range(20):
        start = clock()
        one @ one
        best = min(best, clock() - start)
    return 2 * 8192.0**3 / best


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--lengths", default="77,256,512")
    parser.add_argument(
        "--only", default="", help="variants whose names hold one of these, with commas between"
    )
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    given, _ = parser.parse_known_args()
    bench_tokens.mount(given.device)
    import torch
    import transformers

    torch.set_num_threads(given.threads)
    print(
        f"torch {torch.__version__}, transformers {transformers.__version__}, Python "
        f"{platform.python_version()}, {given.threads} thread(s), load {os.getloadavg()}"
    )
    given.peak = peak(given.device)
    if given.peak:
        print(
            f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}; a large fp16 "
            f"product: {given.peak / 1e12:.0f} TFLOP/s, the last column's 100 %"
        )
    with torch.no_grad():
        needed = ("ComfyUI, fp16 file", "ComfyUI, bf16 file", RIVAL)
        asked = given.only.split(",")
        every = variants(given.layers, given.device)
        chosen = {n for n in every if n in needed or any(part in n for part in asked)}
        chosen |= {every[n].truth for n in chosen}
        found = {n: one for n, one in every.items() if n in chosen}
        kept = [measure(given, int(length), found) for length in given.lengths.split(",")]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
