"""Small random image models of every layout, with a CLIP that fits, for Ignored Words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from encoderscope.tests.host import generators

TEXT, BOTH = "a car", "a red car"
SMALL = 8
"""Calls that are enough for one phrase at one level of a run."""
CHANNELS = {"sd1": 4, "sd1_v": 4, "sdxl": 4, "sd3": 16, "flux": 16}
LAYOUTS = list(CHANNELS)
PREDICTIONS = {"sd1": "eps", "sd1_v": "v", "sdxl": "eps", "sd3": "flow", "flux": "flow"}


@cache
def clip(name: str) -> Any:
    """The miniatures in the roles of the layout's encoders: of its true widths, and quick."""
    from encoderscope.host import miniatures

    return miniatures.clip("mini-CLIP-hard", name.removesuffix("_v"))


@cache
def model(name: str) -> Any:
    """As a loader gives it; `sd1_v` has the artist's node for v-prediction behind it."""
    if name != "sd1_v":
        return getattr(generators, name)()
    from comfy_extras.nodes_model_advanced import ModelSamplingDiscrete

    return ModelSamplingDiscrete().patch(generators.sd1(), "v_prediction", False)[0]


def empty(name: str, side: int = 8) -> dict[str, Any]:
    return {"samples": torch.zeros(1, CHANNELS[name], side, side)}


def finished(name: str) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(9)
    return {"samples": torch.randn(1, CHANNELS[name], 8, 8, generator=generator)}


def report(name: str, text: str = TEXT, progress: Any = None, **options: Any) -> dict[str, Any]:
    from encoderscope.conditioning.progress import no_progress
    from encoderscope.host.reports import generator_reports

    which, encoder = options.pop("model", None), options.pop("clip", None)
    options = {"latent": empty(name), "budget": "quick", **options}
    prompt = generator_reports.MeasuredPrompt(
        which or model(name), encoder or clip(name), text, generator_reports.Options(**options)
    )
    return generator_reports.report(prompt, progress or no_progress)


def encoded(name: str, text: str = TEXT) -> Any:
    encoder = clip(name)
    return encoder.encode_from_tokens_scheduled(encoder.tokenize(text))


class Heard:
    """One question: x, sigma, and what each conditioning was answered."""

    def __init__(self, evaluator: Any, x: Any, sigma: Any, answers: dict[str, Any]) -> None:
        self.x = x.clone()
        self.sigma = float(sigma)
        self.answers = {name: answer.clone() for name, answer in answers.items()}
        with torch.no_grad():
            self.host = {name: _by_the_host(evaluator, x, sigma, name) for name in answers}


def _by_the_host(evaluator: Any, x: Any, sigma: Any, name: str) -> Any:
    """The host's own sampling_function, with options that know nothing of us."""
    import comfy.samplers

    options = dict(evaluator.options)
    transformer = dict(options["transformer_options"])
    transformer["wrappers"] = {
        kind: {key: value for key, value in named.items() if key != "encoderscope"}
        for kind, named in transformer.get("wrappers", {}).items()
    }
    options["transformer_options"] = transformer
    return comfy.samplers.sampling_function(
        evaluator.model,
        x,
        sigma,
        evaluator.conds.get("negative"),
        evaluator.conds[name],
        max(1.0, evaluator.guidance),
        model_options=options,
    )


@contextmanager
def listening(monkeypatch: Any, most: int | None = 1) -> Iterator[list[Heard]]:
    """Collects every question; `most`: conditionings in one call."""
    from encoderscope.host.generator.evaluation import Evaluator

    calls: list[Heard] = []
    original = Evaluator.denoised

    def denoised(self: Any, x: Any, sigma: Any, names: Any) -> Any:
        self.most = most
        answers = original(self, x, sigma, names)
        calls.append(Heard(self, x, sigma, answers))
        return answers

    with monkeypatch.context() as patched:
        patched.setattr(Evaluator, "denoised", denoised)
        yield calls


def drawn(name: str, which: Any = None) -> Any:
    """What the host's own KSampler draws."""
    import nodes

    (latent,) = nodes.KSampler().sample(
        which or model(name), 5, 2, 2.0, "euler", "simple", encoded(name), encoded(name, ""),
        empty(name),
    )  # fmt: skip
    return latent["samples"]


def state(which: Any) -> dict[str, Any]:
    """Everything of a MODEL that a run could leave changed."""
    return {
        "patches": {key: len(value) for key, value in which.patches.items()},
        "object patches": sorted(which.object_patches),
        "hooks": len(which.hook_patches),
        "hook mode": which.hook_mode,
        "options": repr(which.model_options),
        "wrappers": repr(which.wrappers),
        "callbacks": repr(which.callbacks),
        "weights": float(sum(weight.double().sum() for weight in which.model.parameters())),
        "current hooks": getattr(which, "current_hooks", None),
    }
