"""Picture files of strangers as pixels: the kinds that are read, and how large they may be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .bounded_reading import regular_size
from .cut_pictures import is_cut
from .translation import later

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
"""Pillow's names. Others are not opened: EPS, for one, is given to another program."""
LARGEST = 50_000_000
"""Pixels: 8,660 x 5,773. As fp32 they take 600 MB."""

LONGEST_SIDE, MOST_STRETCHED = 16_384, 50
"""Pixels of a side, and how many times as long as the other it may be: what resizes by the shorter
side, or pads to a square, makes of a picture of 1 x 100,000 pixels one of 64 x 6,400,000.
"""


class PictureTooLarge(ValueError):
    """More pixels than are read."""


def shape_problem(height: int, width: int) -> str:
    """What is wrong with a picture of this shape, as half a sentence; empty where nothing is."""
    longer, shorter = max(height, width), max(1, min(height, width))
    if height * width > LARGEST:
        return later(
            "it has {width:,} x {height:,} pixels, and {most:,} are read",
            width=width,
            height=height,
            most=LARGEST,
        )
    if longer > LONGEST_SIDE or longer > MOST_STRETCHED * shorter:
        return later(
            "it has {width:,} x {height:,} pixels; no side may have more than {most:,}, nor be "
            "more than {times} times as long as the other",
            width=width,
            height=height,
            most=LONGEST_SIDE,
            times=MOST_STRETCHED,
        )
    return ""


def read_rgb(path: Path) -> Image.Image:
    """The picture in a file as the host's LoadImage reads it: turned as the camera says, RGB, alpha
    dropped. Raises whatever Pillow raises, OSError, and ValueError for one that is no regular file
    or is larger or longer than is read.
    """
    from PIL import Image, ImageOps

    regular_size(path)
    with Image.open(path, formats=FORMATS) as file:
        if problem := shape_problem(file.height, file.width):
            raise PictureTooLarge(problem)
        with path.open("rb") as stream:
            if is_cut(file, stream):
                raise OSError("image file is truncated")
        turned: Any = ImageOps.exif_transpose(file)
        if turned.mode == "I":  # 16 bits, which the host reads so
            turned = turned.point(lambda value: value * (1 / 255))
        return turned.convert("RGB")
