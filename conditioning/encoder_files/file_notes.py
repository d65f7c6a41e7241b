"""What is worth saying of a file beside its text encoder: parts that its vision tower lacks,
positions that a merge damaged, formats noted of layers that are not there.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Collection, Iterator, Mapping
from itertools import product

from ..translation import deferred, first_of, later, later_count, translatable
from .checkpoint import Checkpoint
from .description import Description
from .encoder_tensors import COMFY_METADATA
from .formats.safetensors_header import TensorEntry

VISION = later("vision tower")
_ENDS = (".weight", ".bias")
_LISTED = 3
_FLOATS = {"F16": (2, "e"), "F32": (4, "f"), "F64": (8, "d")}
_MOST_POSITIONS = 1024
_TRANSFORMERS, _OPENAI, _TIMM = "vision_model.", "visual.transformer.", "visual.trunk."
_NO_TABLE = translatable(
    "ComfyUI's own loader does not find the vocabulary of this file, since it looks for "
    "shared.weight; its log says so, and what comes out is noise. Load Text Encoders reads it."
)
_IN_TIMM = translatable(
    "Load Image-Text Encoder does not read a vision tower from timm (visual.trunk): take the same "
    "model in the layout of transformers, a folder with config.json and model.safetensors."
)


def file_notes(description: Description, checkpoint: Checkpoint) -> Iterator[str]:
    """Sentences about the file of an encoder. A damaged list of positions is read; of everything
    else, the names alone.
    """
    yield from _vision_notes(description, checkpoint.tensors)
    yield from _position_notes(description, checkpoint.tensors)
    yield from _packing_notes(checkpoint)
    if _lacks_hosts_table(description, checkpoint):
        yield later(_NO_TABLE)


def _lacks_hosts_table(description: Description, checkpoint: Checkpoint) -> bool:
    """Whether a T5 has its vocabulary under the one name of two that the host does not look for."""
    is_hosts = description.key_style == "transformers" and not description.prefix
    is_t5 = description.architecture == "t5" and checkpoint.kind != "gguf"
    return is_hosts and is_t5 and "shared.weight" not in checkpoint.tensors


def has_vision_beside(prefix: str, names: Collection[str]) -> bool:
    """Whether a vision tower stands beside a text tower that has a prefix of its own (OpenCLIP's
    `text.` beside `visual.`).
    """
    root = prefix.removesuffix("text.")
    return root != prefix and any(name.startswith(f"{root}visual.") for name in names)


# --- vision towers
# --------------------------------------------------------------------------------------------------


def _vision_notes(description: Description, tensors: Mapping[str, TensorEntry]) -> Iterator[str]:
    root = description.prefix.removesuffix("text.")
    names = {name[len(root) :] for name in tensors if name.startswith(root)}
    style = next((style for style in _STYLES if any(n.startswith(style) for n in names)), "")
    if not style:
        return
    missing = sorted(set(_expected(style, names, description.architecture)) - names)
    if missing:
        names_of_all = [root + name for name in missing]
        yield later_count(
            "Its vision tower lacks {count} part ({parts}): no picture can be read with it. As a "
            "text encoder it is not affected.",
            "Its vision tower lacks {count} parts ({parts}): no picture can be read with it. As a "
            "text encoder it is not affected.",
            len(missing),
            parts=deferred(lambda: first_of(names_of_all, _LISTED)),
        )
    if style == _TIMM:
        yield later(_IN_TIMM)


def _expected(style: str, names: Collection[str], architecture: str) -> Iterator[str]:
    """The names of a whole vision tower with as many layers as are there. Only the towers of CLIP
    and SigLIP of these three layouts have names that are known.
    """
    layer, parts, bare = _STYLES[style]
    numbered = re.compile(re.escape(layer).replace(r"\{\}", r"(\d{1,3})"))
    layers = {int(match[1]) for match in map(numbered.match, names) if match}
    for number, part in product(range(max(layers, default=-1) + 1), parts):
        yield layer.format(number) + part
    siglip = architecture == "siglip"
    for name, of_siglip in bare.items():
        if of_siglip is None or of_siglip == siglip:
            yield name


def _both(*parts: str) -> list[str]:
    return [part + end for part, end in product(parts, _ENDS)]


_STYLES: Mapping[str, tuple[str, list[str], Mapping[str, bool | None]]] = {
    _TRANSFORMERS: (
        "vision_model.encoder.layers.{}.",
        _both(
            *(f"self_attn.{part}_proj" for part in ("q", "k", "v", "out")),
            "layer_norm1",
            "layer_norm2",
            "mlp.fc1",
            "mlp.fc2",
        ),
        {
            "vision_model.embeddings.patch_embedding.weight": None,
            "vision_model.embeddings.position_embedding.weight": None,
            **dict.fromkeys(_both("vision_model.post_layernorm"), None),
            "vision_model.embeddings.class_embedding": False,
            "visual_projection.weight": False,
            **dict.fromkeys(_both("vision_model.pre_layrnorm"), False),
            "vision_model.embeddings.patch_embedding.bias": True,
            "vision_model.head.probe": True,
            "vision_model.head.attention.in_proj_weight": True,
            "vision_model.head.attention.in_proj_bias": True,
            **dict.fromkeys(
                _both(
                    "vision_model.head.attention.out_proj",
                    "vision_model.head.layernorm",
                    "vision_model.head.mlp.fc1",
                    "vision_model.head.mlp.fc2",
                ),
                True,
            ),
        },
    ),
    _OPENAI: (
        "visual.transformer.resblocks.{}.",
        [
            "attn.in_proj_weight",
            "attn.in_proj_bias",
            *_both("attn.out_proj", "ln_1", "ln_2", "mlp.c_fc", "mlp.c_proj"),
        ],
        dict.fromkeys(
            [
                "visual.class_embedding",
                "visual.positional_embedding",
                "visual.conv1.weight",
                "visual.proj",
                *_both("visual.ln_pre", "visual.ln_post"),
            ]
        ),
    ),
    _TIMM: (
        "visual.trunk.blocks.{}.",
        _both("norm1", "norm2", "attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2"),
        {
            **dict.fromkeys(
                [
                    "visual.trunk.pos_embed",
                    "visual.trunk.attn_pool.latent",
                    *_both(
                        "visual.trunk.patch_embed.proj",
                        "visual.trunk.norm",
                        *(
                            f"visual.trunk.attn_pool.{part}"
                            for part in ("q", "kv", "proj", "norm", "mlp.fc1", "mlp.fc2")
                        ),
                    ),
                ],
                True,
            )
        },
    ),
}
"""What a layout's names begin with -> a layer's names, what is in each, and what stands once:
True for SigLIP alone, False for CLIP alone, None for both.
"""


# --- positions and packing
# --------------------------------------------------------------------------------------------------


def _position_notes(description: Description, tensors: Mapping[str, TensorEntry]) -> Iterator[str]:
    for name, entry in tensors.items():
        is_text = name.startswith(description.prefix) and "vision" not in name
        if not is_text or not name.endswith("position_ids"):
            continue
        values = _numbers(entry)
        wrong = sum(value != number for number, value in enumerate(values))
        if wrong:
            yield later(
                "{name} was turned into decimals, as merging does, and {wrong:,} of its {all:,} "
                "numbers are no longer those of their places. ComfyUI and EncoderScope do not read "
                "them; programs that do, such as A1111, misplace tokens.",
                name=name,
                wrong=wrong,
                all=len(values),
            )


def _numbers(entry: TensorEntry) -> tuple[float, ...]:
    """The numbers of a short list that is stored in decimals; empty for any other."""
    size, code = _FLOATS.get(entry.dtype, (0, ""))
    if not size or entry.elements > _MOST_POSITIONS:
        return ()
    with entry.file.open("rb") as file:
        file.seek(entry.start)
        raw = file.read(entry.size)
    return struct.unpack(f"<{len(raw) // size}{code}", raw[: len(raw) // size * size])


def _packing_notes(checkpoint: Checkpoint) -> Iterator[str]:
    if checkpoint.kind == "pipeline":
        return  # each of its folders has notes of its own
    layers = _noted_layers(checkpoint.metadata)
    absent = [layer for layer in layers if f"{layer}.weight" not in checkpoint.tensors]
    if not absent:
        return
    named = later_count("{count:,} layer", "{count:,} layers", len(layers))
    if len(absent) == len(layers):
        yield later(
            "Its list of packed layers (_quantization_metadata) names {layers}, and none of them "
            "is in the file by that name, such as {layer}: the list was made for other names.",
            layers=named,
            layer=absent[0],
        )
        return
    yield later_count(
        "Its list of packed layers (_quantization_metadata) names {layers}, and {count:,} of them "
        "is not in the file by that name, such as {layer}: the list was made for other names.",
        "Its list of packed layers (_quantization_metadata) names {layers}, and {count:,} of them "
        "are not in the file by that name, such as {layer}: the list was made for other names.",
        len(absent),
        layers=named,
        layer=absent[0],
    )


def _noted_layers(metadata: Mapping[str, str]) -> list[str]:
    try:
        layers = json.loads(metadata.get(COMFY_METADATA, "{}"))["layers"]
        return [str(name) for name in layers]
    except (ValueError, RecursionError, KeyError, TypeError):
        return []
