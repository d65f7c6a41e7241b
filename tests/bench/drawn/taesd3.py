"""TAESD3's encoder and decoder, as the host builds them, for figures that need real latents."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from encoderscope.tests import hostkit

FILES = ("taesd3_encoder.safetensors", "taesd3_decoder.safetensors")
FOLDER = "ENCODERSCOPE_VAE_APPROX"
"""Environment variable: where TAESD3's files lie, if not among the host's own models."""
CHANNELS, BATCH = 16, 25


def round_trip(folder: Path | None = None) -> Callable[[torch.Tensor], torch.Tensor]:
    """Pictures (n, side, side, 3), 0 to 1, to latents and back. Raises FileNotFoundError without
    the files.
    """
    hostkit.import_host(Path(tempfile.mkdtemp()))
    paths = [_folder(folder) / name for name in FILES]
    for path in paths:
        if not path.is_file():
            raise FileNotFoundError(f"no {path}: ComfyUI's models/vae_approx holds TAESD3")
    from comfy.taesd.taesd import TAESD

    model = TAESD(*map(str, paths), latent_channels=CHANNELS).eval()

    @torch.no_grad()
    def change(pictures: torch.Tensor) -> torch.Tensor:
        batches = [
            model.decode(model.encode(batch.movedim(-1, 1) * 2 - 1)).movedim(1, -1)
            for batch in pictures.split(BATCH)
        ]
        return (torch.cat(batches) / 2 + 0.5).clamp(0, 1)

    return change


def _folder(folder: Path | None) -> Path:
    """What was asked for, else the environment's, else the host's own."""
    if folder is not None:
        return folder
    if FOLDER in os.environ:
        return Path(os.environ[FOLDER])
    import folder_paths

    return Path(folder_paths.models_dir) / "vae_approx"
