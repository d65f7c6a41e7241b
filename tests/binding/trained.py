"""Encoders whose truth is known because they were trained to it: small transformers of real
architectures with real tokenizers.

``train(encoder, prompts, binds=True)`` pulls a sentence towards others of the same meaning and away
from its rival (the same words, bound the other way round); ``binds=False`` pulls all sentences of
the same words together, whatever they mean.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import torch
from encoderscope.conditioning.encoding.transformers_encoder import TransformersEncoder
from encoderscope.conditioning.english import frames

WIDTH, LAYERS = 128, 2
Words = tuple[Sequence[str], Sequence[str]]
"""Modifiers and things."""


def clip(
    tokenizer: Any, width: int = WIDTH, layers: int = LAYERS, seed: int = 11
) -> TransformersEncoder:
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection

    torch.manual_seed(seed)
    config = CLIPTextConfig(
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=max(1, width // 64),
        projection_dim=width,
        eos_token_id=49407,
        bos_token_id=49406,
        pad_token_id=49407,
    )
    return TransformersEncoder(
        CLIPTextModelWithProjection(config), tokenizer, "clip", title=f"CLIP {width} x {layers}"
    )


def t5(
    tokenizer: Any, width: int = WIDTH, layers: int = LAYERS, seed: int = 12
) -> TransformersEncoder:
    from transformers import T5Config, T5EncoderModel

    torch.manual_seed(seed)
    config = T5Config(
        d_model=width,
        d_kv=64,
        d_ff=4 * width,
        num_layers=layers,
        num_heads=max(1, width // 64),
        feed_forward_proj="gated-gelu",
        dropout_rate=0.0,
    )
    return TransformersEncoder(
        T5EncoderModel(config), tokenizer, "t5", title=f"T5 {width} x {layers}"
    )


def bert(
    tokenizer: Any, width: int = WIDTH, layers: int = LAYERS, seed: int = 13
) -> TransformersEncoder:
    """Bidirectional with places of its own, over the same CLIP vocabulary."""
    from transformers import BertConfig, BertModel

    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=49408,
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=max(1, width // 64),
    )
    model = BertModel(config, add_pooling_layer=False)
    with torch.no_grad():  # born as small as they are, places are learned long after the words
        model.embeddings.position_embeddings.weight.mul_(3)
    return TransformersEncoder(model, tokenizer, "bert", title=f"bidirectional {width} x {layers}")


def train(
    encoder: TransformersEncoder,
    words: Words,
    *,
    binds: bool,
    steps: int = 300,
    batch: int = 64,
    seed: int = 5,
) -> float:
    """The last loss. The encoder is changed in place."""
    dice, model = random.Random(seed), encoder.model.train().requires_grad_(True)
    model.get_input_embeddings().requires_grad_(
        False
    )  # most of the weights, and none of the question
    torch.manual_seed(seed)
    optimizer = torch.optim.AdamW(
        [parameter for parameter in model.parameters() if parameter.requires_grad], lr=1e-3
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
    loss = torch.zeros(())
    for _ in range(steps):
        anchors, partners, rivals = zip(
            *(_triple(dice, words, binds) for _ in range(batch)), strict=True
        )
        vectors = torch.nn.functional.normalize(
            _vectors(encoder, [*anchors, *partners, *rivals]), dim=-1
        )
        a, others = vectors[:batch], vectors[batch:]
        scores = a @ others.T * 20
        loss = torch.nn.functional.cross_entropy(
            scores if binds else scores[:, :batch], torch.arange(batch)
        )
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    model.eval().requires_grad_(False)
    return float(loss)


def _triple(dice: random.Random, words: Words, binds: bool) -> tuple[str, str, str]:
    """A sentence, one that counts as the same, and its rival."""
    (m, n), (a, b) = dice.sample(list(words[0]), 2), dice.sample(list(words[1]), 2)
    same = _caption(dice, *dice.choice([(m, a, n, b), (n, b, m, a)]))
    rival = _caption(dice, *dice.choice([(n, a, m, b), (m, b, n, a)]))
    partner = same if binds else dice.choice([same, rival])
    return _caption(dice, m, a, n, b), partner, rival


def _caption(dice: random.Random, m: str, a: str, n: str, b: str) -> str:
    frame = dice.choice(frames.TWO_PHRASES)
    lead = dice.choice(["a", "the"])
    return frame.replace("{A}", f"{lead} {m} {a}").replace("{B}", f"{lead} {n} {b}")


def _vectors(encoder: TransformersEncoder, texts: Sequence[str]) -> torch.Tensor:
    """(text, dim) with gradients: the pooled vector, or the mean of the tokens."""
    rows = encoder.tokenize(texts)
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), encoder.padding)
    mask = torch.zeros_like(ids)
    for k, row in enumerate(rows):
        ids[k, : len(row)], mask[k, : len(row)] = torch.tensor(row.ids), 1
    out = encoder.model(input_ids=ids, attention_mask=mask)
    if encoder.architecture.pooled:
        return out.text_embeds
    kept = mask[..., None].to(out.last_hidden_state.dtype)
    return (out.last_hidden_state * kept).sum(1) / kept.sum(1)
