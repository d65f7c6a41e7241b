"""Adds the where-map to an Ignored Words report: attention of each phrase, over the picture."""

from __future__ import annotations

from typing import Any

import torch
from PIL import Image

from ...conditioning.generator.budget import BASE
from ...conditioning.generator.where_maps import where_maps
from ...conditioning.progress import Progress, counted, no_progress
from ...conditioning.reports.generator.display import with_display
from ...conditioning.translation import later, localized
from ..generator import guider, image_model, looking
from ..generator.attention_maps import AttentionMaps
from . import image_reports
from .generator_reports import Look, MeasuredPrompt, conds_of, noise_of
from .generator_reports import report as generator_report

Report = dict[str, Any]


def report(
    prompt: MeasuredPrompt, progress: Progress = no_progress
) -> tuple[Report, Image.Image | None]:
    """The report of a prompt, with the where-map and the picture below it where they are asked for.
    Raises what the measurement raises.
    """
    measured = generator_report(prompt, progress)
    return with_where(measured, prompt, progress) if prompt.options.where else (measured, None)


def with_where(
    report: Report, prompt: MeasuredPrompt, progress: Progress = no_progress
) -> tuple[Report, Image.Image | None]:
    """The report of a prompt with ``where``, and the picture that its maps are drawn over."""
    look = prompt.look = prompt.look or _look(report, prompt, progress)
    notes = [*report["notes"], *([localized(look.note)] if look.note else [])]
    return with_display({**report, "where": look.where, "notes": notes}), look.picture


def _look(report: Report, prompt: MeasuredPrompt, progress: Progress) -> Look:
    if not prompt.rows_looked_for:
        return Look(
            None,
            note=later(
                "Where phrases are looked for cannot be heard for this CLIP or latent: no "
                "where-map was drawn."
            ),
        )
    samples = prompt.start.samples
    size = (int(samples.shape[-2]), int(samples.shape[-1]))
    _, own = prompt.encoder.states
    maps = AttentionMaps(prompt.rows_looked_for, int(own[0][0].shape[1]), size)
    sampler = _run(report, prompt, maps, progress)
    if not maps.blocks:
        return Look(
            None,
            note=later(
                "Where phrases are looked for cannot be heard in this image model: no where-map "
                "was drawn."
            ),
        )
    where = {
        "calls": sampler.calls,
        "blocks": maps.blocks,
        "maps": [
            {"phrase": each.phrase, "size": list(each.size), "values": list(each.values)}
            for each in where_maps(maps.sums)
        ],
    }
    return Look(where, _picture(prompt, sampler.picture))


def _run(
    report: Report, prompt: MeasuredPrompt, maps: AttentionMaps, progress: Progress
) -> looking.LookingSampler:
    options, start = prompt.options, prompt.start
    levels = tuple(dict.fromkeys(report["budget"]["levels"]))
    budget = report["budget"]["name"]
    plan = looking.looking_plan(budget, levels, options.guided, start.finished)
    noise = noise_of(start.samples, options.seed)
    progress = counted(progress, before=report["budget"]["calls"])
    scale = image_model.noise_scale(prompt.model)
    sampler = looking.LookingSampler(plan, scale, [noise], start.finished, progress)
    sampler.maps = maps
    _, own = prompt.encoder.states
    conds, _ = conds_of(prompt.encoder, {BASE: own}, options)
    asking = guider.InfluenceGuider(prompt.model)
    asking.set_all(conds, options.guidance)
    asking.measured(noise, start.samples, sampler, options.seed)
    return sampler


# --- the picture below the maps
# --------------------------------------------------------------------------------------------------


def _picture(prompt: MeasuredPrompt, latent: torch.Tensor) -> Image.Image | None:
    """The artist's picture, else what the VAE makes of the last denoised one, else the host's rough
    colours of its latents; None where the host has none.
    """
    model, options = prompt.model, prompt.options
    if options.image is not None:
        return image_reports.thumbnails(options.image[:1])[0]
    if options.vae is not None:
        decoded = options.vae.decode(model.model.process_latent_out(latent.cpu()))
        return image_reports.thumbnails(decoded[:1])[0]
    return _rough(model.get_model_object("latent_format"), latent)


def _rough(latent_format: Any, latent: torch.Tensor) -> Image.Image | None:
    factors = getattr(latent_format, "latent_rgb_factors", None)
    if not factors:
        return None
    weights = torch.tensor(factors)
    bias = torch.tensor(getattr(latent_format, "latent_rgb_factors_bias", None) or [0.0, 0.0, 0.0])
    colours = latent[0].float().cpu().movedim(0, -1) @ weights + bias
    picture = ((colours + 1) / 2).clamp(0, 1)
    return image_reports.thumbnails(picture[None])[0]
