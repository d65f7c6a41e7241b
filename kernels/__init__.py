"""Tensor programs of the encoders: they know tensors and nothing else.

Each op is a folder: `reference.py` says what is computed, beside it stand the fast ways, and
`dispatch.py` takes one and says why not the others. See docs/kernels.md.
"""

from .attention import Bias, t5_attention
from .dispatch import Choice, force, recording
from .gelu import gated_gelu
from .norm import add_rms_norm
from .weights import Packed, decode_rows, pack_int4, pack_int8, unpack

__all__ = [
    "Bias",
    "Choice",
    "Packed",
    "add_rms_norm",
    "decode_rows",
    "force",
    "gated_gelu",
    "pack_int4",
    "pack_int8",
    "recording",
    "t5_attention",
    "unpack",
]
