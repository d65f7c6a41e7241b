"""Untrained encoders of an architecture: they know order and no more than their null."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.binding import suite
from encoderscope.conditioning.binding.design_answers import measure_designs
from encoderscope.conditioning.binding.designs import plan
from encoderscope.conditioning.binding.readouts import SEQUENCE
from encoderscope.conditioning.binding.untrained_encoders import UntrainedEncoder
from encoderscope.conditioning.encoding.text_encoder import TextTokens
from encoderscope.conditioning.english.reading import read
from encoderscope.tests.binding.kit import Causal, Tagged, Words


@pytest.mark.parametrize("kind", ["t5", "clip", "bert", "siglip", "llm", "other"])
@pytest.mark.parametrize("causal", [True, False])
def test_twins_of_all_kinds(kind: str, causal: bool) -> None:
    pytest.importorskip("transformers")
    encoder = Causal(Words(length=16), kind=kind, causal=causal)
    texts = ["a red car", "two dogs and a house", "a red car and a blue house"]
    first, second = (UntrainedEncoder(encoder).states(encoder.tokenize(texts)) for _ in range(2))
    assert [len(item.sequence) for item in first] == [16] * 3
    for a, b in zip(first, second, strict=True):
        assert (
            a.pooled is not None
            and torch.equal(a.sequence, b.sequence)
            and bool(torch.isfinite(a.sequence).all())
        )
        assert float(a.sequence.std()) > 1e-3
    other = UntrainedEncoder(encoder, seed=1).states(encoder.tokenize(texts))
    assert not torch.allclose(other[0].sequence, first[0].sequence, atol=1e-2)
    sees_ahead = not torch.allclose(
        first[0].sequence[1], first[2].sequence[1], atol=1e-5
    )  # a ... of "a red car (and a blue house)"
    assert sees_ahead is (kind in ("t5", "bert", "siglip") or (kind == "other" and not causal))


def test_words_keep_their_vectors_whatever_company_they_come_in() -> None:
    pytest.importorskip("transformers")
    encoder = Causal()
    twin, fresh = UntrainedEncoder(encoder), UntrainedEncoder(encoder)
    first = twin.states(encoder.tokenize(["a red car"]))[0]
    twin.states(encoder.tokenize(["seven other words that came in between", "car red a"]))
    later = twin.states(encoder.tokenize(["two dogs", "a red car"]))[1]
    apart = fresh.states(encoder.tokenize(["zebra", "a red car", "car"]))[1]
    assert torch.allclose(first.sequence, later.sequence, atol=1e-5) and torch.allclose(
        first.sequence, apart.sequence, atol=1e-5
    )


def test_the_twin_knows_order_and_no_more_than_its_null() -> None:
    pytest.importorskip("transformers")
    encoder = Causal()
    [measure] = measure_designs(UntrainedEncoder(encoder), suite.of_kind("binding", 4)[:1])
    assert not measure[SEQUENCE].collapsed and max(item.share for item in measure.values()) < 0.1


def test_texts_of_unequal_length_come_back_in_their_order() -> None:
    pytest.importorskip("transformers")
    encoder = Tagged(kind="bert")
    texts = ["a b c d e f", "a", "a b c", "x", "a b c"]
    states = UntrainedEncoder(encoder).states(encoder.tokenize(texts))
    assert [len(state.sequence) for state in states] == [
        len(encoder.words.row(text)) for text in texts
    ]
    assert torch.equal(states[2].sequence, states[4].sequence) and not torch.equal(
        states[1].sequence, states[3].sequence
    )


def test_the_pooled_vector_stands_where_the_architecture_reads_it() -> None:
    pytest.importorskip("transformers")
    rows: list[TextTokens] = Words(length=10).row("a cat") and [Words(length=10).row("a cat")]
    clip = UntrainedEncoder(Causal(Words(length=10))).states(rows)[0]
    assert clip.pooled is not None and torch.equal(clip.pooled, clip.sequence[3])
    t5 = UntrainedEncoder(Causal(Words(length=10), kind="t5")).states(rows)[0]
    assert t5.pooled is not None and torch.equal(t5.pooled, t5.sequence.mean(0))
    assert UntrainedEncoder(Causal(pooled=False)).states(rows)[0].pooled is None


def test_four_cells_in_the_order_of_the_frames() -> None:
    [design] = plan(read("a red car and a blue house")).designs
    cells = design.cells()
    assert (
        len(cells) == 32
        and cells[4:8] == list(design.frames[1].four)
        and replace(design).frames[0].cells()[4:] != cells[4:6]
    )
