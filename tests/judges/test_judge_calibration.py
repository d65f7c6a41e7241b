"""Judges speak where they are reliable, and nowhere else: measured with judges of known error."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from encoderscope.conditioning.image_probe.judges import judge_calibration as calibrations
from encoderscope.conditioning.image_probe.judges.drawn_cases import (
    CASES,
    KINDS,
    DrawnCase,
    drawn_cases,
)
from encoderscope.conditioning.image_probe.judges.evidence import Evidence, evidence_of
from encoderscope.conditioning.image_probe.judges.judge_calibration import (
    JudgeCalibration,
    MeasuredCase,
    calibrated,
    calibration,
)
from encoderscope.tests.judges import toy


@pytest.mark.parametrize("kind", KINDS)
def test_cases_are_as_often_true_as_false_and_the_truth_is_the_scene_s(kind: str) -> None:
    cases = drawn_cases(kind)
    assert len(cases) == 2 * CASES
    assert sum(case.holds for case in cases) == CASES
    for case in cases:
        for question in case.question.asked()[: len(case.question.wordings)]:
            answer = "yes" if toy.truth(case.scene, question.text) else "no"
            assert (answer == case.question.expected) == case.holds, (case.scene, question.text)


@pytest.mark.parametrize("kind", KINDS)
def test_a_true_case_denies_its_swap(kind: str) -> None:
    for case in drawn_cases(kind)[::2]:
        for question in case.question.asked()[len(case.question.wordings) :]:
            answer = "yes" if toy.truth(case.scene, question.text) else "no"
            assert answer == case.question.other, (case.scene, question.text)


def test_the_calibration_part_shares_no_bag_with_training_or_test() -> None:
    from encoderscope.conditioning.scenes.scene import bags

    others = {
        (frozenset(bag.colours), frozenset(bag.shapes))
        for part in ("train", "test")
        for bag in bags(part)
    }
    for kind in set(KINDS) - {"count"}:
        for case in drawn_cases(kind):
            things = case.scene.things
            bag = (frozenset(t.colour for t in things), frozenset(t.shape for t in things))
            assert bag not in others


SPEAKS = {
    toy.TruthJudge: set(KINDS),
    toy.CoinJudge: set(),
    toy.YesJudge: set(),
    toy.NoJudge: set(),
    toy.MuteJudge: set(),
    toy.ColourBlindJudge: set(KINDS) - {"colour"},
    toy.SwappedJudge: set(KINDS) - {"colour"},
    toy.MostlyRightJudge: set(),
    toy.HonestlyUnsureJudge: set(KINDS),
}


@pytest.mark.parametrize("judge", SPEAKS, ids=lambda judge: judge.__name__)
def test_who_may_speak(judge: type[toy.TruthJudge], memory: toy.SceneMemory) -> None:
    assert {kind for kind in KINDS if calibrated(judge(memory), kind).speaks} == SPEAKS[judge]


def test_the_unsure_one_keeps_silent_where_it_guesses(memory: toy.SceneMemory) -> None:
    measured = calibrated(toy.HonestlyUnsureJudge(memory), "presence")
    assert measured.holds.threshold is not None
    assert 0.8 * CASES <= measured.holds.claimed < CASES
    assert measured.right < measured.total


def test_claims_of_a_judge_that_speaks_are_right(memory: toy.SceneMemory) -> None:
    """On scenes that it was not calibrated on, more than 95 in 100."""
    judge = toy.HonestlyUnsureJudge(memory)
    limits = calibrated(judge, "presence")
    claims = []
    for case in drawn_cases("presence", 200, "test"):
        memory.add(case.scene, case.picture())
        [evidence] = evidence_of(judge, case.picture(), [case.question])
        assert evidence is not None
        if evidence.holds >= limits.holds.threshold:
            claims.append(case.holds)
        if evidence.fails >= limits.fails.threshold:
            claims.append(not case.holds)
    assert len(claims) > 250
    assert sum(claims) / len(claims) > 0.95


def measured(errors: int, count: int = CASES) -> list[MeasuredCase]:
    """A judge that is sure of everything, and wrong in ``errors`` of the false cases."""
    sure, denied = Evidence(0.9, 0.1, None), Evidence(0.1, 0.9, None)
    false = [MeasuredCase(sure if k < errors else denied, False) for k in range(count)]
    return [*(MeasuredCase(sure, True) for _ in range(count)), *false]


def test_the_error_rate_is_an_exact_binomial_test() -> None:
    bound = 0.05 / 2

    def passes(errors: int) -> bool:
        claims = CASES + errors
        likely = sum(
            math.comb(claims, k) * 0.05**k * 0.95 ** (claims - k) for k in range(errors + 1)
        )
        return likely <= bound

    most = max(errors for errors in range(20) if passes(errors))
    assert 0 < most < 19
    assert calibration("colour", measured(most)).holds.threshold == 0.9
    assert calibration("colour", measured(most + 1)).holds.threshold is None
    assert calibration("colour", measured(most + 1)).right == 2 * CASES - most - 1


def test_too_few_cases_promise_nothing() -> None:
    assert not calibration("colour", measured(0, 20)).speaks
    assert not calibration("colour", []).speaks


def test_swaps_are_needed_for_yes_and_not_for_no() -> None:
    neither = Evidence(0.02, 0.03, None)
    assert (neither.holds, neither.fails) == (0.02, 0.98)
    always_yes = Evidence(0.99, 0.98, None)
    assert always_yes.holds == pytest.approx(0.02)
    assert Evidence(0.9, None, None).holds == 0.9


def test_it_is_kept_under_what_the_judge_answers(memory: toy.SceneMemory, tmp_path: Path) -> None:
    judge = toy.TruthJudge(memory)
    first = calibrated(judge, "presence", tmp_path)
    [file] = tmp_path.iterdir()
    judge.texts.clear()
    assert calibrated(judge, "presence", tmp_path) == first
    assert len(judge.texts) < 50, "only the few of the hash"
    calibrated(toy.TruthJudge(memory, sure=0.97), "presence", tmp_path)
    calibrated(judge, "place", tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
    file.write_text(json.dumps({"format": "encoderscope.judge_calibration", "version": 1}))
    assert calibrated(judge, "presence", tmp_path) == first, "made anew where it is broken"


class Listener:
    """A progress that keeps the sentences."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def __call__(self, done: int, total: int) -> None:
        pass

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)


