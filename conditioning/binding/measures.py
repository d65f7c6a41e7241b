"""The 2 x 2 design on inner products: how much of what the cells differ in is the binding, and how
sure that is. One contrast of a design: +1 or -1 for each cell, added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import torch

from .readouts import Gram

WEIGHTS = torch.tensor(
    [
        [1.0, 1.0, -1.0, -1.0],  # N: which thing comes first
        [1.0, -1.0, -1.0, 1.0],  # A: which modifier comes first
        [1.0, -1.0, 1.0, -1.0],  # B: which modifier belongs to which thing
    ],
    dtype=torch.float64,
)
"""(contrast, cell): of prompt, rival, prompt reversed and rival reversed."""
RESAMPLES, LEVEL = 2000, 0.95


@dataclass(frozen=True)
class Measure:
    """One design in one readout. Energies are (frame, 3): N, A, B."""

    energies: torch.Tensor
    kappas: torch.Tensor
    """(frame,): the cosine between prompt - rival in either order; 1 is meaning alone, -1 order
    alone.
    """
    agreement: torch.Tensor
    """(frame, frame): cosines between the binding contrasts of frames; 0 for a frame whose contrast
    numerics alone could give.
    """
    floor: float
    """Energy of a contrast that numerics alone give."""

    @property
    def shares(self) -> torch.Tensor:
        """(frame,): |B|^2 / (|N|^2 + |A|^2 + |B|^2), 0 where no contrast stands above the floor."""
        total = self.energies.sum(-1)
        return torch.where(
            total > 3 * self.floor, self.energies[:, 2] / total.clamp(min=1e-300), 0.0
        )

    @property
    def share(self) -> float:
        """The mean of :attr:`shares`."""
        return float(self.shares.mean())

    @property
    def kappa(self) -> float:
        """The mean of :attr:`kappas`."""
        return float(self.kappas.mean())

    @property
    def collapsed(self) -> bool:
        """No contrast in any frame stands above three times the floor: the encoder gives the same
        for all four cells.
        """
        return bool((self.energies.sum(-1) <= 3 * self.floor).all())


def measure(gram: Gram, frames: int, repeats: int = 0) -> Measure:
    """Of texts in the order of :meth:`Design.cells`; behind them the first ``repeats`` texts once
    more, encoded in another batch.
    """
    cells = 4 * frames
    weights = torch.zeros(3, frames, cells, dtype=torch.float64)
    for frame in range(frames):
        weights[:, frame, 4 * frame : 4 * frame + 4] = WEIGHTS
    matrix = gram.matrix[:cells, :cells]
    inner = torch.einsum("kfi,ij,kgj->kfg", weights, matrix, weights)
    energies = inner.diagonal(dim1=1, dim2=2).T.clamp(min=0)
    floor = _floor(gram, cells, repeats)
    length = energies[:, 2].sqrt()
    above_floor = energies[:, 2] > max(floor, 1e-300)
    length = torch.where(above_floor, length, 1.0)
    cosines = inner[2] / length[:, None] / length
    agreement = torch.where(above_floor[:, None] & above_floor, cosines, 0.0)
    return Measure(energies, _kappas(matrix, frames), agreement, floor)


def _kappas(matrix: torch.Tensor, frames: int) -> torch.Tensor:
    blocks = torch.stack([matrix[4 * k : 4 * k + 4, 4 * k : 4 * k + 4] for k in range(frames)])
    first, second = WEIGHTS.new_tensor([1, -1, 0, 0]), WEIGHTS.new_tensor([0, 0, 1, -1])
    both, a, b = (
        torch.einsum("i,fij,j->f", u, blocks, v)
        for u, v in ((first, second), (first, first), (second, second))
    )
    length = (a.clamp(min=0) * b.clamp(min=0)).sqrt()
    return torch.where(length > 0, both / length.clamp(min=1e-300), 0.0).clamp(-1, 1)


def _floor(gram: Gram, cells: int, repeats: int) -> float:
    """The larger of rounding and of what the same texts differ in when they are encoded again."""
    if not repeats:
        return gram.rounding
    size = gram.matrix.shape[0]
    weights = torch.zeros(repeats // 4 * 3, size, dtype=torch.float64)
    for frame in range(repeats // 4):
        for k in range(3):
            weights[3 * frame + k, 4 * frame : 4 * frame + 4] = WEIGHTS[k]
            weights[3 * frame + k, cells + 4 * frame : cells + 4 * frame + 4] = -WEIGHTS[k]
    noise = torch.einsum("ki,ij,kj->k", weights, gram.matrix, weights).clamp(min=0).max()
    return max(gram.rounding, float(noise))


def interval(values: torch.Tensor, level: float = LEVEL, seed: int = 0) -> tuple[float, float]:
    """Bootstrap interval of the mean over frames (percentiles)."""
    generator = torch.Generator().manual_seed(seed)
    picks = torch.randint(len(values), (RESAMPLES, len(values)), generator=generator)
    means = values.double()[picks].mean(-1)
    tail = (1 - level) / 2
    low, high = torch.quantile(means, torch.tensor([tail, 1 - tail], dtype=torch.float64)).tolist()
    return low, high


def consistency(agreement: torch.Tensor) -> float:
    """p of the sign-flip test: do the binding contrasts of the frames point one way? Exact over all
    flips of up to 12 frames.
    """
    frames = min(len(agreement), 12)
    cosines = agreement[:frames, :frames].clone()
    cosines.fill_diagonal_(0)
    signs = torch.tensor(
        [(1, *rest) for rest in product((1, -1), repeat=frames - 1)], dtype=torch.float64
    )
    sums = torch.einsum("ki,ij,kj->k", signs, cosines, signs)
    return float((sums >= sums[0] - 1e-9).double().mean())


def holm(values: Sequence[float]) -> list[float]:
    """Holm's corrected p values, in the given order."""
    order = sorted(range(len(values)), key=lambda k: values[k])
    corrected = [0.0] * len(values)
    worst = 0.0
    for rank, k in enumerate(order):
        worst = max(worst, min(1.0, (len(values) - rank) * values[k]))
        corrected[k] = worst
    return corrected


def auc(aware: Sequence[float], blind: Sequence[float]) -> float:
    """How often a member of ``aware`` scores above one of ``blind``; ties count half."""
    above = torch.tensor(aware, dtype=torch.float64)[:, None]
    below = torch.tensor(blind, dtype=torch.float64)
    return float(((above > below).double() + 0.5 * (above == below).double()).mean())
