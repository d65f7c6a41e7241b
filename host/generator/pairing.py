"""Whether a CLIP is the one that an image model was trained with, and what is said where it is
not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import comfy.model_management

from ...conditioning.errors import EncoderScopeError
from ...conditioning.families.table import Family
from ...conditioning.translation import later

_HOST_ERRORS = (RuntimeError, TypeError, AttributeError, LookupError, AssertionError, ValueError)
"""What a model raises at encodings of a width that it does not know, or without a pooled vector."""


def mismatch(model: Family | None, clip: Family | None) -> str:
    """What is said where the two families do not belong together; empty where they do, or either is
    not known.
    """
    if model is None or clip is None or model.name in (clip.name, *clip.stands_for):
        return ""
    return later(
        "The CLIP is that of {clip}, the image model is {model}: it was not trained with these "
        "encodings.",
        clip=clip.title,
        model=model.title,
    )


@contextmanager
def refused(model: Family | None, clip: Family | None) -> Iterator[None]:
    """Turns what the image model raises at encodings that are not its own into
    :class:`EncoderScopeError`. Any other error is the host's own and stays it.
    """
    try:
        yield
    except (EncoderScopeError, comfy.model_management.OOM_EXCEPTION):
        raise
    except _HOST_ERRORS as error:
        if model is None or clip is None or not mismatch(model, clip):
            raise
        raise EncoderScopeError(
            (
                "The CLIP is that of {title}, the image model is {model}: it cannot read these "
                "encodings."
            ),
            "The CLIP of {model} was expected.",
            "Connect the CLIP of the same checkpoint, or load text encoders with this model's type "
            "chosen in their loader.",
            title=clip.title,
            model=model.title,
        ) from error