def test_the_wait_is_announced_where_it_is_one(memory: toy.SceneMemory, tmp_path: Path) -> None:
    listener = Listener()
    calibrated(toy.TruthJudge(memory), "presence", tmp_path, listener)
    assert listener.sentences[0] == (
        "Measuring how often TruthJudge is right on drawn scenes whose truth is known: presence. "
        "This is done once, and kept."
    )
    listener.sentences.clear()
    calibrated(toy.TruthJudge(memory), "presence", tmp_path, listener)
    assert listener.sentences == []


@pytest.mark.parametrize(
    "broken",
    [
        {"right": "many"},
        {"holds": {"threshold": 2.0, "claimed": 1, "claimed_right": 1}},
        {"holds": {"threshold": 0.5, "claimed": None, "claimed_right": 1}},
        {"format": "another"},
    ],
)
def test_a_file_that_was_changed_is_not_believed(
    broken: dict[str, object], memory: toy.SceneMemory, tmp_path: Path
) -> None:
    calibrated(toy.TruthJudge(memory), "presence", tmp_path)
    [file] = tmp_path.iterdir()
    file.write_text(json.dumps({**json.loads(file.read_text()), **broken}))
    assert calibrations._from_json(json.loads(file.read_text())) is None


def test_a_kind_that_cannot_be_drawn_promises_nothing(memory: toy.SceneMemory) -> None:
    nothing = calibrated(toy.TruthJudge(memory), "material")
    assert nothing == JudgeCalibration("", 0, 0, calibrations.SILENT, calibrations.SILENT)
    assert not nothing.speaks


def test_every_scene_is_drawn_once(
    memory: toy.SceneMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures: list[object] = []
    draw = DrawnCase.picture

    def counting(case: DrawnCase) -> object:
        pictures.append(case.scene)
        return draw(case)

    monkeypatch.setattr(DrawnCase, "picture", counting)
    judge = toy.TruthJudge(memory)
    assert calibrated(judge, "presence").total == 2 * CASES
    assert len(pictures) == CASES
