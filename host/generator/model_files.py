"""An image model with the CLIP that it reads, from files anywhere or from the pack, for the
terminal.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import comfy.sd

from ...conditioning import miniature_generator
from ...conditioning.errors import EncoderScopeError
from .. import miniatures
from ..reports import probe_reports
from . import image_model, miniature_model


class ModelAndClip(NamedTuple):
    """What Ignored Words takes."""

    model: Any
    clip: Any
    guidance: float
    """The scale to measure at where none is named."""


def load(name: str, encoders: Sequence[Path], family: str | None) -> ModelAndClip:
    """``name``: a generator that comes with the pack, which has an encoder of its own, or a
    diffusion model's file; that one reads the text-encoder files ``encoders``. Raises
    :class:`EncoderScopeError`.
    """
    variant = name.removeprefix(f"{miniature_generator.NAME}-")
    if variant in miniature_generator.choices():
        return _shipped(variant, encoders)
    path = Path(name)
    if not path.is_file():
        raise EncoderScopeError(
            "There is no image model {name!r}.",
            (
                "A diffusion model's file was expected, or one of {names}, which come with "
                "EncoderScope."
            ),
            "Check the path.",
            name=name,
            names=", ".join(miniature_generator.choices()),
        )
    if not encoders:
        raise EncoderScopeError(
            "An image model was given, and no text encoder for it.",
            "The text encoders' files were expected.",
            "Add --encoder FILE ..., with --family where it is not plain.",
        )
    clip = probe_reports.from_files(encoders, family or "auto")
    return ModelAndClip(_from_file(path), clip, 1.0)


def _shipped(variant: str, encoders: Sequence[Path]) -> ModelAndClip:
    chosen = miniature_generator.VARIANTS[variant]
    if encoders and [str(path) for path in encoders] != [chosen.miniature]:
        raise EncoderScopeError(
            "The generator {variant} was given with another encoder.",
            "It was trained with {miniature}, and reads no other.",
            "Leave --encoder out.",
            variant=variant,
            miniature=chosen.miniature,
        )
    clip = miniatures.clip(chosen.miniature, chosen.family)
    model = miniature_model.model(variant)
    return ModelAndClip(model, clip, miniature_generator.GUIDANCE)


def _from_file(path: Path) -> Any:
    """The host raises errors of many kinds for files that hold no image model."""
    if path.suffix.lower() not in (".safetensors", ".sft"):
        raise EncoderScopeError(
            "{file!r} is no safetensors file.",
            "A diffusion model in a .safetensors file was expected: nothing else is opened.",
            "Choose that file, or connect the model to Ignored Words in ComfyUI.",
            file=path.name,
        )
    try:
        model = comfy.sd.load_diffusion_model(str(path))
    except Exception as error:
        raise EncoderScopeError(
            "ComfyUI cannot load {file!r} as an image model ({kind}).",
            "A diffusion model's file was expected, without text encoders and VAE around it.",
            "Check the path; encoderscope inspect FILE says what it is.",
            file=path.name,
            kind=type(error).__name__,
        ) from error
    image_model.require_model(model)
    return model
