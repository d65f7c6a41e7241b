"""Verbs in the test sentences: both active_and_passive, and their participles."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.english.frames import active_and_passive
from encoderscope.conditioning.english.lexicon import VERBS


@pytest.mark.parametrize("base", sorted(set(VERBS.values())))
def test_voices_have_two_words_each_way(base: str) -> None:
    active, passive = active_and_passive(base)
    assert (
        active.split()[0] == "that"
        and VERBS[active.split()[1]] == base
        and len(active.split()) == 2
    )
    assert (
        passive.split()[1] == "by"
        and VERBS[passive.split()[0]] == base
        and not passive.startswith(base + "s ")
    )
    assert not passive.split()[0].endswith("ing")


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("chase", "chased by"),
        ("ride", "ridden by"),
        ("paint", "painted by"),
        ("cut", "cut by"),
        ("feed", "fed by"),
        ("throw", "thrown by"),
    ],
)
def test_participles(base: str, expected: str) -> None:
    assert active_and_passive(base)[1] == expected
