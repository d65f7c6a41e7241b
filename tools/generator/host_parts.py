"""The host's own classes, for training: its generator (SD3's MMDiT) and TAESD3.

Only modules of tensors are imported, on the processor; no server starts and no folder is written.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import torch

from ...conditioning import miniature_generator
from ...host.torch_companions import mend_torchaudio, mend_torchvision
from ..comfyui import find_host
from ..places import SetupError


@cache
def reach_host() -> Path:
    """Make ``comfy`` importable, without a GPU. Raises :class:`SetupError` without a host."""
    host = find_host()
    if host is None:
        raise SetupError("No ComfyUI was found, whose classes are trained. Run: python dev.py demo")
    mend_torchvision()
    mend_torchaudio()
    if str(host.path) not in sys.path:
        sys.path.insert(0, str(host.path))
    from comfy.cli_args import args

    args.cpu = True
    return host.path


def taesd3(part: str) -> torch.nn.Module:
    """TAESD3's ``encoder`` or ``decoder`` in fp32."""
    reach_host()
    from comfy.taesd import taesd

    make = taesd.Encoder if part == "encoder" else taesd.Decoder
    module = make(latent_channels=16)
    start = f"taesd_{part}."
    module.load_state_dict(
        {
            name.removeprefix(start): weight.float()
            for name, weight in vae_weights().items()
            if name.startswith(start)
        }
    )
    return module.eval().requires_grad_(False)


def vae_weights() -> dict[str, torch.Tensor]:
    """TAESD3 as it comes with the pack and as the host's VAE takes it."""
    from safetensors.torch import load_file

    return load_file(miniature_generator.vae_file())


def mmdit(depth: int, context: int, pooled: int) -> Any:
    """The host's class in SD3's layout, 64 * ``depth`` wide. ``context``, ``pooled``: columns that
    its two embedders read.
    """
    reach_host()
    from comfy.ldm.modules.diffusionmodules.mmdit import MMDiT

    width = 64 * depth
    embedder = {"in_features": context, "out_features": width}
    return MMDiT(
        input_size=None,
        patch_size=2,
        in_channels=16,
        out_channels=16,
        depth=depth,
        adm_in_channels=pooled,
        context_embedder_config={"target": "torch.nn.Linear", "params": embedder},
        num_patches=POSITIONS**2,
        pos_embed_max_size=POSITIONS,
        qk_norm="rms",
        operations=torch.nn,
    )


POSITIONS = 8
"""Of patches, in a row: room for pictures of 128 pixels; those of 64 use the middle."""


def places(width: int) -> torch.Tensor:
    """(1, place, width): the host's sines of where a patch lies, as SD3's files hold them."""
    reach_host()
    from comfy.ldm.modules.diffusionmodules import mmdit

    return torch.from_numpy(mmdit.get_2d_sincos_pos_embed(width, POSITIONS)).float()[None]
