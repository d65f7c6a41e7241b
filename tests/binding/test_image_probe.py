"""The image probe: margins that nothing but who has what can move, thresholds that are earned, and
pictures judged one by one.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
hypothesis = pytest.importorskip("hypothesis")
from encoderscope.conditioning.binding.designs import plan
from encoderscope.conditioning.english.reading import read
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.image_probe import calibration as image_calibration
from encoderscope.conditioning.image_probe import margins as image_margins
from encoderscope.conditioning.image_probe import probe_images as image_probe_probe
from encoderscope.conditioning.image_probe.calibration import Calibration, calibrated
from encoderscope.conditioning.image_probe.margins import Margin
from encoderscope.conditioning.image_probe.probe_images import (
    SHOWN,
    SWAPPED,
    UNKNOWN,
    ImageProbeOptions,
    probe_images,
)
from encoderscope.conditioning.image_text.text_reading import TextTooLong
from encoderscope.tests.binding import image_toy as toy

TEXT = "a red car next to a blue house"
RIGHT, WRONG = toy.scene("red car", "blue house"), toy.scene("blue car", "red house")
ELSE = toy.scene("green tree", "pink star")


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        (TEXT, ["colour"]),
        ("a cat left of a dog", ["place"]),
        ("a cat under a table", ["place"]),
        ("a cat behind a dog", [""]),
        ("a big car and a small house", ["size"]),
        ("a wooden car and a metal house", [""]),
        ("three cats", [""]),
        ("a cat chasing a dog", [""]),
    ],
)
def test_colours_sizes_and_four_places_can_be_drawn(text: str, drawn: list[str]) -> None:
    assert [design.contrast.scene_kind() for design in plan(read(text)).designs] == drawn


# Looking


@pytest.fixture
def quick(small_nulls: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Painted scenes, fewer of them. The folder to give as cache."""
    monkeypatch.setattr(image_calibration, "draw", toy.paint)
    monkeypatch.setattr(image_calibration, "SCENES", 96)
    return small_nulls


def looked(
    images: Any, quick: Path, text: str = TEXT, **kind: Any
) -> image_probe_probe.ImageProbeResult:
    return probe_images(images, text, toy.scorer(**kind), ImageProbeOptions(cache=quick))


def test_a_scorer_that_can_tell_does(quick: Path) -> None:
    look = looked(toy.paint([RIGHT, WRONG, ELSE]), quick)
    [reader] = look.reliability
    assert reader.text.verdict == "BOUND" and reader.calibration.threshold is not None
    assert [picture.shows for picture in look.pictures[:2]] == [SHOWN, SWAPPED]
    assert [picture.verdicts[0].reason for picture in look.pictures[:2]] == ["", ""]
    assert (
        abs(look.pictures[2].verdicts[0].margin.margin)
        < 0.3 * look.pictures[0].verdicts[0].margin.margin
    )


@pytest.mark.parametrize(
    "shown",
    [
        ("green car", "blue house"),
        ("red tree", "blue house"),
        ("red car", "blue star"),
        ("pink tree", "black star"),
    ],
)
def test_a_picture_that_lacks_a_word_shows_neither(shown: tuple[str, str], quick: Path) -> None:
    """Whichever reading is nearer: a margin alone would call one of them shown."""
    [picture] = looked(toy.paint([toy.scene(*shown)]), quick).pictures
    assert (
        picture.shows,
        picture.verdicts[0].reason in (image_probe_probe.ABSENT, image_probe_probe.CLOSE),
    ) == (UNKNOWN, True)


def test_words_are_exchanged_for_others_in_the_same_number() -> None:
    [design] = plan(read(TEXT)).designs
    [first, *_] = image_margins.word_exchanges(design, rival=False)
    assert first.text == "a red car and a blue house"
    assert first.without == (
        "a green car and a blue house",
        "a red tree and a blue house",
        "a red car and a green house",
        "a red car and a blue tree",
    )
    [rival, *_] = image_margins.word_exchanges(design, rival=True)
    assert rival.text == "a blue car and a red house"
    [design] = plan(read("two cars and three houses")).designs
    assert image_margins.word_exchanges(design, rival=False)[0].without == (
        "two trees and three houses",
        "two cars and three trees",
    )
    assert set(image_margins.scored_texts(design)) >= {
        cell.text for frame in design.frames for cell in frame.four
    }


