"""The host's own tokenizers and CLIP objects for tests: every class it ships, with small random
encoders where numbers are wanted.

    clips.tokenizer("flux")                    # TokenizerOnly, as host/tokenizers.py builds it;
    cached clips.clip("flux")                         # a real comfy.sd.CLIP: the host's
    FluxClipModel, narrow and shallow, seeded weights

Vocabularies that travel in the weights file are not in the host. A stand-in takes their place: the
host's Pile-T5 sentencepiece model for UMT5, mT5 and Gemma, and a tekken vocabulary of single bytes
and a few merges for FLUX.2. The classes, windows, templates and padding are the host's own; only
the pieces differ.
"""

from __future__ import annotations

import base64
import importlib
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from encoderscope.conditioning.families.table import FAMILIES, Family
from encoderscope.host.tokenizers import TokenizerOnly
from encoderscope.tests.host.models import MODELS, NEWER


def imported(path: str) -> Any:
    """The class behind a dotted path, or None where this host is too old to have it."""
    module, name = path.rsplit(".", 1)
    try:
        return getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError:
        return None


def shipped(family: Family) -> str | None:
    """The path of the tokenizer class that this host has for a family."""
    return next((path for path in family.tokenizers if imported(path) is not None), None)


def sentencepiece_model() -> Any:
    import comfy.text_encoders
    import torch

    folder = Path(next(iter(comfy.text_encoders.__path__)))
    return torch.ByteTensor(list((folder / "t5_pile_tokenizer" / "tokenizer.model").read_bytes()))


_TEKKEN_SPECIALS = (
    "<unk>",
    "<s>",
    "</s>",
    "[INST]",
    "[/INST]",
    "[AVAILABLE_TOOLS]",
    "[/AVAILABLE_TOOLS]",
    "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]",
    "[TOOL_CALLS]",
    "[IMG]",
    "<pad>",
    "[IMG_BREAK]",
    "[IMG_END]",
    "[PREFIX]",
    "[MIDDLE]",
    "[SUFFIX]",
    "[SYSTEM_PROMPT]",
    "[/SYSTEM_PROMPT]",
    "[TOOL_CONTENT]",
)


def tekken_model() -> Any:
    """A small vocabulary in Mistral's file format: all bytes, then merges that build a few common
    words.
    """
    import torch

    pieces = [bytes([i]) for i in range(256)]
    for word in (
        b"the",
        b" the",
        b" a",
        b"ing",
        b" and",
        b" of",
        b" red",
        b" fox",
        b"light",
        b" in",
    ):
        pieces += [word[:i] for i in range(2, len(word) + 1) if word[:i] not in pieces]
    data = {
        "config": {
            "default_vocab_size": len(pieces) + len(_TEKKEN_SPECIALS),
            "default_num_special_tokens": len(_TEKKEN_SPECIALS),
        },
        "vocab": [
            {"rank": i, "token_bytes": base64.b64encode(piece).decode(), "token_str": None}
            for i, piece in enumerate(pieces)
        ],
        "special_tokens": [
            {"rank": i, "token_str": text, "is_control": True}
            for i, text in enumerate(_TEKKEN_SPECIALS)
        ],
    }
    return torch.ByteTensor(list(json.dumps(data).encode()))


