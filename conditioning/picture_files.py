"""Picture files of strangers as pixels: the kinds that are read, and how large they may be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .bounded_reading import regular_size

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
"""Pillow's names. Others are not opened: EPS, for one, is given to another program."""
LARGEST = 50_000_000
"""Pixels: 8,660 x 5,773. As fp32 they take 600 MB."""


class PictureTooLarge(ValueError):
    """More pixels than are read."""


def read_rgb(path: Path) -> Image.Image:
    """The picture in a file as the host's LoadImage reads it: turned as the camera says, RGB, alpha
    dropped. Raises whatever Pillow raises, OSError, and ValueError for one that is no regular file
    or has more than :data:`LARGEST` pixels.
    """
    from PIL import Image, ImageOps

    regular_size(path)
    with Image.open(path, formats=FORMATS) as file:
        if file.width * file.height > LARGEST:
            raise PictureTooLarge(
                f"it has {file.width:,} x {file.height:,} pixels, and {LARGEST:,} are read"
            )
        turned: Any = ImageOps.exif_transpose(file)
        if turned.mode == "I":  # 16 bits, which the host reads so
            turned = turned.point(lambda value: value * (1 / 255))
        return turned.convert("RGB")
