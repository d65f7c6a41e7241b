"""Encoders with NaN or infinity in their weights: refused when they are loaded, and where another
loader has loaded them, neither judged nor stored, and no such number reaches JSON.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
import math
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


def test_of_large_encoders_the_smallest_tensors_are_looked_at(monkeypatch: Any) -> None:
    from encoderscope.conditioning.encoder_files import tensor_reader

    weights = {"matrix": torch.full((64, 64), math.nan), "norm": torch.ones(64)}
    monkeypatch.setattr(tensor_reader, "MOST_BYTES", 64 * 4)
    tensor_reader.require_finite_weights(weights, "T5")
    weights["norm"][5] = -math.inf
    with pytest.raises(EncoderScopeError, match="norm of T5"):
        tensor_reader.require_finite_weights(weights, "T5")


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
        assert "image model" not in sentence, "the encoder is to blame"
