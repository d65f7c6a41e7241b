"""Real file systems instead of injected errors: a small disk that is full, and one that
may only be read. Linux, and the right to mount.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.cache import entry, store
from encoderscope.conditioning.cache.key import Fingerprints
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.quantization import growing_file
from encoderscope.conditioning.storage import try_to_write_json
from encoderscope.tests.quantization.test_quantize import run, source

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts a file system")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if not _mount("-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)):
        pytest.skip("this user may not mount a file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)


def _mount(*arguments: str) -> bool:
    if shutil.which("mount") is None:
        return False
    command = ["mount", *arguments]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def packed(number: int) -> tuple[str, bytes]:
    facts = {"text": f"prompt {number}"}
    tensor = torch.full((1, 50_000), float(number))
    return store.digest_of(facts), entry.pack([[tensor, {}]], {"key": facts})


def test_the_cache_on_a_disk_that_fills_up(small_disk: Path) -> None:
    """What was stored stays readable, what does not fit is told, and nothing half-written stays."""
    cached = store.Store(small_disk / "cache")
    written = 0
    with pytest.raises(EncoderScopeError, match="No space left"):
        for number in range(100):
            cached.write(*packed(number))
            written += 1
    assert written >= 5
    assert {damage for _, damage in cached.verify()} == {""}
    assert len(cached.items()) == written == len(list((small_disk / "cache").iterdir()))
    cached.remove(cached.items()[-1:])
    cached.write(*packed(100))
    assert cached.read(packed(100)[0]) is not None


def test_kept_numbers_on_a_full_disk(small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(bytes(16 << 20))
    try_to_write_json(small_disk / "null.json", {"a": list(range(10_000))})
    assert [path.name for path in small_disk.iterdir()] == ["filler"]
    hashes = Fingerprints(small_disk / "files.json")
    assert len(hashes.of(small_disk / "filler")) == 64


def test_quantising_where_there_is_too_little_room(small_disk: Path, tmp_path: Path) -> None:
    """It is told before anything is written, in figures that tell the two apart."""
    with pytest.raises(EncoderScopeError) as caught:
        run(source(tmp_path, "mini-T5"), small_disk / "out.safetensors")
    needed, free = re.findall(r"(\d+) MB", str(caught.value))
    assert int(needed) > int(free) > 10 and list(small_disk.iterdir()) == []


def test_quantising_on_a_disk_that_fills_up(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on where it was when there is room again."""
    monkeypatch.setattr(growing_file, "_SPARE", 0)
    path, target = source(tmp_path, "mini-T5"), small_disk / "out.safetensors"
    filler = small_disk / "filler"

    def fill(done: int, total: int) -> None:
        if done > 0 and not filler.exists():
            filler.write_bytes(bytes(shutil.disk_usage(small_disk).free))

    with pytest.raises(EncoderScopeError, match="No space left"):
        run(path, target, progress=fill)
    assert not target.exists()
    filler.unlink()
    done = run(path, target)
    assert done.resumed > 0 and not list(small_disk.glob("*.part*"))
    assert target.read_bytes() == run(path, tmp_path / "whole.safetensors").path.read_bytes()


def test_a_disk_that_may_only_be_read(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is there still answers; what cannot be written is told."""
    cached = store.Store(small_disk / "cache")
    digest, data = packed(1)
    cached.write(digest, data)
    (small_disk / "files.json").write_text(json.dumps({}))
    monkeypatch.setattr(growing_file, "_SPARE", 0)
    assert _mount("-o", "remount,ro", str(small_disk))
    assert cached.read(digest) is not None and cached.trim() == []
    with pytest.raises(EncoderScopeError, match="Read-only file system"):
        cached.write(*packed(2))
    with pytest.raises(EncoderScopeError, match="Read-only file system"):
        run(source(tmp_path, "mini-T5"), small_disk / "out.safetensors")
    try_to_write_json(small_disk / "null.json", {"a": 1})
    assert len(Fingerprints(small_disk / "files.json").of(cached.path(digest))) == 64
    assert sorted(path.name for path in small_disk.iterdir()) == ["cache", "files.json"]
