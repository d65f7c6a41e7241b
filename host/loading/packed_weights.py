"""Packed weights on their way from a file into a module: those that stay packed, those that are
packed now, and those that are unpacked.
"""

from __future__ import annotations

import torch

from ...conditioning.encoder_files import expected_keys, packing
from ...conditioning.encoder_files.tensor_reader import TensorReader
from ...conditioning.quantization.plan import is_matrix
from ...kernels import unpack

FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)


def kept(
    name: str, stored: torch.Tensor, reader: TensorReader, source: expected_keys.Source, pack: str
) -> dict[str, torch.Tensor] | None:
    """The tensors of a packed layer by their ends; None for a weight that stays plain.

    What the file holds packed stays as it is, whatever is asked; ``pack``: int8 or int4 for plain
    matrices of the blocks, '' for none.
    """
    held = _held(stored, reader, source)
    if held or not pack or stored.dtype not in FLOATS or not is_matrix(name):
        return held
    chosen = packing.layer_format(pack, (stored.shape[0], stored.shape[1]))
    return packing.pack(chosen, stored)


def _held(
    stored: torch.Tensor, reader: TensorReader, source: expected_keys.Source
) -> dict[str, torch.Tensor] | None:
    """As :func:`kept`, of what the file holds packed. fp8 in the older layout gets the note that
    the newer one has.
    """
    base = source.key.removesuffix(".weight")
    if base + packing.NOTE in reader.tensors:
        ends = (".weight_scale", ".weight_zeros", packing.NOTE)
        tables = {
            end: reader.raw(base + end).clone() for end in ends if base + end in reader.tensors
        }
        return {".weight": stored, **tables}
    factor = reader.factor(source.key)
    if factor is None or stored.dtype != torch.float8_e4m3fn:
        return None
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
    wanted = dtype if isinstance(dtype, torch.dtype) and dtype in FLOATS else torch.float16
    held = _held(stored, reader, source)
    if held and stored.dtype == torch.int8:
        said = packing.read_note(held[packing.NOTE])
        return unpack(packing.as_packed(said["format"], held, said["group"]), torch.float32).to(
            wanted
        )
    factor = reader.factor(source.key)
    return (
        stored
        if factor is None
        else (stored.to(torch.float32) * reader.raw(factor).to(torch.float32)).to(wanted)
    )
