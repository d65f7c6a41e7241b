"""Long work in the host: its progress bar, what the node says meanwhile, its stop button, and a
folder for what is worth keeping.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import comfy.model_management
import comfy.utils
import folder_paths

from ..conditioning.progress import Progress
from .ids import UI_WORKING

STEPS = 1000
MEGABYTE = 1 << 20


def progress() -> _Bar:
    """Done and all -> the host's progress bar; raises when the stop button was pressed."""
    return _Bar(lambda done, total: (min(STEPS, STEPS * done // max(1, total)), STEPS))


def of_bytes() -> Progress:
    """The same for bytes that are read, in steps of megabytes."""
    return _Bar(lambda done, total: (done // MEGABYTE, max(1, total // MEGABYTE)))


def announce(sentence: str) -> None:
    """Says on the node that runs what it does now, where no pace is known."""
    progress().say(sentence)


class _Bar:
    """``steps``: done and all -> the bar's value and its length, which stays that of the first
    call.
    """

    def __init__(self, steps: Callable[[int, int], tuple[int, int]]) -> None:
        self._steps = steps
        self._bar: comfy.utils.ProgressBar | None = None
        self._sentence = ""

    def __call__(self, done: int, total: int) -> None:
        stop_if_asked()
        value, length = self._steps(done, total)
        if self._bar is None:
            self._bar = comfy.utils.ProgressBar(length)
        self._bar.update_absolute(value)

    def say(self, sentence: str) -> None:
        """Shown on the node that runs, in the browser that asked."""
        if sentence == self._sentence:
            return
        self._sentence = sentence
        server = _server()
        if server is not None and server.client_id is not None:
            message = {"node": server.last_node_id, "text": sentence}
            server.send_sync(UI_WORKING, message, server.client_id)


def _server() -> Any:
    """The host's; None where only its encoders are used."""
    try:
        from server import PromptServer
    except ImportError:
        return None
    return getattr(PromptServer, "instance", None)


def stop_if_asked() -> None:
    """Raises the host's InterruptProcessingException when its stop button was pressed."""
    comfy.model_management.throw_exception_if_processing_interrupted()


def cache_folder() -> Path:
    """In the host's user folder, which survives updates of this pack."""
    return Path(folder_paths.get_user_directory()) / "encoderscope"
