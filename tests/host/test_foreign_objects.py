"""CLIPs, models and VAEs of other packs whose own methods answer rubbish: a sentence that names the
link and the pack, never an error of Python's.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import functools
import re
import types
from typing import Any
from unittest.mock import Mock

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.tests.hostile.packs.hostile_values import objects

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder", "one_thread")]
PACK = "/home/custom_nodes/rubbish_pack/nodes"
SOURCES = ("rubbish_pack", "node that the CLIP comes from", "Another node pack replaced")
TEXT = "a red car and a blue house"
ANSWERS = [name for name in objects._CLIPS if not name.startswith("without")]


def altered(kind: str, name: str, of: Any) -> Any:
    """A sound object with a method of another pack's."""
    made = objects.make(f"{kind}.{name}", of)
    for field in objects.ALTERED[kind][name]:
        getattr(made, field).__module__ = PACK
    return made


def outcome(name: str, **inputs: Any) -> str:
    from encoderscope.nodes import extension

    node = next(each for each in extension.NODES if each.__name__ == name)
    try:
        node.execute(**inputs)
    except EncoderScopeError as refusal:
        return str(refusal)
    return "answered"


@pytest.fixture(scope="module")
def clip(host_folder: Any) -> Any:
    from encoderscope.host import miniatures

    return miniatures.clip("mini-CLIP-hard", "sd3 without T5")


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_clip(answer: str, clip: Any) -> None:
    rubbish = altered("clip", answer, clip)
    mapped = outcome("TokenMap", text=TEXT, clip=rubbish)
    assert (mapped != "answered") == answer.startswith("tokenize"), mapped
    encoded = outcome("EncodeStates", text=TEXT, clip=rubbish)
    if not answer.startswith("clone"):  # which that node never asks for
        assert encoded != "answered"
    for sentence in {mapped, encoded} - {"answered"}:
        assert any(source in sentence for source in SOURCES), sentence


@pytest.mark.parametrize("answer", ["tokenize_none", "tokenize_pairs", "tokenize_rows"])
@pytest.mark.parametrize("name", ["BindingProbe", "EncoderReport", "PromptDoctor", "IgnoredWords"])
def test_every_other_node_that_takes_one(name: str, answer: str, clip: Any) -> None:
    """The first two ask a clone of the CLIP, which has the methods of ComfyUI's."""
    from encoderscope.host.generator import miniature_model

    inputs: dict[str, Any] = {"text": TEXT}
    if name == "EncoderReport":
        inputs = {}
    if name == "IgnoredWords":
        model = miniature_model.loaded("clip-hard")[0]
        inputs |= {"model": model, "seed": 0, "budget": "quick"}
    sentence = outcome(name, clip=altered("clip", answer, clip), **inputs)
    cloned = name in ("BindingProbe", "EncoderReport") and sentence == "answered"
    assert cloned or any(source in sentence for source in SOURCES), sentence


def test_a_part_of_another_pack_is_to_blame_too(clip: Any) -> None:
    from encoderscope.nodes.foreign_objects import blamed_link

    class Tokenizer:
        """Of a pack."""

    Tokenizer.__module__ = PACK
    other = objects._altered(clip, tokenizer=Tokenizer())
    refusal = blamed_link(KeyError("l"), ["model", "clip"], {"clip": other, "model": None})
    assert re.search(r"'clip' .*KeyError.* rubbish_pack", str(refusal))


def test_an_error_of_our_own_stays_one(clip: Any) -> None:
    from encoderscope.host.generator import miniature_model
    from encoderscope.nodes.foreign_objects import blamed_link

    model, vae = miniature_model.loaded("clip-hard")[:2]
    sound = {"clip": clip, "model": model, "vae": vae}
    assert blamed_link(KeyError("l"), list(sound), sound) is None


def test_memory_that_runs_out_is_no_fault_of_a_pack(clip: Any) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    full.__module__ = PACK
    sentence = outcome(
        "EncodeStates", text=TEXT, clip=objects._altered(clip, encode_from_tokens_scheduled=full)
    )
    assert "ran out of memory" in sentence and "rubbish_pack" not in sentence, sentence


