"""The matrix of versions: its oldest row is what the pack promises, and what is missing is told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from encoderscope.tools import version_matrix
from encoderscope.tools.places import SetupError
from encoderscope.tools.version_matrix import COMBINATIONS, TriedCombination

ROOT = Path(__file__).resolve().parents[1]


def test_the_oldest_row_is_what_the_pack_promises() -> None:
    oldest = COMBINATIONS[0]
    promised = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f"transformers>={oldest.transformers}" in promised
    assert f'requires-python = ">={oldest.python}"' in promised
    assert oldest.torch.startswith("2.4.")


def test_the_newest_row_takes_what_the_index_has() -> None:
    newest = COMBINATIONS[-1]
    assert (newest.torch, newest.transformers) == ("", "")


def test_an_interpreter_is_one_that_runs() -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    interpreter = version_matrix.find_interpreter(version)
    assert interpreter is None or interpreter.is_file()
    assert version_matrix.find_interpreter("3.99") is None


def test_a_missing_interpreter_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version_matrix, "find_interpreter", lambda version: None)
    row = version_matrix._try(COMBINATIONS[0])
    assert row.markdown() == "| oldest | Python 3.10 is not on this machine | not run | not run |"


def test_rows_and_exit_status(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = {"unit": "5 passed", "host": "2 passed"}
    monkeypatch.setattr(
        version_matrix, "_try", lambda item: TriedCombination(item.name, "1", **outcome)
    )
    assert version_matrix.run([]) == 0
    outcome["host"] = "1 failed, 1 passed"
    assert version_matrix.run(["newest"]) == 1
    with pytest.raises(SetupError, match="Known: oldest, middle, newest"):
        version_matrix.run(["novel"])


@pytest.mark.parametrize("folder", sorted({*version_matrix.UNIT_TESTS, *version_matrix.HOST_TESTS}))
def test_what_it_runs_is_there(folder: str) -> None:
    assert (ROOT / folder).exists()
