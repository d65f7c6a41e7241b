"""Disks that are full or refuse, and entries that rot: a sentence, nothing half-written, never
another answer.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.cache import entry, store
from encoderscope.conditioning.cache.key import Fingerprints
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.quantization import growing_file
from encoderscope.conditioning.storage import try_to_write_json
from encoderscope.tests.fuzz import cache_targets
from encoderscope.tests.quantization.test_quantize import run, source

FAULTS = [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO, errno.EDQUOT]


def failing(code: int, after: int = 0) -> Callable[..., Any]:
    """Works ``after`` times, then fails as the system does."""
    calls = [0]

    def fail(*_: object, **__: object) -> None:
        calls[0] += 1
        if calls[0] > after:
            raise OSError(code, os.strerror(code))

    return fail


@pytest.mark.parametrize("code", FAULTS)
def test_the_cache_on_a_disk_that_refuses(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = store.Store(tmp_path / "cache")
    data = cache_targets.packed_entry()
    digest = store.digest_of({"text": "a red car"})
    monkeypatch.setattr(os, "fsync", failing(code))
    with pytest.raises(EncoderScopeError, match="cannot be written"):
        cached.write(digest, data)
    assert list((tmp_path / "cache").iterdir()) == [] and cached.read(digest) is None
    try_to_write_json(tmp_path / "null.json", {"a": 1})
    assert not (tmp_path / "null.json").exists()


def test_the_cache_where_its_folder_should_be_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("x")
    cached = store.Store(tmp_path / "cache")
    assert cached.items() == [] and cached.trim() == []
    with pytest.raises(EncoderScopeError, match="cannot be written"):
        cached.write("0" * 64, cache_targets.packed_entry())
    hashes = Fingerprints(tmp_path / "cache" / "files.json")
    assert len(hashes.of(tmp_path / "cache")) == 64


@pytest.mark.parametrize(("code", "after"), [(errno.ENOSPC, 0), (errno.ENOSPC, 3), (errno.EIO, 1)])
def test_quantising_on_a_disk_that_refuses(
    code: int, after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, target = source(tmp_path, "clip"), tmp_path / "out.safetensors"
    put, fail = growing_file.GrowingFile.put, failing(code, after)

    def full(self: Any, name: str, tensor: torch.Tensor) -> None:
        fail()
        put(self, name, tensor)

    with monkeypatch.context() as patched:
        patched.setattr(growing_file.GrowingFile, "put", full)
        with pytest.raises(EncoderScopeError) as caught:
            run(path, target)
    assert os.strerror(code) in str(caught.value) and not target.exists()
    run(path, target)
    assert not list(tmp_path.glob("*.part*"))


def test_every_byte_of_an_entry_may_rot() -> None:
    """Each byte of a whole entry, with one, several and all of its bits turned."""
    packed = cache_targets.packed_entry()
    written = entry.unpack(packed, "a")
    refused = 0
    for place in range(len(packed)):
        for mask in (1, 0x55, 0xFF):
            damaged = bytearray(packed)
            damaged[place] ^= mask
            try:
                unpacked = entry.unpack(bytes(damaged), "a")
            except EncoderScopeError:
                refused += 1
            else:
                assert cache_targets.is_same(unpacked.conditioning, written.conditioning)
                assert unpacked.notes == written.notes
    assert refused > 2.9 * len(packed)


@pytest.mark.parametrize("size", range(0, 900, 37))
def test_an_entry_that_ends_early(size: int) -> None:
    with pytest.raises(EncoderScopeError):
        entry.unpack(cache_targets.packed_entry()[:size], "a")


def test_a_rotten_entry_is_written_anew(tmp_path: Path) -> None:
    cached = store.Store(tmp_path)
    facts = {"text": "a red car"}
    digest = store.digest_of(facts)
    data = entry.pack([[torch.ones(1, 4), {}]], {"key": facts})
    cached.write(digest, data)
    path = cached.path(digest)
    path.write_bytes(data[:-1] + b"\x00")
    with pytest.raises(EncoderScopeError, match="damaged"):
        cached.read(digest)
    cached.write(digest, data)
    assert cached.read(digest) is not None
