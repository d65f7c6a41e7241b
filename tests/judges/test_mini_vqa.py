"""mini-VQA, the judge that comes with the pack: what it answers about scenes that it never saw, and
what it leaves unanswered.
"""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import pytest
import torch
from encoderscope.conditioning.binding.nulls import saved
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.image_probe.judges import judge_calibration as calibrations
from encoderscope.conditioning.image_probe.judges.drawn_cases import KINDS, drawn_cases
from encoderscope.conditioning.image_probe.judges.judge_calibration import calibrated
from encoderscope.conditioning.image_probe.judges.mini_vqa import mini_judge
from encoderscope.conditioning.image_probe.judges.mini_vqa.mini_judge import MiniVqaJudge
from encoderscope.conditioning.image_probe.judges.mini_vqa.model import MiniVqa
from encoderscope.conditioning.image_probe.judges.mini_vqa.sight import seen
from encoderscope.conditioning.image_probe.judges.protocol import AskedQuestion
from encoderscope.conditioning.scenes.drawing import draw
from encoderscope.conditioning.scenes.scene import COLOURS, staged
from encoderscope.tools import tensor_files
from encoderscope.tools.mini_vqa import judge_figures
from PIL import Image

SHIPPED = [entry["kind"] for entry in saved.read_shipped(calibrations.SHIPPED).values()]
WORKFLOWS = Path(__file__).resolve().parents[2] / "workflows"
SCENE = staged(random.Random(4), ("red", "car"), ("blue", "house"))
PICTURE = draw([SCENE], 128)[0]


@cache
def judge() -> MiniVqaJudge:
    return mini_judge.load()


def yes(image: torch.Tensor, *texts: str) -> list[float | None]:
    answers = judge().answer(image, [AskedQuestion(text) for text in texts])
    return [None if answer is None else answer.probabilities[0] for answer in answers]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("spoilt", ["drawn small", "noise"])
def test_scenes_that_it_never_saw(kind: str, spoilt: str) -> None:
    """The card has the figures of many more; this fails where the weights or the reading do."""
    spoil = {"drawn small": judge_figures.clean, "noise": judge_figures.noisy}[spoilt]
    score = judge_figures.held_out(judge(), kind, spoil, count=30)
    assert score.total == 60
    assert score.right >= 56


def test_what_a_picture_lacks_is_denied() -> None:
    score = judge_figures.denied(judge(), judge_figures.clean, count=60)
    assert score.right >= 57


def test_one_picture_in_words() -> None:
    first, second, third = yes(
        PICTURE, "Is the car red?", "Is the car blue?", "Is there a tree in the picture?"
    )
    assert first is not None and second is not None and third is not None
    assert first > 0.9 and second < 0.1 and third < 0.1
    [answer] = judge().answer(PICTURE, [AskedQuestion("What colour is the house?", COLOURS)])
    assert answer is not None and answer.probabilities[COLOURS.index("blue")] > 0.9
    assert sum(answer.probabilities) == pytest.approx(1)
    assert answer.mass is not None and answer.mass > 0.9


def test_an_open_question_about_what_is_not_there_has_no_mass() -> None:
    [answer] = judge().answer(PICTURE, [AskedQuestion("What colour is the star?", COLOURS)])
    assert answer is not None and answer.mass is not None and answer.mass < 0.3


def test_a_word_that_it_does_not_know_gets_no_answer() -> None:
    known, glass, dog = yes(
        PICTURE, "Is the car red?", "Is the car made of glass?", "Is there a dog in the picture?"
    )
    assert known is not None and glass is None and dog is None
    perhaps = AskedQuestion("Is the car red?", ("yes", "perhaps"))
    assert judge().answer(PICTURE, [perhaps]) == [None]
    assert judge().answer(PICTURE, []) == []


def test_answers_do_not_depend_on_what_else_is_asked() -> None:
    texts = ["Is the car red?", "Is the dog red?", "Is the car to the left of the house?"]
    together = yes(PICTURE, *texts)
    for text, answer in zip(texts, together, strict=True):
        assert yes(PICTURE, text)[0] == pytest.approx(answer, abs=1e-5)
    other = draw([SCENE.swapped()], 128)[0]
    assert yes(other, "Is the car red?")[0] < 0.1 < yes(PICTURE, "Is the car red?")[0]  # type: ignore[operator]


# --- pictures in another manner
# --------------------------------------------------------------------------------------------------


