"""Judges from Hugging Face folders: what they answer is transformers' own, and nothing but known
architectures in safetensors is loaded.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.image_probe.judges.protocol import AskedQuestion
from encoderscope.conditioning.image_probe.judges.spellings import answer_of, first_tokens
from encoderscope.conditioning.image_probe.judges.transformers_judge import judge_folder
from encoderscope.conditioning.image_probe.judges.transformers_judge.architectures import (
    ARCHITECTURES,
)
from encoderscope.tests.judges import tiny_models
from PIL import Image

BLIP = "BlipForQuestionAnswering"
PICTURE = torch.rand(40, 52, 3, generator=torch.Generator().manual_seed(5)).mul(255).round() / 255
QUESTION = AskedQuestion("Is the car red ?")
COLOURS = AskedQuestion("Is the car red ?", ("red", "blue", "green"))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One whole folder of every architecture."""
    return {name: tiny_models.save(name, tmp_path_factory.mktemp(name)) for name in ARCHITECTURES}


def first_logits(folder: Path, name: str, question: str) -> torch.Tensor:
    """What transformers itself answers first, by its own way from a folder to an answer."""
    model = getattr(transformers, name).from_pretrained(folder).eval()
    processor = transformers.AutoProcessor.from_pretrained(folder)
    picture = Image.fromarray((PICTURE * 255).round().byte().numpy())
    if name == BLIP:
        inputs = processor(images=picture, text=question, return_tensors="pt")
    else:
        content = [{"type": "image", "image": picture}, {"type": "text", "text": question}]
        inputs = processor.apply_chat_template(
            [{"role": "user", "content": content}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        )
    answer = model.generate(
        **inputs,
        max_new_tokens=1,
        do_sample=False,
        output_logits=True,
        return_dict_in_generate=True,
    )
    return answer.logits[0][0]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_probability_is_transformers_own(name: str, folders: dict[str, Path]) -> None:
    judge = judge_folder.load(folders[name])
    text = QUESTION.text if name == BLIP else f"{QUESTION.text} Please answer yes or no."
    probabilities = first_logits(folders[name], name, text).double().softmax(-1)
    yes = probabilities[[tiny_models.token("yes"), tiny_models.token("Yes")]].sum()
    no = probabilities[[tiny_models.token("no"), tiny_models.token("No")]].sum()
    [answer] = judge.answer(PICTURE, [QUESTION])
    assert answer is not None
    assert answer.probabilities == pytest.approx((float(yes / (yes + no)), float(no / (yes + no))))
    assert answer.mass == pytest.approx(float(yes + no))
    assert 0.01 < answer.probabilities[0] < 0.99


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_picture_and_question_are_read(name: str, folders: dict[str, Path]) -> None:
    judge = judge_folder.load(folders[name])
    first, other = judge.answer(PICTURE, [QUESTION, AskedQuestion("Is the house blue ?")])
    [dark] = judge.answer(PICTURE * 0.2, [QUESTION])
    assert first is not None
    assert first != other
    assert first != dark
    assert judge.answer(PICTURE, [QUESTION]) == [first]


def test_one_of_several_answers(folders: dict[str, Path]) -> None:
    judge = judge_folder.load(folders["LlavaForConditionalGeneration"])
    [answer] = judge.answer(PICTURE, [COLOURS])
    assert answer is not None
    assert len(answer.probabilities) == 3
    assert sum(answer.probabilities) == pytest.approx(1)


def test_the_stop_button_and_the_device(folders: dict[str, Path]) -> None:
    stops: list[str] = []
    devices: list[torch.device] = []

    def manage(model: Any) -> Any:
        def place() -> torch.device:
            devices.append(torch.device("cpu"))
            return devices[-1]

        return place

    options = judge_folder.JudgeLoadOptions(manage=manage, stop=lambda: stops.append("asked"))
    judge = judge_folder.load(folders[BLIP], options)
    judge.answer(PICTURE, [QUESTION, QUESTION])
    assert (len(stops), len(devices)) == (2, 2)


def test_precision_is_chosen(folders: dict[str, Path]) -> None:
    judge = judge_folder.load(folders[BLIP], judge_folder.JudgeLoadOptions(dtype=torch.bfloat16))
    assert judge.model.dtype == torch.bfloat16
    assert "bfloat16" in judge.notes[0]
    [answer] = judge.answer(PICTURE, [QUESTION])
    assert answer is not None and sum(answer.probabilities) == pytest.approx(1)


# --- refusals
# --------------------------------------------------------------------------------------------------


def copy(folder: Path, target: Path, *, without: str = "", **config: Any) -> Path:
    target.mkdir()
    for file in folder.iterdir():
        if file.name != without:
            (target / file.name).write_bytes(file.read_bytes())
    settings = json.loads((folder / "config.json").read_text()) | config
    (target / "config.json").write_text(json.dumps(settings))
    return target


@pytest.mark.parametrize(
    ("without", "config", "message"),
    [
        ("model.safetensors", {}, "holds no .safetensors file"),
        ("", {"architectures": ["EvilForConditionalGeneration"]}, "is EvilForConditional"),
        ("", {"architectures": []}, "names no architecture"),
        ("tokenizer.json", {}, "transformers cannot load BlipProcessor"),
    ],
)
def test_what_is_refused(
    without: str, config: Any, message: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = copy(folders[BLIP], tmp_path / "model", without=without, **config)
    with pytest.raises(EncoderScopeError, match=message):
        judge_folder.load(folder)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(EncoderScopeError, match=r"no config\.json"):
        judge_folder.load(tmp_path / "nothing")


def test_pickled_weights_are_not_read_even_beside_others(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = copy(folders[BLIP], tmp_path / "model", without="model.safetensors")
    (folder / "pytorch_model.bin").write_bytes(b"no pickle is opened")
    with pytest.raises(EncoderScopeError, match="pickled ones"):
        judge_folder.load(folder)
    (folder / "other.safetensors").write_bytes(b"")
    with pytest.raises(EncoderScopeError, match="cannot load"):
        judge_folder.load(folder)


def test_code_of_the_folder_is_not_run(folders: dict[str, Path], tmp_path: Path) -> None:
    auto = {"auto_map": {"AutoConfig": "evil.Config", "AutoModel": "evil.Model"}}
    folder = copy(folders[BLIP], tmp_path / "model", **auto)
    trace = tmp_path / "ran"
    (folder / "evil.py").write_text(f"open({str(trace)!r}, 'w')")
    judge_folder.load(folder).answer(PICTURE, [QUESTION])
    assert not trace.exists()


# --- spellings
# --------------------------------------------------------------------------------------------------


def test_spellings_are_added_up_and_shared_beginnings_are_not() -> None:
    words = {
        "yes": [1],
        "Yes": [2],
        " yes": [9, 1],
        " Yes": [3],
        "no": [4],
        "No": [5],
        " no": [9, 4],
    }

    def encode(text: str) -> list[int]:
        return words.get(text, [9, 9])

    assert first_tokens(encode, ["yes", "no"]) == [[1, 2, 3], [4, 5]]
    assert first_tokens(encode, ["yes", "no"], exact=True) == [[1], [4]]
    logits = torch.tensor([0.0, 1.0, 2.0, 3.0, 1.0, -2.0])
    answer = answer_of(logits, [[1, 2, 3], [4, 5]])
    exponents = logits.double().exp()
    assert answer.probabilities[0] == pytest.approx(
        float(exponents[1:4].sum() / exponents[1:].sum())
    )
    assert answer.mass == pytest.approx(float(exponents[1:].sum() / exponents.sum()))
    with pytest.raises(EncoderScopeError, match="no numbers"):
        answer_of(torch.tensor([0.0, float("nan"), 1.0]), [[1], [2]])
    assert answer_of(torch.tensor([0.0, float("-inf"), 1.0]), [[1], [2]]).probabilities == (0, 1)
    with pytest.raises(EncoderScopeError, match="begins with the same token"):
        first_tokens(lambda text: [7, len(text)], ["yes", "no"])
