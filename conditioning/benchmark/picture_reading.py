"""Pictures from files as the host's LoadImage reads them: turned as the camera says, RGB, alpha
dropped; few at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from ..errors import EncoderScopeError
from ..picture_files import PictureTooLarge, read_rgb

AT_ONCE = 8
PIXELS = 4_000_000
"""Of a batch; as fp32 they take about 50 MB, and preparing them for an encoder several times that.
"""


def opened(files: Sequence[tuple[Path, str]]) -> Iterator[torch.Tensor]:
    """(picture, height, width, channel), 0 to 1, in order: neighbours of one size together. Each
    file comes with where it is named.
    """
    batch: list[torch.Tensor] = []
    for path, where in files:
        picture = _open(path, where)
        if batch and (
            picture.shape != batch[0].shape
            or len(batch) >= AT_ONCE
            or (len(batch) + 1) * picture[..., 0].numel() > PIXELS
        ):
            yield torch.stack(batch)
            batch = []
        batch.append(picture)
    if batch:
        yield torch.stack(batch)


def _open(path: Path, where: str) -> torch.Tensor:
    try:
        pixels = np.array(read_rgb(path))
    except ImportError as error:  # drawn sets need no Pillow
        raise EncoderScopeError(
            "Pillow is missing.", "Pictures are read with Pillow.", "pip install pillow"
        ) from error
    except PictureTooLarge as error:
        raise EncoderScopeError(
            "{place}: the picture {name!r} cannot be judged: {problem}.",
            "A picture as image models make them was expected.",
            "Make it smaller, or take out its line.",
            place=where,
            name=path.name,
            problem=error.args[0],
        ) from error
    # Pillow raises whatever its plugins raise: SyntaxError, struct.error, DecompressionBombError
    except Exception as error:
        raise EncoderScopeError(
            "{place}: the picture {name!r} cannot be read ({error}: {reason}).",
            "A whole PNG, JPEG or WebP was expected.",
            "Save it again, or take out its line.",
            place=where,
            name=path.name,
            error=type(error).__name__,
            reason=str(error)[:120],
        ) from error
    return torch.from_numpy(pixels).float() / 255
