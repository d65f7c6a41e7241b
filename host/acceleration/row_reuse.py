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

from ...conditioning.encoding import prefixes, repeated_rows
from ...conditioning.encoding.products import sums_in_fp32
from ...conditioning.encoding.repeated_rows import Outputs, Work
from ...conditioning.precision import EXACT
from . import linear
from .t5_block import BlockContext

_WORTH = 0.85
"""A tree with more of the rows' tokens than this is left alone."""
_HOST = "encoderscope_host_class"


class WeightIdentity(NamedTuple):
    """How an encoder's weights are told apart."""

    patches_id: Callable[[], Hashable | None]
    """Of what the host has done to them; None where that cannot be known, and no row may be
    remembered.
    """
    original: Callable[[str, torch.Tensor], torch.Tensor]
    """(name, parameter) -> the parameter, or the one that it is a copy of for this encoding alone.
    """


class RowReuse:
    """Mixed into the host's class by :func:`with_row_reuse`."""

    context: BlockContext
    padding_is_zeroed: bool
    """The caller throws the rows of masked tokens away, so that nobody sees what they would have
    been.
    """
    listener: Callable[[Work], None]
    weights: WeightIdentity
    memory: repeated_rows.Memory

    def forward(
        self, input_ids: Any = None, attention_mask: Any = None, embeds: Any = None, **rest: Any
    ) -> Any:
        """As the host's; ``embeds`` (row, token, dim). Rows of every output come back in their
        order, as tensors of their own.
        """
        if embeds is None:
            return super().forward(input_ids, attention_mask, embeds=embeds, **rest)  # type: ignore[misc]
        work = Work(tokens=embeds.shape[0] * embeds.shape[1])
        counts = rest.pop("num_tokens", None)

        def encode(rows: list[int]) -> Outputs:
            mask = attention_mask
            keywords = rest
            if mask is not None:
                mask = mask[rows]
            if counts is not None:
                keywords = rest | {"num_tokens": [counts[row] for row in rows]}
            return self._finite(embeds[rows], mask, keywords, work)

        memory: repeated_rows.Memory | None = self.memory
        weights = self._weights_key()
        if weights is None:
            memory = None
        keywords = sorted((name, value) for name, value in rest.items() if name != "embeds_info")
        common = (
            weights,
            self.context.products.mode,
            embeds.device,
            self.padding_is_zeroed,
            repr(keywords),
        )
        keys = [(*common, *key) for key in _row_keys(embeds, counts, attention_mask)]
        outputs = repeated_rows.reuse(keys, memory, encode, work, embeds.device)
        self.listener(work)
        return outputs

    def _finite(
        self, embeds: torch.Tensor, mask: torch.Tensor | None, rest: dict[str, Any], work: Work
    ) -> Outputs:
        """Outputs without infinities: rows that do not fit into 16 bits are encoded exactly."""
        products = self.context.products
        with sums_in_fp32():
            outputs = self._encode(embeds.clone(), mask, rest, work)
            if products.mode == EXACT or _all_finite(outputs):
                return outputs
            work.repeated += embeds.shape[0]
            mode, products.mode = products.mode, EXACT
            try:
                # what is computed again was asked for once: its work does not count
                return self._encode(embeds, mask, rest, Work())
            finally:
                products.mode = mode

    def _weights_key(self) -> Hashable | None:
        """Another one whenever a weight is another: by the host's number for its patches, or
        because someone replaced it or wrote into it.

        None, too, where another node computes layers in its own way.
        """
        patches_id = self.weights.patches_id()
        module: Any = self
        linears = (layer for layer in module.modules() if hasattr(layer, "in_features"))
        if patches_id is None or any(map(linear.is_replaced, linears)):
            return None
        originals = (self.weights.original(*named) for named in module.named_parameters())
        return patches_id, hash(
            tuple((weight.data_ptr(), _version(weight)) for weight in originals)
        )

    def _encode(
        self, embeds: torch.Tensor, mask: torch.Tensor | None, rest: dict[str, Any], work: Work
    ) -> Outputs:
        """The host changes ``embeds`` in place."""
        work.computed += embeds.shape[0] * embeds.shape[1]
        return tuple(super().forward(None, mask, embeds=embeds, **rest))  # type: ignore[misc]

    def _counts_read(self, mask: torch.Tensor | None) -> list[int] | None:
        """How many tokens of each row anyone reads; None where that is all of them, or
        cannot be known.
        """
        if mask is None or not self.padding_is_zeroed:
            return None
        counts = repeated_rows.lengths(mask)
        if counts and all(counts):
            return counts
        return None


def _row_keys(embeds: torch.Tensor, counts: Any, mask: torch.Tensor | None) -> list[Any]:
    """What tells one row's input from another's: its bits, its number of tokens, its mask."""
    masks: list[bytes | None] = [None] * len(embeds)
    if mask is not None:
        masks = [repeated_rows.fingerprint(row) for row in mask]
    return [
        (repeated_rows.fingerprint(row), counts and counts[number], masks[number])
        for number, row in enumerate(embeds)
    ]


def _all_finite(outputs: Outputs) -> bool:
    return all(output is None or bool(output.isfinite().all()) for output in outputs)


def _version(weight: torch.Tensor) -> int | None:
    """How often it was written into; None for a tensor of inference mode, which does not count."""
    if weight.is_inference():
        return None
    return weight._version


