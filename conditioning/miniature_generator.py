"""The generator that comes with the pack: mini-MMDiT, trained by this project on drawn scenes, once
for each encoder and with all else equal (``assets/generator/``).

    variant = VARIANTS["clip-hard"]
    variant.miniature, variant.family      what Load Miniature must be set to
    file("clip-hard")                      SD3's keys, for the host's diffusion-model loader
    vae_file()                             TAESD3, for the host's VAE
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from . import miniature
from .errors import EncoderScopeError, UnknownName
from .translation import translatable

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "generator"
NAME = "mini-MMDiT"
VAE = "taesd3.safetensors"
SIDE = 64
"""Pixels: what it was trained on."""
STEPS, GUIDANCE = 20, 3.0
"""Of the sampler (euler, simple), at which its figures were measured."""


class Variant(NamedTuple):
    """One generator: what it was trained to read."""

    miniature: str
    """Of Load Miniature; empty for the oracle, which no encoder gives."""
    family: str
    reads: str
    """In words."""


_CLIP_ONLY = "sd3 without T5"
VARIANTS = {
    "clip-hard": Variant(miniature.CLIP_HARD, _CLIP_ONLY, "mini-CLIP-hard, which binds"),
    "bag": Variant(
        miniature.BAG, _CLIP_ONLY, "mini-CLIP's token vectors alone: blind by construction"
    ),
    "clip": Variant(miniature.CLIP, _CLIP_ONLY, "mini-CLIP, which binds less"),
    "clip-t5": Variant(miniature.T5_HARD, "sd3", "mini-CLIP and mini-T5-hard, which binds"),
    "oracle": Variant("", "", "what is in the picture, a row for each thing"),
}


def choices() -> list[str]:
    """Variants that an encoder of Load Miniature serves and whose file is there: those that come
    with the pack, and those that were trained since.
    """
    return [
        name for name, variant in VARIANTS.items() if variant.miniature and _path(name).exists()
    ]


def file(name: str) -> Path:
    """Raises :class:`EncoderScopeError` where it is not there."""
    if name not in VARIANTS:
        raise UnknownName("generator", name, list(VARIANTS))
    remedy = translatable("Train it: python dev.py train-generator {name}")
    return _existing(_path(name), remedy, name=name)


def vae_file() -> Path:
    """Raises :class:`EncoderScopeError` where it is not there."""
    return _existing(FOLDER / VAE, translatable("Install EncoderScope again."))


def words(name: str) -> str:
    """What it is, and how to use it."""
    variant = VARIANTS[name]
    return (
        f"{NAME}, variant {name}: a miniature of SD3's layout, trained by this project on drawn "
        f"scenes; not Stable Diffusion.\nIt reads {variant.reads}: in Load Miniature choose "
        f"{variant.miniature} and {variant.family}.\nIt draws {SIDE} x {SIDE} pixels "
        f"(EmptySD3LatentImage); its figures were measured with euler, simple, {STEPS} steps and "
        f"a CFG of {GUIDANCE:g}, the empty prompt as negative."
    )


def _path(name: str) -> Path:
    return FOLDER / f"{NAME}-{name}.safetensors"


def _existing(path: Path, remedy: str, **values: object) -> Path:
    if not path.exists():
        raise EncoderScopeError(
            "{file} is missing.",
            "It was expected in {folder}.",
            remedy,
            file=path.name,
            folder=FOLDER,
            **values,
        )
    return path
