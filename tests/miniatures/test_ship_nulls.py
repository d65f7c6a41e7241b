"""The tool that writes what the pack brings: only what is missing, nothing that nobody finds, and
nothing lost when it is stopped.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from encoderscope.tools.nulls import ship

ROOT = Path(__file__).resolve().parents[2]


def pieces(keys: str, measured: list[str], stop_at: str = "") -> Iterator[ship.ShippedEntry]:
    def measure(key: str) -> Callable[[], dict[str, Any]]:
        def of_key() -> dict[str, Any]:
            if key == stop_at:
                raise KeyboardInterrupt
            measured.append(key)
            return {"value": key}

        return of_key

    yield from (ship.ShippedEntry(f"what {key}", key, measure(key)) for key in keys)


def in_file(path: Path) -> str:
    return "".join(json.loads(path.read_text(encoding="utf-8")))


def test_only_what_is_missing_is_measured_and_what_nobody_finds_goes(tmp_path: Path) -> None:
    path, measured = tmp_path / "new" / "nulls.json", list[str]()
    ship.ship(path, pieces("aab", measured), missing=True)
    assert measured == ["a", "b"] and in_file(path) == "ab"
    ship.ship(path, pieces("bc", measured), missing=True)
    assert measured == ["a", "b", "c"] and in_file(path) == "bc"
    ship.ship(path, pieces("bc", measured), missing=False)
    assert measured == ["a", "b", "c", "b", "c"] and in_file(path) == "bc"
    assert json.loads(path.read_text(encoding="utf-8"))["b"] == {"what": "what b", "value": "b"}


def test_what_was_measured_before_it_was_stopped_stays(tmp_path: Path) -> None:
    path, measured = tmp_path / "nulls.json", list[str]()
    with pytest.raises(KeyboardInterrupt):
        ship.ship(path, pieces("abc", measured, stop_at="c"), missing=True)
    assert in_file(path) == "ab"
    ship.ship(path, pieces("abc", measured), missing=True)
    assert measured == ["a", "b", "c"] and in_file(path) == "abc"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [([], ["first", "second"]), (["second"], ["second"]), (["--missing"], ["first", "second"])],
)
def test_main_ships_the_parts_that_are_named(
    arguments: list[str], expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[str] = []
    parts = {
        name: lambda name=name: (tmp_path / f"{name}.json", pieces("k", measured))
        for name in ("first", "second")
    }
    monkeypatch.setattr(ship, "PARTS", parts)
    assert ship.main(arguments) == 0
    assert sorted(file.stem for file in tmp_path.iterdir()) == expected
    assert len(measured) == len(expected)


def test_dev_py_knows_it() -> None:
    script = "import dev; asked = dev.parse(['ship-nulls', '--missing', 'untrained'])\n"
    script += "assert asked.do is dev.ship_nulls and asked.rest == ['--missing', 'untrained']"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=120)
