"""What Triton can take, asked before it is imported: without a GPU that costs nothing, and a
machine without Triton works.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import util

import torch
from torch import Tensor

from .tiles import capability

FLOATS = (torch.float32, torch.float16, torch.bfloat16)
LEAST_CAPABILITY = (8, 0)
"""Of NVIDIA's: before it there is no bf16, and Triton no longer supports it."""


def why_not_triton(*tensors: Tensor | None) -> str | None:
    """Why Triton cannot take these tensors; None when it can. Each one's last axis must be
    contiguous.
    """
    present = [tensor for tensor in tensors if tensor is not None]
    device = present[0].device
    if device.type == "cpu" and not interpreted():
        return "tensors are on the CPU"
    if device.type not in ("cpu", "cuda"):
        return f"tensors are on {device.type}, where it is untested"
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in present):
        return "gradients are asked for, and it computes none"
    if any(tensor.dim() and tensor.stride(-1) != 1 for tensor in present):
        return "the last axis of a tensor is not contiguous"
    return why_not_on(device)


def why_not_float(*dtypes: torch.dtype) -> str | None:
    """Why numbers of these types cannot be read or written."""
    for dtype in dtypes:
        if dtype not in FLOATS:
            return f"it does not know {dtype}"
    return None


def interpreted() -> bool:
    """Whether Triton runs its programs in Python, on a CPU: for tests, and a thousand
    times slower.
    """
    return os.environ.get("TRITON_INTERPRET") == "1"


@cache
def why_not_on(device: torch.device) -> str | None:
    """Why no Triton program runs on a device: found out once, with the smallest one."""
    if util.find_spec("triton") is None:
        return "Triton is not installed"
    version = capability(device)
    if version and version < LEAST_CAPABILITY:
        return f"the GPU has compute capability {version[0]}.{version[1]}, and it needs 8.0"
    try:
        from . import smallest_program

        smallest_program.run(device)
    except torch.cuda.OutOfMemoryError:
        raise  # what is returned is kept, and there may be room the next time
    except Exception as error:  # whatever a missing compiler, header or driver brings forth
        lines = str(error).strip().splitlines() or [type(error).__name__]
        return f"Triton cannot run a program here ({lines[0][:200]})"
    return None
