"""Long work in the host: its progress bar, its stop button, and a folder for what is
worth keeping.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import comfy.model_management
import comfy.utils
import folder_paths

from ..conditioning.progress import Progress

STEPS = 1000


def progress() -> Progress:
    """Done and all -> the host's progress bar; raises when the stop button was pressed."""
    bar: list[Any] = []

    def show(done: int, total: int) -> None:
        comfy.model_management.throw_exception_if_processing_interrupted()
        if not bar:
            bar.append(comfy.utils.ProgressBar(STEPS))
        bar[0].update_absolute(min(STEPS, STEPS * done // max(1, total)))

    return show


def cache_folder() -> Path:
    """In the host's user folder, which survives updates of this pack."""
    return Path(folder_paths.get_user_directory()) / "encoderscope"
