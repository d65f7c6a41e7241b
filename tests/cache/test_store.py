"""The folder of results: whole or not at all, bounded, and honest about damage."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.cli import main
from encoderscope.conditioning.cache import entry, store
from encoderscope.conditioning.errors import EncoderScopeError


def packed_entry(text: str, size: int = 1000) -> tuple[str, bytes]:
    facts = {"text": text}
    return store.digest_of(facts), entry.pack(
        [[torch.full((1, size), float(len(text))), {"text": text}]], {"key": facts}
    )


def put(kept: store.Store, text: str, age: float = 0.0, size: int = 1000) -> str:
    digest, data = packed_entry(text, size)
    kept.write(digest, data)
    if age:
        output = time.time() - age
        os.utime(kept.path(digest), (output, output))
    return digest


def texts(kept: store.Store) -> list[str]:
    return [item.notes()["key"]["text"] for item in kept.items()]


def test_what_was_written_is_read(tmp_path: Path) -> None:
    kept = store.Store(tmp_path / "new")
    assert kept.read(packed_entry("a")[0]) is None
    digest = put(kept, "a")
    reading = kept.read(digest)
    assert reading is not None and reading[0].conditioning[0][1] == {"text": "a"}
    assert reading[1] == kept.path(digest).stat().st_size


def test_the_longest_unused_go_first(tmp_path: Path) -> None:
    each = len(packed_entry("a")[1])
    kept = store.Store(tmp_path, 3 * each + each // 2)
    first, *_ = (put(kept, text, age) for text, age in (("a", 300), ("b", 200), ("c", 100)))
    assert kept.read(first) is not None, "reading is use"
    put(kept, "d")
    assert sorted(texts(kept)) == ["a", "c", "d"]
    assert sum(item.bytes for item in kept.items()) <= kept.limit


def test_one_that_is_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    put(store.Store(tmp_path), "a")
    kept = store.Store(tmp_path, 100)
    with pytest.raises(EncoderScopeError, match="At most 100"):
        kept.write(*packed_entry("b"))
    assert texts(kept) == ["a"], "nothing else goes for it"


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "my favourite.safetensors"
    other.write_bytes(b"x" * 10_000)
    kept = store.Store(tmp_path, len(packed_entry("a")[1]))
    put(kept, "a", 50)
    put(kept, "b")
    assert texts(kept) == ["b"] and other.is_file()


def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = store.Store(tmp_path)
    digest = put(kept, "a")
    before = kept.path(digest).read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.os, "fsync", full)
    with pytest.raises(EncoderScopeError, match="No space left"):
        kept.write(digest, b"half of something else")
    assert kept.path(digest).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [kept.path(digest).name], (
        "no half file stays"
    )


def test_what_a_crash_left_goes_after_a_while(tmp_path: Path) -> None:
    old, new = (tmp_path / f"encoderscope-{digit * 32}.part" for digit in "ab")
    foreign = tmp_path / "model.safetensors.part"
    for path in (old, new, foreign):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    os.utime(foreign, (1, 1))
    put(store.Store(tmp_path), "a")
    assert not old.exists() and new.exists(), "a young one may still be written"
    assert foreign.exists()


def test_an_entry_under_another_name_is_no_answer(tmp_path: Path) -> None:
    kept = store.Store(tmp_path)
    kept.path(put(kept, "a")).rename(kept.path(packed_entry("b")[0]))
    with pytest.raises(entry.Unreadable, match="another question"):
        kept.read(packed_entry("b")[0])
    ((_, wrong),) = kept.verify()
    assert "another question" in wrong


def test_a_folder_in_the_place_of_an_entry_is_damage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No space is missing: the folder is in the way, and everybody says so."""
    kept = store.Store(tmp_path)
    digest, data = packed_entry("a")
    put(kept, "b")
    kept.path(digest).mkdir()
    sentence = f"{digest}.*is a folder, and an entry of the cache belongs in its place"
    for action in (lambda: kept.read(digest), lambda: kept.write(digest, data)):
        with pytest.raises(EncoderScopeError, match=sentence) as raised:
            action()
        assert raised.value.remedy == f"Remove that folder from {tmp_path.name!r}."
    assert [bool(fault) for _, fault in kept.verify()] == [False, True]
    assert main.main(["cache", "verify", "--folder", str(tmp_path)]) == 1
    assert "2 entries, 1 damaged." in capsys.readouterr().out
    (kept.path(digest) / "something").write_text("of somebody")
    assert main.main(["cache", "rm", "--damaged", "--folder", str(tmp_path)]) == 0
    assert kept.path(digest).is_dir(), "what others put there is left alone"
    (kept.path(digest) / "something").unlink()
    assert main.main(["cache", "rm", "--damaged", "--folder", str(tmp_path)]) == 0
    assert [fault for _, fault in kept.verify()] == [""]
    assert put(kept, "a") == digest


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = store.Store(tmp_path / "file" / "below")
    assert kept.items() == []
    with pytest.raises(EncoderScopeError, match="cannot be written"):
        kept.write(*packed_entry("a"))


