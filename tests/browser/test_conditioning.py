"""The cards around CONDITIONING in the real editor: what they draw is the report, from a run with
small encoders and from reports of every kind.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.browser
kit = importlib.import_module("encoderscope.tests.browser.editor")
hostkit = importlib.import_module("encoderscope.tests.hostkit")
report = importlib.import_module("encoderscope.conditioning.reports.conditioning.report")

ENCODE, ASSEMBLE, MIX, INSPECT = (
    f"EncoderScope_{name}" for name in ("EncodeStates", "Assemble", "Mix", "InspectConditioning")
)
LOAD = "EncoderScope_LoadEncoders"
LONG = (
    "a portrait of an old fisherman in a forest-green oilskin coat, a black dog at his feet, " * 5
)
MARKUP = "<img src=x onerror=alert(1)>"
NAME_CARD = (
    "([id, name]) => { app.graph.getNodeById(id).widgets.find((w) => w.name === "
    "'encoderscope').element.dataset.card = name }"
)
SHOW = (
    "([id, report]) => app.graph.getNodeById(id).onExecuted({ encoderscope_conditioning: "
    "[report] })"
)
DRAWN = """(card) => ({
  strips: [...card.querySelectorAll('.es-strip')].map((strip) => [strip.dataset.part, [...strip.children].map((cell) => cell.dataset.level).join(' ')]),
  unused: [...card.querySelectorAll('.es-strip[data-unused]')].length,
  pooled: [...card.querySelectorAll('[data-pooled]')].map((part) => part.textContent),
  tracks: [...card.querySelectorAll('[data-track]')].map((track) => [track.dataset.track, track.querySelectorAll('.es-span').length]),
  said: [...card.querySelectorAll('.es-verdict p')].map((text) => text.textContent),
  tone: card.querySelector('.es-verdict').dataset.tone,
  notes: [...card.querySelectorAll('.es-said li')].map((note) => note.textContent),
  keys: [...card.querySelectorAll('.es-picture ~ .es-chips [data-fact^="key:"]')].map((chip) => chip.textContent),
  wide: [...card.querySelectorAll('*')].filter((one) => getComputedStyle(one).display !== 'inline' && one.scrollWidth > one.clientWidth + 1
    && getComputedStyle(one).overflowX === 'visible' && one.clientWidth).map((one) => one.className),
})"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """CLIP-L and T5-XXL of real widths, narrow inside and with few layers: enough for a FLUX.1
    conditioning.
    """
    from encoderscope.host.torch_companions import mend_torchvision

    mend_torchvision()
    making = importlib.import_module("encoderscope.tests.host.loading.making")
    base = tmp_path_factory.mktemp("models")
    (base / "text_encoders").mkdir()
    result = {"clip_l": making.clip(768, 12, feed_forward=64), "t5xxl": making.t5(4096, 24, 16, 1)}
    for name, model in result.items():
        making.write(
            base / "text_encoders" / f"{name}.safetensors", making.state(model), torch.float16
        )
    config = base / "paths.yaml"
    config.write_text(
        json.dumps({"cards": {"base_path": str(base), "text_encoders": "text_encoders"}}),
        encoding="utf-8",
    )
    yield config
    for file in (base / "text_encoders").iterdir():
        file.unlink()


@pytest.fixture(scope="module", params=hostkit.FRONT_ENDS)
def card_server(
    request: pytest.FixtureRequest, models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    arguments = ("--extra-model-paths-config", str(models))
    with hostkit.serve(
        tmp_path_factory.mktemp("cards"), front_end=request.param, arguments=arguments
    ) as server:
        server.require_node(MIX)
        yield request.param, server


@pytest.fixture(scope="module", params=(False, True), ids=("classic", "nodes2"))
def card_editor(request: pytest.FixtureRequest, card_server: Any, chromium: Any) -> Iterator[Any]:
    name, server = card_server
    with kit.opened(chromium, server, kit.Face(name, request.param), 1500, 1150) as editor:
        yield editor


@pytest.fixture
def editor(card_editor: Any) -> Iterator[Any]:
    yield from kit.cleared(card_editor)


def card(editor: Any, node: int, name: str) -> Any:
    """The panel of one node, once it has drawn something."""
    editor.page.evaluate(NAME_CARD, [node, name])
    panel = editor.page.locator(f"[data-card='{name}']")
    panel.locator(".es-verdict").first.wait_for(state="attached")
    return panel


def drawn(panel: Any) -> dict[str, Any]:
    values = dict(panel.evaluate(DRAWN))
    assert values.pop("wide") == [], "something sticks out of its box"
    return values


def levels(values: list[int | None]) -> str:
    return " ".join("none" if value is None else str(value) for value in values)


def strips(entry: dict[str, Any]) -> list[list[str]]:
    sequence = entry["sequence"]
    return [
        [rows["name"], levels(sequence["levels"][rows["start"] : rows["stop"]])]
        for rows in sequence["rows"]
    ]


def look(editor: Any, node: int, name: str) -> None:
    """The node alone in the middle of the screen, as it opens."""
    x, y = editor.page.evaluate("(id) => [...app.graph.getNodeById(id).pos]", node)
    editor.look_at(x, y - 20)
    editor.page.wait_for_timeout(250)
    editor.picture(name)


def test_a_prompt_opened_assembled_mixed_and_inspected(editor: Any) -> None:
    """All four nodes in one graph, FLUX.1: CLIP-L's sequence is thrown away, its pooled vector is
    mixed until 40 %.
    """
    load = editor.add(LOAD, file_1="clip_l.safetensors", file_2="t5xxl.safetensors")
    encode, other = (
        editor.add(ENCODE, (600, 40), text=LONG),
        editor.add(ENCODE, (600, 1300), text="a blue house"),
    )
    assemble = editor.add(ASSEMBLE, (1200, 40), clip_l="absent")
    mix = editor.add(MIX, (1800, 40), pooled_end=0.4)
    inspect = editor.add(INSPECT, (2400, 40))
    for node in (encode, other):
        editor.link(load, "CLIP", node, "clip")
    editor.link(encode, "TEXT_STATES", assemble, "states")
    editor.link(other, "CONDITIONING", mix, "pooled_from")
    editor.link(encode, "CONDITIONING", mix, "sequence_from")
    editor.link(mix, "CONDITIONING", inspect, "conditioning")
    editor.link(encode, "CONDITIONING", inspect, "compare_with")
    shown = editor.run()

    states = shown[str(encode)]["encoderscope_states"][0]
    seen = drawn(card(editor, encode, "encode"))
    clip_l, t5 = states["streams"]
    assert clip_l["windows"] == [77, 77] and seen["unused"] == 2, (
        "CLIP-L's two windows, both thrown away"
    )
    halves = [levels(clip_l["sequence"]["levels"][k : k + 77]) for k in (0, 77)]
    assert seen["strips"] == [
        ["clip", halves[0]],
        ["clip", halves[1]],
        ["t5", levels(t5["sequence"]["levels"])],
    ]
    assert seen["said"] == [states["sentence"]] and seen["tone"] == "kept"
    assert any("throws CLIP-L's sequence away" in note for note in seen["notes"])

    result = {
        node: shown[str(node)]["encoderscope_conditioning"][0] for node in (assemble, mix, inspect)
    }
    for node, name in ((assemble, "assemble"), (mix, "mix"), (inspect, "inspect")):
        seen = drawn(card(editor, node, name))
        assert seen["said"] == [result[node]["sentence"]] and seen["notes"] == result[node]["notes"]
        assert seen["strips"][:1] == strips(result[node]["entries"][0])
        assert seen["tracks"] == [
            [track["part"], len(track["spans"])] for track in result[node]["timeline"]
        ]
    absent = result[assemble]["entries"][0]
    assert absent["pooled"] is None and drawn(card(editor, assemble, "assemble"))["pooled"] == [
        absent["no_pooled"]
    ]
    assert len(result[mix]["entries"]) == 2 and [
        track["part"] for track in result[mix]["timeline"]
    ] == ["pooled", "pooled", "t5"]
    assert (
        result[inspect]["differences"]["sentence"]
        in card(editor, inspect, "inspect").text_content()
    )
    for node, name in (
        (encode, "encode"),
        (assemble, "assemble"),
        (mix, "mix"),
        (inspect, "inspect"),
    ):
        look(editor, node, f"conditioning-{name}")


def test_a_cell_says_what_it_is_by_pointer_and_by_keyboard(editor: Any) -> None:
    node, result = show_report(editor, INSPECT, [sd3()])
    panel = card(editor, node, "inspect")
    cell = panel.locator(".es-strip[data-part='t5'] .es-cell").nth(2)
    cell.hover()
    tip = editor.page.locator(".encoderscope-tip")
    tip.wait_for(state="visible")
    assert (
        tip.text_content().startswith("T5 row 3 of 154")
        and f"norm {result['entries'][0]['sequence']['norms'][79]}" in tip.text_content()
    )
    editor.page.mouse.move(2, 2)
    tip.wait_for(state="detached")
    panel.locator(".es-strip[data-part='clip'] .es-cell").first.focus()
    editor.page.keyboard.press("End")
    tip.wait_for(state="visible")
    assert tip.text_content().startswith("CLIP row 77 of 77")


# Reports of every kind, given to the node as a run gives them


def sd3(**more: Any) -> list[Any]:
    noise = torch.Generator().manual_seed(2)
    sequence = torch.randn(1, 231, 4096, generator=noise) * (
        0.3 + torch.rand(1, 231, 1, generator=noise)
    )
    sequence[:, :77, 2048:] = 0
    return [sequence, {"pooled_output": torch.randn(1, 2048, generator=noise), **more}]


def show_report(
    editor: Any, kind: str, conditioning: Any, other: Any = None, **more: Any
) -> tuple[int, dict[str, Any]]:
    result = report.conditioning_report(conditioning, other, **more)
    node = editor.add(kind)
    editor.page.evaluate(SHOW, [node, result])
    return node, result


def test_sd3_with_a_schedule_and_differences(editor: Any) -> None:
    first = sd3(guidance=3.5, start_percent=0.0, end_percent=0.4)
    quiet = {
        **first[1],
        "pooled_output": torch.zeros(1, 2048),
        "start_percent": 0.4,
        "end_percent": 1.0,
    }
    other = sd3()
    other[0][:, 100:160] *= 2
    node, result = show_report(
        editor, MIX, [first, [first[0], quiet]], [other], notes=[f"Noted {MARKUP}"]
    )
    panel = card(editor, node, "mix")
    seen = drawn(panel)
    pair = result["differences"]["pairs"][0]
    changed = levels(pair["sequence"]["levels"][77:])
    assert seen["strips"] == [["change", changed], *strips(result["entries"][0])], (
        "CLIP's rows are identical: no strip for them"
    )
    assert set(changed.split()) == {"0", "4"}
    assert [text.split(" ·")[0] for text in seen["pooled"]] == ["CLIP-L", "CLIP-G"]
    assert seen["tracks"] == [["pooled", 1], ["pooled", 1], ["clip", 2], ["t5", 2]]
    assert seen["keys"] == ["guidance: 3.5", "start: 0 %", "end: 40 %"]
    first_part = "(card) => card.querySelector('.es-verdict, .es-strip, .es-chips').className"
    assert panel.evaluate(first_part).split()[0] == "es-verdict", "the sentence stands on top"
    assert seen["notes"] == [f"Noted {MARKUP}"] and panel.locator("img").count() == 0
    line = panel.locator(".es-track-line").first.bounding_box()
    span = panel.locator(".es-span").first.bounding_box()
    assert span["width"] / line["width"] == pytest.approx(0.4, abs=0.02)
    look(editor, node, "conditioning-schedule")

    fold = panel.locator("details[data-key='entry:1']")
    assert fold.locator(".es-strip").count() == 0, "drawn when it is opened"
    fold.locator("summary").first.click()
    fold.locator(".es-pooled-part[data-zero]").first.wait_for(state="attached")
    assert fold.locator(".es-strip").count() == 2


def test_nan_and_zeros_and_an_unknown_layout(editor: Any) -> None:
    hurt = sd3()
    hurt[0][0, 5, 7] = float("nan")
    hurt[0][0, 60:70] = 0
    node, result = show_report(editor, INSPECT, [hurt])
    seen = drawn(card(editor, node, "hurt"))
    assert seen["tone"] == "lost" and "1 NaN" in seen["said"][0]
    cells = seen["strips"][0][1].split()
    assert cells[5] == "none" and cells[60:70] == ["0"] * 10
    look(editor, node, "conditioning-nan")
    node, result = show_report(editor, INSPECT, [[torch.randn(1, 40, 2304), {}]])
    seen = drawn(card(editor, node, "unknown"))
    assert seen["tone"] == "open" and seen["pooled"] == [result["entries"][0]["no_pooled"]]


def test_a_long_sequence_says_what_is_not_drawn(editor: Any) -> None:
    node, _ = show_report(
        editor, INSPECT, [[torch.randn(1, 3000, 768), {"pooled_output": torch.randn(1, 768)}]]
    )
    panel = card(editor, node, "long")
    assert panel.locator(".es-cell").count() == 2048
    assert "… and 952 more tokens" in panel.text_content()


def test_another_strength_makes_the_card_stale(editor: Any) -> None:
    node, _ = show_report(editor, MIX, [sd3()])
    panel = card(editor, node, "mix")
    editor.put(node, pooled=2.0)
    panel.locator(".es-line", has_text="changed").wait_for(state="attached")
    editor.put(node, pooled=1.0)
    panel.locator(".es-line[hidden]:not([data-tone='work'])").wait_for(state="attached")


def test_a_light_palette(editor: Any) -> None:
    editor.set("Comfy.ColorPalette", "light")
    try:
        editor.page.wait_for_function("() => document.body.dataset.encoderscopeTheme === 'light'")
        other = sd3()
        other[0][:, 90:] *= 1.3
        node, _ = show_report(editor, INSPECT, [sd3(guidance=3.5)], [other])
        card(editor, node, "light")
        look(editor, node, "conditioning-light")
    finally:
        editor.set("Comfy.ColorPalette", "dark")
