"""Measures what the pack brings so that a first verdict need not: what blind encoders score, for
every miniature in every layout of tokens in which it can be loaded, and what untrained encoders
score for the tokens of every image model; how clear margins of drawn scenes must be for every
miniature with pictures, and answers about them for mini-VQA.

    python dev.py ship-nulls --missing [miniatures] [untrained] [scenes] [judges]
    python dev.py ship-nulls                           # everything anew, two hours

Writes ``assets/nulls/*.json``. ``--missing`` measures only what the files lack. Needs the host:
tokens are the host's own.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .layouts import Layout

KINDS = ("binding", "relation", "count", "number", "negation", "role")


class ShippedEntry(NamedTuple):
    """One entry of a file, not yet measured."""

    subject: str
    key: str
    measure: Callable[[], dict[str, Any]]


def main(arguments: list[str] | None = None) -> int:
    """Measures and writes; 0."""
    parser = argparse.ArgumentParser(prog="python dev.py ship-nulls")
    parser.add_argument("--missing", action="store_true", help="only what the files lack")
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="all of them without names")
    options = parser.parse_args(arguments)
    for name in options.parts or PARTS:
        path, pieces = PARTS[name]()
        ship(path, pieces, missing=options.missing)
    return 0


def ship(path: Path, pieces: Iterable[ShippedEntry], missing: bool) -> None:
    """Writes the pieces, each as soon as it is measured; at the end, without what nobody finds any
    more.
    """
    shipped: dict[str, Any] = {}
    if missing and path.exists():
        shipped = json.loads(path.read_text(encoding="utf-8"))
    keys = set()
    for piece in pieces:
        keys.add(piece.key)
        if piece.key in shipped:
            continue
        shipped[piece.key] = {"what": piece.subject, **piece.measure()}
        _write(path, shipped)
        print(path.name, piece.subject, piece.key, flush=True)
    _write(path, {key: value for key, value in shipped.items() if key in keys})


def _write(path: Path, shipped: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (f'"{key}": {json.dumps(shipped[key], allow_nan=False)}' for key in shipped)
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _entries(
    layouts: Iterable[Layout], kinds: Sequence[str], to_ship: Callable[[Any, str], Any]
) -> Iterator[ShippedEntry]:
    """Of every kind, of each encoder. ``to_ship``: a key and how to measure it, of one of them."""
    for layout in layouts:
        for kind in kinds:
            entry = to_ship(layout.encoder, kind)
            yield ShippedEntry(layout.subject, entry.key, entry.measure)


def miniatures() -> tuple[Path, Iterator[ShippedEntry]]:
    """All controls of every miniature."""
    from ...conditioning.binding.null_distribution import ToShip
    from ...conditioning.binding.nulls import saved
    from . import layouts

    return saved.MINIATURES, _entries(layouts.of_miniatures(), KINDS, ToShip)


def untrained() -> tuple[Path, Iterator[ShippedEntry]]:
    """Untrained encoders of every tokenizer."""
    from ...conditioning.binding.null_distribution import UntrainedToShip
    from ...conditioning.binding.nulls import saved
    from . import layouts

    return saved.UNTRAINED, _entries(layouts.of_tokenizers(), KINDS, UntrainedToShip)


def scenes() -> tuple[Path, Iterator[ShippedEntry]]:
    """How clear margins must be for every miniature that has pictures."""
    from ...conditioning.image_probe import calibration
    from . import layouts

    encoders = (layouts.Layout(each.title, each) for each in layouts.duals())
    kinds = (calibration.COLOUR, calibration.SIZE, calibration.PLACE)
    return calibration.SHIPPED, _entries(encoders, kinds, calibration.CalibrationToShip)


def judges() -> tuple[Path, Iterator[ShippedEntry]]:
    """How clear the answers of mini-VQA must be."""
    from ...conditioning.image_probe.judges import drawn_cases, judge_calibration
    from ...conditioning.image_probe.judges.mini_vqa import mini_judge
    from . import layouts

    entries = _entries(
        [layouts.Layout(mini_judge.NAME, mini_judge.load())],
        drawn_cases.KINDS,
        judge_calibration.JudgeCalibrationToShip,
    )
    return judge_calibration.SHIPPED, entries


PARTS: dict[str, Callable[[], tuple[Path, Iterator[ShippedEntry]]]] = {
    "miniatures": miniatures,
    "untrained": untrained,
    "scenes": scenes,
    "judges": judges,
}


if __name__ == "__main__":
    hostkit = importlib.import_module("encoderscope.tests.hostkit")
    hostkit.import_host(Path(tempfile.mkdtemp()))
    sys.exit(main())
