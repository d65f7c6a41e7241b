"""The host's CLIP of classes that were chosen, and how the host makes it once more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from types import SimpleNamespace
from typing import Any

import comfy.sd

from . import saving

Target = tuple[Any, Any]
"""Factories of the host's model and tokenizer."""


def clip(
    target: Target,
    data: Mapping[str, Any],
    parameters: int,
    options: dict[str, Any],
    disable_dynamic: bool = False,
) -> Any:
    """``disable_dynamic``: newer hosts on NVIDIA GPUs are to load it as a whole; others do so
    anyway.
    """
    import folder_paths

    told = (
        {"disable_dynamic": disable_dynamic}
        if "disable_dynamic" in signature(comfy.sd.CLIP).parameters
        else {}
    )
    kind = saving.PackedClip if "custom_operations" in options else comfy.sd.CLIP
    return kind(
        SimpleNamespace(params={}, clip=target[0], tokenizer=target[1]),
        embedding_directory=folder_paths.get_folder_paths("embeddings"),
        tokenizer_data=dict(data),
        parameters=parameters,
        model_options=options,
        **told,
    )


def comes_again(made: Any, make: Callable[..., Any], *arguments: Any) -> None:
    """``make(*arguments)``, which takes ``disable_dynamic``, too, gives this CLIP with a model of
    its own.

    Newer hosts ask for that where they load one as a whole or onto a second device (Set CLIP Hooks,
    Select CLIP Device).
    """
    made.patcher.cached_patcher_init = (_patcher, (make, *arguments))


def _patcher(make: Callable[..., Any], *arguments: Any, disable_dynamic: bool = False) -> Any:
    return make(*arguments, disable_dynamic=disable_dynamic).patcher
