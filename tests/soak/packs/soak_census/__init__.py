"""A node pack without nodes: the route /soak_census tells what lives in the server's process.

It stands beside EncoderScope in the server of `python dev.py soak`, and nowhere else.
"""

from __future__ import annotations

import ctypes
import gc
import threading
import time
import tracemalloc
from collections import Counter
from contextlib import suppress
from pathlib import Path

from aiohttp import web
from comfy.model_patcher import ModelPatcher
from server import PromptServer
from torch.nn import Module

NODE_CLASS_MAPPINGS: dict[str, type] = {}
_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks")
_PATCHES = ("patches", "object_patches", "backup", "object_patches_backup")


def census() -> dict[str, object]:
    """Memory (bytes), objects by type, hooks and patches, after a collection of garbage."""
    gc.collect()
    before = _resident()
    _give_back()
    everything = gc.get_objects()
    modules = [item for item in everything if issubclass(type(item), Module)]
    patchers = [item for item in everything if issubclass(type(item), ModelPatcher)]
    types = Counter(f"{type(item).__module__}.{type(item).__qualname__}" for item in everything)
    return {
        "rss": before,
        "rss_trimmed": _resident(),
        "python": tracemalloc.get_traced_memory()[0],
        "objects": len(everything),
        "types": dict(types.most_common(1500)),
        "hooks": _sizes(modules, _HOOKS),
        "patches": _sizes(patchers, _PATCHES),
        "patchers": len(patchers),
        "processor": time.process_time(),
        "threads": threading.active_count(),
        "open_files": len(list(Path("/proc/self/fd").iterdir())),
    }


def _sizes(owners: list[object], names: tuple[str, ...]) -> int:
    """How many entries the dictionaries of these names hold, over all their owners."""
    fields = [vars(owner).get(name) for owner in owners for name in names]
    return sum(len(field) for field in fields if isinstance(field, dict))


def _resident() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def _give_back() -> None:
    """Free memory that the C library keeps goes back to the system: what is left is in use."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


@PromptServer.instance.routes.get("/soak_census")
async def _answer(_: web.Request) -> web.Response:
    return web.json_response(census())
