"""The palette: readable on the card, told apart by eyes that lack a kind of cone."""

from __future__ import annotations

from itertools import combinations

import pytest
from encoderscope.conditioning.reports.drawing import palette
from encoderscope.conditioning.reports.tokens import style
from encoderscope.conditioning.tokens import fates
from encoderscope.tests.reports import samples

# Machado, Oliveira and Fernandes 2009, severity 1.0, in linear RGB.
BLINDNESS = {
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(colour: str) -> tuple[float, ...]:
    parts = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return tuple(p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)


def luminance(colour: str) -> float:
    return sum(
        weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True)
    )


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def lab(rgb: tuple[float, ...]) -> tuple[float, ...]:
    r, g, b = (min(1.0, max(0.0, part)) for part in rgb)
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
    )
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize(
    "colour",
    [
        palette.TEXT,
        palette.SOFT,
        palette.DIM,
        palette.AMBER,
        palette.VERMILION,
        palette.GREEN,
        palette.BLUE,
    ],
)
def test_text_is_readable_on_the_card(colour: str) -> None:
    assert contrast(colour, palette.CARD) >= 4.5
    assert all(contrast(palette.TEXT, tone.box) >= 7 for tone in palette.TONES.values())


@pytest.mark.parametrize("kind", BLINDNESS)
def test_readouts_differ_for_the_colour_blind(kind: str) -> None:
    def seen(colour: str) -> tuple[float, ...]:
        source = linear(colour)
        return lab(
            tuple(sum(m * s for m, s in zip(row, source, strict=True)) for row in BLINDNESS[kind])
        )

    for a, b in combinations(palette.READOUT_COLOURS, 2):
        distance = sum((x - y) ** 2 for x, y in zip(seen(a), seen(b), strict=True)) ** 0.5
        assert distance > 10, f"{a} and {b} look alike to {kind}: {distance:.1f}"


def test_each_state_and_mark_has_its_own_sign() -> None:
    assert (
        len({look.char for look in fates.LANES.values()})
        == len({look.pattern for look in fates.LANES.values()})
        == len(fates.LANES)
    )
    signs = [mark.sign for mark in fates.MARKS.values()]
    assert len(set(signs)) == len(fates.MARKS)
    assert len({mark.decoration for mark in fates.MARKS.values()}) == len(fates.MARKS)


def test_unknown_state_is_drawn_as_not_known() -> None:
    assert fates.lane_state("invented") is fates.LANES["unaligned"]


def test_labels_of_streams() -> None:
    assert style.stream_label(samples.stream("l", 93)) == "CLIP-L 93 tokens, 2 windows"
    assert style.stream_label(samples.stream("t5xxl", 101, None, 512)) == "T5-XXL 101 of 512"
    assert style.stream_label(samples.stream("g", 1, None)) == "CLIP-G 1 token"
    assert (
        style.stream_label(samples.stream("t5xxl", 5, None, 512, status="absent"))
        == "T5-XXL not in this CLIP"
    )
    assert style.over_trained(samples.stream("t5xxl", 300, None, 256))
    assert not style.over_trained(samples.stream("t5xxl", 256, None, 256))
    assert not style.over_trained(samples.stream("l", 300))


def test_lost_wins_the_text_colour() -> None:
    word = samples.missing_embedding()["words"][3]
    assert style.text_colour(word) == palette.AMBER
    assert style.text_colour({"marks": [], "kind": "syntax"}) == palette.DIM
    assert style.text_colour({"marks": [], "kind": "word"}) == palette.TEXT
