"""What an encoder that binds nothing would score: percentiles over blind controls made from the
encoder under test, on the built-in suite.

The controls need its tokens, its static vectors and its architecture, never its layers: T5-XXL's
nulls cost what a small model costs.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ..encoding.text_encoder import TextEncoder, encode
from ..progress import Progress, no_progress, stage
from ..storage import try_to_write_json
from . import suite
from .blind_encoders import Bag, TaggedBag
from .cells import Cell, Design
from .measures import Measure, measure
from .readouts import CROSS, MEAN, POOLED, SEQUENCE, Answers, answers_of, gram, names
from .untrained_encoders import Grown, Untrained

FORMAT, VERSION = "encoderscope.nulls", 2
PERCENTILE = 0.99
FRAMES = 8
SEEDS = (0, 1)
BUDGET = 100_000
"""Tokens for the twin; where every text is padded to hundreds of tokens, fewer contrasts of the
suite are used.
"""
FEWEST = 16
_READOUTS: tuple[set[str], ...] = ({POOLED, SEQUENCE, CROSS}, {MEAN, SEQUENCE, CROSS})
FEW = 8
"""Contrasts that a percentile of their own takes; where fewer are level (or uneven) those of the
other sort are counted in.
"""


@dataclass(frozen=True)
class Nulls:
    """Thresholds for designs of one kind."""

    kind: str
    level: dict[str, float]
    """Readout -> the share that 99 of 100 blind contrasts stay below, where the exchanged words
    have equally many tokens.
    """
    uneven: dict[str, float]
    """The same where they have not, so that what stands behind them moves."""
    samples: tuple[int, int]
    """Contrasts of the suite of either sort."""


def blind(encoder: TextEncoder) -> Iterator[TextEncoder]:
    yield Bag(encoder)
    yield TaggedBag(encoder)
    yield Untrained(encoder)
    yield from (Grown(encoder, seed) for seed in SEEDS)


def nulls(
    encoder: TextEncoder, kind: str, cache: Path | None = None, progress: Progress = no_progress
) -> Nulls:
    """Of ``kind`` (binding, count, number, negation, relation, role); kept in the folder ``cache``,
    if there is one.
    """
    designs = _affordable(encoder, suite.of_kind(kind, FRAMES))
    file = cache / f"nulls-{_key(encoder, kind, designs)}.json" if cache else None
    found = _kept(file, kind) if file else None
    if found is None:
        found = _made(encoder, kind, designs, progress)
        if file:
            try_to_write_json(file, {"format": FORMAT, "version": VERSION, **vars(found)})
    return found


def _affordable(encoder: TextEncoder, designs: list[Design]) -> list[Design]:
    each = len(encoder.rows([designs[0].frames[0].p.text])[0]) * 4 * FRAMES
    count = max(FEWEST, min(len(designs), BUDGET // each))
    return (
        [designs[len(designs) * k // count] for k in range(count)]
        if count < len(designs)
        else designs
    )


def _made(encoder: TextEncoder, kind: str, designs: Sequence[Design], progress: Progress) -> Nulls:
    flat = [is_level(encoder, one) for one in designs]
    shares: dict[bool, _Shares] = {True: {}, False: {}}
    controls = list(blind(encoder))
    for number, control in enumerate(controls):
        found = measured(control, designs, stage(progress, number, len(controls)))
        for is_flat, measures in zip(flat, found, strict=True):
            for readout, one in measures.items():
                shares[is_flat].setdefault((control.name, readout), []).append(one.share)
    level, uneven, every = (
        _percentiles(*told)
        for told in ((shares[True],), (shares[False],), (shares[True], shares[False]))
    )
    counts = (sum(flat), len(flat) - sum(flat))
    return Nulls(
        kind, level if counts[0] >= FEW else every, uneven if counts[1] >= FEW else every, counts
    )


_Shares = dict[tuple[str, str], list[float]]
"""(control, readout) -> shares."""


def _percentiles(*shares: _Shares) -> dict[str, float]:
    """Each sort of control by itself, the worst one counts: bags score next to nothing and would
    hide what the others score.
    """
    out: dict[str, float] = {}
    for control, readout in {place for one in shares for place in one}:
        values = [share for one in shares for share in one.get((control, readout), ())]
        found = torch.tensor(values, dtype=torch.float64).quantile(
            PERCENTILE, interpolation="higher"
        )
        out[readout] = max(out.get(readout, 0.0), float(found))
    return out


def is_level(encoder: TextEncoder, design: Design) -> bool:
    """Whatever an encoder adds up token by token and place by place cancels: p and c put the same
    tokens at the same places as s and sc.

    Not so where words of unequal length move what stands behind them, where a plural goes with its
    number, or where four becomes 4.
    """
    p, s, c, sc = (
        Counter(enumerate(row.ids))
        for row in encoder.rows([cell.text for cell in design.frames[0][:4] if cell is not None])
    )
    return p + c == s + sc


def measured(
    encoder: TextEncoder, designs: Sequence[Design], progress: Progress = no_progress
) -> list[dict[str, Measure]]:
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


# --- kept on disk
# --------------------------------------------------------------------------------------------------


def _key(encoder: TextEncoder, kind: str, designs: Sequence[Design]) -> str:
    """Of all that the nulls depend on: the suite's tokens, their static vectors, the architecture,
    and these rules.
    """
    rows = encoder.rows([cell.text for one in designs for cell in four(one)])
    ids = sorted({one for row in rows for one in row.ids})
    rules = (
        VERSION,
        suite.VERSION,
        kind,
        PERCENTILE,
        SEEDS,
        FRAMES,
        torch.__version__,
        encoder.architecture,
    )
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
        level, uneven = (
            {str(k): float(v) for k, v in told[name].items()} for name in ("level", "uneven")
        )
        if not all(
            set(one) in _READOUTS and all(0 <= share <= 1 for share in one.values())
            for one in (level, uneven)
        ):
            return None
        return Nulls(kind, level, uneven, (int(told["samples"][0]), int(told["samples"][1])))
    except (OSError, ValueError, LookupError, ArithmeticError, TypeError, AttributeError):
        return None
