"""What an encoder that binds nothing would score: percentiles over blind controls made from the
encoder under test, on the built-in suite.

The controls need its tokens, its static vectors and its architecture, never its layers: T5-XXL's
nulls cost what a small model costs. Those of the miniatures come with the pack; so do those of the
untrained encoders of common architectures and tokenizers, which are most of the work
(:mod:`.nulls.saved`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from ..encoding.text_encoder import TextEncoder
from ..encoding.tokenized_once import TokenizedOnce
from ..progress import Announced, Progress, no_progress, stage
from ..translation import translatable, translate
from . import suite
from .blind_encoders import BagEncoder, PlacedBagEncoder
from .design_answers import measure_designs
from .designs import Design
from .nulls import saved
from .nulls.keys import Keys, keys_of
from .nulls.saved import VERSION, Nulls
from .untrained_encoders import GrownEncoder, UntrainedEncoder

PERCENTILE = 0.99
FRAMES = 8
SEEDS = (0, 1)
BUDGET = 100_000
"""Tokens for one untrained encoder; where every text is padded to hundreds of tokens, fewer
contrasts of the suite are used.
"""
FEWEST = 16
FEW = 8
"""Contrasts that a percentile of their own takes; where fewer are level (or uneven) those of the
other sort are counted in.
"""

_SUBJECTS = {
    "binding": translatable("attribute binding"),
    "count": translatable("two counts"),
    "number": translatable("one number"),
    "negation": translatable("negation"),
    "relation": translatable("relations"),
    "role": translatable("actions"),
}


def bags(encoder: TextEncoder) -> list[TextEncoder]:
    """The controls that bind nothing and have the static vectors of ``encoder``."""
    return [BagEncoder(encoder), PlacedBagEncoder(encoder)]


def untrained(encoder: TextEncoder) -> list[TextEncoder]:
    """The controls that bind nothing and have its architecture and its tokens alone."""
    return [UntrainedEncoder(encoder), *(GrownEncoder(encoder, seed) for seed in SEEDS)]


def nulls(
    encoder: TextEncoder, kind: str, folder: Path | None = None, progress: Progress = no_progress
) -> Nulls:
    """Of ``kind`` (binding, count, number, negation, relation, role): those that come with the
    pack, else those saved in ``folder``, else measured, and saved there if there is a folder.
    """
    suite_of_kind = _Suite(encoder, kind)
    keys = suite_of_kind.keys
    shipped = saved.shipped(saved.MINIATURES, keys.anywhere, kind)
    if shipped is not None:
        return shipped
    file = folder and folder / f"nulls-{keys.here}.json"
    read = file and saved.read(file, kind)
    if read:
        return read
    measured = suite_of_kind.measure_all(
        folder, Announced(progress, _sentence(encoder.title, kind, bool(folder)))
    )
    if file:
        saved.write(file, measured)
    return measured


def _sentence(title: str, kind: str, keeps: bool) -> str:
    sentence = translate(
        "Measuring what an encoder that binds nothing would score in place of {encoder}: "
        "{subject}.",
        encoder=title,
        subject=translate(_SUBJECTS[kind]),
    )
    return f"{sentence} {translate('This is done once, and kept.')}" if keeps else sentence


class ToShip:
    """The nulls of one encoder, for the file of those that come with the pack."""

    def __init__(self, encoder: TextEncoder, kind: str) -> None:
        self._suite = _Suite(encoder, kind)
        self.key = self._key(self._suite.keys)

    def _key(self, keys: Keys) -> str:
        return keys.anywhere

    def _controls(self, encoder: TextEncoder) -> Sequence[TextEncoder]:
        return [*bags(encoder), *untrained(encoder)]

    def measure(self) -> dict[str, Any]:
        """Measured, as a saved file holds them."""
        return saved.to_json(self._suite.measure(self._controls(self._suite.encoder)))


class UntrainedToShip(ToShip):
    """The same of the untrained encoders alone: the static vectors are of no account."""

    def _key(self, keys: Keys) -> str:
        return keys.untrained_anywhere

    def _controls(self, encoder: TextEncoder) -> Sequence[TextEncoder]:
        return untrained(encoder)


class _Suite:
    """The suite's designs of one kind, before one encoder."""

    def __init__(self, encoder: TextEncoder, kind: str) -> None:
        self.encoder = TokenizedOnce(encoder)
        self.kind = kind
        self.designs = _affordable(self.encoder, suite.of_kind(kind, FRAMES))
        self.keys = keys_of(self.encoder, rules(kind), self.designs)

    def measure_all(self, folder: Path | None, progress: Progress) -> Nulls:
        """Of all controls; the untrained ones' come with the pack, or are saved in ``folder``."""
        of_untrained = saved.shipped(saved.UNTRAINED, self.keys.untrained_anywhere, self.kind)
        file = folder and folder / f"untrained-{self.keys.untrained_here}.json"
        if of_untrained is None and file:
            of_untrained = saved.read(file, self.kind)
        steps = 1
        if of_untrained is None:
            steps = 4
            of_untrained = self.measure(
                untrained(self.encoder), stage(progress, 0, steps, width=steps - 1)
            )
            if file:
                saved.write(file, of_untrained)
        of_bags = self.measure(bags(self.encoder), stage(progress, steps - 1, steps))
        return _worst(of_untrained, of_bags)

    def measure(self, controls: Sequence[TextEncoder], progress: Progress = no_progress) -> Nulls:
        """What these controls score."""
        levels = [is_level(self.encoder, each) for each in self.designs]
        shares: dict[bool, _Shares] = {True: {}, False: {}}
        for number, control in enumerate(controls):
            step = stage(progress, number, len(controls))
            measured = measure_designs(control, self.designs, step)
            for level, measures in zip(levels, measured, strict=True):
                for readout, measure in measures.items():
                    shares[level].setdefault((control.name, readout), []).append(measure.share)
        samples = (sum(levels), len(levels) - sum(levels))
        percentiles = []
        for level, count in zip((True, False), samples, strict=True):
            sorts = (level,) if count >= FEW else (True, False)
            percentiles.append(_percentiles(*(shares[each] for each in sorts)))
        return Nulls(self.kind, percentiles[0], percentiles[1], samples)


def rules(kind: str) -> tuple[Any, ...]:
    """What nulls depend on beside the encoder and the suite's sentences."""
    return (VERSION, suite.VERSION, kind, PERCENTILE, SEEDS, FRAMES)


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


def _worst(first: Nulls, second: Nulls) -> Nulls:
    """Of two sets of controls on the same designs: the larger percentile of each readout."""
    return replace(
        first,
        level={name: max(share, second.level[name]) for name, share in first.level.items()},
        uneven={name: max(share, second.uneven[name]) for name, share in first.uneven.items()},
    )


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
