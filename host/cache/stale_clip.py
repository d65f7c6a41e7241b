"""Whether the CLIP that arrived was made from the files as they are now: ComfyUI may hold one that
it loaded before a file was replaced.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from comfy_execution import progress

from ...conditioning.cache.key import changed_at, file_stamp
from ...conditioning.translation import translate
from .graph import FileRead

STARTED = time.time_ns() - 5_000_000_000
"""Files older than this process cannot have been loaded in another version. Some seconds for clocks
that do not agree.
"""
_loaded_from: WeakKeyDictionary[Any, set[tuple[str, int]]] = WeakKeyDictionary()
"""Model of a CLIP -> the files, with their times, that it is certain to be loaded from."""
_first_stamps: dict[str, tuple[int, ...]] = {}
"""Path -> the stamp of the file that first lay there: a renamed folder puts an old file into
another's place without a trace in its times.
"""


def nodes_run() -> frozenset[str] | None:
    """The nodes that the running prompt has run so far; None where this host does not say."""
    registry = getattr(progress, "global_progress_registry", None)
    if registry is None:
        return None
    return frozenset(registry.nodes)


def stale_reason(clip: Any, files: Sequence[FileRead], run_before: frozenset[str] | None) -> str:
    """Why ``clip`` may be of older files; empty where it is certain that it is not.

    ``run_before``: the nodes that had run when the key of ``files`` was made. A node that ran since
    then has read them as they were when the key was made.
    """
    loaded_from: set[tuple[str, int]] = set()
    model = getattr(clip, "cond_stage_model", None)
    if model is not None:
        loaded_from = _loaded_from.setdefault(model, loaded_from)
    run_since: frozenset[str] = frozenset()
    run_now = nodes_run()
    if run_now is not None and run_before is not None:
        run_since = run_now - run_before
    for file in files:
        name, changed = str(file.path), changed_at(file.path)
        unmoved = _first_stamps.setdefault(name, file_stamp(file.path)) == file_stamp(file.path)
        if (changed < STARTED and unmoved) or (name, changed) in loaded_from:
            continue
        if file.node not in run_since or not file.rereads:
            return translate(
                "{file} changed after ComfyUI was started, and ComfyUI may still hold what was "
                "there before. It is stored after a restart.",
                file=file.path.name,
            )
        loaded_from.add((name, changed))
    return ""