def tokenizer_json(specials: Sequence[str] = (), ids: Mapping[str, int] | None = None) -> Any:
    """A small vocabulary of all bytes in the format of the `tokenizers` library; `ids`: tokens that
    stand at numbers of their own.
    """
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = {piece: i for i, piece in enumerate([*alphabet, "in", "th"])} | dict(ids or {})
    tokenizer = Tokenizer(models.BPE(pieces, [("i", "n"), ("t", "h")]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([*specials])
    return torch.ByteTensor(list(tokenizer.to_str().encode()))


_HARMONY = ("<|endoftext|>", "<|start|>", "<|end|>", "<|message|>", "<|channel|>")


def tokenizer_data(family: Family) -> dict[str, Any]:
    """What the host finds in a family's file: a stand-in for each vocabulary."""
    if not family.tokenizer_in_file:
        return {}
    if family.name in ("flux2", "ernie_image"):
        return {"tekken_model": tekken_model()}
    if family.name == "lens":
        return {"tokenizer_json": tokenizer_json(_HARMONY)}
    return dict.fromkeys(
        ("spiece_model", "mt5xl.spiece_model", "gemma_spiece_model", "jina_spiece_model"),
        sentencepiece_model(),
    )


@lru_cache(maxsize=4)  # a composite of five vocabularies takes 200 MB
def tokenizer(name: str, folder: Path | None = None) -> TokenizerOnly:
    """A family's tokenizer alone, built as the host builds it; `folder` holds textual
    inversions.
    """
    family = FAMILIES[name]
    path = shipped(family)
    assert path is not None, f"this host has no tokenizer for {name}"
    directory = [str(folder)] if folder else []
    return TokenizerOnly(
        imported(path)(embedding_directory=directory, tokenizer_data=tokenizer_data(family))
    )


def write_embedding(folder: Path, name: str, **parts: tuple[int, int]) -> None:
    """A textual inversion; `write_embedding(folder, "x", clip_l=(2, 768))` holds two vectors for
    CLIP-L.
    """
    import torch
    from safetensors.torch import save_file

    generator = torch.Generator().manual_seed(len(name))
    save_file(
        {key: torch.randn(shape, generator=generator) for key, shape in parts.items()},
        folder / f"{name}.safetensors",
    )


# --- encoders
# --------------------------------------------------------------------------------------------------

_CLIP = {
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_attention_heads": 2,
    "num_hidden_layers": 3,
}
_T5 = {"d_model": 64, "d_ff": 64, "d_kv": 16, "num_heads": 2, "num_layers": 2}
_LLM = {
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "num_hidden_layers": 5,
}
_BERT = {
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
}
_LAYERS_OF_FLUX2 = {**_LLM, "num_hidden_layers": 31}  # it reads layers 10, 20 and 30
_LAYERS_OF_KREA2 = {
    **_LLM,
    "num_hidden_layers": 37,
}  # Ideogram 4 reads every third of 36, Krea 2 twelve of 36
_WIDE_T5 = {**_T5, "d_model": 4096}  # SD3 pads CLIP's channels to T5-XXL's real width

_WIDE: dict[
    str, Mapping[str, Any]
] = {  # few and thin layers of the true widths, for what depends on widths
    "clip_l": {**_CLIP, "hidden_size": 768, "num_attention_heads": 12},
    "clip_h": {**_CLIP, "hidden_size": 1024, "num_attention_heads": 16},
    "clip_g": {**_CLIP, "hidden_size": 1280, "num_attention_heads": 20},
    "t5xxl": _WIDE_T5,
}

_SHRUNK: dict[str, Mapping[str, Any]] = {
    **dict.fromkeys(("clip_l", "clip_h"), _CLIP),
    "clip_g": {**_CLIP, "hidden_size": 96},
    **dict.fromkeys(("t5xxl", "umt5xxl", "umt5base", "mt5xl", "t5base", "pile_t5xl"), _T5),
    **dict.fromkeys(
        (
            "llama",
            "qwen25_7b",
            "qwen25_3b",
            "qwen3_4b",
            "gemma2_2b",
            "qwen3_2b",
            "ministral3_3b",
            "qwen3_06b",
        ),
        _LLM,
    ),
    **dict.fromkeys(("qwen3vl_4b", "qwen3vl_8b", "qwen3vl_32b"), _LAYERS_OF_KREA2),
    "mistral3_24b": _LAYERS_OF_FLUX2,
    "hydit_clip": _BERT,
    "": _T5,  # encoders that are built without a name (ByT5, ACE's UMT5)
}

# What a family of newer hosts needs otherwise: Klein reads layers 9, 18 and 27; the encoders of
# LTX-2 and NewBie have no name.
_OWN: dict[str, dict[str, Any]] = {
    "flux2_klein_4b": {"qwen3_4b": _LAYERS_OF_FLUX2},
    **{
        name: {"": {"hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 5}}
        for name in ("ltx2", "newbie")
    },
}

ENCODED = (*MODELS, *NEWER)


def clip(
    name: str,
    folder: Path | None = None,
    long_clip_l: int = 0,
    wide: bool = False,
    **arguments: Any,
) -> Any:
    """A `comfy.sd.CLIP` of a family with narrow, shallow encoders of the host's own classes and
    seeded random weights.

    `long_clip_l`: positions of CLIP-L, as Long-CLIP has 248. `wide`: true widths, in fp16.
    `arguments` go to the model's factory (`t5=False` for SD3 without T5).
    """
    import comfy.model_management as management
    import comfy.sd
    import torch

    family = FAMILIES[name]
    module = imported("comfy." + (MODELS | NEWER)[name])
    model = module if isinstance(module, type) and not arguments else module(**arguments)
    options: dict[str, Any] = {
        f"{part}_model_config": dict(config)
        for part, config in (_SHRUNK | (_WIDE if wide else {}) | _OWN.get(name, {})).items()
    }
    data = tokenizer_data(family)
    options |= {
        "dtype": torch.float32,
        "load_device": management.text_encoder_device(),
        "offload_device": torch.device("cpu"),
    }
    if name == "sd3" or wide:
        options |= {"t5xxl_model_config": dict(_WIDE_T5), "dtype": torch.float16}
    if long_clip_l:
        options["clip_l_model_config"]["max_position_embeddings"] = long_clip_l
        data["clip_l_max_length"] = long_clip_l
    target = SimpleNamespace(params={}, clip=model, tokenizer=imported(shipped(family) or ""))
    with (
        ExitStack() as blind
    ):  # the eyes of a Qwen-VL are never opened by a prompt, and building them takes half a minute
        for eyes in (
            "comfy.text_encoders.qwen_vl.Qwen2VLVisionTransformer",
            "comfy.text_encoders.qwen3vl.Qwen3VLVisionModel",
        ):
            if imported(eyes):
                blind.enter_context(mock.patch(eyes, lambda *_, **__: torch.nn.Module()))
        built = comfy.sd.CLIP(
            target, [str(folder)] if folder else [], tokenizer_data=data, model_options=options
        )
    seed(built.cond_stage_model)
    _match_embedding_widths(built)
    return built


def clip_or_skip(name: str, folder: Path | None = None) -> Any:
    """`clip(name, folder)`, or a skip that says what this host lacks."""
    import pytest

    if shipped(FAMILIES[name]) is None:
        pytest.skip("newer than this host")
    try:
        return clip(name, folder)
    except (TypeError, ImportError) as error:
        pytest.skip(f"this host cannot build it with this transformers: {error}")


def seed(model: Any) -> None:
    """The same weights every time, large enough that one changed word is felt
    everywhere it can be.
    """
    import torch

    generator = torch.Generator().manual_seed(7)
    for name, weight in model.named_parameters():
        weight.requires_grad_(False)
        if weight.ndim < 2:
            weight.fill_(1.0 if "norm" in name.lower() and name.endswith("weight") else 0.05)
        else:
            block = (
                torch.randn((min(4096, weight.shape[0]), *weight.shape[1:]), generator=generator)
                * 0.3
            )
            for start in range(
                0, weight.shape[0], 4096
            ):  # long vocabularies: one block, shifted so that no two rows agree
                rows = weight[start : start + 4096]
                rows.copy_(block[: len(rows)].roll(start // 4096 + 1, dims=-1))


def _match_embedding_widths(built: Any) -> None:
    """The shrunk encoders take narrower textual inversions, and their tokenizers should know."""
    for name, part in vars(built.tokenizer).items():
        encoder = getattr(built.cond_stage_model, name, None)
        if encoder is not None and hasattr(encoder, "transformer"):
            part.embedding_size = encoder.transformer.get_input_embeddings().weight.shape[1]
