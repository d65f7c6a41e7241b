"""Keys: what an encoder must have agrees with transformers; every layout leads to the same tensors;
the rest is sorted.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.encoder_files.expected_keys import (
    expected_keys,
    find_sources,
    sort_keys,
    wrong_shapes,
)
from encoderscope.conditioning.encoder_files.signatures import describe, tensors_below
from encoderscope.tests.encoder_files import make

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

BOTH = {
    "clip": lambda: make.clip_text(768, 12),
    "siglip": lambda: make.siglip(768, 12, 12, 32000, 3072),
    "siglip2 giant": lambda: make.siglip(1152, 27, 16, 256000, 4304, projection=1536),
    "t5": lambda: make.t5(
        {"d_model": 1024, "num_layers": 24, "d_ff": 65536, "num_heads": 128, "d_kv": 128},
        gated=False,
    ),
    "t5 v1.1": lambda: make.t5("small"),
    "umt5": lambda: make.t5("base", vocab=256384, every=True),
}


@pytest.mark.parametrize("name", BOTH)
def test_expected_keys_are_those_of_transformers(name: str, tmp_path: Path) -> None:
    shapes = BOTH[name]()
    description = describe(open_checkpoint(make.sparse(tmp_path / "a.safetensors", shapes)))
    shapes.pop("encoder.embed_tokens.weight", None)
    assert expected_keys(description) == shapes
    sources = find_sources(description, shapes)
    assert (sources.missing, sources.unexpected) == ((), ())


def test_openais_keys_lead_to_the_same_numbers() -> None:
    model = make.build(
        "CLIPTextModelWithProjection",
        "CLIPTextConfig",
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=1,
        intermediate_size=256,
        projection_dim=32,
        vocab_size=99,
        bos_token_id=1,
        eos_token_id=2,
    )
    ours = {name: tensor.detach() for name, tensor in model.state_dict().items()}
    theirs = _to_openai(ours)
    description = describe(
        _checkpoint({name: tuple(tensor.shape) for name, tensor in theirs.items()})
    )
    sources = find_sources(description, theirs)
    assert (sources.missing, sources.unexpected) == ((), ("logit_scale",)) and set(
        sources.sources
    ) == set(ours)
    for key, source in sources.sources.items():
        tensor = theirs[source.key]
        tensor = tensor.chunk(3)[source.third] if source.third is not None else tensor
        assert torch.equal(tensor.T if source.transposed else tensor, ours[key]), key


def _to_openai(ours: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """As convert_clip_original_pytorch_to_hf.py of transformers does it, the other way round."""
    text = "text_model."
    out = {
        "token_embedding.weight": ours[f"{text}embeddings.token_embedding.weight"],
        "positional_embedding": ours[f"{text}embeddings.position_embedding.weight"],
        "ln_final.weight": ours[f"{text}final_layer_norm.weight"],
        "ln_final.bias": ours[f"{text}final_layer_norm.bias"],
        "text_projection": ours["text_projection.weight"].T.contiguous(),
        "logit_scale": torch.tensor(1.0),
    }
    for layer in range(2):
        source, target = f"{text}encoder.layers.{layer}.", f"transformer.resblocks.{layer}."
        for end in ("weight", "bias"):
            out[f"{target}attn.in_proj_{end}"] = torch.cat(
                [ours[f"{source}self_attn.{item}_proj.{end}"] for item in "qkv"]
            )
            out[f"{target}attn.out_proj.{end}"] = ours[f"{source}self_attn.out_proj.{end}"]
            out[f"{target}mlp.c_fc.{end}"] = ours[f"{source}mlp.fc1.{end}"]
            out[f"{target}mlp.c_proj.{end}"] = ours[f"{source}mlp.fc2.{end}"]
            out[f"{target}ln_1.{end}"] = ours[f"{source}layer_norm1.{end}"]
            out[f"{target}ln_2.{end}"] = ours[f"{source}layer_norm2.{end}"]
    return out


def _checkpoint(shapes: make.Shapes) -> object:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return open_checkpoint(make.sparse(Path(folder) / "a.safetensors", shapes))


@pytest.mark.parametrize("gated", [True, False])
def test_gguf_keys(gated: bool, tmp_path: Path) -> None:
    sizes = make.T5_SIZES["small"]
    names = make.gguf_t5_names(make.t5(sizes, gated=gated))
    path = make.gguf(
        tmp_path / "a.gguf",
        {name: (shape, 0) for name, shape in names.items()},
        {"general.architecture": "t5encoder"},
    )
    checkpoint = open_checkpoint(path)
    description = describe(checkpoint)
    sources = find_sources(description, checkpoint.tensors)
    assert (sources.missing, sources.unexpected) == ((), ())
    assert len({source.key for source in sources.sources.values()}) == len(sources.sources)
    assert wrong_shapes(description, tensors_below(checkpoint, ""), sources.sources) == {}


def test_long_clips_second_positions_are_asked_for(tmp_path: Path) -> None:
    shapes = make.openai_text(768, 12, positions=248)
    plain = find_sources(
        describe(open_checkpoint(make.sparse(tmp_path / "a.safetensors", shapes))), shapes
    )
    shapes["positional_embedding_res"] = (248, 768)
    both = find_sources(
        describe(open_checkpoint(make.sparse(tmp_path / "b.safetensors", shapes))), shapes
    )
    key = "text_model.embeddings.position_embedding.weight"
    assert (plain.sources[key].rest, both.sources[key].rest) == ("", "positional_embedding_res")
    assert "positional_embedding_res" not in both.unexpected


def test_sorting() -> None:
    layer = "text_model.encoder.layers.3.mlp.fc1.weight"
    harmless = [
        "text_model.embeddings.position_ids",
        "logit_scale",
        "logit_bias",
        "vision_model.embeddings.class_embedding",
        "visual.conv1.weight",
        "visual_projection.weight",
        "decoder.block.0.layer.0.SelfAttention.q.weight",
        "lm_head.weight",
        "encoder.embed_tokens.weight",
        "spiece_model",
        "scaled_fp8",
        "encoder.block.0.layer.0.SelfAttention.q.scale_weight",
        "input_resolution",
        "something.else",
    ]
    serious = [
        "text_model.encoder.layers.12.mlp.fc1.weight",
        "transformer.resblocks.12.ln_1.weight",
        "encoder.block.24.layer.0.layer_norm.weight",
        "text_model.encoder.layers.0.mlp.fc3.weight",
        "text_model.embeddings.other.weight",
        "positional_embedding_res",
    ]
    keys = sort_keys([layer, "text_projection.weight"], [*harmless, *serious])
    assert set(keys.harmless) == {*harmless, "text_projection.weight"}
    assert set(keys.serious) == {layer, *serious}
    assert set(sort_keys(["text_projection.weight"], [], needs_projection=True).serious) == {
        "text_projection.weight"
    }
    assert keys.harmless["logit_scale"] != keys.harmless["something.else"], (
        "each has its own reason"
    )


def test_a_wrong_shape_is_seen(tmp_path: Path) -> None:
    shapes = {**make.clip_text(768, 12), "text_model.encoder.layers.5.mlp.fc2.weight": (768, 3000)}
    checkpoint = open_checkpoint(make.sparse(tmp_path / "a.safetensors", shapes))
    description = describe(checkpoint)
    part = tensors_below(checkpoint, description.prefix)
    assert wrong_shapes(description, part, find_sources(description, part.tensors).sources) == {
        "text_model.encoder.layers.5.mlp.fc2.weight": (
            "has the shape [768, 3000], but [768, 3072] was expected"
        )
    }


def test_nothing_is_expected_of_what_is_only_named(tmp_path: Path) -> None:
    description = describe(
        open_checkpoint(
            make.sparse(
                tmp_path / "a.safetensors",
                make.meta("BertModel", hidden_size=384, num_hidden_layers=6),
            )
        )
    )
    assert expected_keys(description) == {}
