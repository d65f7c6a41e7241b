"""What a MODEL of the host is: its family, how it predicts, and how it counts noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import comfy.model_base
import comfy.sample
import torch

from ...conditioning.errors import EncoderScopeError
from ...conditioning.families.table import FAMILIES, Family
from ...conditioning.generator.levels import NoiseScale
from ...conditioning.translation import later
from ..loading import picker

_PREDICTIONS = (
    *(("CONST", "flow"), ("COSMOS_RFLOW", "flow"), ("EDM", "edm"), ("V_PREDICTION", "v")),
    *(("X0", "other"), ("EPS", "eps")),
)
"""Classes of ``comfy/model_sampling.py``, the derived ones first."""
_CACHES = ("easycache", "lazycache", "teacache", "first_block_cache", "fbcache")
"""Wrappers that answer from an earlier step in place of the model."""


@dataclass(frozen=True)
class ModelFacts:
    """One MODEL, in words and numbers."""

    title: str
    family: Family | None
    """In the table; None where its class is in none."""
    prediction: str
    scale: NoiseScale
    notes: tuple[str, ...] = ()


def require_model(model: Any) -> None:
    """Raises :class:`EncoderScopeError` for what is no image model of the host."""
    if not hasattr(model, "get_model_object") or not hasattr(model, "model_options"):
        raise EncoderScopeError(
            "No image model arrived.",
            "A MODEL of a checkpoint or diffusion-model loader was expected.",
            "Connect one.",
        )


def facts_of(model: Any) -> ModelFacts:
    """What is known of a MODEL. Raises :class:`EncoderScopeError` for one that counts noise in a
    way that is not known.
    """
    require_model(model)
    family = _family(model)
    inner = model.model
    title = type(getattr(inner, "model_config", inner)).__name__
    if family is not None:
        title = family.title
    return ModelFacts(title, family, _prediction(model), noise_scale(model), tuple(_notes(model)))


def _family(model: Any) -> Family | None:
    try:
        return FAMILIES[picker.family_of_model(model)]
    except EncoderScopeError:
        return None


def _prediction(model: Any) -> str:
    """Of the model's sampling as it is now: a patch of the artist may have changed it."""
    sampling = type(model.get_model_object("model_sampling"))
    names = {base.__name__ for base in sampling.__mro__}
    predictions = (prediction for name, prediction in _PREDICTIONS if name in names)
    return next(predictions, "other")


def noise_scale(model: Any) -> NoiseScale:
    """How its model_sampling mixes picture and noise, asked with numbers. Patches of the artist
    (ModelSamplingSD3 and its kin) count. Raises :class:`EncoderScopeError`.
    """
    sampling = model.get_model_object("model_sampling")
    sigma = torch.tensor([0.5])
    nothing, something = torch.zeros(1, 1, 1, 1), torch.ones(1, 1, 1, 1)
    alpha = float(sampling.noise_scaling(sigma, nothing.clone(), something.clone()))
    noise = float(sampling.noise_scaling(sigma, something.clone(), nothing.clone()))
    mixes_as_known = abs(noise - 0.5) < 1e-4 and min(abs(alpha - 0.5), abs(alpha - 1)) < 1e-4
    if not mixes_as_known:
        raise EncoderScopeError(
            (
                "This image model mixes picture and noise as {alpha:.3g} and {noise:.3g} at sigma "
                "0.5, which EncoderScope does not know."
            ),
            "x = x0 + sigma n, or x = (1 - sigma) x0 + sigma n, was expected.",
            "Take out the node that changes the model's sampling.",
            alpha=alpha,
            noise=noise,
        )
    lowest, highest = float(sampling.sigma_min), float(sampling.sigma_max)
    return NoiseScale(abs(alpha - 0.5) < 1e-4, max(lowest, 1e-4), highest)


def _notes(model: Any) -> list[str]:
    options = model.model_options.get("transformer_options", {})
    keys = {*options, *_wrapper_keys(options.get("wrappers", {}))}
    keys |= _wrapper_keys(getattr(model, "wrappers", {}))
    if any(cache in str(key).lower() for key in keys for cache in _CACHES):
        return [
            later(
                "A cache of steps sits on this model (EasyCache or its kin). It answers from an "
                "earlier step, whatever the words: take it out, or the figures mean nothing."
            )
        ]
    return []


def _wrapper_keys(wrappers: Mapping[str, Mapping[str | None, Any]]) -> set[str | None]:
    """Kind of wrapper -> key -> wrappers: whose they are."""
    return {key for named in wrappers.values() for key in named}


def usual_latent(model: Any) -> torch.Tensor:
    """An empty latent of the size that the model was trained for: 512 pixels for Stable Diffusion 1
    and 2, as many as its table of positions holds where that is smaller, 1024 for others. Its
    channels are those that the host asks for.
    """
    latent_format = model.get_model_object("latent_format")
    factor = int(getattr(latent_format, "spacial_downscale_ratio", 8) or 8)
    side = min(_pixels(model) // factor, _positions(model))
    empty = torch.zeros(1, int(latent_format.latent_channels), side, side)
    return comfy.sample.fix_empty_latent_channels(model, empty)  # type: ignore[no-any-return]


def _pixels(model: Any) -> int:
    small = ("SD15", "SD20")
    config = getattr(model.model, "model_config", None)
    names = {base.__name__ for base in type(config).__mro__}
    return 512 if names.intersection(small) else 1024


def _positions(model: Any) -> int:
    """Latents along one side that a table of positions holds; a large number without one."""
    inner = model.model.diffusion_model
    most = getattr(inner, "pos_embed_max_size", None)
    if not isinstance(most, int):
        return 1 << 20
    return most * int(getattr(inner, "patch_size", 1) or 1)
