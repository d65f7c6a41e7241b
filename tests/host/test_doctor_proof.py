"""A slice of the Prompt Doctor's proof: faults put in on purpose on the miniatures that come with
the pack, and the station that lost it named; and what the proof rests on. All of it:
tests/bench/bench_doctor.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from encoderscope.conditioning.doctor.diagnose import diagnose
from encoderscope.conditioning.image_probe.judges import judge_calibration
from encoderscope.conditioning.image_probe.judges.drawn_cases import drawn_cases
from encoderscope.tests.bench.doctor import broken_parts, doctor_scores, ill_prompts, ward
from encoderscope.tests.bench.doctor.picture_reports import JUDGE, READER, with_pictures

pytestmark = pytest.mark.host
TEXT = "a red car and a blue house"
ABSENT = {ill_prompts.NO_T5, ill_prompts.UNGUIDED}
"""Of a generator that does not come with the pack; and one that needs many draws to do harm."""


@pytest.fixture(scope="module")
def hospital(host_folder: Path) -> ward.Ward:
    return ward.Ward()


def answers_of(
    hospital: ward.Ward, fault: str, count: int, folder: Path, eyes: str = READER
) -> list[Any]:
    with torch.no_grad():
        cases = list(hospital.cases(fault, "tuning", ward.Quota(count, 0), 2))
        images = with_pictures(cases, eyes, folder / f"{eyes}.jsonl", folder)
    return [
        doctor_scores.answer_of(
            case, diagnose(case["text"], **case["reports"], image=image, guidance=case["guidance"])
        )
        for case, image in zip(cases, images, strict=True)
    ]


def test_the_station_of_a_fault_is_named_and_no_other(
    hospital: ward.Ward, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    # half of the drawn scenes are enough for a judge that is never wrong
    monkeypatch.setattr(judge_calibration, "drawn_cases", lambda kind: drawn_cases(kind, 80))
    folder = tmp_path_factory.mktemp("doctor")
    answers = []
    for fault in (*ill_prompts.STATION, ill_prompts.HEALTHY):
        if fault not in ABSENT:
            answers += answers_of(hospital, fault, 1 + (fault == ill_prompts.HEALTHY), folder)
    outcomes = [(answer.fault, answer.outcome, answer.named) for answer in answers]
    assert len(outcomes) == len(ill_prompts.STATION) - len(ABSENT) + 2
    assert not [each for each in outcomes if each[1] == doctor_scores.WRONG], outcomes
    unsure = [each for each in outcomes if each[1] != doctor_scores.RIGHT]
    assert len(unsure) <= 1, outcomes


def test_mini_vqa_sees_what_the_reader_sees(hospital: ward.Ward, tmp_path: Path) -> None:
    [swapped] = answers_of(hospital, ill_prompts.SWAPPED, 1, tmp_path, JUDGE)
    [healthy] = answers_of(hospital, ill_prompts.HEALTHY, 1, tmp_path, JUDGE)
    assert (swapped.stations, healthy.stations) == (("picture",), ())
    assert healthy.clean


def conditioning(clip: Any) -> tuple[torch.Tensor, torch.Tensor]:
    [[rows, options]] = clip.encode_from_tokens_scheduled(clip.tokenize(TEXT))
    return rows, options["pooled_output"]


def test_a_silent_clip_gives_zeros_from_its_slot_on_and_the_same_before(
    hospital: ward.Ward,
) -> None:
    own = hospital.generator("clip-hard").clip
    rows, pooled = conditioning(own)
    silent = broken_parts.SilentClip(ward.clip_of("clip-hard"))
    assert torch.equal(conditioning(silent.clip)[0], rows)
    slot = broken_parts.slot_of(own, TEXT, TEXT.index("blue"))
    assert slot == 6
    faulty_rows, faulty_pooled = conditioning(silent.from_slot(slot))
    assert torch.equal(faulty_rows[:, :slot], rows[:, :slot])
    assert not faulty_rows[:, slot:].any()
    assert rows[:, slot:].any()
    assert pooled.any()
    assert not faulty_pooled.any()


def test_a_clip_with_one_window_loses_what_stands_behind_it(hospital: ward.Ward) -> None:
    own = hospital.generator("clip-hard").clip
    cut = broken_parts.with_one_window(own)
    long = f"a red car{ill_prompts.PADDING} a blue house"
    whole, first = own.tokenize(long), cut.tokenize(long)
    assert len(whole["l"]) == 2
    assert first["l"] == whole["l"][:1]
    assert all(map(torch.equal, conditioning(own), conditioning(cut)))


def test_a_blind_model_answers_the_same_with_and_without_the_word(hospital: ward.Ward) -> None:
    own = hospital.generator("clip-hard")
    with torch.no_grad():
        texts = [TEXT, "a the car and a blue house"]
        conds = [own.clip.encode_from_tokens_scheduled(own.clip.tokenize(each)) for each in texts]
        blind = broken_parts.without_seeing(own.model, *conds)
        pictures = [
            [
                hospital.draw("clip-hard", ward.Treated(own.clip, model, 3.0, text), 1)
                for text in texts
            ]
            for model in (own.model, blind)
        ]
    assert not torch.equal(*pictures[0])
    assert (pictures[1][0] - pictures[1][1]).abs().mean() < 0.1 * (
        (pictures[0][0] - pictures[0][1]).abs().mean()
    )
