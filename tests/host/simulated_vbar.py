"""Dynamic VRAM of newer hosts on the simulated card: the host's own patcher and casts, with memory
of ours behind them in place of comfy-aimdo's, which needs a driver.

It is the most hostile that comfy-aimdo may be: weights leave the card as soon as nobody holds them,
and what lay there, or in a buffer that is used again, becomes NaN.

    with SimulatedGpu(room=...) as gpu, dynamic_vram(gpu) as vram:
        vram.room = 0               # from now on every weight goes through a buffer of the stream's
        vram.held                   # weights that someone has fetched and not let go
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any
from unittest.mock import patch

import torch
from encoderscope.tests.host.simulated_gpu import DEVICE, SimulatedGpu

GARBAGE = 0xFF
"""Bytes that are NaN in every type of float."""
_MATRICES = (torch.nn.Linear, torch.nn.Embedding)
_LARGE = 1 << 20
"""Bytes that the host thinks matrices have: it loads small ones as a whole, and ours are."""


def supported() -> bool:
    """Whether this host has dynamic VRAM."""
    import comfy.model_patcher

    return hasattr(comfy.model_patcher, "ModelPatcherDynamic")


class Vram:
    """Weights on the card."""

    def __init__(self, gpu: SimulatedGpu) -> None:
        self.gpu = gpu
        self.room = 1 << 40
        self.held = self.fetched = 0


class Vbar:
    """In place of ``ModelVBAR``."""

    def __init__(self, vram: Vram) -> None:
        self.vram = vram
        self.offset = 0
        self.stored: dict[int, torch.Tensor] = {}
        self.pins: dict[int, int] = {}
        self.times: dict[int, int] = {}

    def prioritize(self) -> None:
        pass

    def alloc(self, size: int) -> tuple[Vbar, int, int]:
        self.offset += size + 512
        return self, self.offset - size, size

    def fault(self, alloc: int, size: int) -> bytes | None:
        if alloc not in self.stored:
            if self.loaded_size() + size > self.vram.room:
                return None
            self.stored[alloc] = torch.full((size,), GARBAGE, dtype=torch.uint8)
            self.times[alloc] = self.times.get(alloc, 0) + 1
            self.vram.fetched += 1
        self.pins[alloc] = self.pins.get(alloc, 0) + 1
        self.vram.held += 1
        return self.times[alloc].to_bytes(4, "little")

    def unpin(self, alloc: int, size: int) -> None:
        if not self.pins.get(alloc):
            return
        self.pins[alloc] -= 1
        self.vram.held -= 1
        self.free_memory(0)

    def loaded_size(self) -> int:
        return sum(len(bytes_) for bytes_ in self.stored.values())

    def free_memory(self, size: float) -> int:
        freed = 0
        for alloc in [each for each in self.stored if not self.pins.get(each)]:
            freed += len(self.stored[alloc])
            self.stored.pop(alloc).fill_(GARBAGE)
        return freed


class Buffer:
    """In place of ``VRAMBuffer``: the same memory for every weight of a stream."""

    def __init__(self) -> None:
        self.stored = torch.empty(0, dtype=torch.uint8)

    def size(self) -> int:
        return len(self.stored)

    def get(self, size: int, offset: int = 0) -> tuple[Buffer, int, int]:
        if offset == 0:
            self.stored.fill_(GARBAGE)
        if offset + size > len(self.stored):
            larger = torch.full((offset + size,), GARBAGE, dtype=torch.uint8)
            larger[: len(self.stored)] = self.stored
            self.stored = larger
        return self, offset, size


class HostBuffer:
    """In place of pinned memory, which nobody asks for."""

    size = 0

    def __init__(self, *_: Any) -> None:
        pass


class Stream(nullcontext[None]):
    """All work is done when it is asked for."""

    def wait_stream(self, _: Any) -> None:
        pass

    def synchronize(self) -> None:
        pass


@contextmanager
def dynamic_vram(gpu: SimulatedGpu, lazy: bool = False) -> Iterator[Vram]:
    """As the host's ``main.py`` turns it on. ``lazy``: layers are made without weights, too, as
    there, which wait for a file.
    """
    vram = Vram(gpu)
    with ExitStack() as stack:
        for change in (*_of_the_host(lazy), *_of_aimdo(vram)):
            stack.enter_context(change)
        yield vram


def _of_the_host(lazy: bool) -> Iterator[Any]:
    """Its patcher, and streams on which all work is done when it is asked for."""
    import comfy.memory_management
    import comfy.model_management
    import comfy.model_patcher
    import comfy.utils
    from comfy.cli_args import args
    from safetensors.torch import load_file

    dynamic, streams = comfy.model_patcher.ModelPatcherDynamic, [Stream(), Stream()]
    load_list = dynamic._load_list

    def with_large_matrices(self: Any, *given: Any, **more: Any) -> list[Any]:
        return [
            (*rest, _LARGE if isinstance(module, _MATRICES) else memory, name, module, names)
            for *rest, memory, name, module, names in load_list(self, *given, **more)
        ]

    def next_stream(device: torch.device) -> Stream | None:
        streams.reverse()
        return streams[0] if device.type == DEVICE.type else None

    yield patch.object(comfy.memory_management, "aimdo_enabled", lazy)
    yield patch.object(comfy.model_patcher, "CoreModelPatcher", dynamic)
    yield patch.object(dynamic, "_load_list", with_large_matrices)
    yield patch.object(comfy.utils, "load_safetensors", lambda path: (load_file(path), {}))
    yield patch.object(args, "disable_pinned_memory", True)
    yield patch.multiple(
        comfy.model_management,
        get_offload_stream=next_stream,
        current_stream=lambda device: streams[0],
        STREAM_AIMDO_CAST_BUFFERS={},
    )


def _of_aimdo(vram: Vram) -> Iterator[Any]:
    """Memory of ours in place of its driver's."""
    import comfy_aimdo.host_buffer
    import comfy_aimdo.model_vbar
    import comfy_aimdo.torch
    import comfy_aimdo.vram_buffer

    def on_card(place: Any, device: torch.device) -> torch.Tensor:
        owner, start, size = place
        if isinstance(owner, Vbar):
            return vram.gpu.placed(owner.stored[start])
        return vram.gpu.placed(owner.stored)[start : start + size]

    yield patch.object(comfy_aimdo.model_vbar, "ModelVBAR", lambda *_: Vbar(vram))
    yield patch.object(comfy_aimdo.vram_buffer, "VRAMBuffer", lambda *_: Buffer())
    yield patch.object(comfy_aimdo.host_buffer, "HostBuffer", HostBuffer)
    yield patch.object(comfy_aimdo.torch, "aimdo_to_tensor", on_card)
