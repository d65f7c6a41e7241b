"""The arcs in the picture of the probe: which words they join, where they stand, and their
verdict's line and colour.
"""

from __future__ import annotations

import pytest

pytest.importorskip("PIL")

from encoderscope.conditioning.reports.binding import arcs
from encoderscope.conditioning.reports.binding import picture as binding_picture
from encoderscope.conditioning.reports.binding.ties import ties_of
from encoderscope.conditioning.reports.drawing import canvas, fonts, palette
from encoderscope.tests.reports.binding_kit import Report, contrast, probe
from encoderscope.tests.reports.drawn import SCALE, Drawn, count, crop
from PIL import Image, ImageDraw

# Arcs


def lines_of(report: Report, width: float = 880) -> list[arcs.ArcInRow]:
    contrasts = report["contrasts"]
    words = arcs._words(report["text"], contrasts)
    rows, _ = arcs.prompt_rows(words, width)
    numbered = len(contrasts) > 1
    return arcs.levelled(
        [
            line
            for tie in ties_of(contrasts)
            for line in arcs.in_rows(tie, rows, words, width, numbered)
        ]
    )


def test_arcs_stand_on_the_middles_of_their_words(drawn: Drawn) -> None:
    drawn.of(binding_picture.render, probe())
    words = {text: x for text, x, _, size, _ in drawn.texts if size == arcs.TEXT}
    for line, *ends in zip(lines_of(probe()), ("red", "blue"), ("car", "house"), strict=True):
        middles = [words[word] + fonts.measure(word, 16) / 2 - arcs.LEFT for word in ends]
        assert (line.left, line.right) == pytest.approx(middles, abs=0.6)
        assert line.feet == (True, True) and line.tip == line.right and line.level == 0


def test_arc_over_a_line_break_goes_on_in_the_next_row() -> None:
    first, second = sorted(
        lines_of(probe([contrast(arcs=[[[2, 5], [25, 30]]])]), 150), key=lambda line: line.row
    )
    assert (first.row, second.row) == (0, 1)
    assert first.feet == (True, False) and second.feet == (False, True)
    assert (
        first.right == 150 and second.left == 0 and first.tip is None and second.tip == second.right
    )
    back = sorted(
        lines_of(probe([contrast(arcs=[[[25, 30], [2, 5]]])]), 150), key=lambda line: line.row
    )
    assert [line.tip is None for line in back] == [False, True], (
        "it points back to the row where its end is"
    )


def test_wide_arcs_stand_over_narrow_ones_and_over_what_they_cross() -> None:
    ends = [[[0, 1], [25, 30]], [[2, 5], [6, 9]], [[6, 9], [20, 24]], [[10, 14], [25, 30]]]
    levels = {line.arc.start[0]: line.level for line in lines_of(probe([contrast(arcs=ends)]))}
    assert levels[2] == levels[6] == 0, "arcs that only share a word stand side by side"
    assert levels[10] == 1 and levels[0] == 2


@pytest.mark.parametrize("verdict", palette.VERDICT_LOOKS)
def test_arcs_have_the_colour_of_their_verdict(verdict: str, drawn: Drawn) -> None:
    image = drawn.of(binding_picture.render, probe([contrast(verdict)]))
    x, y = drawn.where("red")
    above = crop(image, x, y - 32, x + 260, y - 13)
    for name, look in palette.VERDICT_LOOKS.items():
        assert (count(above, look.colour) > 10) == (name == verdict)


def test_verdicts_differ_without_colour() -> None:
    """The same line in one ink: solid, thin, dashed and dotted cover different parts of it."""
    cover, masks = {}, set()
    for name, look in palette.VERDICT_LOOKS.items():
        image = Image.new("RGB", (240, 20), "black")
        board = canvas.Canvas(image, ImageDraw.Draw(image), SCALE)
        board.path([(5, 5), (115, 5)], look._replace(colour="#ffffff"))
        masks.add(image.tobytes())
        columns = image.convert("L").resize((240, 1), Image.Resampling.BOX).tobytes()
        cover[name] = (sum(value > 0 for value in columns[12:228]) / 216, max(columns))
    assert len(masks) == len(palette.VERDICT_LOOKS) == 4
    assert (
        cover["BOUND"][0] == cover["UNDECIDED"][0] == 1
        and cover["BOUND"][1] > 1.5 * cover["UNDECIDED"][1]
    )
    assert cover["COLLAPSED"][0] < 0.8 and cover["ORDER ONLY"][0] < 0.9
    assert set(palette.VERDICT_LOOKS) == {"BOUND", "UNDECIDED", "ORDER ONLY", "COLLAPSED"}


def test_chip_of_a_contrast_shows_the_line_of_its_verdict(drawn: Drawn) -> None:
    for verdict, look in palette.VERDICT_LOOKS.items():
        image = drawn.of(binding_picture.render, probe([contrast(verdict)], []))
        x, y = drawn.where(verdict)
        assert drawn.colour(verdict) == look.colour
        assert count(crop(image, x - 34, y - 8, x - 6, y), look.colour) > 10
