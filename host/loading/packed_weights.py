"""Packed weights on their way from a file into a module: those that stay packed, those that are
packed now, and those that are unpacked.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from ...conditioning.encoder_files import expected_keys, packing
from ...conditioning.encoder_files.tensor_reader import TensorReader
from ...conditioning.quantization.plan import is_matrix
from ...kernels import Packed, unpack

FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)


def packed_tensors(
    name: str, stored: torch.Tensor, reader: TensorReader, source: expected_keys.Source, pack: str
) -> dict[str, torch.Tensor] | None:
    """The tensors of a packed layer by their ends; None for a weight that stays plain.

    What the file holds packed stays as it is, whatever is asked; ``pack``: int8 or int4 for plain
    matrices of the blocks, '' for none.
    """
    as_stored = _packed_in_file(stored, reader, source)
    if as_stored or not pack or stored.dtype not in FLOATS or not is_matrix(name):
        return as_stored
    format = packing.layer_format(pack, (stored.shape[0], stored.shape[1]))
    return packing.pack(format, stored)


def _packed_in_file(
    stored: torch.Tensor, reader: TensorReader, source: expected_keys.Source
) -> dict[str, torch.Tensor] | None:
    """As :func:`packed_tensors`, of what the file holds packed. fp8 in the older layout gets the
    note that the newer one has.
    """
    base = source.key.removesuffix(".weight")
    if base + packing.NOTE in reader.tensors:
        ends = [end for end in packing.TABLES if base + end in reader.tensors]
        return {".weight": stored, **{end: reader.raw(base + end).clone() for end in ends}}
    factor = reader.factor(source.key)
    if factor is None or stored.dtype != torch.float8_e4m3fn:
        return None
    if reader.tensors[factor].elements != 1:
        return None  # of each row: the kernels know one of the matrix
    return {
        ".weight": stored,
        ".weight_scale": reader.raw(factor).float().clone(),
        packing.NOTE: packing.note("fp8"),
    }


def unpacked(
    stored: torch.Tensor, reader: TensorReader, source: expected_keys.Source, dtype: object
) -> torch.Tensor:
    """The numbers of a packed weight, in fp16 where ``dtype`` is no float; any other tensor as it
    is.
    """
    target = torch.float16
    if isinstance(dtype, torch.dtype) and dtype in FLOATS:
        target = dtype
    layer = _packed_in_file(stored, reader, source)
    if layer and stored.dtype == torch.int8:
        return unpack(packed_layer(layer), torch.float32).to(target)
    factor = reader.factor(source.key)
    if factor is None:
        return stored
    return (stored.to(torch.float32) * reader.raw(factor).to(torch.float32)).to(target)


def packed_layer(tensors: Mapping[str, torch.Tensor]) -> Packed:
    """A packed layer for the kernels, from its tensors by their ends, the note among them."""
    note = packing.read_note(tensors[packing.NOTE])
    return packing.as_packed(note["format"], tensors, note["group"])
