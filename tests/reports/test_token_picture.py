"""The picture of the token report: what is drawn, where, and that nothing typed is left out
silently.
"""

from __future__ import annotations

import time
from collections import Counter
from itertools import pairwise

import pytest

pytest.importorskip("PIL")

from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.reports.drawing import canvas, flow, fonts, palette
from encoderscope.conditioning.reports.drawing.page import LEFT
from encoderscope.conditioning.reports.tokens import picture as token_picture
from encoderscope.conditioning.reports.tokens import pieces
from encoderscope.conditioning.tokens.fates import LANES
from encoderscope.tests.reports import samples
from PIL import Image, ImageChops, ImageDraw

SCALE = 2


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def crop(image: Image.Image, box: token_picture.LaneBox) -> Image.Image:
    """The lane's own pixels, without the rows above and below it."""
    edges = (box.x, box.y + 1.5, box.x + box.width, box.y + 6.5)
    return image.crop(tuple(round(v * SCALE) for v in edges))


def share(image: Image.Image, colour: str) -> float:
    return Counter(
        image.get_flattened_data() if hasattr(image, "get_flattened_data") else image.getdata()
    )[rgb(colour)] / (image.width * image.height)


def count(image: Image.Image, colour: str) -> int:
    return round(share(image, colour) * image.width * image.height)


def drawn(text: str, size: int = 16) -> Image.Image:
    image = Image.new("RGB", (200, 60), "black")
    canvas.Canvas(image, ImageDraw.Draw(image), SCALE).text(5, 22, text, size, "#ffffff")
    return image


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
        found = {(b.word, b.lane, b.state) for b in token_picture.lane_boxes(report)}
        assert found == {
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
        got = share(crop(image, box), own)
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
                share(crop(image, box), palette.DIM if box.state == "none" else palette.SOFT) > 0.05
            )
        if box.state == "syntax":
            assert share(crop(image, box), palette.CARD) == 1.0
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
        one, two = token_picture.render(report, scale=1), token_picture.render(report, scale=2)
        assert two.size == (one.width * 2, one.height * 2)
        blown = one.resize(two.size, Image.Resampling.BICUBIC)

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


def test_missing_embedding_is_struck_through() -> None:
    report = samples.missing_embedding()
    box = next(b for b in token_picture.lane_boxes(report) if b.word == 3)
    y = box.y - flow.DESCENT - 5.1
    line = token_picture.render(report).crop(
        (round(box.x * 2) + 4, round(y * 2), round((box.x + box.width) * 2) - 4, round(y * 2) + 1)
    )
    assert share(line, palette.VERMILION) > 0.95


def test_line_breaks_of_the_prompt_break_lines() -> None:
    report = samples.lines()
    tops = {
        report["words"][b.word]["text"]: b.y
        for b in token_picture.lane_boxes(report)
        if b.lane == 0
    }
    assert (
        tops["first"] == tops["line"] - (tops["second"] - tops["first"])
        or tops["first"] < tops["second"]
    )
    assert tops["second"] < tops["after"] == tops["blank"]
    assert tops["after"] - tops["second"] > tops["second"] - tops["first"], "the blank line is gone"


def test_characters_without_a_font_are_boxes_never_blank() -> None:
    blank = drawn(" ").tobytes()
    for char in ("\U0010fffd", "\x07", "\x1b", "\u200b", "\u202e", "\ud800", "\ufe0f"):
        assert fonts.runs(char)[0].kind in ("missing", "invisible")
        assert drawn(char).tobytes() != blank, f"U+{ord(char):04X} is drawn as nothing"
    assert drawn("\u200b").tobytes() != drawn("\u200d").tobytes(), (
        "the box does not tell the code point"
    )
    assert drawn("ab").tobytes() != drawn("a\u200bb").tobytes()


def test_covered_characters_are_letters() -> None:
    assert [run.kind for run in fonts.runs("red fox")] == ["text", "space", "text"]
    assert not fonts.covers(0, "\u4e00"), (
        "Pillow's own font is Latin: .notdef was taken for a letter"
    )
    assert fonts.covers(0, "a")
    assert not fonts.covers(0, "\u200b")


def test_a_mark_stays_with_its_letter() -> None:
    assert list(fonts.clusters("e\u0301a")) == ["e\u0301", "a"]
    assert fonts.fit("ae\u0301" * 9, 16, fonts.measure("ae\u0301", 16) * 2 + 1) == 6


