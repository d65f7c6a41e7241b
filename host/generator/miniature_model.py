"""Loads the generator that comes with the pack by the host's own loaders."""

from __future__ import annotations

from typing import Any

import comfy.sd
import comfy.utils

from ...conditioning import miniature_generator


def model(name: str) -> Any:
    """MODEL, by the host's ordinary diffusion-model loader, which finds SD3's layout. Raises
    :class:`EncoderScopeError` where the file is missing.
    """
    return comfy.sd.load_diffusion_model(str(miniature_generator.file(name)))


def vae() -> Any:
    """TAESD3 as the host's VAE. Raises :class:`EncoderScopeError` where the file is missing."""
    weights = comfy.utils.load_torch_file(str(miniature_generator.vae_file()))
    decoder = comfy.sd.VAE(sd=weights)
    decoder.throw_exception_if_invalid()
    return decoder


def loaded(name: str) -> tuple[Any, Any, str]:
    """MODEL, VAE, and what they are."""
    return model(name), vae(), miniature_generator.words(name)
