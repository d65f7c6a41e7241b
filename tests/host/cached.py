"""Models and graphs for the tests and the benchmark of the conditioning cache: a CLIP-L of true
size, a LoRA, an embedding, a small SD3.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import torch
from encoderscope.tests.host import clips, generators
from encoderscope.tests.host.loading import making
from safetensors.torch import save_file

TEXT = "a red car next to a blue house"
LOADED = "CLIP/text encoder model load device"
"""What the host logs whenever it builds a text encoder: a witness that is not ours."""


def write_clip(path: Path, seed: int = 3) -> None:
    model = making.clip(768, 12)
    making.write(path, making.state(making.seeded(model, seed)), torch.float16)


def write_lora(path: Path, seed: int = 1) -> None:
    generator = torch.Generator().manual_seed(seed)
    name = "lora_te_text_model_encoder_layers_3_self_attn_q_proj"
    parts = {"lora_up.weight": (768, 4), "lora_down.weight": (4, 768)}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(
        {
            f"{name}.{part}": torch.randn(shape, generator=generator) * 0.3
            for part, shape in parts.items()
        },
        path,
    )


def models(base: Path) -> tuple[str, ...]:
    """Writes them; the arguments with which a server sees them."""
    write_clip(base / "text_encoders" / "clip_l.safetensors")
    write_lora(base / "loras" / "style.safetensors")
    (base / "embeddings").mkdir()
    clips.write_embedding(base / "embeddings", "mood", clip_l=(2, 768))
    (base / "diffusion_models").mkdir()
    weights = generators.sd3().model.diffusion_model.state_dict()
    save_file(
        {name: weight.contiguous() for name, weight in weights.items()},
        base / "diffusion_models" / "sd3.safetensors",
    )
    kinds = ("text_encoders", "loras", "embeddings", "diffusion_models")
    config = base / "paths.yaml"
    config.write_text(
        json.dumps({"cache": {"base_path": str(base), **{kind: kind for kind in kinds}}}),
        encoding="utf-8",
    )
    time.sleep(
        6
        # a file that is younger than five seconds when the server starts counts as one that changed
        # since
    )
    return ("--extra-model-paths-config", str(config))


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


def graph(text: str = TEXT, clip: tuple[str, int] = ("clip", 0), **nodes: Any) -> dict[str, Any]:
    """A loader, the cache, and a file of what came out."""
    return {
        "clip": node("CLIPLoader", clip_name="clip_l.safetensors", type="stable_diffusion"),
        "cached": node("EncoderScope_CachedEncode", text=text, clip=list(clip), max_gb=2.0),
        "saved": node(
            "EncoderScope_SaveConditioning",
            conditioning=["cached", 0],
            filename_prefix="conditioning/cached",
        ),
        **nodes,
    }


def with_lora(strength: float = 0.8, text: str = TEXT) -> dict[str, Any]:
    return graph(
        text,
        ("lora", 1),
        model=node("UNETLoader", unet_name="sd3.safetensors", weight_dtype="default"),
        lora=node(
            "LoraLoader",
            model=["model", 0],
            clip=["clip", 0],
            lora_name="style.safetensors",
            strength_model=1.0,
            strength_clip=strength,
        ),
    )


def with_layer(layer: int = -2) -> dict[str, Any]:
    return graph(
        clip=("layer", 0),
        layer=node("CLIPSetLastLayer", clip=["clip", 0], stop_at_clip_layer=layer),
    )


def loader(**changed: Any) -> dict[str, Any]:
    return node("CLIPLoader", **({"clip_name": "a.safetensors", "type": "sd3"} | changed))


def lora(**changed: Any) -> dict[str, Any]:
    plain = {
        "clip": ["1", 0],
        "model": ["9", 0],
        "lora_name": "a.safetensors",
        "strength_clip": 0.5,
        "strength_model": 1.0,
    }
    return node("LoraLoader", **(plain | changed))
