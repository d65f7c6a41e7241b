"""Pictures of scenes as mini-VQA learns on them: drawn at many sizes, and spoilt as pictures are:
by TAESD3, by JPEG, blurred, noisy, darker or brighter.
"""

from __future__ import annotations

import io
import random
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

import torch
from PIL import Image
from torch.nn.functional import affine_grid, avg_pool2d, grid_sample

from ...conditioning.image_probe.judges.mini_vqa.model import SIDE
from ...conditioning.image_probe.judges.mini_vqa.sight import seen
from ...conditioning.scenes.drawing import draw
from ...conditioning.scenes.scene import Scene, pick
from ..generator.host_parts import taesd3

_SIDES = (64, 64, 64, 64, 64, 72, 96, 96, 128, 224)
_BATCH = 32


def drawn(scenes: Sequence[Scene], dice: random.Random) -> torch.Tensor:
    """(scene, 3, 64, 64), clean or spoilt."""
    pictures = torch.empty(len(scenes), 3, SIDE, SIDE)
    for numbers in _alike(scenes):
        picture = draw([scenes[number] for number in numbers], pick(dice, _SIDES))
        if dice.random() < 0.15:
            picture = torch.stack([_jpeg(each, dice) for each in picture])
        pictures[numbers] = seen(picture)
    return pictures


def _alike(scenes: Sequence[Scene]) -> list[list[int]]:
    """Scenes of equally many things, which can be drawn together, a few at a time."""
    groups: dict[int, list[int]] = defaultdict(list)
    for number, scene in enumerate(scenes):
        groups[len(scene.things)].append(number)
    return [
        group[first:last]
        for group in groups.values()
        for first, last in pairwise([*range(0, len(group), 8), len(group)])
    ]


def _jpeg(picture: torch.Tensor, dice: random.Random) -> torch.Tensor:
    """(side, side, 3) written and read again."""
    file = io.BytesIO()
    image = Image.fromarray(picture.mul(255).round().byte().numpy())
    image.save(file, "JPEG", quality=25 + int(dice.random() * 70))
    size = picture.shape[:2]
    levels = torch.frombuffer(bytearray(Image.open(file).tobytes()), dtype=torch.uint8)
    return levels.reshape(*size, 3).float() / 255


def through_taesd3(scenes: Sequence[Scene], dice: random.Random) -> torch.Tensor:
    """(scene, 3, 64, 64) to latents of TAESD3 and back, half of them with a little noise there, as
    a generator leaves it.
    """
    encoder, decoder = (
        taesd3(part).to(torch.bfloat16, memory_format=torch.channels_last)
        for part in ("encoder", "decoder")
    )
    noise = torch.Generator().manual_seed(int(dice.random() * 1e9))
    pictures = torch.empty(len(scenes), 3, SIDE, SIDE)
    for numbers in _alike(scenes):
        clean = draw([scenes[number] for number in numbers], SIDE).movedim(-1, 1).bfloat16()
        latents = encoder(clean.contiguous(memory_format=torch.channels_last))
        strength = 0.25 * (torch.rand(len(latents), 1, 1, 1, generator=noise) - 0.5).clamp(min=0)
        latents += strength * torch.randn(latents.shape, generator=noise)
        pictures[numbers] = decoder(latents).float().clamp(0, 1)
    return pictures


def spoilt(pictures: torch.Tensor, dice: torch.Generator) -> torch.Tensor:
    """(picture, 3, 64, 64): some a little askew, some blurred, darker or brighter, noisy."""
    some = torch.rand(len(pictures), 4, generator=dice)[..., None, None, None].unbind(1)
    pictures = torch.where(some[0] < 0.25, _askew(pictures, dice), pictures)
    pictures = torch.where(some[1] < 0.2, _blurred(pictures), pictures)
    levels = torch.empty(len(pictures), 2, 3, 1, 1).uniform_(-1, 1, generator=dice)
    changed = (pictures - 0.5) * (1 + 0.1 * levels[:, 0, :1]) + 0.5 + 0.03 * levels[:, 1]
    pictures = torch.where(some[2] < 0.3, changed, pictures)
    strength = 0.12 * (some[3] - 0.5).clamp(min=0)
    noise = torch.empty_like(pictures).normal_(generator=dice)
    return (pictures + strength * noise).clamp(0, 1)


def _blurred(pictures: torch.Tensor) -> torch.Tensor:
    return avg_pool2d(pictures, 3, stride=1, padding=1, count_include_pad=False)


def _askew(pictures: torch.Tensor, dice: torch.Generator) -> torch.Tensor:
    """Turned, sheared and moved by a few parts in a hundred; sizes stay."""
    change = torch.empty(len(pictures), 2, 3).uniform_(-1, 1, generator=dice)
    change *= torch.tensor([0.02, 0.08, 0.05])
    grid = affine_grid(torch.eye(2, 3) + change, list(pictures.shape), align_corners=False)
    return grid_sample(pictures, grid, padding_mode="border", align_corners=False)
