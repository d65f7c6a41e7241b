"""What the inspector foretells is what the loader does: *inspect* says that a file loads if and
only if it loads, and gives the loader's own reason where it does not.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from encoderscope.conditioning.encoder_files import packing
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.encoder_files.soundness import BadKeys
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.quantization.quantized_copy import Request, quantize
from encoderscope.conditioning.reports.encoder_file.report import inspect
from encoderscope.tests.host.loading import making
from encoderscope.tests.host.loading.test_files import below, tiny_clip, tiny_t5
from encoderscope.tests.host.loading.test_precisions import fp8
from encoderscope.tests.host.loading.test_refusals import DECODER, LORA, UNET, VAE

pytestmark = pytest.mark.host
Tensors = dict[str, torch.Tensor]
SECOND = ".1.layer.1.DenseReluDense.wo."


def packed(kind: str, format: str, folder: Path) -> Tensors:
    from safetensors.torch import load_file

    tensors = {"t5": tiny_t5, "clip": tiny_clip}[kind]()
    source = making.write(folder / "source.safetensors", tensors, torch.bfloat16)
    quantize(open_checkpoint(source), folder / "packed.safetensors", Request(format))
    read = {key: value.clone() for key, value in load_file(folder / "packed.safetensors").items()}
    for file in folder.iterdir():
        file.unlink()
    return read


def without(tensors: Tensors, *ends: str) -> Tensors:
    return {key: value for key, value in tensors.items() if not key.endswith(ends)}


def with_notes(tensors: Tensors, note: bytes) -> Tensors:
    stored = torch.tensor(list(note), dtype=torch.uint8)
    notes = {key: stored.clone() for key in tensors if key.endswith(packing.NOTE)}
    return {**tensors, **notes}


def rotated() -> bytes:
    return json.dumps({"format": "int8_tensorwise", "convrot": True}).encode()


def block_scaled() -> Tensors:
    """fp8 with a factor for each block, beside every packed weight, under a name of its own."""
    tensors = fp8(tiny_t5(), False)
    packed_keys = [key for key, value in tensors.items() if value.dtype == torch.float8_e4m3fn]
    return tensors | {f"{key}_scale_inv": torch.ones(1, 1) for key in packed_keys}


FILES: dict[str, Callable[[Path], Tensors]] = {
    "clip": lambda _: tiny_clip(),
    "clip in openai's keys": lambda _: making.openai_layout(tiny_clip()),
    "clip without projection": lambda _: without(tiny_clip(), "text_projection.weight"),
    "clip without a layer's bias": lambda _: without(tiny_clip(), "layers.1.mlp.fc1.bias"),
    "clip of another vocabulary": lambda _: {
        **tiny_clip(),
        "text_model.embeddings.token_embedding.weight": torch.zeros(3000, 128),
    },
    "t5": lambda _: tiny_t5(),
    "t5 below a prefix": lambda _: below("text_encoder_2.", tiny_t5()),
    "t5 of an unknown vocabulary": lambda _: {**tiny_t5(), "shared.weight": torch.zeros(69328, 64)},
    "t5 without its norm": lambda _: without(tiny_t5(), "encoder.final_layer_norm.weight"),
    "umt5 without a vocabulary": lambda _: making.state(making.umt5(64, 2, 96, 4, 256384, 16)),
    "fp8": lambda _: fp8(tiny_t5(), False),
    "fp8 scaled": lambda _: fp8(tiny_t5(), True),
    "fp8 scaled, a mark of two numbers": lambda _: {
        **fp8(tiny_t5(), True),
        "scaled_fp8": torch.zeros(2).to(torch.float8_e4m3fn),
    },
    "fp8 scaled, clip": lambda _: fp8(tiny_clip(), True),
    "fp8 scaled, a scale is missing": lambda _: without(
        fp8(tiny_t5(), True), SECOND + "scale_weight"
    ),
    "fp8 scaled, scales are missing": lambda _: without(fp8(tiny_t5(), True), "o.scale_weight"),
    "fp8 scaled, all scales are missing": lambda _: without(fp8(tiny_t5(), True), "scale_weight"),
    "fp8 scaled, clip, a scale is missing": lambda _: without(
        fp8(tiny_clip(), True), "layers.1.mlp.fc1.scale_weight"
    ),
    "fp8, block scales": lambda _: block_scaled(),
    "clip, norms of whole numbers": lambda _: {
        key: value.long() if "layer_norm1.weight" in key else value
        for key, value in tiny_clip().items()
    },
    "openai's keys, positions of whole numbers": lambda _: {
        key: value.to(torch.int8) if key == "positional_embedding" else value
        for key, value in making.openai_layout(tiny_clip()).items()
    },
    "two clips": lambda _: {**below("a.", tiny_clip()), "b": torch.zeros(2)},
    "nonsense": lambda _: {
        "text_model.encoder.layers.0.layer_norm1.weight": torch.zeros(()),
        "text_model.encoder.layers.0.mlp.fc1.weight": torch.zeros(()),
    },
    "a lora": lambda _: LORA,
    "a vae": lambda _: VAE,
    "a decoder": lambda _: DECODER,
    "a checkpoint": lambda _: {**UNET, **below("cond_stage_model.transformer.", tiny_clip())},
    **{
        f"{format}, {kind}": lambda folder, kind=kind, format=format: packed(kind, format, folder)
        for kind in ("t5", "clip")
        for format in packing.FORMATS
    },
    **{
        f"{format}, {end} is missing": (
            lambda folder, end=end, format=format: without(packed("t5", format, folder), end)
        )
        for format in ("int8", "int4")
        for end in (
            SECOND + "weight_scale",
            SECOND + "comfy_quant",
            ".weight_scale",
            ".comfy_quant",
            *((SECOND + "weight_zeros",) if format == "int4" else ()),
        )
    },
    "int4, scales of other groups": lambda folder: {
        key: value[:1] if key.endswith("weight_scale") and value.ndim == 2 else value
        for key, value in packed("t5", "int4", folder).items()
    },
    "int8, rotated": lambda folder: with_notes(packed("t5", "int8", folder), rotated()),
    "int8, notes of zeros": lambda folder: with_notes(packed("t5", "int8", folder), bytes(29)),
    "int8, notes without a format": lambda folder: with_notes(packed("t5", "int8", folder), b"{}"),
    "int8, notes of nvfp4": lambda folder: with_notes(
        packed("t5", "int8", folder), b'{"format": "nvfp4"}'
    ),
    "int8, input scales": lambda folder: {
        **packed("t5", "int8", folder),
        f"encoder.block{SECOND}input_scale": torch.ones(()),
    },
}


@pytest.mark.parametrize("name", FILES)
def test_inspect_says_that_it_loads_if_and_only_if_it_loads(name: str, folder: Path) -> None:
    from encoderscope.host.loading import loader, picker

    tensors = FILES[name](folder)
    path = making.write(folder / "made.safetensors", tensors)
    report = inspect(path)
    try:
        loader.load([path.name], picker.ALONE, "as stored", "auto")
    except EncoderScopeError as error:
        assert not report["loads"], error
        words = report["verdict"] + " ".join(
            note for encoder in report["encoders"] for note in encoder["notes"]
        )
        damaged = isinstance(error, BadKeys) and "It is damaged or incomplete" in words
        assert report["kind"] != "encoder" or damaged or error.problem in words
    else:
        assert report["loads"]
        assert report["usable"]


@pytest.mark.parametrize("kind", ["llm", "bert"])
@pytest.mark.parametrize("family", ["auto", "encoder alone"])
def test_what_only_the_host_builds_is_refused_alone_too(
    kind: str, family: str, folder: Path
) -> None:
    from encoderscope.host.loading import loader

    key = {
        "llm": "model.layers.0.input_layernorm.weight",
        "bert": "encoder.layer.0.attention.output.LayerNorm.weight",
    }[kind]
    making.write(folder / "made.safetensors", {key: torch.zeros(64)})
    with pytest.raises(EncoderScopeError, match="is no CLIP, SigLIP or T5") as raised:
        loader.load(["made.safetensors"], family, "as stored", "auto")
    assert "KeyError" not in str(raised.value)


@pytest.mark.parametrize("kind", ["Q8_1", "Q8_K"])
def test_a_type_of_gguf_that_nothing_unpacks(kind: str, folder: Path) -> None:
    from encoderscope.host.loading import loader
    from encoderscope.tests.encoder_files import make

    sizes = {"d_model": 256, "num_layers": 1, "d_ff": 256, "num_heads": 4, "d_kv": 64}
    number = {"Q8_1": 9, "Q8_K": 15}[kind]
    tensors = {
        name: (shape, number if "attn_q" in name else 0)
        for name, shape in make.gguf_t5_names(make.t5(sizes)).items()
    }
    path = make.gguf(folder / "t5.gguf", tensors, {"general.architecture": "t5encoder"})
    assert not inspect(path)["loads"]
    with pytest.raises(EncoderScopeError, match=f"tensors of the type {kind}"):
        loader.load(["t5.gguf"], "encoder alone", "as stored", "auto")


def test_half_of_the_scales_are_missing(folder: Path) -> None:
    from encoderscope.host.loading import loader

    tensors = without(
        fp8(tiny_t5(), True),
        *(f".1.layer.0.SelfAttention.{name}.scale_weight" for name in "qkvo"),
        *(f".1.layer.1.DenseReluDense.{name}.scale_weight" for name in ("wi_0", "wi_1", "wo")),
    )
    path = making.write(folder / "half.safetensors", tensors)
    with pytest.raises(EncoderScopeError) as raised:
        loader.load([path.name], "auto", "as stored", "auto")
    problem = raised.value.problem
    assert problem.startswith("7 of the 14 packed layers of T5")
    assert "the first is encoder.block.1.layer.0.SelfAttention.q." in problem
    assert problem in inspect(path)["verdict"]


def test_scales_that_are_read_are_not_called_unread(folder: Path) -> None:
    from encoderscope.host.loading import loaded_report, loader

    for tensors in (fp8(tiny_t5(), True), packed("t5", "int8", folder)):
        making.write(folder / "t5.safetensors", tensors)
        for precision in ("as stored", "fp32"):
            loaded = loader.load(["t5.safetensors"], "auto", precision, "auto")
            unused = loaded_report.report(loaded, precision)["encoders"][0]["unused"]
            assert set(unused) <= {"scaled_fp8"}


@pytest.mark.parametrize(("name", "family"), [("g", "sdxl_refiner"), ("l", "sd1")])
@pytest.mark.parametrize("whole", [True, False])
def test_a_family_that_fits_is_one_that_it_loads_for(
    name: str, family: str, whole: bool, files: Path, tmp_path: Path
) -> None:
    """CLIP-G without its projection: the refiner reads through it; SD 1.x reads no CLIP-L's."""
    from encoderscope.host.loading import loader
    from safetensors.torch import load_file

    tensors = load_file(files / f"{name}.safetensors")
    if not whole:
        tensors = without(tensors, "text_projection.weight")
    path = making.write(tmp_path / "made.safetensors", tensors)
    [encoder] = inspect(path)["encoders"]
    [fits] = [answer["fits"] for answer in encoder["fits"] if answer["family"] == family]
    assert fits == (whole or name == "l")
    [hidream] = [answer["fits"] for answer in encoder["fits"] if answer["family"] == "hidream"]
    assert hidream == whole
    with making.folders(tmp_path):
        if fits:
            loader.load([path.name], family, "as stored", "auto")
        else:
            with pytest.raises(EncoderScopeError, match=r"text_projection\.weight \(missing\)"):
                loader.load([path.name], family, "as stored", "auto")


