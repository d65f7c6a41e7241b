"""Every encoder that the loader builds agrees with transformers' own module on the same seeded
random weights: fp32, processor, every layer.

Widths, heads and activations are the real ones; depth is cut, since layers repeat. Tolerance: 1e-4
of the largest value of a layer's states.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from encoderscope.tests.host.loading import making

pytestmark = pytest.mark.host
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[[], Any]
    architecture: str
    """As the loader should describe it."""
    variant: str
    width: int


CASES = [
    Case("clip_b", lambda: making.clip(512, 3), "clip", "clip", 512),
    Case("clip_l", lambda: making.clip(768, 3), "clip", "clip", 768),
    Case("clip_h", lambda: making.clip(1024, 2, "gelu"), "clip", "clip", 1024),
    Case("clip_g", lambda: making.clip(1280, 2, "gelu"), "clip", "clip", 1280),
    Case("long_clip_l", lambda: making.clip(768, 2, positions=248), "clip", "long_clip", 768),
    Case(
        "long_clip_g",
        lambda: making.clip(1280, 1, "gelu", positions=248),
        "clip",
        "long_clip",
        1280,
    ),
    Case("clip_rn50", lambda: making.clip(512, 2, projection=1024), "clip", "clip", 512),
    Case("t5_small", lambda: making.t5(512, 3, 2048, 8, gated=False), "t5", "t5", 512),
    Case("t5_base", lambda: making.t5(768, 3, 3072, 12, gated=False), "t5", "t5", 768),
    Case("t5_3b", lambda: making.t5(1024, 1, 16384, 32, 128, gated=False), "t5", "t5", 1024),
    Case("t5_v1_1_small", lambda: making.t5(512, 3, 1024, 6), "t5", "t5_v1_1", 512),
    Case("t5_v1_1_base", lambda: making.t5(768, 3, 2048, 12), "t5", "t5_v1_1", 768),
    Case("t5_v1_1_large", lambda: making.t5(1024, 3, 2816, 16), "t5", "t5_v1_1", 1024),
    Case("t5_v1_1_xl", lambda: making.t5(2048, 2, 5120, 32), "t5", "t5_v1_1", 2048),
    Case("t5_v1_1_xxl", lambda: making.t5(4096, 1, 10240, 64), "t5", "t5_v1_1", 4096),
    Case("umt5_base", lambda: making.umt5(768, 2, 2048, 12), "t5", "umt5", 768),
    Case("siglip_base", lambda: making.siglip(768, 3, 12, 3072), "siglip", "siglip", 768),
    Case("siglip_so400m", lambda: making.siglip(1152, 2, 16, 4304), "siglip", "siglip", 1152),
    Case("siglip2_base", lambda: making.siglip(768, 2, 12, 3072, 256000), "siglip", "siglip2", 768),
    Case(
        "siglip_wide_head",
        lambda: making.siglip(1152, 1, 16, 4304, projection=1536),
        "siglip",
        "siglip",
        1152,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_layer_and_the_pooled_vector(case: Case, host_folder: Path, tmp_path: Path) -> None:
    reference = case.make()
    clip = alone(case, reference, tmp_path)
    encoder = getattr(clip.cond_stage_model, clip.cond_stage_model.clip)
    ids, mask = tokens(case, encoder)
    expected, pooled = of_transformers(reference, case, ids, mask)
    states, result = of_host(encoder, ids)
    assert len(states) == len(expected) == encoder.num_layers + 1
    for number, (ours, theirs) in enumerate(zip(states, expected, strict=True)):
        assert relative(ours, theirs) < TOLERANCE, f"layer {number}: {relative(ours, theirs)}"
    if pooled is None:
        assert result is None
    else:
        assert relative(result, pooled) < TOLERANCE


def relative(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    assert ours.shape == theirs.shape
    return float((ours - theirs).abs().max() / theirs.abs().max())


def alone(case: Case, reference: Any, folder: Path) -> Any:
    """The loader's CLIP for a reference's weights, fp32."""
    from encoderscope.host import folders
    from encoderscope.host.loading import loader

    write(case, reference, folder)
    with making.folders(folder):
        description = folders.open_all(["model.safetensors"])[0].description
        assert (description.architecture, description.variant, description.width) == (
            case.architecture,
            case.variant,
            case.width,
        )
        return loader.load(["model.safetensors"], "encoder alone", "fp32", "cpu").clip


def write(case: Case, reference: Any, folder: Path) -> None:
    tensors = (
        making.siglip_state(reference) if case.architecture == "siglip" else making.state(reference)
    )
    making.write(folder / "model.safetensors", tensors, torch.bfloat16)
    config = reference.config.to_dict()
    making.write_json(
        folder / "config.json",
        {
            k: config[k]
            for k in ("num_attention_heads", "hidden_act")
            if k in config and k != "num_heads"
        },
    )
    if case.architecture == "siglip" or case.variant == "umt5":
        making.write_sentencepiece(folder / "spiece.model", reference.config.vocab_size)


def tokens(case: Case, encoder: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Two texts of different lengths, padded to one, with the mask that the encoder should make of
    them.
    """
    generator = torch.Generator().manual_seed(5)
    if case.architecture == "t5":
        ids = torch.randint(5, 30000, (2, 19), generator=generator)
        ids[0, 11], ids[0, 12:], ids[1, 18] = 1, 0, 1
        mask = torch.ones_like(ids)
        mask[0, 12:] = 0
        return ids, mask
    length = encoder.max_length
    ids = torch.randint(5, 30000, (2, length), generator=generator)
    if case.architecture == "siglip":
        ids[0, 20:], ids[1, -1] = 1, 1
        return ids, torch.ones_like(ids)
    ids[:, 0] = 49406
    ids[0, 20:], ids[1, -1] = 49407, 49407
    return ids, torch.ones_like(ids)


def of_transformers(
    reference: Any, case: Case, ids: torch.Tensor, mask: torch.Tensor
) -> tuple[list[torch.Tensor], torch.Tensor | None]:
    """States before the first layer and behind each, and the pooled vector; transformers' own last
    states are behind the last norm.
    """
    blocks = (
        reference.encoder.block
        if case.architecture == "t5"
        else (getattr(reference, "text_model", reference)).encoder.layers
    )
    seen, pooled = recorded(
        blocks,
        lambda: reference(
            input_ids=ids, **({"attention_mask": mask} if case.architecture == "t5" else {})
        ),
    )
    if case.architecture == "t5":
        return seen, None
    return seen, pooled.text_embeds if case.architecture == "clip" else pooled.pooler_output


def of_host(encoder: Any, ids: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor | None]:
    module = encoder.transformer
    blocks = module.encoder.block if hasattr(module, "shared") else module.text_model.encoder.layers
    seen, out = recorded(blocks, lambda: encoder(ids.tolist()))
    return seen, out[1]


def recorded(blocks: Any, run: Callable[[], Any]) -> tuple[list[torch.Tensor], Any]:
    seen: list[torch.Tensor] = []

    def before(_module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        seen.append((args[0] if args else kwargs["hidden_states"]).detach().clone())

    def after(_module: Any, _args: Any, out: Any) -> None:
        seen.append((out[0] if isinstance(out, tuple) else out).detach().clone())

    handles = [blocks[0].register_forward_pre_hook(before, with_kwargs=True)]
    handles += [block.register_forward_hook(after) for block in blocks]
    try:
        with torch.no_grad():
            return seen, run()
    finally:
        for handle in handles:
            handle.remove()
