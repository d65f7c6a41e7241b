"""Pictures for an image-text encoder: resized, cropped and normalised as its own processor does, on
the CPU.

The arithmetic is that of transformers' processors (torchvision backend): 8-bit pixels, antialiased
resizing of 8-bit values, then (pixel - 255 mean) / (255 deviation). It is written out here so that
a score does not depend on which transformers a host has, and without torchvision. Pillow resizes
the same pictures to within 2 of 255 (docs of the node).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.nn import functional

from ..bounded_reading import read_json
from ..errors import EncoderScopeError
from ..picture_files import shape_problem
from ..translation import deferred, later, listed, translate, translate_count

if TYPE_CHECKING:
    from PIL import Image

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_DEVIATION = (0.26862954, 0.26130258, 0.27577711)
HALF = (0.5, 0.5, 0.5)
_MODES = {2: "bilinear", 3: "bicubic", "bilinear": "bilinear", "bicubic": "bicubic"}


class Pixels(NamedTuple):
    values: torch.Tensor
    """(batch, channel, height, width); with patches: (batch, patch, value)."""
    mask: torch.Tensor | None = None
    """(batch, patch), 1 where a patch shows the picture."""
    shapes: torch.Tensor | None = None
    """(batch, 2): patches down and across."""


@dataclass(frozen=True)
class ImageRecipe:
    """How one encoder wants its pictures."""

    size: tuple[int, int] | int | None
    """(height, width), or the length of the shorter side, or None: any (patches decide)."""
    crop: tuple[int, int] | None = None
    mode: str = "bicubic"
    mean: tuple[float, ...] = CLIP_MEAN
    deviation: tuple[float, ...] = CLIP_DEVIATION
    patch: int | None = None
    """NaFlex: side of a patch. The picture keeps its shape and is cut into at most `most_patches`.
    """
    most_patches: int = 256
    usual: bool = False
    """No file said so: this is how encoders of this kind are usually fed."""

    def __call__(self, images: torch.Tensor) -> Pixels:
        """IMAGE (batch, height, width, channel), 0 to 1, to the encoder's input in fp32."""
        pixels = to_8_bit(images)
        resized = self._crop(self._resize(pixels)).float()
        mean, deviation = (
            torch.tensor(v).mul(255.0).view(1, 3, 1, 1) for v in (self.mean, self.deviation)
        )
        normal = (resized - mean) / deviation
        if self.patch is None:
            return Pixels(normal)
        return self._patches(normal, self.patch)

    def describe(self) -> str:
        """How pictures are fed, in words: in English until it is said in a language."""
        return deferred(self._described)

    def _described(self) -> str:
        resizing = self._resizing()
        if self.usual:
            return translate(
                "{how}, {mode} (no preprocessor_config.json: the usual for its kind)",
                how=resizing,
                mode=self.mode,
            )
        return listed((resizing, self.mode))

    def _resizing(self) -> str:
        if self.patch is not None:
            return translate_count(
                "kept in shape, at most {count} patch of {side} x {side} pixels",
                "kept in shape, at most {count} patches of {side} x {side} pixels",
                self.most_patches,
                side=self.patch,
            )
        if isinstance(self.size, int) and self.crop:
            return translate(
                "shorter side to {size} pixels, the middle {height} x {width} kept",
                size=self.size,
                height=self.crop[0],
                width=self.crop[1],
            )
        if isinstance(self.size, tuple):
            return translate(
                "stretched to {height} x {width} pixels", height=self.size[0], width=self.size[1]
            )
        return translate("resized to {size}, cropped to {crop}", size=self.size, crop=self.crop)

    def result(self, height: int, width: int) -> tuple[int, int]:
        """Height and width after resizing."""
        if self.patch is not None:
            return fit_patches(height, width, self.patch, self.most_patches)
        if isinstance(self.size, int):
            if height <= width:
                return self.size, int(self.size * width / height)
            return int(self.size * height / width), self.size
        return self.size or (height, width)

    def _resize(self, pixels: torch.Tensor) -> torch.Tensor:
        size = self.result(*pixels.shape[-2:])
        if size == tuple(pixels.shape[-2:]):
            return pixels
        return functional.interpolate(
            pixels, size=size, mode=self.mode, antialias=True, align_corners=False
        )

    def _crop(self, pixels: torch.Tensor) -> torch.Tensor:
        if self.crop is None:
            return pixels
        height, width = self.crop
        down, across = (
            max(0, side - size) for side, size in zip(self.crop, pixels.shape[-2:], strict=True)
        )
        if down or across:  # black around what is too small, as the processors do
            pixels = functional.pad(
                pixels, (across // 2, (across + 1) // 2, down // 2, (down + 1) // 2)
            )
        top, left = (pixels.shape[-2] - height) // 2, (pixels.shape[-1] - width) // 2
        return pixels[..., top : top + height, left : left + width]

    def _patches(self, normal: torch.Tensor, patch: int) -> Pixels:
        batch, _, height, width = normal.shape
        down, across = height // patch, width // patch
        grid = normal.reshape(batch, 3, down, patch, across, patch)
        cut = grid.permute(0, 2, 4, 3, 5, 1).reshape(batch, down * across, -1)
        empty = self.most_patches - cut.shape[1]
        mask = functional.pad(torch.ones(batch, cut.shape[1], dtype=torch.int32), (0, empty))
        return Pixels(
            functional.pad(cut, (0, 0, 0, empty)), mask, torch.tensor([[down, across]] * batch)
        )


def to_picture(image: torch.Tensor) -> Image.Image:
    """One IMAGE (height, width, channel) as Pillow has it; as :func:`to_8_bit`."""
    from PIL import Image

    return Image.fromarray(to_8_bit(image[None])[0].movedim(0, -1).numpy())


def to_8_bit(images: torch.Tensor) -> torch.Tensor:
    """IMAGE to 8-bit (batch, 3, height, width) on the CPU. Grey is repeated, alpha is left out as
    ComfyUI does, NaN is refused, and so is what is too large or too long.
    """
    if images.ndim != 4 or images.shape[-1] not in (1, 3, 4) or 0 in images.shape:
        raise EncoderScopeError(
            "The pictures have the shape {shape}.",
            "A batch of pictures (batch, height, width, 1, 3 or 4 channels) was expected.",
            "Connect an IMAGE output.",
            shape=list(images.shape),
        )
    if problem := shape_problem(*images.shape[1:3]):
        raise EncoderScopeError(
            "A picture cannot be judged: {problem}.",
            "A picture as image models make them was expected.",
            "Cut out the part that the prompt speaks of, or make it smaller.",
            problem=problem,
        )
    colours = images[..., :3]
    if images.shape[-1] == 1:
        colours = colours.expand(-1, -1, -1, 3)
    values = colours.detach().to("cpu", torch.float32).movedim(-1, 1)
    if not bool(torch.isfinite(values).all()):
        raise EncoderScopeError(
            "A picture holds values that are no numbers (NaN or infinity).",
            "Values from 0 to 1 were expected.",
            "Look at the picture before this node: it is usually black where decoding failed.",
        )
    return values.mul(255.0).round().clamp(0, 255).to(torch.uint8).contiguous()


def fit_patches(height: int, width: int, patch: int, most: int) -> tuple[int, int]:
    """The largest size of this shape that has at most ``most`` patches: NaFlex's own search, step
    by step.
    """

    def scaled(scale: float, side: int) -> int:
        return max(patch, math.ceil(side * scale / patch) * patch)

    low, high, precision = 1e-6, 100.0, 1e-5
    while high - low >= precision:
        middle = (low + high) / 2
        if (scaled(middle, height) // patch) * (scaled(middle, width) // patch) <= most:
            low = middle
        else:
            high = middle
    return scaled(low, height), scaled(low, width)


def usual_recipe(kind: str, side: int, patch: int) -> ImageRecipe:
    """How encoders of this kind are fed where no preprocessor_config.json says it."""
    if kind == "clip":
        return ImageRecipe(side, (side, side), usual=True)
    if kind == "siglip":
        return ImageRecipe((side, side), mean=HALF, deviation=HALF, usual=True)
    return ImageRecipe(None, mode="bilinear", mean=HALF, deviation=HALF, patch=patch, usual=True)


def recipe_of(folder: Path, kind: str, side: int, patch: int) -> ImageRecipe:
    """What a Hugging Face folder says of its pictures, or the usual; refused where the model could
    not take the result.
    """
    recipe = usual_recipe(kind, side, patch)
    if (folder / "preprocessor_config.json").is_file():
        recipe = read_recipe(_json(folder / "preprocessor_config.json"), kind, side, patch)
    elif (folder / "processor_config.json").is_file():
        recipe = read_recipe(
            _json(folder / "processor_config.json").get("image_processor", {}), kind, side, patch
        )
    fits = (recipe.crop or recipe.size) == (side, side)
    expected = later("Pictures of {side} pixels were expected.", side=side)
    if recipe.patch:
        fits = recipe.patch == patch
        expected = later("Patches of {side} pixels were expected.", side=patch)
    if not fits:
        raise EncoderScopeError(
            "The preprocessor in {folder!r} makes pictures that this model does not take "
            "({recipe}).",
            expected,
            "Take preprocessor_config.json from the model's own page.",
            folder=folder.name,
            recipe=recipe.describe(),
        )
    return recipe


def _json(path: Path) -> dict[str, Any]:
    try:
        settings = read_json(path)
        if not isinstance(settings, dict):
            raise ValueError(later("it holds no settings by name"))
    except (ValueError, OSError) as error:
        raise EncoderScopeError(
            "{name} in {folder!r} cannot be read ({reason}).",
            "A JSON object was expected.",
            "Download it again from the model's page.",
            name=path.name,
            folder=path.parent.name,
            reason=error.strerror or error if isinstance(error, OSError) else error.args[0],
        ) from error
    return settings


def read_recipe(settings: Mapping[str, Any], kind: str, side: int, patch: int) -> ImageRecipe:
    """The recipe in a preprocessor_config.json. What it leaves open is the usual; for what is not
    supported :class:`EncoderScopeError` is raised.
    """
    usual = usual_recipe(kind, side, patch)
    if unsupported := ", ".join(_unsupported(settings)):
        raise EncoderScopeError(
            "{settings} in its preprocessor_config.json asks for what is not done here.",
            "Resizing (bilinear or bicubic), cropping, scaling by 1/255 and normalising were "
            "expected.",
            "Take the file from the model's own page.",
            settings=unsupported,
        )
    recipe = ImageRecipe(
        size=None,
        mode=_MODES[settings.get("resample", usual.mode)],
        mean=_three(settings.get("image_mean"), usual.mean),
        deviation=_three(settings.get("image_std"), usual.deviation),
        most_patches=int(settings.get("max_num_patches", usual.most_patches)),
    )
    if usual.patch:
        return replace(recipe, patch=int(settings.get("patch_size", usual.patch)))
    crop = None
    if settings.get("do_center_crop", usual.crop is not None):
        crop = _crop_size(settings.get("crop_size"), usual.crop)
    size = _size(settings.get("size"), usual.size, square=kind != "clip")
    return replace(recipe, size=size, crop=crop)


def _unsupported(settings: Mapping[str, Any]) -> list[str]:
    """The settings that ask for what is not done here."""
    switches = ("do_resize", "do_rescale", "do_normalize")
    names = [name for name in switches if settings.get(name) is False]
    if settings.get("do_pad") is True:
        names.append("do_pad")
    if settings.get("resample", "bicubic") not in _MODES:
        names.append("resample")
    if not math.isclose(float(settings.get("rescale_factor", 1 / 255)), 1 / 255, rel_tol=1e-3):
        names.append("rescale_factor")
    return names


def _three(value: object, usual: tuple[float, ...]) -> tuple[float, ...]:
    if isinstance(value, Sequence) and len(value) == 3:
        return tuple(float(number) for number in value)
    return usual


def _size(
    value: object, usual: tuple[int, int] | int | None, square: bool
) -> tuple[int, int] | int | None:
    if isinstance(value, Mapping) and "shortest_edge" in value:
        return int(value["shortest_edge"])
    if isinstance(value, int) and not square:
        return value
    if isinstance(value, int | Mapping):
        return _crop_size(value, None)
    return usual


def _crop_size(value: object, usual: tuple[int, int] | None) -> tuple[int, int] | None:
    if isinstance(value, Mapping):
        return int(value["height"]), int(value["width"])
    if isinstance(value, int):
        return int(value), int(value)
    return usual
