"""What an encoder that binds nothing would score: percentiles over blind controls made from the
encoder under test, on the built-in suite.

The controls need its tokens, its static vectors and its architecture, never its layers: T5-XXL's
nulls cost what a small model costs. Those of the miniatures come with the pack
(``assets/nulls/``, written by ``python -m encoderscope.tools.miniatures.ship_nulls``).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ..bounded_reading import read_json
from ..encoding.text_encoder import TextEncoder
from ..encoding.tokenized_once import TokenizedOnce
from ..progress import Progress, no_progress, stage
from ..storage import try_to_write_json
from . import suite
from .blind_encoders import BagEncoder, PlacedBagEncoder
from .design_answers import measure_designs
from .designs import Design
from .readouts import CROSS, MEAN, POOLED, SEQUENCE
from .untrained_encoders import GrownEncoder, UntrainedEncoder

SHIPPED = Path(__file__).resolve().parents[2] / "assets" / "nulls" / "miniatures.json"
"""Nulls that come with the pack: portable key -> what a saved file holds."""
FORMAT = "encoderscope.nulls"
VERSION = 2
PERCENTILE = 0.99
FRAMES = 8
SEEDS = (0, 1)
BUDGET = 100_000
"""Tokens for one untrained encoder; where every text is padded to hundreds of tokens, fewer
contrasts of the suite are used.
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
    """The controls that bind nothing, made from ``encoder``."""
    yield BagEncoder(encoder)
    yield PlacedBagEncoder(encoder)
    yield UntrainedEncoder(encoder)
    yield from (GrownEncoder(encoder, seed) for seed in SEEDS)


def nulls(
    encoder: TextEncoder, kind: str, folder: Path | None = None, progress: Progress = no_progress
) -> Nulls:
    """Of ``kind`` (binding, count, number, negation, relation, role): those that come with the
    pack, else those saved in ``folder``, else measured, and saved there if there is a folder.
    """
    encoder = TokenizedOnce(encoder)
    designs = _affordable(encoder, suite.of_kind(kind, FRAMES))
    keys = _keys(encoder, kind, designs)
    shipped = _from_json(_shipped().get(keys.portable), kind)
    if shipped is not None:
        return shipped
    if folder is None:
        return _measure_nulls(encoder, kind, designs, progress)
    file = folder / f"nulls-{keys.local}.json"
    saved = _read(file, kind)
    if saved is None:
        saved = _measure_nulls(encoder, kind, designs, progress)
        try_to_write_json(file, _to_json(saved))
    return saved


def measure_for_shipping(encoder: TextEncoder, kind: str) -> tuple[str, dict[str, Any]]:
    """The portable key of an encoder's nulls, and the nulls, measured, as a saved file holds
    them.
    """
    encoder = TokenizedOnce(encoder)
    designs = _affordable(encoder, suite.of_kind(kind, FRAMES))
    measured = _measure_nulls(encoder, kind, designs, no_progress)
    return _keys(encoder, kind, designs).portable, _to_json(measured)


def portable_key(encoder: TextEncoder, kind: str) -> str:
    """What the nulls of an encoder are found under among those that come with the pack."""
    encoder = TokenizedOnce(encoder)
    return _keys(encoder, kind, _affordable(encoder, suite.of_kind(kind, FRAMES))).portable


