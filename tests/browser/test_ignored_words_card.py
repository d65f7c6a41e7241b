"""The card of Ignored Words in the real editor: what it draws is the report, in both faces, and it
starts small.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.browser
kit = importlib.import_module("encoderscope.tests.browser.editor")
reports = importlib.import_module("encoderscope.tests.reports.generator.kit")
where_pictures = importlib.import_module(
    "encoderscope.conditioning.reports.generator.where_pictures"
)
display = importlib.import_module("encoderscope.conditioning.reports.generator.display")

NODE, KEY = "EncoderScope_IgnoredWords", "encoderscope_generator"
MARKUP = "<img src=x onerror=alert(1)>"
SIZE = "(id) => [...app.graph.getNodeById(id).size]"
DRAWN = """(card) => ({
  text: card.querySelector('.es-inked').textContent,
  inked: [...card.querySelectorAll('.es-inked .es-ink')].map((piece) => [piece.textContent, piece.dataset.state, Number(piece.dataset.ink)]),
  sentence: card.querySelector('.es-verdict p').textContent,
  tone: card.querySelector('.es-verdict').dataset.tone,
  bars: [...card.querySelectorAll('.es-part[data-phrase]')].map((row) => [Number(row.dataset.phrase), row.dataset.state,
    row.querySelector('.es-part-name').textContent, row.querySelector('.es-gauge-value').textContent, row.querySelector('.es-part-state').textContent]),
  said: [...card.querySelectorAll('.es-contrast [role=list] .es-part-said')].map((line) => line.textContent),
  bound: [...card.querySelectorAll('.es-bound')].map((entry) => [entry.querySelector('b').textContent, entry.dataset.beyond, entry.querySelectorAll('.es-part').length]),
  how: card.querySelector('[data-list=how]').textContent,
  lists: [...card.querySelectorAll('[data-list=notes] li')].map((line) => line.textContent),
  legend: [...card.querySelectorAll('[data-legend]')].map((item) => item.dataset.legend),
})"""
PLACES = """(card) => [...card.querySelectorAll('.es-part[data-phrase]')].map((row) => { const line = row.querySelector('.es-gauge-line').getBoundingClientRect()
  const at = (name) => { const box = row.querySelector(name)?.getBoundingClientRect(); return box ? [100 * (box.left - line.left) / line.width, 100 * box.width / line.width] : null }
  return { phrase: Number(row.dataset.phrase), fill: at('.es-part-fill'), own: at('.es-part-own'), floor: at('.es-blind'), whisker: at('.es-whisker') } })"""
LOOKS = """(card) => [...card.querySelectorAll('.es-inked .es-ink')].map((piece) => { const look = getComputedStyle(piece)
  return [piece.dataset.state, look.textDecorationLine, look.textDecorationStyle, parseFloat(look.textDecorationThickness), Number(look.fontWeight)] })"""


@pytest.fixture
def editor(editor: Any) -> Iterator[Any]:
    yield from kit.in_window(editor, 1500, 1300)


def show_report(
    editor: Any, report: dict[str, Any], name: str, size: tuple[int, int] | None = None
) -> Any:
    """The panel of a new node that shows this report, at this size."""
    return kit.show_report(editor, NODE, KEY, display.with_display(report), name, size)


def sized_once(editor: Any) -> bool:
    """Nodes 2.0 of front end 1.32.9 takes a size from a script at creation only; the card grows by
    its least height there.
    """
    return bool(editor.face.front_end == "own" and editor.face.nodes_2)


def expected(report: dict[str, Any]) -> dict[str, Any]:
    drawn = display.with_display(report)
    shown, phrases = drawn["display"], drawn["phrases"]
    rows = [(index, phrases[index]) for index in (*shown["seen"], *shown["folded"])]
    return {
        "text": report["text"],
        "inked": [
            [piece["text"], own["state"], own["ink"]]
            for piece in shown["pieces"]
            if piece["phrase"] is not None
            for own in [phrases[piece["phrase"]]["display"]]
        ],
        "sentence": report["sentence"],
        "tone": shown["tone"],
        "bars": [
            [
                index,
                phrase["display"]["state"],
                phrase["text"],
                phrase["display"]["share_text"],
                phrase["display"]["sign"]
                + (phrase["display"]["route"] or phrase["display"]["state_text"]),
            ]
            for index, phrase in rows
        ],
        "said": [phrase["display"]["said"] for _, phrase in rows if phrase["display"]["said"]],
        "bound": [
            [
                entry["label"],
                "yes" if entry["display"]["generator"]["beyond"] else "no",
                1 + (entry["encoder"] is not None),
            ]
            for entry in drawn["binding"]
        ],
        "how": shown["how"],
        "lists": shown["notes"],
        "legend": [item["name"] for item in shown["legend"]],
    }


@pytest.mark.parametrize("width", [560, 380, 900])
def test_the_card_is_the_report(editor: Any, width: int) -> None:
    report = reports.mixed()
    panel = show_report(editor, report, f"words-{width}", (width, 1150))
    assert panel.evaluate(kit.WIDE) == [], "something sticks out of its box"
    assert panel.evaluate(DRAWN) == expected(report)
    editor.picture(f"ignored-words-{width}")


@pytest.mark.parametrize("name", ["finished", "wide", "many", "long", "nothing", "alone"])
def test_every_report_is_drawn(editor: Any, name: str) -> None:
    report = reports.REPORTS[name]()
    panel = show_report(editor, report, name, (560, 1150))
    assert panel.evaluate(kit.WIDE) == []
    drawn, wanted = panel.evaluate(DRAWN), expected(report)
    if name == "long":
        assert wanted["text"].startswith(drawn["text"]) and len(drawn["text"]) == 40_000
        assert "see the JSON" in panel.locator(".es-more").text_content()
        drawn["text"] = wanted["text"]
    assert drawn == wanted
    if name == "many":
        fold = panel.locator("details[data-key='phrases']")
        assert fold.locator("summary").text_content() == "28 more phrases"
        assert fold.locator(".es-part").count() == 28


def test_no_state_rests_on_colour_alone(editor: Any) -> None:
    looks = show_report(editor, reports.mixed(), "looks", (560, 1150)).evaluate(LOOKS)
    lines = [(state, line, style) for state, line, style, *_ in looks]
    assert lines == [
        ("used", "underline", "solid"),
        ("used", "underline", "solid"),
        ("used", "underline", "solid"),
        ("ignored", "line-through", "solid"),
        ("cannot tell", "underline", "dashed"),
        ("cut off", "line-through", "double"),
    ]
    thick, weight = [look[3] for look in looks[:3]], [look[4] for look in looks[:3]]
    assert thick == sorted(set(thick), reverse=True) and weight == sorted(set(weight), reverse=True)


def test_bars_stand_where_the_report_says(editor: Any) -> None:
    report = reports.mixed()
    places = show_report(editor, report, "bars", (560, 1150)).evaluate(PLACES)
    drawn = display.with_display(report)
    floor = drawn["display"]["floor"]["width"]
    assert len(places) == 6
    for place in places:
        shown = drawn["phrases"][place["phrase"]]["display"]
        own = shown["width"] if shown["own"] is None else shown["own"]
        if shown["width"]:
            assert place["fill"] == pytest.approx([0, shown["width"]], abs=1.2)
            assert place["own"] == pytest.approx([0, own], abs=1.2)
        else:
            assert place["fill"] is None and place["own"] is None
        assert place["floor"] == pytest.approx([0, floor], abs=0.8)
        interval = shown["interval"]
        assert place["whisker"][0] == pytest.approx(interval["left"], abs=1.2)
        assert place["whisker"][1] == pytest.approx(interval["width"], abs=1.6)


def test_a_phrase_says_its_numbers_by_pointer_and_by_keyboard(editor: Any) -> None:
    report = reports.mixed()
    panel = show_report(editor, report, "tips", (560, 1150))
    panel.locator(".es-ink").nth(1).hover()
    tip = editor.page.locator(".encoderscope-tip")
    tip.wait_for(state="visible")
    assert tip.locator("strong").text_content() == "blue house"
    for text in (
        "exchanging it does 24 % (95 % interval",
        "70 % of what it does travels through other words",
    ):
        assert text in tip.text_content()
    editor.page.mouse.move(2, 2)
    tip.wait_for(state="detached")
    panel.locator(".es-ink").first.focus()
    editor.page.keyboard.press("End")
    editor.page.locator(".encoderscope-tip", has_text="Never reaches the image model").wait_for()
    editor.page.keyboard.press("Escape")
    tip.wait_for(state="detached")
    panel.locator(".es-bound .es-part").first.hover()
    tip.wait_for(state="visible")
    assert "it is not shown that the image model binds it" in tip.text_content()


def test_where_maps_are_pictures_of_the_report_and_no_others(editor: Any) -> None:
    report = reports.mixed()
    values = [100, 0, 0, 0] * 2
    maps = [{"phrase": k, "size": [2, 4], "values": values} for k in (0, 3)]
    report["where"] = {"calls": 9, "blocks": 4, "maps": maps}
    overlays = where_pictures.overlays(report, None)
    report = where_pictures.with_thumbs(report, overlays)
    report["where"]["maps"][1]["thumb"] = "https://example.org/x.jpg"
    panel = show_report(editor, report, "where", (560, 1250))
    where = panel.locator(".es-where")
    assert where.locator("h4").text_content() == "Where it looks, not whether it matters"
    names = [each.text_content() for each in where.locator(".es-where-map").all()]
    assert names == ["red carused", "best qualityignored"]
    assert where.locator("img").count() == 1
    width = "(img) => img.decode().then(() => img.naturalWidth)"
    assert where.locator("img").evaluate(width) == where_pictures.SIDE
    assert panel.evaluate(kit.WIDE) == []
    where.locator(".es-where-map").nth(1).focus()
    tip = editor.page.locator(".encoderscope-tip")
    tip.wait_for(state="visible")
    assert "A phrase can be looked at and ignored." in tip.text_content()


def test_markup_stays_text(editor: Any) -> None:
    phrase = reports.phrase(MARKUP, MARKUP, 0.3, "ignored", sentence=MARKUP)
    report = reports.report([phrase], MARKUP, sentence=MARKUP, notes=[f"{MARKUP}!"])
    report["binding"] = [reports.bound() | {"label": MARKUP, "sentence": MARKUP}]
    report["generator"]["title"] = MARKUP
    panel = show_report(editor, report, "markup", (560, 1150))
    assert panel.locator("img").count() == 0 and panel.evaluate(DRAWN) == expected(report)
    assert panel.text_content().count(MARKUP) >= 7


def test_it_starts_small_and_grows_with_its_first_report(editor: Any) -> None:
    node = editor.add(NODE)
    editor.page.wait_for_timeout(400)
    width, height = editor.page.evaluate(SIZE, node)
    assert width < 480 and height < 720
    assert "press Run" in editor.widget().text_content()
    editor.picture("ignored-words-start")
    editor.page.evaluate(kit.SHOW, [node, KEY, display.with_display(reports.mixed())])
    editor.page.locator(".encoderscope .es-verdict").first.wait_for(state="attached")
    editor.page.wait_for_timeout(400)
    assert editor.widget().bounding_box()["height"] > 500
    if not sized_once(editor):
        grown = editor.page.evaluate(SIZE, node)
        assert grown[0] >= 560 and grown[1] >= 1020
    editor.page.evaluate(kit.RESIZE, [node, 700, 1100])
    editor.page.wait_for_timeout(400)
    before = editor.page.evaluate(SIZE, node)
    editor.page.evaluate(kit.SHOW, [node, KEY, display.with_display(reports.used())])
    editor.page.wait_for_timeout(400)
    assert editor.page.evaluate(SIZE, node) == before, "only once"


def test_a_node_that_was_made_larger_keeps_its_size(editor: Any) -> None:
    node = editor.add(NODE)
    editor.page.wait_for_timeout(400)
    editor.page.evaluate(kit.RESIZE, [node, 520, 1300])
    editor.page.wait_for_timeout(400)
    before = editor.page.evaluate(SIZE, node)
    editor.page.evaluate(kit.SHOW, [node, KEY, display.with_display(reports.mixed())])
    editor.page.wait_for_timeout(400)
    assert editor.page.evaluate(SIZE, node) == before


def test_a_light_palette(editor: Any) -> None:
    editor.set("Comfy.ColorPalette", "light")
    try:
        editor.page.wait_for_function("() => document.body.dataset.encoderscopeTheme === 'light'")
        panel = show_report(editor, reports.mixed(), "light", (560, 1150))
        colour = "(bar) => getComputedStyle(bar).backgroundColor"
        assert panel.locator(".es-part-own").first.evaluate(colour) == "rgb(0, 105, 75)"
        editor.picture("ignored-words-light")
    finally:
        editor.set("Comfy.ColorPalette", "dark")


def test_the_seed_of_a_new_node_stays_and_a_workflow_keeps_its_own(editor: Any) -> None:
    """Another seed at the next Run would measure everything anew."""
    control = """(id) => app.graph.getNodeById(id).widgets
        .find((widget) => widget.name === 'control_after_generate').value"""
    node = editor.add(NODE)
    assert editor.page.evaluate(control, node) == "fixed"
    editor.page.evaluate(
        """async (id) => {
          const widget = app.graph.getNodeById(id).widgets.find((each) => each.name === 'control_after_generate')
          widget.value = 'increment'
          await app.loadGraphData(app.graph.serialize())
        }""",
        node,
    )
    assert editor.page.evaluate(control, node) == "increment"
