"""Asks the image model about several conditionings of one x, through the host's own functions.

    evaluator = Evaluator(guider, model_options, counter)
    denoised = evaluator.denoised(x, sigma, ["positive", "phrase 0"])

The host batches within free memory (``comfy.samplers.calc_cond_batch``); where that was not enough,
the list is halved. The options are the sampler's private copy, so whatever is added to them here is
gone with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import comfy.model_management
import comfy.patcher_extension
import comfy.samplers
import torch

from ...conditioning.generator.budget import NEGATIVE
from ..progress_bar import stop_if_asked

Count = Callable[[int], None]
"""Told how many conditionings were answered."""
_CALC = "sampler_calc_cond_batch_function"


class Evaluator:
    """One image model that is loaded, and conditionings that the host has prepared for it."""

    def __init__(
        self,
        model: Any,
        conds: Mapping[str, Any],
        options: dict[str, Any],
        guidance: float,
        count: Count,
    ) -> None:
        self.model = model
        self.conds = conds
        self.options = options
        self.guidance = guidance
        self.count = count
        self.most: int | None = None
        """Conditionings in one call; None: as the host sees fit."""
        self.negative_at: int | None = None
        """Which of the list that is being asked is the negative one."""
        self._listen()

    @property
    def guided(self) -> bool:
        """Whether classifier-free guidance is on."""
        return self.guidance > 1

    @torch.no_grad()
    def denoised(
        self, x: torch.Tensor, sigma: torch.Tensor, names: Sequence[str]
    ) -> dict[str, torch.Tensor]:
        """Conditioning -> the denoised picture. ``x`` (1, ...), ``sigma`` (1,). With guidance each
        is guided away from the negative by the host's own function, its patches included.
        """
        if not self.guided:
            return dict(zip(names, self._asked(x, sigma, names), strict=True))
        if _CALC in self.options:
            return {name: self._by_the_artists_function(x, sigma, name) for name in names}
        *answers, negative = self._asked(x, sigma, [*names, NEGATIVE])
        return {
            name: self._guided(x, sigma, name, [answer, negative])
            for name, answer in zip(names, answers, strict=True)
        }

    @torch.no_grad()
    def alone(self, x: torch.Tensor, sigma: torch.Tensor, name: str) -> torch.Tensor:
        """The model's own answer to one conditioning, without guidance."""
        [answer] = self._asked(x, sigma, [name])
        return answer

    def _guided(
        self, x: torch.Tensor, sigma: torch.Tensor, name: str, answers: list[torch.Tensor]
    ) -> torch.Tensor:
        """The host's ``sampling_function``, given what the model has answered already."""
        options = {**self.options, _CALC: lambda _: [each.clone() for each in answers]}
        return self._sampling_function(x, sigma, name, options)

    def _by_the_artists_function(
        self, x: torch.Tensor, sigma: torch.Tensor, name: str
    ) -> torch.Tensor:
        stop_if_asked()
        self.negative_at = 1
        answer = self._sampling_function(x, sigma, name, self.options)
        self.count(2)
        return answer

    def _sampling_function(
        self, x: torch.Tensor, sigma: torch.Tensor, name: str, options: dict[str, Any]
    ) -> torch.Tensor:
        return comfy.samplers.sampling_function(  # type: ignore[no-any-return]
            self.model,
            x,
            sigma,
            self.conds[NEGATIVE],
            self.conds[name],
            self.guidance,
            model_options=options,
        )

    def _asked(
        self, x: torch.Tensor, sigma: torch.Tensor, names: Sequence[str]
    ) -> list[torch.Tensor]:
        """The model's own answers, in as few calls as memory allows."""
        answers: list[torch.Tensor] = []
        while len(answers) < len(names):
            part = names[len(answers) : len(answers) + (self.most or len(names))]
            try:
                answers += self._call(x, sigma, part)
            except comfy.model_management.OOM_EXCEPTION:
                if len(part) == 1:
                    raise
                self.most = len(part) // 2
                comfy.model_management.soft_empty_cache(True)
                continue
            self.count(len(part))
        return answers

    def _call(
        self, x: torch.Tensor, sigma: torch.Tensor, names: Sequence[str]
    ) -> list[torch.Tensor]:
        stop_if_asked()
        self.negative_at = names.index(NEGATIVE) if NEGATIVE in names else None
        conds = [self.conds[name] for name in names]
        return list(comfy.samplers.calc_cond_batch(self.model, conds, x, sigma, self.options))

    # The host numbers what it asks: 0 is the positive, 1 the negative. Patches of the artist go by
    # that number, so each of ours is a 0.

    def _listen(self) -> None:
        kind = comfy.patcher_extension.WrappersMP.APPLY_MODEL
        comfy.patcher_extension.add_wrapper_with_key(
            kind, "encoderscope", self._apply_model, self.options, is_model_options=True
        )
        wrapper = self.options.get("model_function_wrapper")
        if wrapper is not None:
            self.options["model_function_wrapper"] = self._numbering(wrapper)

    def _apply_model(self, executor: Any, *args: Any, **kwargs: Any) -> Any:
        stop_if_asked()
        for value in (*args, *kwargs.values()):
            if isinstance(value, dict) and "cond_or_uncond" in value:
                value["cond_or_uncond"] = self._numbers(value["cond_or_uncond"])
        return executor(*args, **kwargs)

    def _numbering(self, wrapper: Callable[..., Any]) -> Callable[..., Any]:
        def renumbered(apply_model: Any, call: dict[str, Any]) -> Any:
            numbers = self._numbers(call["cond_or_uncond"])
            call["c"]["transformer_options"]["cond_or_uncond"] = numbers
            return wrapper(apply_model, {**call, "cond_or_uncond": numbers})

        return renumbered

    def _numbers(self, numbers: Sequence[int]) -> list[int]:
        if isinstance(numbers, _Numbered):
            return numbers
        return _Numbered(int(number == self.negative_at) for number in numbers)


class _Numbered(list[int]):
    """Numbers as the host's own sampler would give them."""
