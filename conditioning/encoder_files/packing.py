"""Packed weights as files hold them: which tensors stand for one matrix, how it gets there, and
back to `kernels.Packed`.

Three formats, each in a layout that ComfyUI knows (docs/quantising.md): `int8` (one scale for each
row) and `int4` (a scale and a zero for each group of columns) in the layout of its mixed precision,
where a small JSON beside each layer names the format; `fp8` (one scale for a matrix) in the older
one, which ComfyUI 0.3.75 reads too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import torch

from ... import kernels
from ..errors import EncoderScopeError
from .formats.packing_notes import COMFY as COMFY
from .formats.packing_notes import GROUPS as GROUPS
from .formats.packing_notes import NOTE as NOTE
from .formats.packing_notes import UnknownPacking as UnknownPacking
from .formats.packing_notes import parse_note

FORMATS = ("int8", "fp8", "int4")
TABLES = (".weight_scale", ".weight_zeros", NOTE)
"""What stands beside a packed weight in the layout of ComfyUI's mixed precision."""
MARK = "scaled_fp8"
"""A tensor without numbers by which ComfyUI knows the older layout."""
_FP8_LARGEST = 448.0
_AT_ONCE = 1 << 18
"""Values that are packed between two looks at the matrix: a megabyte of fp32."""
_LEAST = 1e-30  # in place of a step of 0, where all numbers are 0


class TensorSpec(NamedTuple):
    """One tensor that stands for a layer in a file, or for a part of it."""

    suffix: str
    """What follows the layer's name."""
    dtype: torch.dtype
    shape: tuple[int, ...]

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * int(self.dtype.itemsize)


def group_size(columns: int) -> int:
    """How many columns share a scale in int4; 0 where no group size divides the columns."""
    return next((group for group in GROUPS if columns % group == 0), 0)


def layer_format(name: str, shape: tuple[int, ...]) -> str:
    """What a matrix is packed as: int8 instead of int4 where its columns make no groups."""
    if name == "int4" and not group_size(shape[1]):
        return "int8"
    return name


