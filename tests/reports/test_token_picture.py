"""The picture of the token report: what is drawn, where, and that nothing typed is left out
silently.
"""

from __future__ import annotations

from itertools import pairwise

import pytest

pytest.importorskip("PIL")

from encoderscope.conditioning.reports.drawing import canvas, fonts, palette
from encoderscope.conditioning.reports.drawing.page import LEFT
from encoderscope.conditioning.reports.tokens import picture as token_picture
from encoderscope.conditioning.reports.tokens import pieces
from encoderscope.conditioning.tokens.fates import LANES
from encoderscope.tests.reports import samples
from encoderscope.tests.reports.drawn import SCALE, count, crop, share
from PIL import Image, ImageChops


def lane(image: Image.Image, box: token_picture.LaneBox) -> Image.Image:
    """The lane's own pixels, without the rows above and below it."""
    return crop(image, box.x, box.y + 1.5, box.x + box.width, box.y + 6.5)


@pytest.mark.parametrize("name", samples.ALL)
@pytest.mark.parametrize("width", [320, 960])
def test_every_sample_is_drawn_at_the_asked_width(name: str, width: int) -> None:
    image = token_picture.render(samples.ALL[name](), width=width, scale=1)
    assert image.width == width
    assert image.mode == "RGB"
    assert 150 < image.height < 30_000


@pytest.mark.parametrize("name", ["flux", "sd3", "scripts", "one_long_word", "long_prompt"])
@pytest.mark.parametrize("width", [320, 700, 960])
def test_lanes_stay_inside_the_card_and_apart(name: str, width: int) -> None:
    boxes = token_picture.lane_boxes(samples.ALL[name](), width=width)
    assert boxes
    left, right = (LEFT, width - LEFT)
    assert all(left <= b.x and b.x + b.width <= right + 0.01 for b in boxes), (
        "a lane leaves the card"
    )
    rows: dict[float, list[token_picture.LaneBox]] = {}
    for box in boxes:
        rows.setdefault(box.y, []).append(box)
    for row in rows.values():
        row.sort(key=lambda b: b.x)
        assert all(a.x + a.width < b.x for a, b in pairwise(row)), "two lanes touch"


def test_every_word_has_every_lane_with_its_state() -> None:
    for name in ("flux", "sd3", "missing_embedding", "scripts"):
        report = samples.ALL[name]()
        result = {(b.word, b.lane, b.state) for b in token_picture.lane_boxes(report)}
        assert result == {
            (w, k, s) for w, word in enumerate(report["words"]) for k, s in enumerate(word["lanes"])
        }


def test_pixels_of_a_lane_tell_readout_and_state() -> None:
    report = samples.sd3()
    image = token_picture.render(report)
    seen = set()
    for box in token_picture.lane_boxes(report):
        if box.width < 20 and box.state != "syntax":
            continue
        seen.add(box.state)
        own = palette.readout_colour(box.lane)
        got = share(lane(image, box), own)
        low, high = {
            "seen": (0.93, 1.0),
            "later": (0.3, 0.7),
            "past": (0.15, 0.6),
            "unknown": (0.1, 0.5),
            "none": (0, 0),
            "unaligned": (0, 0),
            "syntax": (0, 0),
        }[box.state]
        assert low <= got <= high, (
            f"{report['words'][box.word]['text']}, lane {box.lane}, {box.state}: {got:.2f}"
        )
        if box.state in ("none", "unaligned"):
            assert (
                share(lane(image, box), palette.DIM if box.state == "none" else palette.SOFT) > 0.05
            )
        if box.state == "syntax":
            assert share(lane(image, box), palette.CARD) == 1.0
    assert seen == {"seen", "later", "past", "unknown", "none", "unaligned", "syntax"}


def test_patterns_differ_without_colour() -> None:
    """In greyscale, and for a lane as narrow as one letter, no state looks like another."""
    names = [look.pattern for look in LANES.values() if look.pattern != "blank"]
    for width in (12, 60):
        masks = {name: canvas.stroke(name, width, SCALE).tobytes() for name in names}
        assert len(set(masks.values())) == len(names) == 6
        assert all(any(mask) for mask in masks.values())


def test_double_scale_is_exactly_double_and_sharper() -> None:
    for name in ("flux", "scripts", "sd3"):
        report = samples.ALL[name]()
        item, two = token_picture.render(report, scale=1), token_picture.render(report, scale=2)
        assert two.size == (item.width * 2, item.height * 2)
        blown = item.resize(two.size, Image.Resampling.BICUBIC)

        def edges(image: Image.Image) -> float:
            grey = image.convert("L")
            step = ImageChops.difference(grey, ImageChops.offset(grey, 1, 0)).histogram()
            return sum(step[100:])

        assert edges(two) > 1.3 * edges(blown), "no sharper than the small picture scaled up"


