"""From files to the host's CLIP: the host's composite classes with its own tokenizers, filled one
encoder at a time.

The host's `comfy.sd.CLIP` is made as its own loader makes it (same classes, same options); only
which class, and what goes into it, is decided here, by `roles.py`. An encoder that no family takes
gets the classes of `alone.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import comfy.model_management
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

from ...conditioning.encoder_files.checkpoint import Checkpoint
from ...conditioning.encoder_files.description import Description
from ...conditioning.families.table import FAMILIES
from .. import clip as host_clip
from . import fill, packed_linear, picker, single_encoder, tokenizers
from . import host_clip as hosted
from .host_clip import Target

CLIPS = ("clip_l", "clip_g")


@dataclass(frozen=True)
class Given:
    """One encoder as it was given: the file's name for people, the checkpoint it is in, and what it
    is.
    """

    name: str
    checkpoint: Checkpoint
    one: Description


class Part(NamedTuple):
    role: str
    given: Given
    filled: fill.Filled
    vocabulary: str


class Loaded(NamedTuple):
    clip: Any
    family: str
    parts: tuple[Part, ...]


def _sd3(names: Iterable[str], t5: Mapping[str, Any]) -> Target:
    made = sd3_clip.sd3_clip(
        clip_l="clip_l" in names, clip_g="clip_g" in names, t5="t5xxl" in names, **t5
    )
    return made, sd3_clip.SD3Tokenizer


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

_STREAMS = [
    (stream.role.name, family, stream)
    for family in FAMILIES.values()
    if family.sets
    for stream in family.streams
    if stream.role is not None
]
ATTRIBUTES = {role: stream.encoder for role, _, stream in _STREAMS}
"""Role -> the name of its encoder in the host's model."""
NEEDS_PROJECTION = {(role, family.name) for role, family, stream in _STREAMS if stream.projected}
"""Roles and families whose image model reads the pooled vector through the encoder's projection:
there it cannot be missing.
"""


def build(
    given: Sequence[Given],
    family: str,
    parts: Mapping[str, int],
    dtype: fill.Precision,
    cpu: bool = False,
    disable_dynamic: bool = False,
) -> Loaded:
    """`family` and `parts` as `roles.choose` gives them; `dtype` as `weights.precision` does; the
    last as `hosted.clip` takes it.
    """
    chosen = {role: given[i] for role, i in parts.items()}
    readers = {role: fill.TensorReader(one.checkpoint, one.one) for role, one in chosen.items()}
    for one in chosen.values():
        fill.check_readable(one.one)
    packed = any(fill.stays_packed(one.one, dtype) for one in chosen.values())
    options = _options(family, chosen, readers, dtype, cpu)
    if packed:
        options["custom_operations"] = packed_linear.operations()
    found = {role: _vocabulary(one, readers[role]) for role, one in chosen.items()}
    target = _target(family, chosen, readers, found, dtype)
    numbers = sum(
        tensor.elements for reader in readers.values() for tensor in reader.tensors.values()
    )
    clip = hosted.clip(target, _tokenizer_data(chosen, found), numbers, options, disable_dynamic)
    hosted.comes_again(clip, _clip, given, family, parts, dtype, cpu)
    mapped = torch.device(clip.patcher.load_device).type == "cpu" or host_clip.is_dynamic(
        clip.patcher
    )
    filled = {
        role: fill.fill(
            _encoder(clip, family, role, one),
            readers[role],
            _wish(family, role, one, dtype, mapped, packed),
        )
        for role, one in chosen.items()
    }
    told = tuple(Part(role, one, filled[role], _where(found[role])) for role, one in chosen.items())
    return Loaded(clip, family, told)


def _wish(
    family: str, role: str, given: Given, dtype: fill.Precision, mapped: bool, packed: bool
) -> fill.Wish:
    needed = (role, family) in NEEDS_PROJECTION
    return fill.Wish(
        dtype, mapped, not packed and _keeps_scales(family, given.one, dtype), needed, packed
    )


def _encoder(clip: Any, family: str, role: str, given: Given) -> Any:
    name = (
        single_encoder.STREAMS[given.one.architecture]
        if family == picker.ALONE
        else ATTRIBUTES.get(role, role)
    )
    return getattr(clip.cond_stage_model, name)


