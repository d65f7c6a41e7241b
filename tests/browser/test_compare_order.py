"""Compare Prompt Orders in the real editor: both reports side by side, what changed, and a text to
take away.
"""

from __future__ import annotations

import importlib
from typing import Any

import pytest

pytestmark = pytest.mark.browser
kit = importlib.import_module("encoderscope.tests.browser.editor")

STYLE_FIRST = (
    "best quality, highly detailed, sharp focus, cinematic lighting, film grain, kodak "
    "portra 400, golden hour, shallow depth of field, "
    "muted colours, dramatic clouds, award winning photograph, low angle, short "
    "telephoto lens, ropes and brass fittings, mist over the "
    "harbour at dawn, crates of silver fish, a lighthouse with a broken lamp, an iron "
    "anchor chain, two empty bottles on a barrel, "
    "portrait of an old fisherman in a forest-green oilskin coat, a black dog at his feet"
)


def compare(editor: Any, **widgets: str) -> dict[str, Any]:
    node = editor.add(kit.COMPARE_ORDER, **widgets)
    order = editor.run()[str(node)]["encoderscope_order"][0]
    editor.widget().locator(".es-pair").wait_for(state="visible")
    return dict(order)


def outlined(side: Any) -> list[int]:
    values = side.evaluate(
        "(s) => [...s.querySelectorAll('.es-changed')].map((word) => Number(word.dataset.word))"
    )
    return sorted(set(values))


def sides(widget: Any, width: int) -> list[Any]:
    """Where both orders stand in a card of this width. Nodes 2.0 of front end 1.32.9 keeps a node
    as narrow as it was.
    """
    widget.evaluate("(panel, width) => { panel.style.width = `${width}px` }", width)
    return [widget.locator(f"[data-side='{letter}']").bounding_box() for letter in ("a", "b")]


def test_both_reports_and_the_changes_are_drawn(editor: Any) -> None:
    order = compare(editor, text_a=STYLE_FIRST, family="sdxl")
    widget = editor.widget()
    assert order["changes"], "the sample must change something"
    assert widget.locator(".es-verdict p").first.text_content() == order["verdict"]
    assert widget.locator(".es-suggested").text_content() == order["suggested"]
    for letter in ("a", "b"):
        side = widget.locator(f"[data-side='{letter}']")
        assert kit.drawn_words(side.locator(".es-prompt")) == kit.expected_words(order[letter])
        assert outlined(side) == sorted({change[letter] for change in order["changes"]})
    editor.look_at(0, 280)
    editor.page.wait_for_timeout(300)
    editor.picture("order")
    left, right = sides(widget, 740)
    assert left["y"] == right["y"] and left["x"] < right["x"]
    left, right = sides(widget, 420)
    assert left["y"] < right["y"] and left["x"] == right["x"]


def test_the_suggested_text_can_be_copied(editor: Any) -> None:
    editor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    order = compare(editor, text_a=STYLE_FIRST, family="sdxl")
    editor.widget().locator(".es-copy").click()
    editor.widget().locator(".es-copy", has_text="Copied").wait_for(state="visible")
    assert editor.page.evaluate("() => navigator.clipboard.readText()") == order["suggested"]


def test_a_changed_text_says_so(editor: Any) -> None:
    compare(editor, text_a="a red fox, a dog", text_b="a dog, a red fox", family="flux")
    node = editor.save()["nodes"][0]["id"]
    editor.put(node, text_a="a red fox, a dog, snow")
    editor.widget().locator(".es-line", has_text="changed").wait_for(state="visible")
