"""What a reader takes of an answer: padding, words of several tokens, means, and a kernel as wide
as the space.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.binding import readouts
from encoderscope.conditioning.binding.generator_inputs import (
    GeneratorInputs,
    conditioning_sequence,
)
from encoderscope.conditioning.binding.readouts import (
    CROSS,
    MEAN,
    PADS,
    POOLED,
    SEQUENCE,
    TITLES,
    _in_slots,
    _weighted_tokens,
    gram,
    mean,
    names,
    tokens_at,
)
from encoderscope.conditioning.encoding.text_encoder import (
    TOKENS_AT_ONCE,
    Answer,
    States,
    TextTokens,
    encode,
)
from encoderscope.conditioning.english.cells import SLOTS, Cell
from encoderscope.tests.binding.kit import WIDTH, BagOfWords, Causal, Tagged, Words


def rows_of(kinds: str, ids: list[int] | None = None) -> TextTokens:
    output = {"s": "start", "t": "text", "e": "end", "p": "pad", "x": "template"}
    spans = tuple((k, k + 1) if kind == "t" else None for k, kind in enumerate(kinds))
    return TextTokens(
        tuple(ids or range(len(kinds))),
        spans,
        tuple(output[kind] for kind in kinds),
        (0,) * len(kinds),
    )


def answer(
    kinds: str, sequence: Any = None, pooled: Any = None, ids: list[int] | None = None
) -> Answer:
    vectors = (
        torch.randn(len(kinds), 4, generator=torch.Generator().manual_seed(0))
        if sequence is None
        else torch.as_tensor(sequence)
    )
    return Answer(rows_of(kinds, ids), States(vectors, pooled))


@pytest.mark.parametrize("pads", [0, 1, PADS, PADS + 1, 70, 505])
def test_stand_ins_keep_the_weight_of_all_padding(pads: int) -> None:
    picked, weights = _weighted_tokens(answer("stte" + "p" * pads))
    assert picked[:4] == [0, 1, 2, 3] and len(picked) == len(set(picked)) == 4 + min(pads, PADS)
    assert sum(weights) == pytest.approx(1) and weights[:4] == [1 / (4 + pads)] * 4
    assert sum(weights[4:]) == pytest.approx(pads / (4 + pads))
    assert all(4 <= k < 4 + pads for k in picked[4:])


def test_stand_ins_are_spread_over_the_padding() -> None:
    picked, _ = _weighted_tokens(answer("st" + "p" * 80))
    assert picked[2:] == [2 + 10 * k for k in range(8)]


def test_equal_padding_counts_like_all_of_it() -> None:
    """PADS of 60 equal vectors give the same kernel as all 60 would."""
    ones = [
        answer(
            "stte" + "p" * 60,
            torch.cat(
                [torch.randn(4, 3, generator=torch.Generator().manual_seed(k)), torch.ones(60, 3)]
            ),
        )
        for k in range(4)
    ]
    cells = [(Cell("", {}), item) for item in ones]
    few = gram(CROSS, cells).matrix
    all_of_it = [(cell, replace(item, tokens=rows_of("stte" + "t" * 60))) for cell, item in cells]
    every = gram(CROSS, all_of_it).matrix
    scale = float(few.max())
    # the width of the kernel is a median over tokens, in which equal padding has no part
    assert torch.allclose(few, every, atol=2e-2 * scale)


def test_the_mean_leaves_padding_out_and_nothing_else() -> None:
    item = answer("sxttepp")
    assert torch.equal(mean(item), item.states.sequence[:5].mean(0))
    assert mean(
        answer("sttepppp", torch.cat([torch.ones(4, 2), torch.full((4, 2), 99.0)]))
    ).tolist() == [1, 1]


def test_without_a_pooled_vector_the_mean_is_read() -> None:
    assert names(answer("ste")) == (MEAN, SEQUENCE, CROSS)
    assert names(answer("ste", pooled=torch.zeros(4))) == (POOLED, SEQUENCE, CROSS)
    assert set(TITLES) == {POOLED, MEAN, SEQUENCE, CROSS}


@pytest.mark.parametrize(
    ("span", "result"),
    [
        ((0, 5), [0]),
        ((4, 6), [0]),
        ((5, 6), []),
        ((6, 9), [1]),
        ((0, 12), [0, 1, 2]),
        ((9, 10), [2]),
        ((12, 20), []),
    ],
)
def test_tokens_at_characters(span: tuple[int, int], result: list[int]) -> None:
    rows = TextTokens(
        (1, 2, 3, 4), ((0, 5), (6, 9), (9, 12), None), ("text",) * 3 + ("end",), (0,) * 4
    )
    assert tokens_at(rows, span) == result


def test_a_word_of_two_tokens_shifts_no_slot() -> None:
    """Of a bag the slots hold the same vectors, wherever the words stand and however many tokens
    they have.
    """
    p = Cell(
        "a turquoise car and a blue house",
        dict(zip(SLOTS, ((2, 11), (12, 15), (22, 26), (27, 32)), strict=True)),
    )
    for split in ([], ["turquoise"], ["turquoise", "house"]):
        encoder = BagOfWords(Words(split=split))
        result = _in_slots(p, encode(encoder, [p.text])[p.text]).reshape(-1, WIDTH)
        assert len(result) == 7  # four places, the end, all other words, the padding
        assert torch.equal(result[1], encoder.static([encoder.words.row("car").ids[1]])[0])
        assert torch.equal(result[2], encoder.static([encoder.words.row("blue").ids[1]])[0])
        thing = encoder.static(encoder.words.row("house").ids[1:-1]).mean(0)
        assert torch.allclose(result[3], thing) and torch.allclose(
            result[4], encoder.static([2])[0]
        )
        others = encoder.static(
            [encoder.words.row(word).ids[1] for word in ("a", "and", "a")]
        ).mean(0)
        assert torch.allclose(result[5], others) and not result[6].any()


def test_slots_take_the_padding_apart() -> None:
    cell = Cell("red car", {SLOTS[0]: (0, 3), SLOTS[1]: (4, 7)})
    encoded = encode(BagOfWords(Words(length=12)), [cell.text])[cell.text]
    result = _in_slots(cell, encoded).reshape(-1, WIDTH)
    assert not result[2].any() and not result[3].any() and not result[5].any()
    assert torch.allclose(result[6], BagOfWords().static([3])[0])


def gram_of(scale: float = 1, move: float = 0, readout: str = CROSS) -> Any:
    encoder = Causal(Words(length=20))
    texts = [
        "a red car and a blue house",
        "a blue car and a red house",
        "two dogs",
        "nothing like the others here",
    ]
    encoded = encode(encoder, texts)
    cells = [
        (Cell(text, {}), replace(item, states=States(item.states.sequence * scale + move, None)))
        for text, item in encoded.items()
    ]
    return gram(readout, cells)


@pytest.mark.parametrize("scale", [1e-4, 0.1, 30, 1e4])
def test_the_kernel_is_as_wide_as_the_space(scale: float) -> None:
    item, other = gram_of(), gram_of(scale)
    assert torch.allclose(item.matrix, other.matrix, atol=1e-6)
    assert item.rounding == pytest.approx(other.rounding, rel=1e-3)
    assert torch.allclose(item.matrix, gram_of(move=5.0).matrix, atol=1e-5)


def test_the_kernel_is_the_same_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = gram_of().matrix
    monkeypatch.setattr(readouts, "_width", lambda *_: 7.0)
    fixed = gram_of().matrix
    monkeypatch.setattr(readouts, "SAMPLE", 5)
    assert torch.allclose(gram_of().matrix, fixed, atol=1e-12) and not torch.allclose(
        fixed, whole, atol=1e-6
    )


def test_the_kernel_is_that_of_all_tokens_however_many_are_alike() -> None:
    """Written out for every pair of tokens; the bag's are the same wherever their word stands."""
    texts = ["a red car and a red house", "a house", "a a a", "red dogs and a car"]
    for encoder in (BagOfWords(), Causal()):
        answers = encode(encoder, texts)
        tokens = torch.cat([answers[text].states.sequence for text in texts]).double()
        owner = [k for k, text in enumerate(texts) for _ in answers[text].tokens.ids]
        apart = torch.cdist(tokens, tokens, compute_mode="donot_use_mm_for_euclid_dist").pow(2)
        width = apart[apart > apart.max() * 1e-9].median()
        mean = torch.nn.functional.one_hot(torch.tensor(owner)).double()
        mean = mean / mean.sum(0)
        expected = mean.T @ torch.exp(apart / (-2 * width)) @ mean
        kernel = gram(CROSS, [(Cell(text, {}), answers[text]) for text in texts])
        assert torch.allclose(kernel.matrix, expected, atol=1e-9)
        energy = float((tokens - tokens.mean(0)).pow(2).sum(-1).mean())
        assert kernel.rounding == pytest.approx(readouts.ROUNDING**2 * energy / float(width))


