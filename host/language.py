"""The language that the artist has set the editor to."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import folder_paths

from ..conditioning.bounded_reading import read_json
from ..conditioning.errors import EncoderScopeError
from ..conditioning.translation import ENGLISH, in_language, nearest

P = ParamSpec("P")
R = TypeVar("R")
SETTING = "Comfy.Locale"
USER = "default"
"""The host's only user, but with --multi-user: a running graph does not know whose it is."""


def in_language_of_editor(work: Callable[P, R]) -> Callable[P, R]:
    """For what a node or a route does: its reports and refusals are in the editor's language."""

    @wraps(work)
    def spoken(*args: P.args, **kwargs: P.kwargs) -> R:
        with in_language(of_editor()):
            return work(*args, **kwargs)

    return spoken


def of_editor() -> str:
    """The nearest language that reports can be in. English where nothing is set: the editor then
    takes the browser's language, of which the server knows nothing.
    """
    file = Path(folder_paths.get_user_directory()) / USER / "comfy.settings.json"
    try:
        setting = read_json(file).get(SETTING)
    except (OSError, ValueError, AttributeError, EncoderScopeError):
        return ENGLISH
    return nearest(setting) if isinstance(setting, str) else ENGLISH
