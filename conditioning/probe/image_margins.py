"""The 2 x 2 margin of one picture: what the prompt's cells score above the rival's, beside what mere wording changes."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Margin:
    """All in cosines."""

    margin: float
    """Mean over frames of (p + c - s - sc) / 2."""
    noise: float
    """What sentences of one meaning differ in: root mean square of p - c and s - sc, and of the margin around its mean."""

    @property
    def clear(self) -> float:
        """Margins per noise; the sign says which way."""
        return self.margin / self.noise if self.noise > 0 else 0.0


def margin(table: torch.Tensor) -> Margin:
    """``table``: (frame, 4) cosines of one picture with the cells p, s, c, sc."""
    p, s, c, sc = table.double().T
    margins = ((p + c) - (s + sc)) / 2  # so that exchanging prompt and rival turns the sign to the last bit
    commuted = torch.stack([p - c, s - sc])
    spread = margins.var(correction=1) if len(margins) > 1 else margins.new_zeros(())
    return Margin(float(margins.mean()), float((commuted.square().mean() / 2 + spread).sqrt()))
