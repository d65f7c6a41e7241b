"""Runs an encoder one layer at a time, straight from its file: its states for a few sentences,
with one layer in memory.

`run_layers` is for measuring, in fp32, with the few operations that T5 and CLIP are made of; tests
hold it to transformers' own modules. Axes: sentence, token, dim.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from torch.nn import functional

from ..encoder_files.description import Description

Read = Callable[[str], torch.Tensor]
"""A weight by the host's key, in any float type."""
Sentences = Sequence[Sequence[int]]
"""Token ids of sentences, all of one length."""
Pairs = Sequence[tuple[Sequence[int], Sequence[int]]]
"""Sentences to be told apart, all of one length."""
_EPS = {"t5": 1e-6, "clip": 1e-5, "siglip": 1e-6}
_DISTANCE = 128
ACTIVATIONS: Mapping[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
    "gelu": functional.gelu,
    "gelu_pytorch_tanh": lambda x: functional.gelu(x, approximate="tanh"),
    "relu": functional.relu,
}


class Difference(NamedTuple):
    """Of an encoder's states from those of the one it was made from; both relative, root mean
    square.
    """

    states: float
    """Of the last layer's states themselves."""
    differences: float | None
    """Of the differences between the sentences of a pair: what tells their meanings apart. None
    where the encoder tells none apart.
    """
    layers: tuple[float, ...]
    """Of the states after each layer, before the last norm."""


def compare(
    description: Description, pairs: Pairs, exact: Read, other: Read, after: Callable[[], None]
) -> Difference:
    """``exact`` and ``other`` read the two sets of weights; ``after`` is called after each layer,
    and may raise to stop.
    """
    rows = [list(row) for pair in pairs for row in pair]
    errors: list[float] = []
    exact_states = states = torch.zeros(2)
    for exact_states, states in zip(
        run_layers(description, rows, exact), run_layers(description, rows, other), strict=True
    ):
        errors.append(relative_error(states, exact_states))
        after()
    differences = states[::2] - states[1::2]
    exact_differences = exact_states[::2] - exact_states[1::2]
    error = None
    if bool(exact_differences.any()):
        error = relative_error(differences, exact_differences)
    return Difference(errors[-1], error, tuple(errors[:-1]))


def relative_error(value: torch.Tensor, exact: torch.Tensor) -> float:
    """The norm of the error by that of the exact value."""
    return float((value - exact).double().norm() / exact.double().norm().clamp_min(1e-30))


def run_layers(description: Description, rows: Sentences, read: Read) -> Iterator[torch.Tensor]:
    """States (sentence, token, dim) after every layer, and last those after the last norm."""
    if description.architecture == "t5":
        return _t5(description, rows, read)
    return _clip(description, rows, read)


def _t5(description: Description, rows: Sentences, read: Read) -> Iterator[torch.Tensor]:
    def linear(value: torch.Tensor, name: str) -> torch.Tensor:
        return functional.linear(value, read(f"{name}.weight").float())

    def norm(value: torch.Tensor, name: str) -> torch.Tensor:
        return (
            value
            * torch.rsqrt(value.pow(2).mean(-1, keepdim=True) + _EPS["t5"])
            * read(f"{name}.weight").float()
        )

    x = read("shared.weight")[torch.tensor(rows)].float()
    bias, act = None, ACTIVATIONS[description.activation]
    for layer in range(description.layers or 0):
        at = f"encoder.block.{layer}.layer."
        attention, forward = f"{at}0.SelfAttention.", f"{at}1.DenseReluDense."
        if bias is None or description.bias_in_every_layer:
            bias = _bias(read(f"{attention}relative_attention_bias.weight").float(), x.shape[1])
        h = norm(x, f"{at}0.layer_norm")
        q, k, v = (linear(h, attention + name) for name in "qkv")
        x = x + linear(_attend(q, k, v, description.heads or 1, 1.0, bias), f"{attention}o")
        h = norm(x, f"{at}1.layer_norm")
        if description.gated:
            inner = act(linear(h, f"{forward}wi_0")) * linear(h, f"{forward}wi_1")
        else:
            inner = act(linear(h, f"{forward}wi"))
        x = x + linear(inner, f"{forward}wo")
        yield x
    yield norm(x, "encoder.final_layer_norm")


def _clip(description: Description, rows: Sentences, read: Read) -> Iterator[torch.Tensor]:
    eps = _EPS[description.architecture]

    def norm(value: torch.Tensor, name: str) -> torch.Tensor:
        weight, bias = (read(f"{name}.{end}").float() for end in ("weight", "bias"))
        return functional.layer_norm(value, value.shape[-1:], weight, bias, eps)

    def linear(value: torch.Tensor, name: str) -> torch.Tensor:
        return functional.linear(
            value, read(f"{name}.weight").float(), read(f"{name}.bias").float()
        )

    table, ids = "text_model.embeddings.", torch.tensor(rows)
    x = (
        read(f"{table}token_embedding.weight")[ids].float()
        + read(f"{table}position_embedding.weight")[: ids.shape[1]].float()
    )
    mask = torch.zeros(1)
    if description.causal:
        mask = torch.full((ids.shape[1], ids.shape[1]), -math.inf).triu(1)
    heads, act = description.heads or 1, ACTIVATIONS[description.activation]
    for layer in range(description.layers or 0):
        at = f"text_model.encoder.layers.{layer}."
        h = norm(x, f"{at}layer_norm1")
        q, k, v = (linear(h, f"{at}self_attn.{name}_proj") for name in "qkv")
        x = x + linear(
            _attend(q, k, v, heads, (q.shape[-1] // heads) ** -0.5, mask), f"{at}self_attn.out_proj"
        )
        x = x + linear(act(linear(norm(x, f"{at}layer_norm2"), f"{at}mlp.fc1")), f"{at}mlp.fc2")
        yield x
    yield norm(x, "text_model.final_layer_norm")


def _attend(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, heads: int, scale: float, bias: torch.Tensor
) -> torch.Tensor:
    """(sentence, token, head x dim) -> the same; ``bias`` (head or 1, token, token) is added to the
    products.
    """
    q, k, v = (value.unflatten(-1, (heads, -1)).transpose(1, 2) for value in (q, k, v))
    return ((q @ k.transpose(-1, -2) * scale + bias).softmax(-1) @ v).transpose(1, 2).flatten(2)


def _bias(table: torch.Tensor, tokens: int) -> torch.Tensor:
    """T5's relative position bias (head, query, key) from its table (bucket, head): half of the
    buckets for each direction, of these half for each distance by itself, the rest for
    logarithmically wider ones up to 128 (arXiv 1910.10683, section 2.1).
    """
    places = torch.arange(tokens)
    apart = places[None, :] - places[:, None]
    half = table.shape[0] // 2
    near = half // 2
    distance = apart.abs()
    far = (
        near
        + (
            torch.log(distance.clamp_min(1).float() / near)
            / math.log(_DISTANCE / near)
            * (half - near)
        ).long()
    )
    bucket = torch.where(distance < near, distance, far.clamp_max(half - 1)) + half * (apart > 0)
    return table[bucket].permute(2, 0, 1)
