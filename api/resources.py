"""Where things lie, and how they are loaded without ComfyUI's window: its folder, its modules, the
encoders that come with the pack, and those in files.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..conditioning.errors import EncoderScopeError
from ..conditioning.translation import later, translatable

if TYPE_CHECKING:
    from ..conditioning.image_probe.judges.protocol import Judge
    from ..conditioning.image_text.dual_encoder import DualEncoder
    from ..conditioning.miniature import Miniature

DEFAULT_MINIATURE = "mini-CLIP-hard"
MINI_VQA = "mini-vqa"
JUDGES = translatable(
    "a Hugging Face folder (BLIP-VQA, Qwen-VL, SmolVLM and the like), or mini-vqa, which comes "
    "with EncoderScope and knows drawn scenes only"
)
"""What can be named as a judge."""


def cache_folder() -> Path:
    """Where results are kept: ENCODERSCOPE_CACHE, or the user's cache folder."""
    if folder := os.environ.get("ENCODERSCOPE_CACHE"):
        return Path(folder)
    base = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME")
    return Path(base or Path.home() / ".cache") / "encoderscope"


def prepare_torch() -> None:
    """Make transformers' models importable beside a torchvision that does not fit torch. To be
    called before an encoder is loaded without ComfyUI; :func:`attach_host` does it, too.
    """
    from ..host import torch_companions

    torch_companions.mend_torchvision()


def attach_host() -> Path:
    """Make ComfyUI's modules importable; returns its folder. Raises :class:`EncoderScopeError`
    where no ComfyUI is found.
    """
    from ..host import standalone

    return standalone.attach()


def miniature_named(name: str) -> Miniature | None:
    """The miniature that comes with the pack under this name; None where there is none."""
    from ..conditioning import miniature

    if name not in miniature.NAMES:
        return None
    return miniature.load(name)


def miniature_tokenizer(kind: str) -> Any:
    """ComfyUI's own tokenizer for a miniature of this kind (clip or t5)."""
    attach_host()
    from ..host import miniatures

    return miniatures.tokenizer(kind)


def dual_encoder(name: str, expected: str) -> DualEncoder:
    """Both towers, from a miniature or from files. ``expected``: what names an encoder, for the
    message. Raises :class:`EncoderScopeError`.
    """
    prepare_torch()
    from ..conditioning import miniature
    from ..conditioning.image_text import loading

    if mini := miniature_named(name):
        return miniature.dual(mini, miniature_tokenizer(mini.kind))
    return loading.load(existing_path(name, expected))


def judge_named(name: str) -> Judge:
    """mini-VQA, or the judge of a folder. Raises :class:`EncoderScopeError`."""
    if name.lower() == MINI_VQA:
        from ..conditioning.image_probe.judges.mini_vqa import mini_judge

        return mini_judge.load()
    folder = existing_path(name, JUDGES, translatable("A judge"))
    prepare_torch()
    from ..conditioning.image_probe.judges.transformers_judge import judge_folder

    return judge_folder.load(folder)


def existing_path(name: str, expected: str, kind: str = translatable("An encoder")) -> Path:
    """The path of a file or folder that an encoder, or a model of another ``kind``, is read from.
    Raises :class:`EncoderScopeError`.
    """
    path = Path(name)
    if not name or not os.path.lexists(path):
        raise EncoderScopeError(
            "There is no {name!r}.",
            "{what} was expected: {expected}.",
            "Check the path.",
            name=name,
            what=later(kind),
            expected=later(expected),
        )
    return path
