"""What drawing remembers is small: a server draws another prompt with every run, for weeks."""

from __future__ import annotations

import gc

import pytest

pytest.importorskip("PIL")

from encoderscope.conditioning.reports.tokens import picture as token_picture
from encoderscope.tests.fuzz import prompt_targets
from encoderscope.tests.soak import graphs


def _drawn(first: int) -> None:
    text = " ".join(graphs.prompt(number) for number in range(first, first + 4))
    token_picture.render(prompt_targets.toy_report(text), scale=1)


def test_another_prompt_leaves_little_behind() -> None:
    """1,600 objects each before words were remembered in the place of texts."""
    for first in range(0, 16, 4):
        _drawn(first)
    gc.collect()
    before = len(gc.get_objects())
    for first in range(100, 124, 4):
        _drawn(first)
    gc.collect()
    assert len(gc.get_objects()) - before < 6 * 300
