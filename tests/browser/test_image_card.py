"""The card of the Image Probe in the real editor: what it draws is the report, in both faces and
whatever its verdicts.
"""

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
display = importlib.import_module("encoderscope.conditioning.reports.image.display")

NODE, KEY, MINIATURE = "EncoderScope_ImageProbe", "encoderscope_image", "EncoderScope_LoadMiniature"
MARKUP = "<img src=x onerror=alert(1)>"
SHOWN, SWAPPED, UNKNOWN = "shows the prompt", "shows the swap", "cannot tell"
NAME_CARD, SHOW, RESIZE, WIDE = kit.NAME_CARD, kit.SHOW, kit.RESIZE, kit.WIDE
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
LOOKS = """(card) => [...card.querySelectorAll('.es-shot')].map((shot) => { const chip = getComputedStyle(shot.querySelector('.es-shown'))
  const fill = getComputedStyle(shot.querySelector('.es-margin-fill')), surface = getComputedStyle(card).backgroundColor
  const kind = fill.backgroundImage !== 'none' ? 'striped' : fill.backgroundColor === surface ? 'hollow' : 'filled'
  return { sign: shot.querySelector('.es-shown-sign').textContent, frame: [chip.borderTopStyle, chip.borderTopWidth, parseFloat(chip.borderTopLeftRadius) < 6].join(' '), fill: kind } })"""
NODE_WIDGETS = "(id) => app.graph.getNodeById(id).widgets.map((w) => w.name)"


@pytest.fixture
def editor(editor: Any) -> Iterator[Any]:
    yield from kit.in_window(editor, 1500, 1250)


def sample() -> dict[str, Any]:
    return dict(
        json.loads(
            (Path(__file__).parents[1] / "samples" / "image_two.json").read_text(encoding="utf-8")
        )
    )


def show_report(
    editor: Any, report: dict[str, Any], name: str, size: tuple[int, int] | None = None
) -> Any:
    """The panel of a new node that shows this report, at this size."""
    return kit.show_report(editor, NODE, KEY, display.with_display(report), name, size)


def nothing_sticks_out(panel: Any) -> None:
    assert panel.evaluate(WIDE) == [], "something sticks out of its box"


def expected(report: dict[str, Any]) -> dict[str, Any]:
    signs = {SHOWN: "✓", SWAPPED: "⇄", UNKNOWN: "?", "nothing to test": "·"}
    verdicts = [image["shows"] for image in report["images"]]
    return {
        "text": report["text"],
        "said": [report["sentence"]],
        "tone": "lost" if SWAPPED in verdicts else "kept" if set(verdicts) == {SHOWN} else "open",
        "believed": [
            [
                contrast["label"],
                contrast["text_side"]["verdict"],
                "yes" if contrast["can_tell"] else "no",
                str(contrast["calibration"]["right"]),
                contrast["sentence"],
            ]
            for contrast in report["contrasts"]
        ],
        "pictures": [
            {
                "shows": signs[image["shows"]] + image["shows"],
                "thumb": image.get("thumb"),
                "margins": [
                    [s["shows"], s["clear"], f"{s['shows']}: {s['why']}" if s["why"] else ""]
                    for s in image["contrasts"]
                ],
                "shares": [
                    [caption["role"], share]
                    for caption, share in zip(report["captions"], image["percentages"], strict=True)
                ],
            }
            for image in report["images"]
        ],
        "lists": [
            *(line for line in report["unread"] if line not in report["sentence"]),
            *report["skipped"],
            *report["notes"],
            *report["scorer"]["notes"],
        ],
    }


@pytest.mark.parametrize("width", [540, 360, 900])
def test_the_card_is_the_report(editor: Any, width: int) -> None:
    report = sample()
    panel = show_report(editor, report, f"image-{width}", (width, 1050))
    nothing_sticks_out(panel)
    assert panel.evaluate(DRAWN) == expected(report)
    editor.picture(f"image-{width}")


