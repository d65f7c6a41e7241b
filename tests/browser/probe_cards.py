"""What tests of the probe's card and of the encoder report's share: reports, and their cards."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

kit = importlib.import_module("encoderscope.tests.browser.editor")
PROBE, SCORES = "EncoderScope_BindingProbe", "EncoderScope_EncoderReport"
DISPLAYS = {
    PROBE: importlib.import_module("encoderscope.conditioning.reports.binding.display"),
    SCORES: importlib.import_module("encoderscope.conditioning.reports.encoder_card.display"),
}
MARKUP = "<img src=x onerror=alert(1)>"
KEYS = {PROBE: "encoderscope_probe", SCORES: "encoderscope_encoder_report"}


def sample(name: str) -> dict[str, Any]:
    """A report that the probe made."""
    return dict(
        json.loads(
            (Path(__file__).parents[1] / "samples" / f"{name}.json").read_text(encoding="utf-8")
        )
    )


def show_report(
    editor: Any, kind: str, report: dict[str, Any], name: str, size: tuple[int, int] | None = None
) -> Any:
    """The panel of a new node that shows this report, at this size."""
    shown = DISPLAYS[kind].with_display(report)
    panel = kit.show_report(editor, kind, KEYS[kind], shown, name, size)
    if report.get("contrasts"):
        panel.locator(".es-arcs g").first.wait_for(state="attached")
    return panel


def nothing_sticks_out(panel: Any) -> None:
    assert panel.evaluate(kit.WIDE) == [], "something sticks out of its box"
