"""What a quantised copy costs in accuracy and saves in bytes and time: the figures of
docs/quantising.md.

    python tests/bench/bench_quantise.py [--layers 4] [--rounds 3] [--folder /tmp]

Miniatures (trained) as they come; and a few layers in T5-XXL's dimensions with random weights of
the sizes that its training begins with: as they are, with loud channels (norms give one in 256
twenty times the others), and with loud weights (the matrices do). Time: one thread, processor time,
the fewest of the rounds. Promise: int8 moves differences by less than a tenth, and less than fp8,
unless weights are loud.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from encoderscope.host.torch_companions import mend_torchvision
from encoderscope.tests import hostkit

FORMATS = ("int8", "fp8", "int4")
PROMPT = "a red circle to the left of a blue square, " * 5


def wide(folder: Path, layers: int, kind: str) -> Path:
    """A file in bf16. ``kind``: random, loud-channels or loud-weights."""
    import torch
    from encoderscope.tests.bench import t5xxl
    from safetensors.torch import save_file

    generator = torch.Generator().manual_seed(0)
    tensors = {}
    for name, shape in t5xxl.shapes(layers).items():
        weight = t5xxl.random(name, shape, generator)
        loud = {"loud-channels": "layer_norm.weight", "loud-weights": ".weight"}.get(kind, "-")
        if (
            ".block." in name
            and name.endswith(loud)
            and shape[0] > 32
            and (kind == "loud-channels") == (len(shape) == 1)
        ):
            weight[..., ::256] *= 20
        tensors[name] = weight
    path = folder / f"t5xxl-{layers}-{kind}.safetensors"
    save_file(tensors, path)
    return path


def sources(folder: Path, layers: int) -> Iterator[Path]:
    from encoderscope.tests.bench import bench_verdicts

    yield from (miniature.folder for miniature in bench_verdicts.miniatures(folder))
    yield from (wide(folder, layers, kind) for kind in ("loud-weights", "loud-channels", "random"))


def anonymous() -> float:
    """MB of this process that cannot be given back."""
    return int(Path("/proc/self/status").read_text().split("RssAnon:")[1].split()[0]) / 1024


def encode(path: Path, precision: str, rounds: int) -> tuple[float, float]:
    """Seconds of processor time for a prompt, and MB that the CLIP takes."""
    import comfy.model_management
    import torch
    from encoderscope.host import folders
    from encoderscope.host.loading import build, encoder_plan, picker

    inputs = list(folders.encoders_in(path.name, path))
    before = anonymous()
    chosen, parts = picker.choose([item.description for item in inputs], "encoder alone")
    clip = build.load(inputs, chosen, parts, encoder_plan.precision(precision), True).clip
    best = float("inf")
    with torch.no_grad():
        tokens = clip.tokenize(PROMPT)
        for _ in range(rounds):
            start = time.process_time()
            clip.encode_from_tokens(tokens)
            best = min(best, time.process_time() - start)
    taken = anonymous() - before
    comfy.model_management.unload_all_models()
    return best, taken


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    inputs, _ = parser.parse_known_args()
    mend_torchvision()
    with tempfile.TemporaryDirectory(dir=inputs.folder) as name:
        folder = Path(name)
        hostkit.import_host(folder / "host")
        import torch

        torch.set_num_threads(1)
        return measure(folder, inputs)


def measure(folder: Path, given: Any) -> int:
    from encoderscope.host import quantization

    kept = True
    print(
        f"{'encoder':<24} {'format':<6} {'MB before':>9} {'after':>8} {'weights':>8} "
        f"{'states':>8} {'differences':>11} {'s':>6}"
    )
    path = folder
    for path in sources(folder, given.layers):
        moved = {}
        for name in FORMATS:
            done = quantization.run(
                path, quantization.beside(path, name), name, lambda done, total: None
            )
            assert done.states is not None and done.states.differences is not None
            moved[name] = done.states.differences
            print(
                f"{path.stem:<24} {name:<6} {done.before / 1e6:9.1f} "
                f"{done.after / 1e6:8.1f} {done.weights:8.2%} {done.states.states:8.2%} "
                f"{done.states.differences:11.2%} {done.seconds:6.1f}",
                flush=True,
            )
        kept = kept and ("loud-weights" in path.stem or moved["int8"] < min(0.1, moved["fp8"]))
    print(
        f"\n{path.stem}, one prompt of {len(PROMPT.split())} words{'':<12} processor s   "
        "MB of its own"
    )
    for label, file in (
        ("bf16, ComfyUI's linears", path),
        *((item, quantization.beside(path, item)) for item in FORMATS),
    ):
        seconds, taken = encode(file, "as stored", given.rounds)
        print(f"{label:<40} {seconds:11.2f} {taken:11.0f}", flush=True)
    print(
        "kept" if kept else "BROKEN",
        "int8 moves differences by less than a tenth, and less than fp8, unless weights are loud",
    )
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
