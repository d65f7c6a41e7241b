"""Packed weights as files hold them: which tensors stand for one matrix, how it gets there, and back to `kernels.Packed`.

Three formats, each in a layout that ComfyUI knows (docs/quantising.md): `int8` (one scale for each row) and `int4` (a scale and a zero for
each group of columns) in the layout of its mixed precision, where a small JSON beside each layer names the format; `fp8` (one scale for a
matrix) in the older one, which ComfyUI 0.3.75 reads too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from ... import kernels
from ..errors import EncoderScopeError

FORMATS = ("int8", "fp8", "int4")
GROUPS = (64, 32)
"""Columns that share a scale and a zero in int4: the first of these that divides a matrix's columns. 64 is ComfyUI's own."""
NOTE = ".comfy_quant"
MARK = "scaled_fp8"
"""A tensor without numbers by which ComfyUI knows the older layout."""
COMFY = {"int8": "int8_tensorwise", "int4": "awq_w4a16", "fp8": "float8_e4m3fn"}
"""ComfyUI's names of the formats, in the JSON beside each layer."""
_NAMES = {theirs: ours for ours, theirs in COMFY.items()}
_FP8_LARGEST = 448.0
_LEAST = 1e-30  # in place of a step of 0, where all numbers are 0


class Stored(NamedTuple):
    """One tensor of a file; ``end`` follows the layer's name."""

    end: str
    dtype: torch.dtype
    shape: tuple[int, ...]

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


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
        return Stored(".weight", torch.float8_e4m3fn, shape), Stored(".scale_weight", torch.float32, ())
    note = Stored(NOTE, torch.uint8, tuple(_note(name, columns).shape))
    if name == "int8":
        return Stored(".weight", torch.int8, shape), Stored(".weight_scale", torch.float32, (rows, 1)), note
    groups = (columns // group_of(columns), rows)
    table = [Stored(end, torch.float16, groups) for end in (".weight_scale", ".weight_zeros")]
    return Stored(".weight", torch.int8, (rows, columns // 2)), *table, note


def pack(name: str, weight: torch.Tensor) -> dict[str, torch.Tensor]:
    """The tensors of :func:`stored`, by their ends. ``weight``: (rows, columns), any float."""
    if name == "fp8":
        scale = (weight.abs().amax().float() / _FP8_LARGEST).clamp_min(_LEAST)
        return {".weight": (weight.float() / scale).to(torch.float8_e4m3fn), ".scale_weight": scale}
    columns = weight.shape[1]
    if name == "int8":
        done = kernels.pack_int8(weight)
        assert done.scale is not None
        return {".weight": done.data, ".weight_scale": done.scale.reshape(-1, 1), NOTE: _note(name, columns)}
    done = kernels.pack_int4(weight, group_of(columns))
    assert done.scale is not None and done.zero is not None
    return {
        ".weight": done.data.view(torch.int8),
        ".weight_scale": done.scale.T.contiguous(),
        ".weight_zeros": done.zero.T.contiguous(),
        NOTE: _note(name, columns),
    }


def _note(name: str, columns: int) -> torch.Tensor:
    """ComfyUI's JSON as bytes, filled up with blanks to whole words so that what follows stays aligned."""
    said: dict[str, Any] = {"format": COMFY[name]}
    if name == "int4":
        said["group_size"] = group_of(columns)
    text = json.dumps(said)
    return torch.tensor(list(text.ljust(-(-len(text) // 8) * 8).encode()), dtype=torch.uint8)


def read_note(note: torch.Tensor) -> dict[str, Any]:
    """What the JSON beside a layer says, checked: `format` is ours (int8, int4, fp8), `group` a number. Raises :class:`UnknownPacking`."""
    try:
        said = json.loads(bytes(note.cpu().numpy().tobytes()))
        theirs, group = said["format"], said.get("group_size", GROUPS[0])
        turned = said.get("convrot") or (said.get("params") or {}).get("convrot")
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        theirs, group, turned = "a note that cannot be read", 0, False
    if theirs not in _NAMES or turned or type(group) is not int or group < 2:
        raise UnknownPacking(
            f"A layer is packed as {str(theirs)[:40]}{', turned (convrot)' if turned else ''}.",
            f"One of {', '.join(_NAMES)} was expected, not turned.",
            "Load this file with ComfyUI's own loader, or take an unquantised version and quantise it with EncoderScope.",
        )
    return {"format": _NAMES[theirs], "group": group}


def packed(name: str, tensors: Mapping[str, torch.Tensor], group: int = GROUPS[0]) -> kernels.Packed:
    """What :func:`pack` made, for the kernels; ``tensors`` by their ends, wherever they lie."""
    if name == "fp8":
        scale = tensors[".scale_weight"] if ".scale_weight" in tensors else tensors[".weight_scale"]
        return kernels.Packed("fp8_e4m3", tensors[".weight"], scale.float().reshape(()))
    scale = tensors[".weight_scale"].float()
    if name == "int8":
        return kernels.Packed("int8_rows", tensors[".weight"], scale.reshape(-1) if scale.numel() > 1 else scale.reshape(()))
    return kernels.Packed("int4_groups", tensors[".weight"].view(torch.uint8), scale.T, tensors[".weight_zeros"].T, group)


def steps_off(name: str, weight: torch.Tensor, done: kernels.Packed) -> float:
    """The largest distance of a number from its packed one, in half steps of its format: much above 1 is damage."""
    assert done.scale is not None
    exact = weight.float()
    off = (exact - kernels.unpack(done, torch.float32)).abs_()
    if name == "fp8":  # three bits behind the point; below 2^-6 of the scale all steps are alike
        half = (exact.abs() * 2.0**-4).clamp_min_(float(done.scale) * 2.0**-10)
    elif name == "int8":
        half = (done.scale / 2).reshape(-1, 1)
    else:
        half = (done.scale / 2).repeat_interleave(done.group or 1, dim=1)
    return float((off / half.clamp_min(_LEAST)).max())
