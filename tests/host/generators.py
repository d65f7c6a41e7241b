"""Image models small enough for two CPU cores, with seeded random weights in the host's own
modules, taken by its own detection.

    model = generators.sd3()          # a ModelPatcher, as Load Diffusion Model gives

What ComfyUI 0.3.75 and 0.33.0 allow (``comfy/model_detection.py``, ``comfy/supported_models.py``):

- SD3: depth, width (64 x depth) and both text widths are read off the weights. Here: depth 4, 256
  wide, 4096 and 2048 for the text.
- FLUX.1: the number of blocks is read, but 24 heads of 128 are fixed, so it stays 3072 wide. Here:
  one double block, no single one (0.4 B).
- SD1.5: 320 channels and a context of 768 are fixed; levels, blocks and transformer depths are
  read. Here: two levels of one block.
- SDXL: the depths [0, 0, 2, 2, 10, 10] and 320 channels are fixed, the widening of its levels is
  not. Here: no level is wider (0.2 B).
"""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def sd3() -> Any:
    from comfy.ldm.modules.diffusionmodules.mmdit import MMDiT

    text = {"target": "torch.nn.Linear", "params": {"in_features": 4096, "out_features": 256}}
    return _load(
        MMDiT(
            input_size=None,
            in_channels=16,
            out_channels=16,
            depth=4,
            adm_in_channels=2048,
            context_embedder_config=text,
            num_patches=1024,
            pos_embed_max_size=32,
            qk_norm="rms",
            **_operations(),
        )
    )


@cache
def flux() -> Any:
    from comfy.ldm.flux.model import Flux, FluxParams

    sizes = {
        "context_in_dim": 4096,
        "hidden_size": 3072,
        "mlp_ratio": 4.0,
        "num_heads": 24,
        "depth": 1,
        "depth_single_blocks": 0,
    }
    places = {
        "axes_dim": [16, 56, 56],
        "theta": 10000,
        "patch_size": 2,
        "qkv_bias": True,
        "guidance_embed": True,
    }
    if (
        "txt_ids_dims" in FluxParams.__dataclass_fields__
    ):  # newer hosts ask which axes number the text; FLUX.1 has none
        places["txt_ids_dims"] = []
    return _load(
        Flux(
            image_model="flux",
            in_channels=16,
            out_channels=16,
            vec_in_dim=768,
            **sizes,
            **places,
            **_operations(),
        )
    )


@cache
def sd1() -> Any:
    return _load(
        _unet(
            num_res_blocks=[1, 1],
            channel_mult=(1, 1),
            context_dim=768,
            num_heads=8,
            transformer_depth=[1, 1],
            transformer_depth_output=[1, 1, 1, 1],
            transformer_depth_middle=1,
        )
    )


@cache
def sdxl() -> Any:
    return _load(
        _unet(
            num_res_blocks=[2, 2, 2],
            channel_mult=(1, 1, 1),
            context_dim=2048,
            num_head_channels=64,
            transformer_depth_middle=10,
            transformer_depth=[0, 0, 2, 2, 10, 10],
            transformer_depth_output=[0, 0, 0, 2, 2, 2, 10, 10, 10],
            adm_in_channels=2816,
            num_classes="sequential",
            use_linear_in_transformer=True,
        )
    )


def _unet(**sizes: Any) -> Any:
    from comfy.ldm.modules.diffusionmodules.openaimodel import UNetModel

    return UNetModel(
        image_size=32,
        in_channels=4,
        out_channels=4,
        model_channels=320,
        use_spatial_transformer=True,
        legacy=False,
        **sizes,
        **_operations(),
    )


def _operations() -> dict[str, Any]:
    import comfy.ops
    import torch

    return {"dtype": torch.float32, "device": "cpu", "operations": comfy.ops.disable_weight_init}


def _load(module: Any) -> Any:
    import comfy.sd
    import torch

    seeded = torch.Generator().manual_seed(3)
    weights = {}
    for name, weight in module.state_dict().items():
        if weight.ndim < 2:
            weights[name] = torch.full_like(weight, not name.endswith("bias"))  # norms 1
        else:
            spread = weight[0].numel() ** -0.5
            weights[name] = torch.empty_like(weight).normal_(generator=seeded) * spread
    model = comfy.sd.load_diffusion_model_state_dict(weights)
    assert model is not None, "the host does not know this model"
    return model
