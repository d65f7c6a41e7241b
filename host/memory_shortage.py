"""What is said when memory runs out while a node works, and what helps.

The host takes its models off the graphics card when a node ends in its ``OOM_EXCEPTION``: what is
said here is one. It holds on to nothing that lay there, so that the host can free it.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import comfy.model_management

from ..conditioning.memory_errors import OutOfMemory, causes, detail, is_shortage

P = ParamSpec("P")
R = TypeVar("R")


class OutOfCardMemory(OutOfMemory, comfy.model_management.OOM_EXCEPTION):  # type: ignore[misc]
    """The graphics card ran out of memory."""


def saying_what_helps(work: Callable[P, R]) -> Callable[P, R]:
    """``work``, which raises :class:`OutOfMemory` where it runs out of memory."""

    @wraps(work)
    def worked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return work(*args, **kwargs)
        except Exception as error:
            shortage = shortage_of(error)
            if shortage is None:
                raise
            logging.error(traceback.format_exc())
        # out here it has no context, whose frames would keep what lies on the card
        raise shortage

    return worked


def shortage_of(error: BaseException) -> OutOfMemory | None:
    """What to say of an error; None where memory is not its cause."""
    for cause in causes(error):
        if isinstance(cause, OutOfMemory):
            return None
        if _is_cards(cause):
            return OutOfCardMemory(
                "The graphics card ran out of memory ({detail}).",
                "Room for the model of this node and for what it computes was expected.",
                "Run again: ComfyUI has taken its models off the card, which is often enough. If "
                "not, load smaller text encoders (Quantize Text Encoder makes them), choose cpu as "
                "their loader's device, start ComfyUI with --lowvram, or ask for less at once: a "
                "shorter prompt, smaller or fewer pictures, a smaller budget.",
                detail=detail(cause),
            )
        if is_shortage(cause):
            return OutOfMemory(
                "The computer ran out of memory ({detail}).",
                "Room for the model of this node and for what it computes was expected.",
                "Close other programs, load smaller text encoders (Quantize Text Encoder makes "
                "them), or ask for less at once: a shorter prompt, smaller or fewer pictures, a "
                "smaller budget.",
                detail=detail(cause),
            )
    return None


def _is_cards(error: BaseException) -> bool:
    management = comfy.model_management
    if hasattr(management, "is_oom"):  # newer hosts know more kinds
        return bool(management.is_oom(error))
    return isinstance(error, management.OOM_EXCEPTION)
