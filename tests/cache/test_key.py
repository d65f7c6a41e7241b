"""Keys, and the content of files: hashed once, and again whenever anything about the
file changed.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
from encoderscope.conditioning.cache import key as keys
from encoderscope.conditioning.errors import EncoderScopeError

PARTS: dict[str, Any] = {
    "text": "a fox",
    "upstream": [["CLIPLoader", {"clip_name": "ab"}]],
    "embeddings": [],
    "environment": {"ComfyUI": "1"},
}


def key_with(**changed: Any) -> keys.CacheKey:
    return keys.cache_key(**(PARTS | changed))


def test_equal_facts_have_one_name_and_others_another() -> None:
    first = key_with()
    assert (
        first.digest
        == key_with().digest
        == keys.CacheKey(json.loads(json.dumps(first.facts))).digest
    )
    changes = {
        "text": {"text": "a fox "},
        "upstream": {"upstream": [["CLIPLoader", {"clip_name": "ac"}]]},
        "embeddings": {"embeddings": [["mood", "ab"]]},
        "with ComfyUI": {"environment": {"ComfyUI": "2"}},
    }
    for name, change in changes.items():
        other = key_with(**change)
        assert other.digest != first.digest and other.changed_since(first) == [name]


def test_another_mode_and_another_version_never_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    first = key_with()
    assert key_with(mode="fast").changed_since(first) == ["mode"]
    monkeypatch.setattr(keys, "VERSION", 2)
    assert key_with().digest != first.digest


def settled(path: Path, data: bytes) -> Path:
    """As if written a minute ago: the change of the inode's time cannot be turned back, so the
    clock is what waits.
    """
    path.write_bytes(data)
    return path


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    now = keys.time.time_ns
    monkeypatch.setattr(keys.time, "time_ns", lambda: now() + 60_000_000_000)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []
    hashing = keys.sha256_of
    monkeypatch.setattr(
        keys, "sha256_of", lambda path, progress: seen.append(path.name) or hashing(path, progress)
    )
    return seen


@pytest.mark.usefixtures("later")
def test_a_file_is_hashed_once_also_after_a_restart(tmp_path: Path, counted: list[str]) -> None:
    path, index = settled(tmp_path / "x", b"abc"), tmp_path / "user" / "files.json"
    prints = keys.Fingerprints(index)
    assert prints.of(path) == prints.of(path) == hashlib.sha256(b"abc").hexdigest()
    assert keys.Fingerprints(index).of(path) == prints.of(path) and counted == ["x"]


@pytest.mark.usefixtures("later")
def test_a_changed_file_is_hashed_again_although_size_and_time_are_the_same(tmp_path: Path) -> None:
    path = settled(tmp_path / "x", b"abc")
    prints, status = keys.Fingerprints(), path.stat()
    before = prints.of(path)
    path.write_bytes(b"abd")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert prints.of(path) != before


@pytest.mark.usefixtures("later")
def test_a_file_put_in_its_place_is_hashed_again(tmp_path: Path) -> None:
    path, other = settled(tmp_path / "x", b"abc"), settled(tmp_path / "y", b"abd")
    status = path.stat()
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    prints = keys.Fingerprints()
    before = prints.of(path)
    other.replace(path)
    assert prints.of(path) != before


def test_a_file_written_just_now_is_not_remembered(tmp_path: Path, counted: list[str]) -> None:
    """Within one tick of its clock it may be written again without a trace."""
    path, prints = settled(tmp_path / "x", b"abc"), keys.Fingerprints()
    prints.of(path)
    prints.of(path)
    assert counted == ["x", "x"]


def test_a_file_that_changes_meanwhile_has_no_content(tmp_path: Path) -> None:
    path = settled(tmp_path / "x", b"abc")
    with pytest.raises(EncoderScopeError, match="changed while"):
        keys.Fingerprints().of(path, lambda done, total: path.write_bytes(b"abcd") and None)
    with pytest.raises(EncoderScopeError, match="cannot be read"):
        keys.Fingerprints().of(tmp_path / "gone")


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("broken", ["", "[]", "{", '{"x": 3}', '{"x": [["a"], 4]}'])
def test_a_broken_index_costs_time_only(tmp_path: Path, broken: str) -> None:
    (tmp_path / "files.json").write_text(broken)
    path = settled(tmp_path / "x", b"abc")
    assert keys.Fingerprints(tmp_path / "files.json").of(path) == hashlib.sha256(b"abc").hexdigest()


@pytest.mark.usefixtures("later")
def test_two_processes_add_to_one_index(tmp_path: Path, counted: list[str]) -> None:
    index = tmp_path / "files.json"
    item, two = keys.Fingerprints(index), keys.Fingerprints(index)
    x, y = settled(tmp_path / "x", b"x"), settled(tmp_path / "y", b"y")
    item.of(x), two.of(y)
    third = keys.Fingerprints(index)
    third.of(x), third.of(y)
    assert counted == ["x", "y"]