def one_like(report: dict[str, Any], clear: float, shows: str, why: str = "") -> dict[str, Any]:
    """A picture whose contrasts all say the same."""
    copy = deepcopy(report["images"][0])
    copy["contrasts"] = [
        {"shows": shows, "why": why, "margin": clear / 200, "noise": 0.005, "clear": clear}
        for _ in report["contrasts"]
    ]
    return {**copy, "shows": shows}


def test_no_verdict_rests_on_colour_alone(editor: Any) -> None:
    report = sample()
    verdicts = [(3.2, SHOWN, ""), (-3.2, SWAPPED, ""), (0.6, UNKNOWN, "too close to call")]
    report["images"] = [
        one_like(report, *verdict) | {"index": k} for k, verdict in enumerate(verdicts)
    ]
    panel = show_report(editor, report, "three", (540, 1100))
    looks = panel.evaluate(LOOKS)
    assert [look["fill"] for look in looks] == ["filled", "striped", "hollow"]
    assert len({look["sign"] for look in looks}) == len({look["frame"] for look in looks}) == 3
    shown = panel.locator(".es-shot .es-shown")
    assert [shown.nth(k).text_content()[1:] for k in range(3)] == [SHOWN, SWAPPED, UNKNOWN]
    editor.picture("image-three-verdicts")


def test_bars_stand_where_the_numbers_say(editor: Any) -> None:
    """All gauges reach equally far: to 4, since 3.17 is the clearest; then to 8, and what goes
    beyond is cut.
    """
    report = sample()
    panel = show_report(editor, report, "bars")
    thresholds = [contrast["calibration"]["threshold"] for contrast in report["contrasts"]]
    for far, change in ((4, None), (8, 30.0)):
        if change:
            report["images"][0]["contrasts"][0]["clear"] = change
            node = editor.page.evaluate("() => app.graph.nodes[0].id")
            editor.page.evaluate(SHOW, [node, KEY, display.with_display(report)])
        bars = panel.evaluate(BARS)
        assert len(bars) == 4
        for k, bar in enumerate(bars):
            end = 0.5 + min(far, max(-far, bar["clear"])) / far / 2
            assert bar["fill"] == pytest.approx(sorted((0.5, end)), abs=0.012)
            assert bar["noise"] == pytest.approx([0.5 - 0.5 / far, 0.5 + 0.5 / far], abs=0.012)
            tick = thresholds[k % 2] / far / 2
            assert bar["ticks"] == pytest.approx([0.5 - tick, 0.5 + tick], abs=0.012)
            assert bar["beyond"] == ("prompt" if bar["clear"] > far else None)
    for percentage, width in panel.evaluate(SHARES):
        assert width == pytest.approx(percentage, abs=1)
    middle = panel.locator(".es-middle").first.bounding_box()
    line = panel.locator(".es-margin-line").first.bounding_box()
    assert middle["x"] == pytest.approx(line["x"] + line["width"] / 2, abs=3)


def test_a_row_says_its_numbers_by_pointer_and_by_keyboard(editor: Any) -> None:
    report = sample()
    panel = show_report(editor, report, "tips")
    panel.locator(".es-margin").first.hover()
    tip = editor.page.locator(".encoderscope-tip")
    tip.wait_for(state="visible")
    seen = report["images"][0]["contrasts"][0]
    for text in (
        report["contrasts"][0]["label"],
        f"Margin {seen['margin']} in cosines, noise {seen['noise']}: {seen['clear']}",
        "believed from 1.4",
    ):
        assert text in tip.text_content()
    editor.page.mouse.move(2, 2)
    tip.wait_for(state="detached")
    panel.locator(".es-scenes").first.focus()
    tip.wait_for(state="visible")
    assert (
        "128 of 131 are right" in tip.text_content()
        and "Its text side: BOUND, binding has 8.1 %" in tip.text_content()
    )
    panel.locator(".es-margin").first.focus()
    editor.page.keyboard.press("End")
    editor.page.locator(".encoderscope-tip", has_text="unrelated").wait_for(state="visible")
    assert (
        f"Score {report['images'][0]['logits'][-1]}" in tip.text_content()
        and "shares among the captions" in tip.text_content()
    )
    editor.page.keyboard.press("Escape")
    tip.wait_for(state="detached")


