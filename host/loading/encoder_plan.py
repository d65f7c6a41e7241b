"""The plan of a CLIP: what is decided about each of its encoders before anything is built.

Every decision that follows from a file, its role and the chosen precision is made here, once. The
steps that come after (build, fill, report) only read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import comfy.ops
import torch

from ...conditioning.encoder_files.description import Description
from ...conditioning.encoder_files.soundness import BadWeights as BadWeights
from ...conditioning.encoder_files.soundness import Soundness, examine
from ...conditioning.encoder_files.tensor_reader import DTYPES, TensorReader
from ...conditioning.encoder_files.vocabularies import place, stored
from ...conditioning.encoder_files.vocabularies.stored import StoredVocabulary
from ...conditioning.errors import UnknownName
from ...conditioning.families.table import FAMILIES
from ..folders import EncoderFile
from . import picker, single_encoder
from .packed_weights import FLOATS

AS_STORED = "as stored"
Precision: TypeAlias = "torch.dtype | str | None"
PRECISIONS: dict[str, Precision] = {
    AS_STORED: None,
    "fp32": torch.float32,
    "fp16": torch.float16,
    "bf16": torch.bfloat16,
    "fp8": torch.float8_e4m3fn,
    "int8": "int8",
    "int4": "int4",
}
"""What to convert to. int8 and int4 are packed while loading, and stay so (packed_linear.py)."""
HOST_SCALES = hasattr(comfy.ops, "scaled_fp8_ops")
"""This host has linears that multiply fp8 weights by factors beside them, as ComfyUI had until 0.4.
"""
_LAST_NORMS = ("final_layer_norm.weight", "ln_final.weight", "output_norm.weight")


@dataclass(frozen=True)
class EncoderPlan:
    """How one encoder is to be loaded."""

    role: str
    """What it is in its family; 'alone' outside of one."""
    attribute: str
    """Its name in the host's model."""
    file: EncoderFile
    reader: TensorReader
    dtype: Precision
    """To convert to; `None`: as stored."""
    host_dtype: torch.dtype
    """What the host would call this encoder's dtype."""
    packed: bool
    """The linears of this CLIP take packed weights as they are (packed_linear.py)."""
    host_scales: torch.dtype | None
    """Of fp8 weights that stay as they are while the host's linears multiply them by their factors;
    `None`: weights are unpacked.
    """
    needs_projection: bool
    """The image model reads the pooled vector through the encoder's projection: it cannot be
    missing.
    """
    soundness: Soundness
    """Where each tensor stands in the file, and which keys of it do not matter."""
    vocabulary: StoredVocabulary | None
    """One that comes with the file; `None`: the host ships it."""

    @property
    def description(self) -> Description:
        """What its file holds."""
        return self.file.description

    @property
    def elements(self) -> int:
        """How many numbers its file holds."""
        return sum(tensor.elements for tensor in self.reader.tensors.values())

    @property
    def pack(self) -> str:
        """int8 or int4 where plain weights are to be packed, else ''."""
        if isinstance(self.dtype, str):
            return self.dtype
        return ""


@dataclass(frozen=True)
class ClipPlan:
    """How the encoders of one CLIP are to be loaded together."""

    family: str
    encoders: tuple[EncoderPlan, ...]
    packed: bool
    """Layers of an encoder keep packed weights, which the host's own linears do not know."""

    @property
    def single(self) -> bool:
        """One encoder alone, outside of any family."""
        return self.family == picker.ALONE


def precision(name: str) -> Precision:
    """What to convert to; `None`: nothing. Raises :class:`UnknownName`."""
    if name not in PRECISIONS:
        raise UnknownName("precision", name, [*PRECISIONS])
    return PRECISIONS[name]


def plan_clip(
    files: Sequence[EncoderFile], family: str, roles: Mapping[str, int], dtype: Precision
) -> ClipPlan:
    """The plan for a family; ``roles``: which file plays each of them, as :func:`picker.choose`
    gives both.

    Raises :class:`BadWeights` and :class:`place.MissingTokenizer`.
    """
    by_role = {role: files[number] for role, number in roles.items()}
    packed = any(_stays_packed(file.description, dtype) for file in by_role.values())
    encoders = [_plan_encoder(file, role, family, dtype, packed) for role, file in by_role.items()]
    return ClipPlan(family, tuple(encoders), packed)


def _plan_encoder(
    file: EncoderFile, role: str, family: str, dtype: Precision, packed: bool
) -> EncoderPlan:
    description = file.description
    reader = TensorReader(file.checkpoint, description)
    if family == picker.ALONE:
        attribute = single_encoder.STREAMS[description.architecture]
        needs_projection = False
    else:
        [stream] = [
            stream
            for stream in FAMILIES[family].streams
            if stream.role is not None and stream.role.name == role
        ]
        attribute, needs_projection = stream.encoder, stream.projected
    soundness = examine(description, reader.encoder, needs_projection)
    if soundness.fault:
        raise soundness.fault
    vocabulary = None
    if place.needs_own(description):
        vocabulary = stored.find(description, file.checkpoint)
    return EncoderPlan(
        role=role,
        attribute=attribute,
        file=file,
        reader=reader,
        dtype=dtype,
        host_dtype=_host_dtype(reader, dtype),
        packed=packed,
        host_scales=_host_scales(description, family, dtype),
        needs_projection=needs_projection,
        soundness=soundness,
        vocabulary=vocabulary,
    )


def _stays_packed(description: Description, dtype: Precision) -> bool:
    """Layers of this encoder keep packed weights, which the host's own linears do not know."""
    if isinstance(dtype, str):
        return True
    if dtype is None and description.quantisation.packing:
        return True
    if HOST_SCALES or dtype in FLOATS:
        return False
    return _scaled_dtype(description) == torch.float8_e4m3fn


def _scaled_dtype(description: Description) -> torch.dtype | None:
    """The dtype of a file whose weights the host multiplies by factors of their own (its older way,
    `scale_weight`).
    """
    quantisation = description.quantisation
    if quantisation.format != "fp8_scaled" or quantisation.scales != "scale_weight":
        return None
    first = next(iter(quantisation.types), "F8_E4M3")
    return DTYPES.get(first, torch.float8_e4m3fn)


def _host_scales(description: Description, family: str, dtype: Precision) -> torch.dtype | None:
    """A host with multiplying linears has them for a T5 in every family; for CLIP they would reach
    its neighbours, too.
    """
    if not HOST_SCALES or dtype in FLOATS:
        return None
    if description.architecture == "t5" or family == picker.ALONE:
        return _scaled_dtype(description)
    return None


def _host_dtype(reader: TensorReader, dtype: Precision) -> torch.dtype:
    """What the host would call this encoder's dtype: that of its last norm."""
    if isinstance(dtype, torch.dtype) and dtype in FLOATS:
        return dtype
    for key in reader.tensors:
        if key.endswith(_LAST_NORMS):
            return reader.dtype(key)
    return torch.float16
