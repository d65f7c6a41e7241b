"""The same architecture before training: transformers' own classes, small, with the weights that
they are initialised with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch

from ..encoding.text_encoder import TOKENS_AT_ONCE, Architecture, States, TextEncoder, TextTokens
from .blind_encoders import ControlEncoder

WIDTH = 256
"""The share of a blind contrast falls with the width: a small encoder is a strict null."""
HEAD = 64
LAYERS = 12
PLACES = 1024


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


def untrained_architecture(architecture: Architecture) -> Architecture:
    """That of the untrained encoder, with nothing in it on which its answers do not depend: CLIP-L,
    CLIP-G and CLIP-H have one and the same.
    """
    layers = max(1, min(architecture.layers, LAYERS))
    return replace(architecture, width=WIDTH, layers=layers, windows=False)


class UntrainedEncoder(ControlEncoder):
    """Knows words, places and whatever its nonlinearities mix, but was never taught anything."""

    name = "untrained architecture"

    grown = False
    """Weights as large as keeps a signal's size, about what training grows them to, instead of as
    they are initialised.
    """

    def __init__(self, encoder: TextEncoder, seed: int = 0) -> None:
        super().__init__(encoder, seed)
        self.architecture = untrained_architecture(encoder.architecture)
        self.kind = encoder.architecture.kind
        if self.kind not in _BUILD:
            self.kind = "llm" if encoder.architecture.causal else "bert"
        self.ids: dict[int, int] = {}
        self.model: Any = None
        self.spread = 0.0

    def states(self, batch: Sequence[TextTokens]) -> list[States]:
        """Texts of one length at a time: nothing is padded."""
        for text in batch:
            for token in text.ids:
                self.ids.setdefault(token, len(self.ids))
        self._prepare()
        states: dict[int, States] = {}
        for length in sorted({len(text) for text in batch}):
            same = [k for k, text in enumerate(batch) if len(text) == length]
            count = max(1, TOKENS_AT_ONCE // length)
            for start in range(0, len(same), count):
                numbers = same[start : start + count]
                encoded = self._run([batch[k] for k in numbers])
                states |= dict(zip(numbers, encoded, strict=True))
        return [states[k] for k in range(len(batch))]

    def _prepare(self) -> None:
        """Built once; the vectors of words that came later are drawn then, so that a word's own
        never depends on its company.
        """
        if self.model is None:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(self.seed)
                self.model = self._build()
            self.spread = float(self.model.get_input_embeddings().weight.std())
        drawn = [
            torch.randn(WIDTH, generator=torch.Generator().manual_seed(seed))
            for seed in (self.seed * 1_000_003 + token for token in self.ids)
        ]
        table = torch.nn.Embedding.from_pretrained(torch.stack(drawn) * self.spread)
        self.model.set_input_embeddings(table)

    def _build(self) -> Any:
        model = _BUILD[self.kind](self.architecture.layers, 64).eval().requires_grad_(False)
        if self.grown:
            for part in model.modules():
                if isinstance(part, torch.nn.Linear):
                    torch.nn.init.normal_(part.weight, std=part.in_features**-0.5)
        return model

    def _run(self, batch: Sequence[TextTokens]) -> list[States]:
        ids = torch.tensor([[self.ids[token] for token in text.ids] for text in batch])
        with torch.no_grad():
            sequences = self.model(input_ids=ids).last_hidden_state
        return [
            States(sequence, _pooled(text, sequence, self.architecture))
            for text, sequence in zip(batch, sequences, strict=True)
        ]


class GrownEncoder(UntrainedEncoder):
    """An untrained encoder whose layers do more than their small initial weights let them do: they
    mix words, but by chance.
    """

    name = "untrained architecture with grown weights"
    grown = True


def _pooled(
    text: TextTokens, sequence: torch.Tensor, architecture: Architecture
) -> torch.Tensor | None:
    """(dim,): at the first end token where the architecture reads it there, else the mean."""
    if not architecture.pooled:
        return None
    ends = [k for k, kind in enumerate(text.kinds) if kind == "end"]
    if ends and architecture.kind in ("clip", "siglip"):
        return sequence[ends[0]]
    return sequence.mean(0)