def _clip(*arguments: Any, **more: Any) -> Any:
    return build(*arguments, **more).clip


def _target(
    family: str,
    chosen: Mapping[str, Given],
    readers: Mapping[str, fill.TensorReader],
    found: Mapping[str, tokenizers.Found | None],
    dtype: fill.Precision,
) -> Target:
    if family == picker.ALONE:
        one = chosen["alone"].one
        return single_encoder.model(one), tokenizers.alone(one, found["alone"])
    t5 = next((role for role in chosen if role not in (*CLIPS, "clip_h")), None)
    told: dict[str, Any] = {}
    if t5 in ("t5xxl", "t5_11b", "umt5xxl"):
        told["dtype_t5"] = _main_dtype(readers[t5], dtype)
        if _keeps_scales(family, chosen[t5].one, dtype):
            told["t5xxl_scaled_fp8"] = fill.scaled(chosen[t5].one)
    return TARGETS[family](chosen, told)


def _options(
    family: str,
    chosen: Mapping[str, Given],
    readers: Mapping[str, fill.TensorReader],
    dtype: fill.Precision,
    cpu: bool,
) -> dict[str, Any]:
    """As the host's loaders pass them. Encoders are made where they rest: weights come from the
    file, not from there.
    """
    first = next((role for role in chosen if role in CLIPS), next(iter(chosen)))
    options: dict[str, Any] = {"dtype": _main_dtype(readers[first], dtype)}
    options["initial_device"] = comfy.model_management.text_encoder_offload_device()
    if cpu:
        options |= dict.fromkeys(
            ("load_device", "offload_device", "initial_device"), torch.device("cpu")
        )
    for role, given in chosen.items():
        if family != picker.ALONE:
            config = single_encoder.config(given.one)
            known = {key: value for key, value in config.items() if value is not None}
            if "activation" in given.one.assumed:
                known.pop("hidden_act", None)
            options[f"{_option_name(role)}_model_config"] = known
        if _keeps_scales(family, given.one, dtype) and role not in ("t5xxl", "t5_11b", "umt5xxl"):
            options["scaled_fp8"] = fill.scaled(given.one)
    return options


def _option_name(role: str) -> str:
    """What the host calls an encoder in its options; ACE-Step's has no name there."""
    return "" if role == "umt5base" else ATTRIBUTES.get(role, role)


def _main_dtype(reader: fill.TensorReader, dtype: fill.Precision) -> torch.dtype:
    """What the host would call this encoder's dtype: that of its last norm."""
    if isinstance(dtype, torch.dtype) and dtype in fill.FLOATS:
        return dtype
    norms = [
        key
        for key in reader.tensors
        if key.endswith(("final_layer_norm.weight", "ln_final.weight", "output_norm.weight"))
    ]
    return reader.dtype(norms[0]) if norms else torch.float16


def _keeps_scales(family: str, one: Description, dtype: fill.Precision) -> bool:
    """A host with multiplying linears has them for a T5 in every family; for CLIP they would reach
    its neighbours, too.
    """
    if not fill.HOST_SCALES:
        return False
    wanted = dtype is None or dtype not in fill.FLOATS
    return (
        wanted
        and fill.scaled(one) is not None
        and (one.architecture == "t5" or family == picker.ALONE)
    )


def _vocabulary(given: Given, reader: fill.TensorReader) -> tokenizers.Found | None:
    one = given.one
    if not tokenizers.needs_own(one):
        return None

    def inside(key: str) -> Any:
        return reader.raw(key)

    return tokenizers.find(one, given.checkpoint, inside)


def _tokenizer_data(
    chosen: Mapping[str, Given], found: Mapping[str, tokenizers.Found | None]
) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for role, given in chosen.items():
        if role in CLIPS and given.one.positions:
            data[f"{role}_max_length"] = given.one.positions
        vocabulary = found[role]
        if vocabulary is not None and role in ("umt5xxl", "umt5base"):
            tokenizers.read(given.one, vocabulary)
            data |= tokenizers.for_the_host(given.one, vocabulary)
    return data


def _where(found: tokenizers.Found | None) -> str:
    return "ComfyUI's own" if found is None else found.where