class T5RowReuse(RowReuse):
    """Rows of different lengths lie end to end, and see none of each other."""

    def _encode(
        self, embeds: torch.Tensor, mask: torch.Tensor | None, rest: dict[str, Any], work: Work
    ) -> Outputs:
        counts = self._counts_read(mask)
        if counts is None:
            return super()._encode(embeds, mask, rest, work)
        parts = [row[:count] for row, count in zip(embeds, counts, strict=True)]
        self.context.starts = [sum(counts[:n]) for n in range(len(counts) + 1)]
        try:
            outputs = super()._encode(torch.cat(parts)[None], None, rest, work)
        finally:
            self.context.starts = None
        return tuple(
            output if output is None else _padded(output[0], counts, embeds.shape[1])
            for output in outputs
        )


class ClipRowReuse(RowReuse):
    """Rows that begin alike share their beginning: each token sees only those before it."""

    def _encode(
        self, embeds: torch.Tensor, mask: torch.Tensor | None, rest: dict[str, Any], work: Work
    ) -> Outputs:
        counts: list[int] | None = [embeds.shape[1]] * embeds.shape[0]
        if mask is not None:
            counts = self._counts_read(mask)
        if counts is None or len(counts) == 1 or not _allows_tree(rest):
            return super()._encode(embeds, mask, rest, work)
        tree = prefixes.tree(embeds, counts)
        if len(tree.nodes) > _WORTH * embeds.shape[0] * embeds.shape[1]:
            return super()._encode(embeds, mask, rest, work)
        if len(tree.nodes) > prefixes.MOST_NODES:
            return self._halves(embeds, mask, rest, work)
        work.computed += len(tree.nodes)
        return self._encode_tree(embeds, tree, rest)

    def _halves(
        self, embeds: torch.Tensor, mask: torch.Tensor | None, rest: dict[str, Any], work: Work
    ) -> Outputs:
        half = len(embeds) // 2
        halves = []
        for rows in (slice(None, half), slice(half, None)):
            part_mask = mask
            if mask is not None:
                part_mask = mask[rows]
            keywords = rest | {"num_tokens": rest["num_tokens"][rows]}
            halves.append(self._encode(embeds[rows], part_mask, keywords, work))
        return tuple(
            output if output is None else torch.cat([output, other])
            for output, other in zip(*halves, strict=True)
        )

    def _encode_tree(
        self, embeds: torch.Tensor, tree: prefixes.Tree, rest: dict[str, Any]
    ) -> Outputs:
        """The host's ``CLIPTextModel.forward`` (``comfy/clip_model.py``) with a tree of tokens in
        the place of rows.
        """
        module: Any = self
        text = module.text_model
        rows, positions = (
            torch.tensor(numbers, device=embeds.device) for numbers in zip(*tree.nodes, strict=True)
        )
        table = comfy.ops.cast_to(
            text.embeddings.position_embedding.weight, dtype=embeds.dtype, device=embeds.device
        )
        x = (embeds[rows, positions] + table[positions])[None]
        x, middle = text.encoder(
            x, mask=tree.mask(x), intermediate_output=rest.get("intermediate_output")
        )
        x = text.final_layer_norm(x)
        if middle is not None and rest.get("final_layer_norm_intermediate", True):
            middle = text.final_layer_norm(middle)
        last_tokens = [
            path[count - 1] for path, count in zip(tree.paths, rest["num_tokens"], strict=True)
        ]
        pooled = x[0, last_tokens]
        last = prefixes.spread(x[0], tree, embeds.shape[1])
        if middle is not None:
            middle = prefixes.spread(middle[0], tree, embeds.shape[1])
        return last, middle, module.text_projection(pooled), pooled


def _allows_tree(rest: dict[str, Any]) -> bool:
    """Whether the caller asked for what a tree gives: no list of layers, and pooled tokens whose
    places it named.
    """
    if rest.get("num_tokens") is None:
        return False
    return isinstance(rest.get("intermediate_output"), (int, type(None)))


def _padded(packed: torch.Tensor, counts: list[int], length: int) -> torch.Tensor:
    """(token, dim) end to end -> (row, length, dim) with zeros behind each row."""
    out = packed.new_zeros(len(counts), length, packed.shape[-1])
    for row, part in zip(out, packed.split(counts), strict=True):
        row[: len(part)] = part
    return out


@cache
def _class_with_row_reuse(kind: Any) -> Any:
    mixin: Any = ClipRowReuse
    if issubclass(kind, T5):
        mixin = T5RowReuse
    return type(f"Reusing{kind.__name__}", (mixin, kind), {_HOST: kind})


def with_row_reuse(
    encoder: Any,
    context: BlockContext,
    weights: WeightIdentity,
    listener: Callable[[Work], None],
    padding_is_zeroed: bool,
) -> Any:
    """``encoder`` as a shallow copy: the same modules and parameters, of which the root itself has
    none.
    """
    root = copy.copy(encoder)
    kind: Any = type(encoder)
    root.__class__ = _class_with_row_reuse(getattr(kind, _HOST, kind))
    root.context = context
    root.weights = weights
    root.listener = listener
    root.memory = repeated_rows.Memory()
    root.padding_is_zeroed = padding_is_zeroed
    return root
