"""The cards of What Is This File? and Load Text Encoders in the real editor: what they say is the
report, on headers of real shapes.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser
kit = importlib.import_module("encoderscope.tests.browser.editor")
display = importlib.import_module("encoderscope.conditioning.reports.encoder_file.display")
hostkit = importlib.import_module("encoderscope.tests.hostkit")
make = importlib.import_module("encoderscope.tests.encoder_files.make")

INSPECT, LOAD = "EncoderScope_InspectEncoder", "EncoderScope_LoadEncoders"
CLIP_L, CLIP_B, T5, HURT, LORA = (
    "clip_l.safetensors",
    "clip_b32.safetensors",
    "t5xxl_fp16.safetensors",
    "clip_l_hurt.safetensors",
    "a_lora.safetensors",
)
CHECKPOINT = "sdxl.safetensors"
MARKUP = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration that names a folder of header-only files, which take no room on disk."""
    base = tmp_path_factory.mktemp("models")
    folder = base / "text_encoders"
    clip_l = make.clip_text(768, 12)
    make.sparse(folder / CLIP_L, clip_l)
    make.sparse(folder / CLIP_B, make.clip_text(512, 12))
    make.sparse(folder / T5, make.t5("xxl"), only={"layer_norm.weight": "F32"})
    hurt = {name: shape for name, shape in clip_l.items() if "layers.5.mlp" not in name}
    make.sparse(folder / HURT, hurt)
    both = {
        **make.below("conditioner.embedders.0.transformer.", clip_l),
        **make.below("conditioner.embedders.1.model.", make.openai_text(1280, 32)),
        "model.diffusion_model.input_blocks.0.0.weight": (320, 4, 3, 3),
    }
    make.sparse(folder / CHECKPOINT, both)
    make.sparse(
        folder / LORA, {"lora_te_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": (8, 768)}
    )
    config = base / "paths.yaml"
    config.write_text(
        json.dumps({"cards": {"base_path": str(base), "text_encoders": "text_encoders"}})
    )
    return config


