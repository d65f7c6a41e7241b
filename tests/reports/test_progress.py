"""The progress of long work: stages in stages, what the work is, and how long it takes still."""

from __future__ import annotations

import pytest
from encoderscope.conditioning import progress as module
from encoderscope.conditioning.progress import Announced, no_progress, say, stage


class Shown:
    def __init__(self) -> None:
        self.shares: list[float] = []
        self.sentences: list[str] = []

    def __call__(self, done: int, total: int) -> None:
        self.shares.append(done / total)

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)


def test_stages_in_stages_share_the_whole() -> None:
    shown = Shown()
    first, last = stage(shown, 0, 4, width=3), stage(shown, 3, 4)
    for part in (stage(first, 0, 2), stage(first, 1, 2), last):
        part(0, 5)
        part(5, 5)
    assert shown.shares == pytest.approx([0, 0.375, 0.375, 0.75, 0.75, 1])
    stage(shown, 0, 1)(0, 0)  # no work at all
    assert shown.shares[-1] == 0


def test_a_sentence_reaches_whoever_shows_the_whole() -> None:
    shown = Shown()
    say(stage(Announced(stage(shown, 0, 2), "one"), 0, 3), "two")
    assert shown.sentences == ["one", "two"]
    say(no_progress, "nobody listens")
    say(stage(no_progress, 0, 1), "nobody listens")


@pytest.mark.parametrize(
    ("passed", "done", "expected"),
    [
        (1.0, 1, "work."),
        (10.0, 100, "work."),
        (3.0, 50, "work. A few seconds left."),
        (21.0, 50, "work. About 20 seconds left."),
        (57.0, 50, "work. About 55 seconds left."),
        (100.0, 50, "work. About 2 minutes left."),
        (60.0, 1, "work. About 99 minutes left."),
    ],
)
def test_what_is_left_goes_by_the_pace_so_far(
    passed: float, done: int, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([1000.0, 1000.0 + passed])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    shown = Shown()
    Announced(shown, "work.")(done, 100)
    assert shown.sentences[-1] == expected and shown.shares == [done / 100]
