"""What the conditionings of one point differ in, at eps: squared differences, mean over the
elements of the latent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch

from ..binding.measures import WEIGHTS
from ..errors import EncoderScopeError
from . import budget
from .budget import Point

Answers = Mapping[str, torch.Tensor]
"""Conditioning -> the denoised picture, of one x at one sigma."""


@dataclass(frozen=True)
class PointEnergies:
    """Squared differences of eps at one point; a name that was not asked is missing."""

    point: Point
    all_phrases: float
    """Every phrase as filler."""
    phrases: Mapping[int, float]
    floor: Mapping[int, float]
    """One filler against the other."""
    rows: Mapping[int, float]
    pooled: Mapping[int, float]
    binding: Mapping[int, tuple[float, float, float]] = field(default_factory=dict)
    """Contrast -> energies of the order of things, of the order of modifiers, and of binding."""
    blind: Mapping[int, tuple[float, float, float]] = field(default_factory=dict)


def require_finite(answers: Answers, sigma: float) -> None:
    """Raises :class:`EncoderScopeError` where the model answered what is no number."""
    for name, answer in answers.items():
        if not bool(torch.isfinite(answer).all()):
            raise EncoderScopeError(
                "The image model answered numbers that are not finite (at sigma {sigma:.4g}, for "
                "the conditioning {name!r}).",
                "Finite numbers were expected.",
                "Load it in bf16 or fp32 (--bf16-unet or --fp32-unet), take out patches of the "
                "model one by one, and check that its file is whole.",
                sigma=sigma,
                name=name,
            )


def point_energies(point: Point, answers: Answers, factor: float) -> PointEnergies:
    """``factor``: from a difference of denoised pictures to one of eps
    (``levels.NoiseScale.eps_factor``).
    """
    own = answers[budget.BASE]
    scale = factor * factor

    def apart(name: str, other: torch.Tensor = own) -> float:
        return scale * float((answers[name].double() - other.double()).square().mean())

    def asked(kind: str) -> list[int]:
        return budget.numbers(point.names, kind)

    return PointEnergies(
        point,
        apart(budget.WHOLE) if budget.WHOLE in answers else 0.0,
        {k: apart(budget.phrase(k)) for k in asked(budget.PHRASE)},
        {k: apart(budget.other_filler(k), answers[budget.phrase(k)]) for k in asked(budget.FILLER)},
        {k: apart(budget.own_rows(k)) for k in asked(budget.ROWS)},
        {k: apart(budget.pooled(k)) for k in asked(budget.POOLED)},
        {
            k: contrast_energies([answers[budget.cell(k, n)] for n in range(4)], scale)
            for k in asked(budget.CELL)
        },
        {
            k: contrast_energies([answers[budget.blind_cell(k, n)] for n in range(4)], scale)
            for k in asked(budget.BLIND)
        },
    )


def contrast_energies(
    cells: Sequence[torch.Tensor], scale: float = 1.0
) -> tuple[float, float, float]:
    """Energies of the three contrasts of a 2 x 2 design (prompt, rival, prompt reversed, rival
    reversed), as station 2 has them (``binding/measures.py``).
    """
    table = torch.stack([cell.double().flatten() for cell in cells])
    things, modifiers, binding = (WEIGHTS.to(table) @ table).square().mean(-1).tolist()
    return scale * things, scale * modifiers, scale * binding
