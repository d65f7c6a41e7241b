"""Whether the CLIP that arrived was made from the files as they are now: ComfyUI may hold one that
it loaded before a file was replaced.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from comfy_execution import progress

from ...conditioning.cache.key import changed_at, stamp
from .graph import FileRead

STARTED = time.time_ns() - 5_000_000_000
"""Files older than this process cannot have been loaded in another version. Some seconds for clocks
that do not agree.
"""
_loaded: WeakKeyDictionary[Any, set[tuple[str, int]]] = WeakKeyDictionary()
"""Encoders -> the files, with their times, that they were seen to be loaded from."""
_seen: dict[str, tuple[int, ...]] = {}
"""Paths -> the file that first lay there: a renamed folder puts an old file into another's place
without a trace in its times.
"""


def started() -> frozenset[str] | None:
    """The nodes that the running prompt has run so far; None where this host does not say."""
    registry = getattr(progress, "global_progress_registry", None)
    return frozenset(registry.nodes) if registry is not None else None


def doubt(clip: Any, files: Sequence[FileRead], before: frozenset[str] | None) -> str:
    """Why ``clip`` may be of older files; empty where it is certain that it is not.

    ``before``: what had run when the files were named. A node that ran since then has read them as
    they were named.
    """
    now, model = started(), getattr(clip, "cond_stage_model", None)
    known = _loaded.setdefault(model, set()) if model is not None else set()
    for one in files:
        changed = changed_at(one.path)
        unmoved = _seen.setdefault(str(one.path), stamp(one.path)) == stamp(one.path)
        if (changed < STARTED and unmoved) or (str(one.path), changed) in known:
            continue
        ran = before is not None and now is not None and one.node in now - before
        if not (ran and one.rereads):
            return (
                f"{one.path.name} changed after ComfyUI was started, and ComfyUI may "
                "still hold what was there before. "
                "It is stored after a restart."
            )
        known.add((str(one.path), changed))
    return ""
