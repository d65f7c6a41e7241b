"""Checkpoints name the text encoders in them, and files without any are named, too."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from encoderscope.tests.encoder_files import make
from encoderscope.tests.encoder_files.naming import described

pytest.importorskip("torch")
pytest.importorskip("transformers")

UNET = {"model.diffusion_model.input_blocks.0.0.weight": (320, 4, 3, 3)}
CHECKPOINTS: dict[str, tuple[Callable[[], make.Shapes], list[tuple[str, str]]]] = {
    "sd1": (
        lambda: {**UNET, **make.below("cond_stage_model.transformer.", make.clip_text(768, 12))},
        [("cond_stage_model.transformer.", "clip_l")],
    ),
    "sd2": (
        lambda: {**UNET, **make.below("cond_stage_model.model.", make.openai_text(1024, 24))},
        [("cond_stage_model.model.", "clip_h")],
    ),
    "sdxl": (
        lambda: {
            **UNET,
            **make.below("conditioner.embedders.0.transformer.", make.clip_text(768, 12)),
            **make.below("conditioner.embedders.1.model.", make.openai_text(1280, 32)),
            "first_stage_model.encoder.down.0.block.0.conv1.weight": (128, 128, 3, 3),
        },
        [
            ("conditioner.embedders.0.transformer.", "clip_l"),
            ("conditioner.embedders.1.model.", "clip_g"),
        ],
    ),
    "sd3": (
        lambda: {
            "model.diffusion_model.joint_blocks.0.context_block.attn.qkv.weight": (4608, 1536),
            **make.below("text_encoders.clip_l.transformer.", make.clip_text(768, 12)),
            **make.below("text_encoders.t5xxl.transformer.", make.t5("xxl")),
        },
        [
            ("text_encoders.clip_l.transformer.", "clip_l"),
            ("text_encoders.t5xxl.transformer.", "t5_v1_1_xxl"),
        ],
    ),
}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_text_encoders_inside_a_checkpoint(name: str, tmp_path: Path) -> None:
    shapes, expected = CHECKPOINTS[name]
    description = described(make.sparse(tmp_path / "a.safetensors", shapes()))
    assert description.kind == "checkpoint" and "diffusion model" in description.title
    assert [(item.prefix, item.name) for item in description.inside] == expected


OTHERS: dict[str, tuple[str, list[str]]] = {
    "lora": (
        "lora",
        [
            "lora_te_text_model_encoder_layers_0_mlp_fc1.lora_down.weight",
            "lora_unet_down_blocks_0.alpha",
        ],
    ),
    "peft": ("lora", ["text_encoder.text_model.encoder.layers.0.mlp.fc1.lora_A.weight"]),
    "kohya_by_prefix": ("lora", ["lora_unet_down_blocks_0.diff"]),
    "loha": ("lora", ["lora_unet_mid_block.hada_w1_a"]),
    "unet": ("unet", ["model.diffusion_model.input_blocks.0.0.weight"]),
    "diffusers_unet": ("unet", ["down_blocks.0.resnets.0.time_emb_proj.weight"]),
    "sd3": ("mmdit", ["joint_blocks.0.context_block.attn.qkv.weight"]),
    "flux": ("flux", ["double_blocks.0.img_attn.proj.weight"]),
    "flux_prefixed": ("flux", ["model.diffusion_model.double_blocks.0.img_attn.proj.weight"]),
    "wan": ("wan", ["blocks.0.cross_attn.norm_k.weight"]),
    "aura": ("aura", ["double_layers.0.attn.w1q.weight"]),
    "z_image": ("lumina", ["cap_embedder.0.weight"]),
    "unknown_model": ("dit", ["model.diffusion_model.novel.weight"]),
    "vae": ("vae", ["decoder.up.0.block.0.conv1.weight", "encoder.down.0.block.0.conv1.weight"]),
    "diffusers_vae": ("vae", ["decoder.up_blocks.0.resnets.0.conv1.weight"]),
    "taesd": ("vae", ["1.weight", "3.conv.0.weight"]),
    "controlnet": ("controlnet", ["control_model.input_blocks.0.0.weight"]),
    "diffusers_controlnet": (
        "controlnet",
        [
            "controlnet_cond_embedding.conv_in.weight",
            "down_blocks.0.resnets.0.time_emb_proj.weight",
        ],
    ),
    "embedding": ("embedding", ["emb_params"]),
    "sdxl_embedding": ("embedding", ["clip_l", "clip_g"]),
    "clip_vision": (
        "vision",
        [
            "vision_model.encoder.layers.0.layer_norm1.weight",
            "vision_model.embeddings.class_embedding",
        ],
    ),
    "clip_vision_5": (
        "vision",
        ["encoder.layers.0.layer_norm1.weight", "embeddings.class_embedding"],
    ),
    "t5_decoder": (
        "t5_decoder",
        ["decoder.block.0.layer.1.EncDecAttention.q.weight", "shared.weight"],
    ),
    "redux": ("style_model", ["redux_up.weight", "redux_down.weight"]),
    "t2i_style": ("style_model", ["style_embedding", "transformer_layes.0.ln_1.weight"]),
    "t2i_adapter": ("t2i_adapter", ["conv_in.weight", "body.0.block2.weight"]),
    "light_t2i_adapter": ("t2i_adapter", ["body.0.in_conv.weight"]),
    "diffusers_t2i_adapter": ("t2i_adapter", ["adapter.body.0.resnets.0.block1.weight"]),
    "gligen": (
        "gligen",
        [
            "input_blocks.1.1.transformer_blocks.0.fuser.linear.weight",
            "position_net.linears.0.weight",
        ],
    ),
    "ella": ("ella", ["connector.perceiver_blocks.0.attn.in_proj_weight", "connector.latents"]),
    "dinov2": (
        "vision",
        ["embeddings.patch_embeddings.projection.weight", "encoder.layer.0.layer_scale1.lambda1"],
    ),
    "metas_dinov2": ("vision", ["blocks.0.ls1.gamma", "blocks.0.attn.qkv.weight"]),
    "sam": ("sam", ["mask_decoder.iou_prediction_head.layers.0.weight"]),
    "sam_2": ("sam", ["sam_mask_decoder.iou_prediction_head.layers.0.weight"]),
    "esrgan": ("upscaler", ["conv_first.weight", "body.0.rdb1.conv1.weight"]),
    "bsrgan": ("upscaler", ["conv_first.weight", "RRDB_trunk.0.RDB1.conv1.weight"]),
    "swinir": ("upscaler", ["layers.0.residual_group.blocks.0.norm1.weight"]),
    "ip_adapter": ("ip_adapter", ["image_proj.proj.weight", "ip_adapter.1.to_k_ip.weight"]),
    "xlabs_ip_adapter": (
        "ip_adapter",
        ["double_blocks.0.processor.ip_adapter_double_stream_k_proj.weight"],
    ),
    "photomaker": (
        "photomaker",
        [
            "id_encoder.vision_model.embeddings.class_embedding",
            "id_encoder.fuse_module.mlp1.fc1.weight",
            "lora_weights.unet.attn1.processor.to_q_lora.down.weight",
        ],
    ),
    "control_lora": ("controlnet", ["lora_controlnet", "input_blocks.1.0.in_layers.2.up"]),
    "hunyuan_controlnet": ("controlnet", ["after_proj_list.0.bias", "after_proj_list.18.bias"]),
    "qwen_patch": ("model_patch", ["controlnet_blocks.0.y_rms.weight"]),
    "hypernetwork": ("hypernetwork", ["768.0.linear.0.weight", "768.1.linear.0.weight"]),
    "wav2vec2": ("audio", ["wav2vec2.feature_extractor.conv_layers.0.conv.weight"]),
    "hidream": (
        "hidream",
        ["caption_projection.0.linear.weight", "double_stream_blocks.0.block.attn1.to_q.weight"],
    ),
    "hunyuan_video": (
        "hunyuan_video",
        [
            "txt_in.individual_token_refiner.blocks.0.norm1.weight",
            "double_blocks.0.img_attn_qkv.weight",
        ],
    ),
    "chroma": (
        "chroma",
        ["distilled_guidance_layer.norms.0.scale", "double_blocks.0.img_attn.proj.weight"],
    ),
    "mochi": ("mochi", ["t5_yproj.weight"]),
    "ace_step": ("ace", ["genre_embedder.weight"]),
    "omnigen": ("omnigen2", ["time_caption_embed.timestep_embedder.linear_1.bias"]),
    "lumina": ("lumina", ["cap_embedder.1.weight"]),
    "stable_audio": ("stable_audio", ["model.model.transformer.layers.0.self_attn.to_qkv.weight"]),
    "strange": ("", ["a.b.c"]),
    "nothing": ("", []),
}


def test_keys_of_many_dots_take_no_longer(tmp_path: Path) -> None:
    path = make.sparse(tmp_path / "a.safetensors", {"a." * 140 + str(i): (1,) for i in range(300)})
    start = time.perf_counter()
    assert described(path).kind == "other"
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_encoder_is_named(name: str, tmp_path: Path) -> None:
    architecture, keys = OTHERS[name]
    description = described(make.sparse(tmp_path / "a.safetensors", dict.fromkeys(keys, (4, 4))))
    assert (description.kind, description.architecture) == ("other", architecture)


def test_an_encoder_without_a_prefix_stands_below_nothing(tmp_path: Path) -> None:
    from encoderscope.conditioning.reports.encoder_file.report import inspect

    shapes = {**UNET, **make.clip_text(256, 1)}
    verdict = inspect(make.sparse(tmp_path / "a.safetensors", shapes))["verdict"]
    assert "below ''" not in verdict and "(256 wide, 1 layer)" in verdict


def test_a_gguf_of_a_diffusion_model_is_for_no_loader_of_the_host(tmp_path: Path) -> None:
    tensors = {"double_blocks.0.img_attn.proj.weight": ((64, 64), 1)}
    path = make.gguf(tmp_path / "flux.gguf", tensors, {"general.architecture": "flux"})
    [note] = described(path).notes
    assert note == "ComfyUI's own loaders read no GGUF; those of the pack ComfyUI-GGUF do."


def test_the_audio_encoder_of_a_language_model(tmp_path: Path) -> None:
    tensors = {"a.blk.0.attn_q.weight": ((8, 8), 1), "mm.a.mlp.1.weight": ((8, 8), 1)}
    path = make.gguf(tmp_path / "mmproj.gguf", tensors, {"general.architecture": "clip"})
    assert "audio encoder of a language model" in described(path).title
