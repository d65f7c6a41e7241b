"""Which way is taken, and what is said of the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import util

import pytest
import torch
from encoderscope.kernels import (
    Bias,
    dispatch,
    force,
    gated_gelu,
    limits,
    recording,
    t5_attention,
    tiles,
)
from encoderscope.kernels.attention import OP as ATTENTION
from encoderscope.kernels.dispatch import Op, Way
from encoderscope.kernels.gelu import OP as GELU
from encoderscope.kernels.norm import OP as NORM
from encoderscope.kernels.weights import OP as WEIGHTS
from encoderscope.kernels.weights import Packed

OPS = (ATTENTION, GELU, NORM, WEIGHTS)


@pytest.fixture(autouse=True)
def nothing_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(dispatch.ENVIRONMENT, raising=False)
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)


def toy(first: str | None, second: str | None = None) -> Op[[int], str]:
    """An op whose ways say their names, or refuse with a reason."""
    return Op(
        "toy",
        (
            Way("triton", lambda x: f"triton {x}", lambda x: first),
            Way("torch", lambda x: f"torch {x}", lambda x: second),
            Way("reference", lambda x: f"reference {x}"),
        ),
    )


@pytest.mark.parametrize(
    ("refusals", "taken", "sentence"),
    [
        (
            (None, None),
            "triton",
            (
                "toy: triton (torch: not used, triton comes first; reference: not used, "
                "triton comes first)"
            ),
        ),
        (
            ("it is late", None),
            "torch",
            "toy: torch (triton: not used, it is late; reference: not used, torch comes first)",
        ),
        (
            ("it is late", "so is it"),
            "reference",
            "toy: reference (triton: not used, it is late; torch: not used, so is it)",
        ),
    ],
)
def test_the_first_that_does_not_refuse_is_taken(
    refusals: tuple[str | None, str | None], taken: str, sentence: str
) -> None:
    op = toy(*refusals)
    assert op.run(3) == f"{taken} 3"
    assert str(op.choose(3)) == sentence


def test_a_forced_way_is_taken_and_says_so() -> None:
    with force("reference"):
        assert toy(None).run(3) == "reference 3"
        assert dict(toy(None).choose(3).reasons) == dict.fromkeys(
            ("triton", "torch"), "reference was asked for"
        )
        with force("torch"):
            assert toy(None).run(3) == "torch 3"
        assert toy(None).run(3) == "reference 3"
    assert toy(None).run(3) == "triton 3"


def test_the_environment_forces_a_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENCODERSCOPE_KERNELS", "torch")
    assert toy(None).run(3) == "torch 3"
    with force("reference"):
        assert toy(None).run(3) == "reference 3"


def test_a_forced_way_that_cannot_says_why() -> None:
    with (
        force("triton"),
        pytest.raises(
            ValueError, match=r"toy was told to use triton, but it is late.*ENCODERSCOPE_KERNELS"
        ),
    ):
        toy("it is late").run(3)


def test_an_unknown_way_is_refused() -> None:
    with force("cuda"), pytest.raises(ValueError, match=r"'cuda'.*triton, torch, reference"):
        toy(None).run(3)


def test_calls_are_counted_by_their_choice() -> None:
    with recording() as taken:
        for _ in range(3):
            toy(None).run(3)
        with force("torch"), recording() as inner:
            toy(None).run(3)
    toy(None).run(3)
    assert [(choice.way, calls) for choice, calls in taken.items()] == [("triton", 3)]
    assert [(choice.way, calls) for choice, calls in inner.items()] == [("torch", 1)]


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_every_op_has_the_same_ways(op: Op[..., object]) -> None:
    assert [way.name for way in op.ways] == ["triton", "torch", "reference"]
    assert [way.name for way in op.ways if way.refuses] == ["triton"]


def test_on_a_processor_the_reason_is_the_processor() -> None:
    with recording() as taken:
        gated_gelu(torch.zeros(2, 8), torch.float32)
        t5_attention(*torch.zeros(3, 5, 2, 16), Bias(torch.zeros(2, 9), [0, 5]))
    assert [choice.way for choice in taken] == ["torch", "torch"]
    assert all("triton: not used, tensors are on the CPU" in str(choice) for choice in taken)


def meta(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.empty(shape, dtype=dtype, device="meta")


@pytest.fixture
def able(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if Triton ran here, so that only the op's own limits are left."""
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    monkeypatch.setattr(limits, "why_not_on", lambda device: None)


