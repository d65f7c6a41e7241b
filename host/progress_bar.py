"""Long work in the host: its progress bar, its stop button, and a folder for what is
worth keeping.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import comfy.model_management
import comfy.utils
import folder_paths

from ..conditioning.progress import Progress

STEPS = 1000
MEGABYTE = 1 << 20


def progress() -> Progress:
    """Done and all -> the host's progress bar; raises when the stop button was pressed."""
    return _bar(lambda done, total: (min(STEPS, STEPS * done // max(1, total)), STEPS))


def of_bytes() -> Progress:
    """The same for bytes that are read, in steps of megabytes."""
    return _bar(lambda done, total: (done // MEGABYTE, max(1, total // MEGABYTE)))


def _bar(steps: Callable[[int, int], tuple[int, int]]) -> Progress:
    """``steps``: done and all -> the bar's value and its length, which stays that of the first
    call.
    """
    bars: list[comfy.utils.ProgressBar] = []

    def show(done: int, total: int) -> None:
        stop_if_asked()
        value, length = steps(done, total)
        if not bars:
            bars.append(comfy.utils.ProgressBar(length))
        bars[0].update_absolute(value)

    return show


def stop_if_asked() -> None:
    """Raises the host's InterruptProcessingException when its stop button was pressed."""
    comfy.model_management.throw_exception_if_processing_interrupted()


def cache_folder() -> Path:
    """In the host's user folder, which survives updates of this pack."""
    return Path(folder_paths.get_user_directory()) / "encoderscope"
