"""The text encoders that image models read with: what each is, how wide and how deep.

A *role* is what an encoder can be in a family: `clip_l`, `t5xxl`, `qwen3_4b`. Widths and layers are
those of the host's configurations (comfy/text_encoders/*.json and llama.py).
"""

from __future__ import annotations

from typing import NamedTuple


class EncoderRole(NamedTuple):
    """One text encoder as image models know it."""

    name: str
    title: str
    architecture: str
    """clip, t5, bert, llm, t5gemma, xlm_roberta, as in `Description.architecture`."""
    variants: tuple[str, ...]
    """`Description.variant`s that can play the role; empty where no file is recognised as one."""
    size: str
    width: int
    layers: int
    short: str
    """The title for people who only want to know which encoder reads."""
    caveat: str = ""
    """What to mind about a file that fits; of several variants, about all but the first."""

    @property
    def learned_english(self) -> bool:
        """Whether it learned from texts that are English nearly all: CLIP's captions, and C4 and
        the Pile for T5.
        """
        return self.architecture == "clip" or self.variants in _OF_ENGLISH

    @property
    def file_names(self) -> tuple[str, ...]:
        """The `Description.name`s of files that can play the role."""
        return tuple(f"{variant}_{self.size}" for variant in self.variants)


_OF_ENGLISH = (("t5",), ("t5_v1_1",), ("pile_t5",))


def _clip(size: str, width: int, layers: int, long: bool = True) -> EncoderRole:
    title = f"CLIP-{size.upper()}"
    variants = ("clip", "long_clip") if long else ("clip",)
    return EncoderRole(f"clip_{size}", title, "clip", variants, size, width, layers, title)


def _t5(
    name: str, title: str, variant: str, size: str, width: int, layers: int, short: str
) -> EncoderRole:
    return EncoderRole(name, title, "t5", (variant,), size, width, layers, short)


def _llm(
    name: str, title: str, variant: str, width: int, layers: int, short: str = "", caveat: str = ""
) -> EncoderRole:
    kind, _, size = variant.rpartition("_")
    return EncoderRole(name, title, "llm", (kind,), size, width, layers, short or title, caveat)


def _qwen3_vl(size: str, width: int, layers: int) -> EncoderRole:
    title, variants = f"Qwen3-VL {size.upper()}", ("qwen3vl", "qwen3")
    return EncoderRole(f"qwen3vl_{size}", title, "llm", variants, size, width, layers, title, _VL)


_VL = (
    "Qwen3 and Qwen3-VL have language parts of the same shape, and this file has no vision tower "
    "to tell them apart: check that this is the VL version."
)
_LLAMA = "Llama 3, Llama 3.1 and LLaVA-Llama 3 have the same shapes: check which of them this is."

CLIP_L = _clip("l", 768, 12)
CLIP_G = _clip("g", 1280, 32)
CLIP_H = _clip("h", 1024, 24, long=False)
T5_XXL = _t5("t5xxl", "T5 v1.1 XXL", "t5_v1_1", "xxl", 4096, 24, "T5-XXL")
T5_11B = _t5("t5_11b", "T5 11B (the original)", "t5", "11b", 1024, 24, "T5 11B")
T5_BASE = _t5("t5base", "T5 base (the original)", "t5", "base", 768, 12, "T5-base")
PILE_T5_XL = _t5("pile_t5xl", "Pile-T5 XL", "pile_t5", "xl", 2048, 24, "Pile-T5-XL")
UMT5_XXL = _t5("umt5xxl", "UMT5 XXL", "umt5", "xxl", 4096, 24, "UMT5-XXL")
UMT5_BASE = _t5("umt5base", "UMT5 base", "umt5", "base", 768, 12, "UMT5-base")
MT5_XL = _t5("mt5xl", "mT5 XL", "mt5", "xl", 2048, 24, "mT5-XL")
BYT5 = _t5("byt5", "Glyph-ByT5 small", "byt5_glyph", "small", 1472, 12, "ByT5-small")
T5_GEMMA = EncoderRole(
    "t5gemma", "T5Gemma base", "t5gemma", ("t5gemma",), "base", 768, 12, "T5Gemma"
)
CHINESE_CLIP = EncoderRole(
    "hydit_clip", "Hunyuan-DiT's Chinese CLIP", "bert", ("bert",), "hydit", 1024, 24, "Chinese CLIP"
)
JINA_CLIP = EncoderRole(
    "jina", "Jina CLIP v2", "xlm_roberta", ("jina_clip",), "v2", 1024, 24, "Jina CLIP v2"
)
LLAMA_8B = _llm("llama", "Llama 3 8B", "llama3_8b", 4096, 32, caveat=_LLAMA)
MISTRAL_24B = _llm("mistral3_24b", "Mistral Small 3 24B", "mistral3_24b", 5120, 40, "Mistral 3 24B")
MINISTRAL_3B = _llm("ministral3_3b", "Ministral 3 3B", "ministral3_3b", 3072, 26)
QWEN25_3B = _llm("qwen25_3b", "Qwen2.5-VL 3B", "qwen25_3b", 2048, 36)
QWEN25_7B = _llm("qwen25_7b", "Qwen2.5-VL 7B", "qwen25_7b", 3584, 28)
QWEN3_06B = _llm("qwen3_06b", "Qwen3 0.6B", "qwen3_06b", 1024, 28)
OVIS_2B = _llm("qwen3_2b", "Ovis 2.5 2B", "qwen3_2b", 2048, 28)
QWEN3_4B = _llm("qwen3_4b", "Qwen3 4B", "qwen3_4b", 2560, 36)
QWEN3_8B = _llm("qwen3_8b", "Qwen3 8B", "qwen3_8b", 4096, 36)
QWEN3_VL_4B = _qwen3_vl("4b", 2560, 36)
QWEN3_VL_8B = _qwen3_vl("8b", 4096, 36)
QWEN3_VL_32B = _llm("qwen3vl_32b", "Qwen3-VL 32B", "qwen3vl_32b", 5120, 50)
GEMMA2_2B = _llm("gemma2_2b", "Gemma 2 2B", "gemma2_2b", 2304, 26)
GEMMA3_4B = _llm("gemma", "Gemma 3 4B", "gemma3_4b", 2560, 34)
GEMMA3_12B = _llm("gemma3_12b", "Gemma 3 12B", "gemma3_12b", 3840, 48)
GEMMA4_12B = _llm("gemma4", "Gemma 4 12B", "gemma4_12b", 3840, 48, "Gemma 4")
GPT_OSS_20B = _llm("gpt_oss", "GPT-OSS 20B", "gpt_oss_20b", 2880, 24)