def write_many(folder: Path, limit: int, writer: int) -> None:
    """One writer of several."""
    kept = store.Store(folder, limit)
    for number in range(12):
        kept.write(*packed_entry(f"{writer % 2} {number}"))


def test_many_writers_keep_the_bound_and_break_nothing(tmp_path: Path) -> None:
    each = len(packed_entry("0 00")[1])
    limit = 5 * each + each // 2
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda writer: write_many(tmp_path, limit, writer), range(8)))
    kept = store.Store(tmp_path, limit)
    assert 0 < sum(item.bytes for item in kept.items()) <= limit
    assert not any(wrong for _, wrong in kept.verify())
    assert not list(tmp_path.glob("*.part"))


def test_readers_see_whole_entries_while_others_write(tmp_path: Path) -> None:
    kept = store.Store(tmp_path)
    digest, data = packed_entry("a", 50_000)
    stop = time.monotonic() + 1.0

    def write() -> None:
        while time.monotonic() < stop:
            kept.write(digest, data)

    def read() -> int:
        seen = 0
        while time.monotonic() < stop:
            seen += kept.read(digest) is not None  # a torn one raises
        return seen

    kept.write(digest, data)
    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(write) for _ in range(2)]
        reading = [pool.submit(read) for _ in range(2)]
        assert all(item.result() > 0 for item in reading)
        assert all(item.result() is None for item in writing)


# --- the terminal
# --------------------------------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *arguments: Any) -> tuple[int, str, str]:
    status = main.main(["cache", *map(str, arguments)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_the_terminal_speaks_its_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    kept, place = store.Store(tmp_path), ("--folder", tmp_path)
    digest = put(kept, "a")
    assert "1 Eintrag" in run(capsys, "ls", *place)[1]
    kept.path(digest).rename(kept.path(packed_entry("b")[0]))
    assert run(capsys, "verify", *place)[1].split("\n", 1)[0] == (
        f"{packed_entry('b')[0]}{entry.ENDING} beantwortet eine andere Frage, als ihr Name sagt."
    )
    assert "Entfernt: 1 Eintrag" in run(capsys, "rm", "--all", *place)[1]


def test_the_terminal_lists_checks_and_removes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, place = store.Store(tmp_path), ("--folder", tmp_path)
    names = {
        text: put(kept, text, age)
        for text, age in (("a fox", 100), ("a dog\nin snow", 50), ("a cat", 10))
    }
    status, out, _ = run(capsys, "ls", *place)
    assert status == 0 and [line[:12] for line in out.splitlines()[:3]] == [
        names[text][:12] for text in ("a cat", "a dog\nin snow", "a fox")
    ]
    assert "a dog in snow" in out and "3 entries" in out
    status, out, _ = run(capsys, "ls", "--json", *place)
    assert '"a fox"' in out and len(out.splitlines()) == 3
    assert run(capsys, "verify", *place)[:2] == (0, "3 entries, 0 damaged.\n")
    path = kept.path(names["a fox"])
    path.write_bytes(path.read_bytes()[:-3])
    used = path.stat().st_mtime
    status, out, _ = run(capsys, "verify", *place)
    assert (
        status == 1
        and path.name in out
        and "3 entries, 1 damaged." in out
        and path.stat().st_mtime == used
    )
    assert run(capsys, "rm", "--damaged", *place)[0] == 0 and sorted(texts(kept)) == [
        "a cat",
        "a dog\nin snow",
    ]
    assert run(capsys, "rm", names["a cat"][:10], *place)[0] == 0 and texts(kept) == [
        "a dog\nin snow"
    ]
    assert run(capsys, "rm", "--all", *place)[0] == 0 and texts(kept) == []


def test_a_terminal_obeys_no_text_of_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(store.Store(tmp_path), "a \x1b[31mred\x07 fox \ud800")
    status, out, _ = run(capsys, "ls", "--folder", tmp_path)
    assert status == 0 and "\x1b" not in out and "\x07" not in out and "fox" in out
    assert run(capsys, "ls", "--json", "--folder", tmp_path)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["rm"], "not clear"),
        (["rm", "--all", "abc"], "not clear"),
        (["rm", "0" * 12], "No entry begins"),
    ],
)
def test_the_terminal_removes_nothing_by_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    kept = store.Store(tmp_path)
    put(kept, "a")
    status, _, err = run(capsys, *arguments, "--folder", tmp_path)
    assert status == 2 and sentence in err and texts(kept) == ["a"]


def test_the_terminal_finds_the_folder_by_the_variable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store.Store(tmp_path), "a fox")
    monkeypatch.setenv("ENCODERSCOPE_CONDITIONINGS", str(tmp_path))
    assert "a fox" in run(capsys, "ls")[1]
    monkeypatch.setenv("ENCODERSCOPE_CONDITIONINGS", str(tmp_path / "gone"))
    assert run(capsys, "ls")[0] == 2
