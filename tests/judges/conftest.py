"""Small pictures, and a memory of what was drawn in them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from encoderscope.conditioning.image_probe.judges import drawn_cases, judge_calibration
from encoderscope.tests.judges import toy


@pytest.fixture(scope="module")
def memory() -> Iterator[toy.SceneMemory]:
    """Drawn once, and drawn small; so are the pictures of the cases while these tests run."""
    patch = pytest.MonkeyPatch()
    patch.setattr(drawn_cases, "SIDE", toy.SIDE)
    patch.setattr(drawn_cases.DrawnCase, "picture", cache(drawn_cases.DrawnCase.picture))
    judge_calibration._rules.cache_clear()
    scenes = toy.SceneMemory()
    for kind in drawn_cases.KINDS:
        for case in drawn_cases.drawn_cases(kind)[::2]:
            scenes.add(case.scene, case.picture())
    yield scenes
    patch.undo()
    judge_calibration._rules.cache_clear()
