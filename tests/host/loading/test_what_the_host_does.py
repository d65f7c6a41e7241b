"""What the inspector says of the host's own loader is what that loader does: with the headers of
whole files, and modules without weights.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from encoderscope.conditioning.reports.encoder_file.report import inspect, plain
from encoderscope.tests.encoder_files import make
from encoderscope.tests.encoder_files.inspected import clip_l, layers_of, prefixed, t5, without

pytestmark = [
    pytest.mark.host,
    pytest.mark.filterwarnings("ignore:for .* copying from a non-meta parameter"),
]
FINDS_NOTHING = "finds no text encoder in this file"
LOADS_NOTHING = "loads nothing of it"
NOISE = "what comes out is noise"
NO_TABLE = "does not find the vocabulary of this file"
FAILS = "fails on this file"
OF_ANOTHER_WIDTH = "and fails: it is"
OLDER_FAIL = "Older ones, such as 0.3.75, fail on it."
_MLP = ("mlp.fc1.weight", "mlp.fc2.weight")
Made = tuple[dict[str, Any], dict[str, str]]


class Outcome(NamedTuple):
    """What the host made of a file."""

    raised: bool
    missing: int
    """Tensors that it says it did not find."""
    expected: int


def outcome(path: Path, caplog: pytest.LogCaptureFixture) -> Outcome:
    import comfy.sd

    with caplog.at_level(logging.WARNING):
        try:
            clip = comfy.sd.load_clip(
                [str(path)], model_options={"initial_device": torch.device("meta")}
            )
        except Exception:  # whatever the host raises
            return Outcome(True, 0, 0)
    sentence = [line for line in caplog.messages if line.startswith("clip missing")]
    missing = sum(line.count("'") // 2 for line in sentence)
    return Outcome(False, missing, len(clip.cond_stage_model.state_dict()))


def packed(shapes: dict[str, Any], ending: str, weight: str, part: str) -> Made:
    """Scales of ``part`` beside weights of the dtype ``weight``."""
    only = {f"{layer}.weight": weight for layer in layers_of(shapes)}
    scales = {f"{layer}.{ending}": () for layer in layers_of(shapes)}
    return {**shapes, **scales}, {**only, ending: part}


def half(shapes: dict[str, Any]) -> Made:
    """As bitsandbytes packs: two numbers in a byte, all in one column."""
    result, only = dict(shapes), {}
    for layer in [name.removesuffix(".weight") for name in shapes if name.endswith(_MLP)]:
        rows, columns = shapes[f"{layer}.weight"]
        result[f"{layer}.weight"] = (rows * columns // 2, 1)
        result[f"{layer}.weight.quant_state.bitsandbytes__nf4"] = (90,)
        only |= {f"{layer}.weight": "U8", f"{layer}.weight.quant_state.bitsandbytes__nf4": "U8"}
    return result, only


def turned(shapes: dict[str, Any]) -> Made:
    """As GPTQ names its weights."""
    result, only = {}, {}
    for name, shape in shapes.items():
        key = name
        if name.endswith(_MLP):
            key = f"{name.removesuffix('weight')}qweight"
            only[key] = "I32"
        result[key] = shape
    return result, only


def model(width: int, layers: int, inside: int, rows: int, query: int, key: int) -> Made:
    """A Qwen3 of real shapes, in transformers' names."""
    linears = {
        "self_attn.q_proj": (query, width),
        "self_attn.k_proj": (key, width),
        "self_attn.v_proj": (key, width),
        "self_attn.o_proj": (width, query),
        "mlp.gate_proj": (inside, width),
        "mlp.up_proj": (inside, width),
        "mlp.down_proj": (width, inside),
    }
    norms = {
        "input_layernorm": (width,),
        "post_attention_layernorm": (width,),
        "self_attn.q_norm": (128,),
        "self_attn.k_norm": (128,),
    }
    result: dict[str, Any] = {
        "model.embed_tokens.weight": (rows, width),
        "model.norm.weight": (width,),
    }
    for layer in range(layers):
        for name, shape in {**linears, **norms}.items():
            result[f"model.layers.{layer}.{name}.weight"] = shape
    return result, {}


def qwen3_4b(ending: str = "", mark: bool = False) -> Made:
    """Packed in fp8, with a factor beside each weight."""
    result, _ = model(2560, 36, 9728, 151936, 4096, 1024)
    if not ending:
        return result, {}
    layers = [key.removesuffix(".weight") for key in result if key.endswith("_proj.weight")]
    scales = {f"{layer}.{ending}": () for layer in layers}
    marked = {"scaled_fp8": (0,)} if mark else {}
    return {**result, **scales, **marked}, {
        **dict.fromkeys((f"{layer}.weight" for layer in layers), "F8_E4M3"),
        ending: "F32",
        "scaled_fp8": "F8_E4M3",
    }


