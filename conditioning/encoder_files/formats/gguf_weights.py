"""Weights of GGUF files, unpacked one at a time by the optional `gguf` package."""

from __future__ import annotations

import numpy as np
import torch

from . import gguf_package
from .safetensors_header import TensorEntry

PLAIN = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def read(tensor: TensorEntry) -> torch.Tensor:
    """One tensor: as it is stored where that is a float of 16 bits or more, else unpacked to
    float16. Raises :class:`EncoderScopeError` for a type that cannot be unpacked.
    """
    raw = np.memmap(
        tensor.file, dtype=np.uint8, mode="r", offset=tensor.start, shape=(tensor.size,)
    )
    plain = PLAIN.get(tensor.dtype)
    if plain is not None:
        return torch.from_numpy(np.array(raw)).view(plain).reshape(tensor.shape)
    gguf = gguf_package.package()
    rows = raw.reshape(-1, tensor.size * tensor.shape[-1] // max(1, tensor.elements))
    try:
        values = gguf.dequantize(np.array(rows), gguf.GGMLQuantizationType[tensor.dtype])
    except (KeyError, NotImplementedError) as error:
        raise gguf_package.cannot_unpack(tensor.dtype) from error
    return torch.from_numpy(np.ascontiguousarray(values)).reshape(tensor.shape).to(torch.float16)
