"""Load Image-Text Encoder in the real ComfyUI: its folders, its memory management, its CLIP and
CLIP_VISION, its server.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.tests import hostkit
from encoderscope.tests.image_text import kit
from safetensors.torch import save_file

pytestmark = pytest.mark.host
NODE = "EncoderScope_LoadDualEncoder"
LONG = "a red car next to a blue house " * 12
VISION_SIZES = (
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "hidden_act",
    "patch_size",
    "image_size",
    "num_channels",
)


@pytest.fixture(scope="module")
def models(host_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Model folders that only these tests see, with a tiny model of each kind."""
    import folder_paths

    root = tmp_path_factory.mktemp("models")
    fill_models(root)
    known = folder_paths.folder_names_and_paths
    before = dict(known)
    for key in ("clip_vision", "text_encoders"):
        known[key] = ([str(root / key)], known[key][1])
    yield root
    known.update(before)


def fill_models(root: Path) -> None:
    for kind in kit.KINDS:
        kit.save(root / "clip_vision" / "sub" / kind, kind)
    (root / "text_encoders").mkdir()
    save_file({"x": torch.zeros(1)}, root / "text_encoders" / "nothing.safetensors")
    (root / "clip_vision" / "evil.bin").write_bytes(b"PK\x03\x04")


@pytest.fixture
def node(models: Path) -> Any:
    from encoderscope.host.image_text import image_text_encoder

    return image_text_encoder


def run(node: Any, model: str, **options: Any) -> tuple[Any, str]:
    from encoderscope.nodes.loading.load_dual_encoder import LoadDualEncoder

    result = LoadDualEncoder.execute(model, **options).result
    return result[0], result[1]


def clip_of(encoders: Any) -> Any:
    """What counts as a CLIP where inputs are checked, which begins with the extension's loading."""
    return SimpleNamespace(cond_stage_model=encoders, tokenizer=None, tokenize=None, patcher=None)


def test_the_list_holds_folders_and_files_but_no_pickles(node: Any) -> None:
    models = [f"clip_vision/sub/{kind}" for kind in kit.KINDS]
    assert node.choices() == [node.CONNECTED, *models, "text_encoders/nothing.safetensors"]


@pytest.mark.parametrize("kind", kit.KINDS)
def test_the_node_gives_what_transformers_gives(node: Any, models: Path, kind: str) -> None:
    folder = models / "clip_vision" / "sub" / kind
    encoder, report = run(node, f"clip_vision/sub/{kind}")
    expected = kit.reference(kit.model(kind), folder, kit.pictures(3), kit.TEXTS)
    torch.testing.assert_close(
        encoder.logits(kit.pictures(3), kit.TEXTS), expected.logits_per_image, atol=1e-5, rtol=1e-6
    )
    assert encoder.objective in report
    assert "runs in float32" in report


@pytest.mark.parametrize("kind", kit.KINDS)
def test_unloading_and_loading_again_changes_nothing(node: Any, kind: str) -> None:
    import comfy.model_management as management

    encoder, _ = run(node, f"clip_vision/sub/{kind}")
    before = encoder.logits(kit.pictures(2), kit.TEXTS)
    ours = [
        current_loaded_model
        for current_loaded_model in management.current_loaded_models
        if type(current_loaded_model.model.model).__name__ == "ImageTextEncoder"
    ]
    assert ours, "the host does not manage it"
    assert ours[0].model.model_size() == sum(
        w.nelement() * w.element_size() for w in encoder.towers.model.state_dict().values()
    )
    management.unload_all_models()
    assert not any(loaded in management.current_loaded_models for loaded in ours)
    assert torch.equal(encoder.logits(kit.pictures(2), kit.TEXTS), before)


@pytest.mark.parametrize(
    ("precision", "dtype"), [("fp16", "float16"), ("bf16", "bfloat16"), ("as stored", "float32")]
)
def test_precision(node: Any, precision: str, dtype: str) -> None:
    encoder, report = run(node, "clip_vision/sub/siglip", precision=precision)
    assert f"runs in {dtype}" in report
    assert bool(torch.isfinite(encoder.logits(kit.pictures(1), ["a"])).all())


