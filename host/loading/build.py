"""From a plan to the host's CLIP: the host's composite classes with its own tokenizers, filled one
encoder at a time.

The host's `comfy.sd.CLIP` is made as its own loader makes it (same classes, same options); only
which class, and what goes into it, is decided by the plan. An encoder that no family takes gets the
classes of `single_encoder.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import signature
from types import SimpleNamespace
from typing import Any, NamedTuple

import comfy.model_management
import comfy.sd
import torch
from comfy import sd1_clip, sdxl_clip
from comfy.text_encoders import (
    ace,
    aura_t5,
    cosmos,
    flux,
    genmo,
    hidream,
    lt,
    pixart_t5,
    sa_t5,
    sd2_clip,
    sd3_clip,
    wan,
)

from ...conditioning.encoder_files.vocabularies import stored
from .. import clip as host_clip
from ..folders import EncoderFile
from . import packed_linear, picker, saving, single_encoder, vocabulary_tensors
from .encoder_plan import ClipPlan, EncoderPlan, Precision, plan_clip
from .fill import FillResult, fill

Target = tuple[Any, Any]
"""Factories of the host's model and tokenizer, as the host's `clip_target` holds them."""
CLIPS = ("clip_l", "clip_g")
_DTYPE_T5 = ("t5xxl", "t5_11b", "umt5xxl")
"""T5 encoders whose dtype and scales the host's factories take as options of their own."""


class LoadedEncoder(NamedTuple):
    """One encoder of a CLIP that was loaded: its plan, and what filling it came to."""

    plan: EncoderPlan
    result: FillResult


class LoadedClip(NamedTuple):
    """A CLIP of the host, with what is to be reported about it."""

    clip: Any
    family: str
    encoders: tuple[LoadedEncoder, ...]


def _sd3(names: Iterable[str], t5: Mapping[str, Any]) -> Target:
    model = sd3_clip.sd3_clip(
        clip_l="clip_l" in names, clip_g="clip_g" in names, t5="t5xxl" in names, **t5
    )
    return model, sd3_clip.SD3Tokenizer


def _hidream(names: Iterable[str], t5: Mapping[str, Any]) -> Target:
    has = {"clip_l": "clip_l" in names, "clip_g": "clip_g" in names, "t5": "t5xxl" in names}
    return hidream.hidream_clip(**has, llama=False, **t5), hidream.HiDreamTokenizer


TARGETS: dict[str, Callable[[Iterable[str], Mapping[str, Any]], Target]] = {
    "sd1": lambda _, t5: (sd1_clip.SD1ClipModel, sd1_clip.SD1Tokenizer),
    "sd2": lambda _, t5: (sd2_clip.SD2ClipModel, sd2_clip.SD2Tokenizer),
    "sdxl": lambda _, t5: (sdxl_clip.SDXLClipModel, sdxl_clip.SDXLTokenizer),
    "sdxl_refiner": lambda _, t5: (sdxl_clip.SDXLRefinerClipModel, sdxl_clip.SDXLTokenizer),
    "stable_cascade": lambda _, t5: (
        sdxl_clip.StableCascadeClipModel,
        sdxl_clip.StableCascadeTokenizer,
    ),
    "sd3": _sd3,
    "hidream": _hidream,
    "flux": lambda _, t5: (flux.flux_clip(**t5), flux.FluxTokenizer),
    **dict.fromkeys(
        ("pixart_alpha", "pixart", "chroma"),
        lambda _, t5: (pixart_t5.pixart_te(**t5), pixart_t5.PixArtTokenizer),
    ),
    "ltxv": lambda _, t5: (lt.ltxv_te(**t5), lt.LTXVT5Tokenizer),
    "mochi": lambda _, t5: (genmo.mochi_te(**t5), genmo.MochiT5Tokenizer),
    "cosmos": lambda _, t5: (cosmos.te(**t5), cosmos.CosmosT5Tokenizer),
    "wan": lambda _, t5: (wan.te(**t5), wan.WanT5Tokenizer),
    "aura": lambda _, t5: (aura_t5.AuraT5Model, aura_t5.AuraT5Tokenizer),
    "stable_audio": lambda _, t5: (sa_t5.SAT5Model, sa_t5.SAT5Tokenizer),
    "ace": lambda _, t5: (ace.AceT5Model, ace.AceT5Tokenizer),
}
"""Family -> the host's classes for it, as `load_text_encoder_state_dicts` chooses them."""


def load(
    files: Sequence[EncoderFile],
    family: str,
    roles: Mapping[str, int],
    dtype: Precision,
    cpu: bool = False,
    disable_dynamic: bool = False,
) -> LoadedClip:
    """A CLIP from described files; ``family`` and ``roles`` as :func:`picker.choose` gives them,
    the last as :func:`make_clip` takes it.

    Raises :class:`EncoderScopeError` for files that cannot be loaded so.
    """
    plan = plan_clip(files, family, roles, dtype)
    numbers = sum(encoder.elements for encoder in plan.encoders)
    clip = make_clip(
        _target(plan), _tokenizer_data(plan), numbers, _options(plan, cpu), disable_dynamic
    )
    remember_rebuild(clip, _load_clip, files, family, roles, dtype, cpu)
    on_cpu = torch.device(clip.patcher.load_device).type == "cpu"
    mapped = on_cpu or host_clip.is_dynamic(clip.patcher)
    encoders = [
        LoadedEncoder(
            encoder, fill(getattr(clip.cond_stage_model, encoder.attribute), encoder, mapped)
        )
        for encoder in plan.encoders
    ]
    return LoadedClip(clip, family, tuple(encoders))