def test_the_kernel_sees_which_tokens_not_where_they_stand() -> None:
    texts = ["red car", "car red", "red red"]
    encoded = encode(BagOfWords(), texts)
    matrix = gram(CROSS, [(Cell(text, {}), encoded[text]) for text in texts]).matrix
    distance = matrix.diagonal()[:, None] + matrix.diagonal() - 2 * matrix
    assert float(distance[0, 1]) == pytest.approx(0, abs=1e-14) and float(distance[0, 2]) > 1e-3


def test_the_kernel_keeps_more_than_the_mean() -> None:
    """Attention tells a set of two opposite vectors from one of two zeros; their mean does not."""
    ones = [answer("tt", [[1.0, 0], [-1, 0]]), answer("tt", [[0.0, 0], [0, 0]])]
    cells = [(Cell("", {}), item) for item in ones]
    assert float(gram(MEAN, cells).matrix.abs().max()) == 0
    matrix = gram(CROSS, cells).matrix
    assert float(matrix[0, 0] + matrix[1, 1] - 2 * matrix[0, 1]) > 0.05


def test_equal_tokens_everywhere_are_no_error() -> None:
    same = [(Cell("", {}), answer("ttt", torch.ones(3, 2)))] * 4
    gram_matrix = gram(CROSS, same)
    assert bool(torch.isfinite(gram_matrix.matrix).all()) and gram_matrix.rounding >= 0


