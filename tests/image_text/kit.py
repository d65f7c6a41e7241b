"""Tiny seeded CLIP, SigLIP and SigLIP 2 models in Hugging Face folders, saved by transformers, and
what transformers itself says of them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from encoderscope.host.torch_companions import mend_torchvision

mend_torchvision()
import transformers  # noqa: E402
from tokenizers import Tokenizer, models, pre_tokenizers, processors  # noqa: E402

KINDS = ("clip", "siglip", "siglip2")
_ALL = (
    "a the red blue car house next to left of right small big photo an and on cat dog sky "
    "green one two"
)
WORDS = _ALL.split()
START, END = "<|startoftext|>", "<|endoftext|>"
TEXTS = ["a red car next to a blue house", "a blue car next to a red house", "the small dog", "a"]
SIDE, PATCH = 32, 8


LIMITS = {"clip": 16, "siglip": 16, "siglip2": 64}


def letters() -> Any:
    """SigLIP 2's own class of tokenizer, with letters as its vocabulary."""
    names = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "▁", *"abcdefghijklmnopqrstuvwxy"]
    return transformers.Siglip2Tokenizer(
        {name: i for i, name in enumerate(names)},
        [],
        add_bos_token=False,
        add_eos_token=True,
        padding_side="right",
    )


VOCABULARIES = {"clip": len(WORDS) + 3, "siglip": len(WORDS) + 3, "siglip2": 31}


def tokenizer(size: int = len(WORDS) + 3) -> Any:
    """Words, with CLIP's start and end; ``size`` adds unused ones."""
    names = [END, START, "<unk>", *WORDS, *(f"unused{n}" for n in range(size - len(WORDS) - 3))]
    inner = Tokenizer(
        models.WordLevel({name: i for i, name in enumerate(names)}, unk_token="<unk>")
    )
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    inner.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=[(START, 1), (END, 0)]
    )
    marks = {"bos_token": START, "eos_token": END, "pad_token": END, "unk_token": "<unk>"}
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner, model_max_length=16, **marks
    )


def model(
    kind: str,
    *,
    width: int = 32,
    text_width: int = 24,
    layers: int = 2,
    vocabulary: int | None = None,
    projection: int = 20,
    positions: int | None = None,
    end: int = 0,
) -> Any:
    """Seeded weights, large enough for features to differ clearly."""
    torch.manual_seed(7)
    common = {"num_hidden_layers": layers, "max_position_embeddings": positions or LIMITS[kind]}
    heads, text_heads = max(2, width // 64), max(2, text_width // 64)
    vision = {
        "hidden_size": width,
        "intermediate_size": 2 * width,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "patch_size": PATCH,
    }
    vision |= {"num_patches": 16} if kind == "siglip2" else {"image_size": SIDE}
    text = {
        "hidden_size": text_width,
        "intermediate_size": 2 * text_width,
        "num_attention_heads": text_heads,
        **common,
    }
    text |= {
        "vocab_size": vocabulary or VOCABULARIES[kind],
        "eos_token_id": end,
        "bos_token_id": 1,
        "pad_token_id": 0,
    }
    if kind == "clip":
        config = transformers.CLIPConfig(
            text_config=text, vision_config=vision, projection_dim=projection
        )
        result = transformers.CLIPModel(config)
    else:
        name = "Siglip" if kind == "siglip" else "Siglip2"
        config = getattr(transformers, f"{name}Config")(
            text_config=text | {"projection_size": width}, vision_config=vision
        )
        result = getattr(transformers, f"{name}Model")(config)
    with torch.no_grad():
        for name, weight in result.named_parameters():
            if weight.ndim > 1:
                weight.normal_(std=0.15)
            elif name == "logit_bias":
                weight.fill_(-3.0)
            elif name == "logit_scale":
                weight.fill_(2.6592)
    return result.eval()


def real_clip(**sizes: Any) -> Any:
    """A CLIP for CLIP's real vocabulary, with weights that fp16 holds exactly."""
    result = model("clip", vocabulary=49408, positions=77, end=49407, **sizes)
    with torch.no_grad():
        for weight in result.parameters():
            weight.copy_(weight.half().float())
    return result


def processor(kind: str) -> Any:
    if kind == "clip":
        return transformers.CLIPImageProcessor(
            size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}
        )
    if kind == "siglip":
        return transformers.SiglipImageProcessor(size={"height": SIDE, "width": SIDE})
    return transformers.Siglip2ImageProcessor(patch_size=PATCH, max_num_patches=20)


def save(folder: Path, kind: str, **options: Any) -> Any:
    """A whole folder; the model is returned."""
    result = model(kind, **options)
    result.save_pretrained(folder)
    save_tokenizer(folder, kind, options.get("vocabulary"))
    (folder / "preprocessor_config.json").write_text(
        json.dumps(processor(kind).to_dict(), default=str), encoding="utf-8"
    )
    return result


def save_tokenizer(folder: Path, kind: str, vocabulary: int | None = None) -> None:
    (
        letters() if kind == "siglip2" else tokenizer(vocabulary or VOCABULARIES[kind])
    ).save_pretrained(folder)


def pictures(count: int = 3, height: int = 40, width: int = 56, channels: int = 3) -> torch.Tensor:
    """IMAGE with 8-bit values, as a loaded picture has them."""
    generator = torch.Generator().manual_seed(3)
    return (
        torch.randint(0, 256, (count, height, width, channels), generator=generator).float() / 255
    )


def as_uint8(images: torch.Tensor) -> list[torch.Tensor]:
    """What transformers' processors take."""
    return [(image * 255).round().to(torch.uint8).movedim(-1, 0) for image in images]


def reference(made: Any, folder: Path, images: torch.Tensor, texts: list[str]) -> Any:
    """transformers from end to end: processor, tokenizer, forward."""
    kind = made.config.model_type
    pixels = dict(processor(kind)(as_uint8(images), return_tensors="pt"))
    vocabulary = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    ids = vocabulary(
        texts, padding="max_length", truncation=True, max_length=LIMITS[kind], return_tensors="pt"
    )["input_ids"]
    with torch.no_grad():
        return made(input_ids=ids, **pixels)
