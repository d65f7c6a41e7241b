"""A short run that listens to where the image model looks: at the noise levels that were measured,
along a run or on the finished picture, as the measurement was.
"""

from __future__ import annotations

import torch

from ...conditioning.generator.budget import BASE, CallPlan, Point
from .attention_maps import AttentionMaps
from .evaluation import Evaluator
from .guider import InfluenceSampler

EXTRA_STEPS = 3
"""Steps of a run beside the levels that are listened to."""


def looking_plan(budget: str, levels: tuple[float, ...], guided: bool, finished: bool) -> CallPlan:
    """One call for the prompt at each level and step, and one more where it is listened to."""
    points = tuple(Point(k, 0, (BASE,)) for k in range(len(levels)))
    extra = EXTRA_STEPS * (not finished)
    calls = (len(levels) + extra) * (1 + guided) + len(levels)
    return CallPlan(budget, levels, 1, extra, points, calls)


class LookingSampler(InfluenceSampler):
    """Asks for the prompt alone, and listens once more at every level."""

    maps: AttentionMaps
    picture: torch.Tensor
    """The last denoised picture, as the model has its latents."""

    def _asked(
        self, evaluator: Evaluator, x: torch.Tensor, sigma: float, point: Point | None
    ) -> torch.Tensor:
        self.picture = super()._asked(evaluator, x, sigma, point)
        if point is not None:
            at = torch.full((x.shape[0],), sigma, device=x.device, dtype=torch.float32)
            self.maps.listen(evaluator, x, at)
        return self.picture
