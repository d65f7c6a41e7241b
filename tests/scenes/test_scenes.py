"""Drawn scenes: what is said of them is true, what is said falsely is false, and the split keeps
whole bags apart.
"""

from __future__ import annotations

import random
import re

import pytest
import torch
from encoderscope.conditioning.errors import UnknownName
from encoderscope.conditioning.scenes.captions import KINDS, TOGETHER, caption, kinds
from encoderscope.conditioning.scenes.drawing import COLOUR, RADIUS, SHAPE, draw
from encoderscope.conditioning.scenes.scene import (
    COLOURS,
    PARTS,
    SHAPES,
    SIZES,
    Scene,
    bags,
    scenes,
    staged,
)


def bag(scene: Scene) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(thing.colour for thing in scene.things), frozenset(
        thing.shape for thing in scene.things
    )


def test_parts_share_no_bag_and_hold_all() -> None:
    dealt = [
        {(frozenset(bag.colours), frozenset(bag.shapes)) for bag in bags(part)} for part in PARTS
    ]
    assert [len(item) for item in dealt] == [294, 63, 63]
    assert len(set.union(*dealt)) == 28 * 15
    with pytest.raises(UnknownName, match="calibration"):
        bags("validation")


@pytest.mark.parametrize("part", PARTS)
def test_a_scene_and_its_swap_are_of_their_part(part: str) -> None:
    known = {(frozenset(bag.colours), frozenset(bag.shapes)) for bag in bags(part)}
    for scene in scenes(100, part, 3):
        assert bag(scene) in known
        assert bag(scene.swapped()) == bag(scene)
        assert [
            (a.colour, b.colour) for a, b in zip(scene.things, scene.swapped().things, strict=True)
        ] == [(scene.things[k].colour, scene.things[1 - k].colour) for k in range(2)]
        assert scene.swapped().swapped() == scene


def test_every_bag_comes_once_before_any_comes_twice() -> None:
    result = [bag(scene) for scene in scenes(126, "test", 0)]
    assert len(set(result[:63])) == 63 == len(set(result[63:]))
    assert scenes(20, "test", 0) == scenes(126, "test", 0)[:20]
    assert scenes(20, "test", 0) != scenes(20, "test", 1)


def test_the_same_seed_is_the_same_scene_in_every_python() -> None:
    """Written down, so that a change of the arithmetic, which would make published figures wrong,
    is seen.
    """
    [scene] = scenes(1, "test", 1)
    assert [(thing.colour, thing.shape, thing.size) for thing in scene.things] == [
        ("red", "car", "small"),
        ("pink", "ball", "big"),
    ]
    assert scene.things[0].x == pytest.approx(0.2833135905992517, abs=1e-15)


def truth(text: str) -> set[tuple[str, ...]]:
    """What a caption says: (attribute, thing) pairs, or (thing, relation, thing)."""
    related = re.search(
        r"(\w+) (to the left of|to the right of|above|below) (?:a|the) (?:\w+ )?(\w+)(?=$|,| in)",
        text,
    )
    words = [word.strip(",.:") for word in text.split()]
    pairs = {
        (word, next(word for word in words[k:] if word in SHAPES))
        for k, word in enumerate(words)
        if word in (*COLOURS, *SIZES)
    }
    if related is None:
        return pairs
    first, relation, second = related.groups()
    turned = {"to the right of": "to the left of", "below": "above"}
    return pairs | {
        (second, turned[relation], first) if relation in turned else (first, relation, second)
    }


@pytest.mark.parametrize("kind", KINDS)
def test_captions_are_true_and_rivals_false(kind: str) -> None:
    dice, seen = random.Random(0), 0
    for scene in scenes(300, "train", 5):
        if kind not in kinds(scene):
            with pytest.raises(UnknownName):
                caption(scene, dice, kind)
            continue
        seen += 1
        sentence = caption(scene, dice, kind)
        real = {
            (getattr(thing, name), thing.shape)
            for thing in scene.things
            for name in ("colour", "size")
        }
        for text in (sentence.text, sentence.other):
            claimed = truth(text)
            assert {pair for pair in claimed if len(pair) == 2} <= real, text
        assert truth(sentence.text) == truth(sentence.other)
        assert truth(sentence.rival) != truth(sentence.text)
        assert sorted(re.findall(r"\w+", sentence.rival)) == sorted(
            re.findall(r"\w+", sentence.text)
        )
        if kind == "relation":
            [claim] = [one_of for one_of in truth(sentence.text) if len(one_of) == 3]
            at = {thing.shape: (thing.x, thing.y) for thing in scene.things}
            (x, y), (v, w) = at[claim[0]], at[claim[2]]
            assert x < v if claim[1] == "to the left of" else y < w
    assert seen > 150


def test_every_frame_holds_both_things() -> None:
    assert all(frame.count("{A}") == frame.count("{B}") == 1 for frame in TOGETHER)
    assert len(set(TOGETHER)) == len(TOGETHER) >= 18


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_thing_has_its_colour_where_it_stands(colour: str, shape: str) -> None:
    entry = staged(
        random.Random(4), (colour, shape), ("red" if colour != "red" else "blue", "ball")
    )
    [picture] = draw([entry], 128)
    covered = (picture - torch.tensor(COLOUR[colour])).abs().amax(-1) < 0.08
    thing = entry.things[0]
    down, across = covered.nonzero().double().mean(0) / 128
    assert (float(across), float(down)) == pytest.approx((thing.x, thing.y), abs=0.09)
    assert float(covered.double().mean()) > RADIUS[thing.size] ** 2


def test_pictures_are_the_same_at_any_size_and_in_any_company() -> None:
    shown = scenes(3, "train", 2)
    large = draw(shown, 256)
    assert large.shape == (3, 256, 256, 3)
    assert float(large.min()) >= 0
    assert float(large.max()) <= 1
    small = torch.nn.functional.interpolate(large.movedim(-1, 1), size=64, mode="area").movedim(
        1, -1
    )
    assert float((small - draw(shown, 64)).abs().mean()) < 0.01
    torch.testing.assert_close(draw(shown[1:2], 64)[0], draw(shown, 64)[1])


def test_shapes_differ_from_each_other() -> None:
    place = (torch.arange(64) + 0.5) / 32 - 1
    v, u = torch.meshgrid(place * 1.2, place * 1.2, indexing="ij")
    inside = {name: distance(u, v) < 0 for name, distance in SHAPE.items()}
    for name, item in inside.items():
        for other, two in inside.items():
            overlap = float((item & two).sum()) / float((item | two).sum())
            assert name == other or overlap < 0.8, (name, other, overlap)


def test_an_unknown_thing_is_refused() -> None:
    with pytest.raises(UnknownName, match="heart"):
        staged(random.Random(0), ("red", "boat"), ("blue", "car"))