def test_a_scorer_that_cannot_tell_says_so_before_any_picture(editor: Any) -> None:
    report = sample()
    report["sentence"] = (
        "CLIP ViT-B/32 cannot judge this prompt: its own text side does not surely hold "
        "who has what."
    )
    why = "the scorer's text side does not surely hold it"
    for contrast in report["contrasts"]:
        contrast["text_side"]["verdict"], contrast["can_tell"], contrast["sentence"] = (
            "ORDER ONLY",
            False,
            "It cannot judge any picture on it.",
        )
    report["images"] = [one_like(report, 3.0, UNKNOWN, why) | {"index": 0}]
    panel = show_report(editor, report, "blind")
    assert panel.evaluate(DRAWN) == expected(report)
    assert panel.locator(".es-threshold").count() == len(report["contrasts"]), (
        "guessing, and no thresholds"
    )
    assert panel.locator(".es-margin-why").first.text_content() == f"cannot tell: {why}"
    assert panel.evaluate(LOOKS)[0]["fill"] == "hollow"
    panel.locator(".es-margin").first.hover()
    assert "not believed here" in editor.page.locator(".encoderscope-tip").text_content()
    editor.picture("image-blind")


def test_sigmoid_bars_stand_alone_and_the_legend_says_so(editor: Any) -> None:
    report = sample()
    panel = show_report(editor, report, "softmax")
    assert "together 100 %" in panel.locator(".es-legend").text_content()
    report["scorer"] |= {"objective": "sigmoid", "scale": 112.7, "bias": -16.5}
    panel = show_report(editor, report, "sigmoid")
    assert "each bar stands alone" in panel.locator(".es-legend").text_content()
    assert "together" not in panel.locator(".es-legend").text_content()
    panel.locator(".es-share").first.hover()
    assert "bias -16.5" in editor.page.locator(".encoderscope-tip").text_content()


def test_many_pictures_are_scrolled_by_keyboard_and_the_rest_folds(editor: Any) -> None:
    report = sample()
    report["images"] = [{**report["images"][k % 2], "index": k} for k in range(64)]
    panel = show_report(editor, report, "many", (540, 900))
    assert panel.locator(".es-body > .es-shot").count() == 12
    fold = panel.locator("details[data-key='more']")
    assert (
        fold.locator("summary").text_content() == "52 more pictures"
        and fold.locator(".es-shot").count() == 52
    )
    fold.locator("summary").click()
    assert fold.locator(".es-shot h4").last.text_content() == "Picture 64⇄shows the swap"
    nothing_sticks_out(panel)
    scroller = panel.locator(".es-scroll")
    assert scroller.get_attribute("tabindex") == "0"
    scroller.evaluate("(box) => { box.scrollTop = 0 }")
    scroller.focus()
    editor.page.keyboard.press("PageDown")
    editor.page.wait_for_function(
        "() => document.querySelector(\"[data-card='many'] .es-scroll\").scrollTop > 200"
    )


def test_nothing_to_test_is_said_and_markup_stays_text(editor: Any) -> None:
    report = sample()
    report |= {
        "contrasts": [],
        "text": MARKUP,
        "sentence": "Nothing was put to the test.",
        "notes": [MARKUP],
        "unread": [MARKUP],
        "skipped": [MARKUP],
    }
    report["images"] = [
        {
            **report["images"][0],
            "shows": "nothing to test",
            "contrasts": [],
            "thumb": f"javascript:alert(1){MARKUP}",
        }
    ]
    report["captions"] = [{"role": MARKUP, "text": MARKUP} for _ in report["captions"]]
    report["scorer"]["title"] = MARKUP
    panel = show_report(editor, report, "hostile")
    assert panel.evaluate(DRAWN) == expected(report) | {
        "pictures": [{**expected(report)["pictures"][0], "thumb": None}]
    }
    assert panel.locator("img, .es-margin, .es-believed").count() == 0
    assert panel.text_content().count(MARKUP) >= 5 + 2 * len(report["captions"])
    nothing_sticks_out(panel)