def test_the_hosts_stop_button_ends_it(node: Any) -> None:
    import comfy.model_management as management

    encoder, _ = run(node, "clip_vision/sub/clip")
    management.interrupt_current_processing(True)
    with pytest.raises(management.InterruptProcessingException):
        encoder.image_features(kit.pictures(1))
    assert encoder.image_features(kit.pictures(1)).shape == (1, 20)


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("clip_vision/../../secret", "below the model folders"),
        ("clip_vision//etc", "below the model folders"),
        ("clip_vision/C:/x", "below the model folders"),
        ("clip_vision/", "below the model folders"),
        ("/etc/passwd", "below the model folders"),
        ("checkpoints/x.safetensors", "below the model folders"),
        ("clip_vision\\..\\x", "below the model folders"),
        ("clip_vision/absent", "clip_vision/sub/clip"),
        ("clip_vision/evil.bin", "is a ZIP archive"),
        ("text_encoders/nothing.safetensors", "no image-text model"),
    ],
)
def test_a_bad_choice_is_refused_with_a_sentence(node: Any, model: str, sentence: str) -> None:
    with pytest.raises(EncoderScopeError, match=sentence):
        run(node, model)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [({"precision": "int3"}, "as stored"), ({"activation": "relu"}, "quick_gelu")],
)
def test_an_unknown_setting_is_refused(node: Any, options: dict[str, str], sentence: str) -> None:
    with pytest.raises(EncoderScopeError, match=sentence):
        run(node, "clip_vision/sub/clip", **options)


def test_nothing_chosen_and_nothing_connected(node: Any) -> None:
    with pytest.raises(EncoderScopeError, match="clip and clip_vision are not connected"):
        run(node, node.CONNECTED)


def test_a_connection_beside_a_choice_is_said_to_be_unused(node: Any) -> None:
    _, report = run(node, "clip_vision/sub/clip", clip=clip_of(None), clip_vision=object())
    assert "Not used: clip and clip_vision" in report


def test_a_lone_file_of_clip_takes_the_hosts_tokenizer(node: Any, models: Path) -> None:
    clip = kit.real_clip(width=768, text_width=512, layers=1)
    file = models / "clip_vision" / "b32.safetensors"
    save_file({name: value.half().contiguous() for name, value in clip.state_dict().items()}, file)
    try:
        encoder, report = run(node, "clip_vision/b32.safetensors", activation="quick_gelu")
        gelu, _ = run(node, "clip_vision/b32.safetensors", activation="gelu")
        _, assumed = run(node, "clip_vision/b32.safetensors")
    finally:
        file.unlink()
    expected = reference(clip, kit.pictures(2))
    encoder = replace(encoder, scale=float(clip.logit_scale.detach().exp()))
    torch.testing.assert_close(
        encoder.logits(kit.pictures(2), kit.TEXTS), expected, atol=1e-4, rtol=0
    )
    assert not torch.allclose(gelu.logits(kit.pictures(2), kit.TEXTS), expected, atol=1e-2)
    assert "CLIP's own, as ComfyUI has it" in report
    assert "Assumed: activation quick_gelu" in assumed
    assert "Assumed" not in report


def reference(made: Any, images: Any) -> Any:
    """transformers' own CLIP with the host's copy of CLIP's vocabulary."""
    import comfy.sd1_clip
    import transformers

    vocabulary = transformers.CLIPTokenizer.from_pretrained(
        Path(comfy.sd1_clip.__file__).parent / "sd1_tokenizer"
    )
    ids = vocabulary(kit.TEXTS, padding="max_length", max_length=77, return_tensors="pt")
    pixels = kit.processor("clip")(kit.as_uint8(images), return_tensors="pt")
    with torch.no_grad():
        return made(**ids, **pixels).logits_per_image


def host_pair(made: Any, folder: Path, text: Any = None) -> tuple[Any, Any]:
    """The same weights as the host's CLIP (`text`: another state for it) and CLIP_VISION."""
    import comfy.clip_vision
    import comfy.sd
    import comfy.sd1_clip

    sizes = {
        name: getattr(made.config.text_config, name)
        for name in (*VISION_SIZES[:5], "max_position_embeddings")
    }
    target = SimpleNamespace(
        params={}, clip=comfy.sd1_clip.SD1ClipModel, tokenizer=comfy.sd1_clip.SD1Tokenizer
    )
    clip = comfy.sd.CLIP(
        target, model_options={"clip_l_model_config": sizes | {"eos_token_id": 49407}}
    )
    state = made.state_dict()
    clip.cond_stage_model.load_sd(
        {k: v for k, v in state.items() if k.startswith("text_")} if text is None else text
    )
    clip.cond_stage_model.clip_l.logit_scale.data.fill_(float(made.logit_scale.detach()))
    vision = {name: getattr(made.config.vision_config, name) for name in VISION_SIZES}
    sentence = folder / "vision.json"
    sentence.write_text(
        json.dumps(
            vision
            | {"projection_dim": made.config.projection_dim, "model_type": "clip_vision_model"}
        )
    )
    seeing = comfy.clip_vision.ClipVisionModel(str(sentence))
    assert (
        seeing.load_sd({k: v for k, v in state.items() if k.startswith("vis")}).missing_keys == []
    )
    return clip, seeing


@pytest.fixture(scope="module")
def made(host_folder: Path) -> Any:
    return kit.real_clip(width=64, text_width=48, projection=48)


