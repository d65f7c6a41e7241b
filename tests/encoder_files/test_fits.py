"""Who takes which file, in words; and where the host's own loader errs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.encoder_files.description import Description
from encoderscope.conditioning.encoder_files.fits import fits
from encoderscope.conditioning.encoder_files.host_loader import host_takes_it_for
from encoderscope.conditioning.encoder_files.sentences import notes, verdict
from encoderscope.conditioning.encoder_files.signatures import describe
from encoderscope.conditioning.families.table import FAMILIES
from encoderscope.conditioning.reports.encoder_file.report import inspect
from encoderscope.tests.encoder_files import make

pytest.importorskip("transformers")

SHAPES: dict[str, Callable[[], make.Shapes]] = {
    "clip_l": lambda: make.clip_text(768, 12),
    "clip_g": lambda: make.clip_text(1280, 32),
    "clip_h": lambda: make.clip_text(1024, 24),
    "clip_b": lambda: make.clip_text(512, 12),
    "long_clip_l": lambda: make.clip_text(768, 12, positions=248),
    "siglip_base": lambda: make.siglip(768, 12, 12, 32000, 3072),
    "siglip_so400m": lambda: make.siglip(1152, 27, 16, 32000, 4304),
    "t5_v1_1_small": lambda: make.t5("small"),
    "t5_v1_1_base": lambda: make.t5("base"),
    "t5_v1_1_large": lambda: make.t5("large"),
    "t5_v1_1_xl": lambda: make.t5("xl"),
    "t5_v1_1_xxl": lambda: make.t5("xxl"),
    "pile_t5_xl": lambda: make.t5("xl", every=True),
    "umt5_xxl": lambda: make.t5("xxl", vocab=256384, every=True),
    "umt5_base": lambda: make.t5("base", vocab=256384, every=True),
    "t5_base": lambda: make.t5(
        {"d_model": 768, "num_layers": 12, "d_ff": 3072, "num_heads": 12, "d_kv": 64}, gated=False
    ),
    "t5_3b": lambda: make.t5(
        {"d_model": 1024, "num_layers": 24, "d_ff": 16384, "num_heads": 32, "d_kv": 128},
        gated=False,
    ),
    "t5_11b": lambda: make.t5(
        {"d_model": 1024, "num_layers": 24, "d_ff": 65536, "num_heads": 128, "d_kv": 128},
        gated=False,
    ),
    "qwen3_4b": lambda: make.meta(
        "Qwen3Model",
        hidden_size=2560,
        num_hidden_layers=36,
        num_attention_heads=32,
        num_key_value_heads=8,
    ),
}
TAKEN = {
    "clip_l": {"sd1", "sdxl", "sd3", "flux", "hidream", "hunyuan_video", "kandinsky5"},
    "long_clip_l": {"sd1", "sdxl", "sd3", "flux", "hidream", "hunyuan_video", "kandinsky5"},
    "clip_g": {"sdxl", "sdxl_refiner", "stable_cascade", "sd3", "hidream"},
    "clip_h": {"sd2"},
    "t5_v1_1_xxl": {
        "sd3",
        "flux",
        "hidream",
        "pixart",
        "pixart_alpha",
        "chroma",
        "ltxv",
        "mochi",
        "cogvideox",
    },
    "t5_11b": {"cosmos"},
    "t5_base": {"stable_audio"},
    "pile_t5_xl": {"aura"},
    "umt5_xxl": {"wan"},
    "umt5_base": {"ace"},
    "qwen3_4b": {"z_image", "flux2_klein_4b", "krea2", "mage"},
}


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Description]:
    folder = tmp_path_factory.mktemp("files")
    result: dict[str, Description] = {}

    def describe_one(name: str) -> Description:
        if name not in result:
            result[name] = describe(
                open_checkpoint(make.sparse(Path(folder) / f"{name}.safetensors", SHAPES[name]()))
            )
            assert result[name].name == name
        return result[name]

    return describe_one


@pytest.mark.parametrize("name", SHAPES)
def test_who_takes_it(name: str, described: Callable[[str], Description]) -> None:
    answers = fits(described(name))
    assert {answer.family for answer in answers if answer.fits} == TAKEN.get(name, set())
    assert [answer.family for answer in answers] == [
        family.name for family in FAMILIES.values() if not family.stands_for
    ]
    assert all(answer.why for answer in answers if not answer.fits)


def why(description: Description, family: str) -> str:
    return next(answer.why for answer in fits(description) if answer.family == family)


def test_the_reasons(described: Callable[[str], Description]) -> None:
    assert why(described("clip_b"), "flux") == "CLIP-L is 768 wide, this is 512 wide"
    assert why(described("clip_g"), "flux") == "CLIP-L is 768 wide, this is 1280 wide"
    assert "without a causal mask" in why(described("siglip_base"), "flux")
    assert (
        why(described("t5_v1_1_xl"), "aura")
        == "this is T5 v1.1 or Flan-T5 XL, of the same width but trained otherwise"
    )
    assert why(described("t5_v1_1_xl"), "sd3") == "T5 v1.1 XXL is 4096 wide, this is 2048 wide"
    assert why(described("clip_l"), "qwen_image") == "it takes Qwen2.5-VL 7B, and this is a CLIP"
    assert why(described("clip_l"), "sdxl_refiner").startswith("CLIP-G is 1280 wide"), (
        "the refiner has no CLIP-L"
    )
    assert "should have the same number of positions" in why(described("long_clip_l"), "sdxl")
    assert why(described("long_clip_l"), "flux") == ""


def test_what_to_mind(described: Callable[[str], Description]) -> None:
    result = notes(described("long_clip_l"))
    assert (
        "ComfyUI reads a prompt in windows of 248 tokens with it, where an ordinary CLIP has 77."
        in result
    )
    assert any(
        note.startswith("Stable Diffusion 3 / 3.5 and SDXL: CLIP-L and CLIP-G are joined")
        for note in result
    )
    assert any(
        note.startswith("Krea 2 and Mage-Flow: Qwen3 and Qwen3-VL")
        for note in notes(described("qwen3_4b"))
    )


VERDICTS = {
    "clip_b": (
        "Text tower of CLIP ViT-B/32 or ViT-B/16 (contrastive). FLUX.1, Stable Diffusion "
        "3 / 3.5, SDXL, Stable Diffusion 1.x and 3 more "
        "expect CLIP-L: this will not fit (CLIP-L is 768 wide, this is 512 wide)."
    ),
    "clip_h": (
        "Text tower of CLIP-H (OpenCLIP ViT-H/14) (contrastive). Stable Diffusion 2.x takes "
        "it as CLIP-H."
    ),
    "t5_v1_1_xxl": (
        "Encoder of T5 v1.1 or Flan-T5 XXL (fills in masked spans). FLUX.1, Stable "
        "Diffusion 3 / 3.5, HiDream-I1, PixArt-Sigma and 5 more "
        "take it as T5 v1.1 XXL."
    ),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_the_verdict(name: str, described: Callable[[str], Description]) -> None:
    assert verdict(described(name)) == VERDICTS[name]


MISTAKEN = {
    "clip_b": "CLIP-L",
    "siglip_base": "CLIP-L",
    "siglip_so400m": "CLIP-H",
    "t5_v1_1_xl": "Pile-T5 XL",
    "t5_v1_1_large": "T5 base (the original)",
    "t5_v1_1_base": "T5 base (the original)",
    "t5_v1_1_small": "Glyph-ByT5 small",
    "t5_3b": "T5 11B (the original)",
}


@pytest.mark.parametrize("name", SHAPES)
def test_what_the_host_would_take_it_for(
    name: str, described: Callable[[str], Description]
) -> None:
    expected = MISTAKEN.get(name, "")
    assert host_takes_it_for(described(name)) == expected
    assert any(
        f"ComfyUI's own loader takes this file for {expected}" in note
        for note in notes(described(name), True)
    ) == bool(expected)


HOST_NAMES = {
    "CLIP_L": "CLIP-L",
    "CLIP_H": "CLIP-H",
    "CLIP_G": "CLIP-G",
    "T5_XXL": "T5 v1.1 XXL",
    "T5_XL": "Pile-T5 XL",
    "T5_BASE": "T5 base (the original)",
    "T5_XXL_OLD": "T5 11B (the original)",
    "BYT5_SMALL_GLYPH": "Glyph-ByT5 small",
}
RIGHT = {
    "clip_l": "CLIP-L",
    "long_clip_l": "CLIP-L",
    "clip_g": "CLIP-G",
    "clip_h": "CLIP-H",
    "t5_v1_1_xxl": "T5 v1.1 XXL",
    "pile_t5_xl": "Pile-T5 XL",
    "t5_base": "T5 base (the original)",
    "t5_11b": "T5 11B (the original)",
}


@pytest.mark.host
@pytest.mark.parametrize("name", [*RIGHT, *MISTAKEN])
def test_the_host_really_takes_it_for_that(name: str, host_folder: Path) -> None:
    import comfy.sd
    import torch

    keys = {key: torch.empty(shape, device="meta") for key, shape in SHAPES[name]().items()}
    assert HOST_NAMES[comfy.sd.detect_te_model(keys).name] == {**RIGHT, **MISTAKEN}[name]


HOST_CONFIGS = {
    "t5_config_xxl": "t5_v1_1_xxl",
    "t5_config_base": "t5_base",
    "t5_old_config_xxl": "t5_11b",
    "t5_pile_config_xl": "pile_t5_xl",
    "umt5_config_base": "umt5_base",
    "umt5_config_xxl": "umt5_xxl",
    "mt5_config_xl": "mt5_xl",
    "byt5_config_small_glyph": "byt5_glyph_small",
}


@pytest.mark.host
@pytest.mark.parametrize("config", HOST_CONFIGS)
def test_the_hosts_own_t5_modules_are_named_and_have_our_keys(
    config: str, host_folder: Path, tmp_path: Path
) -> None:
    import json

    import comfy.ops
    import torch
    from comfy.text_encoders.t5 import T5
    from encoderscope.conditioning.encoder_files.expected_keys import expected_keys

    settings = json.loads((host_folder / "comfy" / "text_encoders" / f"{config}.json").read_text())
    with torch.device("meta"):
        model = T5(settings, torch.float16, torch.device("meta"), comfy.ops.manual_cast)
    shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    description = describe(open_checkpoint(make.sparse(tmp_path / "a.safetensors", shapes)))
    assert description.name == HOST_CONFIGS[config]
    assert expected_keys(description) == shapes
    assert description.activation == settings["dense_act_fn"]


@pytest.mark.host
@pytest.mark.parametrize(
    ("config", "name"),
    [
        ("sd1_clip_config", "clip_l"),
        ("clip_config_bigg", "clip_g"),
        ("text_encoders/sd2_clip_config", "clip_h"),
    ],
)
def test_the_hosts_own_clip_modules_are_named_and_have_our_keys(
    config: str, name: str, host_folder: Path, tmp_path: Path
) -> None:
    import json

    import comfy.ops
    import torch
    from comfy.clip_model import CLIPTextModel
    from encoderscope.conditioning.encoder_files.expected_keys import expected_keys

    settings = json.loads((host_folder / "comfy" / f"{config}.json").read_text())
    model = CLIPTextModel(settings, torch.float16, torch.device("meta"), comfy.ops.manual_cast)
    shapes = {key: tuple(tensor.shape) for key, tensor in model.state_dict().items()}
    description = describe(open_checkpoint(make.sparse(tmp_path / "a.safetensors", shapes)))
    assert (description.name, description.activation, description.heads) == (
        name,
        settings["hidden_act"],
        settings["num_attention_heads"],
    )
    assert expected_keys(description) == shapes


def _renamed(shapes: make.Shapes, old: str, new: str) -> dict[str, tuple[int, ...]]:
    return {key.replace(old, new, 1): shape for key, shape in shapes.items()}


UNFOUND = {
    "flat keys of transformers 5": lambda: (
        _renamed(make.clip_text(768, 12), "text_model.encoder", "encoder")
        | _renamed(make.clip_text(768, 12), "text_model.", "")
    ),
    "below clip_l.transformer.": lambda: make.below("clip_l.transformer.", make.clip_text(768, 12)),
    "below text_encoder_2.": lambda: make.below("text_encoder_2.", make.t5("xxl")),
    "wan": lambda: {
        "token_embedding.weight": (256384, 64),
        "blocks.0.norm1.weight": (64,),
        "blocks.0.ffn.gate.0.weight": (96, 64),
        "blocks.0.attn.q.weight": (64, 64),
        "blocks.0.pos_embedding.embedding.weight": (32, 4),
    },
    "awq": lambda: {
        key.replace(".weight", ".qweight")
        if "SelfAttention" in key or "DenseReluDense" in key
        else key: shape
        for key, shape in make.t5("xxl").items()
    },
}


@pytest.mark.host
@pytest.mark.parametrize("name", UNFOUND)
def test_the_host_finds_nothing_in_what_we_say_it_finds_nothing_in(
    name: str, host_folder: Path, tmp_path: Path
) -> None:
    import comfy.sd
    import torch

    shapes = UNFOUND[name]()
    if name.startswith("flat"):
        shapes = {key: shape for key, shape in shapes.items() if not key.startswith("text_model.")}
    keys = {key: torch.empty(shape, device="meta") for key, shape in shapes.items()}
    assert comfy.sd.detect_te_model(keys) is None
    report = inspect(make.sparse(tmp_path / "a.safetensors", shapes))
    [encoder] = report["encoders"]
    assert encoder["host_takes_it_for"] == ""
    assert "ComfyUI's own loader finds no text encoder" in " ".join(encoder["notes"])


@pytest.mark.host
def test_the_host_fails_on_another_vocabulary(host_folder: Path, tmp_path: Path) -> None:
    import comfy.sd
    import torch

    shapes = make.t5("xxl", vocab=69328)
    keys = {key: torch.empty(shape, device="meta") for key, shape in shapes.items()}
    assert comfy.sd.detect_te_model(keys).name == "T5_XXL"
    report = inspect(make.sparse(tmp_path / "a.safetensors", shapes))
    [note] = [note for note in report["encoders"][0]["notes"] if "own loader" in note]
    assert note == (
        "ComfyUI's own loader takes this file for T5 v1.1 XXL, and fails: its vocabulary has "
        "69,328 pieces, and T5 v1.1 XXL has 32,128."
    )


@pytest.mark.host
@pytest.mark.parametrize("name", MISTAKEN)
def test_the_host_fails_where_we_say_that_it_fails(
    name: str, described: Callable[[str], Description], host_folder: Path
) -> None:
    """Shapes of the host's own configuration against those of the file."""
    import comfy.text_encoders
    from encoderscope.conditioning.encoder_files.expected_keys import expected_keys
    from encoderscope.conditioning.encoder_files.host_loader import host_sentence
    from encoderscope.conditioning.families.roles import CLIP_H, CLIP_L

    configs = {
        CLIP_L.title: "../sd1_clip_config.json",
        CLIP_H.title: "sd2_clip_config.json",
        "T5 base (the original)": "t5_config_base.json",
        "T5 11B (the original)": "t5_old_config_xxl.json",
        "Pile-T5 XL": "t5_pile_config_xl.json",
        "Glyph-ByT5 small": "byt5_config_small_glyph.json",
    }
    folder = Path(next(iter(comfy.text_encoders.__path__)))
    config = json.loads((folder / configs[MISTAKEN[name]]).read_text())
    description = described(name)
    assert expected_keys(description)
    own = (description.vocabulary, description.width, description.feed_forward)
    hosts = (
        config["vocab_size"],
        config.get("d_model") or config.get("hidden_size"),
        config.get("d_ff") or config.get("intermediate_size"),
    )
    sentence = host_sentence(description, True)
    assert ("and fails" in sentence or "loads nothing" in sentence) == (own != hosts)
