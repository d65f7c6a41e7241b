"""What the running host's image models make of a missing pooled vector, against their sources."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

pytest.importorskip("torch")
from encoderscope.host.generator import pooled_reading

pytestmark = pytest.mark.host


def test_absent_and_none_are_read_as_the_host_reads_them(host_folder: Path) -> None:
    import comfy.model_base

    readings = pooled_reading.readings()
    assert readings["sdxl"] == (False, False)
    source = inspect.getsource(comfy.model_base.Flux.encode_adm)
    assert readings["flux"] == ('kwargs["pooled_output"]' not in source, True)
    assert readings["sd3"].none and readings["stable_cascade"].absent is False
