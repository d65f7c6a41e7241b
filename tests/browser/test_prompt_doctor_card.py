"""The card of the Prompt Doctor in the real editor: what it draws is the report, in both faces, and
no lamp rests on its colour alone.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.browser
kit = importlib.import_module("encoderscope.tests.browser.editor")
reports = importlib.import_module("encoderscope.tests.doctor.kit")

NODE, KEY = "EncoderScope_PromptDoctor", "encoderscope_doctor"
MARKUP = "<img src=x onerror=alert(1)>"
DRAWN = """(card) => ({
  sentence: card.querySelector('.es-verdict p').textContent,
  tone: card.querySelector('.es-verdict').dataset.tone,
  rows: [...card.querySelectorAll('.es-phrase[data-row]')].map((row) => [row.querySelector('.es-phrase-text').textContent,
    [...row.querySelectorAll('.es-lamp')].map((lamp) => lamp.dataset.lamp)]),
  phrases: [...card.querySelectorAll('.es-phrase[data-phrase]')].map((cell) => [Number(cell.dataset.phrase), cell.querySelector('.es-phrase-text').textContent,
    [...cell.querySelectorAll('.es-lamp')].map((lamp) => lamp.dataset.lamp), [...cell.querySelectorAll('.es-lamp-place')].map((place) => place.getAttribute('aria-label'))]),
  legend: [...card.querySelectorAll('[data-legend]')].map((item) => item.dataset.legend),
  lines: [...card.querySelectorAll('[data-list=lines] li')].map((line) => line.querySelector('span').textContent),
  changes: [...card.querySelectorAll('[data-list=changes] li')].map((line) => line.textContent),
  suggested: card.querySelector('.es-suggested')?.textContent ?? null,
  notes: [...card.querySelectorAll('[data-list=notes] li')].map((line) => line.textContent),
  unseen: [...card.querySelectorAll('[data-list=unseen] li')].length,
})"""
COLUMNS = """(card) => { const middle = (part) => { const box = part.getBoundingClientRect(); return box.left + box.width / 2 }
  const rows = [...card.querySelectorAll('.es-phrase')].map((row) => [...row.querySelectorAll('.es-lamp-place')])
  return [...card.querySelectorAll('.es-phrases')[0].querySelectorAll('.es-phrase-head')].slice(1).map((head, k) => [head.textContent,
    rows.every((lamps) => Math.abs(middle(lamps[k]) - middle(head)) < 2)]) }"""
LOOKS = """(card) => Object.fromEntries([...card.querySelectorAll('.es-legend .es-lamp')].map((lamp) => { const look = getComputedStyle(lamp)
  return [lamp.dataset.lamp, [look.borderTopLeftRadius, look.borderTopWidth, look.width, lamp.textContent].join(' ')] }))"""


@pytest.fixture
def editor(editor: Any) -> Iterator[Any]:
    yield from kit.in_window(editor, 1500, 1300)


def show_report(
    editor: Any, report: dict[str, Any], name: str, size: tuple[int, int] | None = None
) -> Any:
    """The panel of a new node that shows this report, at this size."""
    return kit.show_report(editor, NODE, KEY, report, name, size)


def expected(report: dict[str, Any]) -> dict[str, Any]:
    shown, phrases = report["display"], report["phrases"]
    order = (*shown["seen"], *shown["folded"])
    return {
        "sentence": report["sentence"],
        "tone": shown["tone"],
        "rows": [
            [row["text"], [lamp["name"] for lamp in row["display"]["lamps"]]]
            for row in shown["rows"]
        ],
        "phrases": [
            [
                index,
                phrases[index]["text"],
                [lamp["name"] for lamp in phrases[index]["display"]["lamps"]],
                [lamp["title"] for lamp in phrases[index]["display"]["lamps"]],
            ]
            for index in order
        ],
        "legend": [item["name"] for item in shown["legend"]],
        "lines": [f"{line['label']} ({line['where']}): {line['text']}" for line in shown["lines"]],
        "changes": report["changes"],
        "suggested": report["suggested_prompt"] if shown["suggests"] else None,
        "notes": report["notes"],
        "unseen": sum(not station["seen"] for station in shown["stations"]),
    }


@pytest.mark.parametrize("width", [600, 380, 900])
def test_the_card_is_the_report(editor: Any, width: int) -> None:
    report = reports.sick()
    panel = show_report(editor, report, f"doctor-{width}", (width, 1150))
    assert panel.evaluate(kit.WIDE) == [], "something sticks out of its box"
    assert panel.evaluate(DRAWN) == expected(report)
    editor.picture(f"prompt-doctor-{width}")


@pytest.mark.parametrize("name", ["healthy", "alone", "empty"])
def test_every_report_is_drawn(editor: Any, name: str) -> None:
    report = reports.REPORTS[name]()
    panel = show_report(editor, report, name, (600, 1150))
    assert panel.evaluate(kit.WIDE) == []
    assert panel.evaluate(DRAWN) == expected(report)
    editor.picture(f"prompt-doctor-{name}")


def test_no_lamp_rests_on_colour_alone(editor: Any) -> None:
    looks = show_report(editor, reports.sick(), "looks", (600, 1150)).evaluate(LOOKS)
    assert set(looks) == {"passed", "lost", "unsure", "unseen", "after"}
    assert len(set(looks.values())) == len(looks)


@pytest.mark.parametrize("width", [600, 380])
def test_every_column_of_lamps_has_its_station_above_it(editor: Any, width: int) -> None:
    report = reports.sick()
    panel = show_report(editor, report, f"columns-{width}", (width, 1150))
    assert panel.evaluate(COLUMNS) == [
        [station["title"], True] for station in report["display"]["stations"]
    ]


def test_a_lamp_says_its_evidence(editor: Any) -> None:
    report = reports.sick()
    panel = show_report(editor, report, "tips", (600, 1150))
    index = next(k for k, each in enumerate(report["phrases"]) if each["text"] == "castle")
    panel.locator(f".es-phrase[data-phrase='{index}'] .es-lamp-place").nth(2).hover()
    tip = editor.page.locator("#encoderscope-tip")
    tip.wait_for()
    text = tip.text_content()
    assert "ignores it" in text and "floor" in text


def test_nothing_of_a_report_becomes_markup(editor: Any) -> None:
    report = reports.sick()
    report["phrases"][0]["text"] = report["sentence"] = report["suggested_prompt"] = MARKUP
    report["display"]["lines"][0]["text"] = MARKUP
    panel = show_report(editor, report, "markup", (600, 1150))
    assert panel.locator("img").count() == 0
    assert MARKUP in panel.locator(".es-suggested").text_content()


def test_the_legend_stands_below_its_lamps_and_the_seed_stays(editor: Any) -> None:
    panel = show_report(editor, reports.healthy(), "legend", (600, 1250))
    gap = panel.evaluate(
        """(card) => card.querySelector('.es-legend').getBoundingClientRect().top
          - card.querySelector('.es-doctor').getBoundingClientRect().bottom"""
    )
    assert 0 <= gap < 40
    node = editor.add(NODE)
    control = """(id) => app.graph.getNodeById(id).widgets
        .find((widget) => widget.name === 'control_after_generate').value"""
    assert editor.page.evaluate(control, node) == "fixed"
