"""The latent that is measured on: an empty one of the model's size, or the finished picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeGuard

import comfy.sample
import torch

from ...conditioning.errors import EncoderScopeError
from ...conditioning.image_text.images import to_8_bit
from ...conditioning.mixing.checks import MOST_NUMBERS
from ...conditioning.translation import later
from .image_model import usual_latent


class StartLatent(NamedTuple):
    """(1, channel, ...): zeros where there is no picture yet."""

    samples: torch.Tensor
    finished: bool
    notes: tuple[str, ...] = ()


def start_latent(model: Any, latent: Any = None, image: Any = None, vae: Any = None) -> StartLatent:
    """From a LATENT, an IMAGE with its VAE, or neither. Raises :class:`EncoderScopeError`."""
    if image is not None:
        return _of_image(model, image, vae, has_latent=latent is not None)
    if latent is None:
        return StartLatent(usual_latent(model), finished=False)
    samples = latent.get("samples") if isinstance(latent, Mapping) else None
    if getattr(samples, "is_nested", False):
        raise EncoderScopeError(
            "The latent holds several tensors (picture and sound).",
            "A latent of pictures alone was expected.",
            "Separate it first, or connect none.",
        )
    if not _is_measurable(samples):
        raise EncoderScopeError(
            "The latent holds no picture that can be measured.",
            "A dense tensor of floating point was expected.",
            "Connect a latent that this model drew, or its image with its VAE, or none.",
        )
    notes = []
    if samples.shape[0] > 1:
        notes.append(later("The first of {count} latents is measured.", count=samples.shape[0]))
    if latent.get("noise_mask") is not None:
        notes.append(later("The latent's mask is left aside: the whole picture is measured."))
    samples = comfy.sample.fix_empty_latent_channels(model, samples[:1])
    _require_fitting(model, samples)
    return StartLatent(samples, bool(torch.count_nonzero(samples)), tuple(notes))


def _is_measurable(samples: Any) -> TypeGuard[torch.Tensor]:
    """A tensor of numbers, of which one fits into memory."""
    if not torch.is_tensor(samples) or not samples.is_floating_point() or samples.dim() < 2:
        return False
    dense = samples.layout is torch.strided and not samples.is_meta
    return dense and samples[:1].numel() <= MOST_NUMBERS


def _require_fitting(model: Any, samples: torch.Tensor) -> None:
    """A finished latent of another image model, or one of a video for a model of pictures."""
    latent_format = model.get_model_object("latent_format")
    channels, axes = int(latent_format.latent_channels), int(latent_format.latent_dimensions)
    # the host lets a picture stand for a video of one frame
    as_many_axes = samples.dim() - 2 == axes or (samples.dim(), axes) == (4, 3)
    if as_many_axes and samples.shape[0] and samples.shape[1] == channels:
        return
    size = " x ".join(map(str, samples.shape))
    raise EncoderScopeError(
        (
            "The latent is not one of this image model: it measures {size} (number, channels, then "
            "its sides)."
        ),
        "A latent of {channels} channels and {axes} sides was expected.",
        "Connect a latent that this model drew, or its image with its VAE, or none.",
        size=size,
        channels=channels,
        axes=axes,
    )


def _of_image(model: Any, image: Any, vae: Any, has_latent: bool) -> StartLatent:
    if vae is None:
        raise EncoderScopeError(
            "An image is connected without a VAE.",
            "Both were expected.",
            "Connect the VAE of the image model, too.",
        )
    notes = []
    if image.shape[0] > 1:
        notes.append(later("The first of {count} pictures is measured.", count=image.shape[0]))
    if has_latent:
        notes.append(later("Image and latent are connected: the image is measured."))
    to_8_bit(image[:1])  # refuses what is no picture
    samples = vae.encode(image[:1, :, :, :3].expand(-1, -1, -1, 3))
    if not _is_measurable(samples):
        raise EncoderScopeError(
            "The VAE made no latent of the picture.",
            "A dense tensor of floating point was expected.",
            "Connect the VAE of the image model, too.",
        )
    _require_fitting(model, samples)
    return StartLatent(samples, True, tuple(notes))
