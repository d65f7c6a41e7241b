"""A node that runs out of memory says what helps, and keeps nothing that the host wants to free."""

from __future__ import annotations

import weakref
from typing import Any

import pytest
import torch
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.translation import in_language

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder")]
FULL = torch.OutOfMemoryError(
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 7.79 GiB"
)
IN_THE_COMPUTER = (
    MemoryError(),
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: "
        "you tried to allocate 4000000000000 bytes. Error code 12 (Cannot allocate memory)"
    ),
    RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes."),
    RuntimeError("MPS backend out of memory (MPS allocated: 9.05 GB, max allowed: 9.07 GB)."),
)


class Large:
    """Stands for a tensor on the card."""


def raised(error: Exception, cause: Exception | None = None) -> tuple[Exception, Any]:
    """What a node raises that ends in ``error``, and what its frames still hold."""
    from encoderscope.host.memory_shortage import saying_what_helps

    held: list[Any] = []

    @saying_what_helps
    def work() -> None:
        large = Large()
        held.append(weakref.ref(large))
        raise error.with_traceback(None) from cause

    try:
        work()
    except Exception as caught:
        error.__traceback__ = None  # ours, which outlives the node
        return caught, held[0]()
    raise AssertionError


def test_the_card_is_full() -> None:
    import comfy.model_management as management

    error, kept = raised(FULL)
    assert isinstance(error, EncoderScopeError) and isinstance(error, management.OOM_EXCEPTION)
    assert "graphics card ran out of memory (Tried to allocate 2.00 GiB)" in error.problem
    assert "Quantize Text Encoder" in error.remedy
    assert kept is None and error.__context__ is None


def test_the_card_was_full_and_another_sentence_was_made_of_it() -> None:
    """The tokenizer's, a file's: what is wrong is the memory."""
    other = EncoderScopeError("The file is damaged.", "A whole one was expected.", "Load it again.")
    error, _ = raised(other, FULL)
    assert isinstance(error, EncoderScopeError) and "graphics card" in error.problem


@pytest.mark.parametrize("full", IN_THE_COMPUTER, ids=lambda full: str(full)[:20])
def test_the_computer_is_full(full: Exception) -> None:
    """The host has no reason to unload its models then."""
    import comfy.model_management as management

    error, _ = raised(full)
    assert isinstance(error, EncoderScopeError)
    assert not isinstance(error, management.OOM_EXCEPTION)
    assert "The computer ran out of memory" in error.problem


@pytest.mark.parametrize("other", [ValueError("a"), RuntimeError("mat1 and mat2"), KeyError("b")])
def test_any_other_error_stays_what_it_is(other: Exception) -> None:
    assert raised(other)[0] is other


def test_in_the_editors_language() -> None:
    with in_language("de"):
        assert "Grafikkarte" in str(raised(FULL)[0])


def test_every_node_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from encoderscope.host.reports import token_reports
    from encoderscope.nodes import extension
    from encoderscope.nodes.prompt.token_map import TokenMap

    def full(*_: Any, **__: Any) -> None:
        raise FULL

    assert TokenMap in extension.NODES
    monkeypatch.setattr(token_reports, "choose", full)
    with pytest.raises(EncoderScopeError, match="graphics card ran out of memory"):
        TokenMap.execute(text="a cat", family="flux")