# --- encoding
# --------------------------------------------------------------------------------------------------


def test_every_text_is_encoded_once() -> None:
    encoder = Tagged()
    encoded = encode(encoder, ["a cat", "a dog", "a cat", "a cat and a dog", "a dog"])
    assert (
        sum(encoder.calls) == 3
        and list(encoded) != []
        and set(encoded) == {"a cat", "a dog", "a cat and a dog"}
    )
    for text, item in encoded.items():
        assert item.tokens == encoder.words.row(text)
        assert torch.equal(item.states.sequence, encoder._one(item.tokens).sequence)
    assert encode(encoder, []) == {}


def test_passes_stay_within_their_size(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = Tagged(Words(length=TOKENS_AT_ONCE // 4))
    encode(encoder, [f"text {k}" for k in range(9)])
    assert encoder.calls == [4, 4, 1]
    long = Tagged(Words(length=2 * TOKENS_AT_ONCE))
    encode(long, ["one", "two"])
    assert long.calls == [1, 1]


def test_progress_counts_tokens_and_ends_at_all() -> None:
    seen: list[tuple[int, int]] = []
    encode(
        Tagged(Words(length=TOKENS_AT_ONCE // 2)),
        ["a", "b", "c"],
        lambda done, total: seen.append((done, total)),
    )
    assert (
        seen[0][0] == 0
        and seen[-1][0] == seen[-1][1]
        and [a for a, _ in seen] == sorted(a for a, _ in seen)
    )


# --- the conditioning as a whole
# ------------------------------------------------------------------------------------------


def test_streams_are_joined_as_the_host_joins_them() -> None:
    layout = GeneratorInputs(
        "sd3", "SD3", "joint-attention DiT", ("l", "g"), ("l", "g", "t5xxl"), False, ("l", "g")
    )
    left, right = answer("stepp", torch.ones(5, 2)), answer("step", torch.full((4, 3), 2.0))
    t5 = answer("tte", torch.full((3, 9), 3.0))
    sequence = conditioning_sequence(layout, {"l": left, "g": right, "t5xxl": t5})
    assert sequence.states.sequence.shape == (7, 9) and len(sequence.tokens) == 7
    assert sequence.states.sequence[0].tolist() == [1, 1, 2, 2, 2, 0, 0, 0, 0]
    assert sequence.states.sequence[4].tolist() == [3] * 9
    assert sequence.tokens.kinds == ("start", "text", "end", "pad", "text", "text", "end")
    alone = conditioning_sequence(layout, {"t5xxl": t5})
    assert torch.equal(alone.states.sequence, t5.states.sequence)
