"""Reads the tensors of one encoder out of a checkpoint: safetensors files as maps, GGUF files
unpacked, one tensor at a time; and refuses those that are no numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from ..finite_weights import is_finite, keep
from . import expected_keys
from .checkpoint import Checkpoint
from .description import Description
from .formats import gguf_weights
from .formats.gguf_header import is_gguf
from .formats.impostors import BrokenFile
from .formats.safetensors_header import TensorEntry
from .packed_layers import BadWeights
from .signatures import tensors_below

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "I64": torch.int64,
    "I8": torch.int8,
    "U8": torch.uint8,
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
"""As safetensors spells them."""
_SCALES = (".scale_weight", ".weight_scale")
"""Names of the factor of a packed weight: in older and in newer files for ComfyUI."""


class TensorReader:
    """One encoder's part of a checkpoint. Tensors of safetensors files are maps of the file, not
    copies.
    """

    def __init__(self, checkpoint: Checkpoint, description: Description) -> None:
        self.checkpoint, self.description = checkpoint, description
        self.encoder = tensors_below(checkpoint, description.prefix)
        self._files: dict[Path, Any] = {}
        """Open safetensors files; None for a GGUF file."""

    @property
    def tensors(self) -> Mapping[str, TensorEntry]:
        return self.encoder.tensors

    def dtype(self, key: str) -> torch.dtype:
        """What :meth:`raw` gives for a key; packed GGUF types are unpacked to float16."""
        return DTYPES.get(self.tensors[key].dtype, torch.float16)

    def raw(self, key: str) -> torch.Tensor:
        """A tensor of the file: below the encoder's prefix, or beside it (a stored vocabulary).
        Raises KeyError, and :class:`EncoderScopeError` for a file that has changed and for a GGUF
        file that cannot be unpacked.
        """
        entry = self.tensors.get(key) or self.checkpoint.tensors[key]
        try:
            return self._stored(entry)
        except (OSError, ValueError, SafetensorError) as error:
            if isinstance(error, ValueError) and not _is_cut(entry):
                raise
            raise BrokenFile(
                "{file} has changed since its header was read.",
                "The tensor {tensor!r} was expected where its header has it.",
                "Wait until the file is whole (a download or a copy may be under way), then run "
                "it again.",
                file=entry.file.name,
                tensor=entry.name[:80],
            ) from error

    def _stored(self, entry: TensorEntry) -> torch.Tensor:
        if entry.file not in self._files:
            opened: Any = None
            if not is_gguf(entry.file):
                opened = safe_open(str(entry.file), framework="pt", device="cpu")
            self._files[entry.file] = opened
        if self._files[entry.file] is None:
            return gguf_weights.read(entry)
        tensor: torch.Tensor = self._files[entry.file].get_tensor(entry.name)
        return tensor

    def read(self, source: expected_keys.Source) -> torch.Tensor:
        """A tensor as the host has it: a view of the map wherever that is possible."""
        tensor = self.raw(source.key)
        if source.rest:  # Long-CLIP in OpenAI's layout
            return torch.cat(
                (
                    tensor[: expected_keys.LONG_CLIP_KEPT],
                    self.raw(source.rest)[expected_keys.LONG_CLIP_KEPT :],
                )
            )
        if source.transposed:
            return tensor.transpose(0, 1)
        if source.third is not None:
            rows = tensor.shape[0] // 3
            return tensor[rows * source.third : rows * (source.third + 1)]
        return tensor

    def factor(self, key: str) -> str | None:
        """The key of a packed weight's factor."""
        if not key.endswith(".weight"):
            return None
        layer = key.removesuffix(".weight")
        return next((layer + end for end in _SCALES if layer + end in self.tensors), None)


def _is_cut(entry: TensorEntry) -> bool:
    """Whether a file has become too short for one of its tensors."""
    return entry.file.stat().st_size < entry.start + entry.size


def require_finite_weights(
    weights: Mapping[str, torch.Tensor],
    title: str,
    most: float = math.inf,
    release: Callable[[torch.Tensor], None] = keep,
) -> None:
    """Raises :class:`BadWeights` for the first tensor that holds NaN or infinity. The smallest come
    first, and no more than ``most`` bytes are looked at. ``release`` gets what was.
    """
    for name, weight in sorted(weights.items(), key=lambda item: item[1].nbytes):
        most -= weight.nbytes
        if most < 0:
            return
        if not is_finite(weight, release):
            raise BadWeights(
                "{tensor} of {title} holds numbers that are not finite (NaN or infinity).",
                "Finite weights were expected.",
                "The file is damaged: download it again, or take another file of this encoder.",
                tensor=name,
                title=title,
            )


def narrowed(weight: torch.Tensor, dtype: torch.dtype, name: str, title: str) -> torch.Tensor:
    """The weight in another precision. Raises :class:`BadWeights` for numbers beyond its range."""
    converted = weight.to(dtype)
    if dtype != torch.float16 or weight.dtype == dtype or is_finite(converted):
        return converted
    if not is_finite(weight):
        return converted  # it is the file's fault
    raise BadWeights(
        "{tensor} of {title} holds numbers of up to {largest:,.0f}, and fp16 ends at 65,504.",
        "A precision that holds them was expected.",
        "Choose bf16 or fp32.",
        tensor=name,
        title=title,
        largest=float(weight.abs().amax()),
    )
