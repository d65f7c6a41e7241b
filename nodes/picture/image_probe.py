"""The node `Image Probe`."""

from __future__ import annotations

import base64
import io as files
import json
from collections.abc import Sequence
from typing import Any

import comfy.model_management
import torch
from comfy_api.latest import io
from PIL import Image

from ...conditioning.errors import EncoderScopeError
from ...conditioning.image_probe import probe as image_probe
from ...conditioning.image_text.dual_encoder import DualEncoder
from ...conditioning.image_text.images import as_bytes
from ...conditioning.reports.image import picture as image_picture
from ...conditioning.reports.image import report as image_report
from ...host import clip as host_clip
from ...host import dual_encoder
from ...host import progress as host_progress
from ...host.ids import CATEGORY, IMAGE_PROBE, UI_IMAGE
from ..prompt.token_map import pixels, text_input

THUMB, LINK = 256, 128
"""Longer side of the pictures in the report's picture, and on the node."""


def scorer(encoder: Any, clip: Any, clip_vision: Any) -> DualEncoder:
    """The image-text encoder that was connected, in one piece or in two. Raises
    :class:`EncoderScopeError`.
    """
    if encoder is None and clip is None and clip_vision is None:
        raise EncoderScopeError(
            "No image-text encoder is connected: a text-only encoder has no pictures in its space.",
            "An encoder with both towers was expected.",
            (
                "Connect Load Image-Text Encoder or Load Miniature (mini-CLIP, "
                "mini-CLIP-hard), or a CLIP with its CLIP_VISION."
            ),
        )
    found: DualEncoder = (
        encoder if encoder is not None else dual_encoder.connected(clip, clip_vision)
    )
    return found.with_stop(comfy.model_management.throw_exception_if_processing_interrupted)


def report(images: torch.Tensor, text: str, encoder: DualEncoder) -> dict[str, Any]:
    """The image report (``docs/report-image.md``). Raises :class:`EncoderScopeError`."""
    options = image_probe.Options(
        cache=host_progress.cache_folder(), progress=host_progress.progress()
    )
    return image_report.image_report(
        image_probe.look(images, text, encoder, options), encoder, host=host_clip.version()
    )


def thumbnails(images: torch.Tensor) -> list[Image.Image]:
    made = []
    for one in images:
        small = Image.fromarray(as_bytes(one[None])[0].movedim(0, -1).numpy())
        small.thumbnail((THUMB, THUMB))
        made.append(small)
    return made


def shown(found: dict[str, Any], small: Sequence[Image.Image]) -> dict[str, Any]:
    """The report with its pictures, for the browser alone."""
    told = [
        {**one, "thumb": _as_link(picture)}
        for one, picture in zip(found["images"], small, strict=True)
    ]
    return {**found, "images": told}


def _as_link(picture: Image.Image) -> str:
    out, small = files.BytesIO(), picture.copy()
    small.thumbnail((LINK, LINK))
    small.save(out, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"


class ImageProbe(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id=IMAGE_PROBE,
            display_name="Image Probe",
            category=CATEGORY,
            description=(
                "Does the picture show who has which property, or the swap? And can this "
                "scorer tell at all?"
            ),
            inputs=[
                io.Image.Input("images", tooltip="One picture or many."),
                text_input(
                    "text",
                    tooltip=(
                        "The prompt, in English. Mark a contrast by hand: [red] car | [blue] house."
                    ),
                ),
                dual_encoder.DualEncoderSocket.Input(
                    "encoder",
                    optional=True,
                    tooltip="From Load Image-Text Encoder or Load Miniature. It needs both towers.",
                ),
                io.Clip.Input(
                    "clip", optional=True, tooltip="With clip_vision, instead of an encoder."
                ),
                io.ClipVision.Input(
                    "clip_vision",
                    optional=True,
                    tooltip="The vision tower that was trained with the CLIP.",
                ),
            ],
            outputs=[
                io.String.Output("verdict", display_name="verdict", tooltip="The report as text."),
                io.String.Output(
                    "json",
                    display_name="json",
                    tooltip="The report as JSON (docs/report-image.md).",
                ),
                io.Image.Output(
                    "image", display_name="image", tooltip="The report as a picture, for sharing."
                ),
                io.Boolean.Output(
                    "shows_prompt",
                    display_name="shows prompt",
                    tooltip=(
                        "True when every picture shows the prompt. False also where it "
                        "cannot be told: see the json."
                    ),
                ),
            ],
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls,
        images: torch.Tensor,
        text: str,
        encoder: Any = None,
        clip: Any = None,
        clip_vision: Any = None,
    ) -> io.NodeOutput:
        found = report(images, text, scorer(encoder, clip, clip_vision))
        small, plain = thumbnails(images), image_report.plain(found)
        picture, told = (
            pixels(image_picture.render(found, thumbnails=small)),
            json.dumps(found, ensure_ascii=False),
        )
        agreed = found["shows"].get(image_probe.SHOWN, 0) == len(images)
        return io.NodeOutput(
            plain, told, picture, agreed, ui={UI_IMAGE: [shown(found, small)], "text": (plain,)}
        )


NODES = [ImageProbe]