def test_a_gguf_by_another_name_is_read_by_how_it_begins(folder: Path) -> None:
    from encoderscope.host.loading import loader
    from encoderscope.tests.host.loading.gguf_files import write_gguf
    from encoderscope.tests.host.loading.test_files import same, states

    write_gguf(folder / "t5.gguf", tiny_t5(), "Q8_0")
    (folder / "other.safetensors").write_bytes((folder / "t5.gguf").read_bytes())
    report = inspect(folder / "other.safetensors")
    assert report["loads"] and report["container"] == "gguf"
    assert "rename it to end in .gguf" in " ".join(report["encoders"][0]["notes"])
    loader.load(["other.safetensors"], "auto", "as stored", "auto")
    same(states("other.safetensors"), states("t5.gguf"))


@pytest.mark.parametrize("kind", ["safetensors", "gguf"])
def test_a_file_that_shrinks_after_its_header_was_read(kind: str, folder: Path) -> None:
    from encoderscope.host import folders
    from encoderscope.host.loading import loader
    from encoderscope.tests.host.loading.gguf_files import write_gguf

    path = folder / f"t5.{kind}"
    if kind == "gguf":
        write_gguf(path, tiny_t5(), "Q8_0")
    else:
        making.write(path, tiny_t5())
    opened = folders.open_all([path.name])
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with pytest.raises(EncoderScopeError, match="has changed since its header was read") as raised:
        loader.load_described(opened, "auto", None, "as stored", "auto")
    assert raised.value.remedy.startswith("Wait until the file is whole")


