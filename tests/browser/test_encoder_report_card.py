"""The card of the Encoder Report in the real editor: what it draws is the report."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from encoderscope.tests.browser.probe_cards import (
    MARKUP,
    SCORES,
    nothing_sticks_out,
    sample,
    show_report,
)

pytestmark = pytest.mark.browser
kit = importlib.import_module("encoderscope.tests.browser.editor")

LANES = """(card) => [...card.querySelectorAll('.es-scores')[0].querySelectorAll('[data-phenomenon]')].map((row) => [row.dataset.phenomenon,
  [...row.querySelectorAll('.es-score')].map((cell) => [cell.dataset.lane, cell.dataset.readout, cell.dataset.bound].join(' '))])"""
TALLY = """(card) => [...card.querySelector('.es-scores').querySelectorAll('.es-score[data-bound]')].map((cell) => { const [bound, total] = cell.dataset.bound.split('/').map(Number)
  const all = cell.querySelector('.es-tallies').getBoundingClientRect().width, part = cell.querySelector(".es-tally[data-verdict='BOUND']")
  return [bound / total, (part?.getBoundingClientRect().width ?? 0) / all] })"""


@pytest.fixture
def editor(editor: Any) -> Iterator[Any]:
    yield from kit.in_window(editor, 1500, 1150)


def lanes(report: dict[str, Any], readouts: tuple[tuple[str, ...], ...]) -> list[Any]:
    """For every phenomenon, what each encoder's line should say in each column."""
    streams = [
        (card, stream["name"]) for card in (report, *report["others"]) for stream in card["streams"]
    ]
    output = []
    for phenomenon in report["phenomena"]:
        cells = []
        for k, (card, name) in enumerate(streams):
            for column in readouts:
                [score] = [
                    score
                    for score in card["scores"]
                    if score["phenomenon"] == phenomenon
                    and score["stream"] == name
                    and score["readout"] in column
                ]
                cells.append(f"{chr(65 + k)} {score['readout']} {score['bound']}/{score['total']}")
        output.append([phenomenon, cells])
    return output


@pytest.mark.parametrize("width", [520, 340, 1000])
def test_the_encoder_report_sets_encoders_side_by_side(editor: Any, width: int) -> None:
    report = sample("encoder_report")
    report["notes"].append(MARKUP)
    panel = show_report(editor, SCORES, report, f"scores-{width}", (width, 1000))
    nothing_sticks_out(panel)
    assert panel.locator(".es-title").text_content() == report["title"]
    verdict = panel.locator(".es-verdict p").text_content()
    for card in (report, *report["others"]):
        assert card["sentence"] in verdict
    assert panel.evaluate(LANES) == lanes(report, (("pooled", "mean"), ("cross-attention",)))
    parts = panel.evaluate(TALLY)
    assert len(parts) == len(report["phenomena"]) * 2 * 3 and {wanted for wanted, _ in parts} != {
        0.0
    }
    assert all(got == pytest.approx(wanted, abs=0.02) for wanted, got in parts)
    editor.picture(f"scores-{width}")
    panel.locator("details[data-key='readouts'] > summary").click()
    more = panel.locator("details[data-key='readouts'] .es-score[data-readout='sequence']")
    assert more.count() == len(report["phenomena"]) * 3
    panel.locator("details[data-key='details:0'] > summary").click()
    nothing_sticks_out(panel)
    assert panel.locator("img").count() == 0 and MARKUP in panel.text_content()


def test_a_score_says_what_it_is(editor: Any) -> None:
    report = sample("encoder_report")
    panel = show_report(editor, SCORES, report, "scores-tip")
    panel.locator(".es-score").first.hover()
    tip = editor.page.locator(".encoderscope-tip")
    tip.wait_for(state="visible")
    score = report["scores"][0]
    assert tip.text_content().startswith(f"{score['phenomenon']}: {report['streams'][0]['title']}")
    assert f"of {score['total']}" in tip.text_content()
