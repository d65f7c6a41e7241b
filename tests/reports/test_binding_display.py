"""What the views of a probe report draw, computed once: arcs, pieces of the prompt, bars, words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from encoderscope.conditioning.reports import shares
from encoderscope.conditioning.reports.binding import ties
from encoderscope.conditioning.reports.binding.display import with_display

SAMPLES = Path(__file__).parents[1] / "samples"
NAMES = ("probe_flux", "probe_long", "probe_blind", "probe_compare", "probe_none")


def sample(name: str) -> dict[str, Any]:
    return dict(json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", NAMES)
def test_the_pieces_are_the_prompt_and_every_arc_ends_on_some(name: str) -> None:
    report = with_display(sample(name))
    display = report["display"]
    pieces = [piece for group in display["groups"] for piece in group["pieces"]]
    assert "".join(piece["text"] for piece in pieces) == report["text"]
    for tie in display["ties"]:
        for start, end in (tie["from"], tie["to"]):
            words = [piece for piece in pieces if start <= piece["start"] < end and piece["tip"]]
            assert words and all(piece["lift"] >= tie["level"] for piece in words)
            label = report["contrasts"][tie["contrasts"][0]]["label"]
            assert all(f"{tie['verdict']}: {label}" in piece["tip"] for piece in words)


@pytest.mark.parametrize("name", NAMES)
def test_display_adds_and_changes_nothing_else(name: str) -> None:
    report = sample(name)

    def bare(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: bare(value) for key, value in part.items() if key != "display"}
        return [bare(each) for each in part] if isinstance(part, list) else part

    assert bare(with_display(report)) == report
    assert with_display(with_display(report)) == with_display(report)


def test_every_verdict_stands_in_one_bar_what_decides_first() -> None:
    report = with_display(sample("probe_flux"))
    for index, contrast in enumerate(report["contrasts"]):
        bars = contrast["display"]["bars"]
        rows = [row for bar in bars for group in bar["groups"] for row in group["verdicts"]]
        own = [k for k, verdict in enumerate(report["verdicts"]) if verdict["pair"] == index]
        assert sorted(rows) == own
        assert report["verdicts"][rows[0]]["counts"] and bars[0]["groups"][0]["decides"]
    for verdict in report["verdicts"]:
        assert verdict["display"]["share"] == pytest.approx(100 * verdict["share"] ** 0.5, abs=1e-3)


def test_arcs_over_each_other_and_beside_each_other() -> None:
    assert ties.levels([(0, 30), (2, 9), (6, 24), (10, 30)]) == [3, 0, 1, 2]
    assert ties.levels([(0, 5), (5, 9)]) == [0, 0]
    assert ties.levels([(0, 5), (4.5, 9)], slack=1) == [0, 0]
    arcs = [{"from": [0, 3], "to": [4, 7]}, {"from": [8, 12], "to": [4, 7]}]
    prompt = ties.drawn_prompt("red car blue", [{"verdict": "BOUND", "label": "x", "arcs": arcs}])
    assert [tie["seats"] for tie in prompt["ties"]] == [[0.5, 1 / 3], [0.5, 2 / 3]]


def test_shares_in_words() -> None:
    values = (0, 0.00001, 0.0012, 0.1863, 1)
    words = ["0 %", "< 0.01 %", "0.12 %", "18.6 %", "100 %"]
    assert [shares.share_text(value) for value in values] == words
    assert shares.range_text((0.125, 0.251)) == "12.5 to 25.1 %"
    assert shares.blind_text((0.01, 0.01)).endswith("below 1 %")
    assert "unequal length" in shares.blind_text((0.01, 0.04))
