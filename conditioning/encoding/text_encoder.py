"""What the probe asks of a text encoder, whoever runs it: ComfyUI, transformers, or a control that
is made to be blind.

    tokens = encoder.tokenize(["a red car"])    # with their characters in the text
    states = encoder.states(tokens)             # a vector for every token, and the pooled one
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import torch

from ..english.cells import Span
from ..errors import EncoderScopeError
from ..finite_weights import is_finite
from ..progress import Progress, no_progress
from ..translation import translatable


class NoNumbers(EncoderScopeError):
    """An encoder answers with NaN or infinity: nothing can be said of it."""


TOKENS_AT_ONCE = 4_096
"""Tokens of one pass, padding included. Passes read every weight, so they should be few; one this
large takes half a gigabyte in T5-XXL at fp32.
"""


@dataclass(frozen=True)
class TextTokens:
    """The tokens of one text as the encoder gets them, windows joined. All tuples are
    equally long.
    """

    ids: tuple[int, ...]
    spans: tuple[Span | None, ...]
    """Characters of the text; None for tokens that are not of it."""
    kinds: tuple[str, ...]
    """text, start, end, pad, template."""
    windows: tuple[int, ...]
    """The window that each token is read in; windows do not see each other."""

    def __len__(self) -> int:
        return len(self.ids)


class States(NamedTuple):
    """What an encoder makes of one text."""

    sequence: torch.Tensor
    """(token, dim), fp32 on the CPU."""
    pooled: torch.Tensor | None
    """(dim,): the first window's."""


@dataclass(frozen=True)
class Architecture:
    """What kind of encoder it is. Its representation enters the keys of saved nulls and reports."""

    kind: str
    """clip, siglip, t5, bert, llm, or other."""
    width: int
    layers: int
    causal: bool
    """A token sees only those before it."""
    pooled: bool = True
    """It gives a pooled vector; one that does not is read by the mean of its tokens."""
    windows: bool = False
    """Long texts are read in windows apart from each other, and the pooled vector is the first
    one's.
    """


class TextEncoder(Protocol):
    """One text encoder. ``tokenize`` must be cheap; ``states`` takes texts of any lengths at once
    and must not depend on their order.
    """

    name: str
    """The host's stream (l, g, t5xxl), or a name of its own."""
    title: str
    architecture: Architecture

    def tokenize(self, texts: Sequence[str]) -> list[TextTokens]:
        """The tokens of each text as the encoder gets them."""

    def states(self, batch: Sequence[TextTokens]) -> list[States]:
        """What the encoder makes of each text, in the given order."""

    def static(self, ids: Sequence[int]) -> torch.Tensor:
        """(id, dim): what these tokens are before any layer."""


@runtime_checkable
class HasWeights(Protocol):
    """An encoder whose stored weights can be looked at: one of them may be damaged."""

    def weights(self) -> Mapping[str, torch.Tensor]:
        """The weights, by their names in the module."""


def weights_of(encoder: TextEncoder) -> Mapping[str, torch.Tensor]:
    """The weights of an encoder; empty for one that does not show them."""
    return encoder.weights() if isinstance(encoder, HasWeights) else {}


@dataclass(frozen=True)
class Answer:
    """An encoder's answer to one text."""

    tokens: TextTokens
    states: States


def encode(
    encoder: TextEncoder, texts: Sequence[str], progress: Progress = no_progress
) -> dict[str, Answer]:
    """Each different text once, in as few passes as ``TOKENS_AT_ONCE`` allows.

    Raises :class:`EncoderScopeError` where an answer holds NaN or infinity: nothing can be judged
    from it.
    """
    unique = list(dict.fromkeys(texts))
    tokenized = encoder.tokenize(unique)
    shortest_first = sorted(range(len(unique)), key=lambda k: len(tokenized[k]))
    total = sum(map(len, tokenized))
    done = 0
    answers: dict[str, Answer] = {}
    progress(0, total)
    for batch in _batches(shortest_first, tokenized):
        states = encoder.states([tokenized[k] for k in batch])
        for k, state in zip(batch, states, strict=True):
            require_finite(encoder, unique[k], state)
            answers[unique[k]] = Answer(tokenized[k], state)
        done += sum(len(tokenized[k]) for k in batch)
        progress(done, total)
    return answers


def require_finite(encoder: TextEncoder, text: str, states: States) -> None:
    """Raise :class:`NoNumbers` where an answer holds NaN or infinity."""
    broken = int((~states.sequence.isfinite().all(dim=-1)).sum())
    pooled = states.pooled is not None and not bool(states.pooled.isfinite().all())
    if not broken and not pooled:
        return
    damaged = next(
        (name for name, weight in weights_of(encoder).items() if not is_finite(weight)), ""
    )
    remedy = translatable(
        "Often fp16 overflows: load this encoder in bf16 or fp32, or take another file of it."
    )
    if damaged:
        remedy = translatable(
            "Its weight {damaged} holds such numbers itself: download the file again, or take "
            "another file of this encoder."
        )
    raise NoNumbers(
        "{encoder} answers “{text}” with values that are not numbers (NaN or infinity), in "
        "{broken} of {total} rows."
        if broken
        else "{encoder} answers “{text}” with values that are not numbers (NaN or infinity), in "
        "the pooled vector.",
        "Finite numbers were expected: nothing can be judged from these, and no picture drawn.",
        remedy,
        damaged=damaged,
        encoder=encoder.title,
        text=text[:80],
        broken=broken,
        total=len(states.sequence),
    )


def _batches(shortest_first: Sequence[int], texts: Sequence[TextTokens]) -> Iterator[list[int]]:
    """Texts of like length together, ``TOKENS_AT_ONCE`` tokens with their padding at most."""
    batch: list[int] = []
    for k in shortest_first:
        if batch and (len(batch) + 1) * len(texts[k]) > TOKENS_AT_ONCE:
            yield batch
            batch = []
        batch.append(k)
    if batch:
        yield batch
