"""Tiny models of every architecture that may judge, with seeded random weights and a tokenizer of a
few words, saved as transformers saves them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from encoderscope.host.torch_companions import mend_torchvision

mend_torchvision()
import transformers  # noqa: E402
from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: E402
from transformers.models.smolvlm import processing_smolvlm  # noqa: E402

_WORDS = (
    "yes no Yes No is the car red blue house there a in picture Please answer or with one of green "
    "user assistant User Assistant : ? . , Does this show"
)
WORDS = _WORDS.split()
QWEN = ["<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>"]
SMOL = [
    "<image>",
    "<fake_token_around_image>",
    "<global-img>",
    "<end_of_utterance>",
    "<row_1_col_1>",
]
SPECIAL = [
    "<pad>",
    "<unk>",
    "<s>",
    "</s>",
    *QWEN,
    "<|video_pad|>",
    *SMOL,
    "[CLS]",
    "[SEP]",
    "[DEC]",
]
CHAT = (
    "{% for message in messages %}{{ message['role'] }} : {% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}IMAGE{% else %}{{ part['text'] }}{% endif %}{% endfor %} "
    "{% endfor %}{% if add_generation_prompt %}assistant : {% endif %}"
)
TEXT = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 96,
    "max_position_embeddings": 4096,
    "bos_token_id": 2,
    "eos_token_id": 3,
    "pad_token_id": 0,
}
VISION = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "patch_size": 8,
    "image_size": 32,
}
"""Of all whose eyes are CLIP's or SigLIP's."""
PICTURE_TOKENS = {"qwen": "<|vision_start|><|image_pad|><|vision_end|>", "smol": "<image>"}


def tokenizer(**marks: Any) -> Any:
    """Words apart by blanks and signs; special tokens whole."""
    ids = {word: number for number, word in enumerate([*SPECIAL, *WORDS])}
    inner = Tokenizer(models.WordLevel(ids, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    usual = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=inner, **{**usual, **marks})
    fast.add_tokens([*QWEN, "<|video_pad|>", *SMOL], special_tokens=True)
    return fast


def token(name: str) -> int:
    return [*SPECIAL, *WORDS].index(name)


def seeded(model: Any) -> Any:
    torch.manual_seed(11)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim > 1:
                weight.normal_(std=0.2)
    return model.eval()


def _qwen_ids() -> dict[str, int]:
    """The tokens that stand for pictures, as Qwen's configurations name them."""
    return {
        "image_token_id": token("<|image_pad|>"),
        "video_token_id": token("<|video_pad|>"),
        "vision_start_token_id": token("<|vision_start|>"),
        "vision_end_token_id": token("<|vision_end|>"),
    }


def _qwen2(folder: Path, name: str) -> None:
    vision: dict[str, Any] = {"depth": 2, "num_heads": 2, "patch_size": 14, "spatial_merge_size": 2}
    if name == "Qwen2VL":
        vision |= {"embed_dim": 32, "hidden_size": 32, "mlp_ratio": 2}
    else:
        vision |= {
            "hidden_size": 32,
            "out_hidden_size": 32,
            "intermediate_size": 48,
            "window_size": 28,
            "fullatt_block_indexes": [1],
        }
    text = TEXT | {
        "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 1e4}
    }
    config = getattr(transformers, f"{name}Config")(
        text_config=text, vision_config=vision, **_qwen_ids()
    )
    seeded(getattr(transformers, f"{name}ForConditionalGeneration")(config)).save_pretrained(folder)
    processor = getattr(transformers, f"{name}Processor")(
        transformers.Qwen2VLImageProcessor(size={"shortest_edge": 784, "longest_edge": 12544}),
        tokenizer(),
        transformers.Qwen2VLVideoProcessor(),
        chat_template=CHAT.replace("IMAGE", PICTURE_TOKENS["qwen"]),
    )
    processor.save_pretrained(folder)


def _qwen3(folder: Path, name: str) -> None:
    text = TEXT | {
        "head_dim": 8,
        "rope_parameters": {
            "rope_type": "default",
            "mrope_section": [1, 1, 2],
            "rope_theta": 1e4,
            "mrope_interleaved": True,
        },
    }
    vision = {
        "depth": 2,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_heads": 2,
        "patch_size": 16,
        "out_hidden_size": 32,
        "num_position_embeddings": 16,
        "deepstack_visual_indexes": [0],
    }
    config = transformers.Qwen3VLConfig(text_config=text, vision_config=vision, **_qwen_ids())
    seeded(transformers.Qwen3VLForConditionalGeneration(config)).save_pretrained(folder)
    transformers.Qwen3VLProcessor(
        transformers.Qwen2VLImageProcessor(
            patch_size=16, size={"shortest_edge": 1024, "longest_edge": 16384}
        ),
        tokenizer(),
        transformers.Qwen3VLVideoProcessor(),
        chat_template=CHAT.replace("IMAGE", PICTURE_TOKENS["qwen"]),
    ).save_pretrained(folder)


