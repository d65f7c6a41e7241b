"""Loads the encoders that come with the pack, as the host's CLIP and as an image-text encoder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import comfy.model_management
import comfy.sd1_clip
import comfy.text_encoders.t5
import torch

from ..conditioning import miniature
from ..conditioning.encoder_files.description import Description
from ..conditioning.errors import EncoderScopeError, UnknownName
from ..conditioning.image_text.dual_encoder import DualEncoder
from ..conditioning.scenes import scene
from .ids import PLAYED_BY
from .image_text.image_text_encoder import manage
from .loading import build, picker, single_encoder
from .progress_bar import stop_if_asked

WIDTHS = {role: picker.ROLES[role].width for role in ("clip_l", "clip_g", "t5xxl")}
"""What image models read of each encoder: the miniatures' vectors are filled up with zeros to it.
"""
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "sd1": ("clip_l",),
    "sdxl": ("clip_l", "clip_g"),
    "sd3": ("clip_l", "clip_g", "t5xxl"),
    "flux": ("clip_l", "t5xxl"),
    "pixart": ("t5xxl",),
    "chroma": ("t5xxl",),
    "sd3 without T5": ("clip_l", "clip_g"),
}
"""Family -> the roles of its encoders, as the host names them."""
_HOST_FAMILY = {"sd3 without T5": "sd3"}
"""The host's family, where it is named secondwise."""
CHOICES = (picker.ALONE, *FAMILIES)


def dual(name: str, place: Callable[[torch.nn.Module], Any] = manage) -> DualEncoder:
    """Both towers of a miniature CLIP. Raises :class:`EncoderScopeError`."""
    return miniature.dual(miniature.load(name), tokenizer("clip"), place)


def tokenizer(kind: str) -> Any:
    """The host's own, by transformers. ``kind``: clip or t5."""
    from transformers import AutoTokenizer

    folders = {
        "clip": (comfy.sd1_clip, "sd1_tokenizer"),
        "t5": (comfy.text_encoders.t5, "t5_tokenizer"),
    }
    module, name = folders[kind]
    near = Path(str(module.__file__)).parent / name
    return AutoTokenizer.from_pretrained(str(near), local_files_only=True)


def clip(name: str, family: str = picker.ALONE, disable_dynamic: bool = False) -> Any:
    """The host's CLIP with a miniature in the roles of its kind; beside a miniature CLIP mini-T5 is
    the T5, beside a miniature T5 mini-CLIP is the CLIP. Raises :class:`EncoderScopeError`.

    ``disable_dynamic`` as :func:`build.make_clip` takes it.
    """
    parts = _parts(name, family)
    options: dict[str, Any] = {
        "dtype": torch.float32,
        "initial_device": comfy.model_management.text_encoder_offload_device(),
    }
    options |= {
        f"{role}_model_config": single_encoder.config(_described(mini))
        for role, mini in parts.items()
        if family != picker.ALONE
    }
    numbers = sum(weight.numel() for mini in parts.values() for weight in mini.weights.values())
    host = build.make_clip(_target(parts, family), {}, numbers, options, disable_dynamic)
    build.remember_rebuild(host, clip, name, family)
    for role, mini in parts.items():
        encoder = getattr(host.cond_stage_model, role)
        encoder.transformer.load_state_dict(miniature.text_weights(mini), strict=True)
        setattr(encoder, PLAYED_BY, mini.name)
        if role in WIDTHS:
            _widen(encoder, WIDTHS[role])
    return host


