"""Image models of more layouts than ``kit.py`` has, narrow and shallow, built by the host's own
configurations with seeded random weights: their text is 64 wide, as that of ``clips.py``.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from encoderscope.tests.host import clips

WIDTH = 64
_UNET = {
    "image_size": 32,
    "in_channels": 4,
    "out_channels": 4,
    "model_channels": 64,
    "legacy": False,
    "use_spatial_transformer": True,
    "num_res_blocks": [1, 1],
    "channel_mult": (1, 1),
    "transformer_depth": [1, 1],
    "transformer_depth_output": [1, 1, 1, 1],
    "transformer_depth_middle": 1,
}
_SD1 = {**_UNET, "num_heads": 8, "context_dim": WIDTH}
_SDXL = {
    **_UNET,
    "num_head_channels": 32,
    "context_dim": 160,
    "adm_in_channels": 96 + 1536,
    "num_classes": "sequential",
    "use_linear_in_transformer": True,
}
_FLUX = {
    "in_channels": 16,
    "out_channels": 16,
    "context_in_dim": WIDTH,
    "vec_in_dim": WIDTH,
    "hidden_size": 256,
    "mlp_ratio": 2.0,
    "num_heads": 2,
    "depth": 1,
    "depth_single_blocks": 1,
    "axes_dim": [16, 56, 56],
    "theta": 10000,
    "patch_size": 2,
    "qkv_bias": True,
    "guidance_embed": True,
}
_WAN = {
    "model_type": "t2v",
    "dim": 128,
    "ffn_dim": 128,
    "num_heads": 2,
    "num_layers": 2,
    "text_dim": WIDTH,
    "in_dim": 16,
    "out_dim": 16,
    "patch_size": (1, 2, 2),
}
_LUMINA = {
    "dim": 384,
    "n_layers": 2,
    "n_heads": 4,
    "n_kv_heads": 4,
    "cap_feat_dim": WIDTH,
    "axes_dims": [32, 32, 32],
    "axes_lens": [1536, 512, 512],
    "patch_size": 2,
    "in_channels": 16,
    "qk_norm": True,
    "rope_theta": 256.0,
    "ffn_dim_multiplier": 1.0,
}
_Z_IMAGE = {"z_image_modulation": True, "time_scale": 1000.0, "pad_tokens_multiple": 32}
_LTXV = {
    "cross_attention_dim": 128,
    "attention_head_dim": 64,
    "num_attention_heads": 2,
    "caption_channels": WIDTH,
    "num_layers": 2,
}
_QWEN = {
    "num_layers": 2,
    "num_attention_heads": 2,
    "attention_head_dim": 64,
    "joint_attention_dim": WIDTH,
    "axes_dims_rope": (16, 24, 24),
}
LAYOUTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "sd1": ("SD15", "sd1", _SD1),
    "sd1 inpaint": ("SD15", "sd1", {**_SD1, "in_channels": 9}),
    "sdxl": ("SDXL", "sdxl", _SDXL),
    "flux": ("Flux", "flux", _FLUX),
    "flux fill": ("FluxInpaint", "flux", {**_FLUX, "in_channels": 96}),
    "wan": ("WAN21_T2V", "wan", _WAN),
    "wan i2v": ("WAN21_I2V", "wan", {**_WAN, "model_type": "i2v", "in_dim": 36}),
    "ltxv": ("LTXV", "ltxv", _LTXV),
    "lumina2": ("Lumina2", "lumina2", _LUMINA),
    "z_image": ("ZImage", "z_image", {**_LUMINA, **_Z_IMAGE}),
    "qwen_image": ("QwenImage", "qwen_image", _QWEN),
}
"""Name -> the host's configuration, the family of its CLIP, and sizes."""
CHANNELS = {"sd1": 4, "sd1 inpaint": 4, "sdxl": 4, "ltxv": 128}
"""Of a latent; all others have 16."""


@cache
def clip(name: str) -> Any:
    """The host's CLIP of that family with narrow encoders."""
    return clips.clip(LAYOUTS[name][1])


@cache
def model(name: str) -> Any:
    """A ModelPatcher, as a loader gives it."""
    import comfy.model_patcher
    import comfy.supported_models

    processor = torch.device("cpu")
    kind = getattr(comfy.supported_models, LAYOUTS[name][0])
    config = kind({**kind.unet_config, **LAYOUTS[name][2]})
    config.set_inference_dtype(torch.float32, None)
    inner = config.get_model({}, "", device=processor)
    seeded = torch.Generator().manual_seed(3)
    for key, weight in inner.diffusion_model.named_parameters():
        weight.requires_grad_(False)
        if weight.ndim < 2:
            weight.fill_(not key.endswith("bias"))  # norms 1
        else:
            weight.normal_(generator=seeded).mul_(weight[0].numel() ** -0.5)
    return comfy.model_patcher.ModelPatcher(inner.eval(), processor, processor)


def latent(name: str, *sides: int, seed: int | None = None) -> dict[str, Any]:
    """Empty, or with a seed a finished one."""
    samples = torch.zeros(1, CHANNELS.get(name, 16), *sides)
    if seed is not None:
        samples.normal_(generator=torch.Generator().manual_seed(seed))
    return {"samples": samples}