@pytest.fixture(scope="module")
def connected(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return host_pair(made, tmp_path_factory.mktemp("pair"))


def test_clip_and_clip_vision_give_what_transformers_gives(
    node: Any, made: Any, connected: Any
) -> None:
    clip, vision = connected
    encoder, report = run(node, node.CONNECTED, clip=clip, clip_vision=vision)
    torch.testing.assert_close(
        encoder.logits(kit.pictures(3), kit.TEXTS),
        reference(made, kit.pictures(3)),
        atol=1e-4,
        rtol=0,
    )
    assert (encoder.text_limit, encoder.dim, encoder.objective) == (77, 48, "softmax")
    assert "does not prove that they were trained together" in report
    assert len(encoder.cuts([LONG])) == 1


def test_clip_skip_and_earlier_encoding_do_not_reach_it(
    node: Any, made: Any, connected: Any
) -> None:
    clip, vision = connected
    before = clip.encode_from_tokens(clip.tokenize("a"), return_pooled=True)
    skipped = clip.clone()
    skipped.clip_layer(-2)
    skipped.encode_from_tokens(skipped.tokenize("a"), return_pooled="unprojected")
    encoder, _ = run(node, node.CONNECTED, clip=skipped, clip_vision=vision)
    torch.testing.assert_close(
        encoder.logits(kit.pictures(3), kit.TEXTS),
        reference(made, kit.pictures(3)),
        atol=1e-4,
        rtol=0,
    )
    assert clip.cond_stage_model.clip_l.layer == "last", "options were left behind"
    after = clip.encode_from_tokens(clip.tokenize("a"), return_pooled=True)
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True)), (
        "the CLIP was left changed"
    )


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda w: w.fill_(float("nan")), "NaN.*no text projection"),
        (lambda w: w.zero_(), "empty rows.*no text projection"),
        (lambda w: w.copy_(torch.eye(48)), "changes nothing.*no text projection"),
        (lambda w: w.fill_(6e4), "no training leaves.*no text projection"),
    ],
)
def test_a_clip_without_its_text_projection_is_refused(
    node: Any, made: Any, tmp_path: Path, spoil: Any, sentence: str
) -> None:
    clip, vision = host_pair(made, tmp_path)
    spoil(clip.cond_stage_model.clip_l.transformer.text_projection.weight.data)
    with pytest.raises(EncoderScopeError, match=sentence):
        run(node, node.CONNECTED, clip=clip, clip_vision=vision)


def test_other_widths_are_refused_with_both_numbers(
    node: Any, connected: Any, tmp_path: Path
) -> None:
    _, vision = host_pair(kit.real_clip(width=64, text_width=40, projection=40), tmp_path)
    with pytest.raises(
        EncoderScopeError, match="clip_l: its vectors have 48 numbers and the pictures' have 40"
    ):
        run(node, node.CONNECTED, clip=connected[0], clip_vision=vision)


def test_towers_without_a_partner_are_refused(node: Any, connected: Any) -> None:
    clip, vision = connected
    without_head = SimpleNamespace(model=SimpleNamespace(visual_projection=lambda x: x))
    with pytest.raises(EncoderScopeError, match="SigLIP"):
        run(node, node.CONNECTED, clip=clip, clip_vision=without_head)
    t5 = clip_of(torch.nn.ModuleDict({"t5xxl": torch.nn.Linear(2, 2)}))
    with pytest.raises(EncoderScopeError, match="T5"):
        run(node, node.CONNECTED, clip=t5, clip_vision=vision)


def test_the_server_loads_a_folder(host_folder: Path, tmp_path: Path) -> None:
    fill_models(tmp_path)
    places = tmp_path / "paths.yaml"
    places.write_text(
        json.dumps({"mine": {"base_path": str(tmp_path), "clip_vision": "clip_vision"}})
    )
    graph = {
        "1": {
            "class_type": NODE,
            "inputs": {
                "model": "clip_vision/sub/siglip2",
                "precision": "auto",
                "activation": "auto",
            },
        },
        "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 1]}},
    }
    with hostkit.serve(
        tmp_path / "run", arguments=("--extra-model-paths-config", str(places))
    ) as server:
        info = server.get_json(f"/object_info/{NODE}")[NODE]
        assert "clip_vision/sub/siglip2" in json.dumps(info["input"]["required"]["model"])
        assert info["output"] == ["ENCODERSCOPE_DUAL_ENCODER", "STRING"]
        assert "SigLIP 2 NaFlex" in json.dumps(server.run(graph))
        graph["1"]["inputs"]["model"] = "clip_vision/gone"
        with pytest.raises(hostkit.HostFailure, match="clip_vision/sub/clip"):
            server.run(graph)
