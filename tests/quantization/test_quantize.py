"""Quantised copies: what is in them, that they are whole, and that an interruption
costs nothing.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning import miniature
from encoderscope.conditioning.encoder_files import packing
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.encoder_files.description import Description
from encoderscope.conditioning.encoder_files.signatures import describe
from encoderscope.conditioning.progress import no_progress
from encoderscope.conditioning.quantization.layer_by_layer import run_layers
from encoderscope.conditioning.quantization.plan import VocabularyTensor, is_matrix
from encoderscope.conditioning.quantization.quantized_copy import (
    QuantizationResult,
    Request,
    quantize,
)
from encoderscope.kernels import unpack
from encoderscope.tests.encoder_files import make
from encoderscope.tests.host.loading import making
from safetensors import safe_open
from safetensors.torch import load_file

FORMATS = packing.FORMATS


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@cache
def kinds() -> dict[str, Any]:
    from encoderscope.host.torch_companions import mend_torchvision

    mend_torchvision()
    return {
        **{
            name: lambda name=name: miniature.text_weights(miniature.load(name))
            for name in miniature.NAMES
        },
        "t5": lambda: making.state(making.t5(64, 2, 96, 4, 16)),
        "t5, ungated": lambda: making.state(making.t5(64, 2, 96, 4, 16, gated=False)),
        "umt5": lambda: making.state(making.umt5(64, 2, 96, 4, 2000, 16)),
        "clip": lambda: making.state(making.clip(128, 2)),
        "openai": lambda: making.openai_layout(making.state(making.clip(128, 2))),
        "siglip": lambda: making.siglip_state(making.siglip(128, 2, 2, 64, 500)),
    }


@cache
def tensors(kind: str) -> dict[str, torch.Tensor]:
    return dict(kinds()[kind]())


def source(
    folder: Path, kind: str = "t5", dtype: torch.dtype | None = torch.bfloat16, **more: torch.Tensor
) -> Path:
    return making.write(folder / f"{kind}.safetensors", {**tensors(kind), **more}, dtype)


def run(path: Path, target: Path, name: str = "int8", **options: Any) -> QuantizationResult:
    progress = options.pop("progress", no_progress)
    return quantize(open_checkpoint(path), target, Request(name, **options), progress)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "kind", [miniature.CLIP_HARD, miniature.T5, "t5", "t5, ungated", "umt5", "clip", "siglip"]
)
def test_matrices_are_packed_and_nothing_else_is_touched(
    kind: str, name: str, tmp_path: Path
) -> None:
    path = source(tmp_path, kind)
    done = run(path, tmp_path / "out.safetensors", name)
    inputs, tensors = load_file(path), load_file(done.path)
    description = describe(open_checkpoint(done.path))
    assert description.title == describe(open_checkpoint(path)).title
    assert description.quantisation.packing == ("" if name == "fp8" else name)
    packed = {key for key in inputs if is_matrix(key)}
    assert sum(done.matrices.values()) == len(packed) > 0
    for key, value in inputs.items():
        if key in packed:
            tables = {end: tensors[key.removesuffix(".weight") + end] for end in ends(key, tensors)}
            chosen = packing.layer_format(name, tuple(value.shape))
            assert (
                packing.deviation(
                    value, packing.as_packed(chosen, tables, packing.group_size(value.shape[1]))
                ).half_steps
                < 1.01
            )
        elif "projection" not in key or key in tensors:
            assert tensors[key].dtype == value.dtype and torch.equal(tensors[key], value), key
    assert done.after == done.path.stat().st_size
    assert not list(tmp_path.glob("*.part*"))


def ends(key: str, result: dict[str, torch.Tensor]) -> list[str]:
    base = key.removesuffix("weight")
    return [
        "." + other.removeprefix(base)
        for other in result
        if other.startswith(base) and not other.endswith("bias")
    ]


BOUNDS = {"int8": (0.008, 0.03), "fp8": (0.03, 0.15), "int4": (0.1, 0.5)}
"""Of the relative errors of weights and of states, with seeded random weights."""


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kind", ["t5", "clip", "mini-T5", "mini-CLIP-hard"])
def test_errors_are_told_and_within_bounds(kind: str, name: str, tmp_path: Path) -> None:
    done = run(source(tmp_path, kind), tmp_path / "out.safetensors", name)
    assert (
        0 < done.weights < BOUNDS[name][0] and done.weights <= done.worst[1] < 1.2 * BOUNDS[name][0]
    )
    assert done.states is not None and 0 < done.states.states < BOUNDS[name][1]
    assert len(done.states.layers) == describe(open_checkpoint(done.path)).layers
    assert done.random_sentences
    if "mini" in kind:
        assert done.states.differences is None, "made-up tokens are all one to a miniature"
    else:
        assert done.states.differences is not None and 0 < done.states.differences < BOUNDS[name][1]


@pytest.mark.parametrize("kind", ["t5", "t5, ungated", "umt5", "clip", "siglip"])
def test_the_walk_is_the_encoder(kind: str, tmp_path: Path) -> None:
    """Against transformers' own modules, layer for layer."""
    rows = torch.randint(3, 490, (2, 40), generator=torch.Generator().manual_seed(2))
    model = {
        "t5": lambda: making.t5(64, 2, 96, 4, 16),
        "t5, ungated": lambda: making.t5(64, 2, 96, 4, 16, gated=False),
        "umt5": lambda: making.umt5(64, 2, 96, 4, 2000, 16),
        "clip": lambda: making.clip(128, 2),
        "siglip": lambda: making.siglip(128, 2, 2, 64, 500),
    }[kind]()
    with torch.no_grad():
        expected = model(rows, output_hidden_states=True)
    held = tensors(kind)
    description = describe(open_checkpoint(source(tmp_path, kind, None)))
    result = list(run_layers(description, rows.tolist(), held.__getitem__))
    last = expected.last_hidden_state if hasattr(expected, "last_hidden_state") else expected[0]
    assert torch.allclose(result[-1], last, atol=2e-5 * float(last.abs().max()))
    middle = expected.hidden_states[1]
    assert torch.allclose(result[0], middle, atol=2e-5 * float(middle.abs().max()))


