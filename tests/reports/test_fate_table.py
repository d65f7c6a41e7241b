"""The one table of fates against everything that shows them: the style sheet of the browser, the
report's schema, and its description.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from encoderscope.conditioning.reports.drawing import palette
from encoderscope.conditioning.tokens.fates import FATES, FINDING, LANES, LOST, MARKS

ROOT = Path(__file__).resolve().parents[2]
STYLES = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "web" / "css").glob("*.css"))
)
SCHEMA = json.loads((ROOT / "docs/report-tokens.schema.json").read_text(encoding="utf-8"))
DESCRIPTION = (ROOT / "docs/report-tokens.md").read_text(encoding="utf-8")


def in_styles(pattern: str) -> set[str]:
    return set(re.findall(pattern, STYLES))


def rows_below(heading: str) -> set[str]:
    """The names in the first column of the table below a heading."""
    part = DESCRIPTION.split(f"## {heading}", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE))


def test_the_style_sheet_has_a_class_for_every_mark_and_no_other() -> None:
    assert in_styles(r"\.es-mark-(\w+)") == set(MARKS)


def test_the_style_sheet_has_a_pattern_for_every_lane_state_and_no_other() -> None:
    drawn = {name for name, state in LANES.items() if state.pattern != "blank"}
    assert in_styles(r"\.es-lane\[data-state='?(\w+)") == drawn


def test_the_style_sheet_has_every_hue_and_tone() -> None:
    hues = in_styles(r"\[data-hue='?(\d+)")
    assert hues == {str(index) for index in range(len(palette.READOUT_COLOURS))}
    assert set(palette.TONES) <= in_styles(r"\.es-verdict\[data-tone='?(\w+)")
    for index, colour in enumerate(palette.READOUT_COLOURS):
        assert f"--es-hue-{index}: {colour};" in STYLES


def test_the_schema_and_the_description_name_the_fates_of_the_table() -> None:
    word = SCHEMA["properties"]["words"]["items"]["properties"]
    assert set(SCHEMA["$defs"]["fate"]["enum"]) == set(FATES) == rows_below("Fates")
    assert set(word["marks"]["items"]["enum"]) == set(MARKS)
    assert set(word["lanes"]["items"]["enum"]) == set(LANES) == rows_below("Lane states")
    assert set(MARKS) - {LOST, FINDING} <= set(FATES)


def test_every_fate_has_words_and_every_mark_a_place_of_its_own() -> None:
    assert all(fate.short and name == fate.name for name, fate in FATES.items())
    assert sorted(mark.rank for mark in MARKS.values()) == list(range(len(MARKS)))
    assert all(mark.colour in palette.COLOURS for mark in MARKS.values())