def gemma3_12b() -> Made:
    result, _ = model(3840, 48, 15360, 262208, 4096, 2048)
    extra = ("post_feedforward_layernorm", "pre_feedforward_layernorm")
    for layer in range(48):
        result |= {f"model.layers.{layer}.{name}.weight": (3840,) for name in extra}
    return result, {}


def marked_t5() -> Made:
    """Older files for ComfyUI have a mark of no or of two numbers, which make no difference."""
    result, only = packed(t5(), "scale_weight", "F8_E4M3", "F32")
    return {**result, "scaled_fp8": (2,)}, {**only, "scaled_fp8": "F8_E4M3"}


FILES: dict[str, tuple[Callable[[], Made], str]] = {
    "clip": (lambda: (clip_l(), {}), ""),
    "clip below a prefix": (lambda: (prefixed("clip_l.", clip_l()), {}), FINDS_NOTHING),
    "clip in nf4": (lambda: half(clip_l()), FAILS),
    "clip in GPTQ": (lambda: turned(clip_l()), FAILS),
    "t5": (lambda: (t5(), {}), ""),
    "t5 with the other name of its table": (
        lambda: (
            {**without(t5(), "shared.weight"), "encoder.embed_tokens.weight": (32128, 4096)},
            {},
        ),
        NO_TABLE,
    ),
    "t5 in int8": (lambda: packed(t5(), "weight_scale", "I8", "F32"), NOISE),
    "t5 in fp8, newer scales": (lambda: packed(t5(), "weight_scale", "F8_E4M3", "F32"), NOISE),
    "t5 in 8 bits of bitsandbytes": (lambda: packed(t5(), "SCB", "I8", "F32"), NOISE),
    "t5 small": (lambda: (without(make.t5("small"), "embed_tokens.weight"), {}), LOADS_NOTHING),
    "t5 in fp8, a mark of two numbers": (marked_t5, OLDER_FAIL),
    "t5 in fp8, scales without the mark": (
        lambda: packed(t5(), "scale_weight", "F8_E4M3", "F32"),
        NOISE,
    ),
    "t5 in fp8, inverse scales": (
        lambda: packed(t5(), "weight_scale_inv", "F8_E4M3", "F32"),
        NOISE,
    ),
    "qwen3 4b": (lambda: qwen3_4b(), ""),
    "qwen3 4b in fp8": (lambda: qwen3_4b("scale_weight", True), ""),
    "qwen3 4b in fp8, inverse scales": (lambda: qwen3_4b("weight_scale_inv"), NOISE),
    "qwen3 8b": (lambda: model(4096, 36, 12288, 151936, 4096, 1024), OF_ANOTHER_WIDTH),
    "qwen3 0.6b": (lambda: model(1024, 28, 3072, 151936, 2048, 1024), OF_ANOTHER_WIDTH),
    "gemma 3 12b": (gemma3_12b, OF_ANOTHER_WIDTH),
    "two encoders": (
        lambda: (prefixed("a.", clip_l()) | prefixed("b.", clip_l()), {}),
        FINDS_NOTHING,
    ),
    "language model by other names": (
        lambda: (
            {f"llm.model.layers.{n}.input_layernorm.weight": (2304,) for n in range(26)}
            | {"llm.model.embed_tokens.weight": (256000, 2304)},
            {},
        ),
        FINDS_NOTHING,
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_the_host_does_what_is_said_of_it(
    name: str, host_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    makes, sentence = FILES[name]
    shapes, only = makes()
    path = make.sparse(tmp_path / "made.safetensors", shapes, only=only)
    text = plain(inspect(path))
    assert (sentence in text) if sentence else "ComfyUI's own loader" not in text
    result = outcome(path, caplog)
    assert result.raised == (sentence in (FAILS, OF_ANOTHER_WIDTH, OLDER_FAIL))
    if sentence in (FINDS_NOTHING, LOADS_NOTHING):
        assert result.missing > 100
    elif sentence == NO_TABLE:
        assert result.missing == 1
    else:
        assert result.missing == 0, "without a word"


def test_the_nodes_and_folders_that_are_named_are_the_hosts(host_folder: Path) -> None:
    """What loads a LoRA, a ControlNet and so on: each by the name that the editor shows."""
    import folder_paths
    import nodes
    from encoderscope.conditioning.encoder_files import other_files

    extras = Path(nodes.__file__).parent / "comfy_extras"
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(extras.glob("*.py")))
    others = [signature.other for signature in (*other_files._TABLE, *other_files._ALONE)]
    for other in others:
        assert not other.folder or other.folder in folder_paths.folder_names_and_paths, other
        is_known = (
            other.node in (*nodes.NODE_DISPLAY_NAME_MAPPINGS.values(), *nodes.NODE_CLASS_MAPPINGS)
            or f'"{other.node}"' in text
        )
        assert is_known or not other.node, other
    assert sum(bool(other.node) for other in others) > 20
