"""Bad input: each a sentence with what was given, what was expected and what to do; never a shape
traceback, never a silent substitution.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.tests.host.loading import making
from encoderscope.tests.host.loading.test_files import below, tiny_clip, tiny_t5
from encoderscope.tests.host.loading.test_precisions import fp8

pytestmark = pytest.mark.host


@pytest.fixture
def folder(host_folder: Path, tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "text_encoders").mkdir()
    with making.folders(tmp_path / "text_encoders") as path:
        yield path


def load(*names: str, family: str = "auto", precision: str = "as stored") -> Any:
    from encoderscope.host.loading import loader

    return loader.load(list(names), family, precision, "auto")


def refused(*names: str, **options: Any) -> EncoderScopeError:
    with pytest.raises(EncoderScopeError) as sentence:
        load(*names, **options)
    error = sentence.value
    for part in (error.problem, error.expected, error.remedy):
        assert part.endswith("."), part
        assert "Traceback" not in part
        assert "torch.Size" not in part
    return error


def changed(tensors: dict[str, torch.Tensor], **changes: Any) -> dict[str, torch.Tensor]:
    result = dict(tensors)
    for key, value in changes.items():
        name = key.replace("__", ".")
        if value is None:
            result.pop(name)
        else:
            result[name] = value
    return result


LORA = {"lora_te_text_model_encoder_layers_0_mlp_fc1.lora_up.weight": torch.zeros(4, 4)}
UNET = {"model.diffusion_model.input_blocks.0.0.weight": torch.zeros(4, 4)}
VAE = {"decoder.up.0.block.0.norm1.weight": torch.zeros(4)}
DECODER = {
    "decoder.block.0.layer.0.layer_norm.weight": torch.zeros(4),
    "decoder.block.0.layer.1.EncDecAttention.q.weight": torch.zeros(4, 4),
}
FILES: dict[str, tuple[Callable[[], dict[str, torch.Tensor]], str]] = {
    "a lora": (lambda: LORA, "is a LoRA"),
    "a diffusion model": (lambda: UNET, "is a diffusion model"),
    "a vae": (lambda: VAE, "is a VAE"),
    "a decoder alone": (lambda: DECODER, "is the decoder of a T5 without its encoder"),
    "a checkpoint": (
        lambda: {
            **UNET,
            **{f"cond_stage_model.transformer.{key}": value for key, value in tiny_clip().items()},
        },
        "Load it with Load Checkpoint",
    ),
    "anything": (lambda: {"x": torch.zeros(2)}, "that EncoderScope does not know"),
    "a layer is missing": (
        lambda: changed(tiny_clip(), text_model__encoder__layers__1__mlp__fc1__weight=None),
        r"text_model\.encoder\.layers\.1\.mlp\.fc1\.weight \(missing\)",
    ),
    "a norm is missing": (
        lambda: changed(tiny_t5(), encoder__final_layer_norm__weight=None),
        r"encoder\.final_layer_norm\.weight \(missing\)",
    ),
    "a layer too much": (
        lambda: changed(tiny_t5(), encoder__block__0__layer__2__gate__weight=torch.zeros(3)),
        "inside the encoder, but no part of this architecture",
    ),
    "a wrong shape": (
        lambda: changed(tiny_clip(), text_model__encoder__layers__1__mlp__fc2__bias=torch.zeros(5)),
        r"has the shape \[5\], but \[128\] was expected",
    ),
    "another vocabulary": (
        lambda: changed(
            tiny_clip(), text_model__embeddings__token_embedding__weight=torch.zeros(3000, 128)
        ),
        "3,000",
    ),
    "packed by bitsandbytes": (
        lambda: {
            **tiny_t5(),
            "encoder.block.0.layer.0.SelfAttention.q.weight"
            ".quant_state.bitsandbytes__nf4": torch.zeros(3),
        },
        "packed as bitsandbytes",
    ),
}


@pytest.mark.parametrize("case", FILES)
def test_a_wrong_file(case: str, folder: Path) -> None:
    make, says = FILES[case]
    making.write(folder / "given.safetensors", make())
    error = refused("given.safetensors")
    assert re.search(says, str(error)), str(error)


def test_a_path_outside_of_the_folders(folder: Path) -> None:
    making.write(folder.parent / "secret.safetensors", tiny_clip())
    for name in (
        "../secret.safetensors",
        "sub/../../secret.safetensors",
        str(folder.parent / "secret.safetensors"),
        "..\\secret.safetensors",
        ".",
        "",
    ):
        if name:
            assert "outside of ComfyUI's text_encoders folders" in refused(name).problem


def test_no_file_and_a_file_that_is_not_there(folder: Path) -> None:
    assert "No file is chosen." in refused("none", "none").problem
    assert "There is no 'gone.safetensors'" in refused("gone.safetensors").problem


def test_a_file_twice(folder: Path) -> None:
    making.write(folder / "l.safetensors", tiny_clip())
    assert "chosen twice" in refused("l.safetensors", "l.safetensors").problem


def test_a_file_and_its_copy(folder: Path) -> None:
    path = making.write(folder / "l.safetensors", tiny_clip())
    (folder / "copy.safetensors").write_bytes(path.read_bytes())
    said = refused("l.safetensors", "copy.safetensors")
    assert "'l.safetensors' and 'copy.safetensors' are copies of the same file" in said.problem
    tuned = {name: weight + 1 for name, weight in tiny_clip().items()}
    other = making.write(folder / "tuned.safetensors", tuned)
    assert other.stat().st_size == path.stat().st_size
    assert "copies" not in refused("l.safetensors", "tuned.safetensors").problem


def test_a_pickle_a_cut_file_and_missing_shards(folder: Path) -> None:
    torch.save({"a": torch.zeros(2)}, folder / "old.bin")
    assert "is a pickle" in refused("old.bin").problem
    making.write(folder / "whole.safetensors", tiny_t5())
    (folder / "cut.safetensors").write_bytes((folder / "whole.safetensors").read_bytes()[:-100])
    assert "is cut short" in refused("cut.safetensors").problem
    making.write_shards(folder / "hf", tiny_t5())
    (folder / "hf" / "model-00002-of-00003.safetensors").unlink()
    assert "1 of the 3 shards" in refused("hf/").problem
    (folder / "empty").mkdir()
    assert "holds no weights" in refused("empty").problem


def test_an_unknown_precision(folder: Path) -> None:
    making.write(folder / "l.safetensors", tiny_clip())
    assert "Unknown precision 'fp4'" in refused("l.safetensors", precision="fp4").problem


def test_hidream_needs_clip_ls_projection(folder: Path) -> None:
    tensors = making.state(making.clip(768, 12, feed_forward=32))
    tensors.pop("text_projection.weight")
    making.write(folder / "l.safetensors", tensors, torch.float16)
    assert "text_projection.weight (missing)" in refused("l.safetensors", family="hidream").problem
    assert load("l.safetensors").family == "sd1"


def test_a_tokenizer_that_is_nowhere(folder: Path) -> None:
    making.write(folder / "sig.safetensors", making.siglip_state(making.siglip(128, 1, 2, 64)))
    error = refused("sig.safetensors")
    assert "reads text with a vocabulary of its own" in error.problem
    assert "as sig.spiece.model or sig.tokenizer.json" in error.remedy


def test_a_tokenizer_of_another_model(folder: Path) -> None:
    making.write(
        folder / "small" / "sig.safetensors", making.siglip_state(making.siglip(128, 1, 2, 64, 40))
    )
    making.write_sentencepiece(folder / "small" / "spiece.model")
    assert "has 40 rows for them" in refused("small/sig.safetensors").problem


def test_a_damaged_tokenizer(folder: Path) -> None:
    making.write(folder / "sig.safetensors", making.siglip_state(making.siglip(128, 1, 2, 64)))
    for name in ("spiece.model", "tokenizer.json"):
        (folder / f"sig.{name}").write_bytes(b"not a vocabulary")
        assert "cannot be read" in refused("sig.safetensors").problem
        (folder / f"sig.{name}").unlink()


def test_scales_that_the_host_cannot_multiply_are_unpacked(folder: Path) -> None:
    """A CLIP with factors beside a T5 without: the host's option would reach both."""
    tensors = fp8(tiny_clip(), True)
    making.write(folder / "clip.safetensors", tensors)
    loaded = load("clip.safetensors")
    assert loaded.clip.encode_from_tokens(loaded.clip.tokenize("a fox")).isfinite().all()


