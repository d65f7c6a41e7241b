"""What a prompt's test sentences cost the probe, over encoding them one by one as the host does.

    python dev.py bench                    # or: .venv/bin/python tests/bench/bench_probe.py
    [--repeats 1] [--layers 1]

CLIP-L whole (12 layers, random weights), in windows of 77; a T5-XXL-wide encoder of a few layers
(4096 wide, 10240 inside), without padding against the host's padding. Both ways say the same: the
numbers are compared first. Variants take turns; medians and minima are printed.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))
GOALS = {"clip": 3.0, "t5": 10.0}
TEXT = "a red car next to a blue house"


def pack(name: str) -> Any:
    return importlib.import_module(f"encoderscope.{name}")


def clip_of(kind: str, layers: int) -> Any:
    """The host's own CLIP object: SD1's, or FLUX.1's T5 behind PixArt's classes in fp16 with
    padding to 256.
    """
    import comfy.sd
    import torch

    shapes: dict[str, Any] = {"t5xxl_model_config": {"num_layers": layers}}
    module = importlib.import_module("encoderscope.tests.host.clips")
    name = "sd1" if kind == "clip" else "flux"
    model = module.imported("comfy." + module.MODELS[name])
    model = model if isinstance(model, type) else model()
    options = {
        "dtype": torch.float16,
        "load_device": torch.device("cpu"),
        "offload_device": torch.device("cpu"),
    }
    options |= (
        {}
        if kind == "clip"
        else {
            **shapes,
            "clip_l_model_config": {
                "hidden_size": 64,
                "intermediate_size": 64,
                "num_attention_heads": 1,
                "num_hidden_layers": 1,
            },
        }
    )
    target = SimpleNamespace(
        params={}, clip=model, tokenizer=module.imported(module.shipped(module.FAMILIES[name]))
    )
    with mock.patch("torch.nn.init.kaiming_uniform_", lambda weight, **_: weight):
        built = comfy.sd.CLIP(target, [], tokenizer_data={}, model_options=options)
    generator = torch.Generator().manual_seed(0)
    for parameter_name, weight in built.cond_stage_model.named_parameters():
        weight.requires_grad_(False)
        if weight.ndim < 2:
            weight.fill_(
                1.0 if "norm" in parameter_name and parameter_name.endswith("weight") else 0.0
            )
        else:
            block = (
                torch.randn(min(512, weight.shape[0]), weight.shape[1], generator=generator)
                * weight.shape[1] ** -0.5
            )
            for start in range(0, weight.shape[0], 512):
                rows = weight[start : start + 512]
                rows.copy_(block[: len(rows)].roll(start, dims=-1))
    return built


def texts() -> list[str]:
    """All sentences of one prompt: eight frames, six cells each."""
    plan = pack("conditioning.binding.designs").plan(
        pack("conditioning.english.reading").read(TEXT)
    )
    return [cell.text for frame in plan.designs[0].frames for cell in frame.cells()]


def timed(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--layers", type=int, default=1, help="of the T5-XXL-wide encoder")
    arguments, _ = parser.parse_known_args()
    importlib.import_module("bench_tokens").mount()
    import torch

    probe_encoder, encode = (
        pack("host.probe_encoder"),
        pack("conditioning.encoding.text_encoder").encode,
    )
    sentence = texts()
    print(
        f"{len(sentence)} sentences, {torch.get_num_threads()} threads, torch {torch.__version__}"
    )
    failed = False
    for kind in ("clip", "t5"):
        clip = clip_of(kind, arguments.layers)
        name = "l" if kind == "clip" else "t5xxl"
        find = {
            padded: next(
                encoder
                for encoder in probe_encoder.take_apart(clip, padded).encoders
                if encoder.name == name
            )
            for padded in (True, False)
        }
        module = find[True].module

        def one_by_one(module: Any = module, name: str = name, clip: Any = clip) -> list[Any]:
            return [module.encode_token_weights(clip.tokenize(text)[name]) for text in sentence]

        variants: dict[str, Callable[[], Any]] = {
            "host, one by one": one_by_one,
            "as the generator gets it": partial(encode, find[True], sentence),
            "unpadded": partial(encode, find[False], sentence),
        }
        few = sentence[:4]
        theirs = [module.encode_token_weights(clip.tokenize(text)[name]) for text in few]
        check(kind, few, theirs, encode(find[True], few), encode(find[False], few))
        if kind == "t5":
            del variants[
                "as the generator gets it"
            ]  # the same products in other batches: nothing to gain
        times: dict[str, list[float]] = {variant: [] for variant in variants}
        for repeat in range(arguments.repeats):
            order, turn = list(variants), repeat % len(variants)
            for variant in order[turn:] + order[:turn]:
                times[variant].append(timed(variants[variant]))
        base = statistics.median(times["host, one by one"])
        for variant, seconds in times.items():
            print(
                (
                    f"{kind:5}{variant:28}median {statistics.median(seconds):7.3f} s  min "
                    f"{min(seconds):7.3f} s  {base / statistics.median(seconds):6.2f}x"
                ),
                flush=True,
            )
        failed |= base / statistics.median(times["unpadded"]) < GOALS[kind]
    return int(failed)


def check(kind: str, said: list[str], theirs: list[Any], padded: Any, bare: Any) -> None:
    """Nothing that is fast and different counts."""
    import torch

    for text, encoded in zip(said, theirs, strict=True):
        sequence, result = encoded[0][0].float(), padded[text].states.sequence
        scale = float(sequence.abs().max())
        torch.testing.assert_close(result, sequence, rtol=1e-3, atol=1e-4 * scale)
        if kind == "clip":
            short = bare[text].states
            torch.testing.assert_close(
                short.sequence, sequence[: len(short.sequence)], rtol=1e-3, atol=1e-4 * scale
            )
            torch.testing.assert_close(short.pooled, encoded[1][0].float(), rtol=1e-3, atol=1e-3)


if __name__ == "__main__":
    raise SystemExit(main())
