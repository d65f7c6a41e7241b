"""Encoders with NaN or infinity in their weights: refused when they are loaded, and where another
loader has loaded them, neither judged nor stored, and no such number reaches JSON.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.tests.host.loading import making

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder", "one_thread")]
ROOT = "text_model."
TEXT = "a red car and a blue house"
TABLE = f"{ROOT}embeddings.token_embedding.weight"
UNUSED_ROW = 40_000
PLACES = {
    "a token's row": (TABLE, 320, math.nan),  # a</w>
    "a norm": (f"{ROOT}encoder.layers.0.layer_norm1.weight", 1, math.nan),
    "an MLP": (f"{ROOT}encoder.layers.1.mlp.fc1.weight", 2, math.inf),
    "a row that no word of the prompt asks for": (TABLE, UNUSED_ROW, math.nan),
}


def poison(weights: dict[str, Any], place: str) -> str:
    name, row, number = PLACES[place]
    weights[name] = weights[name].clone()
    weights[name][row] = number
    return name


@pytest.fixture(params=PLACES)
def place(request: Any) -> str:
    return str(request.param)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_a_file_is_refused_and_the_tensor_named(place: str, dtype: Any, tmp_path: Path) -> None:
    from encoderscope.host import quantization
    from encoderscope.host.loading import loader

    weights = making.state(making.clip(128, 2))
    name = poison(weights, place)
    file = making.write(tmp_path / "poisoned.safetensors", weights, dtype)
    with making.folders(tmp_path):
        for precision in ("as stored", "fp32"):
            with pytest.raises(EncoderScopeError, match="not finite") as caught:
                loader.load([file.name], "auto", precision, "auto")
            assert name in caught.value.problem and file.name not in caught.value.remedy
        with pytest.raises(EncoderScopeError, match="not finite"):
            quantization.run(file, tmp_path / "small.safetensors", "int8")
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.float8_e5m2])
def test_every_byte_of_fp8_is_known(dtype: Any) -> None:
    from encoderscope.conditioning.finite_weights import is_finite

    refused = 0
    for byte in range(256):
        weight = torch.tensor([[0, byte], [0x80, 1]], dtype=torch.uint8).view(dtype)
        assert is_finite(weight) == bool(torch.isfinite(weight.float()).all()), byte
        refused += not is_finite(weight)
    assert refused == {torch.float8_e4m3fn: 2, torch.float8_e5m2: 8}[dtype]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_the_last_number_of_a_weight_in_many_pieces(
    number: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    from encoderscope.conditioning import finite_weights

    monkeypatch.setattr(finite_weights, "_PIECE", 100)
    weight, seen = torch.ones(33, 7), []
    assert finite_weights.is_finite(weight, seen.append)
    assert sum(piece.numel() for piece in seen) == weight.numel() and len(seen) > 3
    weight[-1, -1] = number
    assert not finite_weights.is_finite(weight)
    assert finite_weights.is_finite(torch.tensor(2.0)) != finite_weights.is_finite(weight[-1, -1])


def test_fp8_weights_are_looked_at(tmp_path: Path) -> None:
    from encoderscope.host.loading import loader

    weights = making.state(making.clip(128, 2))
    name = f"{ROOT}encoder.layers.1.mlp.fc1.weight"
    weights[name] = weights[name].to(torch.float8_e4m3fn)
    weights[name].view(torch.uint8)[3, 4] = 0xFF
    making.write(tmp_path / "poisoned.safetensors", weights, None)
    with making.folders(tmp_path):
        for precision in ("as stored", "fp32"):
            with pytest.raises(EncoderScopeError, match="not finite") as caught:
                loader.load(["poisoned.safetensors"], "auto", precision, "auto")
            assert name in caught.value.problem


def test_what_fp16_has_no_room_for_is_not_the_files_fault(tmp_path: Path) -> None:
    from encoderscope.host.loading import loader

    weights = making.state(making.clip(128, 2))
    weights[TABLE][3, 4] = -1e6
    making.write(tmp_path / "wide.safetensors", weights, torch.float32)
    with making.folders(tmp_path):
        for precision in ("fp16", "fp8"):
            with pytest.raises(EncoderScopeError, match="up to 1,000,000, and fp16 ends") as caught:
                loader.load(["wide.safetensors"], "auto", precision, "auto")
            assert "damaged" not in str(caught.value)
        loader.load(["wide.safetensors"], "auto", "bf16", "auto")


def test_a_map_without_room_in_memory_is_not_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is copied is: it was read anyhow."""
    import comfy.model_management as management
    from encoderscope.host.loading import fill

    weights = {"matrix": torch.full((64, 64), math.nan), "norm": torch.ones(64)}
    monkeypatch.setattr(fill, "_MOST_OF_MAP", 64 * 4)
    monkeypatch.setattr(management, "get_free_memory", lambda _: 64 * 64 * 4)
    fill._require_finite(weights, {"matrix", "norm"}, "T5")
    with pytest.raises(EncoderScopeError, match="matrix of T5"):
        fill._require_finite(weights, set(), "T5")
    monkeypatch.setattr(management, "get_free_memory", lambda _: 64 * 64 * 10)
    with pytest.raises(EncoderScopeError, match="matrix of T5"):
        fill._require_finite(weights, {"matrix", "norm"}, "T5")
    weights["norm"][5] = -math.inf
    monkeypatch.setattr(management, "get_free_memory", lambda _: 0)
    with pytest.raises(EncoderScopeError, match="norm of T5"):
        fill._require_finite(weights, {"matrix", "norm"}, "T5")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone takes pages back")
