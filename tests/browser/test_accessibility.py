"""What axe-core finds against the cards, on a dark palette and on a light one: names, roles,
contrast, and what the keyboard cannot reach. Every fold is open.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from encoderscope.tools import packages

pytestmark = pytest.mark.browser
kit = importlib.import_module("encoderscope.tests.browser.editor")
words = importlib.import_module("encoderscope.tests.reports.generator.kit")
patients = importlib.import_module("encoderscope.tests.doctor.kit")

REPORTS = "encoderscope.conditioning.reports"
SAMPLES = Path(__file__).parents[1] / "samples"
CARDS = {
    "BindingProbe": ("encoderscope_probe", "binding", "probe_flux"),
    "EncoderReport": ("encoderscope_encoder_report", "encoder_card", "encoder_report"),
    "ImageProbe": ("encoderscope_image", "image", "image_two"),
    "BindingBenchmark": ("encoderscope_benchmark", "benchmark", "benchmark"),
}
"""Node -> key of its output, room of its report, sample."""
OPEN = "(card) => { for (const fold of card.querySelectorAll('details')) fold.open = true }"
CHECK = """async (card) => { const found = await axe.run(card, { resultTypes: ['violations'] })
  return found.violations.map((one) => [one.id, one.nodes.length, ...one.nodes.slice(0, 3).map((node) =>
    `${node.html.slice(0, 160)} ${node.any.concat(node.all).map((check) => check.message).join('; ').slice(0, 160)}`)]) }"""


def axe() -> Path:
    """The file of axe-core; skips where `python dev.py test` has not fetched it."""
    path = packages.axe_file()
    if not path.is_file():
        pytest.skip("axe-core was not fetched: `python dev.py test` does that")
    return path


@pytest.fixture
def editor(editor: Any) -> Iterator[Any]:
    yield from kit.in_window(editor, 1500, 1300)


def samples() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Node, key of its output, and a report with all that is drawn."""
    for name, (key, room, sample) in CARDS.items():
        display = importlib.import_module(f"{REPORTS}.{room}.display")
        report = json.loads((SAMPLES / f"{sample}.json").read_text(encoding="utf-8"))
        yield name, key, display.with_display(report)
    ignored = importlib.import_module(f"{REPORTS}.generator.display").with_display(words.mixed())
    yield "IgnoredWords", "encoderscope_generator", ignored
    yield "PromptDoctor", "encoderscope_doctor", patients.sick()


def shown(editor: Any, name: str, key: str, report: dict[str, Any]) -> Any:
    node = editor.add(f"EncoderScope_{name}")
    editor.page.wait_for_timeout(200)
    editor.page.evaluate(kit.NAME_CARD, [node, name])
    editor.page.evaluate(kit.SHOW, [node, key, report])
    return editor.page.locator(f"[data-card='{name}']")


def violations(editor: Any, panel: Any) -> list[Any]:
    panel.locator(".es-verdict").first.wait_for(state="attached")
    panel.evaluate(OPEN)
    editor.page.wait_for_timeout(250)
    return list(panel.evaluate(CHECK))


@pytest.mark.parametrize("palette", ["dark", "light"])
def test_axe_finds_nothing(editor: Any, palette: str) -> None:
    editor.page.add_script_tag(path=str(axe()))
    editor.set("Comfy.ColorPalette", palette)
    try:
        editor.page.wait_for_function(
            "(palette) => document.body.dataset.encoderscopeTheme === palette", arg=palette
        )
        faults = {}
        for name, key, report in samples():
            faults[name] = violations(editor, shown(editor, name, key, report))
            editor.page.evaluate(kit.REMOVE_ALL)
        editor.live_report(lambda: editor.add(text="a red fox (glow:1.2) BREAK a", family="sd3"))
        faults["TokenMap"] = violations(editor, editor.widget())
        assert {name: against for name, against in faults.items() if against} == {}
    finally:
        editor.set("Comfy.ColorPalette", "dark")


def test_axe_finds_nothing_in_what_a_run_draws(editor: Any) -> None:
    editor.page.add_script_tag(path=str(axe()))
    text = f"a red circle and a blue square {editor.face}"
    loader = editor.add("EncoderScope_LoadMiniature")
    nodes = {
        "states": editor.add("EncoderScope_EncodeStates", (420, 40), text=text),
        "cached": editor.add("EncoderScope_CachedEncode", (900, 40), text=text),
        "order": editor.add("EncoderScope_CompareOrder", (420, 700), text_a=text, family="sd1"),
        "inspect": editor.add("EncoderScope_InspectConditioning", (1300, 40)),
    }
    for name in ("states", "cached"):
        editor.link(loader, "CLIP", nodes[name], "clip")
    editor.link(nodes["cached"], "CONDITIONING", nodes["inspect"], "conditioning")
    for name, node in nodes.items():
        editor.page.evaluate(kit.NAME_CARD, [node, name])
    editor.run(120)
    panels = {name: editor.page.locator(f"[data-card='{name}']") for name in nodes}
    faults = {name: violations(editor, panel) for name, panel in panels.items()}
    assert {name: against for name, against in faults.items() if against} == {}
