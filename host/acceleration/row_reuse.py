"""The host's encoder (T5 or CLIP) with rows that need no work left out; everything else
is its own.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable
from functools import cache
from typing import Any, NamedTuple

import comfy.ops
import torch
from comfy.text_encoders.t5 import T5

from ...conditioning.encoding import prefixes, row_reuse
from ...conditioning.encoding.products import sums_in_fp32
from ...conditioning.encoding.row_reuse import Outputs, Work
from ...conditioning.precision import EXACT
from . import linear
from .t5_block import Run

_WORTH = 0.85
"""A tree with more of the rows' tokens than this is left alone."""
_HOST = "encoderscope_host_class"


class Weights(NamedTuple):
    """How an encoder's weights are told apart."""

    mark: Callable[[], Hashable | None]
    """Of what the host has done to them; None where that cannot be said, and nothing may be kept.
    """
    stored: Callable[[str, torch.Tensor], torch.Tensor]
    """(name, parameter) -> the parameter, or the one that it is a copy of for this encoding alone.
    """


class Reusing:
    """Mixed into the host's class: what :func:`lightened` makes of an encoder."""

    run: Run
    padding_is_zeroed: bool
    """Whoever asked for the rows throws those of masked tokens away, so that nobody sees what they
    would have been.
    """
    told: Callable[[Work], None]
    weights: Weights
    memory: row_reuse.Memory

    def forward(
        self, input_ids: Any = None, attention_mask: Any = None, embeds: Any = None, **rest: Any
    ) -> Any:
        """As the host's; ``embeds`` (row, token, dim). Rows of every output come back in their
        order, as tensors of their own.
        """
        if embeds is None:
            return super().forward(input_ids, attention_mask, embeds=embeds, **rest)  # type: ignore[misc]
        work = Work(tokens=embeds.shape[0] * embeds.shape[1])
        counted = rest.pop("num_tokens", None)
        mark, options = (
            self._weights(),
            repr(sorted((key, value) for key, value in rest.items() if key != "embeds_info")),
        )
        keys = [
            (
                row_reuse.fingerprint(one),
                counted and counted[n],
                None if attention_mask is None else row_reuse.fingerprint(attention_mask[n]),
            )
            for n, one in enumerate(embeds)
        ]
        named = [
            (mark, self.run.products.mode, embeds.device, self.padding_is_zeroed, options, *key)
            for key in keys
        ]

        def encode(which: list[int]) -> Outputs:
            mask = None if attention_mask is None else attention_mask[which]
            told = rest | ({} if counted is None else {"num_tokens": [counted[n] for n in which]})
            return self._finite(embeds[which], mask, told, work)

        found = row_reuse.reuse(
            named, None if mark is None else self.memory, encode, work, embeds.device
        )
        self.told(work)
        return found

    def _finite(
        self, embeds: torch.Tensor, mask: torch.Tensor | None, rest: dict[str, Any], work: Work
    ) -> Outputs:
        with sums_in_fp32():
            return self._finite_or_again(embeds, mask, rest, work)

    def _finite_or_again(
        self, embeds: torch.Tensor, mask: torch.Tensor | None, rest: dict[str, Any], work: Work
    ) -> Outputs:
        made = self._encode(embeds.clone(), mask, rest, work)
        if self.run.products.mode == EXACT or all(
            one is None or bool(one.isfinite().all()) for one in made
        ):
            return made
        work.again += embeds.shape[0]
        aside = Work()  # what is computed again was asked for once
        mode, self.run.products.mode = self.run.products.mode, EXACT
        try:
            return self._encode(embeds, mask, rest, aside)
        finally:
            self.run.products.mode = mode

    def _weights(self) -> Hashable | None:
        """Another one whenever a weight is another: by the host's mark, or because someone replaced
        it or wrote into it.

        None, too, where another node computes layers in its own way.
        """
        mark, modules = self.weights.mark(), self.modules()  # type: ignore[attr-defined]
        if mark is None or any(
            linear.replaced(one) for one in modules if hasattr(one, "in_features")
        ):
            return None
        held = (self.weights.stored(*named) for named in self.named_parameters())  # type: ignore[attr-defined]
        return mark, hash(
            tuple((one.data_ptr(), None if one.is_inference() else one._version) for one in held)
        )

    def _encode(
        self, embeds: torch.Tensor, mask: torch.Tensor | None, rest: dict[str, Any], work: Work
    ) -> Outputs:
        """The host changes ``embeds`` in place."""
        work.computed += embeds.shape[0] * embeds.shape[1]
        return tuple(super().forward(None, mask, embeds=embeds, **rest))  # type: ignore[misc]

    def _unread(self, mask: torch.Tensor | None) -> list[int] | None:
        """Tokens of each row that anyone reads; None where that is all of them, or
        cannot be said.
        """
        counts = row_reuse.lengths(mask) if mask is not None and self.padding_is_zeroed else None
        return counts if counts and all(counts) else None


