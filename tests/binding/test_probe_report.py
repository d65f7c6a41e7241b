"""The report of a probe: what it says of every contrast, pair and verdict."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)

from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.binding.verdicts import BOUND, COLLAPSED, ORDER_ONLY, UNDECIDED
from encoderscope.conditioning.reports.binding.report import bound, plain, probe_report
from encoderscope.tests.binding.kit import TWO, Causal, layout


def test_the_report_in_full(run: Any) -> None:
    result = run(
        f"{TWO}, a man without a hat", Causal(name="l", title="CLIP-L"), layout=layout("sd1", "l")
    )
    report = probe_report(
        result, view="as the generator gets it", threshold=0.5, host="ComfyUI 1", notes=["A note."]
    )
    assert (report["format"], report["version"], report["view"], report["host"]) == (
        "encoderscope.probe",
        1,
        "as the generator gets it",
        "ComfyUI 1",
    )
    assert report["streams"] == [
        {"name": "l", "title": "CLIP-L", "kind": "clip", "width": 32, "layers": 2, "causal": True}
    ]
    assert [pair["modifier"] for pair in report["pairs"]] == [
        {"text": "red", "span": [2, 5]},
        {"text": "blue", "span": [20, 24]},
    ]
    first = next(contrast for contrast in report["contrasts"] if contrast["kind"] == "binding")
    assert first["cells"] == {
        "asked": "a red car and a blue house",
        "rival": "a blue car and a red house",
        "asked_again": "a blue house and a red car",
        "rival_again": "a red house and a blue car",
    }
    assert first["frames"] == 12 and first["arcs"] == [
        {"from": [2, 5], "to": [6, 9]},
        {"from": [20, 24], "to": [25, 30]},
    ]
    hears = {item["listener"]: item for item in first["selectivity"]}
    assert hears["car"]["sentence"] == "The vector of “car” changes with red alone."
    assert hears["car"]["own_share"] == 1
    assert (
        "times as much with red as with its own blue" in hears["house"]["sentence"]
        and hears["the end of the sentence"]["own_share"] is None
    )
    assert first["textbook"][0]["flagged"] is (first["textbook"][0]["swap"] > 0.5)
    for verdict in report["verdicts"]:
        assert abs(sum(verdict["parts"].values()) - 1) < 1e-3 or not any(verdict["parts"].values())
        assert (
            0 <= verdict["interval"][0] <= verdict["share"] + 1e-4
            and 0 <= verdict["p"] <= 1
            and -1 <= verdict["kappa"] <= 1
        )
    text = plain(report)
    assert "- A note." in text and all(
        contrast["label"] in text for contrast in report["contrasts"]
    )
    compared = plain({**report, "compare": probe_report(result)})
    assert "Compared with:" in compared and compared.count(report["sentence"]) == 2


def test_lints_are_told(run: Any) -> None:
    result = run("the car is red and the house is blue", Causal(name="l", title="CLIP-L"))
    report = probe_report(result)
    assert [item["kind"] for item in report["lint"]] == ["before", "before"]
    assert f"! {report['lint'][0]['text']} {report['lint'][0]['remedy']}" in plain(report)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ((), None),
        ((BOUND,), True),
        ((BOUND, BOUND), True),
        ((BOUND, UNDECIDED), None),
        ((UNDECIDED, ORDER_ONLY), False),
        ((BOUND, COLLAPSED), False),
    ],
)
def test_bound_is_all_or_nothing(outcomes: tuple[str, ...], expected: bool | None) -> None:
    assert bound(outcomes) is expected