def _affordable(encoder: TextEncoder, designs: list[Design]) -> list[Design]:
    """As many designs, spread evenly, as stay within ``BUDGET``."""
    [sentence] = encoder.tokenize([designs[0].frames[0].prompt.text])
    each = len(sentence) * 4 * FRAMES
    count = max(FEWEST, min(len(designs), BUDGET // each))
    if count >= len(designs):
        return designs
    return [designs[len(designs) * k // count] for k in range(count)]


_Shares = dict[tuple[str, str], list[float]]
"""(control, readout) -> shares."""


def _measure_nulls(
    encoder: TextEncoder, kind: str, designs: Sequence[Design], progress: Progress
) -> Nulls:
    levels = [is_level(encoder, each) for each in designs]
    shares: dict[bool, _Shares] = {True: {}, False: {}}
    controls = list(blind(encoder))
    for number, control in enumerate(controls):
        measured = measure_designs(control, designs, stage(progress, number, len(controls)))
        for level, measures in zip(levels, measured, strict=True):
            for readout, measure in measures.items():
                shares[level].setdefault((control.name, readout), []).append(measure.share)
    samples = (sum(levels), len(levels) - sum(levels))
    percentiles = []
    for level, count in zip((True, False), samples, strict=True):
        sorts = (level,) if count >= FEW else (True, False)
        percentiles.append(_percentiles(*(shares[each] for each in sorts)))
    return Nulls(kind, percentiles[0], percentiles[1], samples)


def _percentiles(*shares: _Shares) -> dict[str, float]:
    """Each sort of control by itself, the worst one counts: bags score next to nothing and would
    hide what the others score.
    """
    worst: dict[str, float] = {}
    for control, readout in {key for each in shares for key in each}:
        values = [share for each in shares for share in each.get((control, readout), ())]
        percentile = torch.tensor(values, dtype=torch.float64).quantile(
            PERCENTILE, interpolation="higher"
        )
        worst[readout] = max(worst.get(readout, 0.0), float(percentile))
    return worst


def is_level(encoder: TextEncoder, design: Design) -> bool:
    """Whatever an encoder adds up token by token and place by place cancels: the prompt's cells put
    the same tokens at the same places as the rival's.

    Not so where words of unequal length move what stands behind them, where a plural goes with its
    number, or where four becomes 4.
    """
    tokenized = encoder.tokenize([cell.text for cell in design.frames[0].four])
    prompt, rival, prompt_reversed, rival_reversed = (
        Counter(enumerate(text.ids)) for text in tokenized
    )
    return prompt + prompt_reversed == rival + rival_reversed


# --- saved on disk
# --------------------------------------------------------------------------------------------------


class Keys(NamedTuple):
    """Hashes of all that nulls depend on: the suite's tokens, their static vectors, the
    architecture, and these rules. The encoder's layers are never run, so they do not count.
    """

    local: str
    """With this torch: its random numbers and kernels may differ from another one's."""
    portable: str
    """The same for every torch and every machine."""


def _keys(encoder: TextEncoder, kind: str, designs: Sequence[Design]) -> Keys:
    """The representation of :class:`Architecture` is part of both: whoever renames that class or a
    field of it makes every saved file anew.
    """
    tokenized = encoder.tokenize([text for each in designs for text in each.texts()])
    ids = sorted({token for text in tokenized for token in text.ids})
    tokens = repr([(text.ids, text.kinds) for text in tokenized]).encode()
    static = encoder.static(ids).float().contiguous()
    rules = (VERSION, suite.VERSION, kind, PERCENTILE, SEEDS, FRAMES)
    here = repr((*rules, torch.__version__, encoder.architecture)).encode()
    anywhere = repr((*rules, encoder.architecture)).encode()
    rounded = (static.double() * 1e4).round().to(torch.int32)
    return Keys(
        local=_digest(here, tokens, static.numpy().tobytes()),
        portable=_digest(anywhere, tokens, rounded.numpy().tobytes()),
    )


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()[:24]


@cache
def _shipped() -> Mapping[str, Any]:
    """Portable key -> saved nulls; nothing where the file is missing or broken."""
    try:
        return dict(json.loads(SHIPPED.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _to_json(measured: Nulls) -> dict[str, Any]:
    return {"format": FORMAT, "version": VERSION, **vars(measured)}


def _read(file: Path, kind: str) -> Nulls | None:
    """What the file holds; None where it is missing or not what was written."""
    try:
        return _from_json(read_json(file), kind)
    except (OSError, ValueError):
        return None


def _from_json(saved: Any, kind: str) -> Nulls | None:
    """The nulls that were saved; None for anything else."""
    try:
        if (saved["format"], saved["version"], saved["kind"]) != (FORMAT, VERSION, kind):
            return None
        level = _read_shares(saved["level"])
        uneven = _read_shares(saved["uneven"])
        if level is None or uneven is None:
            return None
        return Nulls(kind, level, uneven, (int(saved["samples"][0]), int(saved["samples"][1])))
    except (ValueError, LookupError, ArithmeticError, TypeError, AttributeError):
        return None


def _read_shares(saved: Mapping[str, float]) -> dict[str, float] | None:
    """Readout -> share; None unless every readout has a share between 0 and 1."""
    shares = {str(readout): float(share) for readout, share in saved.items()}
    if set(shares) not in _READOUTS or not all(0 <= share <= 1 for share in shares.values()):
        return None
    return shares
