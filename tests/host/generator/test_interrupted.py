"""Stops, errors and full memory: at every call, without a trace."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.tests.host.generator import kit

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder", "one_thread")]
NAME = "sd3"


@pytest.fixture
def calls(monkeypatch: Any) -> Iterator[list[int]]:
    """Conditionings in each call of the model."""
    import comfy.samplers

    counted: list[int] = []
    original = comfy.samplers.calc_cond_batch

    def calc_cond_batch(model: Any, conds: Any, *rest: Any) -> Any:
        counted.append(len(conds))
        return original(model, conds, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(comfy.samplers, "calc_cond_batch", calc_cond_batch)
        yield counted


@contextmanager
def full_memory(monkeypatch: Any, is_full: Callable[[int], bool]) -> Iterator[None]:
    """The host has no memory for a call of so many conditionings."""
    import comfy.model_management
    import comfy.samplers

    original = comfy.samplers.calc_cond_batch

    def calc_cond_batch(model: Any, conds: Any, *rest: Any) -> Any:
        if is_full(len(conds)):
            raise comfy.model_management.OOM_EXCEPTION("full")
        return original(model, conds, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(comfy.samplers, "calc_cond_batch", calc_cond_batch)
        yield


def test_the_number_of_calls_is_told_before_the_first_and_is_right(calls: list[int]) -> None:
    output: list[tuple[int, int]] = []
    report = kit.report(NAME, progress=lambda done, total: output.append((done, total)))
    assert output[0] == (0, report["budget"]["calls"]), "before anything was asked"
    assert output[-1][0] == sum(calls) == report["budget"]["calls"]
    assert {total for _, total in output} == {report["budget"]["calls"]}


def test_stop_is_heard_at_every_call(calls: list[int]) -> None:
    import comfy.model_management

    kit.report(NAME)
    every = len(calls)
    state, before = kit.state(kit.model(NAME)), kit.drawn(NAME)
    for stopping in range(every):
        calls.clear()

        def progress(done: int, total: int, after: int = stopping) -> None:
            if len(calls) == after:
                comfy.model_management.interrupt_current_processing(True)

        with pytest.raises(comfy.model_management.InterruptProcessingException):
            kit.report(NAME, progress=progress)
        assert len(calls) == stopping
        assert kit.state(kit.model(NAME)) == state
    assert torch.equal(kit.drawn(NAME), before)


def test_an_error_inside_the_model_leaves_nothing_behind(monkeypatch: Any) -> None:
    state, before = kit.state(kit.model(NAME)), kit.drawn(NAME)
    inner = kit.model(NAME).model.diffusion_model
    with monkeypatch.context() as patched:
        patched.setattr(inner, "forward", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            kit.report(NAME)
    assert kit.state(kit.model(NAME)) == state
    assert torch.equal(kit.drawn(NAME), before)


def test_numbers_that_are_none_are_an_error_and_never_a_report(monkeypatch: Any) -> None:
    inner = kit.model(NAME).model.diffusion_model
    original = inner.forward
    with monkeypatch.context() as patched:
        patched.setattr(inner, "forward", lambda *args, **keys: original(*args, **keys) * torch.nan)
        with pytest.raises(EncoderScopeError, match="not finite"):
            kit.report(NAME)


@pytest.mark.parametrize("room", [1, 2, 3])
def test_where_memory_does_not_suffice_the_list_is_halved(
    room: int, calls: list[int], monkeypatch: Any
) -> None:
    whole = kit.report(NAME)
    calls.clear()
    with full_memory(monkeypatch, lambda conds: conds > room):
        halved = kit.report(NAME)
    assert max(calls) <= room and sum(calls) == whole["budget"]["calls"]
    for a, b in zip(whole["phrases"], halved["phrases"], strict=True):
        assert a["influence"] == pytest.approx(b["influence"], rel=1e-3)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_memory_that_is_full_once_costs_one_call(
    number: int, calls: list[int], monkeypatch: Any
) -> None:
    whole = kit.report(NAME)
    lengths: list[int] = []

    def full_once(conds: int) -> bool:
        lengths.append(conds)
        return conds > 1 and sum(length > 1 for length in lengths) == number + 1

    calls.clear()
    with full_memory(monkeypatch, full_once):
        report = kit.report(NAME)
    assert sum(calls) == report["budget"]["calls"] == whole["budget"]["calls"]


def test_a_single_conditioning_that_does_not_fit_is_the_hosts_own_error(monkeypatch: Any) -> None:
    import comfy.model_management

    with (
        full_memory(monkeypatch, lambda _: True),
        pytest.raises(comfy.model_management.OOM_EXCEPTION),
    ):
        kit.report(NAME)
