"""What nulls are kept under: hashes of all that they depend on. The encoder's layers are never run,
so they do not count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from ...encoding.text_encoder import TextEncoder
from ..designs import Design
from ..untrained_encoders import untrained_architecture


class Keys(NamedTuple):
    """Keys of one kind of designs. *Here*: with this torch, whose random numbers and kernels may
    differ from another one's; *anywhere*: the same for every torch and every machine.
    """

    here: str
    """Of all controls: the suite's tokens, their static vectors, the architecture, the rules."""
    anywhere: str
    untrained_here: str
    """Of the untrained encoders alone: neither static vectors nor the width count."""
    untrained_anywhere: str


def keys_of(encoder: TextEncoder, rules: Sequence[Any], designs: Sequence[Design]) -> Keys:
    """``rules``: whatever else the nulls depend on, by its representation.

    That of :class:`Architecture` is part of all keys: whoever renames that class or a field of it
    makes every saved file anew.
    """
    tokenized = encoder.tokenize([text for each in designs for text in each.texts()])
    ids = sorted({token for text in tokenized for token in text.ids})
    tokens = repr([(text.ids, text.kinds) for text in tokenized]).encode()
    static = encoder.static(ids).float().contiguous()
    rounded = (static.double() * 1e4).round().to(torch.int32)
    untrained = (*rules, "untrained", untrained_architecture(encoder.architecture))
    return Keys(
        here=_digest(_here(rules, encoder.architecture), tokens, static.numpy().tobytes()),
        anywhere=_digest(_text(*rules, encoder.architecture), tokens, rounded.numpy().tobytes()),
        untrained_here=_digest(_here(untrained[:-1], untrained[-1]), tokens),
        untrained_anywhere=_digest(_text(*untrained), tokens),
    )


def _here(rules: Sequence[Any], architecture: Any) -> bytes:
    return _text(*rules, torch.__version__, architecture)


def _text(*parts: Any) -> bytes:
    return repr(parts).encode()


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()[:24]
