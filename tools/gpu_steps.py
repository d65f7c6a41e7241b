"""What `python dev.py gpu` runs, in order of worth: right, then fast, then training."""

from __future__ import annotations

from typing import NamedTuple

from .places import ROOT

TESTS = f"{ROOT}/tests"
HOST = f"{TESTS}/host"
ENCODERS = (f"{HOST}/test_fast_encoder.py", f"{HOST}/test_dynamic_vram.py")
T5XXL = f"{HOST}/test_t5xxl_files.py"
NODES = (
    f"{HOST}/test_probe_encoder.py", f"{HOST}/test_probe_precision.py",
    f"{HOST}/test_ignored_vectors.py", f"{HOST}/test_assemble_equals_host.py",
    f"{HOST}/test_cached_circumstances.py", f"{HOST}/test_states.py",
)  # fmt: skip
GENERATOR = (
    f"{HOST}/generator/test_equals_host.py", f"{HOST}/generator/test_interrupted.py",
)  # fmt: skip
"""Not on the simulated card, which ends Python here."""
LOADERS = (
    f"{HOST}/loading/test_against_host.py", f"{HOST}/loading/test_packed.py",
    f"{HOST}/loading/test_packed_lora.py", f"{HOST}/loading/test_precisions.py",
)  # fmt: skip
DEVICE = "{device}"
"""In a step's arguments: where it computes."""


class Step(NamedTuple):
    """One process."""

    name: str
    """What it begins with (right, fast, train) is its part."""
    limit: int
    """Seconds."""
    program: tuple[str, ...]
    """What Python is given."""
    host: str = ""
    """How ComfyUI is started."""


def tests(name: str, limit: int, *arguments: str, host: str = "") -> Step:
    """pytest, in which the host computes on the device."""
    program = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", *arguments)
    return Step(f"right-{name}", limit, program, host)


def bench(name: str, limit: int, script: str, *arguments: str) -> Step:
    """A script of tests/bench."""
    program = (f"{TESTS}/bench/{script}.py", "--device", DEVICE, *arguments)
    return Step(f"fast-{name}", limit, program)


def training(name: str, limit: int, module: str, *arguments: str) -> Step:
    """A module of tools that trains."""
    program = ("-m", f"encoderscope.tools.{module}", "--device", DEVICE, *arguments)
    return Step(f"train-{name}", limit, program)


STEPS = (
    tests("kernels", 180, f"{TESTS}/kernels", "-m", "gpu"),
    tests("t5xxl", 300, T5XXL),
    tests("fast-encoder", 120, *ENCODERS),
    tests("loaders", 240, *LOADERS),
    tests("nodes", 240, *NODES),
    tests("generator", 150, *GENERATOR),
    tests("t5xxl-highvram", 180, T5XXL, host="--highvram"),
    tests("t5xxl-gpu-only", 180, T5XXL, host="--gpu-only"),
    tests("t5xxl-lowvram", 180, T5XXL, host="--lowvram"),
    tests("server", 120, f"{HOST}/loading/test_in_server.py"),
    bench("layer", 180, "bench_layer", "--rounds", "15"),
    bench("kernels", 90, "bench_kernels"),
    bench("reuse", 90, "bench_reuse", "--mode", "fast", "--rounds", "9"),
    bench("reuse-exact", 90, "bench_reuse", "--rounds", "5"),
    bench("whole", 240, "bench_whole"),
    bench(
        "compiled",
        300,
        "bench_layer",
        "--rounds",
        "15",
        "--compiled",
        "--layers",
        "2",
        "--only",
        "transformers,nai,fast, fp16",
    ),
    training("generator-128", 480, "generator.train_generators", "--pixels", "128", "clip"),
    training("siblings-128", 600, "generator.train_generators", "--pixels", "128"),
    training("seeds", 600, "generator.train_generators", "--seed", "18", "clip", "clip-t5"),
)
