"""A CLIP of the host as a judge: its probabilities are those of a plain forward of the host's own
model. Hosts that cannot be asked refuse in words.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.image_probe.judges.protocol import AskedQuestion
from encoderscope.tests.host import clips

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder")]
PICTURE = torch.rand(48, 64, 3, generator=torch.Generator().manual_seed(3))
QUESTION = AskedQuestion("Is the car red?")
SMALL = {
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "num_hidden_layers": 4,
}
EYES = {
    "image_size": 56,
    "patch_size": 14,
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
}


def judge_of(clip: Any) -> Any:
    """The judge; what it stands on needs the host, which is there only while tests run."""
    from encoderscope.host.judges.clip_judge import ClipJudge

    return ClipJudge(clip)


def built(model: Any, tokenizer: Any, data: dict[str, Any], **configs: Any) -> Any:
    """A `comfy.sd.CLIP` with seeded weights, on the processor."""
    import comfy.sd

    options = {f"{name}_model_config": dict(config) for name, config in configs.items()}
    options |= {"dtype": torch.float32}
    options |= dict.fromkeys(("load_device", "offload_device"), torch.device("cpu"))
    target = SimpleNamespace(params={}, clip=model, tokenizer=tokenizer)
    clip = comfy.sd.CLIP(target, [], tokenizer_data=data, model_options=options)
    clips.seed(clip.cond_stage_model)
    for name, weight in clip.cond_stage_model.named_parameters():
        if weight.ndim > 1 and ("vis" in name or "projector" in name):
            weight.mul_(0.3)
    for name, weight in clip.cond_stage_model.named_buffers():
        if name.endswith("layer_scalar"):
            weight.fill_(1.0)
    return clip


def part(path: str) -> Any:
    """Something of `comfy.text_encoders`, or a skip where this host lacks it."""
    value = clips.imported(f"comfy.text_encoders.{path}")
    if value is None:
        pytest.skip("newer than this host")
    return value


def askable(host_class: Any) -> Any:
    """The class, or a skip where this host cannot ask it."""
    if not hasattr(host_class, "logits"):
        pytest.skip("this host has no logits of it")
    return host_class


def qwen25(patch: pytest.MonkeyPatch) -> Any:
    askable(part("llama.Qwen25_7BVLI"))
    eyes = part("qwen_vl.Qwen2VLVisionTransformer")
    small = functools.partial(eyes, num_layers=2, intermediate_size=64)
    patch.setattr("comfy.text_encoders.qwen_vl.Qwen2VLVisionTransformer", small)
    return built(
        part("qwen_image.QwenImageTEModel"),
        part("qwen_image.QwenImageTokenizer"),
        {},
        qwen25_7b=SMALL,
    )


def qwen3vl(patch: pytest.MonkeyPatch) -> Any:
    module = part("qwen3vl.Qwen3VL") and importlib.import_module("comfy.text_encoders.qwen3vl")
    small = {
        "hidden_size": 32,
        "intermediate_size": 32,
        "depth": 2,
        "deepstack_visual_indexes": [0],
    }
    patch.setitem(module.QWEN3VL_VISION, "qwen3vl_4b", small)
    patch.setitem(module.QWEN3VL_VISION_COMMON, "num_heads", 2)
    return built(
        module.te(model_type="qwen3vl_4b"), module.tokenizer("qwen3vl_4b"), {}, qwen3vl_4b=SMALL
    )


def gemma3(patch: pytest.MonkeyPatch) -> Any:
    askable(part("llama.Gemma3_4B_Vision"))
    model = part("lumina2.te")(model_type="gemma3_4b_vision")
    config = part("llama.Gemma3_4B_Vision_Config")
    patch.setattr(config, "vision_config", config.vision_config | EYES)
    patch.setattr(config, "mm_tokens_per_image", 4)
    data = {"spiece_model": clips.sentencepiece_model()}
    return built(model, part("lumina2.NTokenizer"), data, gemma3_4b_vision=SMALL)


GEMMA4 = ("<bos>", "<eos>", "<pad>", "<|turn>", "<turn|>", "<|image>", "<|image|>", "<image|>")


def gemma4(patch: pytest.MonkeyPatch) -> Any:
    """E4B, which reads token ids beside the vectors; without its ears."""
    kind = part("gemma4.Gemma4_E4B")
    module = importlib.import_module("comfy.text_encoders.gemma4")
    config = module.Gemma4Config
    eyes = {key: value for key, value in EYES.items() if key not in ("patch_size", "image_size")}
    small = config.vision_config | eyes | {"head_dim": 16, "position_embedding_size": 256}
    patch.setattr(config, "vision_config", small)
    patch.setattr(module.Gemma4AudioMixin, "_init_audio", lambda *_: None)
    language = SMALL | {"num_hidden_layers": 12, "num_kv_shared_layers": 1}
    language |= {"hidden_size_per_layer_input": 8}
    data = {"tokenizer_json": clips.tokenizer_json(GEMMA4, {"<|image|>": 258880})}
    return built(module.gemma4_te(model_class=kind), kind.tokenizer, data, gemma4=language)


CASES: dict[str, Callable[[pytest.MonkeyPatch], Any]] = {
    "Qwen2.5-VL": qwen25,
    "Qwen3-VL": qwen3vl,
    "Gemma 3": gemma3,
    "Gemma 4": gemma4,
}


@pytest.fixture(scope="module", params=CASES)
def judge(request: pytest.FixtureRequest, host_folder: Path) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        return judge_of(CASES[request.param](patch))


def plain(judge: Any, image: Any, text: str) -> Any:
    """(token,): the host's own model, without any of its generation."""
    tokens = judge.tokens(image, text)
    stream = next(iter(tokens.values())) if isinstance(tokens, dict) else tokens
    rows = [[entry[0] for entry in row] for row in stream]
    judge.clip.load_model(tokens)
    with torch.no_grad():
        process = importlib.import_module("comfy.sd1_clip").SDClipModel.process_tokens
        embeds, _, _, info = process(judge.encoder, rows, torch.device("cpu"))
        model = judge.encoder.transformer
        if judge.title.startswith("Gemma 4"):
            ids = expanded(rows[0], info)
            states = model.model(None, embeds=embeds, embeds_info=info, input_ids=ids)[0]
        else:
            states = model(None, embeds=embeds, embeds_info=info, dtype=torch.float32)[0]
        return model.logits(states)[0, -1]


