"""How the proof of the Prompt Doctor counts, and what its judge without errors answers."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")
from encoderscope.conditioning.doctor.diagnosis import ENCODER, GENERATOR, STATIONS, TOKENIZER
from encoderscope.conditioning.scenes.drawing import draw
from encoderscope.conditioning.scenes.read_scene import read
from encoderscope.conditioning.scenes.scene import scenes
from encoderscope.tests.bench import bench_doctor
from encoderscope.tests.bench.doctor import (
    doctor_scores,
    ill_prompts,
    picture_reports,
    picture_truth,
    seeing_judge,
)
from encoderscope.tests.bench.doctor.doctor_scores import HARMLESS, NONE, Answer

CUT, SILENT = ill_prompts.CUT, ill_prompts.SILENT


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(CUT, TOKENIZER, (TOKENIZER,), (), False), "right"),
        (Answer(CUT, TOKENIZER, (TOKENIZER, ENCODER), (), False), "wrong"),
        (Answer(CUT, TOKENIZER, (ENCODER,), (), False), "wrong"),
        (Answer(CUT, TOKENIZER, (), (), False), "cannot tell"),
        (Answer(CUT, TOKENIZER, (), (), True), "wrong"),
        (Answer(SILENT, HARMLESS, (), (), True), "right"),
        (Answer(SILENT, HARMLESS, (ENCODER,), (), False), "right"),
        (Answer(SILENT, HARMLESS, (ENCODER,), (ENCODER,), False), "wrong"),
        (Answer(SILENT, HARMLESS, (GENERATOR,), (), False), "wrong"),
        (Answer(ill_prompts.HEALTHY, NONE, (), (), True), "right"),
        (Answer(ill_prompts.HEALTHY, NONE, (), (), False), "cannot tell"),
        (Answer(ill_prompts.HEALTHY, NONE, (TOKENIZER,), (), False), "wrong"),
    ],
)
def test_an_answer_is_right_only_if_no_other_station_is_named(answer: Answer, outcome: str) -> None:
    assert answer.outcome == outcome


def test_promises_hold_to_their_last_case_and_break_behind_it() -> None:
    right = Answer(CUT, TOKENIZER, (TOKENIZER,), (), False)
    unsure, wrong = right._replace(stations=()), right._replace(stations=(ENCODER,))
    healthy = Answer(ill_prompts.HEALTHY, NONE, (), (), True)
    answers = [*[right] * 90, *[unsure] * 7, *[wrong] * 3, *[healthy] * 97]
    answers += [healthy._replace(stations=(GENERATOR,))] * 3
    assert all(doctor_scores.figures(answers).promises.values())
    assert not any(
        doctor_scores.figures(
            [*answers, wrong, healthy._replace(stations=(ENCODER,))]
        ).promises.values()
    )


def test_the_table_counts_every_case_once() -> None:
    answers = [
        Answer(fault, station, (station,), (), False)
        for fault, station in ill_prompts.STATION.items()
    ]
    lines = doctor_scores.tables(answers)
    matrix = [
        line.split(" | ")
        for line in lines
        if line.startswith(tuple(f"| {name} |" for name in STATIONS))
    ]
    counts = [[int(cell.strip(" |")) for cell in row[1:]] for row in matrix]
    assert sum(map(sum, counts)) == len(answers)
    assert all(row[place] == sum(row) for place, row in enumerate(counts))


@pytest.mark.parametrize("fault", [ill_prompts.HEALTHY, *ill_prompts.STATION])
def test_every_fault_has_prompts_whose_words_at_fault_stand_in_them(fault: str) -> None:
    prompts = list(ill_prompts.ill_prompts(fault, "tuning", 24, 3))
    assert prompts
    for prompt in prompts:
        assert all(word in prompt.text for word in prompt.at_fault)
        assert {asked.shape for asked in prompt.asked} <= set(prompt.twin.replace(",", "").split())


def test_a_scene_has_one_prompt_whatever_its_fault() -> None:
    faults = (ill_prompts.HEALTHY, ill_prompts.UNREAD, ill_prompts.SWAPPED)
    texts = [
        {each.number: each.text for each in ill_prompts.ill_prompts(fault, "test", 12, 1)}
        for fault in faults
    ]
    assert all(texts[0][number] == text for by in texts for number, text in by.items())


def test_the_seeing_judge_answers_as_the_scene_is() -> None:
    for scene in scenes(4, "test", 9):
        [reading] = read(draw([scene], 64))
        first, second = scene.things
        yes = [
            f"Is there a {first.shape} in the picture?",
            f"Is the {first.shape} {first.colour}?",
            f"Is there a {first.colour} {first.shape} in the picture?",
            f"Is the {first.shape} {scene.relation} the {second.shape}?",
        ]
        no = [
            f"Is the {first.shape} {second.colour}?",
            f"Is the picture free of {first.shape}s?",
            f"Is the {second.shape} {scene.relation} the {first.shape}?",
        ]
        assert all(seeing_judge.holds(reading, question) is True for question in yes)
        assert all(seeing_judge.holds(reading, question) is False for question in no)
        assert seeing_judge.holds(reading, "Is it golden hour?") is None


def test_the_truth_of_a_picture_is_what_it_shows_of_both_things() -> None:
    for prompt, scene in zip(
        ill_prompts.ill_prompts(ill_prompts.HEALTHY, "test", 6, 1),
        scenes(6, "test", 1),
        strict=True,
    ):
        own, other = read(draw([scene, scene.swapped()], 64))
        assert picture_truth.picture_truth(prompt, own) == picture_truth.RIGHT
        assert picture_truth.picture_truth(prompt, other) == picture_truth.LOST


def test_tables_of_one_judge_stand_between_its_own_marks() -> None:
    page = bench_doctor.PAGE.read_text(encoding="utf-8")
    for eyes in (picture_reports.READER, picture_reports.JUDGE):
        assert f"**{picture_reports.TITLES[eyes]}**" in page
        changed = bench_doctor.published(page, eyes, ["nothing"])
        assert picture_reports.TITLES[eyes] not in changed.replace("### With mini-VQA", "")
        assert all(
            f"**{title}**" in changed
            for each, title in picture_reports.TITLES.items()
            if each != eyes and f"**{title}**" in page
        )
    with pytest.raises(SystemExit, match="no place for nobody"):
        bench_doctor.published(page, picture_reports.NOBODY, [])


def test_reports_of_other_weights_are_not_taken_for_these(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def file(eyes: str) -> Path:
        return picture_reports.reports_file(tmp_path, eyes, "test", 1)

    before = file(picture_reports.JUDGE), file(picture_reports.READER)
    weights = tmp_path / "other.safetensors"
    weights.write_bytes(b"other")
    monkeypatch.setattr(picture_reports.mini_judge, "FILE", weights)
    assert file(picture_reports.JUDGE) != before[0]
    assert file(picture_reports.READER) == before[1]


def test_nothing_is_promised_of_no_case() -> None:
    assert not any(doctor_scores.figures([]).promises.values())
