"""Which image models take a file as one of their text encoders, and why the others do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..families.table import FAMILIES, Family
from .description import Description


class _Wanted(NamedTuple):
    title: str
    architecture: str
    names: tuple[str, ...]
    """`Description.name`s that fill the place."""
    width: int
    layers: int
    caveat: str = ""


def _llm(title: str, name: str, width: int, layers: int, caveat: str = "") -> _Wanted:
    return _Wanted(title, "llm", (name,), width, layers, caveat)


_VL = "Qwen3 and Qwen3-VL have language parts of the same shape: check that this is the VL version."
_LLAMA = "Llama 3, Llama 3.1 and LLaVA-Llama 3 have the same shapes: check which of them this is."
# By the names of streams in conditioning/families/table.py.
_STREAMS = {
    "l": _Wanted("CLIP-L", "clip", ("clip_l", "long_clip_l"), 768, 12),
    "g": _Wanted("CLIP-G", "clip", ("clip_g", "long_clip_g"), 1280, 32),
    "h": _Wanted("CLIP-H", "clip", ("clip_h",), 1024, 24),
    "t5xxl": _Wanted("T5 v1.1 XXL", "t5", ("t5_v1_1_xxl",), 4096, 24),
    "umt5xxl": _Wanted("UMT5 XXL", "t5", ("umt5_xxl",), 4096, 24),
    "umt5base": _Wanted("UMT5 base", "t5", ("umt5_base",), 768, 12),
    "pile_t5xl": _Wanted("Pile-T5 XL", "t5", ("pile_t5_xl",), 2048, 24),
    "t5base": _Wanted("T5 base (the original)", "t5", ("t5_base",), 768, 12),
    "mt5xl": _Wanted("mT5 XL", "t5", ("mt5_xl",), 2048, 24),
    "byt5": _Wanted("Glyph-ByT5 small", "t5", ("byt5_glyph_small",), 1472, 12),
    "hydit_clip": _Wanted("Hunyuan-DiT's Chinese CLIP", "bert", ("bert_hydit",), 1024, 24),
    "llama": _llm("Llama 3 8B", "llama3_8b", 4096, 32, _LLAMA),
    "mistral3_24b": _llm("Mistral Small 3 24B", "mistral3_24b", 5120, 40),
    "ministral3_3b": _llm("Ministral 3 3B", "ministral3_3b", 3072, 26),
    "qwen25_3b": _llm("Qwen2.5-VL 3B", "qwen25_3b", 2048, 36),
    "qwen25_7b": _llm("Qwen2.5-VL 7B", "qwen25_7b", 3584, 28),
    "qwen3_06b": _llm("Qwen3 0.6B", "qwen3_06b", 1024, 28),
    "qwen3_2b": _llm("Ovis 2.5 2B", "qwen3_2b", 2048, 28),
    "qwen3_4b": _llm("Qwen3 4B", "qwen3_4b", 2560, 36),
    "qwen3_8b": _llm("Qwen3 8B", "qwen3_8b", 4096, 36),
    "qwen3vl_4b": _llm("Qwen3-VL 4B", "qwen3_4b", 2560, 36, _VL),
    "qwen3vl_8b": _llm("Qwen3-VL 8B", "qwen3_8b", 4096, 36, _VL),
    "qwen3vl_32b": _llm("Qwen3-VL 32B", "qwen3_32b", 5120, 64, _VL),
    "gemma2_2b": _llm("Gemma 2 2B", "gemma2_2b", 2304, 26),
    "gemma": _llm("Gemma 3 4B", "gemma3_4b", 2560, 34),
    "gemma3_12b": _llm("Gemma 3 12B", "gemma3_12b", 3840, 48),
    "gpt_oss": _llm("GPT-OSS 20B", "gpt_oss_20b", 2880, 24),
}
_EXCEPTIONS = {("cosmos", "t5xxl"): _Wanted("T5 11B (the original)", "t5", ("t5_11b",), 1024, 24)}
_ARCHITECTURES = {
    "clip": "CLIP",
    "siglip": "SigLIP",
    "t5": "T5",
    "bert": "BERT",
    "llm": "language model",
}
_LONG_BESIDE = (
    "CLIP-L and CLIP-G are joined side by side and cut to the shorter, so both should have "
    "the same number of positions."
)


@dataclass(frozen=True)
class Fit:
    """One family's answer."""

    family: str
    title: str
    stream: str
    """The family's stream that the file was compared with: `l`, `t5xxl`; '' where none is of its
    kind.
    """
    wants: str
    """What the family expects there, in words."""
    fits: bool
    why: str
    """Why it does not fit, or what to mind where it does."""