def test_a_map_leaves_the_memory_when_it_was_looked_at(tmp_path: Path) -> None:
    from encoderscope.host.loading import fill
    from safetensors import safe_open
    from safetensors.torch import save_file

    def resident() -> int:
        """kB of files' pages in this process."""
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return int(status.partition("RssFile:")[2].split()[0])

    save_file({"matrix": torch.ones(1024, 48 * 1024)}, tmp_path / "map.safetensors")
    with safe_open(tmp_path / "map.safetensors", "pt") as file:
        weights = {"matrix": file.get_tensor("matrix")}
        before = resident()
        fill._require_finite(weights, {"matrix"}, "T5")
        assert resident() - before < 50_000, "of 200,000"
        assert float(weights["matrix"].sum()) == 1024 * 48 * 1024


def poisoned_clip(place: str) -> Any:
    """As another loader would load it."""
    from encoderscope.host import miniatures

    clip = miniatures.clip("mini-CLIP-hard", "sd3 without T5")
    for encoder in (clip.cond_stage_model.clip_l, clip.cond_stage_model.clip_g):
        weights = encoder.transformer.state_dict()
        poison(weights, place)
        encoder.transformer.load_state_dict(weights)
    return clip


def outcome(node: Any, **inputs: Any) -> str:
    """What a node says; its JSON is strict. A refusal's own words."""
    try:
        output = node.execute(**inputs)
    except EncoderScopeError as refusal:
        return str(refusal)
    json.dumps(output.ui, allow_nan=False)
    for value in output.result:
        if isinstance(value, str) and value.startswith("{"):
            json.loads(value, parse_constant=pytest.fail)
    return "answered"


def test_no_node_judges_such_a_clip(place: str) -> None:
    from encoderscope.host.generator import miniature_model
    from encoderscope.nodes.binding.binding_probe import BindingProbe
    from encoderscope.nodes.doctor.prompt_doctor import PromptDoctor
    from encoderscope.nodes.generator.ignored_words import IgnoredWords
    from encoderscope.nodes.mixing.encode_states import EncodeStates
    from encoderscope.nodes.mixing.inspect_conditioning import InspectConditioning
    from encoderscope.nodes.prompt.token_map import TokenMap

    clip, calls = poisoned_clip(place), place != "a row that no word of the prompt asks for"
    model = miniature_model.loaded("clip-hard")[0]
    conditioning = clip.encode_from_tokens_scheduled(clip.tokenize(TEXT))
    measured = {"model": model, "clip": clip, "text": TEXT, "seed": 0, "budget": "quick"}
    assert outcome(TokenMap, text=TEXT, clip=clip) == "answered"
    assert outcome(EncodeStates, clip=clip, text=TEXT) == "answered"
    assert outcome(InspectConditioning, conditioning=conditioning) == "answered"
    for sentence in (
        outcome(BindingProbe, clip=clip, text=TEXT),
        outcome(PromptDoctor, clip=clip, text=TEXT),
        outcome(IgnoredWords, **measured),
    ):
        assert ("NaN" in sentence) == calls, sentence
        assert (f"weight {PLACES[place][0]}" in sentence) == calls or "conditioning" in sentence
        assert "image model" not in sentence, "the encoder is to blame"