def test_only_pictures_that_the_report_holds_are_shown(editor: Any) -> None:
    report = sample()
    report["images"][1]["thumb"] = "https://example.org/x.jpg"
    panel = show_report(editor, report, "thumbs")
    assert [item.get_attribute("src") for item in panel.locator("img").all()] == [
        report["images"][0]["thumb"]
    ]
    assert panel.locator("img").evaluate("(img) => img.decode().then(() => img.naturalWidth)") == 96
    assert panel.locator("img").get_attribute("alt") == "Picture 1"


def test_another_prompt_makes_the_card_stale(editor: Any) -> None:
    panel = show_report(editor, sample(), "stale")
    node = editor.page.evaluate("() => app.graph.nodes[0].id")
    before = editor.page.evaluate(
        "(id) => app.graph.getNodeById(id).widgets.find((w) => w.name === 'text').value", node
    )
    editor.put(node, text="a green tree and a pink star")
    panel.locator(".es-line", has_text="changed").wait_for(state="attached")
    editor.put(node, text=before)
    panel.locator(".es-line[hidden]:not([data-tone='work'])").wait_for(state="attached")


def test_load_miniature_carries_no_card(editor: Any) -> None:
    node = editor.add(MINIATURE)
    editor.page.wait_for_timeout(200)
    assert editor.page.evaluate(NODE_WIDGETS, node) == ["miniature", "family"]


def test_a_light_palette(editor: Any) -> None:
    editor.set("Comfy.ColorPalette", "light")
    try:
        editor.page.wait_for_function("() => document.body.dataset.encoderscopeTheme === 'light'")
        panel = show_report(editor, sample(), "light", (540, 1100))
        assert (
            panel.locator(".es-margin-fill").first.evaluate(
                "(bar) => getComputedStyle(bar).backgroundColor"
            )
            == "rgb(0, 105, 75)"
        )
        editor.picture("image-light")
    finally:
        editor.set("Comfy.ColorPalette", "dark")


ANSWERS = """(card) => [...card.querySelectorAll('.es-answer')].map((row) => [row.querySelector('.es-answer-sign').textContent, row.dataset.tone,
  row.querySelector('.es-answer-question').textContent.slice(1), row.querySelector('.es-answer-text').textContent,
  [...row.querySelectorAll('.es-answer-bar')].map((bar) => [bar.dataset.judge, bar.dataset.believed, bar.querySelector('.es-gauge-value').textContent,
    Math.round(100 * bar.querySelector('.es-answer-fill').getBoundingClientRect().width / bar.querySelector('.es-gauge-line').getBoundingClientRect().width)])])"""


@pytest.mark.parametrize("name", ["two judges", "beside a scorer"])
def test_judges_are_drawn_as_the_report_has_them(editor: Any, name: str) -> None:
    judged = importlib.import_module("encoderscope.tests.reports.test_judged_report")
    report = judged.REPORTS[name]()
    panel = show_report(editor, report, name.replace(" ", "-"), (620, 1100))
    nothing_sticks_out(panel)
    judges = panel.locator(".es-judge")
    assert judges.count() == len(report["judges"])
    assert report["judges"][0]["sentence"] in judges.first.inner_text()
    rows = report["images"][0]["display"]["judged"]
    assert panel.evaluate(ANSWERS) == [
        [
            row["sign"],
            row["tone"],
            row["question"],
            row["text"],
            [
                [bar["judge"], "yes" if bar["believed"] else "no", bar["text"], round(bar["width"])]
                for bar in row["bars"]
            ],
        ]
        for row in rows
    ]
    assert panel.locator(".es-share").count() == len(report["captions"])