def test_the_key_of_a_calibration_survives_a_new_release() -> None:
    """A representation that changes makes every saved file anew: raise VERSION with it."""
    assert image_calibration.VERSION == 1
    assert repr(toy.scene("red car", "blue house")) == (
        "Scene(things=(Thing(colour='red', shape='car', size='small', x=0.3, y=0.5, turn=0.0, "
        "tint=0.0), Thing(colour='blue', shape='house', size='small', x=0.7, y=0.5, turn=0.0, "
        "tint=0.0)), ground=(0.5, 0, 0, 0, 0))"
    )


def test_a_kind_that_no_scene_shows_is_never_claimed(quick: Path) -> None:
    look = looked(toy.paint([RIGHT]), quick, "a wooden car and a metal house")
    assert (look.reliability[0].calibration.kind, look.pictures[0].shows) == ("", UNKNOWN)
    bound: Any = type("Text", (), {"verdict": "BOUND"})
    assert (
        image_probe_probe._verdict(
            Margin(9.0, 1.0),
            image_probe_probe.ScorerReliability(bound, image_calibration.UNKNOWN_KIND),
        ).reason
        == image_probe_probe.KIND
    )


@pytest.mark.parametrize(
    ("reads", "why"), [(False, image_probe_probe.TEXT_SIDE), (True, image_probe_probe.SCORER)]
)
def test_one_that_cannot_tell_claims_nothing(reads: bool, why: str, quick: Path) -> None:
    look = looked(toy.paint([RIGHT, WRONG]), quick, reads=reads, sees=False)
    assert [picture.shows for picture in look.pictures] == [UNKNOWN] * 2
    assert [picture.verdicts[0].reason for picture in look.pictures] == [why] * 2


def test_a_margin_below_the_threshold_claims_nothing() -> None:
    calibration = Calibration("colour", 150, 160, 1.5, 120, 118, 0.0)
    bound: Any = type("Text", (), {"verdict": "BOUND"})
    seen = {
        item: image_probe_probe._verdict(
            Margin(item, 1.0), image_probe_probe.ScorerReliability(bound, calibration)
        )
        for item in (-1.6, -1.4, 0.0, 1.4, 1.5)
    }
    assert {item: (result.shows, result.reason) for item, result in seen.items()} == {
        -1.6: (SWAPPED, ""),
        -1.4: (UNKNOWN, image_probe_probe.CLOSE),
        0.0: (UNKNOWN, image_probe_probe.CLOSE),
        1.4: (UNKNOWN, image_probe_probe.CLOSE),
        1.5: (SHOWN, ""),
    }
    at_once = Calibration("colour", 150, 160, 0.0, 160, 158, 0.0)
    assert (
        image_probe_probe._verdict(
            Margin(0.0, 0.0), image_probe_probe.ScorerReliability(bound, at_once)
        ).reason
        == image_probe_probe.CLOSE
    ), "nothing differs at all"


@pytest.mark.parametrize(
    ("output", "whole"),
    [
        ([SHOWN, SHOWN], SHOWN),
        ([SHOWN, UNKNOWN], UNKNOWN),
        ([UNKNOWN, SWAPPED], SWAPPED),
        ([SHOWN, SWAPPED], SWAPPED),
        ([], UNKNOWN),
    ],
)
def test_one_swapped_contrast_spoils_a_picture(output: list[str], whole: str) -> None:
    assert image_probe_probe.overall(output) == whole


def test_pictures_are_judged_one_by_one(quick: Path) -> None:
    """In any order, in any number, as a batch or a list of any sizes: the same picture gets the
    same answer.
    """
    shown = [RIGHT, WRONG, ELSE] * 21 + [RIGHT]
    many = looked(toy.paint(shown), quick).pictures
    assert len(many) == 64
    back = looked(toy.paint(shown[::-1]), quick).pictures[::-1]
    alone = looked(toy.paint([WRONG]), quick).pictures[0]
    listed = looked([toy.paint([RIGHT], 4)[0], toy.paint([WRONG], 9)], quick).pictures
    for item, other in [
        *zip(many, back, strict=True),
        (alone, many[1]),
        (listed[0], many[0]),
        (listed[1], many[1]),
    ]:
        assert (item.shows, [seen.reason for seen in item.verdicts]) == (
            other.shows,
            [seen.reason for seen in other.verdicts],
        )
        assert item.verdicts[0].margin.margin == pytest.approx(
            other.verdicts[0].margin.margin, rel=1e-9
        )
        assert item.verdicts[0].margin.clear == pytest.approx(
            other.verdicts[0].margin.clear, rel=1e-9
        )
        torch.testing.assert_close(item.logits, other.logits, rtol=1e-9, atol=0)
    assert len({item.verdicts[0].margin.margin for item in many}) > 2, (
        "the test would pass on constants"
    )


