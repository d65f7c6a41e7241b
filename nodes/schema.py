"""How every node describes itself to the host: with what people type to find it, and with its rare
inputs folded.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from comfy_api.latest import io

from ..host import ids

SEARCH_ALIASES: dict[str, tuple[str, ...]] = {
    ids.TOKEN_MAP: (
        "token counter",
        "prompt analyzer",
        "truncation",
        "77 tokens",
        "chunks",
        "BREAK",
        "tokenizer",
        "prompt too long",
    ),
    ids.COMPARE_ORDER: ("prompt order", "reorder prompt", "word order", "shorten prompt"),
    ids.INSPECT_CONDITIONING: (
        "debug conditioning",
        "show conditioning",
        "compare conditioning",
        "conditioning info",
        "prompt embedding",
    ),
    ids.INSPECT_ENCODER: (
        "which clip is this",
        "identify text encoder",
        "safetensors info",
        "gguf info",
        "model metadata",
    ),
    ids.LOAD_ENCODERS: (
        "clip loader",
        "dual clip loader",
        "triple clip loader",
        "t5 gguf",
        "clip gguf",
        "t5xxl",
        "text encoder loader",
    ),
    ids.LOAD_DUAL_ENCODER: ("siglip", "clip score", "clip vision", "image text similarity"),
    ids.LOAD_MINIATURE: ("tiny clip", "test encoder", "example clip"),
    ids.LOAD_MINIATURE_GENERATOR: ("tiny model", "test model", "example checkpoint"),
    ids.LOAD_JUDGE: ("vqa", "vqascore", "blip", "vision language model", "image question"),
    ids.QUANTIZE_ENCODER: (
        "t5 fp8",
        "t5 int8",
        "compress text encoder",
        "smaller t5",
        "low vram",
        "convert gguf",
    ),
    ids.ENCODE_STATES: (
        "clip text encode",
        "clip skip",
        "hidden states",
        "separate prompts",
        "clip l clip g t5 prompts",
    ),
    ids.ASSEMBLE: ("combine encoders", "swap text encoder", "zero out t5", "remove clip l"),
    ids.MIX: (
        "pooled",
        "pooled output",
        "prompt strength",
        "conditioning weight",
        "t5 strength",
        "blend prompts",
    ),
    ids.BINDING_PROBE: (
        "attribute binding",
        "colour bleeding",
        "color bleed",
        "concept bleeding",
        "clip test",
    ),
    ids.ENCODER_REPORT: ("compare encoders", "encoder benchmark", "clip benchmark", "which clip"),
    ids.IGNORED_WORDS: (
        "why ignored",
        "prompt adherence",
        "attention map",
        "heatmap",
        "token importance",
        "word influence",
    ),
    ids.IMAGE_PROBE: ("clip score", "prompt match", "image check", "prompt adherence"),
    ids.BINDING_BENCHMARK: ("winoground", "aro", "sugarcrepe", "vqascore", "clip benchmark"),
    ids.PROMPT_DOCTOR: (
        "what went wrong",
        "fix prompt",
        "debug prompt",
        "prompt analyzer",
        "prompt diagnosis",
        "prompt adherence",
    ),
    ids.SAVE_REPORT_CARD: ("save report", "share report", "export png", "report to image"),
    ids.DRAW_SCENE: ("test picture", "shapes", "coloured shapes"),
    ids.FAST_ENCODER: ("speed up clip", "faster t5", "low vram", "t5 on cpu"),
    ids.CACHED_ENCODE: ("cache prompt", "prompt cache", "cache conditioning", "skip text encoder"),
    ids.SAVE_CONDITIONING: ("export conditioning", "save prompt embedding"),
    ids.LOAD_CONDITIONING: ("import conditioning", "load prompt embedding"),
}
"""Node id -> what people type who do not know the node's name."""


def node_schema(
    node_id: str, inputs: Sequence[io.Input], advanced: Sequence[str] = (), **options: Any
) -> io.Schema:
    """The host's schema of one of our nodes. ``advanced``: names of inputs that the front end folds
    away until they are asked for. Hosts that do not know search aliases get none.
    """
    folded = {entry.id: entry for entry in inputs if entry.id in advanced}
    for name in advanced:
        folded[name].extra_dict["advanced"] = True
    if "search_aliases" in {field.name for field in dataclasses.fields(io.Schema)}:
        options["search_aliases"] = list(SEARCH_ALIASES.get(node_id, ()))
    return io.Schema(node_id=node_id, inputs=list(inputs), **options)
