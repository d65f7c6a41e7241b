"""`encoderscope image`: what a picture shows of a prompt, and whether this scorer can tell."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..conditioning.errors import EncoderScopeError
from .common import (
    DEFAULT_MINIATURE,
    add_json_option,
    add_png_option,
    cache_folder,
    dual_encoder,
    path_argument,
    print_report,
    progress_bar,
    write_card,
)

if TYPE_CHECKING:
    from ..conditioning.image_text.dual_encoder import DualEncoder

DESCRIPTION = (
    "Scores pictures with a prompt and with the same words bound the other way round, in many "
    "sentences, and says what the picture shows, if this scorer can tell. With --variants it only "
    "compares captions. Exit status: 0 every picture shows the prompt, 1 one shows the swap or "
    "scores a variant higher, 2 cannot tell, or an error."
)
ENCODER_HELP = (
    "a Hugging Face folder or a file of CLIP, SigLIP or SigLIP 2 with both towers, or a miniature "
    "of this pack: mini-CLIP, or mini-CLIP-hard (the default, which knows drawn scenes only)"
)


def add(commands: Any) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "image", help="does a picture show the prompt's attribute binding?", description=DESCRIPTION
    )
    parser.add_argument(
        "pictures",
        metavar="PICTURE",
        type=path_argument,
        nargs="+",
        help="picture files; the prompt follows them",
    )
    parser.add_argument("text", metavar="PROMPT", help="the prompt, in English")
    parser.add_argument(
        "--encoder", metavar="ENCODER", default=DEFAULT_MINIATURE, help=ENCODER_HELP
    )
    parser.add_argument(
        "--variants",
        metavar="CAPTION",
        nargs="+",
        default=[],
        help="compare with these captions instead",
    )
    parser.add_argument(
        "--threshold",
        type=float,
        default=0.95,
        help="with --variants: flag captions with a cosine above this (0.95)",
    )
    add_json_option(parser, "report-image")
    add_png_option(parser, "also write the picture, with the report inside")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the image report, or with ``--variants`` how captions compare. Raises
    :class:`EncoderScopeError`.
    """
    encoder = dual_encoder(arguments.encoder, ENCODER_HELP)
    if arguments.variants:
        return _run_variants(arguments, encoder)
    from ..conditioning.image_probe import probe_images
    from ..conditioning.reports.image import picture
    from ..conditioning.reports.image import report as image_report

    options = probe_images.ImageProbeOptions(cache=cache_folder(), progress=progress_bar("looking"))
    pictures = (pixels(path) for path in arguments.pictures)  # one batch in memory at a time
    result = probe_images.probe_images(pictures, arguments.text, encoder, options)
    report = image_report.image_report(result, encoder)
    if arguments.png:
        thumbnails = [_open(path) for path in arguments.pictures[: picture.MAX_PICTURES]]
        write_card(arguments.png, picture.render(report, thumbnails=thumbnails), report)
    print_report(report, arguments.json, image_report.plain)
    return _status(report["shows"])


def _run_variants(arguments: argparse.Namespace, encoder: DualEncoder) -> int:
    from ..conditioning.reports.image import variants

    if arguments.png:
        raise EncoderScopeError(
            "--png was given with --variants.",
            "One of the two was expected.",
            "Leave one of them out.",
        )
    pictures = (pixels(path) for path in arguments.pictures)
    report = variants.compare(
        pictures, arguments.text, arguments.variants, encoder, arguments.threshold
    )
    print_report(report, arguments.json, variants.plain)
    return int(not report["prompt_first"])


def _status(shows: dict[str, int]) -> int:
    from ..conditioning.image_probe.probe_images import SHOWN, SWAPPED

    if shows.get(SWAPPED):
        return 1
    return 0 if shows.get(SHOWN) == sum(shows.values()) else 2


def _open(path: Path) -> Any:
    from ..conditioning.picture_files import read_rgb

    try:
        return read_rgb(path)
    # Pillow raises whatever its plugins raise: SyntaxError, struct.error, DecompressionBombError
    except Exception as error:
        raise EncoderScopeError(
            f"{str(path)!r} cannot be read as a picture ({type(error).__name__}: "
            f"{str(error)[:120]}).",
            "A PNG, JPEG or WebP file was expected.",
            "Check the path.",
        ) from error


def pixels(path: Path) -> Any:
    """A picture as a tensor, height x width x 3, from 0 to 1."""
    import numpy
    import torch

    return torch.from_numpy(numpy.asarray(_open(path), dtype=numpy.float32) / 255)