def _smol(folder: Path, name: str) -> None:
    text = {**TEXT, "model_type": "llama"}
    config = getattr(transformers, f"{name}Config")(
        text_config=text,
        vision_config=VISION,
        scale_factor=2,
        image_token_id=token("<image>"),
        pad_token_id=0,
    )
    seeded(getattr(transformers, f"{name}ForConditionalGeneration")(config)).save_pretrained(folder)
    pictures = getattr(transformers, f"{name}ImageProcessor")(
        size={"longest_edge": 32}, max_image_size={"longest_edge": 32}, do_image_splitting=False
    )
    patch = pytest.MonkeyPatch()
    patch.setattr(processing_smolvlm, "num2words", str)  # a package that only videos need
    parts = [pictures, tokenizer(eos_token="<end_of_utterance>")]
    if name == "SmolVLM":
        parts.append(transformers.SmolVLMVideoProcessor())
    getattr(transformers, f"{name}Processor")(
        *parts, image_seq_len=4, chat_template=CHAT.replace("IMAGE", PICTURE_TOKENS["smol"])
    ).save_pretrained(folder)
    patch.undo()


def _llava(folder: Path, name: str) -> None:
    config = transformers.LlavaConfig(
        vision_config=VISION | {"model_type": "clip_vision_model"},
        text_config={**TEXT, "model_type": "llama"},
        image_token_index=token("<image>"),
        vision_feature_layer=-1,
        image_seq_length=16,
    )
    seeded(transformers.LlavaForConditionalGeneration(config)).save_pretrained(folder)
    transformers.LlavaProcessor(
        transformers.CLIPImageProcessor(
            size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
        ),
        tokenizer(),
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=CHAT.replace("IMAGE", PICTURE_TOKENS["smol"]),
    ).save_pretrained(folder)


def _blip(folder: Path, name: str) -> None:
    text = {
        "vocab_size": 96,
        "hidden_size": 32,
        "encoder_hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 64,
        "bos_token_id": token("[DEC]"),
        "eos_token_id": token("[SEP]"),
        "sep_token_id": token("[SEP]"),
        "pad_token_id": 0,
    }
    config = transformers.BlipConfig(text_config=text, vision_config=VISION, projection_dim=16)
    seeded(transformers.BlipForQuestionAnswering(config)).save_pretrained(folder)
    pictures = transformers.BlipImageProcessor(size={"height": 32, "width": 32})
    marks = {"cls_token": "[CLS]", "sep_token": "[SEP]"}
    transformers.BlipProcessor(pictures, tokenizer(**marks)).save_pretrained(folder)


def _gemma(folder: Path, name: str) -> None:
    text = {**TEXT, "head_dim": 8, "query_pre_attn_scalar": 8}
    config = transformers.Gemma3Config(
        text_config=text,
        vision_config=VISION,
        mm_tokens_per_image=4,
        image_token_index=token("<image>"),
        boi_token_index=token("<global-img>"),
        eoi_token_index=token("<row_1_col_1>"),
    )
    seeded(transformers.Gemma3ForConditionalGeneration(config)).save_pretrained(folder)
    marks = {"boi_token": "<global-img>", "eoi_token": "<row_1_col_1>", "image_token": "<image>"}
    words = tokenizer(extra_special_tokens=marks)
    transformers.Gemma3Processor(
        transformers.Gemma3ImageProcessor(size={"height": 32, "width": 32}),
        words,
        image_seq_length=4,
        chat_template=CHAT.replace("IMAGE", "<global-img>"),
    ).save_pretrained(folder)


_MAKERS = {
    "BlipForQuestionAnswering": (_blip, "Blip"),
    "Qwen2VLForConditionalGeneration": (_qwen2, "Qwen2VL"),
    "Qwen2_5_VLForConditionalGeneration": (_qwen2, "Qwen2_5_VL"),
    "Qwen3VLForConditionalGeneration": (_qwen3, "Qwen3VL"),
    "SmolVLMForConditionalGeneration": (_smol, "SmolVLM"),
    "Idefics3ForConditionalGeneration": (_smol, "Idefics3"),
    "LlavaForConditionalGeneration": (_llava, "Llava"),
    "Gemma3ForConditionalGeneration": (_gemma, "Gemma3"),
}


def save(architecture: str, folder: Path) -> Path:
    """A whole folder of this architecture, as one downloads it."""
    maker, name = _MAKERS[architecture]
    maker(folder, name)
    return folder
