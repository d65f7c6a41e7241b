"""The reader says what was drawn, at every size and through blur; None for what is not there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import torch
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.scenes.drawing import COLOUR, draw
from encoderscope.conditioning.scenes.ground import estimate_ground
from encoderscope.conditioning.scenes.read_scene import SceneReading, read
from encoderscope.conditioning.scenes.scene import COLOURS, SHAPES, SIZES, Scene, Thing, scenes

GROUND = (0.55, 0.02, 0.1, -0.1, 0.02)


def blurred(pictures: torch.Tensor, pixels: float = 1.0) -> torch.Tensor:
    """By a Gaussian of this standard deviation."""
    bell = torch.exp(-torch.arange(-4, 5.0).square() / (2 * pixels**2))
    channels = pictures.movedim(-1, 1)
    padded = torch.nn.functional.pad(channels, (4, 4, 4, 4), mode="replicate")
    kernel = (bell[:, None] * bell / bell.sum() ** 2).expand(3, 1, 9, 9)
    return torch.nn.functional.conv2d(padded, kernel, groups=3).movedim(1, -1)


def names(reading: SceneReading) -> set[tuple[str | None, ...]]:
    return {(thing.colour, thing.shape, thing.size) for thing in reading.things}


def truth(scene: Scene) -> set[tuple[str | None, ...]]:
    return {(thing.colour, thing.shape, thing.size) for thing in scene.things}


def wrong(drawn: Sequence[Scene], readings: Sequence[SceneReading]) -> int:
    pairs = zip(drawn, readings, strict=True)
    return sum(names(reading) != truth(scene) for scene, reading in pairs)


@pytest.mark.parametrize("side", [64, 100, 128])
def test_what_is_drawn_is_read(side: int) -> None:
    drawn = scenes(63, "test", 4)
    readings = read(draw(drawn, side))
    assert wrong(drawn, readings) == 0
    for scene, reading in zip(drawn, readings, strict=True):
        assert reading.unexplained < 0.05
        for thing in scene.things:
            [same] = [entry for entry in reading.things if entry.shape == thing.shape]
            assert same.x == pytest.approx(thing.x, abs=0.03)
            assert same.y == pytest.approx(thing.y, abs=0.03)
            assert same.match * same.purity > 0.6


@pytest.mark.parametrize("worse", [blurred, lambda pictures: pictures * 0.9 + 0.05])
def test_blurred_and_faded_scenes_are_read(worse: Callable[[torch.Tensor], torch.Tensor]) -> None:
    drawn = scenes(126, "test", 5)
    assert wrong(drawn, read(worse(draw(drawn, 64)))) <= 2


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("level", [0.38, 0.72])
def test_every_thing_on_dark_and_light_ground(colour: str, level: float) -> None:
    drawn = [
        Scene((Thing(colour, shape, size, 0.4, 0.55, tint=tint),), (level, *GROUND[1:]))
        for shape in SHAPES
        for size in SIZES
        for tint in (-1.0, 1.0)
    ]
    assert wrong(drawn, read(draw(drawn, 64))) == 0


def test_two_things_of_one_colour_and_two_of_one_shape() -> None:
    things = [
        (Thing("red", "car", "small", 0.3, 0.5), Thing("red", "ball", "medium", 0.72, 0.5)),
        (Thing("red", "star", "big", 0.5, 0.27), Thing("white", "star", "small", 0.5, 0.73)),
        (Thing("pink", "heart", "small", 0.5, 0.27), Thing("pink", "heart", "small", 0.5, 0.73)),
    ]
    drawn = [Scene(pair, GROUND) for pair in things]
    readings = read(draw(drawn, 64))
    assert wrong(drawn, readings) == 0
    assert [len(reading.things) for reading in readings] == [2, 2, 2]


def test_three_things_and_none() -> None:
    three = Scene(
        (
            Thing("red", "car", "small", 0.25, 0.3),
            Thing("blue", "tree", "small", 0.75, 0.3),
            Thing("black", "ball", "small", 0.5, 0.75),
        ),
        GROUND,
    )
    empty = Scene((), GROUND)
    assert names(read(draw([three], 64))[0]) == truth(three)
    ground = estimate_ground(draw([three], 64))
    [nothing] = read(ground)
    assert nothing.things == empty.things
    assert nothing.unexplained < 0.02


def test_a_thing_in_two_colours_has_a_shape_and_no_colour() -> None:
    scene = Scene((Thing("red", "car", "big", 0.5, 0.5),), GROUND)
    other = replace(scene, things=(replace(scene.things[0], colour="blue"),))
    picture = draw([scene], 64)
    picture[:, :, 32:] = draw([other], 64)[:, :, 32:]
    [thing] = read(picture)[0].things
    assert (thing.colour, thing.shape, thing.size) == (None, "car", "big")
    assert thing.purity < 0.7


def test_a_patch_without_outline_has_a_colour_and_no_shape() -> None:
    picture = draw([Scene((Thing("red", "ball", "small", 0.5, 0.5),), GROUND)], 64)
    picture = estimate_ground(picture)
    picture[:, 28:34, 4:60] = torch.tensor(COLOUR["blue"])
    [thing] = read(picture)[0].things
    assert (thing.colour, thing.shape, thing.size) == ("blue", None, None)


def test_noise_is_no_scene() -> None:
    noise = torch.rand(8, 64, 64, 3, generator=torch.Generator().manual_seed(0))
    things = [thing for reading in read(noise) for thing in reading.things]
    assert all(None in (thing.colour, thing.shape) or thing.match < 0.6 for thing in things)


def test_the_background_is_found_below_the_things() -> None:
    drawn = scenes(30, "test", 6)
    bare = [replace(scene, things=(replace(scene.things[0], x=9.0),)) for scene in drawn]
    off = (estimate_ground(draw(drawn, 64)) - draw(bare, 64)).abs()
    assert off.mean() < 0.01
    assert off.max() < 0.06


def test_how_many_pictures_are_read_at_once_changes_nothing() -> None:
    drawn = scenes(70, "test", 7)
    pictures = draw(drawn, 64)
    together = read(pictures)
    assert [names(reading) for reading in together] == [
        names(reading) for picture in pictures for reading in read(picture[None])
    ]


@pytest.mark.parametrize("shape", [(64, 64, 3), (1, 64, 32, 3), (1, 64, 64, 1)])
def test_only_square_pictures(shape: tuple[int, ...]) -> None:
    with pytest.raises(EncoderScopeError, match="square"):
        read(torch.zeros(shape))
