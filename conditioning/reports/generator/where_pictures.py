"""The where-maps of an Ignored Words report as pictures: where a phrase is looked for, in a warm
tone over the picture in grey.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from PIL import Image

from ...generator.where_maps import FULL
from ..drawing import palette

Report = Mapping[str, Any]
SIDE = 128
"""Longer side of one map."""
_DIMMED = 0.55
"""How bright the picture is left."""
_STRONGEST = 0.85
"""How much the strongest place covers it."""


def overlays(report: Report, picture: Image.Image | None) -> list[Image.Image]:
    """One picture for each map of ``report["where"]``; on a dark ground where there is none."""
    where = report.get("where")
    if not where:
        return []
    return [_overlay(each, picture) for each in where["maps"]]


def _overlay(each: Report, picture: Image.Image | None) -> Image.Image:
    height, width = each["size"]
    scale = SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    ground = Image.new("RGB", size, palette.RAISED)
    if picture is not None:
        grey = picture.convert("L").resize(size, Image.Resampling.LANCZOS)
        ground = grey.point([round(_DIMMED * value) for value in range(256)]).convert("RGB")
    cover = Image.new("L", (width, height))
    cover.putdata([round(255 * _STRONGEST * value / FULL) for value in each["values"]])
    smooth = cover.resize(size, Image.Resampling.BICUBIC)
    return Image.composite(Image.new("RGB", size, palette.AMBER), ground, smooth)


def with_thumbs(report: Report, pictures: list[Image.Image]) -> dict[str, Any]:
    """The report with its maps as small pictures, for the browser alone."""
    where = report.get("where")
    if not where:
        return dict(report)
    maps = [
        {**each, "thumb": _data_url(picture)}
        for each, picture in zip(where["maps"], pictures, strict=True)
    ]
    return {**report, "where": {**where, "maps": maps}}


def _data_url(picture: Image.Image) -> str:
    jpeg = BytesIO()
    picture.save(jpeg, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg.getvalue()).decode()}"
