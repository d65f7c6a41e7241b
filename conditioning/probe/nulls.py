"""What an encoder that binds nothing would score: percentiles over blind controls made from the encoder under test, on the built-in suite.

The controls need its tokens, its static vectors and its architecture, never its layers: T5-XXL's nulls cost what a small model costs.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from . import suite
from .cells import Cell, Design
from .controls import Bag, TaggedBag
from .encoder import Progress, TextEncoder, encode, quiet
from .measures import Measure, measure
from .readouts import Answers, answers_of, gram, names, rows_at
from .twin import Untrained

FORMAT, VERSION = "encoderscope.nulls", 1
PERCENTILE = 0.99
FRAMES = 8
SEEDS = (0, 1)
BUDGET = 100_000
"""Tokens for the twin; where every text is padded to hundreds of tokens, fewer contrasts of the suite are used."""
FEWEST = 16
FEW = 8
"""Contrasts that a percentile of their own takes; where fewer are level (or uneven) those of the other sort are counted in."""


@dataclass(frozen=True)
class Nulls:
    """Thresholds for designs of one kind."""

    kind: str
    level: dict[str, float]
    """Readout -> the share that 99 of 100 blind contrasts stay below, where the exchanged words have equally many tokens."""
    uneven: dict[str, float]
    """The same where they have not, so that what stands behind them moves."""
    samples: tuple[int, int]
    """Blind contrasts of either sort that were measured."""


def blind(encoder: TextEncoder) -> Iterator[TextEncoder]:
    yield Bag(encoder)
    for seed in SEEDS:
        yield TaggedBag(encoder, seed)
        yield Untrained(encoder, seed)


def nulls(encoder: TextEncoder, kind: str, cache: Path | None = None, progress: Progress = quiet) -> Nulls:
    """Of ``kind`` (binding, count, number, negation, relation, role); kept in the folder ``cache``, if there is one."""
    designs = _affordable(encoder, suite.of_kind(kind, FRAMES))
    file = cache / f"nulls-{_key(encoder, kind, designs)}.json" if cache else None
    found = _kept(file, kind) if file else None
    if found is None:
        found = _made(encoder, kind, designs, progress)
        if file:
            keep(file, {"format": FORMAT, "version": VERSION, **vars(found)})
    return found


def _affordable(encoder: TextEncoder, designs: list[Design]) -> list[Design]:
    each = len(encoder.rows([designs[0].frames[0].p.text])[0]) * 4 * FRAMES
    count = max(FEWEST, min(len(designs), BUDGET // each))
    return [designs[len(designs) * k // count] for k in range(count)] if count < len(designs) else designs


def _made(encoder: TextEncoder, kind: str, designs: Sequence[Design], progress: Progress) -> Nulls:
    flat = [is_level(encoder, one) for one in designs]
    shares: dict[bool, dict[str, list[float]]] = {True: {}, False: {}}
    controls = list(blind(encoder))
    for number, control in enumerate(controls):
        found = measured(control, designs, _part(progress, number, len(controls)))
        for level, measures in zip(flat, found, strict=True):
            for readout, one in measures.items():
                shares[level].setdefault(readout, []).append(one.share)
    level, uneven = (_percentiles(shares[one]) for one in (True, False))
    every = _percentiles({name: [*shares[True].get(name, ()), *shares[False].get(name, ())] for name in level | uneven})
    few = FEW * len(controls)
    counts = [len(next(iter(shares[one].values()), ())) for one in (True, False)]
    return Nulls(kind, level if counts[0] >= few else every, uneven if counts[1] >= few else every, (counts[0], counts[1]))


def _percentiles(shares: Mapping[str, Sequence[float]]) -> dict[str, float]:
    return {
        readout: float(torch.tensor(values, dtype=torch.float64).quantile(PERCENTILE, interpolation="higher"))
        for readout, values in shares.items()
    }


def is_level(encoder: TextEncoder, design: Design) -> bool:
    """All four cells put every word at the same place, whatever the words."""
    cells = [cell for cell in design.frames[0][:4] if cell is not None]
    rows = encoder.rows([cell.text for cell in cells])
    places = [
        {place: rows_at(row, span) for place, span in cell.slots.items()} for cell, row in zip(cells, rows, strict=True)
    ]
    return all(one == places[0] for one in places) and len({len(row) for row in rows}) == 1


def _part(progress: Progress, number: int, count: int) -> Progress:
    return lambda done, total: progress(number * total + done, count * total)


def measured(encoder: TextEncoder, designs: Sequence[Design], progress: Progress = quiet) -> list[dict[str, Measure]]:
    """Each design in every readout of the encoder."""
    answers = encode(encoder, [cell.text for one in designs for cell in four(one)], progress)
    return [measures_of(one, answers) for one in designs]


def four(design: Design) -> list[Cell]:
    """p, s, c, sc, frame by frame."""
    return [cell for frame in design.frames for cell in frame[:4] if cell is not None]


def measures_of(design: Design, answers: Answers) -> dict[str, Measure]:
    told = answers_of(four(design), answers)
    return {
        readout: measure(gram(readout, told), len(design.frames)) for readout in names(told[0][1])
    }


# --- kept on disk ---------------------------------------------------------------------------------------------------------


def _key(encoder: TextEncoder, kind: str, designs: Sequence[Design]) -> str:
    """Of all that the nulls depend on: the suite's tokens, their static vectors, the architecture, and these rules."""
    rows = encoder.rows([cell.text for one in designs for cell in four(one)])
    ids = sorted({one for row in rows for one in row.ids})
    rules = (VERSION, suite.VERSION, kind, PERCENTILE, SEEDS, FRAMES, torch.__version__, encoder.architecture)
    told = hashlib.sha256(repr(rules).encode())
    told.update(repr([(row.ids, row.kinds) for row in rows]).encode())
    told.update(encoder.static(ids).float().contiguous().numpy().tobytes())
    return told.hexdigest()[:24]


def _kept(file: Path, kind: str) -> Nulls | None:
    """What the file holds; None where it is missing or not what was written."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        if (told["format"], told["version"], told["kind"]) != (FORMAT, VERSION, kind):
            return None
        level, uneven = ({str(k): float(v) for k, v in told[name].items()} for name in ("level", "uneven"))
        return Nulls(kind, level, uneven, (int(told["samples"][0]), int(told["samples"][1])))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def keep(file: Path, what: object) -> None:
    """Written whole or not at all. A folder that cannot be written costs time the next time, nothing else."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=file.parent, suffix=".part", delete=False
        ) as part:
            json.dump(what, part)
        os.replace(part.name, file)
    except OSError:
        return
