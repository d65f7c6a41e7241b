"""One thread for the many small tensors of these tests: on a busy machine, threads that wait for each other cost minutes."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    if importlib.util.find_spec("torch") is None:
        yield
        return
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def null_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nulls")


@pytest.fixture
def small_nulls(monkeypatch: pytest.MonkeyPatch, null_folder: Path) -> Path:
    """Nulls of fewer contrasts and frames, made once for all tests: the folder to give as cache."""
    from encoderscope.conditioning.probe import nulls

    for name, value in {"FRAMES": 3, "SEEDS": (0,), "BUDGET": 1}.items():
        monkeypatch.setattr(nulls, name, value)
    return null_folder
