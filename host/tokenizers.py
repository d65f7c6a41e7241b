"""Tokenizers of the host without any weights: a family's, and that of a CLIP to keep."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from ..conditioning.errors import EncoderScopeError, UnknownName
from ..conditioning.families.table import FAMILIES, Family
from .clip import embedding_folders, stream_encoder


class TokenizerOnly:
    """The tokenizing half of a CLIP: no weights. ``absent``: streams whose encoder the CLIP it
    came from does not hold.
    """

    def __init__(
        self,
        tokenizer: Any,
        options: dict[str, Any] | None = None,
        absent: frozenset[str] = frozenset(),
    ) -> None:
        self.tokenizer = tokenizer
        self.tokenizer_options = options or {}
        self.absent = absent

    def tokenize(self, text: str, return_word_ids: bool = False, **kwargs: Any) -> Any:
        """As the host's CLIP does."""
        if self.tokenizer_options:
            own = kwargs.get("tokenizer_options", {})
            kwargs["tokenizer_options"] = {**self.tokenizer_options, **own}
        return self.tokenizer.tokenize_with_weights(text, return_word_ids, **kwargs)


def tokenizer_only(name: str) -> TokenizerOnly:
    """The running host's own tokenizer for a family, without any model file. Built once and kept.

    Raises :class:`UnknownName`, or :class:`EncoderScopeError` for families whose vocabulary travels
    in the model file.
    """
    family = FAMILIES.get(name)
    if family is None:
        raise UnknownName("family", name, sorted(FAMILIES))
    if family.tokenizer_in_file:
        raise EncoderScopeError(
            (
                "{title} keeps its vocabulary inside the text encoder's file, so there is nothing "
                "to read without it."
            ),
            "A CLIP input was expected.",
            (
                "Connect a CLIP loader with that file; in the terminal give a tokenizer folder of "
                "this encoder with --tokenizer."
            ),
            title=family.title,
        )
    return _build(family)


def family_names() -> list[str]:
    """Families that this host has a tokenizer for, in the table's order."""
    families = (family for family in FAMILIES.values() if not family.stands_for)
    return [family.name for family in families if _has_tokenizer(family)]


def detached(clip: Any, family: Family | None) -> TokenizerOnly:
    """The tokenizing half of ``clip``, to keep after its weights are gone."""
    names = [rule.name for rule in family.streams] if family is not None else []
    absent = frozenset(name for name in names if stream_encoder(clip, name, family) is None)
    return TokenizerOnly(clip.tokenizer, dict(getattr(clip, "tokenizer_options", {})), absent)


def _class_paths(family: Family) -> Sequence[str]:
    if family.tokenizers:
        return family.tokenizers
    members = (member for member in FAMILIES.values() if family.name in member.stands_for)
    return tuple(path for member in members for path in member.tokenizers)


def _has_tokenizer(family: Family) -> bool:
    return any(_exists(path, family.newer) for path in _class_paths(family))


def _exists(path: str, newer: bool) -> bool:
    module, _, cls = path.rpartition(".")
    if importlib.util.find_spec(module) is None:
        return False
    return not newer or hasattr(importlib.import_module(module), cls)


@lru_cache(maxsize=32)
def _build(family: Family) -> TokenizerOnly:
    for path in _class_paths(family):
        module, _, name = path.rpartition(".")
        try:
            tokenizer_class = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError):
            continue  # another version of the host
        return TokenizerOnly(tokenizer_class(embedding_directory=embedding_folders()))
    raise EncoderScopeError(
        "This ComfyUI has no tokenizer for {title}.",
        "One of {classes} was expected.",
        "Update ComfyUI, or connect a CLIP.",
        title=family.title,
        classes=", ".join(_class_paths(family)),
    )
