"""Quantising with the host: real sentences, the node on a real server, the terminal; and the host's
own loader of what was written.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.cli import main
from encoderscope.conditioning import miniature
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.encoder_files.signatures import describe
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.quantization.quantized_copy import Request, quantize
from encoderscope.tests import hostkit
from encoderscope.tests.host.loading import making
from encoderscope.tests.host.loading.conftest import T5_INSIDE

pytestmark = pytest.mark.host


@pytest.fixture(scope="module")
def base(host_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder: text_encoders with mini-CLIP-hard, mini-T5 and a T5-XXL that is narrow
    inside, in bf16.
    """
    base = tmp_path_factory.mktemp("models")
    for name in (miniature.CLIP_HARD, miniature.T5):
        making.write(
            base / "text_encoders" / f"{name}.safetensors",
            miniature.text_weights(miniature.load(name)),
        )
    narrow = making.t5(4096, 24, T5_INSIDE["d_ff"], T5_INSIDE["num_heads"], T5_INSIDE["d_kv"])
    making.write(base / "text_encoders" / "t5xxl.safetensors", making.state(narrow), torch.bfloat16)
    return base


@pytest.fixture(scope="module")
def server(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    config = base / "paths.yaml"
    config.write_text(
        json.dumps({"test": {"base_path": str(base), "text_encoders": "text_encoders"}}),
        encoding="utf-8",
    )
    with hostkit.serve(
        tmp_path_factory.mktemp("run"), arguments=("--extra-model-paths-config", str(config))
    ) as running:
        yield running


MEASURED = {"int8": (0.015, 0.03), "fp8": (0.05, 0.10), "int4": (0.20, 0.40)}
"""Bounds of the errors of states and of differences for trained miniatures."""


@pytest.mark.parametrize("packing", MEASURED)
@pytest.mark.parametrize("name", [miniature.CLIP_HARD, miniature.T5])
def test_errors_are_measured_on_sentences(
    name: str, packing: str, base: Path, tmp_path: Path
) -> None:
    from encoderscope.host import quantization

    done = quantization.run(
        base / "text_encoders" / f"{name}.safetensors", tmp_path / "out.safetensors", packing
    )
    assert (
        done.states is not None
        and done.states.differences is not None
        and not done.random_sentences
    )
    assert (
        0 < done.states.states < MEASURED[packing][0]
        and 0 < done.states.differences < MEASURED[packing][1]
    )


def test_the_measured_error_is_that_of_the_hosts_encoders(base: Path, tmp_path: Path) -> None:
    """Source and copy in the host's own modules, the same tokens: the same figures."""
    from encoderscope.host import quantization
    from encoderscope.host.loading import loader as load_encoders

    source = base / "text_encoders" / f"{miniature.T5}.safetensors"
    done = quantization.run(source, tmp_path / "out.safetensors", "int8")
    clips = [load_encoders.load_files([path]).clip for path in (source, done.path)]
    rows = quantization.pairs(describe(open_checkpoint(source)), None)
    result = []
    for clip in clips:
        encoder = clip.cond_stage_model.t5
        encoder.enable_attention_masks = False
        with torch.no_grad():
            result.append(encoder.encode([row for pair in rows for row in pair])[0])
    exact, copy = result
    apart, meant = copy[::2] - copy[1::2], exact[::2] - exact[1::2]
    assert done.states is not None
    assert float((copy - exact).norm() / exact.norm()) == pytest.approx(
        done.states.states, rel=1e-3
    )
    assert float((apart - meant).norm() / meant.norm()) == pytest.approx(
        done.states.differences, rel=1e-3
    )


def test_the_hosts_own_loader_reads_fp8_as_ours_does(base: Path, tmp_path: Path) -> None:
    """The host's CLIPLoader, for a family that takes T5 alone: ComfyUI 0.3.75's linears are ours,
    newer ones add in another order.
    """
    import comfy.ops
    import comfy.sd
    from encoderscope.host.loading import loader as load_encoders

    done = quantize(
        open_checkpoint(base / "text_encoders" / "t5xxl.safetensors"),
        tmp_path / "t5xxl_fp8.safetensors",
        Request("fp8"),
    )
    assert "0.3.75 included" in done.stock
    with making.recognised():
        stock = comfy.sd.load_clip(
            [str(done.path)],
            clip_type=comfy.sd.CLIPType.PIXART,
            model_options={"t5xxl_model_config": T5_INSIDE},
        )
    ours = load_encoders.load_files([done.path], "pixart").clip
    assert type(stock.cond_stage_model).__qualname__ == type(ours.cond_stage_model).__qualname__
    with torch.no_grad():
        item, other = (
            clip.encode_from_tokens(clip.tokenize("a red fox")) for clip in (stock, ours)
        )
    allowed = 0 if hasattr(comfy.ops, "scaled_fp8_ops") else 1e-5
    assert float((item - other).norm()) <= allowed * float(item.norm())
    assert item.isfinite().all() and float(item.std()) > 0


def graph(**inputs: str) -> dict[str, Any]:
    source = {"file": "mini-T5.safetensors", "format": "int8", "name": "", **inputs}
    return {
        "1": {"class_type": "EncoderScope_QuantizeEncoder", "inputs": source},
        "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}},
    }


def test_the_node_writes_beside_the_source_and_the_loader_takes_it(server: Any, base: Path) -> None:
    shown = server.run(graph())
    sentence = shown["1"]["text"][0]
    assert sentence.startswith(
        "T5 v1.1 or Flan-T5 of an unknown size (128 wide, 4 layers), 19.9 MB -> 17.3 MB "
        "(int8); states differ by 0."
    )
    assert "differences between sentences by" in sentence
    assert "own loaders do not read it" in sentence, (
        "they look for packed weights in T5-XXL and UMT5-XXL alone"
    )
    assert shown["2"]["text"][0] == "mini-T5-int8.safetensors"
    assert (base / "text_encoders" / "mini-T5-int8.safetensors").is_file()
    none = {f"file_{number}": "none" for number in (2, 3, 4)}
    loader = {
        "file_1": "mini-T5-int8.safetensors",
        **none,
        "family": "encoder alone",
        "precision": "as stored",
        "device": "auto",
    }
    loaded = server.run(
        {
            "1": {"class_type": "EncoderScope_LoadEncoders", "inputs": loader},
            "2": {
                "class_type": "CLIPTextEncode",
                "inputs": {"clip": ["1", 0], "text": "a red circle"},
            },
            "3": {"class_type": "PreviewAny", "inputs": {"source": ["2", 0]}},
        }
    )
    assert loaded["1"]["encoderscope_loaded"][0]["encoders"][0]["dtypes"]["int8"] > 0
    assert "tensor" in loaded["3"]["text"][0]


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ({"name": "mini-CLIP-hard"}, "There is a mini-CLIP-hard.safetensors already"),
        ({"name": "../out"}, "no folders"),
        ({"name": "a/b"}, "no folders"),
        ({"name": "..\\out"}, "no folders"),
        ({"name": ".hidden"}, "no folders"),
        ({"file": "../../secret.safetensors"}, "outside of ComfyUI's text_encoders"),
        ({"file": "gone.safetensors"}, "There is no 'gone.safetensors'"),
    ],
)
def test_the_node_refuses_in_words(
    server: Any, base: Path, inputs: dict[str, str], sentence: str
) -> None:
    before = sorted(path for path in base.parent.rglob("*") if base in path.parents)
    with pytest.raises(hostkit.HostFailure) as refused:
        server.run(graph(**inputs))
    assert sentence in str(refused.value)
    assert sorted(path for path in base.parent.rglob("*") if base in path.parents) == before


