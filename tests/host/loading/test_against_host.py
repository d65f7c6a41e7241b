"""What the loader gives is what the host's own loader gives, bit for bit, wherever that one is
right; and it behaves like any CLIP of the host.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from encoderscope.tests import hostkit
from encoderscope.tests.host.loading import making
from encoderscope.tests.host.loading.conftest import FORWARD, T5_INSIDE

pytestmark = pytest.mark.host
PROMPT = "a (red:1.3) fox, under the old bridge beside the river (at night:0.8)"
LONG = "a (red:1.3) fox, " + "under the old bridge beside the river, " * 12 + "(at night:0.8)"


@dataclass(frozen=True)
class Case:
    files: tuple[str, ...]
    type: str
    family: str
    """As it is chosen; the host cannot tell it from the files alone where it is not `auto`."""
    is_: str


CASES = [
    Case(("l",), "stable_diffusion", "auto", "sd1"),
    Case(("h",), "stable_diffusion", "auto", "sd2"),
    Case(("l", "g"), "sdxl", "auto", "sdxl"),
    Case(("g",), "stable_cascade", "stable_cascade", "stable_cascade"),
    Case(("l", "t5xxl"), "flux", "auto", "flux"),
    Case(("l", "g", "t5xxl"), "sd3", "auto", "sd3"),
    Case(("t5xxl",), "sd3", "sd3", "sd3"),
    Case(("t5xxl",), "pixart", "pixart", "pixart_or_chroma"),
    Case(("t5xxl",), "ltxv", "ltxv", "ltxv"),
    Case(("t5_11b",), "cosmos", "auto", "cosmos"),
    Case(("pile_t5xl",), "stable_diffusion", "auto", "aura"),
    Case(("t5base",), "stable_audio", "auto", "stable_audio"),
    Case(("umt5base",), "ace", "auto", "ace"),
    Case(("t5xxl",), "hidream", "hidream", "hidream"),
]


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{'+'.join(case.files)}->{case.is_}-{case.type}"
)
def test_conditioning_is_bit_identical(case: Case, files: Path) -> None:
    ours, theirs = load(case.files, case.family), of_host(files, case.files, case.type)
    same(conditioning(ours), conditioning(theirs))
    from encoderscope.host import clip as host_clip
    from encoderscope.host.reports import token_reports

    family = host_clip.family_of(ours)
    assert family is not None
    assert family.name == case.is_
    assert token_reports.report(ours, PROMPT, None)["family"] == case.is_


def load(
    names: Sequence[str], family: str = "auto", precision: str = "as stored", **options: Any
) -> Any:
    from encoderscope.host.loading import loader

    return loader.load(
        [name if "." in name or name.endswith("/") else f"{name}.safetensors" for name in names],
        family,
        precision,
        "auto",
        **options,
    ).clip


def of_host(
    folder: Path, names: Sequence[str], clip_type: str, tensors: dict[str, Any] | None = None
) -> Any:
    """`comfy.sd.load_clip`; its options tell it that these files are narrow inside."""
    import comfy.sd
    import comfy.utils

    inside = {"intermediate_size": FORWARD}
    options: dict[str, Any] = {"model_config": dict(inside), "clip_h_model_config": dict(inside)}
    options |= {
        f"{name}_model_config": dict(T5_INSIDE) for name in ("t5xxl", "t5base", "pile_t5xl", "")
    }
    data = [
        comfy.utils.load_torch_file(str(folder / f"{name}.safetensors"), safe_load=True)
        for name in names
    ]
    if "umt5base" in names:
        data[0]["spiece_model"] = torch.ByteTensor(list(making.sentencepiece(256384)))
    kind = getattr(comfy.sd.CLIPType, clip_type.upper(), comfy.sd.CLIPType.STABLE_DIFFUSION)
    with making.recognised():
        return comfy.sd.load_text_encoder_state_dicts(
            tensors or data, clip_type=kind, model_options=options
        )


def conditioning(clip: Any, text: str = PROMPT) -> list[Any]:
    return list(clip.encode_from_tokens_scheduled(clip.tokenize(text)))


def same(ours: Sequence[Any], theirs: Sequence[Any]) -> None:
    assert len(ours) == len(theirs)
    for (states, more), (expected, other) in zip(ours, theirs, strict=True):
        assert states.isfinite().all()
        assert states.abs().max() > 0.01
        assert torch.equal(states, expected)
        assert more.keys() == other.keys()
        for key, value in more.items():
            assert value is other[key] is None or torch.equal(value, other[key]), key


def test_several_windows(files: Path) -> None:
    ours, theirs = load(["l"]), of_host(files, ["l"], "stable_diffusion")
    assert len(ours.tokenize(LONG)["l"]) == 2
    same(conditioning(ours, LONG), conditioning(theirs, LONG))


def test_wan(host_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """UMT5-XXL has a table of 256,384 x 4,096; a narrow one stands for it, in our table of roles
    and in the host's options alike.
    """
    import comfy.sd
    from comfy.text_encoders import wan
    from encoderscope.host.loading import picker

    monkeypatch.setitem(picker.ROLES, "umt5xxl", picker.ROLES["umt5xxl"]._replace(width=64))
    tensors = making.state(making.umt5(64, 2, 96, 4, 256384, 16))
    making.write(tmp_path / "u.safetensors", tensors, torch.bfloat16)
    making.write_sentencepiece(tmp_path / "u.spiece.model", 256384)
    with making.folders(tmp_path):
        ours = load(["u"])
    config = {"d_model": 64, "num_layers": 2, "d_ff": 96, "num_heads": 4, "d_kv": 16}
    target = SimpleNamespace(
        params={}, clip=wan.te(dtype_t5=torch.bfloat16), tokenizer=wan.WanT5Tokenizer
    )
    stored = torch.ByteTensor(list((tmp_path / "u.spiece.model").read_bytes()))
    theirs = comfy.sd.CLIP(
        target,
        tokenizer_data={"spiece_model": stored},
        model_options={"umt5xxl_model_config": config},
    )
    theirs.load_sd({key: value.to(torch.bfloat16) for key, value in tensors.items()})
    same(conditioning(ours), conditioning(theirs))
    assert torch.equal(ours.get_sd()["spiece_model"], theirs.get_sd()["spiece_model"])


def test_fp32_files_as_the_host_rounds_them(files: Path, tmp_path: Path) -> None:
    """The host makes fp16 of an fp32 CLIP; the precision fp16 does the same, and `as stored` does
    not.
    """
    if os.environ.get(hostkit.LAZY):
        pytest.skip("this host rounds where the weights are multiplied")
    making.write(
        tmp_path / "l32.safetensors",
        making.state(making.clip(768, 12, feed_forward=FORWARD)),
        torch.float32,
    )
    theirs = conditioning(of_host(tmp_path, ["l32"], "stable_diffusion"))
    with making.folders(tmp_path):
        same(conditioning(load(["l32"], precision="fp16")), theirs)
        stored = load(["l32"])
    assert {value.dtype for value in stored.cond_stage_model.clip_l.transformer.parameters()} == {
        torch.float32
    }


def lora(layers: int = 12) -> dict[str, torch.Tensor]:
    generator, result = torch.Generator().manual_seed(1), {}
    for layer in range(layers):
        for part, (rows, columns) in {
            "self_attn_q_proj": (768, 768),
            "mlp_fc1": (FORWARD, 768),
        }.items():
            key = f"lora_te_text_model_encoder_layers_{layer}_{part}"
            result[f"{key}.lora_up.weight"] = torch.randn((rows, 4), generator=generator)
            result[f"{key}.lora_down.weight"] = (
                torch.randn((4, columns), generator=generator) * 0.05
            )
            result[f"{key}.alpha"] = torch.tensor(4.0)
    return result


def test_lora_on_clip_l(files: Path) -> None:
    import comfy.model_management
    import comfy.sd

    before = digest(files / "l.safetensors")
    ours, theirs = load(["l"]), of_host(files, ["l"], "stable_diffusion")
    plain = conditioning(ours)
    patched = [
        comfy.sd.load_lora_for_models(None, clip, lora(), 0.0, 0.8)[1] for clip in (ours, theirs)
    ]
    changed = conditioning(patched[0])
    same(changed, conditioning(patched[1]))
    assert not torch.equal(changed[0][0], plain[0][0])
    comfy.model_management.unload_all_models()
    same(conditioning(ours), plain)
    assert digest(files / "l.safetensors") == before, "a map of the file must never write to it"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("layer", [-2, -5])
def test_set_last_layer(layer: int, files: Path) -> None:
    ours, theirs = load(["l"]), of_host(files, ["l"], "stable_diffusion")
    for clip in (ours, theirs):
        clip.clip_layer(layer)
    same(conditioning(ours), conditioning(theirs))


def test_unload_and_reload(files: Path) -> None:
    import comfy.model_management

    clip = load(["l"])
    before = conditioning(clip)
    comfy.model_management.unload_all_models()
    assert (
        clip.patcher.loaded_size() == 0 or clip.patcher.load_device == clip.patcher.offload_device
    )
    same(conditioning(clip), before)


def test_partly_offloaded(files: Path) -> None:
    clip = load(["l", "t5xxl"])
    before = conditioning(clip)
    model, device = clip.patcher.model, clip.patcher.load_device
    clip.patcher.detach()
    clip.patcher.load(device, lowvram_model_memory=1)
    assert model.model_lowvram
    with torch.no_grad():
        clip.cond_stage_model.reset_clip_options()
        states, pooled = clip.cond_stage_model.encode_token_weights(clip.tokenize(PROMPT))[:2]
    assert torch.equal(states, before[0][0])
    assert torch.equal(pooled, before[0][1]["pooled_output"])


@pytest.mark.parametrize(
    ("names", "family", "saved_as"),
    [
        (("t5xxl", "l"), "auto", ("clip_l", "t5xxl")),
        (("umt5base",), "encoder alone", ("",)),
        (("l",), "encoder alone", ("",)),
    ],
    ids=["flux", "umt5 alone", "clip alone"],
)
def test_clip_save_and_load_again(
    names: tuple[str, ...],
    family: str,
    saved_as: tuple[str, ...],
    files: Path,
    tmp_path: Path,
    save: Callable[..., Any],
) -> None:
    clip = load(names, family)
    before = conditioning(clip)
    with making.folders(tmp_path):
        saved = save(clip, tmp_path)
        assert len(saved) == len(saved_as)
        same(conditioning(load([file.name for file in saved], family)), before)


@pytest.fixture
def save(host_folder: Path) -> Callable[[Any, Path], list[Path]]:
    """The host's own node CLIPSave."""
    from comfy_extras.nodes_model_merging import CLIPSave

    def saved(clip: Any, folder: Path) -> list[Path]:
        node = CLIPSave()
        node.output_dir = str(folder)
        node.save(clip, "saved")
        return sorted(folder.glob("saved*.safetensors"))

    return saved


@hostkit.OF_PROCESSORS
def test_weights_are_maps_of_the_file(files: Path) -> None:
    clip = load(["l"])
    weight = clip.cond_stage_model.clip_l.transformer.text_model.encoder.layers[0].mlp.fc1.weight
    other = clip.cond_stage_model.clip_l.transformer.text_model.encoder.layers[5].mlp.fc1.weight
    size = (files / "l.safetensors").stat().st_size
    assert abs(weight.data_ptr() - other.data_ptr()) < size, "both lie in one map"
    maps = Path("/proc/self/maps")
    if maps.exists():
        assert any(
            "l.safetensors" in line and inside(line, weight.data_ptr())
            for line in maps.read_text().splitlines()
        )


def inside(line: str, address: int) -> bool:
    low, high = (int(number, 16) for number in line.split()[0].split("-"))
    return low <= address < high
