"""From pictures, a prompt and an image-text encoder to the image report."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import torch
from PIL import Image

from ...conditioning.errors import EncoderScopeError
from ...conditioning.image_probe import probe_images
from ...conditioning.image_text.dual_encoder import DualEncoder
from ...conditioning.image_text.images import to_8_bit
from ...conditioning.reports.image import report as image_report
from .. import clip as host_clip
from .. import image_text_encoder, progress_bar

Report = dict[str, Any]
PICTURE_SIDE = 256
"""Longer side of a thumbnail in the report's picture."""
CARD_SIDE = 128
"""Longer side of a thumbnail on the node."""


def scorer(encoder: Any, clip: Any, clip_vision: Any) -> DualEncoder:
    """The image-text encoder that was connected, in one piece or in two. Raises
    :class:`EncoderScopeError`.
    """
    if encoder is None and clip is None and clip_vision is None:
        raise EncoderScopeError(
            "No image-text encoder is connected: a text-only encoder has no pictures in its space.",
            "An encoder with both towers was expected.",
            "Connect Load Image-Text Encoder or Load Miniature (mini-CLIP, mini-CLIP-hard), or a "
            "CLIP with its CLIP_VISION.",
        )
    scoring: DualEncoder = encoder
    if encoder is None:
        scoring = image_text_encoder.connected(clip, clip_vision)
    return scoring.with_stop(progress_bar.stop_if_asked)


def report(images: torch.Tensor, text: str, encoder: DualEncoder) -> Report:
    """The image report (``docs/report-image.md``) of ``images`` (picture, height, width, 3). Raises
    :class:`EncoderScopeError`.
    """
    options = probe_images.ImageProbeOptions(
        cache=progress_bar.cache_folder(), progress=progress_bar.progress()
    )
    result = probe_images.probe_images(images, text, encoder, options)
    return image_report.image_report(result, encoder, host=host_clip.version())


def all_show_prompt(report: Report) -> bool:
    """Whether every picture of a report shows the prompt."""
    return bool(report["shows"].get(probe_images.SHOWN, 0) == len(report["images"]))


def thumbnails(images: torch.Tensor) -> list[Image.Image]:
    """A small copy of each of ``images`` (picture, height, width, 3)."""
    return [_smaller(_as_picture(image), PICTURE_SIDE) for image in images]


def with_thumbnails(report: Report, thumbnails: Sequence[Image.Image]) -> Report:
    """The report with its pictures, for the browser alone."""
    images = [
        {**image, "thumb": _data_url(_smaller(thumbnail, CARD_SIDE))}
        for image, thumbnail in zip(report["images"], thumbnails, strict=True)
    ]
    return {**report, "images": images}


def _as_picture(image: torch.Tensor) -> Image.Image:
    return Image.fromarray(to_8_bit(image[None])[0].movedim(0, -1).numpy())


def _smaller(picture: Image.Image, side: int) -> Image.Image:
    small = picture.copy()
    small.thumbnail((side, side))
    return small


def _data_url(picture: Image.Image) -> str:
    jpeg = BytesIO()
    picture.save(jpeg, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg.getvalue()).decode()}"
