"""Judges for the nodes: from a folder below the model folders, or what is connected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import folder_paths

from ...conditioning.errors import EncoderScopeError, UnknownName
from ...conditioning.image_probe.judges.dual_judge import DualEncoderJudge
from ...conditioning.image_probe.judges.mini_vqa import mini_judge
from ...conditioning.image_probe.judges.protocol import Judge
from ...conditioning.image_probe.judges.transformers_judge import judge_folder as folders
from ...conditioning.image_text.dual_encoder import DualEncoder
from ...conditioning.translation import localized
from ..folders import below_model_folders, model_folders, require_inside
from ..image_text.image_text_encoder import PRECISIONS, manage, reading
from ..progress_bar import announce, stop_if_asked
from .clip_judge import ClipJudge

MINI_VQA = f"{mini_judge.NAME} (drawn scenes)"
"""The first entry of the list: what comes with the pack."""
CONNECTED = "what is connected"
"""The second one: a CLIP that reads pictures, or an image-text encoder."""
FOLDERS = ("text_encoders", "clip_vision", "LLM", "VLM")
"""Keys of the host's model folders in which folders of judges are looked for."""
JUDGE_PRECISIONS = ("as stored", "bf16", "fp16", "fp32")
Judges = tuple[Judge, ...]


def choices() -> list[str]:
    """Folders with a config.json below the host's model folders, as `text_encoders/name`."""
    return [MINI_VQA, CONNECTED, *sorted(name for key in _host_keys() for name in _folders(key))]


def _host_keys() -> list[str]:
    """Those of :data:`FOLDERS` that this host has."""
    return [key for key in FOLDERS if key in folder_paths.folder_names_and_paths]


def _folders(key: str) -> list[str]:
    configs = [
        file.parent.relative_to(root)
        for root in model_folders(key)
        for file in root.glob("*/config.json")
        if any(file.parent.glob("*.safetensors"))
    ]
    return [f"{key}/{folder.as_posix()}" for folder in configs]


def load(
    choice: str, precision: str, clip: Any, encoder: DualEncoder | None, beside: Judges | None
) -> Judges:
    """The chosen judge behind those that it is to judge ``beside``; mini-VQA together with what is
    connected. Raises :class:`EncoderScopeError`.
    """
    if precision not in JUDGE_PRECISIONS:
        raise UnknownName("precision", precision, list(JUDGE_PRECISIONS))
    judges = _connected(clip, encoder)
    if choice == MINI_VQA:
        judges = (mini_judge.load(), *judges)
    elif choice != CONNECTED:
        announce(reading(choice))
        options = folders.JudgeLoadOptions(PRECISIONS[precision], manage, stop_if_asked)
        judges = (folders.load(_resolve(choice), options),)
    if not judges:
        raise EncoderScopeError(
            "No judge is chosen, and nothing is connected.",
            "A model from the list, a CLIP that reads pictures, or an image-text encoder was "
            "expected.",
            "Choose {name} or another model, or connect one of them.",
            name=MINI_VQA,
        )
    return (*(beside or ()), *judges)


def _connected(clip: Any, encoder: DualEncoder | None) -> Judges:
    judges: list[Judge] = []
    if clip is not None:
        judges.append(ClipJudge(clip))
    if encoder is not None:
        judges.append(DualEncoderJudge(encoder.with_stop(stop_if_asked)))
    return tuple(judges)


def _resolve(choice: str) -> Path:
    """The folder of a choice. Raises :class:`EncoderScopeError` where there is none, or where it
    leads out of the model folders.
    """
    key, _, name = choice.replace("\\", "/").partition("/")
    paths = below_model_folders(key, name) if key in _host_keys() else None
    for path in paths or ():
        if path.is_dir():
            require_inside(choice, path)
            return path
    raise UnknownName("judge", choice, [name for name in choices() if name != CONNECTED])


def describe(judges: Judges) -> str:
    """What was loaded, as text."""
    return "\n".join(
        line for judge in judges for line in map(localized, (judge.title, *judge.notes))
    )
