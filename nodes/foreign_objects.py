"""An object of another pack that stands behind a link and answers what a node cannot work with: the
link is to blame, and its node is named as far as the object tells.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..conditioning.errors import EncoderScopeError

UNEXPECTED = (
    *(TypeError, ValueError, AttributeError, LookupError, RuntimeError, ArithmeticError),
    *(AssertionError, StopIteration),
)
"""What Python raises where an answer is of another kind than it should be."""
_PARTS = ("tokenizer", "cond_stage_model", "patcher", "model", "first_stage_model")
"""What the objects behind links hold, which packs exchange, too."""
_OF_MODEL = ("diffusion_model", "model_sampling")
_PATCHES = ("object_patches", "model_options", "wrappers")
_DEEPEST = 6
"""Wrappers lie four levels below a model's options."""
_OURS = __name__.rpartition(".nodes.")[0]
_NO_PACKS = sys.stdlib_module_names | {
    *("comfy", "comfy_api", "comfy_api_nodes", "comfy_execution", "comfy_extras", "comfy_kitchen"),
    *("nodes", "node_helpers", "latent_preview", "execution", "torch", "transformers", "numpy"),
}
"""Top-level modules of Python, ComfyUI and what they compute with."""


def blamed_link(
    error: Exception, links: Iterable[str], values: Mapping[str, Any]
) -> EncoderScopeError | None:
    """What to raise instead of ``error`` where one of the links, by name, gave an object of another
    pack; None where none did. Patches of a model, which most workflows have, are not to blame for
    what this pack's own code raises.
    """
    with_patches = not _was_raised_here(error)
    for name in links:
        pack = next(_foreign_modules(values.get(name), with_patches), "")
        if pack:
            logging.error(traceback.format_exc())
            return EncoderScopeError(
                "This node fails on what is connected to {name!r} ({error}: {reason}).",
                "An object that answers as ComfyUI's own does was expected; this one, or a part "
                "of it, was made by {pack}.",
                "Look at the nodes before this one, or connect the output of a loader of ComfyUI "
                "in their place.",
                name=name,
                error=type(error).__name__,
                reason=str(error)[:200],
                pack=pack,
            )
    return None


def _was_raised_here(error: Exception) -> bool:
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return bool(frames) and f"{frames[-1].f_globals.get('__name__')}.".startswith(f"{_OURS}.")


def _foreign_modules(value: Any, with_patches: bool) -> Iterator[str]:
    """The modules of other packs that made an object, one of its parts or patches, or a method in
    the place of its own.
    """
    for part in _parts(value, with_patches):
        makers = [part]
        fields = _attribute(part, "__dict__")
        for name, field in list(fields.items()) if isinstance(fields, dict) else ():
            if callable(_attribute(type(part), name)):
                makers.append(field)
        for maker in makers:
            for module in (_attribute(maker, "__module__"), _attribute(type(maker), "__module__")):
                if isinstance(module, str) and _is_of_a_pack(module):
                    yield module.replace("\\", "/").rpartition("custom_nodes/")[2]


def _parts(value: Any, with_patches: bool) -> Iterator[Any]:
    yield value
    yield from (_attribute(value, name) for name in _PARTS)
    model = _attribute(value, "model")
    yield from (_attribute(model, name) for name in _OF_MODEL)
    for name in _PATCHES if with_patches else ():
        yield from _leaves(_attribute(value, name), _DEEPEST)


def _leaves(value: Any, depth: int) -> Iterator[Any]:
    """What dicts and lists hold."""
    if type(value) not in (dict, list, tuple):
        yield value
    elif depth:
        for item in list(value.values() if isinstance(value, dict) else value):
            yield from _leaves(item, depth - 1)


def _is_of_a_pack(module: str) -> bool:
    if f"{module}.".startswith(f"{_OURS}."):
        return False
    # the host names the modules of its own nodes, too, after their files
    is_host_file = "/comfy_extras/" in module.replace("\\", "/")
    return not is_host_file and module.partition(".")[0] not in _NO_PACKS


def _attribute(value: Any, name: str) -> Any:
    try:
        return getattr(value, name, None)
    except Exception:  # whatever another pack's object does when it is asked
        return None