def _parts(name: str, family: str) -> dict[str, miniature.Miniature]:
    mini = miniature.load(name)
    if family == picker.ALONE:
        return {single_encoder.STREAMS[mini.kind]: mini}
    if family not in FAMILIES:
        raise UnknownName("family", family, list(CHOICES))
    roles = FAMILIES[family]
    if mini.kind == "t5" and "t5xxl" not in roles:
        raise EncoderScopeError(
            "{name} was chosen for {family}, which reads CLIP only.",
            "{first} or {second} was expected.",
            "Choose one of those, or a family that reads T5: {families}.",
            name=name,
            family=family,
            first=miniature.CLIP,
            second=miniature.CLIP_HARD,
            families=", ".join(part for part, has in FAMILIES.items() if "t5xxl" in has),
        )
    if mini.kind == "clip" and roles == ("t5xxl",):
        raise EncoderScopeError(
            "{name} was chosen for {family}, which reads T5 only.",
            "{first} or {second} was expected.",
            "Choose {first} or {second}.",
            name=name,
            family=family,
            first=miniature.T5,
            second=miniature.T5_HARD,
        )
    return {role: mini if plays(mini, role) else miniature.load(_BESIDE[role]) for role in roles}


_BESIDE = {"clip_l": miniature.CLIP, "clip_g": miniature.CLIP, "t5xxl": miniature.T5}
"""Who plays a role that the chosen miniature cannot."""


def plays(mini: miniature.Miniature, role: str) -> bool:
    """Whether a miniature is of the kind that has this role."""
    return (mini.kind == "t5") == (role == "t5xxl")


def _target(parts: Mapping[str, miniature.Miniature], family: str) -> build.Target:
    if family == picker.ALONE:
        [mini] = parts.values()
        return single_encoder.target(_described(mini), None)
    return build.TARGETS[_HOST_FAMILY.get(family, family)](FAMILIES[family], {})


def _described(mini: miniature.Miniature) -> Description:
    config: Mapping[str, Any] = mini.config.get("text_config", mini.config)
    if mini.kind == "t5":
        return Description(
            "encoder",
            "t5",
            "t5_v1_1",
            "",
            mini.name,
            width=config["d_model"],
            layers=config["num_layers"],
            heads=config["num_heads"],
            head_width=config["d_kv"],
            feed_forward=config["d_ff"],
            vocabulary=config["vocab_size"],
            gated=True,
            activation="gelu_pytorch_tanh",
            tokenizer="t5",
        )
    return Description(
        "encoder",
        "clip",
        "clip",
        "",
        mini.name,
        width=config["hidden_size"],
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        feed_forward=config["intermediate_size"],
        vocabulary=config["vocab_size"],
        positions=config["max_position_embeddings"],
        projection=mini.config["projection_dim"],
        activation=config["hidden_act"],
        causal=True,
        tokenizer="clip",
    )


def _widen(encoder: Any, width: int) -> None:
    """Fills what the encoder answers up with zeros: the image model finds the widths it reads, and
    no inner product changes.
    """
    kind = type(encoder)

    def encode_token_weights(self: Any, tokens: Any) -> Any:
        sequence, pooled, *rest = kind.encode_token_weights(self, tokens)
        return (
            _filled(sequence, width),
            pooled if pooled is None else _filled(pooled, width),
            *rest,
        )

    # a class, not an attribute: second packs put a method of theirs there and delete it afterwards
    fields = {"encode_token_weights": encode_token_weights, "__module__": kind.__module__}
    encoder.__class__ = type(kind.__name__, (kind,), fields)


def _filled(vectors: torch.Tensor, width: int) -> torch.Tensor:
    return torch.nn.functional.pad(vectors, (0, width - vectors.shape[-1]))


def words(mini: miniature.Miniature) -> str:
    """What it is, and the only words that it was shown."""
    vocabulary = "; ".join(", ".join(kind) for kind in (scene.SHAPES, scene.COLOURS, scene.SIZES))
    return (
        f"{mini.describe}\nIt was shown {vocabulary}; left of, right of, above, below. Other "
        "words mean nothing to it."
    )


def loaded(name: str, family: str) -> tuple[Any, DualEncoder | None, str]:
    """CLIP, image-text encoder (None for those without pictures), and what they are."""
    mini = miniature.load(name)
    encoder = dual(name) if mini.has_pictures else None
    if encoder is not None:
        encoder = encoder.with_stop(stop_if_asked)
    return clip(name, family), encoder, words(mini)
