"""`encoderscope image`: what a picture shows of a prompt, and whether this scorer can tell."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..conditioning.errors import EncoderScopeError
from ..conditioning.progress import Progress

if TYPE_CHECKING:
    from ..conditioning.image_text.dual_encoder import DualEncoder

WHAT = (
    "Scores pictures with a prompt and with the same words bound the other way round, in "
    "many sentences, and says what the picture shows, "
    "if this scorer can tell. With --variants it only compares captions. "
    "Exit status: 0 every picture shows the prompt, 1 one shows the swap or scores a "
    "variant higher, 2 cannot tell, or an error."
)
ENCODER = (
    "a Hugging Face folder or a file of CLIP, SigLIP or SigLIP 2 with both towers, or a "
    "miniature of this pack: mini-CLIP, or "
    "mini-CLIP-hard (the default, which knows drawn scenes only)"
)


def add(commands: Any, cache: Callable[[], Path], bar: Callable[[str], Progress]) -> None:
    """``cache``: where calibrations are kept. ``bar``: makes a progress bar."""
    image = commands.add_parser("image", help="does a picture show who has what?", description=WHAT)
    image.add_argument(
        "pictures",
        metavar="PICTURE",
        type=Path,
        nargs="+",
        help="picture files; the prompt follows them",
    )
    image.add_argument("text", metavar="PROMPT", help="the prompt, in English")
    image.add_argument("--encoder", metavar="ENCODER", default="mini-CLIP-hard", help=ENCODER)
    image.add_argument(
        "--variants",
        metavar="CAPTION",
        nargs="+",
        default=[],
        help="compare with these captions instead",
    )
    image.add_argument(
        "--threshold",
        type=float,
        default=0.95,
        help="with --variants: flag captions with a cosine above this (0.95)",
    )
    image.add_argument(
        "--json", action="store_true", help="print the report's JSON (docs/report-image.md)"
    )
    image.add_argument(
        "--png", metavar="FILE", type=Path, help="also write the picture of the report"
    )
    image.set_defaults(run=lambda arguments: _image(arguments, cache(), bar("looking")))


def _image(arguments: argparse.Namespace, cache: Path, progress: Progress) -> int:
    from ..conditioning.reports.image import report as image_report
    from ..conditioning.reports.image import variants

    encoder = dual(arguments.encoder)
    pictures = (_pixels(path) for path in arguments.pictures)  # one batch in memory at a time
    if arguments.variants:
        if arguments.png:
            raise EncoderScopeError(
                "--png was given with --variants.",
                "One of the two was expected.",
                "Leave one of them out.",
            )
        told = variants.compare(
            pictures, arguments.text, arguments.variants, encoder, arguments.threshold
        )
        print(json.dumps(told, ensure_ascii=False) if arguments.json else variants.plain(told))
        return int(not told["prompt_first"])
    from ..conditioning.image_probe import probe

    looked = probe.look(
        pictures, arguments.text, encoder, probe.Options(cache=cache, progress=progress)
    )
    found = image_report.image_report(looked, encoder)
    if arguments.png:
        from ..conditioning.reports.image import picture as image_picture

        image_picture.render(
            found,
            thumbnails=[_open(path) for path in arguments.pictures[: image_picture.MAX_PICTURES]],
        ).save(arguments.png)
    print(json.dumps(found, ensure_ascii=False) if arguments.json else image_report.plain(found))
    return _status(found["shows"])


def _status(shows: dict[str, int]) -> int:
    from ..conditioning.image_probe.probe import SHOWN, SWAPPED

    return 1 if shows.get(SWAPPED) else 0 if shows.get(SHOWN) == sum(shows.values()) else 2


def dual(name: str) -> DualEncoder:
    """Both towers, from files or from the pack itself. Raises :class:`EncoderScopeError`."""
    from ..conditioning import miniature
    from ..conditioning.image_text import loading as image_text_loading

    if name in miniature.NAMES:
        mini = miniature.load(name)
        return miniature.dual(mini, tokenizer(mini.kind))
    path = Path(name)
    if not path.exists():
        raise EncoderScopeError(
            f"There is no {name!r}.", f"An encoder was expected: {ENCODER}.", "Check the path."
        )
    return image_text_loading.load(path)


def tokenizer(kind: str) -> Any:
    """ComfyUI's own, for the miniatures. ``kind``: clip or t5."""
    from ..host import standalone

    standalone.attach()
    from ..host import miniature

    return miniature.tokenizer(kind)


def _open(path: Path) -> Any:
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as file:
            return ImageOps.exif_transpose(file).convert("RGB")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise EncoderScopeError(
            f"{str(path)!r} cannot be read as a picture ({type(error).__name__}).",
            "A PNG, JPEG or WebP file was expected.",
            "Check the path.",
        ) from error


def _pixels(path: Path) -> Any:
    import numpy
    import torch

    return torch.from_numpy(numpy.asarray(_open(path), dtype=numpy.float32) / 255)
