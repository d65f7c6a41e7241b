"""The progress of long work: how much of it is done, and a way to stop it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Takes the work done and all of it, in any unit. May raise to stop the work."""


def no_progress(done: int, total: int) -> None:
    """Shows nothing."""


def stage(progress: Progress, number: int, count: int) -> Progress:
    """The progress of the ``number``-th (from 0) of ``count`` equal stages of the work."""
    return lambda done, total: progress(round(1000 * (number + done / max(1, total))), 1000 * count)
