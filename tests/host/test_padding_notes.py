"""What the table says of a family's padding, for maps that are drawn before a CLIP is loaded, is
what its loaded encoders say.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from encoderscope.conditioning.families.table import FAMILIES
from encoderscope.host.reports import token_reports
from encoderscope.tests.host import clips

pytestmark = pytest.mark.host


def padding(report: dict[str, Any]) -> list[str]:
    return [note for note in report["notes"] if "padding" in note.lower()]


@pytest.mark.parametrize("name", clips.ENCODED)
def test_the_map_without_encoders_says_of_padding_what_they_do(
    name: str, host_folder: Path
) -> None:
    text = 'a fox, "hello"'
    loaded = token_reports.report(clips.clip_or_skip(name), text, None)
    alone = token_reports.report(clips.tokenizer(name), text, FAMILIES[name])
    assert padding(alone) == padding(loaded)


def test_sister_families_hide_padding_alike() -> None:
    for name, sister in (("flux2_klein_8b", "flux2_klein_4b"), ("ltx2_gemma4", "ltx2")):
        assert FAMILIES[name].masks_padding == FAMILIES[sister].masks_padding
