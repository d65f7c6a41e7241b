"""Who hears whom."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.binding import suite
from encoderscope.conditioning.binding.cosine_rule import UNRELATED, cosines
from encoderscope.conditioning.binding.designs import Design, plan
from encoderscope.conditioning.binding.selectivity import END, Selectivity, selectivity
from encoderscope.conditioning.encoding.text_encoder import encode
from encoderscope.conditioning.english.cells import SLOTS
from encoderscope.conditioning.english.reading import read
from encoderscope.tests.binding.kit import BagOfWords, Causal, Neighbours, Toy, Words

[DESIGN] = plan(read("a red car and a turquoise house")).designs
FIRST, SECOND = SLOTS[1], SLOTS[3]


def listen(encoder: Toy, design: Design = DESIGN) -> dict[str, Selectivity]:
    answers = encode(encoder, [cell.text for frame in design.frames for cell in frame.cells()])
    return {item.word: item for item in selectivity(design, answers)}


@pytest.mark.parametrize("split", [[], ["turquoise"], ["car", "house"]])
def test_in_a_causal_encoder_the_first_thing_never_hears_what_comes_later(split: list[str]) -> None:
    listened = listen(Causal(Words(split=split)))
    assert (
        listened[FIRST].second == 0 and listened[FIRST].first > 0 and listened[FIRST].own_share == 1
    )
    assert (
        listened[SECOND].first > 0
        and listened[SECOND].second > 0
        and 0 < (listened[SECOND].own_share or 0) < 1
    )
    assert listened[END].first > 0 and listened[END].second > 0 and listened[END].own_share is None


def test_read_both_ways_the_first_thing_hears_both() -> None:
    encoder = Causal()
    encoder.causal = False  # type: ignore[misc]
    assert listen(encoder)[FIRST].second > 0


def test_a_neighbour_hears_its_own_alone() -> None:
    listened = listen(Neighbours())
    assert listened[FIRST].own_share == listened[SECOND].own_share == 1
    assert listened[FIRST].second == listened[SECOND].first == 0
    assert listened[END].first == listened[END].second == 0 or listened[END].second > 0


def test_a_bag_hears_nothing() -> None:
    listened = listen(BagOfWords())
    assert all(
        item.first == item.second == 0 and item.own_share is None for item in listened.values()
    )


def test_the_size_of_an_effect_by_hand() -> None:
    """Neighbours: car * (0.3 + red) against car * (0.3 + turquoise)."""
    encoder = Neighbours()
    red, turquoise, car = (
        encoder.static(encoder.words.row(item).ids[1:2])[0].double()
        for item in ("red", "turquoise", "car")
    )
    apart = (car * (red - turquoise)).norm()
    size = (car * (0.3 + red)).norm() / 2 + (car * (0.3 + turquoise)).norm() / 2
    assert listen(encoder)[FIRST].first == pytest.approx(float(apart / size), rel=1e-5)


def test_without_an_end_token_and_in_other_kinds_there_is_less_to_hear() -> None:
    assert END not in listen(Neighbours(Words(specials=False)))
    for kind in ("count", "negation", "relation", "role", "number"):
        assert listen(Neighbours(), suite.of_kind(kind, 2)[0]) == {}


def test_own_shares_are_own() -> None:
    assert (
        Selectivity(FIRST, 3, 1).own_share == 0.75
        and Selectivity(SECOND, 3, 1).own_share == 0.25
        and Selectivity(END, 3, 1).own_share is None
    )


def test_cosines_of_whole_sentences() -> None:
    texts = [cell.text for frame in DESIGN.frames for cell in frame.cells()]
    bag = cosines(DESIGN, encode(BagOfWords(), [*texts, UNRELATED]))
    assert (
        bag.swap == bag.commuted == pytest.approx(1)
        and bag.margin == pytest.approx(0)
        and bag.unrelated < 0.9
    )
    bound = cosines(DESIGN, encode(Neighbours(), [*texts, UNRELATED]))
    assert -1 <= bound.unrelated < bound.swap < 1 and bound.margin == bound.commuted - bound.swap
    encoded = encode(Neighbours(), texts)
    p, s, c = (
        [encoded[getattr(frame, name).text].states.pooled.double() for frame in DESIGN.frames]
        for name in ("prompt", "rival", "prompt_reversed")
    )  # type: ignore[union-attr]
    for others, expected in ((s, bound.swap), (c, bound.commuted)):
        assert sum(
            float(a @ b / a.norm() / b.norm()) for a, b in zip(p, others, strict=True)
        ) / 8 == pytest.approx(expected)
    plain = cosines(DESIGN, encode(Neighbours(pooled=False), [*texts, UNRELATED]))
    assert plain.swap == pytest.approx(bound.swap, abs=1e-6)
