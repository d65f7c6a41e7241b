"""The inputs of the Prompt Doctor beside CLIP and prompt."""

from __future__ import annotations

from comfy_api.latest import io

from ..host.reports import generator_reports
from . import inputs


def cost() -> list[io.Input]:
    """How much the Prompt Doctor may ask of the image model."""
    return [
        inputs.seed(
            "The noise that the image model is asked at.",
            # said, since newer front ends count it when they look for values of sockets
            control_after_generate=True,
        ),
        inputs.budget(
            generator_reports.QUICK,
            "Calls of the image model, where one is connected. default: six phrases cost "
            "as much as one picture of 28 steps with guidance. quick: a quarter, but more "
            "phrases stay undecided.",
        ),
    ]


def stations() -> list[io.Input]:
    """What lets the Prompt Doctor look at further stations, or spares them."""
    return [
        io.Model.Input(
            "model",
            optional=True,
            tooltip="The image model: does it use each phrase? Without it that station is not "
            "looked at.",
        ),
        io.Image.Input(
            "images",
            display_name="image",
            optional=True,
            tooltip="The finished picture, or several. Who looks at it: a judge or an image-text "
            "encoder.",
        ),
        inputs.judge("judge", "From Load Judge: looks at the picture."),
        inputs.image_text_encoder(
            "encoder", "CLIP or SigLIP with both towers: compares sentences with the picture."
        ),
        io.Latent.Input(
            "latent",
            optional=True,
            tooltip="An empty latent: the size that the image model is asked at.",
        ),
        io.String.Input(
            "reports",
            optional=True,
            force_input=True,
            tooltip="Finished reports: json outputs of Token Map, Binding Probe, Ignored Words or "
            "Image Probe, one or several joined. Their stations are not run again.",
        ),
    ]


def trial() -> list[io.Input]:
    """Whether and how the Prompt Doctor tries its remedy."""
    return [
        io.Boolean.Input(
            "verify",
            default=False,
            optional=True,
            tooltip="Try the remedy once, with the same seed, and say whether it helped. Needs a "
            "model: measured in it, or with a VAE drawn before and after (20 steps each).",
        ),
        io.Vae.Input("vae", optional=True, tooltip="To draw the remedy that is tried."),
    ]


def sampler() -> list[io.Input]:
    """What the Prompt Doctor must know of the sampler."""
    return [
        io.String.Input(
            "negative",
            optional=True,
            default="",
            tooltip="The negative prompt. It is read with guidance only.",
        ),
        io.Float.Input(
            "guidance",
            default=0.0,
            min=0.0,
            max=100.0,
            step=0.1,
            optional=True,
            tooltip="The cfg of your sampler; 0: not said. 1 is off: then a model that needs "
            "guidance uses words that the picture does not show.",
        ),
    ]
