"""Writers that are killed: what is there is whole, what was promised is there, none is locked."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.cache import entry, store
from encoderscope.conditioning.cache.key import Fingerprints
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.storage import UNFINISHED, write_atomically
from encoderscope.tests.quantization.test_quantize import run, source

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="SIGKILL and fork")


def write_for_ever(folder: Path, log: Path, seed: int, limit: int = store.LIMIT) -> None:
    """Asks for results at random and stores what is not there, as servers that share a folder do;
    notes what came of it.
    """
    torch.set_num_threads(1)
    cached, generator = store.Store(folder, limit), random.Random(seed)
    hashes = Fingerprints(folder / "files.json")
    models = sorted((folder / "models").iterdir())
    with log.open("a", buffering=1) as notes:
        while True:
            number = generator.randrange(40)
            notes.write(f"{_ask(cached, number)} {number}\n")
            hashes.of(generator.choice(models))


def _ask(cached: store.Store, number: int) -> str:
    facts = {"text": f"prompt {number}"}
    digest = store.digest_of(facts)
    try:
        cached_result = cached.read(digest)
    except EncoderScopeError as error:
        return f"unreadable: {error}"
    if cached_result is None:
        tensor = torch.full((1, 2000), float(number))
        cached.write(digest, entry.pack([[tensor, {"number": number}]], {"key": facts}))
        return "written"
    [[tensor, extra]] = cached_result[0].conditioning
    right = extra == {"number": number} and bool((tensor == number).all())
    return "hit" if right else "wrong"


def test_three_processes_share_a_cache_and_are_killed_at_random(tmp_path: Path) -> None:
    """No wrong hit, no lost entry, no lock left behind."""
    folder, generator = tmp_path / "cache", random.Random(3)
    (folder / "models").mkdir(parents=True)
    for number in range(6):
        path = folder / "models" / f"{number}.safetensors"
        path.write_bytes(bytes([number]) * 3000)
        os.utime(path, (1, 1))
    writers = [_start(folder, tmp_path, seed) for seed in range(3)]
    end, killed = time.monotonic() + 8, 0
    while time.monotonic() < end or killed < 12:
        time.sleep(generator.uniform(0.05, 0.6))
        victim = generator.randrange(3)
        _kill(writers[victim])
        killed += 1
        writers[victim] = _start(folder, tmp_path, 10 + killed)
    for writer in writers:
        _kill(writer)
    lines = [
        line.split(" ", 2)
        for log in tmp_path.glob("*.log")
        for line in log.read_text().splitlines()
        if line.count(" ")
    ]
    assert not [line for line in lines if line[0] in ("wrong", "unreadable")]
    assert {line[0] for line in lines} == {"written", "hit"}
    cached = store.Store(folder)
    assert {damage for _, damage in cached.verify()} == {""}
    written = {int(number) for word, number, *_ in lines if word == "written"}
    prompts = {item.notes()["key"]["text"] for item in cached.items()}
    assert {f"prompt {number}" for number in written} <= prompts
    strangers = [path for path in folder.iterdir() if path.is_file()]
    strangers = [path for path in strangers if path.name != "files.json"]
    assert all(path.suffix in (entry.ENDING, UNFINISHED) for path in strangers)
    for path in folder.glob(f"*{UNFINISHED}"):
        os.utime(path, (1, 1))
    write_atomically(folder / "files.json", (folder / "files.json").read_bytes())
    assert not list(folder.glob(f"*{UNFINISHED}")), "what the killed left goes after an hour"
    json.loads((folder / "files.json").read_text())
    digest = Fingerprints(folder / "files.json").of(folder / "models" / "3.safetensors")
    assert digest == Fingerprints().of(folder / "models" / "3.safetensors")


def test_three_processes_share_a_cache_that_is_too_small(tmp_path: Path) -> None:
    """Each drops what the others read and write; still no wrong hit, and never more than fits."""
    folder, generator = tmp_path / "cache", random.Random(5)
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "0.safetensors").write_bytes(b"model")
    limit = 100_000  # some twelve of forty entries
    writers = [_start(folder, tmp_path, seed, limit) for seed in range(3)]
    for kill in range(8):
        time.sleep(generator.uniform(0.2, 0.6))
        victim = generator.randrange(3)
        _kill(writers[victim])
        writers[victim] = _start(folder, tmp_path, 10 + kill, limit)
    for writer in writers:
        _kill(writer)
    words = [
        line.split(" ")[0]
        for log in tmp_path.glob("*.log")
        for line in log.read_text().splitlines()
        if line.count(" ")
    ]
    assert set(words) <= {"written", "hit"} and words.count("written") > 40
    cached = store.Store(folder, limit)
    cached.trim()
    assert 0 < sum(item.bytes for item in cached.items()) <= limit
    assert {damage for _, damage in cached.verify()} == {""}


def _start(folder: Path, logs: Path, seed: int, limit: int = store.LIMIT) -> int:
    child = os.fork()
    if child == 0:
        write_for_ever(folder, logs / f"{seed}.log", seed, limit)
    return child


def _kill(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL, "it ended by itself"


@pytest.mark.parametrize("call", ["write", "flush", "fsync", "replace"])
def test_a_writer_is_killed_at_each_step(call: str, tmp_path: Path) -> None:
    """The old content is there, or the new one."""
    from encoderscope.conditioning import storage

    path = tmp_path / "null.json"
    storage.write_atomically(path, b"old")
    child = os.fork()
    if child == 0:
        _die_at(call)
        storage.write_atomically(path, b"new" * 100_000)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert path.read_bytes() == b"old"
    left = [other for other in tmp_path.iterdir() if other != path]
    assert len(left) == 1
    os.utime(left[0], (1, 1))
    foreign = tmp_path / "download.part"
    foreign.write_bytes(b"of another program")
    os.utime(foreign, (1, 1))
    storage.write_atomically(path, b"newer")
    assert path.read_bytes() == b"newer"
    assert set(tmp_path.iterdir()) == {path, foreign}, "what was left is gone after an hour"


def _die_at(call: str) -> None:
    def die(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    if call == "fsync":
        os.fsync = die  # type: ignore[assignment]
    elif call == "replace":
        Path.replace = die  # type: ignore[assignment]
    else:
        real = Path.open

        def opening(self: Path, *arguments: object, **options: object) -> object:
            file = real(self, *arguments, **options)  # type: ignore[call-overload]

            class Dying:
                def __enter__(self) -> object:
                    return self

                def __exit__(self, *_: object) -> None:
                    file.close()

                def __getattr__(self, name: str) -> object:
                    return die if name == call else getattr(file, name)

            return Dying()

        Path.open = opening  # type: ignore[assignment]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_quantising_is_killed_and_goes_on(share: float, tmp_path: Path) -> None:
    """The copy of the second run is the copy of one that was never killed."""
    path, target = source(tmp_path, "mini-T5"), tmp_path / "out.safetensors"
    child = os.fork()
    if child == 0:
        torch.set_num_threads(1)

        def kill(done: int, total: int) -> None:
            if done >= share * total:
                os.kill(os.getpid(), signal.SIGKILL)

        run(path, target, progress=kill)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert not target.exists() and list(tmp_path.glob("*.part"))
    done = run(path, target)
    assert done.resumed > 0 and not list(tmp_path.glob("*.part*"))
    assert target.read_bytes() == run(path, tmp_path / "whole.safetensors").path.read_bytes()
