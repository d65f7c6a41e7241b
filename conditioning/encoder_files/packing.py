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

FORMATS = ("int8", "fp8", "int4")
GROUPS = (64, 32)
"""Columns that share a scale and a zero in int4: the first of these that divides a matrix's
columns. 64 is ComfyUI's own.
"""
NOTE = ".comfy_quant"
TABLES = (".weight_scale", ".weight_zeros", NOTE)
"""What stands beside a packed weight in the layout of ComfyUI's mixed precision."""
MARK = "scaled_fp8"
"""A tensor without numbers by which ComfyUI knows the older layout."""
COMFY = {"int8": "int8_tensorwise", "int4": "awq_w4a16", "fp8": "float8_e4m3fn"}
"""ComfyUI's names of the formats, in the JSON beside each layer."""
_NAMES = {theirs: ours for ours, theirs in COMFY.items()}
_FP8_LARGEST = 448.0
_AT_ONCE = 1 << 18
"""Values that are packed between two looks at the matrix: a megabyte of fp32."""
_LEAST = 1e-30  # in place of a step of 0, where all numbers are 0


class Stored(NamedTuple):
    """One tensor of a file; ``end`` follows the layer's name."""

    end: str
    dtype: torch.dtype
    shape: tuple[int, ...]

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * int(self.dtype.itemsize)


class UnknownPacking(EncoderScopeError):
    """A layer packed in a way that EncoderScope does not read."""


def group_of(columns: int) -> int:
    """0 where no group size divides the columns."""
    return next((group for group in GROUPS if columns % group == 0), 0)


def layer_format(name: str, shape: tuple[int, ...]) -> str:
    """What a matrix is packed as: int8 instead of int4 where its columns make no groups."""
    return "int8" if name == "int4" and not group_of(shape[1]) else name