def test_a_prompt_that_is_too_long_is_refused_before_anything_is_measured(quick: Path) -> None:
    encoder = toy.scorer(limit=24)
    with pytest.raises(TextTooLong, match="tokens"):
        probe_images(
            toy.paint([RIGHT]), TEXT + " and a tree" * 20, encoder, ImageProbeOptions(cache=quick)
        )
    assert encoder.towers.pictures == []


def test_no_pictures_are_refused(quick: Path) -> None:
    with pytest.raises(EncoderScopeError, match="Connect an IMAGE"):
        looked([], quick)


@pytest.mark.parametrize("text", ["hello there", "a car", ""])
def test_a_prompt_without_contrasts_costs_no_calibration(text: str, quick: Path) -> None:
    encoder = toy.scorer()
    probe_result = probe_images(toy.paint([RIGHT]), text, encoder, ImageProbeOptions(cache=quick))
    assert (probe_result.reliability, probe_result.plan.designs) == ((), ())
    assert [role for role, _ in probe_result.captions] == ["prompt", "unrelated"]
    assert probe_result.pictures[0].verdicts == () and len(probe_result.pictures[0].logits) == 2
    assert encoder.towers.pictures == [1], "only the picture itself"


# Captions


def captions(text: str) -> list[tuple[str, str]]:
    return [
        caption
        for caption in image_probe_probe._captions(text, plan(read(text), image_probe_probe.LIMIT))
        if caption[0] != "unrelated"
    ]


def test_captions_are_the_prompt_its_swap_and_both_reworded() -> None:
    assert captions(TEXT) == [
        ("prompt", TEXT),
        ("swap", "a blue car next to a red house"),
        ("prompt reworded", "a blue house next to a red car"),
        ("swap reworded", "a red house next to a blue car"),
    ]


def test_weights_and_marks_are_no_words() -> None:
    assert captions("a (red:1.2) car next to a (blue) house, photo")[:2] == [
        ("prompt", "a red car next to a blue house, photo"),
        ("swap", "a blue car next to a red house, photo"),
    ]
    assert captions("[red] car | [blue] house")[:2] == [
        ("prompt", "red car and blue house"),
        ("swap", "blue car and red house"),
    ]


def test_nothing_of_another_meaning_is_called_the_prompt_reworded() -> None:
    """Turning the colours round in place would also turn who stands on the left."""
    output = captions("a red car to the left of a blue house")
    assert [role for role, _ in output] == ["prompt", "swap", "swap"]
    assert "prompt reworded" not in dict(captions("a big red car next to a small blue house"))


# What is kept


def kept(folder: Path) -> Path:
    [file] = folder.glob("image-*.json")
    return file


def test_a_calibration_is_kept_for_what_the_encoder_answers(
    tmp_path: Path, quick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = toy.scorer()
    first = calibrated(encoder, "colour", tmp_path)
    asked = sum(encoder.towers.pictures)
    assert calibrated(encoder, "colour", tmp_path) == first
    assert sum(encoder.towers.pictures) - asked < 10, "it was measured again"
    blind = calibrated(toy.scorer(sees=False), "colour", tmp_path)
    assert blind != first and len(list(tmp_path.glob("image-*.json"))) == 2
    assert (
        calibrated(encoder, "", tmp_path) == image_calibration.UNKNOWN_KIND
        and len(list(tmp_path.glob("image-*.json"))) == 2
    )


@pytest.mark.parametrize(
    "damage",
    [
        lambda reported: "{",
        lambda told: "[]",
        lambda told: json.dumps({**told, "version": 99}),
        lambda told: json.dumps({**told, "threshold": "1.4"}),
        lambda told: json.dumps({**told, "threshold": -1}),
        lambda told: json.dumps({**told, "threshold": float("nan")}),
        lambda output: json.dumps({**output, "right": "many"}),
        lambda result: json.dumps(
            {key: value for key, value in result.items() if key != "claimed"}
        ),
        lambda told: json.dumps({**told, "more": 1}),
        lambda told: "\x00\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)
def test_a_damaged_file_is_measured_again_and_mended(
    damage: Any, tmp_path: Path, quick: Path
) -> None:
    encoder = toy.scorer()
    first = calibrated(encoder, "colour", tmp_path)
    whole = kept(tmp_path).read_text(encoding="utf-8")
    kept(tmp_path).write_text(damage(json.loads(whole)), encoding="utf-8")
    assert calibrated(encoder, "colour", tmp_path) == first
    assert kept(tmp_path).read_text(encoding="utf-8") == whole
