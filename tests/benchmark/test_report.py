"""The report says what the runs say: valid by its schema, its two questions apart, the same in
text, picture and table.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.benchmark import scoring
from encoderscope.conditioning.benchmark.saved_results import PairCosines
from encoderscope.conditioning.reports.benchmark import display
from encoderscope.conditioning.reports.benchmark import report as benchmark_report
from encoderscope.tests.benchmark import kit

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return kit.report()


def valid(report: dict[str, Any]) -> dict[str, Any]:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(
        (ROOT / "docs" / "report-benchmark.schema.json").read_text(encoding="utf-8")
    )
    jsonschema.validate(json.loads(json.dumps(report, allow_nan=False)), schema)
    return report


def test_it_is_valid_and_the_docs_name_every_key(report: dict[str, Any]) -> None:
    valid(report)
    docs = (ROOT / "docs" / "report-benchmark.md").read_text(encoding="utf-8")
    names = {
        *report,
        *report["dataset"],
        *report["scores"][0],
        *report["comparisons"][0],
        *report["predictions"][0],
        *report["questions"][0],
    }
    assert [
        name
        for name in names - {"format", "version", "host", "encoder", "kind", "a", "b", "question"}
        if f"`{name}`" not in docs
    ] == []


def test_the_sample_of_the_browsers_tests_is_this_report(report: dict[str, Any]) -> None:
    """Up to the fingerprint, which follows the drawing."""
    sample = json.loads((ROOT / "tests" / "samples" / "benchmark.json").read_text(encoding="utf-8"))
    assert {
        name: set(value[0])
        if isinstance(value, list) and isinstance(value[0], dict)
        else type(value)
        for name, value in sample.items()
    } == {
        name: set(value[0])
        if isinstance(value, list) and isinstance(value[0], dict)
        else type(value)
        for name, value in report.items()
    }


def test_wins_are_counted(report: dict[str, Any]) -> None:
    data = kit.dataset(judged=True)
    for letter, run in zip("ABCD", kit.runs(data), strict=True):
        for kind in (None, *data.kinds):
            [score] = [
                score
                for score in report["scores"]
                if (score["encoder"], score["kind"]) == (letter, kind)
            ]
            fits = [
                fit
                for pair, fit in zip(data.pairs, run.cosines, strict=True)
                if kind in (None, pair.kind)
            ]
            assert score["pairs"] == len(fits) and score["wins"] == sum(
                fit.own > fit.rival + 1e-6 for fit in fits
            )
            assert score["share"] == pytest.approx(score["wins"] / len(fits), abs=1e-4)
            assert sum(score["histogram"]) + score["ties"] == len(fits)
            assert sum(score["histogram"][10:]) == score["wins"], "right of zero a pair is won"
            assert score["interval"][0] <= score["share"] <= score["interval"][1]


def test_guessing_is_told_from_binding(report: dict[str, Any]) -> None:
    output = {(score["encoder"], score["kind"]): score["guessing"] for score in report["scores"]}
    assert (
        output["A", "colour"] == output["A", None] == "above" and output["A", "relation"] == "alike"
    )
    assert output["B", None] == "alike" and {
        output["D", kind] for kind in (None, "colour", "size", "relation")
    } == {"tied"}


def test_ties_do_not_seem_to_exclude_a_coin(report: dict[str, Any]) -> None:
    by_key = {(score["encoder"], score["kind"]): score for score in report["scores"]}
    assert by_key["D", None]["decided"] is None
    assert "[all tied: no interval]" in benchmark_report.plain(report)
    untied = by_key["A", None]
    assert untied["ties"] == 0
    assert untied["decided"] == {"share": untied["share"], "interval": untied["interval"]}
    low, high = display.drawn_interval({**untied, "ties": 1, "decided": {"interval": [0.2, 0.7]}})
    assert (low, high) == (0.2, 0.7)


def test_questions_are_never_mixed(report: dict[str, Any]) -> None:
    question = {encoder["letter"]: encoder["question"] for encoder in report["encoders"]}
    assert question == {"A": "image", "B": "image", "C": "text", "D": "text"}
    assert [(comparison["a"], comparison["b"]) for comparison in report["comparisons"]] == [
        ("A", "B"),
        ("C", "D"),
    ]
    assert (
        "another question than image matching" in report["notes"][0]
        and "C (toy of text), D (toy without order)" in report["notes"][0]
    )
    image, text = report["sentence"].split("Without pictures, another question:")
    assert "A (toy" in image and "B (toy" in image and "C (" not in image and "C (toy" in text


def test_a_comparison_counts_pairs_that_one_alone_wins(report: dict[str, Any]) -> None:
    first, second, *_ = kit.runs(kit.dataset(judged=True))
    output = [
        (scoring.is_win(a), scoring.is_win(b))
        for a, b in zip(first.cosines, second.cosines, strict=True)
    ]
    comparison = report["comparisons"][0]
    assert (
        comparison["only_a"],
        comparison["only_b"],
        comparison["both"],
        comparison["neither"],
        comparison["tied"],
    ) == (
        *(
            output.count(key)
            for key in ((True, False), (False, True), (True, True), (False, False))
        ),
        0,
    )
    assert (
        comparison["better"] == "A"
        and comparison["p_corrected"] == pytest.approx(2 * comparison["p"], rel=1e-3)
        and "A is better" in comparison["sentence"]
    )


def test_a_tie_is_no_verdict_in_a_comparison(report: dict[str, Any]) -> None:
    """Counted as lost, an encoder that ignores order would be worse than a coin."""
    comparison = report["comparisons"][1]
    assert (
        comparison["tied"],
        comparison["only_a"],
        comparison["only_b"],
        comparison["p"],
        comparison["better"],
    ) == (200, 0, 0, 1, None)
    assert "200 are left out (a tie)" in comparison["sentence"] and any(
        "same cosine in 200 of 200" in note for note in report["notes"]
    )


def test_margins_that_foretell_are_told_and_those_that_do_not() -> None:
    data = kit.dataset(judged=True)
    fits = tuple(
        PairCosines(0.5 + (0.1 if pair.correct else -0.1) + k / 10_000, 0.5)
        for k, pair in enumerate(data.pairs)
    )
    validation = valid(
        benchmark_report.benchmark_report(
            data,
            [scoring.EncoderResult("oracle", "image", "p", fits), kit.run(data, "coin", kit.WEAK)],
        )
    )
    oracle, coin = validation["predictions"]
    assert (
        oracle["auc"]["value"] == 1
        and oracle["spearman"]["value"] > 0.8
        and oracle["judged"] == 200
    )
    assert (
        coin["auc"]["interval"][0] < 0.5 < coin["auc"]["interval"][1]
        and oracle["correct"] == coin["correct"]
    )
    assert "AUC 1.00" in oracle["sentence"]


def test_without_judgements_nothing_is_foretold_and_one_outcome_is_said() -> None:
    data = kit.dataset()
    run = kit.run(data, "toy", kit.STRONG)
    assert valid(benchmark_report.benchmark_report(data, [run]))["predictions"] == []
    some = replace(
        data,
        pairs=tuple(
            replace(pair, correct=True if k < 5 else None) for k, pair in enumerate(data.pairs)
        ),
    )
    validation = valid(benchmark_report.benchmark_report(some, [run]))
    assert (
        validation["predictions"][0]["auc"] is None and validation["predictions"][0]["judged"] == 5
    )
    assert any(
        "cannot be told" in note for note in validation["notes"]
    ) and "only one outcome" in benchmark_report.plain(validation)
    mixed = replace(
        data,
        pairs=tuple(
            replace(pair, correct=k % 2 == 0 if k < 50 else None)
            for k, pair in enumerate(data.pairs)
        ),
    )
    validation = valid(benchmark_report.benchmark_report(mixed, [run]))
    assert validation["predictions"][0]["judged"] == 50 and any(
        "150 pairs have no generated_correctly" in note for note in validation["notes"]
    )


def test_one_pair_one_kind_and_shared_pictures() -> None:
    data = kit.dataset(count=3)
    changed = replace(data, pairs=data.pairs[:1])
    validation = valid(
        benchmark_report.benchmark_report(changed, [kit.run(changed, "toy", kit.STRONG)])
    )
    assert [score["kind"] for score in validation["scores"]] == [None], (
        "one kind needs no row of its own"
    )
    same = replace(data, pairs=tuple(replace(pair, image="a.png", kind="") for pair in data.pairs))
    validation = valid(
        benchmark_report.benchmark_report(
            same, [scoring.EncoderResult("toy", "image", "p", (PairCosines(0.5, 0.5),) * 3)]
        )
    )
    assert validation["dataset"]["kinds"] == [] and any(
        "3 pairs share 1 picture:" in note for note in validation["notes"]
    )


def test_the_text_has_the_figures(report: dict[str, Any]) -> None:
    text = benchmark_report.plain(report)
    assert text.splitlines()[1] == report["sentence"]
    for score in report["scores"]:
        assert f"{score['wins']:5} of {score['pairs']:5} {100 * score['share']:5.1f} %" in text
    for score in (*report["comparisons"], *report["predictions"]):
        assert score["sentence"] in text
    assert all(note in text for note in report["notes"]) and "and 200 tied" in text


def test_the_table_has_every_pair() -> None:
    data = kit.dataset(judged=True)
    pairs = (replace(data.pairs[0], caption='a "red, car"\nand =1+1'), *data.pairs[1:])
    data = replace(data, pairs=pairs)
    rows = list(csv.DictReader(io.StringIO(benchmark_report.table(data, kit.runs(data)))))
    assert len(rows) == 800 and rows[0]["caption"] == 'a "red, car"\nand =1+1'
    assert {(row["encoder"], row["question"]) for row in rows} == {
        ("A", "image"),
        ("B", "image"),
        ("C", "text"),
        ("D", "text"),
    }
    assert (
        sum(int(row["won"]) for row in rows if row["encoder"] == "A")
        == kit.report()["scores"][0]["wins"]
    )
    assert float(rows[5]["margin"]) == pytest.approx(
        float(rows[5]["cosine"]) - float(rows[5]["cosine_swap"]), abs=2e-7
    )
    assert {row["generated_correctly"] for row in rows} == {"0", "1"}


# The picture


@pytest.fixture(scope="module")
def png() -> Any:
    pytest.importorskip("PIL.Image")
    from encoderscope.conditioning.reports.benchmark import picture as benchmark_picture

    return benchmark_picture


@pytest.mark.parametrize("width", [320, 480, 960])
def test_the_picture_is_as_wide_as_asked_and_nothing_reaches_its_edge(
    png: Any, report: dict[str, Any], width: int
) -> None:
    from encoderscope.conditioning.reports.drawing import palette

    image = png.render(report, width=width, scale=1)
    assert image.width == width
    edge = image.crop((width - 14, 0, width, image.height)).getcolors(10_000)
    assert {colour for _, colour in edge} <= {
        tuple(int(palette.PAGE[k : k + 2], 16) for k in (1, 3, 5))
    }


def test_bars_are_as_long_as_their_shares(png: Any, report: dict[str, Any]) -> None:
    """The green stretch of the topmost bar against the axis that it lies on."""
    from encoderscope.conditioning.reports.drawing import palette

    image = png.render(report, width=960, scale=1)
    green = tuple(int(palette.GREEN[k : k + 2], 16) for k in (1, 3, 5))
    raised = tuple(int(palette.RAISED[k : k + 2], 16) for k in (1, 3, 5))
    for y in range(200, image.height):
        row = [image.getpixel((x, y)) for x in range(image.width)]
        if row.count(green) > 100:
            break
    start = row.index(green)
    whole = len(row) - 1 - row[::-1].index(raised) + 1 - start
    filled = len(row) - 1 - row[::-1].index(green) + 1 - start
    assert filled / whole == pytest.approx(report["scores"][0]["share"], abs=0.02)


def test_a_hostile_report_is_drawn_and_stays_bounded(png: Any, report: dict[str, Any]) -> None:
    many = json.loads(json.dumps(report))
    many["encoders"] = [
        {**many["encoders"][0], "letter": str(k), "title": "x" * 5000} for k in range(60)
    ]
    many["scores"] = [
        {**many["scores"][0], "encoder": str(k), "kind": kind, "share": None}
        for k in range(60)
        for kind in (None, "k" * 900)
    ]
    many["dataset"]["kinds"] = ["k" * 900, *map(str, range(200))]
    many["comparisons"], many["notes"] = many["comparisons"] * 500, ["\u202e漢字 " * 500] * 40
    image = png.render(many, scale=1)
    assert image.height < 12_000


def test_without_pillow_the_way_out_is_named(
    png: Any, report: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from encoderscope.conditioning.errors import EncoderScopeError
    from encoderscope.conditioning.reports.drawing import fonts

    monkeypatch.setattr(fonts, "ready", lambda: False)
    with pytest.raises(EncoderScopeError, match="pip install -U pillow"):
        png.render(report)