def fits(said: Description) -> tuple[Fit, ...]:
    """One answer for every family that takes text encoders; empty for what is no encoder."""
    if said.kind != "encoder":
        return ()
    return tuple(_answer(said, family) for family in FAMILIES.values() if not family.stands_for)


def _answer(said: Description, family: Family) -> Fit:
    rules = [rule for rule in family.streams if rule.encoder and (rule.sequence or rule.pooled)]
    table = {
        **_STREAMS,
        **{stream: want for (name, stream), want in _EXCEPTIONS.items() if name == family.name},
    }
    wanted = {rule.name: table[rule.name] for rule in rules if rule.name in table}
    for stream, want in wanted.items():
        if said.name in want.names:
            return Fit(
                family.name,
                family.title,
                stream,
                want.title,
                True,
                _caveat(said, family, want, wanted),
            )
    alike = {
        stream: want for stream, want in wanted.items() if want.architecture == _compared_with(said)
    }
    nearest = min(alike, key=lambda stream: _distance(said, alike[stream]), default="")
    if nearest:
        return Fit(
            family.name,
            family.title,
            nearest,
            alike[nearest].title,
            False,
            _difference(said, alike[nearest]),
        )
    titles = " and ".join(want.title for want in wanted.values()) or " and ".join(
        rule.title for rule in rules
    )
    return Fit(
        family.name,
        family.title,
        "",
        titles,
        False,
        f"it takes {titles}, and this is {_kind(said)}",
    )


def _compared_with(said: Description) -> str:
    return "clip" if said.architecture == "siglip" else said.architecture


def _kind(said: Description) -> str:
    return f"a {_ARCHITECTURES.get(said.architecture, 'model')}"


def _distance(said: Description, want: _Wanted) -> tuple[int, int]:
    return abs((said.width or 0) - want.width), abs((said.layers or 0) - want.layers)


def _difference(said: Description, want: _Wanted) -> str:
    if said.architecture == "siglip":
        return "SigLIP has another vocabulary and reads a prompt without a causal mask"
    if said.width != want.width:
        return f"{want.title} is {want.width} wide, this is {said.width} wide"
    if said.layers != want.layers:
        return f"{want.title} has {want.layers} layers, this has {said.layers}"
    return f"this is {said.title}, of the same width but trained otherwise"


def _caveat(said: Description, family: Family, want: _Wanted, wanted: dict[str, _Wanted]) -> str:
    if said.variant == "long_clip" and family.shortest and {"l", "g"} <= set(wanted):
        return _LONG_BESIDE
    return want.caveat


def host_takes_it_for(said: Description) -> str:
    """What the host's own loader would take the file for, where it errs without a word; '' where it
    is right or looks elsewhere.

    The order and the keys of `detect_te_model` in the host's comfy/sd.py (ComfyUI 0.3.75), for the
    architectures that we build.
    """
    if said.kind != "encoder" or said.prefix or said.layout not in ("transformers", "openai"):
        return ""
    taken = (
        _host_clip(said)
        if said.architecture in ("clip", "siglip")
        else _host_t5(said)
        if said.architecture == "t5"
        else None
    )
    if taken is None or said.name in taken.names:
        return ""
    # The host reads Wan's and ACE-Step's encoders by their type, not by what it detected.
    return (
        ""
        if said.name in ("umt5_xxl", "umt5_base", "t5_11b", "mt5_xl", "byt5_glyph_small")
        else taken.title
    )


def _host_clip(said: Description) -> _Wanted:
    layers = said.layers or 0
    return _STREAMS["g" if layers > 30 else "h" if layers > 22 else "l"]


def _host_t5(said: Description) -> _Wanted | None:
    layers = said.layers or 0
    if layers > 23 and said.gated and said.width in (2048, 4096):
        return _STREAMS["t5xxl" if said.width == 4096 else "pile_t5xl"]
    if layers > 23 and not said.gated:
        return _EXCEPTIONS["cosmos", "t5xxl"]
    return _STREAMS["byt5" if (said.heads or 0) * (said.head_width or 0) == 384 else "t5base"]
