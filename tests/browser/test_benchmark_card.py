"""The card of the Binding Benchmark in the real editor: what it draws is the report."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser
kit = importlib.import_module("encoderscope.tests.browser.editor")
cards = importlib.import_module("encoderscope.tests.browser.probe_cards")
display = importlib.import_module("encoderscope.conditioning.reports.benchmark.display")

BENCH = "EncoderScope_BindingBenchmark"
SHOW = (
    "([id, report]) => app.graph.getNodeById(id).onExecuted({ encoderscope_benchmark: [report] })"
)
DRAWN = """(card) => [...card.querySelectorAll('section[data-question]')].map((part) => ({
  question: part.dataset.question,
  bars: [...part.querySelectorAll('.es-bench-row[data-kind]')].map((row) => [row.dataset.kind, [...row.querySelectorAll('.es-bench-bar')].map((bar) => {
    const line = bar.querySelector('.es-gauge-line').getBoundingClientRect(), at = (name) => bar.querySelector(name)?.getBoundingClientRect()
    const fill = at('.es-gauge-fill'), whisker = at('.es-whisker'), half = at('.es-half')
    return { encoder: bar.dataset.encoder, guessing: bar.dataset.guessing, figures: bar.querySelector('.es-bench-figures').textContent, fill: (fill?.width ?? 0) / line.width,
      interval: [(whisker.left - line.left) / line.width, (whisker.right - line.left) / line.width], half: (half.left - line.left) / line.width } })]),
  bins: [...part.querySelectorAll('[data-margins]')].map((row) => [row.dataset.margins, [...row.querySelectorAll('.es-bin')].map((bin) => Number(bin.dataset.count)), row.querySelector('.es-bench-ties')?.textContent ?? '']),
  said: [...part.querySelectorAll('.es-bench-said li')].map((line) => line.textContent),
}))"""


@pytest.fixture
def editor(editor: Any) -> Iterator[Any]:
    yield from kit.in_window(editor, 1200, 1350)


def sample() -> dict[str, Any]:
    return dict(
        json.loads(
            (Path(__file__).parents[1] / "samples" / "benchmark.json").read_text(encoding="utf-8")
        )
    )


def show_report(editor: Any, report: dict[str, Any], size: tuple[int, int]) -> Any:
    node = editor.add(BENCH)
    editor.page.wait_for_timeout(200)
    editor.page.evaluate(kit.RESIZE, [node, *size])
    editor.page.evaluate(SHOW, [node, display.with_display(report)])
    panel = editor.page.locator(".encoderscope").locator("visible=true").first
    panel.locator(".es-verdict").first.wait_for(state="attached")
    x, y = editor.page.evaluate("(id) => [...app.graph.getNodeById(id).pos]", node)
    editor.look_at(x, y - 20)
    editor.page.wait_for_timeout(250)
    return panel


@pytest.mark.parametrize("width", [520, 340])
def test_the_card_is_the_report(editor: Any, width: int) -> None:
    report = sample()
    panel = show_report(editor, report, (width, 1180))
    cards.nothing_sticks_out(panel)
    assert panel.locator(".es-verdict p").text_content() == report["sentence"]
    assert panel.locator(".es-chip[data-encoder]").all_text_contents() == [
        encoder["letter"] + encoder["title"] for encoder in report["encoders"]
    ]
    seen = panel.evaluate(DRAWN)
    assert [item["question"] for item in seen] == ["image", "text"]
    for part in seen:
        letters = [
            encoder["letter"]
            for encoder in report["encoders"]
            if encoder["question"] == part["question"]
        ]
        assert [kind for kind, _ in part["bars"]] == ["", *report["dataset"]["kinds"]]
        for kind, bars in part["bars"]:
            scores = [
                score
                for score in report["scores"]
                if score["encoder"] in letters and (score["kind"] or "") == kind
            ]
            assert [(bar["encoder"], bar["guessing"]) for bar in bars] == [
                (score["encoder"], score["guessing"]) for score in scores
            ]
            for bar, score in zip(bars, scores, strict=True):
                assert (
                    bar["figures"]
                    == f"{score['wins']}/{score['pairs']}{100 * score['share']:.1f} %"
                )
                assert bar["fill"] == pytest.approx(score["share"], abs=0.02) and bar[
                    "half"
                ] == pytest.approx(0.5, abs=0.02)
                low, high = score["interval"]
                if score["ties"]:
                    low, high = (score["decided"] or {"interval": (0, 1)})["interval"]
                assert bar["interval"][0] == pytest.approx(low, abs=0.03)
                assert bar["interval"][1] == pytest.approx(high, abs=0.04)
        whole = [
            score
            for score in report["scores"]
            if score["encoder"] in letters and score["kind"] is None
        ]
        assert part["bins"] == [
            [
                item["encoder"],
                item["histogram"],
                f"{item['ties']} tied, not drawn" if item["ties"] else "",
            ]
            for item in whole
        ]
        assert part["said"] == [
            comparison["sentence"]
            for comparison in report["comparisons"]
            if comparison["question"] == part["question"]
        ]
    assert panel.locator("[data-foretold] p").all_text_contents() == [
        prediction["sentence"] for prediction in report["predictions"]
    ]
    assert panel.locator("details[data-key='notes'] li").all_text_contents() == report["notes"]
    editor.picture(f"bench-{width}")
    panel.locator(".es-scroll").evaluate(
        "(scroller) => scroller.scrollTo(0, scroller.scrollHeight)"
    )
    editor.page.wait_for_timeout(100)
    editor.picture(f"bench-{width}-below")


def test_a_bar_says_what_it_is_and_markup_stays_text(editor: Any) -> None:
    report = sample()
    report["encoders"][0]["title"] = report["notes"][0] = cards.MARKUP
    panel = show_report(editor, report, (520, 900))
    assert panel.locator("img").count() == 0 and panel.text_content().count(cards.MARKUP) == 2
    panel.locator(".es-bench-bar").first.hover()
    tip = editor.page.locator(".encoderscope-tip")
    tip.wait_for(state="visible")
    assert (
        tip.text_content().startswith(f"all pairs: {cards.MARKUP}")
        and "Surely more than guessing wins." in tip.text_content()
    )
    editor.page.mouse.move(2, 2)
    tip.wait_for(state="detached")
    panel.locator(".es-bench-bar").first.focus()
    editor.page.keyboard.press("End")
    tip.wait_for(state="visible")
    assert tip.text_content().startswith("relation: toy that guesses")


def test_a_changed_choice_makes_the_card_stale(editor: Any) -> None:
    panel = show_report(editor, sample(), (520, 900))
    node = editor.page.evaluate("() => app.graph.nodes[0].id")
    editor.put(node, dataset="drawn-200")
    panel.locator(".es-line", has_text="changed").wait_for(state="attached")


def test_a_light_palette(editor: Any) -> None:
    editor.set("Comfy.ColorPalette", "light")
    try:
        editor.page.wait_for_function("() => document.body.dataset.encoderscopeTheme === 'light'")
        cards.nothing_sticks_out(show_report(editor, sample(), (520, 1180)))
        editor.picture("bench-light")
    finally:
        editor.set("Comfy.ColorPalette", "dark")