def test_a_checkpoint_with_long_clip_is_not_for_load_checkpoint(folder: Path) -> None:
    """The host makes a checkpoint's CLIP for 77 positions, and fails on 248."""
    from encoderscope.host.loading import loader

    long = making.state(making.clip(128, 2, positions=248))
    path = making.write(
        folder / "long.safetensors", {**UNET, **below("cond_stage_model.transformer.", long)}
    )
    report = inspect(path)
    assert not report["loads"]
    [note] = [note for note in report["notes"] if "Load Checkpoint" in note]
    assert note.startswith("Load Checkpoint fails on it: its Long-CLIP")
    with pytest.raises(EncoderScopeError) as raised:
        loader.load([path.name], "auto", "as stored", "auto")
    assert raised.value.remedy == note


def test_a_vocabulary_is_the_reason_and_no_family_fits_both(folder: Path, files: Path) -> None:
    """UMT5 XXL is as wide as T5 XXL: its width is no reason."""
    from encoderscope.conditioning.encoder_files.description import Description
    from encoderscope.host.loading import picker

    umt5 = Description(
        "encoder", "t5", "umt5", "xxl", "UMT5 XXL", width=4096, layers=24, vocabulary=256384
    )
    clip = Description("encoder", "clip", "clip", "l", "CLIP-L", width=768, layers=12)
    with pytest.raises(picker.NoFamily) as raised:
        picker.choose([clip, umt5], "flux")
    error = raised.value
    reason = "UMT5 XXL has the same width, 4096, but another vocabulary, of 256,384 pieces."
    assert reason in error.problem
    assert error.expected == "It takes CLIP-L + T5 v1.1 XXL."
    assert error.remedy == "Choose those files. UMT5 XXL is for Wan."


def test_distilbert_is_refused_as_what_it_is() -> None:
    from encoderscope.conditioning.encoder_files.description import Description
    from encoderscope.host.loading import picker

    title = "DistilBERT (multilingual)"
    bert = Description("encoder", "bert", "distilbert", "", title, width=768, layers=6)
    with pytest.raises(picker.NoFamily) as raised:
        picker.choose([bert], "auto")
    assert raised.value.remedy == (
        "No image model takes DistilBERT (multilingual): choose the model's own text encoder."
    )
    assert "CLIPLoader" not in str(raised.value)


def test_many_encoders_are_refused_in_a_sentence(folder: Path) -> None:
    key = "text_model.encoder.layers.0.layer_norm1.weight"
    path = making.write(
        folder / "many.safetensors", {f"m{number}.{key}": torch.zeros(64) for number in range(2000)}
    )
    with pytest.raises(EncoderScopeError, match="names more than 16 text encoders") as raised:
        inspect(path)
    assert len(str(raised.value)) < 1000