def test_two_encoders_in_one_file_are_not_one(folder: Path) -> None:
    """There are no others that could be set to none."""
    tensors = below("a.", tiny_clip()) | below("b.", tiny_t5())
    making.write(folder / "two.safetensors", tensors)
    error = refused("two.safetensors", family="encoder alone")
    assert error.problem.startswith("Several encoders were given for 'encoder alone': CLIP of")
    assert error.remedy.startswith("Choose one file that holds a single encoder")


def test_an_encoder_is_named_once_in_a_refusal(folder: Path) -> None:
    making.write(folder / "clip.safetensors", tiny_clip())
    other = {name: weight + 1 for name, weight in tiny_clip().items()}
    making.write(folder / "other.safetensors", other)
    alone = refused("clip.safetensors", family="flux")
    assert alone.problem.count("CLIP of an unknown size") == 1
    assert "Widths: CLIP-L 768, T5 v1.1 XXL 4096." in alone.expected
    from encoderscope.host.loading import loader

    with pytest.raises(
        EncoderScopeError, match=r"No family takes CLIP .* layers\)\. One"
    ) as raised:
        loader.load(["clip.safetensors", "other.safetensors"], "auto", "as stored", "auto")
    assert raised.value.problem.count("CLIP of an unknown size") == 3


def test_an_unknown_language_model_is_named_in_a_whole_sentence(folder: Path) -> None:
    key = "model.layers.0.input_layernorm.weight"
    making.write(folder / "llm.safetensors", {key: torch.zeros(2560)})
    problem = refused("llm.safetensors").problem
    assert problem.startswith("An unknown language model (2560 wide, 1 layer) is no CLIP")
