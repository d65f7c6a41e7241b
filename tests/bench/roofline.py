"""What a device can do at most, measured there: products, memory, and how much of the clock a
program keeps it busy. The same code on a processor, with smaller matrices.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import t5xxl

TRIES = 20


class Roof(NamedTuple):
    """Of one device."""

    operations: float
    """Floating-point operations a second of a large product in 16 bits, or in fp32 on a processor
    that multiplies bf16 slower.
    """
    bytes: float
    """Bytes a second, read and written, of a large copy."""

    def seconds(self, length: int, bytes_a_weight: int) -> float:
        """The least that one layer of T5-XXL takes for one text of this length."""
        return max(flops(length) / self.operations, weights() * bytes_a_weight / self.bytes)


def clock_of(device: str, threads: int = 0) -> Callable[[], float]:
    """Seconds; on a GPU once all that was asked of it is done. With one thread the processor's,
    which other programs do not disturb.
    """
    if device == "cpu":
        return time.process_time if threads == 1 else time.perf_counter
    import torch

    def clock() -> float:
        torch.cuda.synchronize()
        return time.perf_counter()

    return clock


def card_bytes(device: str) -> int:
    """Memory of the card; 0 on a processor."""
    if device == "cpu":
        return 0
    import torch

    return int(torch.cuda.get_device_properties(device).total_memory)


def weights() -> int:
    """Numbers of one layer."""
    inner = t5xxl.HEADS * t5xxl.HEAD
    return t5xxl.WIDTH * (4 * inner + 3 * t5xxl.FORWARD)


def flops(length: int) -> float:
    """Of one layer: its linears, and attention."""
    inner = t5xxl.HEADS * t5xxl.HEAD
    return 2.0 * length * weights() + 4.0 * length * length * inner


def measured(device: str) -> Roof:
    """The best of some tries."""
    import torch
    from encoderscope.conditioning.encoding import processor

    size, values, dtype = 8192, 1 << 29, torch.float16
    if device == "cpu":
        size, values = 1024, 1 << 25
        dtype = torch.bfloat16 if processor.bf16_pays() else torch.float32
    factor = torch.randn(size, size, device=device, dtype=dtype)
    source = torch.zeros(values, device=device, dtype=dtype)
    target, clock = torch.empty_like(source), clock_of(device)
    product = least(lambda: factor @ factor, clock)
    copy = least(lambda: target.copy_(source), clock)
    return Roof(2.0 * size**3 / product, 2.0 * source.nbytes / copy)


def least(work: Callable[[], Any], clock: Callable[[], float]) -> float:
    """Seconds of the shortest of some tries."""
    best = float("inf")
    for _ in range(TRIES):
        start = clock()
        work()
        best = min(best, clock() - start)
    return best


def busy(work: Callable[[], Any], device: str) -> float:
    """Milliseconds for which the device computes, whatever launches it: the rest of the clock's
    are Python's. NaN where torch's profiler sees nothing.
    """
    import torch
    from torch.profiler import ProfilerActivity, profile

    on_gpu = device != "cpu"
    activities = [ProfilerActivity.CUDA if on_gpu else ProfilerActivity.CPU]
    with profile(activities=activities) as seen:
        work()
        if on_gpu:
            torch.cuda.synchronize()
    name = "self_device_time_total" if on_gpu else "self_cpu_time_total"
    total = sum(getattr(event, name) for event in seen.key_averages())
    return total / 1e3 or float("nan")


def graphed(work: Callable[[Any], Any], device: str) -> Callable[[Any], Any]:
    """``work`` as a CUDA graph of its own for each shape: launched as one. On a processor, as it
    is.
    """
    if device == "cpu":
        return work
    import torch

    graphs: dict[Any, tuple[Any, Any, Any]] = {}

    def run(given: Any) -> Any:
        if given.shape not in graphs:
            own = given.clone()
            stream = torch.cuda.Stream()
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                for _ in range(3):
                    work(own)
            torch.cuda.current_stream().wait_stream(stream)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                answer = work(own)
            graphs[given.shape] = graph, own, answer
        graph, own, answer = graphs[given.shape]
        own.copy_(given)
        graph.replay()
        return answer.clone()

    return run
