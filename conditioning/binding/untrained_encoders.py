"""The same architecture before training: transformers' own classes, small, with the weights that
they are born with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch

from ..encoding.text_encoder import ROWS_AT_ONCE, Architecture, Rows, States, TextEncoder
from .blind_encoders import Control

WIDTH, HEAD, LAYERS, PLACES = 256, 64, 12, 1024
"""The share of a blind contrast falls with the width: a small twin is a strict null."""


def _clip(layers: int, vocabulary: int) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel

    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary,
            hidden_size=WIDTH,
            intermediate_size=4 * WIDTH,
            num_hidden_layers=layers,
            num_attention_heads=WIDTH // HEAD,
            max_position_embeddings=PLACES,
            bos_token_id=0,
            eos_token_id=1,
        )
    )


def _t5(layers: int, vocabulary: int) -> Any:
    from transformers import T5Config, T5EncoderModel

    return T5EncoderModel(
        T5Config(
            vocab_size=vocabulary,
            d_model=WIDTH,
            d_kv=HEAD,
            d_ff=4 * WIDTH,
            num_layers=layers,
            num_heads=WIDTH // HEAD,
            feed_forward_proj="gated-gelu",
            dropout_rate=0.0,
        )
    )


def _bert(layers: int, vocabulary: int) -> Any:
    from transformers import BertConfig, BertModel

    return BertModel(
        BertConfig(
            vocab_size=vocabulary,
            hidden_size=WIDTH,
            intermediate_size=4 * WIDTH,
            num_hidden_layers=layers,
            num_attention_heads=WIDTH // HEAD,
            max_position_embeddings=PLACES,
            pad_token_id=None,
        ),
        add_pooling_layer=False,
    )


def _llm(layers: int, vocabulary: int) -> Any:
    from transformers import LlamaConfig, LlamaModel

    return LlamaModel(
        LlamaConfig(
            vocab_size=vocabulary,
            hidden_size=WIDTH,
            intermediate_size=3 * WIDTH,
            num_hidden_layers=layers,
            num_attention_heads=WIDTH // HEAD,
            max_position_embeddings=PLACES,
            use_cache=False,
        )
    )


_BUILD: dict[str, Callable[[int, int], Any]] = {
    "clip": _clip,
    "t5": _t5,
    "bert": _bert,
    "siglip": _bert,
    "llm": _llm,
}


class Untrained(Control):
    """Knows words, places and whatever its nonlinearities mix, but was never taught anything."""

    name = "untrained architecture"

    grown = False
    """Weights as large as keeps a signal's size, about what training grows them to, instead of as
    they are born.
    """

    def __init__(self, encoder: TextEncoder, seed: int = 0) -> None:
        super().__init__(encoder, seed)
        kind = encoder.architecture.kind
        layers = max(1, min(encoder.architecture.layers, LAYERS))
        self.architecture = replace(encoder.architecture, width=WIDTH, layers=layers)
        self.kind = kind if kind in _BUILD else "llm" if encoder.architecture.causal else "bert"
        self.ids: dict[int, int] = {}
        self.model: Any = None
        self.spread = 0.0

    def states(self, batch: Sequence[Rows]) -> list[States]:
        for rows in batch:
            for one in rows.ids:
                self.ids.setdefault(one, len(self.ids))
        self._ensure()
        out: dict[int, States] = {}
        for length in sorted({len(rows) for rows in batch}):
            same = [k for k, rows in enumerate(batch) if len(rows) == length]
            for at in range(0, len(same), max(1, ROWS_AT_ONCE // length)):
                part = same[at : at + max(1, ROWS_AT_ONCE // length)]
                out |= self._run(part, [batch[k] for k in part])
        return [out[k] for k in range(len(batch))]

    def _ensure(self) -> None:
        """Built once; the vectors of words that came later are drawn then, so that a word's own
        never depends on its company.
        """
        if self.model is None:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(self.seed)
                self.model = (
                    _BUILD[self.kind](self.architecture.layers, 64).eval().requires_grad_(False)
                )
                if self.grown:
                    for part in self.model.modules():
                        if isinstance(part, torch.nn.Linear):
                            torch.nn.init.normal_(part.weight, std=part.in_features**-0.5)
            self.spread = float(self.model.get_input_embeddings().weight.std())
        drawn = [
            torch.randn(WIDTH, generator=torch.Generator().manual_seed(self.seed * 1_000_003 + one))
            for one in self.ids
        ]
        table = torch.nn.Embedding.from_pretrained(torch.stack(drawn) * self.spread)
        self.model.set_input_embeddings(table)

    def _run(self, numbers: Sequence[int], batch: Sequence[Rows]) -> dict[int, States]:
        ids = torch.tensor([[self.ids[one] for one in rows.ids] for rows in batch])
        with torch.no_grad():
            sequence = self.model(input_ids=ids).last_hidden_state
        pooled = [
            _pooled(rows, one, self.architecture) for rows, one in zip(batch, sequence, strict=True)
        ]
        return {
            k: States(one, vector) for k, one, vector in zip(numbers, sequence, pooled, strict=True)
        }


class Grown(Untrained):
    """An untrained encoder whose layers do more than the small weights of birth let them do: they
    mix words, but by chance.
    """

    name = "untrained architecture with grown weights"
    grown = True


def _pooled(rows: Rows, sequence: torch.Tensor, architecture: Architecture) -> torch.Tensor | None:
    """At the first end token where the architecture reads it there, else the mean."""
    if not architecture.pooled:
        return None
    ends = [k for k, kind in enumerate(rows.kinds) if kind == "end"]
    return (
        sequence[ends[0]] if architecture.kind in ("clip", "siglip") and ends else sequence.mean(0)
    )
