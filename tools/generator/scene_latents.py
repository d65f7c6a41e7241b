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
    """(scene, 16, 8, 8), bf16: what TAESD3's encoder answers, which is the host's latent after
    SD3's shift and scale.
    """


def pairs(count: int = PAIRS) -> Drawn:
    """Scenes of two things, of training bags only."""
    return _drawn("pairs", scenes(count, "train", _SEED))


def singles(count: int = SINGLES) -> Drawn:
    """Scenes of one thing: every shape in every colour."""
    dice = random.Random(_SEED)
    kinds = [(colour, shape) for colour in COLOURS for shape in SHAPES]
    staged_things = [staged(dice, *[kinds[k % len(kinds)]] * 2) for k in range(count)]
    return _drawn("singles", [replace(scene, things=scene.things[:1]) for scene in staged_things])


def held_out(listed: Sequence[Scene]) -> torch.Tensor:
    """(scene, 16, 8, 8): latents of scenes that no training sees."""
    return _encoded(listed).float()


def _drawn(name: str, listed: Sequence[Scene]) -> Drawn:
    from safetensors.torch import load_file

    path = FOLDER / f"{name}-{len(listed)}.safetensors"
    if not path.exists():
        tensor_files.save({"latents": _encoded(listed)}, path)
    return Drawn(listed, load_file(path)["latents"])


def _encoded(listed: Sequence[Scene]) -> torch.Tensor:
    """(scene, 16, 8, 8), bf16. In bf16 an encoder is seven times as fast here, and one part in
    eighty off.
    """
    encoder = taesd3("encoder").to(torch.bfloat16, memory_format=torch.channels_last)
    start, latents = time.monotonic(), []
    for first in range(0, len(listed), _BATCH):
        picture = draw(listed[first : first + _BATCH], SIDE).movedim(-1, 1).bfloat16()
        latents.append(encoder(picture.contiguous(memory_format=torch.channels_last)).contiguous())
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
