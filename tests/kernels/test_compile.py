"""Triton's programs are compiled to machine code for GPUs that are not here: they fit the shared
memory, and no register is spilled.

That says nothing about how fast they are, and not that they are right; the interpreter does.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import torch
from encoderscope.kernels import tiles
from encoderscope.tests.kernels.kit import INTERPRETED

pytestmark = pytest.mark.skipif(INTERPRETED, reason="interpreted programs are not compiled")
triton = pytest.importorskip(
    "triton", reason="triton is not installed; requirements-dev.txt has it for Linux"
)

SHARED = {
    (8, 0): 163,
    (8, 6): 99,
    (8, 9): 99,
    (9, 0): 227,
    (10, 0): 227,
    (10, 3): 227,
    (12, 0): 99,
    (12, 1): 99,
}
"""KiB that one program may have (CUDA C++ Programming Guide, table of compute capabilities)."""
AMD = {"gfx942": 64, "gfx1100": 64}
"""MI300 and RX 7900: wavefront and KiB of local memory."""
WAVEFRONT = {"gfx942": 64, "gfx1100": 32}
POINTERS = {torch.float16: "*fp16", torch.bfloat16: "*bf16", torch.float32: "*fp32"}
ATTENTION = [
    *((capability, torch.float16, 64) for capability in ((8, 0), (8, 9), (9, 0), (10, 0), (12, 0))),
    *((capability, torch.float32, 64) for capability in ((8, 0), (9, 0))),
    *(
        ((8, 6), torch.bfloat16, 64),
        ((8, 0), torch.float16, 128),
        ("gfx942", torch.float16, 64),
        ("gfx1100", torch.float16, 64),
    ),
]


@pytest.fixture(scope="module", autouse=True)
def compiled_anew(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRITON_CACHE_DIR", str(tmp_path_factory.mktemp("triton")))
        yield


def compile_for(
    target: tuple[int, int] | str,
    program: Any,
    types: dict[str, str],
    constants: dict[str, Any],
    **options: int,
) -> Any:
    """Pointers and steps are multiples of 16, as torch's are."""
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    signature = types | dict.fromkeys(constants, "constexpr")
    aligned = {
        (index,): [["tt.divisibility", 16]]
        for index, name in enumerate(types)
        if name not in ("longest", "eps", "dim", "ff")
    }
    source = ASTSource(fn=program, signature=signature, constexprs=constants, attrs=aligned)
    machine = (
        GPUTarget("hip", target, WAVEFRONT[target])
        if isinstance(target, str)
        else GPUTarget("cuda", target[0] * 10 + target[1], 32)
    )
    return triton.compile(source, target=machine, options=options)


def spilled(program: Any, folder: Path) -> int:
    """Bytes of stack that NVIDIA's tool finds in a program; 0 for AMD's."""
    if "cubin" not in program.asm:
        return 0
    binary = folder / "program.cubin"
    binary.write_bytes(program.asm["cubin"])
    tool = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"
    stdout = subprocess.run(
        [tool, "--dump-resource-usage", binary], capture_output=True, text=True, check=True
    ).stdout
    match = re.search(r"REG:\d+ STACK:(\d+)", stdout)
    assert match, stdout
    return int(match[1])


@pytest.mark.parametrize(
    ("target", "dtype", "dim"), ATTENTION, ids=lambda value: str(value).removeprefix("torch.")
)
def test_attention(
    target: tuple[int, int] | str, dtype: torch.dtype, dim: int, tmp_path: Path
) -> None:
    from encoderscope.kernels.attention import gpu

    size = tiles.attention_tiles(None if isinstance(target, str) else target, dtype, dim)
    pointer = POINTERS[dtype]
    types = {
        "q": pointer,
        "k": pointer,
        "v": pointer,
        "table": "*fp32",
        "tiles": "*i32",
        "attended": pointer,
    }
    types |= dict.fromkeys(("q_step", "k_step", "v_step", "longest"), "i32")
    constants = {"DIM": dim, "QUERIES": size.queries, "KEYS": size.keys, "UPCAST": False}
    program = compile_for(
        target, gpu._attention, types, constants, num_warps=size.warps, num_stages=size.stages
    )
    assert (
        program.metadata.shared
        <= (AMD[target] if isinstance(target, str) else SHARED[target]) * 1024
    )
    assert spilled(program, tmp_path) == 0


@pytest.mark.parametrize("target", [(8, 0), (9, 0), "gfx1100"], ids=str)
def test_the_others(target: tuple[int, int] | str, tmp_path: Path) -> None:
    from encoderscope.kernels import smallest_program
    from encoderscope.kernels.gelu import gpu as gelu
    from encoderscope.kernels.norm import gpu as norm
    from encoderscope.kernels.weights import gpu as weights

    row = {"WIDTH": tiles.ROW}
    rows = {
        "residual": "*fp32",
        "update": "*fp16",
        "weight": "*fp32",
        "normed": "*fp16",
        "residual_step": "i32",
        "update_step": "i32",
    }
    grouped = {"data": "*u8", "scale": "*fp16", "zero": "*fp16", "out": "*fp16"}
    programs = [
        compile_for(target, smallest_program._add_one, {"number": "*fp32"}, {}),
        compile_for(
            target,
            gelu._gated_gelu,
            {"gate_up": "*fp16", "gated": "*fp32", "step": "i32", "ff": "i32"},
            row,
        ),
        compile_for(
            target,
            norm._add_rms_norm,
            rows | {"dim": "i32", "eps": "fp32"},
            {"ADDS": True, "WIDTH": 4096},
            num_warps=tiles.row_warps(4096),
        ),
        compile_for(target, weights._int8, {"data": "*i8", "out": "*fp16", "columns": "i32"}, row),
        compile_for(
            target,
            weights._int4,
            grouped | dict.fromkeys(("columns", "group", "row_step", "group_step"), "i32"),
            row | {"HAS_ZERO": True},
        ),
    ]
    assert [spilled(program, tmp_path) for program in programs] == [0] * 5


def test_every_architecture_has_its_tiles_checked() -> None:
    """Those that are not compiled here share the tiles of one that is, with no less memory."""
    compiled = {
        target: tiles.ATTENTION[target] for target, _, _ in ATTENTION if not isinstance(target, str)
    }
    for capability, size in tiles.ATTENTION.items():
        assert any(
            size == other and SHARED[capability] >= SHARED[target]
            for target, other in compiled.items()
        ), capability
