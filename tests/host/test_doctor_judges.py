"""The Prompt Doctor with judges of real architectures that nobody trained: they are tested on drawn
scenes, found out, and say nothing.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.host
TEXT = "a car and a house"


@pytest.fixture(scope="module")
def clip(host_folder: Path) -> Any:
    from encoderscope.host import miniatures

    return miniatures.clip("mini-CLIP-hard", "sd3 without T5")


@pytest.mark.parametrize(
    "architecture", ["BlipForQuestionAnswering", "Qwen2_5_VLForConditionalGeneration"]
)
def test_an_untrained_judge_cannot_tell_and_no_station_is_named(
    clip: Any, architecture: str, tmp_path: Path
) -> None:
    import torch
    from encoderscope.conditioning.image_probe.judges.transformers_judge import judge_folder
    from encoderscope.conditioning.scenes.drawing import draw
    from encoderscope.conditioning.scenes.scene import staged
    from encoderscope.host.reports import doctor_reports
    from encoderscope.tests.judges import tiny_models

    judge = judge_folder.load(tiny_models.save(architecture, tmp_path / "judge"))
    shown = staged(random.Random(4), ("red", "car"), ("blue", "house"))
    lacking = staged(random.Random(4), ("red", "tree"), ("blue", "star"))
    inputs = doctor_reports.DoctorInputs(
        clip, TEXT, images=torch.cat([draw([shown], 64), draw([lacking], 64)]), judge=(judge,)
    )
    report = doctor_reports.report(inputs)
    picture = report["stations"][3]
    assert picture["looked_at"], picture["why"]
    things = [each for each in report["phrases"] if each["kind"] == "thing"]
    assert [each["text"] for each in things] == ["car", "house"]
    for each in things:
        assert each["checks"][3]["state"] == "cannot tell"
        assert each["checks"][3]["says"] == "who looked at the picture cannot tell"
        assert each["remedy"].startswith("Let another judge look")
    assert {each["station"] for each in report["phrases"]} == {None}
    assert report["healthy"] is None