def expanded(row: list[Any], info: list[Any]) -> Any:
    """Ids of a row in which the picture takes as many places as it has vectors, all 0."""
    ids: list[int] = []
    for token in row:
        picture = [each["size"] for each in info if each["index"] == len(ids)]
        ids += [0] * picture[0] if picture else [token]
    return torch.tensor([ids])


def test_bit_for_bit_the_host_s_own_forward(judge: Any) -> None:
    text = f"{QUESTION.text} Please answer yes or no."
    logits = judge.first_logits(PICTURE, QUESTION)
    assert logits.std() > 0.1
    assert torch.equal(logits, plain(judge, PICTURE, text))


def test_picture_and_question_are_read(judge: Any) -> None:
    first, other = judge.answer(PICTURE, [QUESTION, AskedQuestion("Is the house blue?")])
    [dark] = judge.answer(PICTURE * 0.3, [QUESTION])
    assert first is not None and sum(first.probabilities) == pytest.approx(1)
    assert first != other
    assert first != dark
    assert judge.answer(PICTURE, [QUESTION]) == [first]


def test_nothing_stays_patched(judge: Any) -> None:
    judge.answer(PICTURE, [QUESTION])
    assert "generate" not in vars(judge.encoder.transformer)
    assert "process_tokens" not in vars(judge.encoder)
    if not hasattr(judge.encoder.transformer.model.config, "stop_tokens"):
        return  # this host's own generation cannot run it
    ids = judge.clip.generate(judge.tokens(PICTURE, "Is it?"), do_sample=False, max_length=2)
    assert 1 <= len(ids) <= 2, "the host generates as before"


def test_the_title_is_the_model_s(judge: Any) -> None:
    assert judge.title.removesuffix(" (the connected CLIP)") in CASES


def test_a_clip_without_eyes_is_refused() -> None:
    with pytest.raises(EncoderScopeError, match=r"take no pictures|cannot ask a text encoder"):
        judge_of(clips.clip("flux"))


def test_a_host_that_cannot_ask_says_from_when_on_it_can() -> None:
    model = part("llama.Qwen25_7BVLI")
    if hasattr(model, "logits"):
        pytest.skip("this host can")
    with pytest.raises(EncoderScopeError, match=r"from ComfyUI 0\.15 on") as refused:
        judge_of(clips.clip("qwen_image"))
    assert "ComfyUI 0.3.75 cannot ask" in refused.value.problem


def test_no_clip_at_all() -> None:
    with pytest.raises(EncoderScopeError, match="No CLIP arrived"):
        judge_of(None)