def test_a_copy_of_openais_layout_has_the_hosts_keys(tmp_path: Path) -> None:
    same = [
        run(source(tmp_path, kind), tmp_path / f"{kind}-8.safetensors").path
        for kind in ("openai", "clip")
    ]
    item, other = (load_file(path) for path in same)
    assert item.keys() == other.keys() and all(torch.equal(item[key], other[key]) for key in item)


def test_a_vocabulary_and_a_config_travel_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    source(folder, "clip").rename(folder / "model.safetensors")
    (folder / "config.json").write_text(
        json.dumps({"hidden_act": "gelu", "num_attention_heads": 2})
    )
    done = run(
        folder, tmp_path / "out.safetensors", vocabulary=VocabularyTensor("spiece_model", b"pieces")
    )
    description = describe(open_checkpoint(done.path))
    assert (description.activation, description.assumed, description.tokenizer_in_file) == (
        "gelu",
        (),
        "spiece_model",
    )
    assert bytes(load_file(done.path)["spiece_model"].tolist()) == b"pieces"
    stored = run(
        making.write(
            tmp_path / "s.safetensors",
            load_file(folder / "model.safetensors")
            | {"spiece_model": torch.arange(9).to(torch.uint8)},
        ),
        tmp_path / "b.safetensors",
    )
    assert load_file(stored.path)["spiece_model"].tolist() == list(range(9))


def test_tensors_are_aligned(tmp_path: Path) -> None:
    for name in FORMATS:
        done = run(source(tmp_path, "t5"), tmp_path / f"{name}.safetensors", name)
        checkpoint = open_checkpoint(done.path)
        assert all(
            tensor.start % 4 == 0 for tensor in checkpoint.tensors.values() if tensor.dtype == "F32"
        )
        assert all(
            tensor.start % 2 == 0
            for tensor in checkpoint.tensors.values()
            if tensor.dtype == "BF16"
        )
        with safe_open(done.path, "pt") as file:
            assert {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()} == {  # noqa: SIM118
                key: tensor.shape for key, tensor in checkpoint.tensors.items()
            }


def test_gguf_is_unpacked_first(tmp_path: Path) -> None:
    from encoderscope.tests.host.loading.gguf_files import write_gguf

    write_gguf(tmp_path / "t5.gguf", tensors("t5"), "Q8_0")
    done = run(tmp_path / "t5.gguf", tmp_path / "out.safetensors")
    key = "encoder.block.0.layer.0.SelfAttention.q.weight"
    result = load_file(done.path)
    exact = tensors("t5")[key]
    held = unpack(
        packing.as_packed(
            "int8", {end: result[key.removesuffix(".weight") + end] for end in ends(key, result)}
        ),
        torch.float32,
    )
    assert float((held - exact).norm() / exact.norm()) < 0.012