def stored(name: str, shape: tuple[int, ...]) -> tuple[Stored, ...]:
    """The tensors of one (rows, columns) matrix in a format, before any number is known."""
    rows, columns = shape
    if name == "fp8":
        return Stored(".weight", torch.float8_e4m3fn, shape), Stored(
            ".scale_weight", torch.float32, ()
        )
    told = Stored(NOTE, torch.uint8, tuple(note(name, columns).shape))
    if name == "int8":
        return (
            Stored(".weight", torch.int8, shape),
            Stored(".weight_scale", torch.float32, (rows, 1)),
            told,
        )
    groups = (columns // group_of(columns), rows)
    table = [Stored(end, torch.float16, groups) for end in (".weight_scale", ".weight_zeros")]
    return Stored(".weight", torch.int8, (rows, columns // 2)), *table, told


def pack(name: str, weight: torch.Tensor) -> dict[str, torch.Tensor]:
    """The tensors of :func:`stored`, by their ends. ``weight``: (rows, columns), any
    float, finite.
    """
    if name == "fp8":
        least, largest = torch.aminmax(weight)
        scale = (torch.maximum(-least, largest).float() / _FP8_LARGEST).clamp_min(_LEAST)
        parts = [(weight[rows].float() / scale).to(torch.float8_e4m3fn) for rows in _blocks(weight)]
        return {".weight": torch.cat(parts), ".scale_weight": scale}
    columns = weight.shape[1]
    done = [
        kernels.pack_int8(weight[rows])
        if name == "int8"
        else _int4(weight[rows], group_of(columns))
        for rows in _blocks(weight)
    ]
    data = torch.cat([each.data for each in done]).view(torch.int8)
    scales = torch.cat([each.scale for each in done if each.scale is not None])
    if name == "int8":
        return {".weight": data, ".weight_scale": scales.reshape(-1, 1), NOTE: note(name, columns)}
    zeros = torch.cat([each.zero for each in done if each.zero is not None])
    tables = {".weight_scale": scales.T.contiguous(), ".weight_zeros": zeros.T.contiguous()}
    return {".weight": data, **tables, NOTE: note(name, columns)}


def _int4(weight: torch.Tensor, group: int) -> kernels.Packed:
    try:
        return kernels.pack_int4(weight, group)
    except ValueError as error:
        raise EncoderScopeError(
            f"A matrix does not fit into int4: {error}",
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
    """ComfyUI's JSON as bytes, filled up with blanks to whole words so that what follows stays
    aligned.
    """
    said: dict[str, Any] = {"format": COMFY[name]}
    if name == "int4":
        said["group_size"] = group_of(columns)
    text = json.dumps(said)
    return torch.tensor(list(text.ljust(-(-len(text) // 8) * 8).encode()), dtype=torch.uint8)


def read_note(told: torch.Tensor) -> dict[str, Any]:
    """What the JSON beside a layer says, checked: `format` is ours (int8, int4, fp8), `group` a
    number. Raises :class:`UnknownPacking`.
    """
    try:
        said = json.loads(bytes(told.cpu().numpy().tobytes()))
        theirs, group = said["format"], said.get("group_size", GROUPS[0])
        turned = said.get("convrot") or (said.get("params") or {}).get("convrot")
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        theirs, group, turned = "a note that cannot be read", 0, False
    if theirs not in _NAMES or turned or type(group) is not int or group < 2:
        raise UnknownPacking(
            f"A layer is packed as {str(theirs)[:40]}{', turned (convrot)' if turned else ''}.",
            f"One of {', '.join(_NAMES)} was expected, not turned.",
            (
                "Load this file with ComfyUI's own loader, or take an unquantised version "
                "and quantise it with EncoderScope."
            ),
        )
    return {"format": _NAMES[theirs], "group": group}


def shape(told: torch.Tensor, weight: torch.Tensor) -> tuple[int, ...]:
    """(rows, columns) of the matrix that a packed weight with this note stands for."""
    rows, columns = weight.shape
    return rows, columns * 2 if read_note(told)["format"] == "int4" else columns


def packed(
    name: str, tensors: Mapping[str, torch.Tensor], group: int = GROUPS[0]
) -> kernels.Packed:
    """What :func:`pack` made, for the kernels; ``tensors`` by their ends, wherever they lie."""
    if name == "fp8":
        scale = tensors[".scale_weight"] if ".scale_weight" in tensors else tensors[".weight_scale"]
        return kernels.Packed("fp8_e4m3", tensors[".weight"], scale.float().reshape(()))
    scale = tensors[".weight_scale"]
    if name == "int8":
        return kernels.Packed(
            "int8_rows", tensors[".weight"], scale.float().reshape(-1 if scale.numel() > 1 else ())
        )
    return kernels.Packed(
        "int4_groups",
        tensors[".weight"].view(torch.uint8),
        scale.T,
        tensors[".weight_zeros"].T,
        group,
    )


class Off(NamedTuple):
    """How far packed numbers are from those they stand for."""

    steps: float
    """The largest distance, in half steps of the format: much above 1 is damage."""
    squares: float
    """Of the distances, summed."""
    size: float
    """Of the numbers, squared and summed."""


def off(weight: torch.Tensor, done: kernels.Packed) -> Off:
    steps, squares, size = 0.0, 0.0, 0.0
    for rows in _blocks(weight):
        exact = weight[rows].float()
        found = torch.empty_like(exact)
        factor = kernels.decode_rows(done, rows.start, rows.stop, found)
        if factor is not None:
            found.mul_(factor[:, None])
        far = found.sub_(exact)
        squares, size = squares + float(far.norm()) ** 2, size + float(exact.norm()) ** 2
        steps = max(
            steps, float(far.abs_().div_(_half_steps(exact, done, rows).clamp_min(_LEAST)).max())
        )
    return Off(steps, squares, size)


def _half_steps(exact: torch.Tensor, done: kernels.Packed, rows: slice) -> torch.Tensor:
    """Half of the distance between neighbours among the packed numbers, there where
    ``exact`` lies.
    """
    assert done.scale is not None
    if (
        done.layout == "fp8_e4m3"
    ):  # three bits behind the point; below 2^-6 of the scale all steps are alike
        return (exact.abs() * 2.0**-4).clamp_min_(float(done.scale) * 2.0**-10)
    if done.layout == "int8_rows":
        return (done.scale[rows] / 2)[:, None]
    return (done.scale[rows].float() / 2).repeat_interleave(done.group or 1, dim=1)


def again(weight: torch.Tensor, held: kernels.Packed, seed: int) -> torch.Tensor:
    """Another weight (out, in) by the scales of ``held``: its ``data``, rounded up or down at
    random so that small changes are not lost.
    """
    assert held.scale is not None
    drawn = torch.rand(
        weight.shape,
        generator=torch.Generator(weight.device).manual_seed(seed),
        device=weight.device,
    )
    if held.layout == "int4_groups":
        scale, zero = (
            table.float().repeat_interleave(held.group or 1, dim=1)
            for table in (held.scale, held.zero)
            if table is not None
        )
        nibbles = (
            ((weight.float() - zero) / scale + drawn).floor().add(8).clamp(0, 15).to(torch.uint8)
        )
        return nibbles[:, 0::2] | nibbles[:, 1::2] << 4
    steps = weight.float() / held.scale.float().clamp_min(_LEAST).reshape(-1, 1)
    if held.layout == "fp8_e4m3":
        return steps.clamp(-_FP8_LARGEST, _FP8_LARGEST).to(held.data.dtype)
    return (steps + drawn).floor().clamp(-127, 127).to(torch.int8)