def test_wrapped_lines_fit_and_keep_every_word() -> None:
    text = "one " * 30 + "x" * 300 + " end"
    lines = fonts.wrap(text, 13, 200)
    assert all(fonts.measure(line, 13) <= 200 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_long_word_is_broken_with_a_hook() -> None:
    report = samples.one_long_word(300)
    parts = [b for b in token_picture.lane_boxes(report) if b.word == 1 and b.lane == 0]
    assert len({b.y for b in parts}) == len(parts) > 1
    first = parts[0]
    right = first.x + first.width
    hook = token_picture.render(report).crop(
        (round(right * 2) + 4, round((first.y - 25) * 2), round(right * 2) + 34, round(first.y * 2))
    )
    assert count(hook, palette.AMBER) > 10
    shown = "".join(
        spot.piece.text
        for row in pieces.prompt_rows(report, 880)[0]
        for spot in row.spots
        if spot.piece.word == 1
    )
    assert shown == "x" * 300


def test_long_prompts_are_bounded_and_say_so() -> None:
    report = samples.long_prompt(5000)
    rows, shown = pieces.prompt_rows(report, 880)
    assert len(rows) <= pieces.MAX_ROWS
    assert shown == pieces.MAX_WORDS == 1 + max(b.word for b in token_picture.lane_boxes(report))
    remark = pieces.more(report, shown)
    assert (
        "3,800 more words" in remark and "3,800 of them lost" in remark and "see the JSON" in remark
    )
    assert pieces.more(report, 5000) == ""
    narrow, fewer = pieces.prompt_rows(report, 260)
    assert len(narrow) == pieces.MAX_ROWS
    assert fewer == 1 + max(spot.piece.word or 0 for row in narrow for spot in row.spots) < shown


def test_very_long_word_says_how_much_is_left_out() -> None:
    texts = [piece.text for piece in pieces.prompt_pieces(samples.one_long_word(100_000))]
    assert texts[1] == "x" * pieces.MAX_WORD_CHARS
    assert "99,600 more characters" in texts[2]


def test_text_that_no_word_claims_is_drawn() -> None:
    report = samples.nothing_lost()
    report["words"] = report["words"][2:4]
    text = " ".join(piece.text for piece in pieces.prompt_pieces(report))
    assert text == " ".join(report["text"].split())


def test_wrong_sizes_are_refused_with_a_remedy() -> None:
    for wrong in ({"width": 10}, {"scale": 0}, {"scale": 50}):
        with pytest.raises(EncoderScopeError, match="960"):
            token_picture.render(samples.flux(), **wrong)


def test_missing_pillow_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "ready", lambda: False)
    with pytest.raises(EncoderScopeError, match="pip install"):
        token_picture.render(samples.flux())


def test_three_hundred_words_are_fast() -> None:
    report = samples.long_prompt(300)
    token_picture.render(report)
    best = min(_seconds(report) for _ in range(3))
    assert best < 0.5


def _seconds(report: samples.Report) -> float:
    start = time.perf_counter()
    token_picture.render(report)
    return time.perf_counter() - start


def test_control_characters_between_words_are_drawn() -> None:
    """Python counts U+001C to U+001F as blank; they were typed, so they are shown."""
    report = samples.make(
        "a \x1c\x1f b",
        samples.FLUX,
        [samples.stream("l", 3)],
        lambda k: ["seen", "seen"],
        pattern="[ab]",
    )
    assert [piece.text for piece in pieces.prompt_pieces(report)] == ["a", "\x1c\x1f", "b"]


def test_lines_break_between_ideographs_but_not_before_a_comma() -> None:
    units = [
        [piece.text for piece in unit]
        for unit in flow.units(pieces.prompt_pieces(samples.scripts()))
    ]
    assert units[:3] == [["森"], ["の"], ["中"]]
    assert ["狐", ","] in units and ["лиса", ","] in units


@pytest.mark.parametrize("width", [260, 340, 880])
def test_label_stands_beside_its_tick(width: int) -> None:
    rows, _ = pieces.prompt_rows(samples.flux(), width)
    labels = [label for row in rows for label in row.labels]
    assert labels
    for label in labels:
        right = label.x + fonts.measure(label.text, 11)
        assert (
            (label.x > label.tick + 2 or right < label.tick - 2) and label.x >= 0 and right <= width
        )
    words = " ".join(label.text for label in sorted(labels, key=lambda label: -label.level))
    assert words == "end of CLIP-L window 1 (75 tokens), inside “photograph”"
