"""mini-MMDiT in the host: a variant's MODEL, its encoder and TAESD3; prompts in, pictures out.

Everything goes the way of an artist's workflow: the host's loader, its CLIP, its KSampler
(``comfy.sample.sample``), its VAE. Only many prompts are drawn at once.
"""

from __future__ import annotations

import hashlib
import importlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from encoderscope.conditioning import miniature_generator
from encoderscope.conditioning.scenes.scene import Scene
from encoderscope.tests import hostkit
from encoderscope.tools.generator import variant_encoders

CHANNELS, SIDE = 16, 8
"""Of a latent: pictures of 64 pixels."""


@dataclass(frozen=True)
class Sampling:
    """How a picture is drawn."""

    steps: int = 20
    guidance: float = 3.0
    sampler: str = "euler"
    scheduler: str = "simple"
    bf16: bool = False
    """Compute in bfloat16 (the host's ModelComputeDtype): half the time on some processors."""

    def __str__(self) -> str:
        words = [self.sampler, self.scheduler, f"{self.steps}", f"{self.guidance:g}"]
        return "-".join([*words, "bf16"] if self.bf16 else words)


Conds = tuple[torch.Tensor, torch.Tensor]
"""Rows (prompt, row, 4096) and pooled vectors (prompt, 2048)."""


def weights_file(variant: str, folder: Path | None = None) -> Path:
    """Where a variant's weights lie: in the pack, or as ``<variant>.safetensors`` in a folder."""
    if folder is None:
        return miniature_generator.FOLDER / f"{miniature_generator.NAME}-{variant}.safetensors"
    return folder / f"{variant}.safetensors"


def digest(path: Path) -> str:
    """The beginning of a file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


def noise(prompt: int, seed: int) -> torch.Tensor:
    """(1, 16, 8, 8): the same for every variant."""
    dice = torch.Generator().manual_seed(1_000_003 * seed + prompt)
    return torch.randn(1, CHANNELS, SIDE, SIDE, generator=dice)


class MiniGenerator:
    """One variant, loaded."""

    def __init__(
        self,
        variant: str,
        sampling: Sampling,
        folder: Path | None = None,
        weights: Path | None = None,
        vae: Path | None = None,
    ) -> None:
        """``folder``: of other variants' files, else the pack's; ``weights``, ``vae``: single
        files of other places.
        """
        hostkit.import_host(Path(tempfile.mkdtemp()))
        import comfy.sd
        import comfy.utils

        self.variant, self.sampling = variant, sampling
        path = weights or weights_file(variant, folder)
        self.model = comfy.sd.load_diffusion_model(str(path))
        vae = vae or (folder or miniature_generator.FOLDER) / miniature_generator.VAE
        dtype = None
        if sampling.bf16:
            dtype = torch.bfloat16
            self.model.set_model_compute_dtype(dtype)
        self.vae = comfy.sd.VAE(sd=comfy.utils.load_torch_file(str(vae)), dtype=dtype)
        self.clip: Any = None
        if variant != variant_encoders.ORACLE:
            miniatures = importlib.import_module("encoderscope.host.miniatures")
            played = miniature_generator.VARIANTS[variant]
            self.clip = miniatures.clip(played.miniature, played.family)

    def encode(self, texts: Sequence[str], scenes: Sequence[Scene | None]) -> Conds:
        """As CLIP Text Encode does, one text after another; the oracle reads the scenes."""
        if self.clip is None:
            return _oracle(scenes)
        parts = []
        for text in texts:
            [[rows, options]] = self.clip.encode_from_tokens_scheduled(self.clip.tokenize(text))
            parts.append((rows, options["pooled_output"]))
        return torch.cat([rows for rows, _ in parts]), torch.cat([pooled for _, pooled in parts])

    def empty_latent(self) -> dict[str, torch.Tensor]:
        """As Empty Latent Image gives it."""
        return {"samples": torch.zeros(1, CHANNELS, SIDE, SIDE)}

    def draw(self, conds: Conds, noises: torch.Tensor) -> torch.Tensor:
        """(picture, 64, 64, 3), one for each row of ``conds`` and ``noises``."""
        import comfy.sample

        empty = [part.expand(len(noises), *part.shape[1:]) for part in self.encode([""], [None])]
        positive, negative = (
            [[rows, {"pooled_output": pooled}]] for rows, pooled in (conds, empty)
        )
        latents = comfy.sample.sample(
            self.model,
            noises,
            self.sampling.steps,
            self.sampling.guidance,
            self.sampling.sampler,
            self.sampling.scheduler,
            positive,
            negative,
            torch.zeros_like(noises),
            seed=0,
            disable_pbar=True,
        )
        return self.vae.decode(latents).float()  # type: ignore[no-any-return]


def _oracle(scenes: Sequence[Scene | None]) -> Conds:
    """What the oracle was trained with, in the host's widths."""
    from encoderscope.tools.generator import generator_figures

    read = variant_encoders.encoder(variant_encoders.ORACLE)([""] * len(scenes), scenes, 0)
    [[rows, options]] = generator_figures.conditioning(read)
    return rows, options["pooled_output"]
