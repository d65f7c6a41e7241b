"""The progress of long work: how much of it is done, what it is, and a way to stop it."""

from __future__ import annotations

import time
from collections.abc import Callable

from .translation import translate, translate_count

Progress = Callable[[int, int], None]
"""Takes the work done and all of it, in any unit. May raise to stop the work. One that has a method
``say`` also takes sentences on what the work is (:func:`say`).
"""
_PATIENCE = 2.0
"""Seconds of work before its pace tells how long the rest takes."""


def no_progress(done: int, total: int) -> None:
    """A progress that shows nothing."""


def say(progress: Progress, sentence: str) -> None:
    """Shows what the work is now, where that can be shown."""
    listener = getattr(progress, "say", None)
    if listener is not None:
        listener(sentence)


def stage(progress: Progress, number: int, count: int, width: int = 1) -> Progress:
    """The progress of the ``number``-th (from 0) of ``count`` equal stages of the work, or of
    ``width`` of them from there on.
    """
    return _Stage(progress, number / count, width / count)


def counted(progress: Progress, before: int = 0, after: int = 0) -> Progress:
    """The progress of work that is counted in the same unit as what was done ``before`` it and what
    comes ``after``.
    """
    return _Counted(progress, before, after)


class _Counted:
    """Steps among others that are counted, too."""

    def __init__(self, progress: Progress, before: int, after: int) -> None:
        self._progress, self._before, self._after = progress, before, after

    def __call__(self, done: int, total: int) -> None:
        self._progress(self._before + done, self._before + total + self._after)

    def say(self, sentence: str) -> None:
        """Passed on."""
        say(self._progress, sentence)


class _Stage:
    """A part of the work, from ``begin`` on, of the length ``part``; the whole is 1."""

    def __init__(self, progress: Progress, begin: float, part: float) -> None:
        self._progress, self._begin, self._part = progress, begin, part

    def __call__(self, done: int, total: int) -> None:
        share = self._begin + self._part * done / max(1, total)
        self._progress(round(_STEPS * share), _STEPS)

    def say(self, sentence: str) -> None:
        """Passed on to whoever shows the whole."""
        say(self._progress, sentence)


_STEPS = 1_000_000


class Announced:
    """A part of the work that says what it is, and about how long it still takes at the pace so
    far.
    """

    def __init__(self, progress: Progress, sentence: str) -> None:
        self._progress, self._sentence = progress, sentence
        self._start = time.monotonic()
        say(progress, sentence)

    def __call__(self, done: int, total: int) -> None:
        self._progress(done, total)
        passed = time.monotonic() - self._start
        if passed >= _PATIENCE and 0 < done < total:
            self.say(f"{self._sentence} {_left(passed * (total - done) / done)}")

    def say(self, sentence: str) -> None:
        """Passed on to whoever shows the whole."""
        say(self._progress, sentence)


def _left(seconds: float) -> str:
    """Rounded: it is a guess."""
    if seconds >= 90:
        minutes = round(seconds / 60)
        return translate_count("About {count} minute left.", "About {count} minutes left.", minutes)
    if seconds >= 10:
        rounded = round(seconds / 5) * 5
        return translate_count("About {count} second left.", "About {count} seconds left.", rounded)
    return translate("A few seconds left.")
