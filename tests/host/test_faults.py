"""Faults while our nodes work: memory that runs out, the stop button, models that the host unloads,
two prompts at once. Afterwards the host encodes and draws as it did, bit for bit.

ENCODERSCOPE_FAULT_PLACES=200: so many places of each work fail, in hours, rather than three.
"""

from __future__ import annotations

import gc
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from encoderscope.conditioning.storage import UNFINISHED
from encoderscope.tests.host.long_works import WORKS, Bench, encode
from torch.utils._python_dispatch import TorchDispatchMode

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("one_thread")]
PLACES = "ENCODERSCOPE_FAULT_PLACES"
_LARGE = 4096
"""Numbers of a result that counts as a large allocation: a layer of the miniature has as many."""


class OutOfMemoryAt(TorchDispatchMode):
    """The allocation of this number fails; None counts them."""

    def __init__(self, number: int | None) -> None:
        super().__init__()
        self.number, self.count = number, 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor) and result.numel() >= _LARGE:
            self.count += 1
            if self.count == self.number:
                raise torch.OutOfMemoryError("CUDA out of memory. (injected)")
        return result


def same(first: Any, second: Any) -> bool:
    [[a, more_a]], [[b, more_b]] = first, second
    return torch.equal(a, b) and torch.equal(more_a["pooled_output"], more_b["pooled_output"])


def places(count: int) -> list[int]:
    """Which of so many places fail: the first, the middle one and the last, or as many as the
    variable says.
    """
    number = max(2, min(count, int(os.environ.get(PLACES, "3"))))
    return sorted({1 + step * (count - 1) // (number - 1) for step in range(number)})


@pytest.fixture(scope="module")
def bench(with_our_nodes: None, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("works"))


@pytest.fixture(scope="module")
def before(bench: Bench) -> tuple[list[torch.Tensor], int]:
    """What the host makes with all of it, and what hangs on it."""
    return bench.stock(), bench.hung()


def require_untouched(bench: Bench, before: tuple[list[torch.Tensor], int]) -> None:
    """Not a bit of the host's own results differs, nothing hangs on its models, and no file is
    half written but the copy that a next run goes on with.
    """
    stock, hung = before
    assert all(map(torch.equal, bench.stock(), stock))
    assert bench.hung() == hung
    parts = {Path(name).name for name in bench.files() if name.endswith(UNFINISHED)}
    assert parts <= {f"copy.safetensors{UNFINISHED}"}


class StoppedAt:
    """The stop button is pressed before the host's question of this number whether it was; None
    counts them.
    """

    def __init__(self, number: int | None) -> None:
        self.number, self.count = number, 0

    def __enter__(self) -> StoppedAt:
        import comfy.model_management as management

        self.management = management
        self.asked = management.throw_exception_if_processing_interrupted
        management.throw_exception_if_processing_interrupted = self.ask
        return self

    def __exit__(self, kind: Any, *_: object) -> None:
        self.management.throw_exception_if_processing_interrupted = self.asked
        if self.number is not None:
            assert kind is self.management.InterruptProcessingException, "a stop was not heard"

    def ask(self) -> None:
        self.count += 1
        if self.count == self.number:
            raise self.management.InterruptProcessingException


@pytest.mark.parametrize("name", WORKS)
def test_a_fault_anywhere_leaves_nothing_behind(bench: Bench, before: Any, name: str) -> None:
    """At a large allocation, and at a question whether the stop button was pressed."""
    import comfy.model_management as management

    errors = (torch.OutOfMemoryError, ValueError, management.InterruptProcessingException)
    expected = WORKS[name](bench)  # what is measured once is measured now
    with OutOfMemoryAt(None) as full, StoppedAt(None) as stopped:
        assert WORKS[name](bench) == expected
    files = bench.files()
    assert full.count > 100 and stopped.count >= 2
    for fault, count in ((OutOfMemoryAt, full.count), (StoppedAt, stopped.count)):
        for number in places(count):
            with suppress(*errors), fault(number) as reached:
                # memory that is full once may be asked for less: then nothing else may change
                assert WORKS[name](bench) == expected
            assert reached.count >= number
            require_untouched(bench, before)
            if bench.files() != files:  # an unfinished copy: the next run goes on with it
                assert WORKS[name](bench) == expected
    assert WORKS[name](bench) == expected
    assert bench.files() == files


@pytest.mark.parametrize("name", sorted(set(WORKS) - {"doctor"}))  # it asks the others
def test_the_host_unloads_the_model_between_our_nodes(bench: Bench, before: Any, name: str) -> None:
    import comfy.model_management as management

    expected = WORKS[name](bench)
    management.unload_all_models()
    gc.collect()
    require_untouched(bench, before)
    management.unload_all_models()
    assert WORKS[name](bench) == expected
    require_untouched(bench, before)


def test_two_prompts_at_once(bench: Bench) -> None:
    """As the live route beside a running graph does it: the same reports as one after another."""
    from encoderscope.conditioning.reports.strict_json import to_json
    from encoderscope.host.reports import token_reports

    clip = bench.clip
    texts = [f"({word}:1.{number}) on a (blue) table" for number, word in enumerate("abcdefgh")]

    def report(text: str) -> str:
        return to_json(token_reports.report(clip, text, None))

    alone, before = [report(text) for text in texts], encode(clip)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(report, texts * 4))
        encoded = list(pool.map(lambda _: encode(clip), range(4)))
    assert together == alone * 4 and all(same(each, before) for each in encoded)