class ReusingT5(Reusing):
    """Rows of different lengths lie end to end, and see none of each other."""

    def _encode(
        self, embeds: torch.Tensor, mask: torch.Tensor | None, rest: dict[str, Any], work: Work
    ) -> Outputs:
        counts = self._unread(mask)
        if counts is None:
            return super()._encode(embeds, mask, rest, work)
        packed = torch.cat([one[:count] for one, count in zip(embeds, counts, strict=True)])[None]
        self.run.starts = [sum(counts[:n]) for n in range(len(counts) + 1)]
        try:
            made = super()._encode(packed, None, rest, work)
        finally:
            self.run.starts = None
        return tuple(
            None if one is None else _padded(one[0], counts, embeds.shape[1]) for one in made
        )


class ReusingClip(Reusing):
    """Rows that begin alike share their beginning: each token sees only those before it."""

    def _encode(
        self, embeds: torch.Tensor, mask: torch.Tensor | None, rest: dict[str, Any], work: Work
    ) -> Outputs:
        counts = self._unread(mask) if mask is not None else [embeds.shape[1]] * embeds.shape[0]
        told = rest.get("num_tokens")
        if (
            counts is None
            or len(counts) == 1
            or told is None
            or not isinstance(rest.get("intermediate_output"), (int, type(None)))
        ):
            return super()._encode(embeds, mask, rest, work)
        tree = prefixes.tree(embeds, counts)
        if len(tree.nodes) > _WORTH * embeds.shape[0] * embeds.shape[1]:
            return super()._encode(embeds, mask, rest, work)
        if len(tree.nodes) > prefixes.MOST_NODES:
            half = len(counts) // 2
            parts = [
                self._encode(
                    embeds[part],
                    None if mask is None else mask[part],
                    rest | {"num_tokens": told[part]},
                    work,
                )
                for part in (slice(None, half), slice(half, None))
            ]
            return tuple(
                None if one is None else torch.cat([one, other])
                for one, other in zip(*parts, strict=True)
            )
        work.computed += len(tree.nodes)
        return self._branches(embeds, tree, rest)

    def _branches(self, embeds: torch.Tensor, tree: prefixes.Tree, rest: dict[str, Any]) -> Outputs:
        """The host's ``CLIPTextModel.forward`` (``comfy/clip_model.py``) with a tree of tokens in
        the place of rows.
        """
        text: Any = self.text_model  # type: ignore[attr-defined]
        number, place = (
            torch.tensor(part, device=embeds.device) for part in zip(*tree.nodes, strict=True)
        )
        places = comfy.ops.cast_to(
            text.embeddings.position_embedding.weight, dtype=embeds.dtype, device=embeds.device
        )
        x = (embeds[number, place] + places[place])[None]
        x, middle = text.encoder(
            x, mask=tree.mask(x), intermediate_output=rest.get("intermediate_output")
        )
        x = text.final_layer_norm(x)
        if middle is not None and rest.get("final_layer_norm_intermediate", True):
            middle = text.final_layer_norm(middle)
        pooled = x[
            0, [path[count - 1] for path, count in zip(tree.paths, rest["num_tokens"], strict=True)]
        ]
        projected = self.text_projection(pooled)  # type: ignore[attr-defined]
        last, hidden = (
            None if one is None else prefixes.spread(one[0], tree, embeds.shape[1])
            for one in (x, middle)
        )
        return last, hidden, projected, pooled


def _padded(packed: torch.Tensor, counts: list[int], length: int) -> torch.Tensor:
    """(token, dim) end to end -> (row, length, dim) with zeros behind each row."""
    out = packed.new_zeros(len(counts), length, packed.shape[-1])
    for row, part in zip(out, packed.split(counts), strict=True):
        row[: len(part)] = part
    return out


@cache
def _reusing(kind: Any) -> Any:
    return type(
        f"Reusing{kind.__name__}",
        (ReusingT5 if issubclass(kind, T5) else ReusingClip, kind),
        {_HOST: kind},
    )


def lightened(
    encoder: Any, run: Run, weights: Weights, told: Callable[[Work], None], padding_is_zeroed: bool
) -> Any:
    """``encoder`` as a shallow copy: the same modules and parameters, of which the root itself has
    none.
    """
    made = copy.copy(encoder)
    kind: Any = type(encoder)
    made.__class__ = _reusing(getattr(kind, _HOST, kind))
    made.run, made.weights, made.told, made.memory = run, weights, told, row_reuse.Memory()
    made.padding_is_zeroed = padding_is_zeroed
    return made
