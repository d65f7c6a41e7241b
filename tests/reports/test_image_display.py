"""What the views of an image report draw, computed once: gauges, percentages, words."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from encoderscope.conditioning.reports.image import caption_display, display
from encoderscope.tests.reports import image_kit as kit


def test_gauges_stand_on_one_axis() -> None:
    report = kit.report([[3.1742, 1.9218], [-2.6135, 0.41207]], text=kit.TWO)
    far = display.reach(report)
    assert far == 4 and report["display"]["ticks"][0] == {"place": 0, "text": "4"}
    assert report["display"]["noise"] == {"left": 37.5, "width": 25.0}
    first, second = (image["display"]["contrasts"] for image in report["images"])
    assert first[0]["left"] == 50 and first[0]["width"] == pytest.approx(39.678, abs=1e-3)
    assert second[0]["left"] + second[0]["width"] == pytest.approx(50)
    assert first[0]["clear_text"] == "+3.2 × the noise" and first[0]["beyond"] is None
    assert report["contrasts"][0]["display"]["thresholds"] == [32.5, 67.5]


def test_what_leaves_a_gauge_is_marked() -> None:
    report = kit.report([[40.0], [-40.0]])
    ends = [image["display"]["contrasts"][0]["beyond"] for image in report["images"]]
    assert ends == ["prompt", "swap"] and display.ticks(8) == [-8, -6, -4, -2, 0, 2, 4, 6, 8]


def test_words_for_counts_and_percentages() -> None:
    assert kit.report([[3.0]])["display"]["pictures"] == "1 picture"
    assert kit.report([[3.0]] * 15)["display"]["more"] == "3 more pictures"
    words = [caption_display.percentage_text(value) for value in (0, 0.01, 42.07, 100)]
    assert words == ["0.0 %", "< 0.1 %", "42.1 %", "100.0 %"]


def test_display_is_computed_from_the_report_alone() -> None:
    report = kit.report([[3.0], [-3.0]])
    assert display.with_display(report) == report
