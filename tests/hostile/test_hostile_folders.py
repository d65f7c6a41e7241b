"""Foreign files among the entries of the cache, and lists of the doctor that were made to hurt."""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
from encoderscope.cli import main
from encoderscope.conditioning.cache import store
from encoderscope.tests.hostile.test_terminal import EVIL, obeyed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pipes and links are Linux's")
META = {"format": "encoderscope.conditioning_file", "version": "1", "layout": "[]", "sha256": "x"}
NOTES: list[str] = [
    "[]", "5", "null", "{", "[" * 100_000,
    *(json.dumps({"key": key}) for key in ([1], "x", 5, {"text": EVIL}, {"text": {"a": "\ud800"}})),
]  # fmt: skip


def entry(folder: Path, number: int, header: dict[str, Any], size: int = 0) -> Path:
    """A file with the name of an entry; what follows its header takes no room."""
    path, text = folder / f"{number:064x}.safetensors", json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(max(size, 8 + len(text)))
    return path


def test_foreign_files_in_a_cache_are_listed_and_named_damaged(tmp_path: Path, capsys: Any) -> None:
    for number, notes in enumerate(NOTES):
        entry(tmp_path, number, {"__metadata__": {**META, "notes": notes}})
    links = [tmp_path / f"{number:064x}.safetensors" for number in range(100, 104)]
    links[0].symlink_to("/etc/passwd")
    links[1].symlink_to(links[1].name)
    links[2].symlink_to("/dev/zero")
    os.mkfifo(links[3])
    (tmp_path / EVIL.replace("/", "")).write_text("somebody's")
    for options in (["ls"], ["ls", "--json"]):
        assert main.main(["cache", *options, "--folder", str(tmp_path)]) == 0
        assert not obeyed(capsys.readouterr().out)
    assert main.main(["cache", "verify", "--folder", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    damaged = len(NOTES) + 1  # and the link to a file
    assert f"{damaged} entries, {damaged} damaged." in out and not obeyed(out)
    assert main.main(["cache", "rm", "--damaged", "--folder", str(tmp_path)]) == 0
    assert Path("/etc/passwd").exists() and store.Store(tmp_path).items() == []
    assert len(list(tmp_path.iterdir())) == 4, "what is no entry is left alone"


def test_an_entry_of_a_gigabyte_is_not_taken_into_memory(tmp_path: Path) -> None:
    tensor = {"dtype": "U8", "shape": [10**9], "data_offsets": [0, 10**9]}
    header = {"__metadata__": {**META, "notes": "{}"}, "a": tensor}
    size = 8 + len(json.dumps(header)) + 10**9
    entry(tmp_path, 1, header, size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ((_, fault),) = store.Store(tmp_path).verify()
    assert "checksum does not fit" in fault
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def doctor(folder: Path, listed: bytes, **options: Path) -> int:
    (folder / "list.jsonl").write_bytes(listed)
    inputs = [text for name, path in options.items() for text in (f"--{name}", str(path))]
    out = ["--out", str(folder / "out.jsonl"), *inputs]
    return main.main(["doctor", "--list", str(folder / "list.jsonl"), "--family", "sd1", *out])


LISTS: dict[str, bytes] = {
    "a line without an end": b'"' + b"a" * 60_000_000,
    "more bytes than are read": b'"a"\n' * 20_000_000,
    "more prompts than are read": b'"a"\n' * 100_001,
    "the same name at the end": b'{"prompt":"a","id":"x"}\n' * 2,
    "deep": b"[" * 100_000,
    "no text": b"\xff\xfe",
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_refused_at_once(name: str, tmp_path: Path, capsys: Any) -> None:
    started = time.process_time()
    assert doctor(tmp_path, LISTS[name]) == 2
    assert time.process_time() - started < 1.5
    error = capsys.readouterr().err
    assert "cannot be read as a list" in error and error.count("\n") == 1 and len(error) < 1000


IMAGES = [
    "../x.png",
    "/etc/passwd",
    "a\0b",
    "\ud800",
    "loop.png",
    "out.png",
    "pipe.png",
    "x" * 5000,
]


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: ascii(image)[:20])
def test_a_list_names_no_file_outside(image: str, tmp_path: Path, capsys: Any) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "loop.png").symlink_to("loop.png")
    (pictures / "out.png").symlink_to("/etc/passwd")
    os.mkfifo(pictures / "pipe.png")
    line = json.dumps({"prompt": "a", "image": image}).encode()
    assert doctor(tmp_path, line, images=pictures) == 2
    error = capsys.readouterr().err
    assert "outside of the folder" in error or "None of the pictures" in error
    assert error.count("\n") == 1 and len(error) < 12_000 and not obeyed(error)


@pytest.mark.parametrize("name", ["\ud800", "/" + "x" * 5000])
def test_a_path_that_no_file_has_is_a_sentence(name: str, capsys: Any) -> None:
    for command in ("show", "inspect"):
        try:
            status: object = main.main([command, name])
        except SystemExit as stopped:
            status = stopped.code
        error = capsys.readouterr().err
        assert status == 2 and len(error.splitlines()[-1]) < 6000 and "Traceback" not in error
