"""A graphics card that is none: tensors that lie on ``cuda:0`` for all who ask, are computed by the
processor, and cannot be mixed with the processor's.

    with SimulatedGpu(room=200_000_000) as gpu:
        gpu.used, gpu.allocations       # bytes that lie there now; how often memory was asked for
        with gpu.failing_at(17):        # the 17th time from here on, there is none

What the host asks its driver (how much memory is free) is answered from the books. It is a card
without fast fp16, and our own ways of multiplying leave tensors of its kind to the host's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch
from weakref import WeakValueDictionary

import torch
from encoderscope.kernels.dispatch import force
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_leaves, tree_map_only

DEVICE = torch.device("cuda", 0)
INFERENCE = 16_000_000
"""Bytes that the host keeps free to compute in; of models of real size it keeps a gigabyte."""
_ATEN = torch.ops.aten
_MIXING = (_ATEN.copy_, _ATEN._to_copy, _ATEN.index, _ATEN.index_put, _ATEN.index_put_)
"""A card takes the processor's tensors in these."""


class Allocation:
    """Memory of the card, for as long as a tensor lies in it."""

    def __init__(self, gpu: SimulatedGpu, storage: torch.UntypedStorage) -> None:
        self.gpu, self.storage, self.size = gpu, storage, storage.nbytes()
        gpu.used += self.size

    def __del__(self) -> None:
        self.gpu.used -= self.size


class GpuTensor(torch.Tensor):
    """A tensor on the card. ``stored``: its numbers, in the processor's memory."""

    stored: torch.Tensor
    allocation: Allocation

    @staticmethod
    def __new__(cls, stored: torch.Tensor, allocation: Allocation) -> GpuTensor:
        tensor: GpuTensor = torch.Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls,
            stored.size(),
            strides=stored.stride(),
            storage_offset=stored.storage_offset(),
            dtype=stored.dtype,
            device=DEVICE,
        )
        tensor.stored, tensor.allocation = stored, allocation
        return tensor

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        tensors = (leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, GpuTensor))
        return next(tensors).allocation.gpu.__torch_dispatch__(func, types, args, kwargs)

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in _READ:
            return func(args[0].cpu(), *args[1:], **kwargs or {})
        if func in _WITHOUT_A_DRIVER:
            return _WITHOUT_A_DRIVER[func](*args, **kwargs or {})
        with torch._C.DisableTorchFunctionSubclass():
            return func(*args, **kwargs or {})


def _stored(*values: Any) -> Any:
    """With the processor's tensors in place of the card's."""
    return tree_map_only(GpuTensor, lambda tensor: tensor.stored, values)


def _contiguous(tensor: Any, memory_format: Any = torch.contiguous_format) -> Any:
    ready = tensor.is_contiguous(memory_format=memory_format)
    return tensor if ready else tensor.clone(memory_format=memory_format)


def _part(tensor: Any, index: Any) -> Any:
    plain, whole = _stored(index, tensor)
    part = whole[plain]
    return tensor.allocation.gpu.placed(part) if isinstance(tensor, GpuTensor) else part


def _write(tensor: Any, index: Any, value: Any) -> None:
    plain, numbers, target = _stored(index, value, tensor)
    target[plain] = numbers


def _copy(tensor: Any, source: Any, non_blocking: bool = False) -> Any:
    target, numbers = _stored(tensor, source)
    target.copy_(numbers)
    return tensor


_WITHOUT_A_DRIVER: dict[Any, Callable[..., Any]] = {
    torch.Tensor.__getitem__: _part,
    torch.Tensor.__setitem__: _write,
    torch.Tensor.contiguous: _contiguous,
    torch.Tensor.copy_: _copy,
    torch.Tensor.data_ptr: lambda tensor: tensor.stored.data_ptr(),
}
"""For what torch asks its driver before it asks us."""
_READ = {torch.Tensor.tolist, torch.Tensor.item} | {
    getattr(torch.Tensor, f"__{name}__")
    for name in ("float", "int", "bool", "index", "format", "repr")
}


