"""The image report: its schema, every verdict and every reason for none, and what percentages are
said to be.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
jsonschema = pytest.importorskip("jsonschema")
from encoderscope.conditioning.image_probe import probe_images as image_probe_probe
from encoderscope.conditioning.reports.image.report import NOTHING, REMEDY, plain
from encoderscope.tests.reports import image_kit as kit

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "report-image.schema.json").read_text(encoding="utf-8"))
SHOWN, SWAPPED, UNKNOWN = (
    image_probe_probe.SHOWN,
    image_probe_probe.SWAPPED,
    image_probe_probe.UNKNOWN,
)
SIGMOID = kit.scorer("sigmoid", "SigLIP B/16", notes=("Made up.",))
REPORTS = {
    "one": lambda: kit.report([[3.0]]),
    "swapped": lambda: kit.report([[-3.0], [0.1]]),
    "two contrasts": lambda: kit.report([[3.0, 2.0], [-3.0, 0.2]], text=kit.TWO),
    "text side": lambda: kit.report([[3.0]], readers=[kit.reader("ORDER ONLY")]),
    "collapsed": lambda: kit.report([[0.0]], readers=[kit.reader("COLLAPSED", None)]),
    "undecided": lambda: kit.report([[3.0]], readers=[kit.reader("UNDECIDED")]),
    "eyes": lambda: kit.report([[3.0]], readers=[kit.reader(threshold=None, right=81)]),
    "sigmoid": lambda: kit.report([[3.0]], SIGMOID, logits=[[1.0, -2.0, 0.5, -3.0, -14.0]]),
    "kind": lambda: kit.report(
        [[3.0]], text="a big car and a small house", readers=[kit.reader(drawn=False)]
    ),
    "nothing": lambda: kit.report([[], []], text="hello there"),
}


def check(report: dict[str, Any]) -> None:
    jsonschema.validate(
        json.loads(json.dumps(report, allow_nan=False)), SCHEMA, cls=jsonschema.Draft202012Validator
    )


@pytest.mark.parametrize("name", REPORTS)
def test_the_schema_holds_and_its_numbers_fit_together(name: str) -> None:
    report = REPORTS[name]()
    check(report)
    assert sum(report["shows"].values()) == len(report["images"])
    for image in report["images"]:
        assert len(image["logits"]) == len(image["percentages"]) == len(report["captions"])
        assert len(image["contrasts"]) == len(report["contrasts"])
    assert plain(report).startswith(report["sentence"])


def test_the_schema_refuses_a_claim_with_a_reason_and_a_silence_without() -> None:
    for change in ({"why": ""}, {"shows": SHOWN}, {"why": "it is late"}):
        report = REPORTS["eyes"]()
        report["images"][0]["contrasts"][0] |= change
        with pytest.raises(jsonschema.ValidationError):
            check(report)


def test_the_sample_of_the_browser_tests_is_a_report() -> None:
    report = kit.sample("image_two")
    check(report)
    assert [image["shows"] for image in report["images"]] == [SHOWN, SWAPPED]
    result = kit.report([[3.1742, 1.9218], [-2.6135, 0.41207]], text=kit.TWO)
    assert report["sentence"] == result["sentence"] and report["captions"] == result["captions"]
    assert report["notes"] == result["notes"]
    assert set(result) == set(report) and set(result["contrasts"][0]) == set(report["contrasts"][0])
    assert {*result["images"][0], "thumb"} == set(report["images"][0])


# Verdicts


@pytest.mark.parametrize(
    ("clear", "reader", "shows", "why"),
    [
        (1.4, kit.reader(), SHOWN, ""),
        (-1.4, kit.reader(), SWAPPED, ""),
        (1.3, kit.reader(), UNKNOWN, "too close to call"),
        (-1.3, kit.reader(), UNKNOWN, "too close to call"),
        (9.0, kit.reader(threshold=None), UNKNOWN, "the scorer cannot tell it on drawn scenes"),
        (9.0, kit.reader("ORDER ONLY"), UNKNOWN, "the scorer's text side does not surely hold it"),
        (9.0, kit.reader("UNDECIDED"), UNKNOWN, "the scorer's text side does not surely hold it"),
        (
            -9.0,
            kit.reader("COLLAPSED", None),
            UNKNOWN,
            "the scorer's text side does not surely hold it",
        ),
    ],
)
def test_verdict_and_reason_of_one_contrast(
    clear: float, reader: image_probe_probe.ScorerReliability, shows: str, why: str
) -> None:
    report = kit.report([[clear]], readers=[reader])
    [image] = report["images"]
    [seen] = image["contrasts"]
    assert (seen["shows"], seen["why"], image["shows"]) == (shows, why, shows)
    assert seen["clear"] == pytest.approx(clear) and seen["margin"] == pytest.approx(
        clear * seen["noise"]
    )
    assert report["shows"] == {
        verdict: int(verdict == shows) for verdict in (SHOWN, SWAPPED, UNKNOWN)
    }
    [contrast] = report["contrasts"]
    assert contrast["can_tell"] == (
        reader.text.verdict == "BOUND" and reader.calibration.threshold is not None
    )
    line = next(
        line
        for line in plain(report).split("\n")
        if "margin" in line and "noise" in line and line[0] == " " and "car" in line
    )
    assert (
        line.startswith(f"  {shows} ({why}): " if why else f"  {shows}: ")
        and f"{seen['margin']:+.4f}" in line
    )


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("one", "The picture shows the prompt."),
        ("swapped", "Of 2 pictures, 1 shows the swap, 1 cannot be told."),
        ("two contrasts", "Of 2 pictures, 1 shows the prompt, 1 shows the swap."),
        (
            "text side",
            (
                "CLIP ViT-B/32 cannot judge this prompt: its own text side does not surely tell "
                "the two meanings apart. That says nothing against the picture."
            ),
        ),
        (
            "undecided",
            (
                "CLIP ViT-B/32 cannot judge this prompt: its own text side does not surely tell "
                "the two meanings apart. That says nothing against the picture."
            ),
        ),
        (
            "eyes",
            (
                "CLIP ViT-B/32 cannot judge this prompt: it cannot tell the two meanings apart. "
                "That says nothing against the picture."
            ),
        ),
        (
            "nothing",
            (
                "Nothing was put to the test. No property, number, negation, relation or "
                "action was "
                "found; only English is read. Mark the contrast by hand: [red] car | [blue] house."
            ),
        ),
    ],
)
def test_the_sentence_on_top(name: str, sentence: str) -> None:
    assert REPORTS[name]()["sentence"] == sentence


def test_the_sentence_of_one_picture_that_shows_the_swap_or_nothing_clear() -> None:
    assert (
        kit.report([[-3.0]])["sentence"]
        == "The picture shows the swap: the prompt's words, bound the other way round."
    )
    assert (
        kit.report([[0.2]])["sentence"]
        == "Cannot tell whether the picture shows the prompt or its swap."
    )
    assert kit.report([[3.0]] * 3)["sentence"] == "Of 3 pictures, 3 show the prompt."


def test_one_contrast_that_can_be_told_is_enough_to_judge_by() -> None:
    readers = [kit.reader(), kit.reader("ORDER ONLY")]
    report = kit.report([[-3.0, 3.0], [3.0, 3.0]], text=kit.TWO, readers=readers)
    assert [image["shows"] for image in report["images"]] == [SWAPPED, UNKNOWN]
    assert report["sentence"] == "Of 2 pictures, 1 shows the swap, 1 cannot be told."


def test_how_far_the_scorer_can_be_believed() -> None:
    output = {
        name: REPORTS[name]()["contrasts"][0]["sentence"] for name in REPORTS if name != "nothing"
    }
    assert output["one"] == (
        "This scorer is right on 148 of 160 drawn scenes (colour), and on 128 of the 131 "
        "whose margin was 1.4 times the noise or more."
    )
    assert output["eyes"].startswith(
        "This scorer's text side holds it, but its image side is not reliable: it is right on 81 "
        "of 160 drawn scenes"
    )
    for name in ("text side", "collapsed"):
        assert "own text side does not hold it" in output[name] and output[name].endswith(REMEDY)
    assert "ORDER ONLY" in output["text side"] and "COLLAPSED" in output["collapsed"]
    assert "cannot be told (UNDECIDED)" in output["undecided"] and REMEDY not in output["undecided"]
    assert (
        output["kind"].startswith("No drawn scene shows this kind of contrast")
        and "claims nothing" in output["kind"]
    )


# Percentages


def test_softmax_shares_add_up_and_say_that_they_are_no_probabilities() -> None:
    report = REPORTS["two contrasts"]()
    for image in report["images"]:
        assert sum(image["percentages"]) == pytest.approx(100, abs=0.01)
    scores = torch.tensor(report["images"][0]["logits"]).softmax(0) * 100
    assert report["images"][0]["percentages"] == pytest.approx(scores.tolist(), rel=1e-3)
    [note] = report["notes"]
    assert (
        "shares among the captions" in note
        and "multiplies cosines by 100" in note
        and "add up" not in note
    )


def test_sigmoid_percentages_stand_alone_and_say_so() -> None:
    report = REPORTS["sigmoid"]()
    logits = report["images"][0]["logits"]
    assert report["images"][0]["percentages"] == pytest.approx(
        (torch.tensor(logits).sigmoid() * 100).tolist(), rel=1e-3
    )
    assert sum(report["images"][0]["percentages"]) > 120
    [note] = report["notes"]
    assert "judges each caption alone" in note and "need not add up to 100" in note
    assert report["scorer"] == {
        "title": "SigLIP B/16",
        "objective": "sigmoid",
        "scale": 112.7,
        "bias": -16.5,
        "notes": ["Made up."],
    }


# Text


def test_the_text_says_everything_that_was_found() -> None:
    report = REPORTS["two contrasts"]()
    report["skipped"], report["unread"] = ["Skipped one."], ["Unread one."]
    text = plain(report)
    for contrast in report["contrasts"]:
        assert contrast["label"] in text and contrast["sentence"] in text
    for caption in report["captions"]:
        assert text.count(f"{caption['text']}  ({caption['role']})") == len(report["images"])
    for line in (*report["notes"], "Skipped one.", "Unread one."):
        assert f"- {line}" in text
    assert [line for line in text.split("\n") if line.startswith("Picture")] == [
        "Picture 1: shows the prompt",
        "Picture 2: shows the swap",
    ]


def test_bars_of_the_text_are_as_long_as_the_percentages() -> None:
    report = REPORTS["sigmoid"]()
    lines = [line.strip() for line in plain(report).split("\n") if " %  " in line]
    full = [line.split()[0].count("#") for line in lines]
    assert (
        full == [round(percentage / 5) for percentage in report["images"][0]["percentages"]]
        and max(full) > 10
    )
    assert all(len(line.split()[0]) == 20 for line in lines)


def test_no_percentage_is_made_up_where_the_file_cannot_tell_it() -> None:
    siglip = kit.scorer("sigmoid", "SigLIP B/16", bias=0.0, uncalibrated=("logit_bias",))
    report, complete = kit.report([[3.0]], siglip), kit.report([[3.0]], kit.scorer("sigmoid"))
    [picture] = report["images"]
    assert picture["percentages"] == [None] * len(report["captions"])
    assert (picture["shows"], picture["contrasts"]) == (
        complete["images"][0]["shows"],
        complete["images"][0]["contrasts"],
    )
    [note] = report["notes"]
    assert note == (
        "Percentages are not known: this scorer's file has no logit_bias. Verdicts compare "
        "captions with each other and do not depend on that."
    )
    assert {caption["text"] for caption in picture["display"]["captions"]} == {"—"}
    assert report["display"]["standing"] == (
        "There are no percentages here, and no verdict needs them."
    )
    assert " %" not in plain(report).replace("100 %", "")
    check(report)


def test_nonsense_gets_no_bar_of_100_percent() -> None:
    """Beside one unrelated sentence a softmax gives nearly everything to any text."""
    for text in ("sdfsdf lksdfj", "a car"):
        report = kit.report([[], []], text=text)
        assert [image["shows"] for image in report["images"]] == [NOTHING] * 2
        for image in report["images"]:
            assert set(image["percentages"]) == {None}
        [note] = report["notes"]
        assert note.startswith("No percentages: beside one unrelated sentence")
    alone = kit.report([[]], kit.scorer("sigmoid"), text="sdfsdf lksdfj")
    assert None not in alone["images"][0]["percentages"], "a sigmoid judges each text alone"


def test_a_prompt_without_contrasts_has_scores_only() -> None:
    report = REPORTS["nothing"]()
    assert report["shows"] == {NOTHING: 2} and report["contrasts"] == []
    assert [image["shows"] for image in report["images"]] == [NOTHING] * 2
    assert "Picture 2: nothing to test" in plain(report)
