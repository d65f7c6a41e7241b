"""Loads a judge from a Hugging Face folder: local files, safetensors, known architectures, and no
code of the folder's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ....errors import EncoderScopeError
from ....image_text.dual_encoder import never_stop
from ....image_text.loading import keep_device
from ....image_text.transformers_towers import MoveToDevice
from ....translation import later
from .architectures import ARCHITECTURES, DECODER, architecture_of, check_files
from .asking import ChatJudge, DecoderJudge, TransformersJudge

_LOCAL = {"local_files_only": True, "trust_remote_code": False}


@dataclass(frozen=True)
class JudgeLoadOptions:
    """How a judge is loaded."""

    dtype: torch.dtype | None = None
    """None: as the file has it."""
    manage: Callable[[torch.nn.Module], MoveToDevice] = keep_device
    """Takes the loaded model; what it returns moves the model to its device before each use and
    names that device.
    """
    stop: Callable[[], None] = never_stop
    """Called before every question; raises to end the work."""


def load(folder: Path, options: JudgeLoadOptions | None = None) -> TransformersJudge:
    """The judge in a folder. Raises :class:`EncoderScopeError`."""
    options = options or JudgeLoadOptions()
    name = architecture_of(folder)
    check_files(folder)
    entry = ARCHITECTURES[name]
    if entry.processor == "SmolVLMProcessor":
        _allow_pictures_alone()
    processor = _from_folder(entry.processor, folder, **_LOCAL)
    model = _from_folder(
        name, folder, use_safetensors=True, dtype=options.dtype or "auto", **_LOCAL
    )
    model.eval().requires_grad_(False)
    kind = DecoderJudge if entry.style == DECODER else ChatJudge
    precision = str(model.dtype).removeprefix("torch.")
    return kind(
        title=f"{entry.title} ({folder.name})",
        notes=(
            later(
                "From the folder {name!r}, run by transformers in {precision}.",
                name=folder.name,
                precision=precision,
            ),
        ),
        model=model,
        processor=processor,
        place=options.manage(model),
        stop=options.stop,
    )


def _from_folder(name: str, folder: Path, **options: Any) -> Any:
    """A class of transformers, filled from a folder. Raises :class:`EncoderScopeError`."""
    import transformers

    kind = getattr(transformers, name, None)
    if kind is None:
        raise EncoderScopeError(
            "transformers {version} has no {name}.",
            "A version that knows this model was expected.",
            "Update transformers in ComfyUI's Python.",
            version=transformers.__version__,
            name=name,
        )
    try:
        return kind.from_pretrained(str(folder), **options)
    except Exception as error:
        raise EncoderScopeError(
            "transformers cannot load {name} from {folder!r} ({error}: {reason}).",
            "All files of the model's page in one folder, and the packages that its processor "
            "needs, were expected.",
            "Download the missing files again, or install the package that is named.",
            name=name,
            folder=folder.name,
            error=type(error).__name__,
            reason=_first_line(error),
        ) from error


def _allow_pictures_alone() -> None:
    """SmolVLM's processor asks for a package that spells the numbers of a video's frames and that
    ComfyUI does not bring. For pictures nothing is spelt.
    """
    from transformers.models.smolvlm import processing_smolvlm

    if processing_smolvlm.num2words is None:
        processing_smolvlm.num2words = str


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [""]
    return lines[0][:200]