@pytest.mark.parametrize(
    ("op", "arguments", "sentence"),
    [
        (ATTENTION, (*torch.zeros(3, 5, 2, 24), None), "heads have 24 numbers"),
        (
            ATTENTION,
            (*torch.zeros(3, 2, 5, 16).transpose(1, 2), None),
            "heads do not lie side by side",
        ),
        (
            ATTENTION,
            (*torch.zeros(3, 5, 16, 2).transpose(2, 3), None),
            "the last axis of a tensor is not contiguous",
        ),
        (
            ATTENTION,
            (*torch.zeros(3, 5, 2, 16, dtype=torch.float64), None),
            "it does not know torch.float64",
        ),
        (
            GELU,
            (torch.zeros(2, 8, dtype=torch.float64), torch.float32),
            "it does not know torch.float64",
        ),
        (GELU, (torch.zeros(2, 8), torch.int8), "it does not know torch.int8"),
        (GELU, (torch.zeros(2, 8, requires_grad=True), torch.float32), "gradients are asked for"),
        (GELU, (meta(2, 8), torch.float32), "tensors are on meta"),
        (
            NORM,
            (torch.zeros(2, 20_000), None, torch.zeros(20_000), 1e-6, torch.float32),
            "rows are wider than 16384",
        ),
        (
            NORM,
            (torch.zeros(2, 8), torch.zeros(2, 8).double(), torch.zeros(8), 1e-6, torch.float32),
            "it does not know torch.float64",
        ),
        (
            WEIGHTS,
            (Packed("plain", torch.zeros(2, 8), None), 0, 2, torch.zeros(2, 8)),
            "plain is one copy for torch",
        ),
        (
            WEIGHTS,
            (
                Packed("int8_rows", torch.zeros(2, 9, dtype=torch.int8)[:, :8], None),
                0,
                2,
                torch.zeros(2, 8),
            ),
            "do not lie end to end",
        ),
    ],
)
@pytest.mark.usefixtures("able")
def test_triton_says_what_it_cannot_take(
    op: Op[..., object], arguments: tuple[object, ...], sentence: str
) -> None:
    assert sentence in dict(op.choose(*arguments).reasons)["triton"]


@pytest.mark.usefixtures("able")
def test_triton_takes_what_an_encoder_has() -> None:
    fused = torch.zeros(5, 3 * 2 * 64, dtype=torch.bfloat16).unflatten(1, (3, 2, 64))
    assert (
        ATTENTION.choose(fused[:, 0], fused[:, 1], fused[:, 2], Bias(torch.zeros(2, 9), [0, 5])).way
        == "triton"
    )
    assert GELU.choose(torch.zeros(2, 8), torch.bfloat16).way == "triton"
    assert (
        NORM.choose(
            torch.zeros(2, 4096),
            torch.zeros(2, 4096).half(),
            torch.zeros(4096),
            1e-6,
            torch.float16,
        ).way
        == "triton"
    )


def test_without_triton_the_reason_is_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    assert limits.why_not_on.__wrapped__(torch.device("cpu")) == "Triton is not installed"


def test_an_old_gpu_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(util, "find_spec", lambda name: object())
    monkeypatch.setattr(limits, "capability", lambda device: (7, 5))
    assert (
        limits.why_not_on.__wrapped__(torch.device("cuda"))
        == "the GPU has compute capability 7.5, and it needs 8.0"
    )


def test_a_triton_that_cannot_build_is_a_reason_and_no_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Uninterpreted on a processor it finds no driver: it fails as it would without a compiler."""
    pytest.importorskip(
        "triton", reason="triton is not installed; requirements-dev.txt has it for Linux"
    )
    sentence = limits.why_not_on.__wrapped__(torch.device("cpu"))
    assert (
        sentence is not None
        and sentence.startswith("Triton cannot run a program here (")
        and "\n" not in sentence
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("dim", [16, 64, 128])
@pytest.mark.parametrize("capability", [*tiles.ATTENTION, (7, 0), (13, 0), None])
def test_tiles_are_ones_that_a_gpu_can_multiply(
    capability: tuple[int, int] | None, dim: int, dtype: torch.dtype
) -> None:
    size = tiles.attention_tiles(capability, dtype, dim)
    assert size.queries >= 16 and size.keys >= 16
    assert all(number & (number - 1) == 0 for number in (size.queries, size.keys, size.warps))


def test_the_trial_runs_on_the_card_of_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Started on another card it would read memory that is not there, and end the whole process."""
    pytest.importorskip(
        "triton", reason="triton is not installed; requirements-dev.txt has it for Linux"
    )
    from encoderscope.kernels import smallest_program

    current: list[torch.Tensor] = []

    @contextmanager
    def device_of(tensor: torch.Tensor) -> Iterator[None]:
        current.append(tensor)
        yield
        current.clear()

    def launched(number: torch.Tensor) -> None:
        assert current and current[0] is number
        number += 1

    monkeypatch.setattr(torch.cuda, "device_of", device_of)
    monkeypatch.setattr(smallest_program, "_add_one", {(1,): launched})
    smallest_program.run(torch.device("cpu"))
