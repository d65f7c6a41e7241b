"""Draws a picture by the host's own sampler, as KSampler does, to see what a remedy does."""

from __future__ import annotations

from typing import Any, NamedTuple

import comfy.sample
import comfy.samplers
import torch

from ...conditioning.mixing.text_states import Conditioning
from ...conditioning.progress import Progress, no_progress
from . import image_model

STEPS = 20
SAMPLER = "euler"
_FLOW, _OTHER = "simple", "normal"
"""Schedules: that of the host's workflows for flow models, and KSampler's own for others."""


class Drawing(NamedTuple):
    """What is drawn, the prompt aside."""

    model: Any
    vae: Any
    samples: torch.Tensor
    """An empty latent, (1, channel, ...)."""
    seed: int
    guidance: float
    steps: int = STEPS


def draw(
    drawing: Drawing,
    positive: Conditioning,
    negative: Conditioning,
    progress: Progress = no_progress,
) -> torch.Tensor:
    """One picture, (1, height, width, 3), 0 to 1. Raises what the host raises."""
    latent = comfy.sample.fix_empty_latent_channels(drawing.model, drawing.samples)
    noise = comfy.sample.prepare_noise(latent, drawing.seed)

    def step(number: int, denoised: Any, x: Any, total: int) -> None:
        progress(number + 1, total)

    samples = comfy.sample.sample(
        drawing.model,
        noise,
        drawing.steps,
        drawing.guidance,
        SAMPLER,
        schedule(drawing.model),
        positive,
        negative,
        latent,
        seed=drawing.seed,
        callback=step,
        disable_pbar=True,
    )
    picture = drawing.vae.decode(samples)
    return picture.reshape(-1, *picture.shape[-3:])[:1]  # type: ignore[no-any-return]


def schedule(model: Any) -> str:
    """The schedule that fits the model."""
    return _FLOW if image_model.facts_of(model).prediction == "flow" else _OTHER
