"""Weights of GGUF files, unpacked one at a time by the optional `gguf` package."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import numpy as np
import torch

from ...errors import EncoderScopeError
from .safetensors_header import TensorEntry

PLAIN = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def package() -> Any:
    """The `gguf` package. Raises :class:`EncoderScopeError` where it is not installed."""
    if importlib.util.find_spec("gguf") is None:
        raise EncoderScopeError(
            "This is a GGUF file, and the package that unpacks such files is not installed.",
            "The Python package 'gguf' was expected.",
            (
                "Install it into ComfyUI's Python (pip install gguf), or choose a "
                ".safetensors version of the model."
            ),
        )
    return importlib.import_module("gguf")


def read(tensor: TensorEntry) -> torch.Tensor:
    """One tensor: as it is stored where that is a float of 16 bits or more, else unpacked to
    float16.
    """
    raw = np.memmap(
        tensor.file, dtype=np.uint8, mode="r", offset=tensor.start, shape=(tensor.size,)
    )
    plain = PLAIN.get(tensor.dtype)
    if plain is not None:
        return torch.from_numpy(np.array(raw)).view(plain).reshape(tensor.shape)
    gguf = package()
    rows = raw.reshape(-1, tensor.size * tensor.shape[-1] // max(1, tensor.elements))
    values = gguf.dequantize(np.array(rows), gguf.GGMLQuantizationType[tensor.dtype])
    return torch.from_numpy(np.ascontiguousarray(values)).reshape(tensor.shape).to(torch.float16)
