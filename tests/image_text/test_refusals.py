"""Files that are no image-text encoder: each a sentence, never a traceback of shapes. And other
layouts that are one.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.image_text import loading as image_text_loading
from encoderscope.conditioning.image_text import shapes as dual_shapes
from encoderscope.conditioning.image_text.text_reading import SentencePieceTokenizer, TextReader
from encoderscope.conditioning.image_text.weights import Weight, from_openclip
from encoderscope.tests.image_text import kit
from safetensors.torch import load_file, save_file


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("whole")
    for kind in kit.KINDS:
        kit.save(root / kind, kind)
    return {kind: root / kind for kind in kit.KINDS}


def change_weights(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    state = load_file(folder / "model.safetensors")
    change(state)
    save_file(state, folder / "model.safetensors")


def keep(start: str) -> Callable[[Path], Any]:
    return lambda folder: change_weights(
        folder,
        lambda state: [state.pop(name) for name in list(state) if not name.startswith(start)],
    )


def edit(folder: Path, name: str, **values: Any) -> None:
    document = json.loads((folder / name).read_text())
    (folder / name).write_text(json.dumps(document | values))


def without_tokenizer(folder: Path) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        (folder / name).unlink(missing_ok=True)


def as_pickle(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"PK\x03\x04")


def cut_short(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def shrink(state: dict[str, Any]) -> None:
    state["text_projection.weight"] = state["text_projection.weight"][:, :-1].contiguous()


BAD: list[tuple[str, str, Callable[[Path], Any], str]] = [
    ("text tower only", "clip", keep("text_"), "text tower without a vision tower"),
    ("vision tower only", "clip", keep("vis"), "vision tower without a text tower"),
    ("SigLIP's vision tower only", "siglip", keep("vision_"), "vision tower without a text tower"),
    ("something else", "clip", keep("logit"), "no image-text model"),
    (
        "no tokenizer",
        "siglip",
        without_tokenizer,
        "There is no tokenizer in the folder.*Put the files",
    ),
    ("no tokenizer, CLIP without a host", "clip", without_tokenizer, "There is no tokenizer"),
    (
        "another's tokenizer",
        "siglip",
        lambda folder: kit.tokenizer(500).save_pretrained(folder),
        "500 tokens",
    ),
    ("a pickle", "clip", as_pickle, "is a pickle"),
    ("cut short", "clip", cut_short, "cut short"),
    (
        "a layer is missing",
        "clip",
        lambda f: change_weights(f, lambda s: s.pop("vision_model.encoder.layers.1.mlp.fc1.bias")),
        "lacks 1 weight ",
    ),
    (
        "a stranger",
        "clip",
        lambda f: change_weights(f, lambda s: s.update(extra=torch.zeros(1))),
        "does not belong",
    ),
    ("another shape", "clip", lambda f: change_weights(f, shrink), "text_projection.weight as"),
    (
        "packed",
        "clip",
        lambda f: change_weights(
            f, lambda s: s.update({"logit_scale": torch.zeros((), dtype=torch.float8_e4m3fn)})
        ),
        "F8_E4M3",
    ),
    (
        "another's config",
        "clip",
        lambda f: edit(f, "config.json", model_type="siglip"),
        "is for SigLIP",
    ),
    (
        "a config of something else",
        "clip",
        lambda f: edit(f, "config.json", model_type="bert"),
        "is for bert",
    ),
    (
        "a config without sense",
        "clip",
        lambda f: edit(f, "config.json", text_config={"hidden_size": 7}),
        "transformers cannot read|lacks|as ",
    ),
    ("no config", "clip", lambda f: (f / "config.json").unlink(), "no config.json"),
    ("an empty folder", "clip", lambda f: [shutil.rmtree(f), f.mkdir()], "holds no weights"),
    ("nothing", "clip", shutil.rmtree, "no file or folder"),
]


@pytest.mark.parametrize(
    ("kind", "spoil", "sentence"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_a_bad_folder_is_refused_with_a_sentence(
    whole: Any, tmp_path: Path, kind: str, spoil: Callable[[Path], Any], sentence: str
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(whole[kind], folder)
    spoil(folder)
    with pytest.raises(EncoderScopeError, match=f"(?s){sentence}") as refused:
        image_text_loading.load(folder)
    assert refused.value.problem
    assert refused.value.expected
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("siglip", ("logit_bias",)),
        ("siglip", ("logit_scale",)),
        ("siglip", ("logit_scale", "logit_bias")),
        ("siglip2", ("logit_bias",)),
        ("clip", ("logit_scale",)),
    ],
    ids=str,
)
def test_what_only_percentages_need_may_be_missing(
    whole: Any, tmp_path: Path, kind: str, missing: tuple[str, ...]
) -> None:
    """Verdicts compare captions by cosines: those are the same to the bit."""
    folder = tmp_path / "model"
    shutil.copytree(whole[kind], folder)
    change_weights(folder, lambda state: [state.pop(name) for name in missing])
    lacking, complete = image_text_loading.load(folder), image_text_loading.load(whole[kind])
    for a, b in (
        (lacking.image_features(kit.pictures(2)), complete.image_features(kit.pictures(2))),
        (lacking.text_features(kit.TEXTS), complete.text_features(kit.TEXTS)),
    ):
        assert torch.equal(a, b)
    assert (lacking.uncalibrated, complete.uncalibrated) == (missing, ())
    scores = lacking.logits(kit.pictures(2), kit.TEXTS)
    order = complete.logits(kit.pictures(2), kit.TEXTS).argsort(dim=1)
    assert torch.equal(scores.argsort(dim=1), order)
    assert bool(lacking.probabilities(scores).isnan().all())
    sentence = f"its file has no {' and no '.join(missing)}, so percentages are not known"
    assert sentence in lacking.describe() and "not known" not in complete.describe()


def test_a_bias_that_clip_does_not_have_is_none_of_its_numbers(whole: Any) -> None:
    assert image_text_loading.load(whole["clip"]).uncalibrated == ()


def test_a_tiny_lone_file_is_refused_because_heads_are_unknown(whole: Any, tmp_path: Path) -> None:
    shutil.copy(whole["clip"] / "model.safetensors", tmp_path / "mine.safetensors")
    with pytest.raises(EncoderScopeError, match=r"^The vision tower is 32 wide.*config\.json"):
        image_text_loading.load(tmp_path / "mine.safetensors")


def test_an_unknown_activation_is_refused(whole: Any) -> None:
    with pytest.raises(EncoderScopeError, match="quick_gelu"):
        image_text_loading.load(whole["clip"], image_text_loading.LoadOptions(activation="relu"))


def test_an_activation_beside_a_config_is_said_to_be_unused(whole: Any) -> None:
    assert (
        "was not used"
        in image_text_loading.load(
            whole["clip"], image_text_loading.LoadOptions(activation="gelu")
        ).describe()
    )


def test_a_file_inside_a_folder_is_read_with_its_folder(whole: Any) -> None:
    inside, folder = (
        image_text_loading.load(whole["clip"] / "model.safetensors"),
        image_text_loading.load(whole["clip"]),
    )
    assert torch.equal(
        inside.logits(kit.pictures(2), kit.TEXTS), folder.logits(kit.pictures(2), kit.TEXTS)
    )


PUBLISHED = [  # kind, vision width, text width, positions, patch -> title, heads, activation
    (("clip", 768, 512, 50, 32), "CLIP ViT-B/32", (12, 8), "quick_gelu"),
    (("clip", 768, 512, 197, 16), "CLIP ViT-B/16", (12, 8), "quick_gelu"),
    (("clip", 1024, 768, 257, 14), "CLIP ViT-L/14", (16, 12), "quick_gelu"),
    (("clip", 1024, 768, 577, 14), "CLIP ViT-L/14, 336 px", (16, 12), "quick_gelu"),
    (("clip", 1280, 1024, 257, 14), "CLIP ViT-H/14", (16, 16), "gelu"),
    (("clip", 1664, 1280, 257, 14), "CLIP ViT-bigG/14", (16, 20), "gelu"),
    (("siglip", 768, 768, 196, 16), "SigLIP B/16", (12, 12), None),
    (("siglip", 1152, 1152, 729, 14), "SigLIP So400m/14, 378 px", (16, 16), None),
    (("siglip2", 768, 768, 256, 16), "SigLIP 2 NaFlex B/16", (12, 12), None),
]


@pytest.mark.parametrize(
    ("sizes", "title", "heads", "activation"), PUBLISHED, ids=[case[1] for case in PUBLISHED]
)
def test_published_models_are_known_by_their_shapes(
    sizes: Any, title: str, heads: tuple[int, int], activation: str | None
) -> None:
    kind, width, text, positions, patch = sizes
    shapes = {
        "vision_model.embeddings.patch_embedding.weight": (width, 3 * patch**2)
        if kind == "siglip2"
        else (width, 3, patch, patch),
        "vision_model.embeddings.position_embedding.weight": (positions, width),
        "text_model.embeddings.token_embedding.weight": (49408, text),
        "text_model.embeddings.position_embedding.weight": (77, text),
        "vision_model.encoder.layers.0.mlp.fc1.weight": (4 * width, width),
        "text_model.encoder.layers.0.mlp.fc1.weight": (4 * text, text),
        **(
            {"visual_projection.weight": (text, width)}
            if kind == "clip"
            else {"text_model.head.weight": (width, text)}
        ),
    }
    derived = dual_shapes.derive(shapes)
    vision, words = derived.config["vision_config"], derived.config["text_config"]
    assert dual_shapes.title_of(derived.kind, derived.config) == title
    assert (vision["num_attention_heads"], words["num_attention_heads"]) == heads
    assert vision.get("hidden_act") == words.get("hidden_act") == activation
    if activation:
        assert any("Assumed" in note for note in derived.notes)


def openclip(state: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """The same weights under OpenCLIP's names, written by OpenCLIP's rules and not by ours."""
    top = {
        "logit_scale": "logit_scale",
        "vision_model.embeddings.class_embedding": "visual.class_embedding",
        "vision_model.embeddings.patch_embedding.weight": "visual.conv1.weight",
        "vision_model.embeddings.position_embedding.weight": "visual.positional_embedding",
        "text_model.embeddings.token_embedding.weight": f"{prefix}token_embedding.weight",
        "text_model.embeddings.position_embedding.weight": f"{prefix}positional_embedding",
        **{f"text_model.final_layer_norm.{k}": f"{prefix}ln_final.{k}" for k in ("weight", "bias")},
        **{f"vision_model.pre_layrnorm.{k}": f"visual.ln_pre.{k}" for k in ("weight", "bias")},
        **{f"vision_model.post_layernorm.{k}": f"visual.ln_post.{k}" for k in ("weight", "bias")},
    }
    out = {new: state[old] for old, new in top.items()}
    out["visual.proj"], out[f"{prefix}text_projection"] = (
        state["visual_projection.weight"].T.contiguous(),
        state["text_projection.weight"].T.contiguous(),
    )
    for old, new in (("vision_model", "visual."), ("text_model", prefix)):
        for layer in range(2):
            a, b = f"{old}.encoder.layers.{layer}", f"{new}transformer.resblocks.{layer}"
            for k in ("weight", "bias"):
                out[f"{b}.attn.in_proj_{k}"] = torch.cat(
                    [state[f"{a}.self_attn.{x}_proj.{k}"] for x in "qkv"]
                )
                out[f"{b}.attn.out_proj.{k}"] = state[f"{a}.self_attn.out_proj.{k}"]
                out[f"{b}.ln_1.{k}"], out[f"{b}.ln_2.{k}"] = (
                    state[f"{a}.layer_norm1.{k}"],
                    state[f"{a}.layer_norm2.{k}"],
                )
                out[f"{b}.mlp.c_fc.{k}"], out[f"{b}.mlp.c_proj.{k}"] = (
                    state[f"{a}.mlp.fc1.{k}"],
                    state[f"{a}.mlp.fc2.{k}"],
                )
    return out


@pytest.mark.parametrize("prefix", ["", "text."])
def test_openclips_names_are_translated(whole: Any, tmp_path: Path, prefix: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(whole["clip"], folder)
    save_file(
        openclip(load_file(folder / "model.safetensors"), prefix), folder / "model.safetensors"
    )
    ours, expected = image_text_loading.load(folder), image_text_loading.load(whole["clip"])
    assert torch.equal(
        ours.logits(kit.pictures(2), kit.TEXTS), expected.logits(kit.pictures(2), kit.TEXTS)
    )


def test_openclips_other_towers_are_refused() -> None:
    weights = {
        "visual.trunk.blocks.0.attn.qkv.weight": Weight((3, 1), "F32", lambda: torch.zeros(3, 1))
    }
    with pytest.raises(EncoderScopeError, match="timm"):
        from_openclip(weights)


def test_siglips_sentencepiece_is_read_without_punctuation_and_capitals(tmp_path: Path) -> None:
    sentencepiece = pytest.importorskip("sentencepiece")
    (tmp_path / "words.txt").write_text("\n".join(kit.TEXTS * 20))
    sentencepiece.SentencePieceTrainer.train(
        input=str(tmp_path / "words.txt"),
        model_prefix=str(tmp_path / "spiece"),
        vocab_size=40,
        pad_id=-1,
        bos_id=-1,
        eos_id=1,
        unk_id=2,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    vocabulary = SentencePieceTokenizer(tmp_path / "spiece.model")
    plain = sentencepiece.SentencePieceProcessor(
        model_file=str(tmp_path / "spiece.model")
    ).EncodeAsIds("a red car next to a house")
    assert vocabulary.encode("A red car,  next-to a House!") != [
        *plain,
        1,
    ]  # a hyphen joins, as it does for the authors
    assert vocabulary.encode("A red car,  next to\na House!") == [*plain, 1]
    reading = TextReader(vocabulary, 64, lowercase=True)(["A red car, next to a house."])
    assert reading.ids.tolist() == [[*plain, *[1] * (64 - len(plain))]]
    (tmp_path / "bad.model").write_bytes(b"nonsense")
    with pytest.raises(EncoderScopeError, match=r"bad\.model cannot be read"):
        SentencePieceTokenizer(tmp_path / "bad.model")
