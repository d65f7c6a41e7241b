"""Scores of the field by a judge: the formulas, on judges whose answers are known."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
jsonschema = pytest.importorskip("jsonschema")
from encoderscope.conditioning.benchmark import drawn_sets, judge_scores, scoring
from encoderscope.conditioning.benchmark.dataset import of_kinds
from encoderscope.conditioning.benchmark.judge_scores import JudgePairScorer, noun_phrases, score
from encoderscope.conditioning.errors import EncoderScopeError, UnknownName
from encoderscope.conditioning.image_probe.judges.protocol import AskedQuestion, JudgeAnswer
from encoderscope.conditioning.reports.benchmark.report import benchmark_report, plain

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "report-benchmark.schema.json").read_text()
)
IMAGE = torch.zeros(8, 8, 3)


class Told:
    """Answers yes with the probability that the table has for a question, else 0.9."""

    title, notes = "told", ()

    def __init__(self, table: Mapping[str, float] | None = None, mute: bool = False) -> None:
        self.table, self.mute = dict(table or {}), mute
        self.questions: list[AskedQuestion] = []

    def answer(self, image: Any, questions: Sequence[AskedQuestion]) -> list[JudgeAnswer | None]:
        self.questions += questions
        if self.mute:
            return [None for _ in questions]
        return [self._answer(each) for each in questions]

    def _answer(self, question: AskedQuestion) -> JudgeAnswer:
        yes = self.table.get(question.text, 0.9)
        if question.answers == ("Yes",):
            return JudgeAnswer((1.0,), yes * 0.5)
        return JudgeAnswer((yes, 1 - yes), 0.5)


def test_vqascore_is_the_probability_of_yes_among_everything() -> None:
    judge = Told({'Does this figure show "a red car"? Please answer yes or no.': 0.6})
    assert score("vqascore", judge, IMAGE, "a red car") == pytest.approx(0.3)
    [question] = judge.questions
    assert (question.answers, question.exact, question.instructed) == (("Yes",), True, True)


def test_blip_vqa_is_a_product_over_noun_phrases() -> None:
    judge = Told({"a red car?": 0.5, "a blue house?": 0.4})
    assert score("blip_vqa", judge, IMAGE, "a red car and a blue house") == pytest.approx(0.2)
    assert [each.text for each in judge.questions] == ["a red car?", "a blue house?"]
    assert score("blip_vqa", judge, IMAGE, "") == 1.0


def test_dsg_counts_a_question_only_with_what_it_requires() -> None:
    text = "a red car next to a blue house"
    assert score("dsg", Told(), IMAGE, text) == 1.0
    assert score("dsg", Told({"Is the car red?": 0.2}), IMAGE, text) == pytest.approx(4 / 5)
    no_car = Told({"Is there a car in the picture?": 0.2})
    assert score("dsg", no_car, IMAGE, text) == pytest.approx(2 / 5), "no car, so neither is it red"
    assert score("dsg", Told(), IMAGE, "a man without a hat") == pytest.approx(1 / 2)
    assert score("dsg", Told(), IMAGE, "masterpiece") == 0.0


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("a red car next to a blue house", ["a red car", "a blue house"]),
        ("two black cats on the wooden table", ["two black cats", "the wooden table"]),
        ("the (red:1.3) car", ["the red car"]),
        ("an apple on the left of a plate", ["an apple", "a plate"]),
        ("a [red] car next to the [blue] house", ["a red car", "the blue house"]),
        ("his  very red car", ["his very red car"]),
        ("", []),
    ],
)
def test_noun_phrases_as_typed(text: str, phrases: list[str]) -> None:
    assert noun_phrases(text) == phrases


@pytest.mark.parametrize("name", ["vqascore", "blip_vqa", "dsg"])
def test_who_cannot_answer_is_refused(name: str) -> None:
    with pytest.raises(EncoderScopeError, match=r"cannot answer this question: .*car"):
        score(name, Told(mute=True), IMAGE, "a red car")


def test_an_unknown_score_names_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="vqascore, blip_vqa, dsg"):
        score("clipscore", Told(), IMAGE, "a red car")


class Prefers(Told):
    """Says yes to the captions of a dataset, and no to its swaps."""

    def __init__(self, captions: Sequence[str]) -> None:
        super().__init__()
        self.captions = captions

    def _answer(self, question: AskedQuestion) -> JudgeAnswer:
        yes = 0.9 if any(f'"{caption}"' in question.text for caption in self.captions) else 0.2
        return JudgeAnswer((1.0,), yes)


def test_the_benchmark_of_a_judge(tmp_path: Path) -> None:
    data = of_kinds(drawn_sets.drawn("drawn-20"), ["colour"])
    judge = Prefers([pair.caption for pair in data.pairs])
    results = scoring.run([JudgePairScorer(judge, "vqascore")], data, tmp_path)
    report = benchmark_report(data, results)
    jsonschema.validate(
        json.loads(json.dumps(report, allow_nan=False)), SCHEMA, cls=jsonschema.Draft202012Validator
    )
    assert report["scores"][0]["share"] == 1
    assert report["scores"][0]["mean_score"] == pytest.approx(0.9)
    assert report["sentence"].startswith(
        "VQAScore is higher for the caption than for the swap: told in 100.0 % (mean score 0.900)"
    )
    assert "docs/report-benchmark.md" in " ".join(report["notes"])
    assert "VQAScore" in plain(report)
    count = len(judge.questions)
    repeated = scoring.run([JudgePairScorer(judge, "vqascore")], data, tmp_path)
    assert repeated[0].cosines == results[0].cosines
    assert len(judge.questions) == count + 4, "kept: only the few of the fingerprint"


def test_every_score_is_a_question_of_the_report() -> None:
    from encoderscope.conditioning.reports.benchmark.report import QUESTIONS

    assert set(judge_scores.SCORES) < set(QUESTIONS)
