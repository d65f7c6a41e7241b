"""Noise levels: log-SNR, the host's sigma, and eps from a denoised picture.

The host's x is ``alpha x0 + sigma n``: alpha is 1 - sigma for flow models and 1 for all others
(eps, v, EDM). ``log-SNR = 2 ln(alpha / sigma)``, as Kong et al. (ICLR 2024) count it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

LOWEST, HIGHEST = -4.0, 2.0
"""The range of log-SNR that levels are spread over: noisier, words decide little by little;
cleaner, the picture stands.
"""
_EDGE = 1e-4


@dataclass(frozen=True)
class NoiseScale:
    """How a model of the host counts noise."""

    flow: bool
    """alpha is 1 - sigma; else 1."""
    sigma_min: float
    sigma_max: float

    def alpha(self, sigma: float) -> float:
        """What is left of the picture in x."""
        if self.flow:
            return max(_EDGE, 1.0 - sigma)
        return 1.0

    def log_snr(self, sigma: float) -> float:
        """The logarithm of the signal-to-noise ratio: 2 ln(alpha / sigma)."""
        return 2 * math.log(self.alpha(sigma) / sigma)

    def eps_factor(self, sigma: float) -> float:
        """A difference of two eps is this times that of the denoised pictures, sign aside."""
        return self.alpha(sigma) / sigma

    def sigma(self, log_snr: float) -> float:
        """The sigma of a log-SNR, moved to the edge of the model's own range where it lies
        outside.
        """
        ratio = math.exp(-log_snr / 2)
        if self.flow:
            ratio = ratio / (1 + ratio)
        return min(self.sigma_max, max(self.sigma_min, ratio))


def spread(count: int, lowest: float = LOWEST, highest: float = HIGHEST) -> tuple[float, ...]:
    """``count`` levels, evenly over the range, noisiest first; a single one stands in its
    middle.
    """
    if count == 1:
        return ((lowest + highest) / 2,)
    step = (highest - lowest) / (count - 1)
    return tuple(lowest + step * k for k in range(count))


def reachable(levels: Sequence[float], scale: NoiseScale) -> tuple[list[float], list[float], bool]:
    """Sigmas of ``levels``, the levels that they really are, and whether any was moved."""
    sigmas = [scale.sigma(level) for level in levels]
    actual = [scale.log_snr(sigma) for sigma in sigmas]
    moved = any(abs(a - b) > 1e-3 for a, b in zip(levels, actual, strict=True))
    return sigmas, actual, moved


def walk(scale: NoiseScale, sigmas: Sequence[float], extra: int) -> list[float]:
    """Sigmas of a run from pure noise through ``sigmas`` (falling), with up to ``extra`` more steps
    where the gaps are largest; the start is one of them.
    """
    nodes = [*sigmas]
    if nodes[0] < scale.sigma_max * (1 - 1e-6):
        nodes.insert(0, scale.sigma_max)
    while len(nodes) < len(sigmas) + extra and len(nodes) > 1:
        gaps = [_gap(scale, high, low) for high, low in pairwise(nodes)]
        widest = max(range(len(gaps)), key=lambda k: gaps[k])
        nodes.insert(widest + 1, _between(scale, nodes[widest], nodes[widest + 1]))
    return nodes


def _gap(scale: NoiseScale, high: float, low: float) -> float:
    """How far apart two steps of a run are: along time for flow models, by factors for others."""
    return high - low if scale.flow else math.log(high / low)


def _between(scale: NoiseScale, high: float, low: float) -> float:
    return (high + low) / 2 if scale.flow else math.sqrt(high * low)