MEMORY = """
import resource, sys, threading, torch
from pathlib import Path
torch.set_num_threads(1)
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.progress import no_progress
from encoderscope.conditioning.quantization.quantized_copy import Request, quantize

def anonymous():
    told = Path("/proc/self/status").read_text()
    return int(told.split("RssAnon:")[1].split()[0]) * 1024

peak, done = [0], threading.Event()
def watch():
    while not done.wait(0.002):
        peak[0] = max(peak[0], anonymous())

quantize(open_checkpoint(Path(sys.argv[1])), Path(sys.argv[3]), Request(sys.argv[4]))
before = anonymous()
watcher = threading.Thread(target=watch); watcher.start()
quantize(open_checkpoint(Path(sys.argv[2])), Path(sys.argv[3] + "2"), Request(sys.argv[4]))
done.set(); watcher.join()
print(peak[0] - before)
"""


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(),
    reason="counts the memory of a process as Linux tells it",
)
@pytest.mark.parametrize("name", ["int8", "int4"])
def test_memory_holds_two_layers_at_most(name: str, tmp_path: Path) -> None:
    """4 layers of 26 MB each in bf16; a small file first, so that what Python itself takes is not
    counted.
    """
    big = {
        f"encoder.block.{i}.{key.split('.', 3)[3]}": value
        for i in range(4)
        for key, value in layer().items()
    }
    big |= {
        "shared.weight": torch.zeros(2000, 1024),
        "encoder.final_layer_norm.weight": torch.ones(1024),
    }
    big["encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"] = torch.zeros(
        32, 16
    )
    path = making.write(tmp_path / "big.safetensors", big, torch.bfloat16)
    code = [
        sys.executable,
        "-c",
        MEMORY,
        str(source(tmp_path, "t5")),
        str(path),
        str(tmp_path / "out"),
        name,
    ]
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        code,
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": mounted(root),
            "OMP_NUM_THREADS": "1",
            "MALLOC_MMAP_THRESHOLD_": "65536",
        },
    )
    assert ran.returncode == 0, ran.stderr
    of_a_layer = sum(value.numel() * 2 for value in layer().values())
    assert int(ran.stdout) < 2 * of_a_layer, f"{int(ran.stdout) / of_a_layer:.1f} layers"


@cache
def layer() -> dict[str, torch.Tensor]:
    drawn = torch.Generator().manual_seed(0)
    at = "encoder.block.0.layer."
    sizes = {f"0.SelfAttention.{item}": (1024, 1024) for item in "qkvo"} | {
        f"1.DenseReluDense.wi_{i}": (2816, 1024) for i in (0, 1)
    }
    sizes["1.DenseReluDense.wo"] = (1024, 2816)
    result = {
        f"{at}{name}.weight": torch.randn(shape, generator=drawn) * 0.02
        for name, shape in sizes.items()
    }
    return result | {f"{at}{i}.layer_norm.weight": torch.ones(1024) for i in (0, 1)}


def mounted(root: Path) -> str:
    """A folder in which the checkout stands under the package's name."""
    import encoderscope

    return str(
        Path(encoderscope.__path__[0]).parent
        if Path(encoderscope.__path__[0]).name == "encoderscope"
        else root / ".host" / "mount"
    )


def test_descriptions_of_files_of_real_sizes(tmp_path: Path) -> None:
    """By the header alone: names, the packing, and that the rest is as without it."""
    from encoderscope.conditioning.reports.encoder_file import report as encoder_file_report

    result = {}
    for key, shape in make.t5("xxl").items():
        if is_matrix(key):
            result |= {
                key.removesuffix(".weight") + tensor_spec.suffix: tensor_spec
                for tensor_spec in packing.tensor_specs("int8", shape)
            }
        elif key != "encoder.embed_tokens.weight":
            result[key] = packing.TensorSpec("", torch.bfloat16, shape)
    names = {torch.int8: "I8", torch.float32: "F32", torch.uint8: "U8", torch.bfloat16: "BF16"}
    path = make.sparse(
        tmp_path / "xxl.safetensors",
        {key: item.shape for key, item in result.items()},
        only={key: names[item.dtype] for key, item in result.items()},
    )
    description: Description = describe(open_checkpoint(path))
    assert (description.name, description.quantisation.packing) == ("t5_v1_1_xxl", "int8")
    with path.open("r+b") as file:
        for key, entry in open_checkpoint(path).tensors.items():
            if key.endswith(packing.NOTE):
                file.seek(entry.start)
                file.write(packing.note("int8").numpy().tobytes())
    report = encoder_file_report.inspect(path)
    assert report["usable"] and not report["encoders"][0]["keys"]["serious"]
    assert "int8" in " ".join(report["notes"])
    assert report["verdict"].startswith("Encoder of T5 v1.1 or Flan-T5 XXL, int8 (")
    assert path.stat().st_size / 1e9 == pytest.approx(4.9, abs=0.05)
