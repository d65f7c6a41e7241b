"""Constructs of other programs are found at their span, and plain text is left alone."""

from __future__ import annotations

import pytest
from encoderscope.conditioning.tokens.lint.finding import CONSTRUCTS
from encoderscope.tests.tokens.lint.prompt_habits import HABITS, PLAIN
from encoderscope.tests.tokens.lint.test_lint import findings


@pytest.mark.parametrize(("text", "construct", "kind"), HABITS, ids=lambda value: value[:40])
def test_a_habit_from_another_program_is_found(text: str, construct: str, kind: str) -> None:
    constructs = [(item.kind, text[item.start : item.end]) for item in findings(text)]
    assert (kind, construct) in constructs


@pytest.mark.parametrize("text", PLAIN, ids=lambda value: value[:40])
def test_plain_text_is_what_it_seems(text: str) -> None:
    others = [item for item in findings(text) if item.kind != "language"]
    assert [(item.kind, text[item.start : item.end]) for item in others] == []


def test_there_are_enough_of_both() -> None:
    assert len(HABITS) >= 80 and len(PLAIN) >= 100
    assert {kind for _, _, kind in HABITS} <= set(CONSTRUCTS)
