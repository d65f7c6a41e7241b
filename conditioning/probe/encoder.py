"""The one face that every encoder under test shows to the probe, whether it is the host's, a folder's, or a control made to be blind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch


@dataclass(frozen=True, eq=False)
class StreamOutput:
    """What one stream made of one text."""

    tokens: torch.Tensor
    """(token, dim), fp32: the text's own tokens in order, with begin and end marks, without padding unless ``padded``."""
    ids: tuple[int, ...]
    """The ids of ``tokens``, one each; -1 where a row came from an embedding."""
    spans: tuple[tuple[int, int] | None, ...]
    """Characters of the text each row stands for; None for marks and padding."""
    pooled: torch.Tensor | None
    """(dim,), fp32; None where the encoder has no pooled vector."""


@dataclass(frozen=True)
class StreamInfo:
    """What is known of a stream beforehand."""

    name: str
    title: str
    causal: bool
    """A token hears only what stands before it, as in CLIP."""
    window: int | None
    """Tokens of content in one window; None: unlimited."""
    has_pooled: bool
    sequence_used: bool = True
    """Whether this family's generator takes the token vectors (FLUX.1 throws CLIP-L's away)."""
    pooled_used: bool = True


class TextEncoder(Protocol):
    """An encoder under test. Texts are plain: weights, embeddings and LoRA names have been taken out."""

    name: str
    """For people: a file name, a family, a control's name."""
    identity: str
    """A hash of the weights and of everything else that changes the outcome: the key of the calibration's cache."""
    view: str
    """'as the generator gets it' or 'unpadded'."""

    @property
    def streams(self) -> tuple[StreamInfo, ...]: ...

    def encode(self, texts: Sequence[str]) -> list[Mapping[str, StreamOutput]]:
        """Every text under every stream, in as few passes as memory allows; equal texts are encoded once."""
        ...

    def static_embeddings(self, stream: str) -> torch.Tensor | None:
        """(vocabulary, dim): the table that token ids are looked up in, from which the blind controls are made."""
        ...
