"""`python dev.py fuzz [TARGET ...] [--seconds N]`: looks for inputs that break a promise.

With atheris (Linux, Python 3.11 and later) the search is guided by what code an input reaches;
without it, inputs of the corpus are changed at random. What breaks a promise is written to
tests/fuzz/crashes/TARGET: keep it there, and the tests run it from then on.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
CORPUS, CRASHES = HERE / "corpus", HERE / "crashes"
_SLOW = 10
"""Seconds after which one input counts as a hang."""
_MEMORY = 2048
"""MB."""
_LONGEST = 4096
"""Bytes of an input."""


def seeds(name: str) -> list[Path]:
    """The inputs of the corpus of one target, and those that once broke it."""
    folders = (CORPUS / name, CRASHES / name)
    return sorted(path for folder in folders if folder.is_dir() for path in folder.iterdir())


def main(argv: list[str]) -> int:
    """Fuzz the targets one after another, each in a process of its own. Exit status 1 says that an
    input broke a promise.
    """
    parser = argparse.ArgumentParser(prog="dev.py fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="all where none is named")
    parser.add_argument("--seconds", type=float, default=60, help="for all together (60)")
    parser.add_argument("--work", type=Path, help="also keep what reaches new code in this folder")
    parser.add_argument("--seed", type=int, default=0, help="of the changes (0: another each time)")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.one:
        return _fuzz(arguments.one, arguments)
    from encoderscope.tests.fuzz.targets import TARGETS

    names = arguments.targets or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(TARGETS)}")
    broken = [
        name for name in names if not _passes(name, arguments.seconds / len(names), arguments)
    ]
    print(f"{len(names)} targets, {len(broken)} broken: {', '.join(broken) or 'none'}", flush=True)
    return int(bool(broken))


def _passes(name: str, seconds: float, arguments: argparse.Namespace) -> bool:
    command = [sys.executable, "-m", "encoderscope.tests.fuzz.run", "--one", name]
    command += ["--seconds", str(seconds), "--seed", str(arguments.seed)]
    if arguments.work:
        command += ["--work", str(arguments.work)]
    before = _seconds_of_children()
    passed = subprocess.run(command, check=False).returncode == 0
    print(f"{name}: {_seconds_of_children() - before:.0f} s of the processor", flush=True)
    return passed


def _seconds_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _fuzz(name: str, arguments: argparse.Namespace) -> int:
    if importlib.util.find_spec("atheris") is None:
        return _at_random(name, arguments.seconds)
    return _guided(name, arguments.seconds, arguments.work, arguments.seed)


def _guided(name: str, seconds: float, work: Path | None, seed: int) -> int:
    import atheris

    with atheris.instrument_imports(include=["encoderscope.conditioning"]):
        from encoderscope.tests.fuzz.targets import TARGETS
    corpus = (work or Path(tempfile.mkdtemp(prefix="encoderscope-fuzz-"))) / name
    corpus.mkdir(parents=True, exist_ok=True)
    (CRASHES / name).mkdir(parents=True, exist_ok=True)
    options = [
        f"-seed={seed}",
        f"-max_total_time={max(1, int(seconds))}",
        f"-max_len={_LONGEST}",
        f"-timeout={_SLOW}",
        f"-rss_limit_mb={_MEMORY}",
        f"-artifact_prefix={CRASHES / name}/",
        "-print_final_stats=1",
        "-verbosity=0",
        str(corpus),
        *(str(folder / name) for folder in (CORPUS, CRASHES) if (folder / name).is_dir()),
    ]
    atheris.Setup([sys.argv[0], *options], _keeping(name, TARGETS[name]))
    atheris.Fuzz()  # ends the process
    return 0


def _keeping(name: str, target: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The target, which writes down an input before it raises."""

    def run(data: bytes) -> None:
        try:
            target(data)
        except Exception:
            folder = CRASHES / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"crash-{hashlib.sha1(data).hexdigest()}").write_bytes(data)
            raise

    return run


def _at_random(name: str, seconds: float) -> int:
    from encoderscope.tests.fuzz.targets import TARGETS

    end, count = time.monotonic() + seconds, 0
    for data in _changed(name):
        if time.monotonic() > end:
            break
        count += 1
        try:
            _keeping(name, TARGETS[name])(data)
        except Exception:
            traceback.print_exc()
            return 1
    print(f"{name}: {count:,} inputs at random", flush=True)
    return 0


def _changed(name: str) -> Iterator[bytes]:
    generator = random.Random(7)
    inputs = [path.read_bytes() for path in seeds(name)] or [b""]
    while True:
        data = bytearray(generator.choice(inputs))
        for _ in range(generator.randrange(1, 8)):
            place = generator.randrange(len(data) + 1)
            kind = generator.randrange(4)
            if kind == 0:
                del data[place : place + generator.randrange(1, 9)]
            elif kind == 1:
                data[place:place] = generator.choice(inputs)[: generator.randrange(1, 40)]
            else:
                data[place : place + 1] = bytes([generator.randrange(256)])
        yield bytes(data[:_LONGEST])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
