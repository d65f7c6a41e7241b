"""One thread for the many small tensors of these tests: on a busy machine, threads that wait for
each other cost minutes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _one_thread(one_thread: None) -> None:
    """Every test of this folder."""


@pytest.fixture(scope="session")
def null_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nulls")


@pytest.fixture
def small_nulls(monkeypatch: pytest.MonkeyPatch, null_folder: Path) -> Path:
    """Nulls of fewer contrasts and frames, made once for all tests: the folder to give as cache."""
    from encoderscope.conditioning.binding import null_distribution

    for name, value in {"FRAMES": 3, "SEEDS": (0,), "BUDGET": 1}.items():
        monkeypatch.setattr(null_distribution, name, value)
    return null_folder


@pytest.fixture
def run(small_nulls: Path) -> Any:
    """Probes a prompt; what the report says of it must be strict JSON and plain text."""
    from encoderscope.conditioning.binding.probe_prompt import ProbeOptions, ProbeResult, probe
    from encoderscope.conditioning.reports.binding.report import plain, probe_report

    def probed(text: str, *encoders: Any, layout: Any = None, **options: Any) -> ProbeResult:
        result = probe(
            text, encoders, ProbeOptions(generator_inputs=layout, cache=small_nulls, **options)
        )
        report = probe_report(result)
        assert json.loads(json.dumps(report, allow_nan=False)) == report
        assert plain(report).splitlines()[0] == report["sentence"]
        return result

    return probed
