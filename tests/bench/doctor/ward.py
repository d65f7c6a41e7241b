"""Draws the prompts of :mod:`ill_prompts` with their faults, and asks the stations about those that
become cases. Every case is one line of JSON with the reports, so that the Prompt Doctor can be
asked again in seconds.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import torch
from encoderscope.conditioning.binding import thresholds
from encoderscope.conditioning.binding.null_distribution import nulls
from encoderscope.conditioning.doctor.placed_report import readable
from encoderscope.conditioning.image_text.images import to_picture
from encoderscope.conditioning.reports import strict_json
from encoderscope.conditioning.scenes.read_scene import read
from encoderscope.tests.bench.doctor import broken_parts, ill_prompts
from encoderscope.tests.bench.doctor.ill_prompts import IllPrompt
from encoderscope.tests.bench.doctor.picture_truth import LOST, RIGHT, picture_truth
from encoderscope.tests.bench.drawn.mini_generator import (
    MiniGenerator,
    Sampling,
    noise,
    weights_file,
)
from PIL import Image

GUIDANCE = 3.0
HARMLESS = 3
"""Cases of a fault whose picture is right all the same."""


class Treated(NamedTuple):
    """What draws a prompt, with its fault in it."""

    clip: Any
    model: Any
    guidance: float
    drawn: str
    """The text that the picture is of."""


class Quota(NamedTuple):
    """How many cases of a fault are wanted."""

    lost: int
    harmless: int = HARMLESS
    candidates: int = 1_500


@dataclass(eq=False)
class Ward:
    """The miniatures, loaded when they are first needed."""

    generators: Path | None = None
    """Folder of the variants that do not come with the pack."""
    budget: str = "quick"
    bf16: bool = False
    """Draw and measure in bfloat16."""

    @cached_property
    def _loaded(self) -> dict[str, MiniGenerator]:
        return {}

    @property
    def sampling(self) -> Sampling:
        """How all pictures are drawn."""
        return Sampling(10, GUIDANCE, bf16=self.bf16)

    def has(self, variant: str) -> bool:
        """Whether its weights are here."""
        return weights_file(variant, self.generators).is_file()

    def generator(self, variant: str) -> MiniGenerator:
        """One variant with its encoder."""
        if variant not in self._loaded:
            self._loaded[variant] = MiniGenerator(variant, self.sampling, self.generators)
        return self._loaded[variant]

    @cache  # noqa: B019  (one ward in a process)
    def _silent(self, variant: str) -> broken_parts.SilentClip:
        return broken_parts.SilentClip(clip_of(variant))

    @cached_property
    def _without_t5(self) -> Any:
        return clip_of("clip")

    def treated(self, prompt: IllPrompt) -> Treated:
        """The prompt with its fault."""
        own = self.generator(prompt.variant)
        plain = Treated(own.clip, own.model, GUIDANCE, prompt.text)
        if prompt.fault == ill_prompts.CUT:
            return plain._replace(clip=broken_parts.with_one_window(own.clip))
        if prompt.fault == ill_prompts.SILENT:
            return plain._replace(clip=self._from_word(prompt, own.clip))
        if prompt.fault == ill_prompts.NO_T5:
            return plain._replace(clip=self._without_t5)
        if prompt.fault == ill_prompts.UNGUIDED:
            return plain._replace(guidance=1.0)
        if prompt.fault == ill_prompts.UNREAD:
            return plain._replace(model=_blind(own, prompt))
        if prompt.fault == ill_prompts.SWAPPED:
            return plain._replace(drawn=exchanged(prompt))
        return plain

    def _from_word(self, prompt: IllPrompt, clip: Any) -> Any:
        start = prompt.text.index(" ".join(prompt.at_fault))
        slot = broken_parts.slot_of(clip, prompt.text, start)
        return self._silent(prompt.variant).from_slot(slot)

    def twin(self, prompt: IllPrompt) -> Treated:
        """The same without the fault. Of the bag: another generator, whose encoder binds."""
        variant = prompt.variant
        if prompt.fault == ill_prompts.UNBOUND:
            variant = ill_prompts.CLIP_HARD
        own = self.generator(variant)
        clip = own.clip
        if prompt.fault == ill_prompts.CUT:
            clip = broken_parts.with_one_window(clip)
        return Treated(clip, own.model, GUIDANCE, prompt.twin)

    def draw(self, variant: str, treated: Treated, seed: int) -> torch.Tensor:
        """(1, 64, 64, 3), 0 to 1, in 256 steps, as a file has it."""
        brush = copy.copy(self.generator(variant))
        brush.clip, brush.model = treated.clip, treated.model
        brush.sampling = replace(self.sampling, guidance=treated.guidance)
        picture = brush.draw(brush.encode([treated.drawn], [None]), noise(seed, 0))
        return (picture.clamp(0, 1) * 255).round() / 255

    def cases(self, fault: str, part: str, quota: Quota, seed: int) -> Iterator[dict[str, Any]]:
        """In the order of the candidates: the first that lose something by their fault (their twin
        is right), and of those before the last of them the first that the fault does no harm.
        Without a fault: those that are right.
        """
        lost = harmless = 0
        wanted = quota.lost, quota.harmless
        if fault == ill_prompts.HEALTHY:
            wanted = 0, quota.lost
        for prompt in ill_prompts.ill_prompts(fault, part, quota.candidates, seed):
            if lost + (fault == ill_prompts.HEALTHY) * harmless >= quota.lost:
                break
            if not self.has(prompt.variant):
                continue
            treated = self.treated(prompt)
            picture = self.draw(prompt.variant, treated, 1_000 * seed + prompt.number)
            [reading] = read(picture)
            truth = picture_truth(prompt, reading)
            if truth == RIGHT and harmless < wanted[1]:
                harmless += 1
            elif truth == LOST and lost < wanted[0] and self._twin_is_right(prompt, seed):
                lost += 1
            else:
                continue
            yield {
                **prompt._asdict(),
                "key": f"{part} {seed} {prompt.key}",
                "truth": truth,
                "guidance": treated.guidance,
                "picture": _png(picture),
                "reports": self.reports(prompt, treated),
            }
        print(f"{fault}: {lost} lost and {harmless} harmless")

    def _twin_is_right(self, prompt: IllPrompt, seed: int) -> bool:
        variant = prompt.variant
        if prompt.fault == ill_prompts.UNBOUND:
            variant = ill_prompts.CLIP_HARD
        picture = self.draw(variant, self.twin(prompt), 1_000 * seed + prompt.number)
        return picture_truth(prompt, read(picture)[0]) == RIGHT

    def reports(self, prompt: IllPrompt, treated: Treated) -> dict[str, Any]:
        """Of the first three stations, as the Prompt Doctor asks them; None where one refuses. What
        was asked of the same prompt and objects before is taken from there.
        """
        from encoderscope.host.reports import generator_reports, probe_reports, token_reports

        clip, text, guidance = treated.clip, prompt.text, treated.guidance
        options = generator_reports.Options(
            seed=prompt.number,
            guidance=guidance,
            budget=self.budget,
            latent=self.generator(prompt.variant).empty_latent(),
        )

        def generator_report() -> Any:
            measured = generator_reports.MeasuredPrompt(
                treated.model, clip, readable(text), options
            )
            return generator_reports.report(measured)

        own = self.generator(prompt.variant)
        known = (text, prompt.variant) if clip is own.clip else (text, prompt.key)
        used = (*known, guidance) if treated.model is own.model else (text, prompt.key, guidance)
        with _remembered_nulls():
            return {
                "tokens": _or_none(lambda: token_reports.report(clip, text, None)),
                "probe": self._once(
                    ("probe", *known), lambda: probe_reports.report(clip, readable(text))
                ),
                "generator": self._once(("generator", *used), generator_report),
            }

    @cached_property
    def _reports(self) -> dict[tuple[Any, ...], Any]:
        return {}

    def _once(self, key: tuple[Any, ...], measure: Callable[[], Any]) -> Any:
        if key not in self._reports:
            self._reports[key] = _or_none(measure)
        return self._reports[key]


def exchanged(prompt: IllPrompt) -> str:
    """The prompt with its two colours exchanged."""
    (first, [word]), (second, [other]) = prompt.asked
    text = prompt.text.replace(f"{word} {first}", f"\0 {first}")
    return text.replace(f"{other} {second}", f"{word} {second}").replace("\0", other)


def clip_of(variant: str) -> Any:
    """The CLIP that Load Miniature gives for a variant, nobody else's."""
    from encoderscope.conditioning.miniature_generator import VARIANTS
    from encoderscope.host import miniatures

    return miniatures.clip(VARIANTS[variant].miniature, VARIANTS[variant].family)