def others() -> dict[str, torch.Tensor]:
    dice = torch.Generator().manual_seed(1)
    noise = torch.rand(96, 96, 3, generator=dice)
    slope = torch.linspace(0, 1, 96).expand(96, 96)
    return {
        "noise": noise,
        "slope": torch.stack([slope, slope.T, 1 - slope], dim=-1),
        "black": torch.zeros(64, 64, 3),
        "white": torch.ones(64, 64, 3),
        "leaves": noise * torch.tensor([0.3, 0.9, 0.2]),
    }


@pytest.mark.parametrize("name", others())
def test_of_a_picture_in_another_manner_it_says_nothing(name: str) -> None:
    assert yes(others()[name], "Is there a car in the picture?") == [None]


@pytest.mark.parametrize("file", sorted(WORKFLOWS.glob("*.jpg")), ids=lambda file: file.stem)
def test_of_a_screenshot_it_says_nothing(file: Path) -> None:
    image = Image.open(file).convert("RGB")
    image.thumbnail((400, 400))
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    picture = pixels.reshape(image.height, image.width, 3).float() / 255
    assert yes(picture, "Is there a car in the picture?") == [None]


def test_a_scene_without_things_is_a_scene() -> None:
    [answer] = yes(torch.full((96, 96, 3), 0.5), "Is there a car in the picture?")
    assert answer is not None and answer < 0.1


@pytest.mark.parametrize("side", [48, 64, 100, 256])
def test_pictures_of_any_size_and_shape(side: int) -> None:
    picture = draw([SCENE], side)[0]
    wide = torch.cat([picture[:, :1].expand(-1, 10, -1), picture], dim=1)
    for image in (picture, wide):
        assert seen(image[None]).shape == (1, 3, 64, 64)
        [answer] = yes(image, "Is the car red?")
        assert answer is not None and answer > 0.5


# --- its file
# --------------------------------------------------------------------------------------------------


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    torch.manual_seed(3)
    model = MiniVqa().eval()
    weights, metadata = mini_judge.to_store(model)
    path = tensor_files.save(weights, tmp_path / "judge.safetensors", metadata)
    loaded = mini_judge.load(path)
    stored = {name: weight for name, weight in loaded.model.state_dict().items() if name in weights}
    assert stored.keys() == weights.keys()
    assert all(torch.equal(stored[name].half(), weights[name]) for name in weights)
    again, _ = mini_judge.to_store(loaded.model)
    rounded = mini_judge.load(tensor_files.save(again, tmp_path / "again.safetensors", metadata))
    questions = [AskedQuestion("Is the car red?")]
    assert rounded.answer(PICTURE, questions) == loaded.answer(PICTURE, questions)


def test_a_file_that_is_no_mini_vqa_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mini-VQA.safetensors"
    weights, metadata = mini_judge.to_store(MiniVqa())
    other_words = {mini_judge.METADATA: metadata[mini_judge.METADATA].replace("heart", "spoon")}
    del_one = dict(list(weights.items())[1:])
    for tensors, described in ((weights, {}), (weights, other_words), (del_one, metadata)):
        tensor_files.save(tensors, path, described)
        with pytest.raises(EncoderScopeError, match="Install EncoderScope again"):
            mini_judge.load(path)
    with pytest.raises(EncoderScopeError, match="cannot be read"):
        mini_judge.load(tmp_path / "nothing.safetensors")


def test_the_file_is_small() -> None:
    assert mini_judge.FILE.stat().st_size < 3e6


# --- its calibration
# --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SHIPPED)
def test_it_may_speak_and_its_calibration_comes_with_the_pack(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def must_not(*_: object) -> None:
        raise AssertionError("measured anew")

    monkeypatch.setattr(calibrations, "_calibrate", must_not)
    shipped = calibrated(judge(), kind)
    assert shipped.kind == kind and shipped.total == len(drawn_cases(kind))
    assert shipped.holds.threshold is not None and shipped.fails.threshold is not None


def test_another_network_does_not_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    other = mini_judge.load()
    with torch.no_grad():
        other.model.reader.answers.bias += 1e-2 * torch.randn(
            other.model.reader.answers.bias.shape, generator=torch.Generator().manual_seed(1)
        )
    assert calibrations._shipped(judge(), "presence") is not None
    assert calibrations._shipped(other, "presence") is None
    monkeypatch.setattr(other, "title", "another", raising=False)
    assert calibrations._shipped(other, "presence") is None
