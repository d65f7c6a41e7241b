"""Calibrations on drawn scenes that come with the pack: found by what an encoder answers, and never
by one that answers otherwise.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from encoderscope.conditioning.image_probe import calibration

pytestmark = pytest.mark.host


def test_a_shipped_calibration_is_found_by_the_answers(host_folder: Path) -> None:
    from encoderscope.host import miniatures

    entries = list(calibration.read_shipped().values())
    assert entries
    for entry in entries:
        encoder, kind = miniatures.dual(entry["what"]), entry["kind"]
        answer = calibration._Answer.of(encoder, kind)
        shipped = answer.shipped()
        assert shipped is not None and shipped.kind == kind and shipped.right == entry["right"]
        assert calibration.calibrated(encoder, kind) == shipped
        assert answer._replace(cosines=answer.cosines + 1e-4).shipped() is None
        assert answer._replace(rules="others").shipped() is None
