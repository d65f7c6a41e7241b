"""The card of the Image Probe in the real editor: what it draws is the report, in both faces and whatever its verdicts."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser
kit = importlib.import_module("encoderscope.tests.browser.editor")
hostkit = importlib.import_module("encoderscope.tests.hostkit")

NODE, KEY, MINIATURE = "EncoderScope_ImageProbe", "encoderscope_image", "EncoderScope_LoadMiniature"
MARKUP = "<img src=x onerror=alert(1)>"
SHOWN, SWAPPED, UNKNOWN = "shows the prompt", "shows the swap", "cannot tell"
NAME_CARD = "([id, name]) => { app.graph.getNodeById(id).widgets.find((w) => w.name === 'encoderscope').element.dataset.card = name }"
SHOW = "([id, key, report]) => app.graph.getNodeById(id).onExecuted({ [key]: [report] })"
RESIZE = """([id, width, height]) => { app.graph.getNodeById(id).setSize([width, height]); app.canvas.setDirty(true, true)
  // Front end 1.32.9 gives a Nodes 2.0 element its size by these, and not again when a script sets the node's.
  const element = document.querySelector(`[data-node-id='${id}']`)
  for (const [name, value] of [['--node-width', width], ['--node-height', height]]) element?.style.setProperty(name, `${value}px`) }"""
WIDE = """(card) => [...card.querySelectorAll('*')].filter((one) => getComputedStyle(one).display !== 'inline' && one.scrollWidth > one.clientWidth + 1
  && getComputedStyle(one).overflowX === 'visible' && one.clientWidth).map((one) => one.className.baseVal ?? one.className)"""
DRAWN = """(card) => ({
  text: card.querySelector('.es-given').textContent,
  said: [...card.querySelectorAll('.es-verdict p')].map((text) => text.textContent),
  tone: card.querySelector('.es-verdict').dataset.tone,
  believed: [...card.querySelectorAll('.es-believed')].map((one) => [one.querySelector('.es-contrast-head b').textContent,
    one.querySelector('.es-outcome').dataset.verdict, one.dataset.canTell, one.querySelector('.es-scenes').dataset.right, one.querySelector('.es-quiet').textContent]),
  pictures: [...card.querySelectorAll('.es-shot')].map((shot) => ({
    shows: shot.querySelector('.es-shown').textContent,
    thumb: shot.querySelector('img')?.getAttribute('src') ?? null,
    margins: [...shot.querySelectorAll('.es-margin')].map((row) => [row.dataset.shows, Number(row.dataset.clear), row.querySelector('.es-margin-why')?.textContent ?? '']),
    shares: [...shot.querySelectorAll('.es-share')].map((row) => [row.dataset.role, Number(row.dataset.percentage)]) })),
  lists: [...card.querySelectorAll('[data-list] li')].map((line) => line.textContent),
})"""
BARS = """(card) => [...card.querySelectorAll('.es-margin')].map((row) => { const line = row.querySelector('.es-margin-line').getBoundingClientRect()
  const at = (box) => [(box.left - line.left) / line.width, (box.right - line.left) / line.width]
  return { clear: Number(row.dataset.clear), fill: at(row.querySelector('.es-margin-fill').getBoundingClientRect()), noise: at(row.querySelector('.es-noise').getBoundingClientRect()),
    ticks: [...row.querySelectorAll('.es-threshold')].map((tick) => at(tick.getBoundingClientRect())[0]), beyond: row.querySelector('.es-margin-fill').dataset.beyond ?? null } })"""
SHARES = """(card) => [...card.querySelectorAll('.es-share')].map((row) => [Number(row.dataset.percentage),
  100 * row.querySelector('.es-share-fill').getBoundingClientRect().width / row.querySelector('.es-gauge-line').getBoundingClientRect().width])"""
LOOKS = """(card) => [...card.querySelectorAll('.es-shot')].map((shot) => { const chip = getComputedStyle(shot.querySelector('.es-shown')), fill = getComputedStyle(shot.querySelector('.es-margin-fill'))
  const grey = (text) => text.replace(/(rgba?|color)\\([^)]*\\)/g, (found) => (/[, ]0\\)$/.test(found) ? 'none' : 'ink'))
  return { sign: shot.querySelector('.es-shown-sign').textContent, chip: [chip.borderTopStyle, chip.borderTopWidth, chip.borderTopLeftRadius].join(' '),
    fill: [grey(fill.backgroundImage), fill.backgroundImage === 'none' && fill.backgroundColor === fill.getPropertyValue('--es-x')].join(' ') } })"""


@pytest.fixture(scope="module", params=hostkit.FRONT_ENDS)
def card_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with hostkit.serve(tmp_path_factory.mktemp("image"), front_end=request.param) as server:
        server.require_node(NODE)
        yield request.param, server


@pytest.fixture(scope="module", params=(False, True), ids=("classic", "nodes2"))
def card_editor(request: pytest.FixtureRequest, card_server: Any, chromium: Any) -> Iterator[Any]:
    name, server = card_server
    with kit.opened(chromium, server, kit.Face(name, request.param), 1500, 1250) as editor:
        yield editor


@pytest.fixture
def editor(card_editor: Any) -> Iterator[Any]:
    yield from kit.cleared(card_editor)


def sample() -> dict[str, Any]:
    return dict(json.loads((Path(__file__).parents[1] / "samples" / "image_two.json").read_text(encoding="utf-8")))


def fed(editor: Any, report: dict[str, Any], name: str, size: tuple[int, int] | None = None) -> Any:
    """The panel of a new node that shows this report, at this size."""
    node = editor.add(NODE)
    if size:
        editor.page.wait_for_timeout(200)
        editor.page.evaluate(RESIZE, [node, *size])
    editor.page.evaluate(NAME_CARD, [node, name])
    editor.page.evaluate(SHOW, [node, KEY, report])
    panel = editor.page.locator(f"[data-card='{name}']")
    panel.locator(".es-verdict").first.wait_for(state="attached")
    x, y = editor.page.evaluate("(id) => [...app.graph.getNodeById(id).pos]", node)
    editor.look_at(x, y - 20)
    editor.page.wait_for_timeout(250)
    return panel


def nothing_sticks_out(panel: Any) -> None:
    assert panel.evaluate(WIDE) == [], "something sticks out of its box"


def expected(report: dict[str, Any]) -> dict[str, Any]:
    signs = {SHOWN: "✓", SWAPPED: "⇄", UNKNOWN: "?", "nothing to test": "·"}
    verdicts = [one["shows"] for one in report["images"]]
    return {
        "text": report["text"],
        "said": [report["sentence"]],
        "tone": "lost" if SWAPPED in verdicts else "kept" if set(verdicts) == {SHOWN} else "open",
        "believed": [
            [one["label"], one["text_side"]["verdict"], "yes" if one["can_tell"] else "no", str(one["calibration"]["right"]), one["sentence"]]
            for one in report["contrasts"]
        ],
        "pictures": [
            {
                "shows": signs[one["shows"]] + one["shows"],
                "thumb": one.get("thumb"),
                "margins": [[s["shows"], s["clear"], f"{s['shows']}: {s['why']}" if s["why"] else ""] for s in one["contrasts"]],
                "shares": [[caption["role"], share] for caption, share in zip(report["captions"], one["percentages"], strict=True)],
            }
            for one in report["images"]
        ],
        "lists": [*(line for line in report["unread"] if line not in report["sentence"]), *report["skipped"], *report["notes"], *report["scorer"]["notes"]],
    }  # fmt: skip


@pytest.mark.parametrize("width", [540, 360, 900])
def test_the_card_is_the_report(editor: Any, width: int) -> None:
    report = sample()
    panel = fed(editor, report, f"image-{width}", (width, 1050))
    nothing_sticks_out(panel)
    assert panel.evaluate(DRAWN) == expected(report)
    editor.picture(f"image-{width}")
