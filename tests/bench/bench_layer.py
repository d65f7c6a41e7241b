"""One layer of T5-XXL on the processor: ComfyUI as it ships, Fast Encoder in both modes, transformers, and nai-t5 where it is installed.

    python tests/bench/bench_layer.py [--rounds 7] [--lengths 77,256,512] [--threads 1] [--layers 2]

Random weights in T5's own initial sizes, a few layers of the real dimensions, one process, variants in rotating order. Processor time with one
thread (other work on the machine is not counted), wall time with several. E: relative error of the states; dE: of the difference between two texts that
differ in one token, at the tokens they share. Both against fp32 products with the same weights; a variant past its gate fails the script.
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
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
GATES = {"exact": (1e-5, 1e-4), "fast": (2e-2, 0.2), "fp8": (8e-2, 0.3), "host": (1e-5, 1e-4)}
"""Kind -> largest E and dE."""


def mount() -> None:
    spec = importlib.util.spec_from_file_location("encoderscope", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)])
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["encoderscope"] = module
    spec.loader.exec_module(module)
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() not in (ROOT, Path(__file__).parent)]
    from encoderscope.tests import hostkit

    hostkit.import_host(Path(tempfile.mkdtemp()) / "host")


def weights(layers: int) -> dict[str, Any]:
    """bf16, in the sizes that T5 begins its training with."""
    import torch
    from encoderscope.tests.bench import t5xxl

    made = torch.Generator().manual_seed(0)
    return {name: t5xxl.random(name, shape, made) for name, shape in t5xxl.shapes(layers).items()}


def host_clip(tensors: dict[str, Any], layers: int, dtype: Any) -> Any:
    import comfy.sd
    import torch
    from comfy.text_encoders import pixart_t5

    cpu = torch.device("cpu")
    options: dict[str, Any] = {"t5xxl_model_config": {"num_layers": layers}, "dtype": dtype, "load_device": cpu, "offload_device": cpu}
    target = SimpleNamespace(params={}, clip=pixart_t5.pixart_te(dtype_t5=dtype), tokenizer=pixart_t5.PixArtTokenizer)
    clip = comfy.sd.CLIP(target, [], model_options=options)
    small = dtype.itemsize == 1
    held = {n: t.to(dtype if not small or (t.dim() == 2 and "block" in n and "bias" not in n) else torch.float16) for n, t in tensors.items()}
    clip.cond_stage_model.t5xxl.transformer.load_state_dict(held, strict=False, assign=True)
    return clip


def transformers_model(tensors: dict[str, Any], layers: int) -> Any:
    import torch
    from encoderscope.tests.bench import t5xxl
    from transformers import T5Config, T5EncoderModel

    config = T5Config(**t5xxl.CONFIG, num_layers=layers, attn_implementation="sdpa")
    with torch.device("meta"):
        model = T5EncoderModel(config)
    model.load_state_dict(tensors | {"encoder.embed_tokens.weight": tensors["shared.weight"]}, strict=False, assign=True)
    return model.eval()


Variant = Callable[[Any], Any]


def variants(layers: int) -> dict[str, tuple[str, Variant]]:
    """Name -> its gate, and (1, token, dim) fp32 -> states."""
    import torch
    from encoderscope.nodes.fast import patching

    tensors = weights(layers)
    found: dict[str, tuple[str, Variant]] = {}

    def add(name: str, gate: str, clip: Any) -> None:
        def run(embeds: Any) -> Any:
            clip.load_model()
            transformer = clip.cond_stage_model.t5xxl.transformer
            if hasattr(transformer, "memory"):
                transformer.memory.limit = 0
            return transformer(None, None, embeds=embeds.clone(), num_tokens=[1], intermediate_output=None, dtype=torch.float32)[0]

        found[name] = (gate, run)

    for name, dtype in (("fp16", torch.float16), ("bf16", torch.bfloat16), ("fp8", torch.float8_e4m3fn)):
        clip = host_clip(tensors, layers, dtype)
        gate = "fp8" if name == "fp8" else "host" if name == "bf16" else "fast"
        add(f"ComfyUI, {name} file", gate, clip)
        for mode in ("exact", "fast"):
            add(f"{mode}, {name} file", "fp8" if name == "fp8" else mode if name == "bf16" else "fast", patching.faster(clip, mode).clip)
    for name, packed in packed_clips(tensors, layers).items():
        for mode in ("exact", "fast"):
            add(f"{mode}, {name} weights", "fp8", patching.faster(packed, mode).clip)
    model = transformers_model(tensors, layers)
    found["transformers, bf16, sdpa"] = ("fast", lambda embeds: model(inputs_embeds=embeds.bfloat16()).last_hidden_state.float())
    return found


def packed_clips(tensors: dict[str, Any], layers: int) -> dict[str, Any]:
    return {}


def measure(given: argparse.Namespace, length: int, found: dict[str, tuple[str, Variant]]) -> bool:
    import torch
    from encoderscope.tests.bench import t5xxl

    made = torch.Generator().manual_seed(length)
    one = torch.randn(1, length, t5xxl.WIDTH, generator=made)
    other = one.clone()
    other[0, length // 2] = torch.randn(t5xxl.WIDTH, generator=made)
    same = [k for k in range(length) if k != length // 2]
    truth = [found["ComfyUI, bf16 file"][1](x)[0, same] for x in (one, other)]
    clock = time.process_time if given.threads == 1 else time.perf_counter
    names, times = list(found), {name: list[float]() for name in found}
    for number in range(given.rounds + 1):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            start = clock()
            found[name][1](one)
            times[name].append((clock() - start) * 1000 / given.layers)
    base, kept = statistics.median(times["ComfyUI, fp16 file"][1:]), True
    print(f"\n{length} tokens | ms a layer, median | least | x ComfyUI fp16 | E | dE\n---|---|---|---|---|---")
    for name, (gate, run) in found.items():
        states = [run(x)[0, same] for x in (one, other)]
        e = float((states[0] - truth[0]).norm() / truth[0].norm())
        de = float(((states[0] - states[1]) - (truth[0] - truth[1])).norm() / (truth[0] - truth[1]).norm())
        median = statistics.median(times[name][1:])
        good = e <= GATES[gate][0] and de <= GATES[gate][1]
        kept = kept and good
        print(f"{name} | {median:.0f} | {min(times[name][1:]):.0f} | {base / median:.2f} | {e:.1e} | {de:.1e}{'' if good else ' TOO FAR'}", flush=True)
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--lengths", default="77,256,512")
    given, _ = parser.parse_known_args()
    mount()
    import torch
    import transformers

    torch.set_num_threads(given.threads)
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, Python {platform.python_version()}, {given.threads} thread(s), load {os.getloadavg()}")
    with torch.no_grad():
        found = variants(given.layers)
        kept = [measure(given, int(length), found) for length in given.lengths.split(",")]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
