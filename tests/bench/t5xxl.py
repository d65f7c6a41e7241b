"""T5 v1.1 XXL's dimensions, and random weights of the size that its training begins with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

WIDTH, LAYERS, HEADS, HEAD, FORWARD, ROWS = 4096, 24, 64, 64, 10240, 32128
CONFIG = {
    "d_model": WIDTH,
    "num_heads": HEADS,
    "d_kv": HEAD,
    "d_ff": FORWARD,
    "vocab_size": ROWS,
    "feed_forward_proj": "gated-gelu",
}
"""As transformers names them, but for the number of layers."""
_FAN_IN = {
    "q": (WIDTH * HEAD),
    "k": WIDTH,
    "v": WIDTH,
    "o": HEADS * HEAD,
    "wi_0": WIDTH,
    "wi_1": WIDTH,
    "wo": FORWARD,
}


def shapes(
    layers: int = LAYERS, inner: int = HEADS * HEAD, heads: int = HEADS, forward: int = FORWARD
) -> dict[str, tuple[int, ...]]:
    """Tensors in the order of their names in the file. ``inner``: of the attention."""
    tensors: dict[str, tuple[int, ...]] = {"shared.weight": (ROWS, WIDTH)}
    for layer in range(layers):
        attention, feed = f"encoder.block.{layer}.layer.0", f"encoder.block.{layer}.layer.1"
        tensors |= {f"{attention}.SelfAttention.{part}.weight": (inner, WIDTH) for part in "qkv"}
        tensors |= {
            f"{attention}.SelfAttention.o.weight": (WIDTH, inner),
            f"{attention}.layer_norm.weight": (WIDTH,),
        }
        if layer == 0:
            tensors[f"{attention}.SelfAttention.relative_attention_bias.weight"] = (32, heads)
        tensors |= {
            f"{feed}.DenseReluDense.{part}.weight": (forward, WIDTH) for part in ("wi_0", "wi_1")
        }
        tensors |= {
            f"{feed}.DenseReluDense.wo.weight": (WIDTH, forward),
            f"{feed}.layer_norm.weight": (WIDTH,),
        }
    return tensors | {"encoder.final_layer_norm.weight": (WIDTH,)}


def layers_alike(
    shapes: dict[str, tuple[int, ...]], random: Callable[[str, tuple[int, ...]], Any]
) -> Iterator[tuple[str, Any]]:
    """Tensors by their names. Every layer has the same numbers in another order, since making them
    takes most of the time.
    """
    first: dict[str, Any] = {}
    for name, shape in shapes.items():
        kind, layer = name, 0
        if "block" in name:
            number = name.split(".")[2]
            kind, layer = name.replace(f"block.{number}.", "block."), int(number)
        if kind not in first:
            first[kind] = random(kind, shape)
        yield name, first[kind].roll(layer, 0)


def random(name: str, shape: tuple[int, ...], made: Any) -> Any:
    """bf16."""
    import torch

    if len(shape) == 1:
        return torch.ones(shape, dtype=torch.bfloat16)
    fan_in = _FAN_IN.get(name.split(".")[-2], 1)
    return (torch.randn(shape, generator=made) * fan_in**-0.5).bfloat16()