def _blind(own: MiniGenerator, prompt: IllPrompt) -> Any:
    """The MODEL that does not see the word at fault."""
    from encoderscope.conditioning.generator.phrases import PromptPhrase
    from encoderscope.host.generator.encodings import PromptEncoder

    [word] = prompt.at_fault
    start = prompt.text.index(word)
    phrase = PromptPhrase(word, start, start + len(word), "marked")
    encoder = PromptEncoder(own.clip, prompt.text)
    without = encoder.exchanged([encoder.tokens_of(phrase)], 0)
    return broken_parts.without_seeing(own.model, encoder.plain(prompt.text), without)


def _or_none(measure: Callable[[], Any]) -> Any:
    from encoderscope.conditioning.errors import EncoderScopeError

    try:
        return measure()
    except EncoderScopeError as error:
        print(f"no report: {error}")
        return None


_NULLS: dict[tuple[str, str], Any] = {}


@contextmanager
def _remembered_nulls() -> Iterator[None]:
    """Null distributions follow from an encoder's tokens and static vectors, which are the same in
    every case: they are made once for each miniature, not once for each prompt.
    """

    def remembered(encoder: Any, kind: str, *rest: Any) -> Any:
        key = encoder.title, kind
        if key not in _NULLS:
            _NULLS[key] = nulls(encoder, kind, *rest)
        return _NULLS[key]

    with mock.patch.object(thresholds, "nulls", remembered):
        yield


def _png(picture: torch.Tensor) -> str:
    file = BytesIO()
    to_picture(picture[0]).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def picture_of(case: Mapping[str, Any]) -> torch.Tensor:
    """(1, 64, 64, 3), 0 to 1."""
    image = Image.open(BytesIO(base64.b64decode(case["picture"]))).convert("RGB")
    values = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return values.reshape(1, image.height, image.width, 3).float() / 255


def saved_cases(path: Path) -> list[dict[str, Any]]:
    """The cases of a file."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def fill(path: Path, cases: Iterator[dict[str, Any]]) -> None:
    """Writes cases as they come; the file is there only when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    begun = path.with_suffix(".begun")
    with begun.open("w", encoding="utf-8") as file:
        for case in cases:
            file.write(strict_json.to_json(case) + "\n")
            file.flush()
            print(case["key"], case["truth"], flush=True)
    begun.rename(path)
