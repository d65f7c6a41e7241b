"""The drawn scenes that the generator is trained on: their latents by TAESD3, made once and kept in
``out/generator``, and captions of them.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch

from ...conditioning.scenes.drawing import draw
from ...conditioning.scenes.scene import COLOURS, SHAPES, Scene, scenes, staged
from .. import tensor_files
from ..places import OUT
from .host_parts import taesd3

FOLDER = OUT / "generator"
SIDE = 64
PAIRS, SINGLES = 30_000, 4_800
_SEED, _BATCH = 71, 128


class Drawn(NamedTuple):
    """Scenes, and their pictures as the generator sees them."""

    scenes: Sequence[Scene]
    latents: torch.Tensor
    """(scene, 16, 8, 8) for 64 pixels, bf16: what TAESD3's encoder answers, which is the host's
    latent after SD3's shift and scale.
    """


def pairs(count: int = PAIRS, side: int = SIDE, device: str = "cpu") -> Drawn:
    """Scenes of two things, of training bags only."""
    return _drawn("pairs", scenes(count, "train", _SEED), side, device)


def singles(count: int = SINGLES, side: int = SIDE, device: str = "cpu") -> Drawn:
    """Scenes of one thing: every shape in every colour."""
    dice = random.Random(_SEED)
    kinds = [(colour, shape) for colour in COLOURS for shape in SHAPES]
    staged_things = [staged(dice, *[kinds[k % len(kinds)]] * 2) for k in range(count)]
    alone = [replace(scene, things=scene.things[:1]) for scene in staged_things]
    return _drawn("singles", alone, side, device)


def held_out(listed: Sequence[Scene], side: int = SIDE, device: str = "cpu") -> torch.Tensor:
    """Latents of scenes that no training sees, fp32."""
    return _encoded(listed, side, device).float()


def _drawn(name: str, listed: Sequence[Scene], side: int, device: str) -> Drawn:
    from safetensors.torch import load_file

    size = "" if side == SIDE else f"-{side}"
    path = FOLDER / f"{name}-{len(listed)}{size}.safetensors"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        tensor_files.save({"latents": _encoded(listed, side, device)}, path)
    return Drawn(listed, load_file(path)["latents"])


def _encoded(listed: Sequence[Scene], side: int, device: str) -> torch.Tensor:
    """Latents on the processor, bf16. In bf16 an encoder is seven times as fast there, and one part
    in eighty off.
    """
    encoder = taesd3("encoder").to(device, torch.bfloat16, memory_format=torch.channels_last)
    start, latents = time.monotonic(), []
    for first in range(0, len(listed), _BATCH):
        picture = (
            draw(listed[first : first + _BATCH], side).movedim(-1, 1).to(device, torch.bfloat16)
        )
        answer = encoder(picture.contiguous(memory_format=torch.channels_last))
        latents.append(answer.contiguous().cpu())
        if first % (20 * _BATCH) == 0:
            done = first + len(latents[-1])
            print(f"latents {done} of {len(listed)}  {time.monotonic() - start:.0f} s", flush=True)
    return torch.cat(latents)


def main() -> int:
    torch.set_num_threads(1)
    for drawn in (singles(), pairs()):
        print(len(drawn.scenes), drawn.latents.float().std().item())
    return 0


if __name__ == "__main__":
    sys.exit(main())
