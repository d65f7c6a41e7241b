"""An object of another pack that stands behind a link and answers what a node cannot work with: the
link is to blame, and its node is named as far as the object tells.
"""

from __future__ import annotations

import logging
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
_OURS = __name__.rpartition(".nodes.")[0]


def blamed_link(
    error: Exception, links: Iterable[str], values: Mapping[str, Any]
) -> EncoderScopeError | None:
    """What to raise instead of ``error`` where one of the links, by name, gave an object of another
    pack; None where none did.
    """
    for name in links:
        pack = next(_foreign_modules(values.get(name)), "")
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


def _foreign_modules(value: Any) -> Iterator[str]:
    """The modules of other packs that made an object, one of its parts, or a method in the place of
    its own.
    """
    for part in (value, *(_attribute(value, name) for name in _PARTS)):
        if part is None:
            continue
        makers = [type(part)]
        for name, field in getattr(part, "__dict__", {}).items():
            if callable(getattr(type(part), name, None)):
                makers.append(field)
        for maker in makers:
            module = getattr(maker, "__module__", None) or type(maker).__module__
            if not module.startswith((_OURS, "comfy.", "torch.", "transformers.")):
                yield module.replace("\\", "/").rpartition("custom_nodes/")[2]


def _attribute(value: Any, name: str) -> Any:
    try:
        return getattr(value, name, None)
    except Exception:  # whatever another pack's object does when it is asked
        return None
