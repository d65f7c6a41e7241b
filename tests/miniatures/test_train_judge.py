"""`dev.py train-judge --card` from end to end, in its smallest form."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.image_probe.judges.drawn_cases import KINDS  # noqa: E402
from encoderscope.conditioning.image_probe.judges.mini_vqa import mini_judge  # noqa: E402
from encoderscope.tools.mini_vqa import judge_figures, train_judge, vqa_training  # noqa: E402

SMALLEST = vqa_training.VqaTraining(
    steps=2, batch=4, questions=2, through=2, of_them=1, counting_steps=1
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where everything is written. Few steps, few cases, few pictures."""
    monkeypatch.setattr(mini_judge, "FILE", tmp_path / "mini-VQA.safetensors")
    monkeypatch.setattr(train_judge, "FOLDER", tmp_path)
    monkeypatch.setattr(train_judge, "RECORD", tmp_path / "record.json")
    monkeypatch.setattr(train_judge, "VqaTraining", lambda: SMALLEST)
    monkeypatch.setattr(judge_figures, "DRAWN", 2)
    for name in ("held_out", "denied"):
        few: Callable[..., object] = partial(getattr(judge_figures, name), count=2)
        monkeypatch.setattr(judge_figures, name, few)
    monkeypatch.setattr(judge_figures, "spoils", lambda: {"drawn": judge_figures.clean})
    return tmp_path


@pytest.mark.host
def test_weights_record_and_card(host_folder: Path, folder: Path) -> None:
    assert train_judge.main(["--card"]) == 0
    judge = mini_judge.load(mini_judge.FILE)
    assert not torch.equal(
        judge.model.reader.answers.weight, mini_judge.load().model.reader.answers.weight
    ), "the shipped one was not touched, and another one was trained"
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert f"{SMALLEST.steps} steps of {SMALLEST.batch} pictures" in card
    assert f"| | {' | '.join(KINDS)} | lacks the thing |" in card
    [row] = [line for line in card.splitlines() if line.startswith("| drawn |")]
    shares = [float(cell) for cell in row.split("|")[2:-1]]
    assert len(shares) == len(KINDS) + 1 and all(0 <= share <= 100 for share in shares)
    assert "{" not in card


@pytest.mark.host
def test_the_card_alone_trains_nothing(host_folder: Path, folder: Path) -> None:
    train_judge.make(SMALLEST)
    before = mini_judge.FILE.read_bytes()
    assert train_judge.main(["--card"]) == 0
    assert mini_judge.FILE.read_bytes() == before


def test_an_argument_that_is_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert train_judge.main(["--cart"]) == 2
    assert "--cart" in capsys.readouterr().err