def test_the_terminal(
    base: Path, tmp_path: Path, host_folder: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMFYUI_PATH", str(host_folder))
    source, out = (
        str(base / "text_encoders" / "mini-CLIP-hard.safetensors"),
        str(tmp_path / "small.safetensors"),
    )
    assert main.main(["quantize", source, "--format", "int4", "--out", out, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["packing"], document["file"], document["matrices"]) == (
        "int4",
        "small.safetensors",
        {"int4": 18},
    )
    assert main.main(["quantize", source, "--out", out]) == 2
    assert "There is a small.safetensors already" in capsys.readouterr().err
    assert main.main(["quantize", source, "--format", "int2"]) == 2
    assert main.main(["inspect", out]) == 0
    assert "int4" in capsys.readouterr().out


def test_a_stopped_run_says_how_to_go_on(
    base: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from encoderscope.host import quantization

    def stop(done: int, total: int) -> None:
        if done > total / 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quantization.run(
            base / "text_encoders" / "mini-T5.safetensors",
            tmp_path / "out.safetensors",
            "int8",
            stop,
        )
    assert "goes on from there" in caplog.text and (tmp_path / "out.safetensors.part").is_file()


def test_a_vocabulary_beside_the_source_is_taken_along(host_folder: Path, tmp_path: Path) -> None:
    from encoderscope.host import quantization
    from encoderscope.host.loading import loader as load_encoders

    making.write(
        tmp_path / "umt5.safetensors",
        making.state(making.umt5(64, 2, 96, 4, head_width=16)),
        torch.bfloat16,
    )
    with pytest.raises(EncoderScopeError, match="a vocabulary of its own"):
        quantization.run(tmp_path / "umt5.safetensors", tmp_path / "out.safetensors", "int8")
    making.write_sentencepiece(tmp_path / "umt5.spiece.model", 256384)
    done = quantization.run(tmp_path / "umt5.safetensors", tmp_path / "out.safetensors", "int8")
    assert not done.random_sentences
    (tmp_path / "umt5.spiece.model").unlink()
    clip = load_encoders.load_files([done.path]).clip
    assert clip.encode_from_tokens(clip.tokenize("two blue cats")).isfinite().all()