def test_lost_words_are_amber_and_others_are_not() -> None:
    report = samples.flux()
    image = token_picture.render(report)
    for box in token_picture.lane_boxes(report):
        if box.lane or box.width < 20:
            continue
        # From the x-height to the baseline: the waves and the edge's tick are below and beside.
        text = image.crop(
            (
                round(box.x * 2),
                round((box.y - 22) * 2),
                round((box.x + box.width) * 2),
                round((box.y - 11) * 2),
            )
        )
        lost = report["words"][box.word]["lost"]
        assert (count(text, palette.AMBER) > 10) == lost, report["words"][box.word]["text"]
        assert (count(text, palette.TEXT) > 10) == (not lost)


def test_box_of_the_verdict_has_its_tone() -> None:
    for name, tone in (("flux", "lost"), ("nothing_lost", "kept"), ("unknown_family", "open")):
        image = token_picture.render(samples.ALL[name]())
        for other, look in palette.TONES.items():
            assert (share(image, look.box) > 0.03) == (other == tone), (name, other)


def test_edge_is_drawn_where_it_falls_and_cuts_the_word() -> None:
    report = samples.flux()
    cut = report["edges"][0]["word"]
    parts = [b for b in token_picture.lane_boxes(report) if b.word == cut and b.lane == 0]
    assert len(parts) == 2, "the word is not shown in two parts"
    gap = (parts[0].x + parts[0].width, parts[1].x)
    image = token_picture.render(report)
    tick = image.crop(
        (
            round(gap[0] * 2),
            round((parts[0].y - 28) * 2),
            round(gap[1] * 2),
            round((parts[0].y + 16) * 2),
        )
    )
    assert count(tick, palette.AMBER) > 60, "no tick between the parts"
    whole = samples.flux()
    whole["edges"] = []
    assert len([b for b in token_picture.lane_boxes(whole) if b.word == cut and b.lane == 0]) == 1
    assert [piece.text for piece in pieces.prompt_pieces(report) if piece.word == cut] == [
        "photo",
        "graph",
    ]


def test_cut_is_taken_from_the_tokens() -> None:
    report = samples.flux()
    start = report["words"][report["edges"][0]["word"]]["span"][0]
    report["streams"][0]["windows"][1][0]["span"][0] = start + 8
    texts = [
        piece.text
        for piece in pieces.prompt_pieces(report)
        if piece.word == report["edges"][0]["word"]
    ]
    assert texts == ["photogra", "ph"]


def test_streams_that_break_at_one_place_share_one_label() -> None:
    (piece,) = (piece for piece in pieces.prompt_pieces(samples.sd3()) if piece.edge)
    assert piece.text == "tiny"
    assert (
        piece.edge.count("CLIP-L")
        == piece.edge.count("CLIP-G")
        == piece.edge.count("inside a phrase")
        == 1
    )


def test_labels_of_edges_never_touch() -> None:
    report = samples.nothing_lost()
    report["edges"] = [
        {
            "stream": "l",
            "window": k,
            "word": k,
            "inside": "between",
            "title": f"end of CLIP-L window {k} (75 tokens)",
        }
        for k in range(1, 11)
    ]
    rows, _ = pieces.prompt_rows(report, 880)
    labels = [
        (row.top, label.level, label.x, label.x + fonts.measure(label.text, 11))
        for row in rows
        for label in row.labels
    ]
    assert len(labels) == 10
    for top, level, left, right in labels:
        assert left >= 0 and right <= 880
        for other in labels:
            if other[:2] == (top, level) and other[2] != left:
                assert right < other[2] or other[3] < left, "two labels overlap"


def legend_strip(report: samples.Report) -> Image.Image:
    blocks = token_picture._blocks(report, 960 - 2 * LEFT)
    top, block = LEFT - 4 + sum(before.height for before in blocks[:3]), blocks[3]
    return token_picture.render(report).crop(
        (0, round(top * 2), 1920, round((top + block.height) * 2))
    )


def test_legend_shows_only_what_occurs() -> None:
    quiet, loud = samples.nothing_lost(), samples.flux()
    assert count(legend_strip(quiet), palette.AMBER) == 0
    assert count(legend_strip(loud), palette.AMBER) > 50
    for colour in palette.READOUT_COLOURS[:2]:
        assert count(legend_strip(quiet), colour) > 100
    for colour in palette.READOUT_COLOURS[2:]:
        assert count(legend_strip(quiet), colour) == 0, "a readout that this family does not have"
    fewer = samples.flux()
    fewer["legend"] = [entry for entry in fewer["legend"] if entry["state"] == "seen"]
    assert count(legend_strip(fewer), palette.AMBER) == 0
