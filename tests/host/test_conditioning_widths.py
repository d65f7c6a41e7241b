"""By widths and keys a CONDITIONING is told from others: the host's own have those of the table."""

from __future__ import annotations

from pathlib import Path

import pytest
from encoderscope.conditioning.families.table import FAMILIES
from encoderscope.tests.host import clips

pytestmark = pytest.mark.host
NARROW = 64
"""The width of the small encoders in place of T5 and the language models."""


@pytest.mark.parametrize("name", clips.ENCODED)
def test_rows_are_as_wide_as_the_table_says(name: str, host_folder: Path) -> None:
    family = FAMILIES[name]
    clip = clips.clip_or_skip(name)
    [[rows, keys]] = clip.encode_from_tokens_scheduled(clip.tokenize('a fox, "hello"'))
    assert not family.conditioning_key or family.conditioning_key in keys
    others = {each.conditioning_key for each in FAMILIES.values()} - {family.conditioning_key, ""}
    assert not others & keys.keys()
    roles = [stream.role for stream in family.streams if stream.sequence and stream.role]
    if family.width_in_file or len(roles) > 1 or roles[0].architecture not in ("t5", "llm"):
        return
    times = (family.conditioning_width or roles[0].width) // roles[0].width
    assert rows.shape[-1] == times * NARROW
