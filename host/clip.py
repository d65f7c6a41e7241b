"""What a CLIP of the host is: its family, its encoders and their streams, and how it is loaded.

The other facts about the running host stand here, too: its version and its textual inversions.
"""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import torch

from ..conditioning.errors import EncoderScopeError
from ..conditioning.families import table
from ..conditioning.families.table import Family

T = TypeVar("T")
ANY_ENCODER = object()
"""Stands for the encoder of a tokenizer without weights, and of a CLIP of an unknown family."""


def require_clip(clip: Any) -> None:
    """Raises :class:`EncoderScopeError` for the CLIP of a checkpoint that has none."""
    if clip is None:
        raise EncoderScopeError(
            "No CLIP arrived: the checkpoint holds no text encoder.",
            "A CLIP was expected.",
            "Load the text encoders with Load Text Encoders (EncoderScope) or ComfyUI's CLIP "
            "loaders.",
        )


def family_of(clip: Any) -> Family | None:
    """The family of a CLIP, from the classes of its tokenizer and of its encoders."""
    model = getattr(clip, "cond_stage_model", None)
    model_classes = [_qualified(cls) for cls in type(model).__mro__]
    return table.by_host_classes(_qualified(type(clip.tokenizer)), model_classes)


def _qualified(cls: type) -> str:
    """A class that the host makes inside a function has the name it would have outside."""
    return f"{cls.__module__}.{cls.__qualname__.rpartition('<locals>.')[2]}"


def by_stream(clip: Any, tokens: Any) -> dict[str, Any]:
    """The windows of each stream in what ``clip`` made of a prompt.

    Newer hosts put other things beside the streams (ACE 1.5's metadata), and give the windows alone
    where a CLIP is one bare encoder.
    """
    if not isinstance(tokens, dict):
        tokens = {getattr(clip.tokenizer, "embedding_key", "tokens"): tokens}
    return {name: value for name, value in tokens.items() if _are_windows(value)}


def _are_windows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(window, list) for window in value)


def stream_encoder(clip: Any, name: str, family: Family | None) -> Any:
    """The encoder of a stream, None when this CLIP holds none, :data:`ANY_ENCODER` where that
    cannot be told.
    """
    if name in getattr(clip, "absent", ()):
        return None
    model = getattr(clip, "cond_stage_model", None)
    rule = stream_rule(family, name)
    if model is None or rule is None or not rule.encoder:
        return ANY_ENCODER
    return getattr(model, rule.encoder, None)


def stream_rule(family: Family | None, name: str) -> table.StreamRule | None:
    """What the table says of a stream of a family; None where it says nothing."""
    streams = family.streams if family is not None else ()
    return next((rule for rule in streams if rule.name == name), None)


def exchanged(clip: Any, name: str, value: Any) -> Any:
    """A shallow copy of ``clip`` whose ``tokenizer`` or ``cond_stage_model`` is ``value``.

    Other packs wrap CLIPs in objects that hand everything on to the CLIP within: there it is
    exchanged where it stands, in copies of all that lie around it.
    """
    copied = shallow_copy(clip)
    if name not in vars(clip):
        original = getattr(clip, name)
        for inner_name, inner in vars(clip).items():
            if getattr(inner, name, None) is original:
                setattr(copied, inner_name, exchanged(inner, name, value))
                return copied
    setattr(copied, name, value)
    return copied


def shallow_copy(item: T) -> T:
    """As ``copy.copy``, which never comes back from an object that asks itself for every attribute
    that it lacks.
    """
    copied = object.__new__(type(item))
    vars(copied).update(vars(item))
    return copied


def load(clip: Any) -> None:
    """Brings a CLIP's weights to where it computes."""
    if hasattr(clip.cond_stage_model, "memory_estimation_function"):
        clip.load_model(clip.tokenize("a"))  # newer hosts cannot estimate the memory for no tokens
    else:
        clip.load_model()


def on_device(device: torch.device) -> AbstractContextManager[None]:
    """Inside, ``device`` is the current one, as in the host's own encodings: on a second card its
    streams of weights wait for the work of that one.
    """
    import comfy.model_management

    context = getattr(comfy.model_management, "cuda_device_context", None)
    if context is None:  # older hosts know one card
        return nullcontext()
    return context(device)  # type: ignore[no-any-return]


def is_dynamic(patcher: Any) -> bool:
    """Whether the weights stay where they are, and come to the GPU for each product (dynamic VRAM
    of newer hosts on NVIDIA GPUs).
    """
    method = getattr(patcher, "is_dynamic", None)
    return method is not None and bool(method())


def static_vectors(clip: Any, embeddings: Any, ids: torch.Tensor) -> torch.Tensor:
    """What an encoder's table says of tokens, in fp32. It is read where it lies: the card may have
    no room for it.
    """
    device = clip.patcher.load_device if is_dynamic(clip.patcher) else embeddings.weight.device
    with on_device(device):
        return embeddings(ids.to(device), out_dtype=torch.float32)  # type: ignore[no-any-return]


def embedding_folders() -> list[str]:
    """The host's folders of textual inversions."""
    import folder_paths

    return list(folder_paths.get_folder_paths("embeddings"))


def embedding_names() -> list[str]:
    """Names of all textual inversions the host can load, as they are written after
    ``embedding:``.
    """
    import folder_paths

    return [name.rsplit(".", 1)[0] for name in folder_paths.get_filename_list("embeddings")]


def version() -> str | None:
    """ "ComfyUI 0.3.75", or None when the host does not say."""
    try:
        return f"ComfyUI {importlib.import_module('comfyui_version').__version__}"
    except (ImportError, AttributeError):
        return None
