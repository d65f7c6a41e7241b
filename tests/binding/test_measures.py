"""The algebra of the four cells: what is exactly 0, exactly 1, and never changes."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.binding import suite
from encoderscope.conditioning.binding.blind_encoders import (
    BagEncoder,
    BindingOracle,
    PlacedBagEncoder,
)
from encoderscope.conditioning.binding.design_answers import measure_designs, measures_of
from encoderscope.conditioning.binding.designs import Design
from encoderscope.conditioning.binding.measures import (
    Measure,
    auc,
    consistency,
    holm,
    interval,
    measure,
)
from encoderscope.conditioning.binding.readouts import (
    CROSS,
    MEAN,
    POOLED,
    SEQUENCE,
    Gram,
    answers_of,
    gram,
)
from encoderscope.conditioning.binding.verdicts import decide, judge
from encoderscope.conditioning.encoding.text_encoder import Answer, TextEncoder, encode
from encoderscope.tests.binding.kit import (
    WIDTH,
    BagOfWords,
    Causal,
    Moved,
    Neighbours,
    Tagged,
    Toy,
    Words,
)
from hypothesis import given
from hypothesis import strategies as st

ALL = (POOLED, SEQUENCE, CROSS)
BINDING = suite.of_kind("binding", 8)[:3]
CROSSED = [suite.designs(name, 4)[1] for name in ("colour", "count", "negation", "spatial", "role")]


def of(vectors: Sequence[Any]) -> Measure:
    """One readout made of these vectors, in the order p, s, c, sc."""
    table = torch.stack([torch.as_tensor(vector, dtype=torch.float64) for vector in vectors])
    table = table - table.mean(0)
    return measure(Gram(table @ table.T, 1e-30), len(vectors) // 4)


def test_pure_binding_pure_order_and_no_difference() -> None:
    meaning = of([[1, 0], [0, 1], [1, 0], [0, 1]] * 2)
    assert meaning.share == 1 and meaning.kappa == pytest.approx(1) and not meaning.collapsed
    order = of(
        [[1, 0], [0, 1], [0, 1], [1, 0]] * 2
    )  # p = sc, s = c: which modifier comes first, and no more
    assert order.share == 0 and order.kappa == pytest.approx(-1)
    things = of([[1, 0], [1, 0], [0, 1], [0, 1]] * 2)
    assert things.share == 0 and things.kappa == 0 and not things.collapsed
    nothing = of([[1, 2]] * 8)
    assert (
        nothing.collapsed
        and nothing.share == 0
        and nothing.kappa == 0
        and not nothing.agreement.any()
    )


def test_energies_are_those_of_the_three_contrasts() -> None:
    p, s, c, sc = torch.randn(4, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    result = of([p, s, c, sc])
    n, a, b = p + s - c - sc, p + sc - c - s, p + c - s - sc
    assert torch.allclose(result.energies[0], torch.stack([x @ x for x in (n, a, b)]))
    assert result.share == pytest.approx(float(b @ b / (n @ n + a @ a + b @ b)))
    assert result.kappa == pytest.approx(
        float((p - s) @ (c - sc) / (p - s).norm() / (c - sc).norm())
    )


def test_agreement_is_the_cosine_of_binding_contrasts() -> None:
    cells = torch.randn(8, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    first, second = (cells[k] + cells[k + 2] - cells[k + 1] - cells[k + 3] for k in (0, 4))
    agreement = of(list(cells)).agreement
    assert (
        float(agreement[0, 1])
        == float(agreement[1, 0])
        == pytest.approx(float(first @ second / first.norm() / second.norm()))
    )
    assert agreement.diagonal().tolist() == pytest.approx([1, 1])


# --- what is true by construction
# -----------------------------------------------------------------------------------------


def by_readout(encoder: TextEncoder, design: Design) -> dict[str, Measure]:
    return measure_designs(encoder, [design])[0]


@pytest.mark.parametrize("design", CROSSED, ids=lambda item: item.kind)
@pytest.mark.parametrize("control", [BagEncoder, PlacedBagEncoder])
@pytest.mark.parametrize("words", [Words(), Words(length=40)], ids=["unpadded", "padded"])
def test_whatever_is_added_up_has_no_binding(
    design: Design, control: Callable[[Toy], TextEncoder], words: Words
) -> None:
    if design.kind == "relation":  # to the right of / to the left of: as many tokens as each other
        assert len({len(words.row(cell.text)) for cell in design.frames[0].cells()}) == 1
    for readout, result in by_readout(control(Causal(words)), design).items():
        assert float(result.energies[:, 2].max()) <= 1e-14 + 1e-12 * float(
            result.energies.sum(-1).max()
        ), readout
        assert result.share <= 1e-12
        # Nothing but rounding is left of the binding: it agrees with nothing, and is never
        # significant.
        assert bool(torch.isfinite(result.agreement).all()) and consistency(result.agreement) > 0.5


@pytest.mark.parametrize("design", [CROSSED[0], CROSSED[2]], ids=lambda item: item.kind)
def test_a_bag_cannot_tell_its_cells_apart(design: Design) -> None:
    measures = by_readout(BagOfWords(), design)
    assert (
        measures[POOLED].collapsed
        and measures[CROSS].collapsed
        and measures[POOLED].share == measures[CROSS].share == 0
    )
    assert (
        not measures[SEQUENCE].collapsed and measures[SEQUENCE].share < 1e-9
    )  # what stands in which slot is its order


def test_a_tagged_bag_is_order_and_nothing_else() -> None:
    for result in by_readout(Tagged(), BINDING[0]).values():
        assert not result.collapsed and result.share < 1e-9
        assert result.kappa == pytest.approx(-1, abs=1e-5)  # p - s is exactly sc - c


@pytest.mark.parametrize("design", BINDING)
def test_the_oracle_is_binding_and_nothing_else(design: Design) -> None:
    oracle = BindingOracle(Causal(), design.cells())
    measures = by_readout(oracle, design)
    for readout in (POOLED, CROSS):
        assert measures[readout].share == pytest.approx(1, abs=1e-9) and measures[
            readout
        ].kappa == pytest.approx(1, abs=1e-6)
        assert consistency(measures[readout].agreement) == 2**-7
    assert (
        0.05 < measures[SEQUENCE].share < 0.95
    )  # it reads places, so the oracle's words stand at others, too


def test_words_of_unequal_length_leak() -> None:
    """Why nulls know two sorts of contrasts."""
    design = next(item for item in BINDING if item.frames[0].prompt.text.startswith("a "))
    first = design.frames[0].prompt.text.split()[1]
    uneven = by_readout(PlacedBagEncoder(Causal(Words(split=[first]))), design)
    assert uneven[POOLED].share > 1e-4


# --- what changes nothing
# -------------------------------------------------------------------------------------------------


def _turned(x: torch.Tensor) -> torch.Tensor:
    turn, _ = torch.linalg.qr(
        torch.randn(WIDTH, WIDTH, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    )
    return (x.double() @ turn).float()


CHANGES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "turned": _turned,
    "scaled up": lambda x: x * 1000,
    "scaled down": lambda x: x / 1000,
    "shifted": lambda x: x + 3,
    "all": lambda x: 0.01 * _turned(x) - 0.02,
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("make", [Causal, Neighbours, Tagged])
@pytest.mark.parametrize("pooled", [True, False])
def test_the_space_of_vectors_may_be_turned_scaled_and_shifted(
    change: str, make: type[Toy], pooled: bool
) -> None:
    encoder = make(Words(split=["kettle", "green"], length=30), pooled=pooled)
    for design in BINDING:
        before, after = (
            by_readout(encoder, design),
            by_readout(Moved(encoder, CHANGES[change]), design),
        )
        assert set(before) == set(after) == {POOLED if pooled else MEAN, SEQUENCE, CROSS}
        for readout, item in before.items():
            other = after[readout]
            assert other.share == pytest.approx(
                item.share, abs=2e-5
            ) and other.kappa == pytest.approx(item.kappa, abs=2e-4)
            assert torch.allclose(item.shares, other.shares, atol=1e-4)
            first, second = (
                [x.verdict for x in decide([judge(m, (0.02, 0.02), (0, "t", readout))])]
                for m in (item, other)
            )
            assert first == second


@pytest.mark.parametrize("make", [Causal, Neighbours])
def test_order_and_company_of_the_texts_change_nothing(make: type[Toy]) -> None:
    design = BINDING[1]
    encoder = make(Words(length=30))
    texts = design.texts()
    answers = encode(encoder, texts)
    for other in (list(reversed(texts)), texts * 2, [*texts, "something else entirely", texts[0]]):
        again = encode(encoder, other)
        for readout, expected in measures_of(design, answers).items():
            assert expected.shares.tolist() == measures_of(design, again)[readout].shares.tolist()


@pytest.mark.parametrize("readout", ALL)
def test_saying_a_frame_twice_changes_no_share(readout: str) -> None:
    design = BINDING[2]
    answers = encode(Causal(), design.texts())
    output = answers_of(design.cells(), answers)
    once, twice = measure(gram(readout, output), 8), measure(gram(readout, [*output, *output]), 16)
    assert torch.allclose(torch.cat([once.shares, once.shares]), twice.shares, atol=1e-9)


# --- the numeric floor
# --------------------------------------------------------------------------------------------------


def noisy(answer: Answer, size: float, seed: int) -> Answer:
    draw = torch.Generator().manual_seed(seed)
    sequence, pooled = answer.states
    return Answer(
        answer.tokens,
        type(answer.states)(
            sequence + size * torch.randn(sequence.shape, generator=draw),
            pooled + size * torch.randn(pooled.shape, generator=draw),
        ),
    )


@pytest.mark.parametrize("readout", ALL)
def test_what_is_encoded_again_sets_the_floor(readout: str) -> None:
    design = BINDING[0]
    answers = encode(Tagged(), design.texts())
    output = answers_of(design.cells(), answers)
    same = measure(gram(readout, [*output, *output[:4]]), 8, 4)
    assert same.floor == pytest.approx(gram(readout, output).rounding, rel=0.2)
    loud = measure(
        gram(
            readout,
            [*output, *((cell, noisy(item, 10, k)) for k, (cell, item) in enumerate(output[:4]))],
        ),
        8,
        4,
    )
    assert (
        loud.floor > 1e3 * same.floor and loud.collapsed and loud.share == 0 and not same.collapsed
    )


def test_noise_alone_collapses_where_it_is_as_loud_the_second_time() -> None:
    """A bag in low precision: its cells differ by numerics, and the repeats say by how much."""
    collapsed = 0
    for design in BINDING:
        answers = encode(BagOfWords(), design.texts())
        output = [
            (cell, noisy(answers[cell.text], 1e-3, k)) for k, cell in enumerate(design.cells())
        ]
        again = [
            (cell, noisy(answers[cell.text], 1e-3, 900 + k))
            for k, cell in enumerate(design.cells()[:4])
        ]
        collapsed += measure(gram(POOLED, [*output, *again]), 8, 4).collapsed
        assert not measure(gram(POOLED, output), 8).collapsed
    assert collapsed == len(BINDING)


def test_a_frame_within_the_floor_counts_as_no_binding() -> None:
    table = torch.tensor(
        [[1.0, 0], [0, 1], [1, 0], [0, 1], [1e-6, 0], [0, 1e-6], [1e-6, 0], [0, 1e-6]],
        dtype=torch.float64,
    )
    measurement = measure(Gram(table @ table.T, 1e-9), 2)
    assert measurement.shares.tolist() == [1, 0] and not measurement.collapsed
    assert measurement.agreement.tolist() == [[pytest.approx(1), 0], [0, 0]]


# --- statistics
# --------------------------------------------------------------------------------------------------


def test_the_interval_covers_the_mean() -> None:
    draw = torch.Generator().manual_seed(11)
    hits = 0
    for k in range(200):
        values = 0.3 + 0.1 * torch.randn(12, generator=draw)
        low, high = interval(values, seed=k)
        hits += low <= 0.3 <= high
        assert low <= float(values.mean()) <= high
    assert (
        0.85 <= hits / 200 <= 0.99
    )  # of 12 frames a percentile bootstrap covers a little less than it says


def test_the_interval_of_equal_values_is_a_point_and_never_moves() -> None:
    assert interval(torch.full((8,), 0.25)) == (0.25, 0.25)
    values = torch.rand(8, generator=torch.Generator().manual_seed(2))
    assert interval(values) == interval(values.clone())
    narrow, wide = interval(values, 0.5), interval(values, 0.99)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]
    assert interval(values[:1]) == (pytest.approx(float(values[0])),) * 2


@pytest.mark.parametrize("frames", range(1, 13))
def test_frames_that_agree_give_the_least_p_that_there_is(frames: int) -> None:
    assert consistency(torch.ones(frames, frames, dtype=torch.float64)) == 2.0 ** -(frames - 1)


def test_p_by_hand() -> None:
    """Three frames: cosines 1, 1, 1 with one turned round. Of the four flips the given one sums to
    -2, as do two others.
    """
    agreement = torch.tensor([[1.0, 1, -1], [1, 1, -1], [-1, -1, 1]], dtype=torch.float64)
    assert consistency(agreement) == 1
    uneven = torch.tensor([[1.0, 0.9, 0.1], [0.9, 1, -0.2], [0.1, -0.2, 1]], dtype=torch.float64)
    # flips of frames 2, 3: (+,+) 0.8, (+,-) 1.0, (-,+) -0.6, (-,-) -1.2
    assert consistency(uneven) == 0.5
    assert consistency(torch.eye(4, dtype=torch.float64)) == 1


def test_chance_is_seldom_significant() -> None:
    draw = torch.Generator().manual_seed(4)
    result = []
    for _ in range(200):
        vectors = torch.nn.functional.normalize(
            torch.randn(8, 40, generator=draw, dtype=torch.float64), dim=-1
        )
        result.append(consistency(vectors @ vectors.T))
    assert 0.01 < sum(p <= 0.05 for p in result) / 200 < 0.1
    assert 0.4 < sum(result) / 200 < 0.62


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0] and holm([0.2]) == [0.2] and holm([]) == []
    assert holm([0.02, 0.02]) == [0.04, 0.04]


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_corrects_upwards_and_keeps_the_order(values: list[float]) -> None:
    corrected = holm(values)
    assert all(
        p <= q <= min(1, len(values) * p) + 1e-12 for p, q in zip(values, corrected, strict=True)
    )
    assert all(a <= b for (_, a), (_, b) in pairwise(sorted(zip(values, corrected, strict=True))))


@pytest.mark.parametrize(
    ("aware", "blind", "expected"),
    [
        ([2, 3], [0, 1], 1),
        ([0, 1], [2, 3], 0),
        ([1, 1], [1, 1], 0.5),
        ([1, 2], [1, 0], 0.875),
        ([5], [5, 4, 6, 5], 0.5),
    ],
)
def test_auc_counts_ties_half(aware: list[float], blind: list[float], expected: float) -> None:
    assert auc(aware, blind) == expected


def test_aware_encoders_stand_above_blind_ones() -> None:
    """The probe's reason to be, in small: shares of an encoder that binds against all
    that cannot.
    """
    aware = [by_readout(Neighbours(), item)[CROSS].share for item in BINDING]
    blind = [
        by_readout(make(), item)[CROSS].share for item in BINDING for make in (BagOfWords, Tagged)
    ]
    assert auc(aware, blind) == 1 and min(aware) > 0.1 and not math.isnan(sum(blind))
