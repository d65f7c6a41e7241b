"""Every input of the corpus, and every one that once broke a promise, keeps all promises now; so do
those that hypothesis makes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from encoderscope.tests.fuzz import file_targets, prompt_targets, run, targets
from hypothesis import given, settings
from hypothesis import strategies as st

INPUTS = [(name, path) for name in targets.TARGETS for path in run.seeds(name)]
_EXAMPLES = settings(max_examples=60)


def _id(value: Any) -> str:
    return value.name if isinstance(value, Path) else str(value)


@pytest.mark.parametrize(("name", "path"), INPUTS, ids=_id)
def test_the_corpus(name: str, path: Path) -> None:
    targets.TARGETS[name](path.read_bytes())


def test_every_target_has_a_small_corpus() -> None:
    for name in targets.TARGETS:
        files = list((run.CORPUS / name).iterdir())
        assert files and all(file.stat().st_size <= 4096 for file in files)


@pytest.mark.parametrize("name", sorted(targets.TARGETS))
@_EXAMPLES
@given(data=st.binary(max_size=300))
def test_any_bytes(name: str, data: bytes) -> None:
    targets.TARGETS[name](data)


PIECES = st.sampled_from(
    [
        *"()[]{}:\\|,.'\"/ \n",
        "1.2",
        "red car",
        "BREAK",
        "embedding:",
        "<lora:a:1>",
        "é",
        "红",
        "🦊",
        "and",
    ]
)


@_EXAMPLES
@given(pieces=st.lists(PIECES, max_size=60))
def test_prompts_put_together_of_signs(pieces: list[str]) -> None:
    data = "".join(pieces).encode()
    prompt_targets.prompt(data)
    prompt_targets.lint(data)


@_EXAMPLES
@given(
    value=st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5)
)
@pytest.mark.parametrize(
    "key", ["scores", "streams", "phenomena", "title", "suite", "view", "notes"]
)
def test_a_card_with_a_field_of_another_kind(key: str, value: Any) -> None:
    card = {**file_targets.own_card(), key: value}
    small = {**card, "others": [], "notes": card["notes"][:1] if key != "notes" else value}
    file_targets.card(json.dumps(small).encode())


def test_a_broken_promise_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The search at random finds a fault that a change of one byte reaches, and keeps the input."""

    def broken(data: bytes) -> None:
        if b"X" in data:
            raise ValueError("found")

    monkeypatch.setitem(targets.TARGETS, "prompt", broken)
    monkeypatch.setattr(run, "CRASHES", tmp_path)
    assert run._at_random("prompt", 20) == 1
    assert [b"X" in path.read_bytes() for path in (tmp_path / "prompt").iterdir()] == [True]
