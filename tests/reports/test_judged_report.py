"""Judges in the image report: its schema, every thing that they can say, and what is drawn."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
jsonschema = pytest.importorskip("jsonschema")
from encoderscope.conditioning.english.reading import read
from encoderscope.conditioning.image_probe.claim_limits import SILENT, ClaimLimit
from encoderscope.conditioning.image_probe.judges import judge_verdicts
from encoderscope.conditioning.image_probe.judges.ask_judges import JudgedPicture, Judgement
from encoderscope.conditioning.image_probe.judges.evidence import Evidence
from encoderscope.conditioning.image_probe.judges.judge_calibration import JudgeCalibration
from encoderscope.conditioning.image_probe.judges.questions.question_graph import question_graph
from encoderscope.conditioning.reports.image import display, judged_rows, picture
from encoderscope.conditioning.reports.image.report import image_report, judge_report, plain
from encoderscope.tests.reports import image_kit as kit

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "report-image.schema.json").read_text(encoding="utf-8"))
TEXT = "a red car next to a wooden house"
SURE = ClaimLimit(0.9, 158, 158)
Report = dict[str, Any]


@dataclass(frozen=True)
class Named:
    """A judge of which only the name is asked."""

    title: str
    notes: tuple[str, ...] = ("From a folder.",)

    def answer(self, image: Any, questions: Any) -> list[Any]:
        raise NotImplementedError


YES, NO, OPEN = Evidence(0.97, 0.02, 0.8), Evidence(0.04, 0.9, 0.7), Evidence(0.5, 0.5, None)
CALIBRATED = {
    "presence": JudgeCalibration("presence", 320, 318, SURE, SURE),
    "colour": JudgeCalibration("colour", 320, 170, SILENT, SILENT),
}


def verdict(number: int, says: str, why: str, evidence: Evidence | None) -> Any:
    return judge_verdicts.QuestionVerdict(f"q{number + 1}", says, why, evidence)


SAID = {
    "yes": (judge_verdicts.HOLDS, "", YES),
    "no": (judge_verdicts.FAILS, "", NO),
    "kind": (judge_verdicts.UNKNOWN, judge_verdicts.KIND, YES),
    "judge": (judge_verdicts.UNKNOWN, judge_verdicts.JUDGE, YES),
    "close": (judge_verdicts.UNKNOWN, judge_verdicts.CLOSE, OPEN),
    "both": (judge_verdicts.UNKNOWN, judge_verdicts.BOTH, OPEN),
    "mute": (judge_verdicts.UNKNOWN, judge_verdicts.NO_ANSWER, None),
    "absent": (judge_verdicts.NOT_ASKED, judge_verdicts.PARENT, None),
}


def judgement(*pictures: list[str], text: str = TEXT) -> Judgement:
    """For each picture, what each judge said to the questions: 'yes no kind', words of SAID."""
    questions = question_graph(read(text)).questions
    judged = []
    for judges in pictures:
        rows = [
            tuple(verdict(k, *SAID[word]) for k, word in enumerate(row.split())) for row in judges
        ]
        together = tuple(judge_verdicts.agreed(each) for each in zip(*rows, strict=True))
        judged.append(
            JudgedPicture(judge_verdicts.picture_verdict(together), together, tuple(rows))
        )
    names = [Named(f"Judge {k + 1}") for k in range(len(pictures[0]))]
    calibrations = tuple(CALIBRATED for _ in names)
    return Judgement(questions, tuple(names), calibrations, tuple(judged))


def alone(*pictures: list[str], text: str = TEXT) -> Report:
    return judge_report(judgement(*pictures, text=text), read(text))


def beside(*pictures: list[str]) -> Report:
    result = kit.looked([[3.0]] * len(pictures))
    return image_report(result, kit.scorer(), judgement=judgement(*pictures, text=kit.TEXT))


REPORTS = {
    "all yes": lambda: alone(["yes yes yes yes yes"]),
    "one no": lambda: alone(["yes yes no kind yes"]),
    "absent": lambda: alone(["no yes absent close absent"]),
    "mute": lambda: alone(["mute mute mute mute mute"]),
    "two judges": lambda: alone(["yes yes no kind both", "yes yes yes judge yes"]),
    "several pictures": lambda: alone(["yes yes yes yes yes"], ["yes yes no kind yes"]),
    "beside a scorer": lambda: beside(["yes yes no kind yes"]),
    "nothing": lambda: alone([""], text="masterpiece"),
}


@pytest.mark.parametrize("name", REPORTS)
def test_the_schema_holds_and_its_numbers_fit_together(name: str) -> None:
    report = REPORTS[name]()
    strict = json.loads(json.dumps(report, allow_nan=False))
    jsonschema.validate(strict, SCHEMA, cls=jsonschema.Draft202012Validator)
    assert sum(report["shows"].values()) == len(report["images"])
    assert plain(report).startswith(report["sentence"])
    assert display.with_display(report) == report, "what is drawn follows from the report alone"
    for image in report["images"]:
        assert len(image["judges"]) == len(report["judges"])
        assert len(image["display"]["judged"]) == len(report["questions"])
        assert len(image["judged"]["agreed"]) == len(report["questions"])
        for own in image["judges"]:
            assert [each["id"] for each in own["answers"]] == [
                each["id"] for each in report["questions"]
            ]


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("width", [420, 960])
def test_the_picture_is_drawn(name: str, width: int) -> None:
    drawn = picture.render(REPORTS[name](), width=width, scale=1)
    assert drawn.width == width
    assert drawn.height > 200


def test_sentences() -> None:
    assert REPORTS["all yes"]()["sentence"] == (
        "Judge 1 says: as in the prompt: car, house, red car, wooden house, car next to house."
    )
    assert REPORTS["one no"]()["sentence"] == (
        "Judge 1 says: as in the prompt: car, house, car next to house; not as in the prompt: "
        "red car; cannot be told: wooden house."
    )
    assert REPORTS["two judges"]()["sentence"] == (
        "Judge 1 and Judge 2 say: as in the prompt: car, house, car next to house; the judges "
        "disagree on: red car; cannot be told: wooden house."
    )
    assert REPORTS["several pictures"]()["sentence"] == (
        "Judge 1 says: of 2 pictures, 1 shows the prompt and 1 does not show the prompt."
    )
    assert REPORTS["nothing"]()["sentence"] == "Judge 1 had nothing to answer."
    assert "Judge 1 says:" in REPORTS["beside a scorer"]()["sentence"]


def test_a_judge_s_reliability_is_in_words() -> None:
    [judge] = REPORTS["one no"]()["judges"]
    assert judge["sentence"] == (
        "Reliable on drawn scenes: presence (right on 318 of 320). Not reliable, so it claims "
        "nothing: colour (right on 170 of 320). No drawn scene shows this, so it claims nothing: "
        "material and relation."
    )
    assert judge["kinds"][0]["holds"] == {"threshold": 0.9, "claimed": 158, "claimed_right": 158}
    assert judge["kinds"][1]["holds"]["threshold"] is None


@pytest.mark.parametrize(
    ("name", "tone"),
    [
        ("all yes", "kept"),
        ("one no", "lost"),
        ("mute", "open"),
        ("two judges", "open"),
        ("several pictures", "lost"),
        ("beside a scorer", "lost"),
    ],
)
def test_the_tone(name: str, tone: str) -> None:
    assert REPORTS[name]()["display"]["tone"] == tone


def test_rows_say_why_and_what_is_believed() -> None:
    rows = REPORTS["two judges"]()["images"][0]["display"]["judged"]
    assert [row["sign"] for row in rows] == ["✓", "✓", "≠", "?", "✓"]
    assert [bar["believed"] for bar in rows[2]["bars"]] == [True, True]
    assert [bar["text"] for bar in rows[2]["bars"]] == ["4 %", "97 %"]
    assert rows[3]["text"] == (
        "cannot tell; no drawn scene shows this kind; this judge is not right often enough on "
        "drawn scenes"
    )
    assert rows[0]["question"] == "Is there a car in the picture?"
    assert "Expected: yes." in rows[0]["tip"][0]
    mute = REPORTS["mute"]()["images"][0]["display"]["judged"][0]
    assert mute["bars"][0] == {"judge": "Judge 1", "width": 0.0, "text": "–", "believed": False}


def test_many_questions_stay_bounded() -> None:
    def height(count: int) -> int:
        text = ", ".join(f"a red thing{number}" for number in range(count))
        questions = question_graph(read(text)).questions
        assert len(questions) == 2 * count
        report = alone([" ".join(["yes"] * len(questions))], text=text)
        return picture.render(report, scale=1).height

    most = judged_rows.MOST // 2
    assert height(most) > height(most - 1) + 40
    assert height(most + 5) < height(most) + 120


def test_without_a_judge_everything_is_empty() -> None:
    report = kit.report([[3.0]])
    assert report["questions"] == report["judges"] == []
    assert report["question_lines"] == ""
    assert report["images"][0]["judged"] is None
    assert report["images"][0]["display"]["judged"] == []
