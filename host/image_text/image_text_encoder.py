"""Loads both towers of CLIP, SigLIP or SigLIP 2 for the image probe."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import comfy.model_management
import comfy.model_patcher
import comfy.sd1_clip
import folder_paths
import torch

from ...conditioning.encoder_files.checkpoint import SAFETENSORS
from ...conditioning.errors import EncoderScopeError, UnknownName
from ...conditioning.image_text import loading as image_text_loading
from ...conditioning.image_text.dual_encoder import DualEncoder
from ...conditioning.image_text.transformers_towers import MoveToDevice
from ...conditioning.translation import either, joined, later, later_count, translate
from ..folders import below_model_folders, require_inside
from ..progress_bar import announce, stop_if_asked
from .clip_pair import pair

FOLDERS = ("clip_vision", "text_encoders")
CONNECTED = "the connected CLIP and CLIP_VISION"
PRECISIONS = {
    "auto": torch.float32,
    "fp32": torch.float32,
    "fp16": torch.float16,
    "bf16": torch.bfloat16,
    "as stored": None,
}


class ImageTextEncoder(torch.nn.Module):
    """What the host loads and unloads. A transformers model itself forbids the attributes that the
    host sets.
    """

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model


def manage(model: torch.nn.Module) -> MoveToDevice:
    """Put ``model`` under the host's memory management."""
    holder = ImageTextEncoder(model)
    management = comfy.model_management
    patcher = comfy.model_patcher.ModelPatcher(
        holder,
        load_device=management.text_encoder_device(),
        offload_device=management.text_encoder_offload_device(),
    )

    def place() -> torch.device:
        management.load_models_gpu([patcher], force_full_load=True)
        # what the host passes over: parameters of modules that have children
        holder.to(patcher.load_device)
        return patcher.load_device

    return place


def choices() -> list[str]:
    """Folders with a config.json and single files below the host's folders, as
    `clip_vision/name`.
    """
    names = {
        _choice(key, name)
        for key in FOLDERS
        for name in folder_paths.get_filename_list(key)
        if name.lower().endswith(SAFETENSORS)
    }
    return [CONNECTED, *sorted(names)]


def _choice(key: str, name: str) -> str:
    """A file's name in the list: its folder's, where that holds a Hugging Face model."""
    posix = PurePosixPath(name.replace("\\", "/"))
    path = folder_paths.get_full_path(key, name)
    in_folder = len(posix.parts) > 1 and path is not None
    if in_folder and (Path(path).parent / "config.json").is_file():
        posix = posix.parent
    return f"{key}/{posix}"


def resolve(choice: str) -> Path:
    """The path of a choice. Raises :class:`EncoderScopeError` where there is none, or where it
    leads out of the model folders.
    """
    key, _, name = choice.replace("\\", "/").partition("/")
    paths = below_model_folders(key, name) if key in FOLDERS else None
    if paths is None:
        raise EncoderScopeError(
            "{choice!r} does not lie below the model folders.",
            "A name that begins with {folders} was expected.",
            "Put the model into ComfyUI/models/clip_vision and choose it from the list.",
            choice=choice,
            folders=either([f"{folder}/" for folder in FOLDERS]),
        )
    for path in paths:
        if path.is_dir() or path.is_file():
            require_inside(choice, path)
            return path
    raise UnknownName(
        "image-text model",
        choice,
        choices()[1:] or [later("none: the model folders hold no image-text model")],
    )


def load(choice: str, precision: str = "auto", activation: str = "auto") -> DualEncoder:
    """The encoder of a choice of the list. Raises :class:`EncoderScopeError`."""
    if precision not in PRECISIONS:
        raise UnknownName("precision", precision, list(PRECISIONS))
    tokenizer = Path(comfy.sd1_clip.__file__).parent / "sd1_tokenizer"
    options = image_text_loading.LoadOptions(
        dtype=PRECISIONS[precision],
        activation=activation,
        clip_tokenizer=tokenizer if tokenizer.is_dir() else None,
        manage=manage,
    )
    return image_text_loading.load(resolve(choice), options)


def _connected_names(clip: Any, clip_vision: Any) -> list[str]:
    inputs = {"clip": clip, "clip_vision": clip_vision}
    return [name for name, value in inputs.items() if value is not None]


def connected(clip: Any, clip_vision: Any) -> DualEncoder:
    """A CLIP and its CLIP_VISION as one encoder. Raises :class:`EncoderScopeError`."""
    if clip is None or clip_vision is None:
        present = _connected_names(clip, clip_vision)
        missing = [name for name in ("clip", "clip_vision") if name not in present]
        raise EncoderScopeError(
            later_count(
                "No model is chosen, and {missing} is not connected.",
                "No model is chosen, and {missing} are not connected.",
                len(missing),
                missing=joined(missing),
            ),
            "A model from the list, or both a CLIP and a CLIP_VISION, were expected.",
            "Choose a model, or connect what is missing.",
        )
    return pair(clip, clip_vision)


def choose(model: str, precision: str, activation: str, clip: Any, clip_vision: Any) -> DualEncoder:
    """The encoder that was chosen from the list, or the connected one; it stops with the host.
    Raises :class:`EncoderScopeError`.
    """
    if model == CONNECTED:
        encoder = connected(clip, clip_vision)
    else:
        announce(reading(model))
        encoder = load(model, precision, activation)
    return encoder.with_stop(stop_if_asked)


def reading(choice: str) -> str:
    """What is said while a model of the list is loaded."""
    return translate("Reading {model}. ComfyUI keeps it for the next Run.", model=choice)


def report(encoder: DualEncoder, model: str, clip: Any, clip_vision: Any) -> str:
    """What was loaded, as text, and which connected inputs were not used."""
    lines = [encoder.describe()]
    unused = [] if model == CONNECTED else _connected_names(clip, clip_vision)
    if unused:
        lines.append(
            translate(
                "Not used: {inputs}, because a model is chosen from the list.",
                inputs=joined(unused),
            )
        )
    return "\n".join(lines)