def tensor_specs(name: str, shape: tuple[int, ...]) -> tuple[TensorSpec, ...]:
    """The tensors of one (rows, columns) matrix in a format, before any number is known."""
    rows, columns = shape
    if name == "fp8":
        return (
            TensorSpec(".weight", torch.float8_e4m3fn, shape),
            TensorSpec(".scale_weight", torch.float32, ()),
        )
    note_spec = TensorSpec(NOTE, torch.uint8, tuple(note(name, columns).shape))
    if name == "int8":
        return (
            TensorSpec(".weight", torch.int8, shape),
            TensorSpec(".weight_scale", torch.float32, (rows, 1)),
            note_spec,
        )
    groups = (columns // group_size(columns), rows)
    return (
        TensorSpec(".weight", torch.int8, (rows, columns // 2)),
        TensorSpec(".weight_scale", torch.float16, groups),
        TensorSpec(".weight_zeros", torch.float16, groups),
        note_spec,
    )


def pack(name: str, weight: torch.Tensor) -> dict[str, torch.Tensor]:
    """The tensors of :func:`tensor_specs`, by their suffixes. ``weight``: (rows, columns), any
    float, finite. Raises :class:`EncoderScopeError` for numbers that int4 cannot hold.
    """
    return {"fp8": _pack_fp8, "int8": _pack_int8, "int4": _pack_int4}[name](weight)


def _pack_fp8(weight: torch.Tensor) -> dict[str, torch.Tensor]:
    least, largest = torch.aminmax(weight)
    scale = (torch.maximum(-least, largest).float() / _FP8_LARGEST).clamp_min(_LEAST)
    blocks = [(weight[rows].float() / scale).to(torch.float8_e4m3fn) for rows in _blocks(weight)]
    return {".weight": torch.cat(blocks), ".scale_weight": scale}


def _pack_int8(weight: torch.Tensor) -> dict[str, torch.Tensor]:
    blocks = [kernels.pack_int8(weight[rows]) for rows in _blocks(weight)]
    scales = torch.cat([block.scale for block in blocks if block.scale is not None])
    return {
        ".weight": torch.cat([block.data for block in blocks]).view(torch.int8),
        ".weight_scale": scales.reshape(-1, 1),
        NOTE: note("int8"),
    }


def _pack_int4(weight: torch.Tensor) -> dict[str, torch.Tensor]:
    columns = weight.shape[1]
    blocks = [_int4(weight[rows], group_size(columns)) for rows in _blocks(weight)]
    scales = torch.cat([block.scale for block in blocks if block.scale is not None])
    zeros = torch.cat([block.zero for block in blocks if block.zero is not None])
    return {
        ".weight": torch.cat([block.data for block in blocks]).view(torch.int8),
        ".weight_scale": scales.T.contiguous(),
        ".weight_zeros": zeros.T.contiguous(),
        NOTE: note("int4", columns),
    }


def _int4(weight: torch.Tensor, group: int) -> kernels.Packed:
    try:
        return kernels.pack_int4(weight, group)
    except ValueError as error:
        raise EncoderScopeError(
            "A matrix does not fit into int4: its numbers are larger than fp16 can hold.",
            "Weights that fp16 can hold were expected.",
            "Use int8 or fp8 for this encoder.",
        ) from error


def _blocks(weight: torch.Tensor) -> Iterator[slice]:
    """Its rows, a few at a time: what is computed on the way stays small beside the matrix."""
    step = max(1, _AT_ONCE // weight.shape[1])
    return (
        slice(start, min(start + step, weight.shape[0]))
        for start in range(0, weight.shape[0], step)
    )


def note(name: str, columns: int = 0) -> torch.Tensor:
    """ComfyUI's JSON as bytes (uint8), filled up with blanks to full words so that what follows
    stays aligned.
    """
    settings: dict[str, Any] = {"format": COMFY[name]}
    if name == "int4":
        settings["group_size"] = group_size(columns)
    text = json.dumps(settings)
    return torch.tensor(list(text.ljust(-(-len(text) // 8) * 8).encode()), dtype=torch.uint8)


def read_note(stored: torch.Tensor) -> dict[str, Any]:
    """As :func:`parse_note`, of a tensor. Raises :class:`UnknownPacking`."""
    return parse_note(stored.cpu().numpy().tobytes())


def unpacked_shape(stored_note: torch.Tensor, weight: torch.Tensor) -> tuple[int, ...]:
    """(rows, columns) of the matrix that a packed weight with this note stands for. Raises
    :class:`UnknownPacking`.
    """
    rows, columns = weight.shape
    if read_note(stored_note)["format"] == "int4":
        columns *= 2
    return rows, columns


def as_packed(
    name: str, tensors: Mapping[str, torch.Tensor], group: int = GROUPS[0]
) -> kernels.Packed:
    """What :func:`pack` made, for the kernels; ``tensors`` by their suffixes, wherever they lie."""
    if name == "fp8":
        scale = tensors[".scale_weight"] if ".scale_weight" in tensors else tensors[".weight_scale"]
        return kernels.Packed("fp8_e4m3", tensors[".weight"], scale.float().reshape(()))
    scale = tensors[".weight_scale"]
    if name == "int8":
        scale = scale.float().reshape(-1)
        if scale.numel() == 1:  # of the matrix
            scale = scale.reshape(())
        return kernels.Packed("int8_rows", tensors[".weight"], scale)
    return kernels.Packed(
        "int4_groups",
        tensors[".weight"].view(torch.uint8),
        scale.T,
        tensors[".weight_zeros"].T,
        group,
    )


class Deviation(NamedTuple):
    """How far packed numbers are from those they stand for."""

    half_steps: float
    """The largest distance, in half steps of the format: much above 1 is damage."""
    squared_error: float
    """The squares of the distances, summed."""
    squared_norm: float
    """The squares of the numbers, summed."""

    @property
    def relative(self) -> float:
        """The root mean square of the distances by that of the numbers."""
        return float((self.squared_error / max(self.squared_norm, 1e-30)) ** 0.5)


def deviation(weight: torch.Tensor, packed: kernels.Packed) -> Deviation:
    """How far ``packed`` is from the ``weight`` (rows, columns) it stands for."""
    half_steps = squared_error = squared_norm = 0.0
    for rows in _blocks(weight):
        exact = weight[rows].float()
        unpacked = torch.empty_like(exact)
        factor = kernels.decode_rows(packed, rows.start, rows.stop, unpacked)
        if factor is not None:
            unpacked.mul_(factor[:, None])
        error = unpacked.sub_(exact)
        squared_error += float(error.norm()) ** 2
        squared_norm += float(exact.norm()) ** 2
        in_half_steps = error.abs_().div_(_half_step(exact, packed, rows).clamp_min(_LEAST))
        half_steps = max(half_steps, float(in_half_steps.max()))
    return Deviation(half_steps, squared_error, squared_norm)


def _half_step(exact: torch.Tensor, packed: kernels.Packed, rows: slice) -> torch.Tensor:
    """Half of the distance between neighbours among the packed numbers, there where
    ``exact`` lies.
    """
    assert packed.scale is not None
    if packed.layout == "fp8_e4m3":
        # three bits behind the point; below 2^-6 of the scale all steps are alike
        return (exact.abs() * 2.0**-4).clamp_min_(float(packed.scale) * 2.0**-10)
    if packed.layout == "int8_rows":
        return (packed.scale[rows] / 2)[:, None]
    return (packed.scale[rows].float() / 2).repeat_interleave(packed.group or 1, dim=1)


def repack(weight: torch.Tensor, like: kernels.Packed, seed: int) -> torch.Tensor:
    """Another weight (out, in) by the scales of ``like``: its ``data``, rounded up or down at
    random so that small changes are not lost.
    """
    assert like.scale is not None
    noise = torch.rand(
        weight.shape,
        generator=torch.Generator(weight.device).manual_seed(seed),
        device=weight.device,
    )
    if like.layout == "int4_groups":
        assert like.zero is not None
        group = like.group or 1
        scale = like.scale.float().repeat_interleave(group, dim=1)
        zero = like.zero.float().repeat_interleave(group, dim=1)
        steps = ((weight.float() - zero) / scale + noise).floor()
        nibbles = steps.add(8).clamp(0, 15).to(torch.uint8)
        return nibbles[:, 0::2] | nibbles[:, 1::2] << 4
    steps = weight.float() / like.scale.float().clamp_min(_LEAST).reshape(-1, 1)
    if like.layout == "fp8_e4m3":
        return steps.clamp(-_FP8_LARGEST, _FP8_LARGEST).to(like.data.dtype)
    return (steps + noise).floor().clamp(-127, 127).to(torch.int8)