def _load_clip(
    files: Sequence[EncoderFile],
    family: str,
    roles: Mapping[str, int],
    dtype: Precision,
    cpu: bool,
    disable_dynamic: bool,
) -> Any:
    return load(files, family, roles, dtype, cpu, disable_dynamic).clip


def make_clip(
    target: Target,
    tokenizer_data: Mapping[str, Any],
    parameters: int,
    options: dict[str, Any],
    disable_dynamic: bool = False,
) -> Any:
    """The host's CLIP of these classes, without weights.

    ``disable_dynamic``: newer hosts on NVIDIA GPUs are to load it as a whole; others do so anyway.
    """
    import folder_paths

    kind: Any = comfy.sd.CLIP
    if "custom_operations" in options:
        kind = saving.PackedClip
    keywords = {}
    if "disable_dynamic" in signature(comfy.sd.CLIP).parameters:
        keywords["disable_dynamic"] = disable_dynamic
    return kind(
        SimpleNamespace(params={}, clip=target[0], tokenizer=target[1]),
        embedding_directory=folder_paths.get_folder_paths("embeddings"),
        tokenizer_data=dict(tokenizer_data),
        parameters=parameters,
        model_options=options,
        **keywords,
    )


def remember_rebuild(clip: Any, make: Callable[..., Any], *arguments: Any) -> None:
    """Tells the host that ``make(*arguments)``, which takes ``disable_dynamic``, too, gives this
    CLIP with a model of its own.

    Newer hosts ask for that where they load one as a whole or onto a second device (Set CLIP Hooks,
    Select CLIP Device).
    """
    clip.patcher.cached_patcher_init = (_rebuilt_patcher, (make, *arguments))


def _rebuilt_patcher(
    make: Callable[..., Any], *arguments: Any, disable_dynamic: bool = False
) -> Any:
    return make(*arguments, disable_dynamic=disable_dynamic).patcher


def _target(plan: ClipPlan) -> Target:
    if plan.single:
        [encoder] = plan.encoders
        return single_encoder.target(encoder.description, encoder.vocabulary)
    t5_options: dict[str, Any] = {}
    for encoder in plan.encoders:
        if encoder.role in _DTYPE_T5:
            t5_options["dtype_t5"] = encoder.host_dtype
            if encoder.host_scales is not None:
                t5_options["t5xxl_scaled_fp8"] = encoder.host_scales
    return TARGETS[plan.family]([encoder.role for encoder in plan.encoders], t5_options)


def _options(plan: ClipPlan, cpu: bool) -> dict[str, Any]:
    """The model options as the host's loaders pass them. Encoders are made on the processor, where
    their weights come from the file: under `--gpu-only` the host would load what is made on the
    card at once, and then leave our weights where they are.
    """
    clips = [encoder for encoder in plan.encoders if encoder.role in CLIPS]
    first, *_ = clips or plan.encoders
    options: dict[str, Any] = {"dtype": first.host_dtype, "initial_device": torch.device("cpu")}
    if cpu:
        options |= dict.fromkeys(("load_device", "offload_device"), torch.device("cpu"))
    if plan.packed:
        options["custom_operations"] = packed_linear.operations()
    for encoder in plan.encoders:
        if not plan.single:
            options[f"{_option_prefix(encoder)}_model_config"] = _model_config(encoder)
        if encoder.host_scales is not None and encoder.role not in _DTYPE_T5:
            options["scaled_fp8"] = encoder.host_scales
    return options


def _option_prefix(encoder: EncoderPlan) -> str:
    """What the host calls an encoder in its options; ACE-Step's has no name there."""
    if encoder.role == "umt5base":
        return ""
    return encoder.attribute


def _model_config(encoder: EncoderPlan) -> dict[str, Any]:
    """Its dimensions, without those that only the host knows. A CLIP is as deep as its role, since
    the host counts the layer that it reads from the end.
    """
    config = single_encoder.config(encoder.description)
    if "num_hidden_layers" in config:
        config["num_hidden_layers"] = picker.ROLES[encoder.role].layers
    if "activation" in encoder.description.assumed:
        config.pop("hidden_act", None)
    return {name: value for name, value in config.items() if value is not None}


def _tokenizer_data(plan: ClipPlan) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for encoder in plan.encoders:
        description = encoder.description
        if encoder.role in CLIPS and description.positions:
            data[f"{encoder.role}_max_length"] = description.positions
        if encoder.vocabulary is not None and encoder.role in ("umt5xxl", "umt5base"):
            stored.check(description, encoder.vocabulary)
            data |= vocabulary_tensors.host_tensors(description, encoder.vocabulary)
    return data