@pytest.fixture(scope="module", params=hostkit.FRONT_ENDS)
def card_server(
    request: pytest.FixtureRequest, models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    arguments = ("--extra-model-paths-config", str(models))
    with hostkit.serve(
        tmp_path_factory.mktemp("cards"), front_end=request.param, arguments=arguments
    ) as server:
        server.require_node(INSPECT)
        yield request.param, server


@pytest.fixture(scope="module", params=(False, True), ids=("classic", "nodes2"))
def card_editor(request: pytest.FixtureRequest, card_server: Any, chromium: Any) -> Iterator[Any]:
    name, server = card_server
    with kit.opened(chromium, server, kit.Face(name, request.param)) as editor:
        yield editor


@pytest.fixture
def editor(card_editor: Any) -> Iterator[Any]:
    yield from kit.cleared(card_editor)


def inspected(editor: Any, file: str, **widgets: Any) -> dict[str, Any]:
    node = editor.add(INSPECT, file=file, **widgets)
    editor.widget().locator(".es-empty").wait_for(state="visible")
    report = dict(editor.run()[str(node)]["encoderscope_encoder"][0])
    editor.widget().locator(".es-title").wait_for(state="visible")
    return report


def facts(part: Any) -> dict[str, str]:
    script = (
        "(p) => Object.fromEntries([...p.querySelectorAll('[data-fact]')].map((chip) => "
        "[chip.dataset.fact, chip.textContent]))"
    )
    return dict(part.evaluate(script))


def families(part: Any, fits: str) -> list[str]:
    script = (
        "(p, fits) => [...p.querySelectorAll(`[data-fits=${fits}]`)].map((chip) => "
        "chip.dataset.family)"
    )
    return list(part.evaluate(script, fits))


def tone(widget: Any) -> str:
    return str(widget.locator(".es-verdict").first.get_attribute("data-tone"))


def assert_card(editor: Any, report: dict[str, Any]) -> None:
    """Title, verdict, chips and bars are the JSON's."""
    widget, [item] = editor.widget(), report["encoders"]
    assert widget.locator(".es-title").text_content() == report["title"]
    assert widget.locator(".es-verdict p").text_content() == report["verdict"]
    shown = facts(widget)
    assert (
        shown["shape"]
        == f"{item['width']:,} wide × {item['layers']} layers × {item['heads']} heads"
    )
    assert shown["vocabulary"] == f"{item['vocabulary']:,} tokens in the vocabulary"
    positions = item["positions"]
    assert shown["positions"] == (
        f"{positions} positions" if positions else f"relative positions, {item['buckets']} buckets"
    )
    assert shown["tokenizer"] == f"{item['tokenizer']['kind']} tokenizer: ComfyUI has it"
    assert shown["precision"] == " + ".join(each["dtype"] for each in item["dtypes"])
    assert float(shown["parameters"].split()[0]) == pytest.approx(
        item["parameters"] / (1e9 if "billion" in shown["parameters"] else 1e6), rel=0.01
    )
    assert shown["container"] == f"{report['container']}, {report['tensors']} tensors"
    assert families(widget, "yes") == [fit["family"] for fit in item["fits"] if fit["fits"]]
    refused = sorted(
        (fit for fit in item["fits"] if not fit["fits"]), key=lambda fit: not fit["stream"]
    )
    assert families(widget, "no") == [fit["family"] for fit in refused]
    stored = widget.locator("[data-dtype]").evaluate_all(
        "(all) => all.map((one) => one.dataset.dtype)"
    )
    assert stored == [each["dtype"] for each in item["dtypes"]]
    assert widget.locator(".es-bar .es-piece").count() == len(stored)


@pytest.mark.parametrize("file", [CLIP_L, T5])
def test_the_card_is_the_report(editor: Any, file: str) -> None:
    report = inspected(editor, file)
    assert_card(editor, report)
    assert tone(editor.widget()) == "kept"
    editor.look_at(0, 40)
    editor.page.wait_for_timeout(300)
    editor.picture(f"card-{file.split('.')[0]}")


def test_a_chip_says_why_it_does_not_fit(editor: Any) -> None:
    report = inspected(editor, CLIP_L)
    fit = next(fit for fit in report["encoders"][0]["fits"] if fit["family"] == "sd2")
    chip = editor.widget().locator("[data-family='sd2']")
    chip.hover()
    tip = editor.page.locator(".encoderscope-tip")
    tip.wait_for(state="visible")
    assert fit["why"] and fit["why"] in tip.text_content()
    editor.picture("card-tip")
    editor.page.mouse.move(2, 2)
    tip.wait_for(state="detached")
    chip.focus()
    tip.wait_for(state="visible")
    editor.page.keyboard.press("ArrowRight")
    assert editor.page.evaluate("() => document.activeElement.dataset.family") == "sdxl_refiner"


@pytest.mark.parametrize(("file", "expected"), [(CLIP_B, "open"), (HURT, "lost"), (LORA, "lost")])
def test_what_cannot_be_used_is_not_green(editor: Any, file: str, expected: str) -> None:
    report = inspected(editor, file)
    widget = editor.widget()
    assert widget.locator(".es-verdict p").text_content() == report["verdict"]
    assert tone(widget) == expected
    serious = [group for encoder in report["encoders"] for group in encoder["keys"]["serious"]]
    assert bool(serious) == (file == HURT)
    assert widget.locator(".es-fits[data-broken]").count() == bool(serious)
    if serious:
        problems = widget.locator("details", has_text="Key problems")
        problems.locator("summary").click()
        assert all(group["why"] in problems.text_content() for group in serious)
    editor.picture(f"card-{file.split('.')[0]}")


def test_a_checkpoint_has_a_part_for_each_encoder(editor: Any) -> None:
    report = inspected(editor, CHECKPOINT)
    widget = editor.widget()
    assert [encoder["name"] for encoder in report["encoders"]] == ["clip_l", "clip_g"]
    assert tone(widget) == "kept"
    for k, encoder in enumerate(report["encoders"]):
        part = widget.locator(f"[data-encoder='{k}']")
        assert part.locator("h4").first.text_content() == encoder["title"] + encoder["prefix"]
        assert facts(part)["shape"].startswith(f"{encoder['width']:,} wide")
        assert families(part, "yes") == [fit["family"] for fit in encoder["fits"] if fit["fits"]]
    editor.picture("card-checkpoint")


def test_another_file_makes_the_card_stale(editor: Any) -> None:
    inspected(editor, CLIP_L)
    node = editor.save()["nodes"][0]["id"]
    editor.put(node, file=T5)
    editor.widget().locator(".es-line", has_text="changed").wait_for(state="visible")
    editor.put(node, file=CLIP_L)
    editor.widget().locator(".es-line:not([data-tone='work'])").wait_for(state="hidden")


def loaded(**more: Any) -> dict[str, Any]:
    clip = {
        "file": CLIP_L,
        "role": "clip_l",
        "name": "clip_l",
        "title": "CLIP-L (ViT-L/14)",
        "width": 768,
        "layers": 12,
        "heads": 12,
        "positions": 77,
        "projection": 768,
        "activation": "quick_gelu",
        "quantisation": "none",
        "dtypes": {"float16": 247300608},
        "tokenizer": "ComfyUI's own",
        "assumed": [],
        "unused": {},
    }
    t5 = {
        **clip,
        "file": T5,
        "role": "t5xxl",
        "title": "T5 v1.1 or Flan-T5 XXL",
        "width": 4096,
        "layers": 24,
        "heads": 64,
        "positions": None,
    }
    t5["dtypes"] = {"float16": 600_000_000, "float8_e4m3fn": 4_400_000_000}
    return {
        "format": "encoderscope.loaded",
        "version": 1,
        "family": "flux",
        "title": "FLUX.1",
        "precision": "fp8",
        "encoders": [clip, t5],
        "warnings": [f"{T5}: numbers too large for fp8 stand in 2 matrices {MARKUP}"],
        "notes": [f"{CLIP_L}: 1 tensor of it is not read: position_ids."],
        **more,
    }


def test_what_was_loaded_is_drawn(editor: Any) -> None:
    node = editor.add(LOAD, file_1=CLIP_L, file_2=T5)
    report = loaded()
    show = (
        "([id, report]) => app.graph.getNodeById(id).onExecuted({ encoderscope_loaded: [report] })"
    )
    editor.page.evaluate(show, [node, display.with_loaded_display(report)])
    widget = editor.widget()
    widget.locator(".es-encoder").first.wait_for(state="visible")
    assert widget.locator(".es-verdict p").all_text_contents() == [
        "CLIP for FLUX.1",
        *report["warnings"],
    ]
    assert widget.locator("img").count() == 0
    for k, encoder in enumerate(report["encoders"]):
        part = widget.locator(f"[data-encoder='{k}']")
        assert part.locator("h4").text_content() == encoder["title"] + encoder["file"]
        assert facts(part)["role"] == f"read as {encoder['role']}"
        stored = part.locator("[data-dtype]").evaluate_all(
            "(all) => all.map((each) => each.dataset.dtype)"
        )
        assert stored == sorted(encoder["dtypes"], key=lambda name: -encoder["dtypes"][name])
    editor.picture("card-loaded")
    alone = loaded(
        family=None, title="CLIP-L, alone: no image model reads it as it is", warnings=[]
    )
    editor.page.evaluate(show, [node, display.with_loaded_display(alone)])
    widget.locator(".es-verdict[data-tone=open]").wait_for(state="visible")


def test_a_light_palette(editor: Any) -> None:
    editor.set("Comfy.ColorPalette", "light")
    try:
        inspected(editor, T5)
        editor.page.wait_for_function("() => document.body.dataset.encoderscopeTheme === 'light'")
        editor.picture("card-light")
    finally:
        editor.set("Comfy.ColorPalette", "dark")
