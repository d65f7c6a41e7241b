"""A card that is dropped on the canvas: the page makes the node that shows its report."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from encoderscope.conditioning.reports.travelling import known_formats, report_files
from encoderscope.tests.reports import samples

pytestmark = pytest.mark.browser
DROP = """
([data, name]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))
  const transfer = new DataTransfer()
  transfer.items.add(new File([bytes], name, { type: 'image/png' }))
  const canvas = document.querySelector('#graph-canvas, canvas')
  const at = { bubbles: true, cancelable: true, clientX: 400, clientY: 300, dataTransfer: transfer }
  for (const kind of ['dragenter', 'dragover', 'drop']) canvas.dispatchEvent(new DragEvent(kind, at))
}
"""
NODES = """() => window.app.graph._nodes.map((node) => [
  node.comfyClass ?? node.type,
  Object.fromEntries((node.widgets ?? []).map((widget) => [widget.name, widget.value]))
])"""


def test_a_card_of_the_command_line_opens_as_its_node(editor: Any) -> None:
    report = samples.flux()
    data = report_files.card_bytes(known_formats.render(report), report)
    editor.page.evaluate(DROP, [base64.b64encode(data).decode(), "card.png"])
    editor.page.wait_for_function("() => window.app.graph._nodes.length === 1")
    [[kind, widgets]] = editor.page.evaluate(NODES)
    assert kind == "EncoderScope_TokenMap"
    assert (widgets["text"], widgets["family"]) == (report["text"], report["family"])
