"""From trained weights to the files that come with the pack: SD3's keys in half precision, with
columns of zeros where the host's conditioning has zeros; and TAESD3 as the host's VAE takes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch

from ...conditioning.miniature_generator import FOLDER, NAME, VAE
from .. import tensor_files

CONTEXT, POOLED = 4096, 2048
"""Columns of SD3's rows and of its pooled vector."""
_WIDENED = {"context_embedder.weight": CONTEXT, "y_embedder.mlp.0.weight": POOLED}
SCALE, SHIFT = 1.5305, 0.0609
"""Of SD3's latents, as the host gives them to TAESD3."""


def host_weights(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What the host's diffusion-model loader takes."""
    widened = dict(weights)
    for name, columns in _WIDENED.items():
        missing = columns - widened[name].shape[1]
        widened[name] = torch.nn.functional.pad(widened[name], (0, missing))
    return {name: weight.detach().half().contiguous() for name, weight in widened.items()}


def save_generator(
    variant: str, weights: Mapping[str, torch.Tensor], folder: Path = FOLDER
) -> Path:
    """Write a variant's file."""
    return tensor_files.save(host_weights(weights), folder / f"{NAME}-{variant}.safetensors")


def save_vae(taesd3: Path, folder: Path = FOLDER) -> Path:
    """Join TAESD3's encoder and decoder into one file, in the precision that they came in.
    ``taesd3``: a folder with ``taesd3_encoder.safetensors`` and ``taesd3_decoder.safetensors``.
    """
    from safetensors.torch import load_file

    weights = {"vae_scale": torch.tensor(SCALE), "vae_shift": torch.tensor(SHIFT)}
    for part in ("encoder", "decoder"):
        stored = load_file(taesd3 / f"taesd3_{part}.safetensors")
        weights |= {f"taesd_{part}.{name}": weight for name, weight in stored.items()}
    return tensor_files.save(weights, folder / VAE)
