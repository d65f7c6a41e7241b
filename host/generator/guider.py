"""A guider and a sampler of the host's own kind, which walk through a plan of calls and keep what
the conditionings differ in. Everything around them is the host's: it prepares the conditionings,
loads the model, runs ControlNets, hooks and wrappers, and cleans up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import comfy.sampler_helpers
import comfy.samplers
import torch

from ...conditioning.generator.budget import BASE, CallPlan, Point
from ...conditioning.generator.energies import PointEnergies, point_energies, require_finite
from ...conditioning.generator.levels import NoiseScale, walk
from ...conditioning.mixing.text_states import Conditioning
from ...conditioning.progress import Progress
from .evaluation import Evaluator


class InfluenceGuider(comfy.samplers.CFGGuider):  # type: ignore[misc]
    """The host's guider with one conditioning for everything that is asked."""

    def set_all(self, conds: Mapping[str, Conditioning], guidance: float) -> None:
        """``conds``: by the names of the plan; *positive* and *negative* among them."""
        self.inner_set_conds(dict(conds))
        self.set_cfg(guidance)

    def measured(
        self, noise: torch.Tensor, latent: torch.Tensor, sampler: InfluenceSampler, seed: int
    ) -> list[PointEnergies]:
        """Runs the sampler as the host runs any; after an error or a stop nothing stays loaded with
        the conditionings (ControlNets keep their hints otherwise).
        """
        try:
            self.sample(noise, latent, sampler, sampler.sigmas, disable_pbar=True, seed=seed)
        except BaseException:
            if hasattr(self, "loaded_models"):
                comfy.sampler_helpers.cleanup_models(self.conds, self.loaded_models)
            raise
        return sampler.points


class InfluenceSampler(comfy.samplers.Sampler):  # type: ignore[misc]
    """Asks at every point of a plan: on a finished picture noised to each level, or along a run."""

    def __init__(
        self,
        plan: CallPlan,
        scale: NoiseScale,
        noises: Sequence[torch.Tensor],
        finished: bool,
        progress: Progress,
    ) -> None:
        self.plan = plan
        self.scale = scale
        self.noises = noises
        self.finished = finished
        self.progress = progress
        self.levels = [scale.sigma(level) for level in plan.levels]
        self.sigmas = torch.tensor(self.nodes(), dtype=torch.float32)
        self.points: list[PointEnergies] = []
        self.calls = 0

    def nodes(self) -> list[float]:
        """The sigmas that a run stands at, falling."""
        levels = list(dict.fromkeys(self.levels))  # two may have been moved to the same edge
        if self.finished:
            return levels
        return walk(self.scale, levels, self.plan.extra_steps)

    def sample(
        self,
        model_wrap: Any,
        sigmas: torch.Tensor,
        extra_args: dict[str, Any],
        callback: Any,
        noise: torch.Tensor,
        latent_image: torch.Tensor | None = None,
        denoise_mask: Any = None,
        disable_pbar: bool = False,
    ) -> torch.Tensor:
        """As the host calls every sampler. The answer is the latent as it came: what is measured
        stands in :attr:`points`.
        """
        evaluator = Evaluator(
            model_wrap.inner_model,
            model_wrap.conds,
            extra_args["model_options"],
            model_wrap.cfg,
            self._count,
        )
        picture = torch.zeros_like(noise) if latent_image is None else latent_image
        for number, own_noise in enumerate(self.noises):
            points = {point.level: point for point in self.plan.points if point.seed == number}
            self._measure(evaluator, points, own_noise.to(noise), picture)
        return picture

    def _measure(
        self,
        evaluator: Evaluator,
        points: Mapping[int, Point],
        noise: torch.Tensor,
        picture: torch.Tensor,
    ) -> None:
        """All points of one seed."""
        nodes = self.nodes()
        sampling = evaluator.model.model_sampling
        x = self._noised(sampling, nodes[0], noise, picture, start=not self.finished)
        for step, sigma in enumerate(nodes):
            if self.finished:
                x = self._noised(sampling, sigma, noise, picture, start=False)
            here = [points[k] for k, level in enumerate(self.levels) if level == sigma]
            for point in here or (None,):
                own = self._asked(evaluator, x, sigma, point)
            if not self.finished and step + 1 < len(nodes):
                x = x + (x - own) / sigma * (nodes[step + 1] - sigma)  # Euler, as the host has it

    def _noised(
        self, sampling: Any, sigma: float, noise: torch.Tensor, picture: torch.Tensor, start: bool
    ) -> torch.Tensor:
        at = torch.tensor([sigma], device=noise.device, dtype=torch.float32)
        full = start and sigma >= self.scale.sigma_max * (1 - 1e-5)
        return sampling.noise_scaling(at, noise, picture, full)  # type: ignore[no-any-return]

    def _asked(
        self, evaluator: Evaluator, x: torch.Tensor, sigma: float, point: Point | None
    ) -> torch.Tensor:
        """The denoised picture of the prompt itself; what is asked beside it is kept as
        energies.
        """
        names = (BASE,) if point is None else point.names
        at = torch.full((x.shape[0],), sigma, device=x.device, dtype=torch.float32)
        answers = evaluator.denoised(x, at, names)
        require_finite(answers, sigma)
        if point is not None:
            factor = self.scale.eps_factor(sigma)
            self.points.append(point_energies(point, answers, factor))
        return answers[BASE]

    def _count(self, answered: int) -> None:
        self.calls += answered
        self.progress(self.calls, self.plan.calls)
