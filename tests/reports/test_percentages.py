"""What would be rounded to none or all of it is said to be less or more."""

from __future__ import annotations

import pytest
from encoderscope.conditioning.reports.drawing import bars
from encoderscope.conditioning.reports.image.caption_display import percentage_text
from encoderscope.conditioning.reports.image.judged_display import percent

SHARES = [
    (0.0, "0.0 %", "0 %"),
    (0.0002, "< 0.1 %", "< 1 %"),
    (0.42, "42.0 %", "42 %"),
    (0.9948, "99.5 %", "99 %"),
    (0.9999, "> 99.9 %", "> 99 %"),
    (1.0, "100.0 %", "100 %"),
]


@pytest.mark.parametrize(("share", "figures", "whole"), SHARES)
def test_a_share_is_never_rounded_to_all(share: float, figures: str, whole: str) -> None:
    assert bars.percent(share) == percentage_text(100 * share) == figures
    assert percent(share) == whole
