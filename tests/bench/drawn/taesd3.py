"""Pictures through TAESD3 and back, as the pack brings it and the host runs it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from encoderscope.conditioning import miniature_generator
from encoderscope.tests import hostkit

FILE = miniature_generator.FOLDER / miniature_generator.VAE
BATCH = 25


def round_trip(file: Path = FILE) -> Callable[[torch.Tensor], torch.Tensor]:
    """Pictures (n, side, side, 3), 0 to 1, to latents and back. Raises FileNotFoundError without
    the file.
    """
    if not file.is_file():
        raise FileNotFoundError(f"no {file.name}: it comes with the generator in assets/generator")
    hostkit.import_host(Path(tempfile.mkdtemp()))
    import comfy.sd
    import comfy.utils

    vae = comfy.sd.VAE(sd=comfy.utils.load_torch_file(str(file)))

    @torch.no_grad()
    def change(pictures: torch.Tensor) -> torch.Tensor:
        return torch.cat([vae.decode(vae.encode(batch)) for batch in pictures.split(BATCH)]).float()

    return change
