"""Faults while our nodes work on a CLIP: memory that runs out, the stop button, a model that the
host unloads, two prompts at once. Afterwards the CLIP encodes as it did, bit for bit.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("one_thread")]
TEXT = "a red circle to the left of a blue square"
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


def probe(clip: Any) -> Any:
    from encoderscope.conditioning.reports.binding.report import UNPADDED
    from encoderscope.host.reports import probe_reports

    return probe_reports.report(clip, TEXT, UNPADDED, 0.95)


def open_box(clip: Any) -> Any:
    from encoderscope.host import encoder_outputs

    return encoder_outputs.encode(clip, TEXT)


def fast(clip: Any) -> Any:
    from encoderscope.host.acceleration import patches

    return encode(patches.accelerate(clip, "fast").clip)


def encode(clip: Any) -> Any:
    return clip.encode_from_tokens_scheduled(clip.tokenize(TEXT))


WORKS: dict[str, Callable[[Any], Any]] = {"probe": probe, "open_box": open_box, "fast": fast}


@pytest.fixture(scope="module")
def clip(host_folder: Path) -> Iterator[Any]:
    from encoderscope.host import miniatures

    yield miniatures.clip("mini-CLIP-hard", "sdxl")


def same(first: Any, second: Any) -> bool:
    [[a, more_a]], [[b, more_b]] = first, second
    return torch.equal(a, b) and torch.equal(more_a["pooled_output"], more_b["pooled_output"])


def hooks(clip: Any) -> int:
    """Hooks and patches that hang on the model."""
    model = clip.cond_stage_model
    count = sum(
        len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules()
    )
    return count + len(clip.patcher.patches) + len(clip.patcher.object_patches)


@pytest.mark.parametrize("name", WORKS)
def test_memory_runs_out_at_any_large_allocation(clip: Any, name: str) -> None:
    before, hung = encode(clip), hooks(clip)
    WORKS[name](clip)  # what is measured once is measured now
    with OutOfMemoryAt(None) as counted:
        WORKS[name](clip)
    assert counted.count > 10
    for number in range(1, counted.count + 1, max(1, counted.count // 4)):
        with pytest.raises((torch.OutOfMemoryError, ValueError)), OutOfMemoryAt(number):
            WORKS[name](clip)
        assert same(encode(clip), before) and hooks(clip) == hung
    assert WORKS[name](clip) is not None


def stopping(step: int) -> Callable[[int, int], None]:
    """The stop button is pressed at this step."""
    import comfy.model_management as management

    calls = [0]

    def show(done: int, total: int) -> None:
        calls[0] += 1
        if calls[0] == step:
            raise management.InterruptProcessingException

    return show


def test_stopped_at_every_step_of_the_progress(clip: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import comfy.model_management as management
    from encoderscope.conditioning.reports.binding.report import UNPADDED
    from encoderscope.host.reports import probe_reports

    before, steps = encode(clip), [0]

    def count(done: int, total: int) -> None:
        steps[0] += 1

    probe(clip)  # what is measured once is measured now
    probe_reports.report(clip, TEXT, UNPADDED, 0.95, None, count)
    assert steps[0] > 3
    for stop in sorted({1, 2, 3, *range(1, steps[0] + 1, max(1, steps[0] // 4)), steps[0]}):
        with pytest.raises(management.InterruptProcessingException):
            probe_reports.report(clip, TEXT, UNPADDED, 0.95, None, stopping(stop))
        assert same(encode(clip), before)


@pytest.mark.parametrize("name", WORKS)
def test_the_host_unloads_the_model_between_our_nodes(clip: Any, name: str) -> None:
    import comfy.model_management as management

    before = encode(clip)
    WORKS[name](clip)
    management.unload_all_models()
    gc.collect()
    assert same(encode(clip), before)
    management.unload_all_models()
    assert WORKS[name](clip) is not None and same(encode(clip), before)


def test_two_prompts_at_once(clip: Any) -> None:
    """As the live route beside a running graph does it: the same reports as one after another."""
    from encoderscope.conditioning.reports.strict_json import to_json
    from encoderscope.host.reports import token_reports

    texts = [f"({word}:1.{number}) on a (blue) table" for number, word in enumerate("abcdefgh")]

    def report(text: str) -> str:
        return to_json(token_reports.report(clip, text, None))

    alone, before = [report(text) for text in texts], encode(clip)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(report, texts * 4))
        encoded = list(pool.map(lambda _: encode(clip), range(4)))
    assert together == alone * 4 and all(same(each, before) for each in encoded)