class SimulatedGpu(TorchDispatchMode):
    """``room``: its bytes."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room, self.used, self.allocations = room, 0, 0
        self.fails_at: int | None = None
        self._known: WeakValueDictionary[int, Allocation] = WeakValueDictionary()
        self._exit = ExitStack()

    def __enter__(self) -> SimulatedGpu:
        torch._C._ensureCUDADeviceGuardSet()
        for change in self._changes():
            self._exit.enter_context(change)
        return super().__enter__()  # type: ignore[no-any-return]

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._exit.close()

    @contextmanager
    def failing_at(self, number: int | None) -> Iterator[None]:
        """The allocation of this number, from here on, fails; None counts them."""
        self.allocations, self.fails_at = 0, number
        try:
            yield
        finally:
            self.fails_at = None

    def _changes(self) -> Iterator[Any]:
        """What the host and torch are told of the card."""
        import comfy.model_management as management

        same = {
            "get_torch_device": DEVICE,
            "text_encoder_device": DEVICE,
            "get_torch_device_name": "cuda:0 simulated",
            "minimum_inference_memory": INFERENCE,
            "extra_reserved_memory": 0,
            **dict.fromkeys(("should_use_fp16", "should_use_bf16", "supports_fp8_compute"), False),
        }
        yield patch.multiple(
            management,
            cpu_state=management.CPUState.GPU,
            vram_state=management.VRAMState.NORMAL_VRAM,
            MIN_WEIGHT_MEMORY_RATIO=0.0,
            get_free_memory=of_card(management.get_free_memory, lambda: self.room - self.used),
            get_total_memory=of_card(management.get_total_memory, lambda: self.room),
            **{name: lambda *_, _value=value, **__: _value for name, value in same.items()},
        )
        yield patch.multiple(torch.cuda, _lazy_init=lambda: None, current_device=lambda: 0)
        yield patch.multiple(
            torch, tensor=_followed(torch.tensor), as_tensor=_followed(torch.as_tensor)
        )
        yield patch.object(torch.__future__, "_swap_module_params_on_conversion", True)
        yield force("torch")

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """``func`` where its tensors lie, or where it is told to put what it makes."""
        kwargs = kwargs or {}
        target, on_card = kwargs.get("device"), GpuTensor in types
        stays = on_card if target is None else torch.device(target).type == DEVICE.type
        if not on_card and not stays:
            return func(*args, **kwargs)
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        devices = {tensor.device.type for tensor in tensors if tensor.dim()}
        if len(devices) > 1 and func.overloadpacket not in _MIXING:
            raise RuntimeError(f"Expected all tensors to be on the same device: {func} ({devices})")
        plain_args, plain_kwargs = _stored(args, kwargs)
        if target is not None and stays:
            plain_kwargs["device"] = torch.device("cpu")
        result = func(*plain_args, **plain_kwargs)
        if func.overloadpacket is _ATEN.copy_:
            return args[0]
        if not stays:
            return result
        placed = tree_map_only(torch.Tensor, self.placed, result)
        return return_and_correct_aliasing(func, args, kwargs, placed)

    def placed(self, stored: torch.Tensor) -> GpuTensor:
        """On the card; its memory is asked for, unless it is another tensor's."""
        storage = stored.untyped_storage()
        allocation = self._known.get(storage._cdata)
        if allocation is None:
            size = storage.nbytes()
            self.allocations += 1
            if self.allocations == self.fails_at or size > self.room - self.used:
                words = f"CUDA out of memory. Tried to allocate {size} bytes. (simulated)"
                raise torch.OutOfMemoryError(words)
            allocation = self._known[storage._cdata] = Allocation(self, storage)
        return GpuTensor(stored, allocation)


def of_card(asked: Callable[..., Any], own: Callable[[], int]) -> Callable[..., Any]:
    """The host's question of a device's memory."""

    def answer(dev: Any = None, torch_free_too: bool = False, **more: Any) -> Any:
        if dev == torch.device("cpu"):
            return asked(dev, torch_free_too, **more)
        return (own(), 0) if torch_free_too or more else own()

    return answer


def _followed(function: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """Torch hides from us what these do."""

    def follow(data: Any, *args: Any, device: Any = None, **kwargs: Any) -> torch.Tensor:
        if isinstance(data, GpuTensor):
            return data.to(device=device, **kwargs)
        return function(data, *args, **kwargs).to(device)

    return follow