def blamed(value: Any) -> str:
    from encoderscope.nodes.foreign_objects import blamed_link

    return str(blamed_link(KeyError("l"), ["model"], {"model": value}) or "")


def test_an_object_that_raises_when_it_is_asked_is_named() -> None:
    class Raising:
        def __getattribute__(self, name: str) -> Any:
            raise OSError(name)

    Raising.__module__ = PACK
    assert "rubbish_pack" in blamed(types.SimpleNamespace(model=Raising()))


def test_a_module_that_is_no_text_names_nothing() -> None:
    value = Mock()
    value.__module__ = Mock()
    value.__dict__["reset_mock"] = types.SimpleNamespace(__module__=7)
    assert not blamed(value)


@pytest.mark.parametrize(
    "module",
    [
        *("torch", "builtins", "functools", "types", "nodes", "latent_preview"),
        *("comfy_extras.nodes_sd3", "/home/ComfyUI/comfy_extras/nodes_sd3_x_py"),
    ],
)
def test_what_comes_with_comfyui_is_no_pack(module: str) -> None:
    kind = type("Kind", (), {"__module__": module})
    assert not blamed(kind())
    assert not blamed(functools.partial(print))


def test_what_a_pack_put_into_a_model_is_to_blame() -> None:
    from encoderscope.host.generator import miniature_model

    def patch(*_: Any) -> None: ...

    patch.__module__ = PACK
    sound = miniature_model.loaded("clip-hard")[0]
    patched = [sound.clone() for _ in range(5)]
    patched[0].set_model_unet_function_wrapper(patch)
    patched[1].set_model_attn2_replace(patch, "middle", 0)
    patched[2].set_model_attn1_patch(patch)
    patched[3].add_wrapper("diffusion_model", patch)
    patched[4].add_object_patch("model_sampling", patch)
    assert not blamed(sound)
    for model in patched:
        assert "rubbish_pack" in blamed(model)


def test_a_patch_is_not_to_blame_for_an_error_of_ours() -> None:
    from encoderscope.conditioning.spans import overlap
    from encoderscope.host.generator import miniature_model
    from encoderscope.nodes.foreign_objects import blamed_link

    def patch(*_: Any) -> None: ...

    patch.__module__ = PACK
    patched = miniature_model.loaded("clip-hard")[0].clone()
    patched.set_model_attn1_patch(patch)
    with pytest.raises(TypeError) as raised:
        overlap((0, 1), (None, 2))  # type: ignore[arg-type]
    assert blamed_link(raised.value, ["model"], {"model": patched}) is None
    with pytest.raises(TypeError) as raised:
        torch.zeros(2) @ "text"  # type: ignore[operator]
    assert blamed_link(raised.value, ["model"], {"model": patched}) is not None


@pytest.mark.parametrize("name", ["diffusion_model", "model_sampling"])
def test_a_part_of_a_model_of_another_pack_is_to_blame(name: str) -> None:
    part = type("Part", (), {"__module__": PACK})()
    held = types.SimpleNamespace(**{name: part})
    assert "rubbish_pack" in blamed(types.SimpleNamespace(model=held))


def test_a_patch_of_comfyui_is_not_to_blame(host_folder: Any) -> None:
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    import nodes as host_nodes
    from encoderscope.host.generator import miniature_model

    file = host_folder / "comfy_extras" / "nodes_model_advanced.py"
    loading = host_nodes.load_custom_node(str(file), module_parent="comfy_extras")
    with ThreadPoolExecutor(1) as apart:
        assert apart.submit(asyncio.run, loading).result()
    shift = host_nodes.NODE_CLASS_MAPPINGS["ModelSamplingDiscrete"]()
    model = miniature_model.loaded("clip-hard")[0]
    assert not blamed(shift.patch(model, "eps", False)[0])
