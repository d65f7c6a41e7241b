"""How mini-VQA is taught: every step new scenes, each with questions, and for each cell of the
picture what thing has its middle there.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from torch.optim.swa_utils import AveragedModel

from ...conditioning.image_probe.judges.mini_vqa import sentence_forms
from ...conditioning.image_probe.judges.mini_vqa.model import GRID, MiniVqa, Things
from ...conditioning.scenes.scene import COLOURS, SHAPES, SIZES, Scene
from ..miniatures.descent import Descent
from . import scene_pictures
from .lessons import lesson
from .scene_kinds import training_scene

_SHOWN = 100
"""Steps of a line of the log."""


@dataclass(frozen=True)
class VqaTraining:
    """The recipe."""

    steps: int = 1600
    batch: int = 32
    questions: int = 16
    through: int = 400
    """Pictures that went through TAESD3, made once and asked about anew each time."""
    of_them: int = 7
    """Of them in each batch."""
    counting_steps: int = 600
    """Further ones, in which numbers are asked for more often."""
    counting: float = 0.4
    rate: float = 2e-3
    average: float = 0.998
    seed: int = 18


class Batch(NamedTuple):
    """Pictures with questions and all that is right."""

    pictures: torch.Tensor
    questions: torch.Tensor
    """(picture, question, 8)."""
    answers: torch.Tensor
    """(picture, question): numbers of answers."""
    middles: torch.Tensor
    """(picture, cell): how much of a thing has its middle there; between cells it is shared."""
    things: torch.Tensor
    """(picture, cell, 3): numbers of shape, colour and size of the thing there."""


def thing_loss(things: Things, batch: Batch) -> torch.Tensor:
    """Of the middles, and where there are some of shape, colour and size."""
    loss = binary_cross_entropy_with_logits(things.middle, batch.middles)
    weight = batch.middles.flatten()
    for logits, right in zip(things.kinds, batch.things.unbind(-1), strict=True):
        each = cross_entropy(logits.flatten(0, 1), right.flatten(), reduction="none")
        loss = loss + 0.3 * (each * weight).sum() / weight.sum().clamp(min=1)
    return loss


class Teacher:
    """Makes batches."""

    def __init__(self, recipe: VqaTraining, log: Callable[[str], None]) -> None:
        self.recipe = recipe
        self.counting = 0.0
        self.dice = random.Random(recipe.seed)
        self.noise = torch.Generator().manual_seed(recipe.seed)
        self.through = [training_scene(self.dice) for _ in range(recipe.through)]
        self.of_through = scene_pictures.through_taesd3(self.through, self.dice)
        log(f"pictures through TAESD3: {recipe.through}")

    def batch(self) -> Batch:
        """A new one."""
        count = self.recipe.of_them
        numbers = [int(self.dice.random() * len(self.through)) for _ in range(count)]
        few = self.recipe.batch - count
        scenes = [training_scene(self.dice, self.counting) for _ in range(few)]
        drawn = torch.cat([scene_pictures.drawn(scenes, self.dice), self.of_through[numbers]])
        scenes += [self.through[number] for number in numbers]
        questions, answers = self._asked(scenes)
        spoilt = scene_pictures.spoilt(drawn, self.noise)
        return Batch(spoilt, questions, answers, *cell_truth(scenes))

    def _asked(self, scenes: Sequence[Scene]) -> tuple[torch.Tensor, torch.Tensor]:
        lessons = [
            lesson(scene, self.dice) for scene in scenes for _ in range(self.recipe.questions)
        ]
        shape = len(scenes), self.recipe.questions
        questions = question_tensor([each.text for each in lessons])
        answers = torch.tensor([sentence_forms.ANSWERS.index(each.answer) for each in lessons])
        return questions.reshape(*shape, -1), answers.reshape(shape)


def question_tensor(texts: Sequence[str]) -> torch.Tensor:
    """(text, 8). Raises ValueError for a question that was not taught."""
    questions = [sentence_forms.read(text) for text in texts]
    for text, question in zip(texts, questions, strict=True):
        if question is None:
            raise ValueError(text)
    return torch.tensor([question.numbers() for question in questions if question is not None])


def cell_truth(scenes: Sequence[Scene]) -> tuple[torch.Tensor, torch.Tensor]:
    """The middles and the things of a batch."""
    middles = torch.zeros(len(scenes), GRID, GRID)
    things = torch.zeros(len(scenes), GRID, GRID, 3, dtype=torch.long)
    for number, scene in enumerate(scenes):
        for thing in scene.things:
            shape, colour = SHAPES.index(thing.shape), COLOURS.index(thing.colour)
            numbers = torch.tensor([shape, colour, SIZES.index(thing.size)])
            for row, down in _shares(thing.y):
                for column, across in _shares(thing.x):
                    middles[number, row, column] += down * across
                    things[number, row, column] = numbers
    return middles.flatten(1).clamp(max=1), things.flatten(1, 2)


def _shares(place: float) -> list[tuple[int, float]]:
    """The two cells between whose middles a place lies, and how much of it each gets."""
    at = min(max(place * GRID - 0.5, 0.0), GRID - 1.001)
    cell = int(at)
    return [(cell, 1 - at + cell), (cell + 1, at - cell)]


def train(
    recipe: VqaTraining,
    log: Callable[[str], None],
    watch: Callable[[float], None] = lambda loss: None,
) -> MiniVqa:
    """The network with weights averaged over the steps. ``watch``: gets the answers' loss of every
    step.
    """
    torch.manual_seed(recipe.seed)
    teacher = Teacher(recipe, log)
    model = stage(MiniVqa(), teacher, recipe.steps, recipe.rate, log, watch)
    if not recipe.counting_steps:
        return model.eval()
    teacher.counting = recipe.counting
    return stage(model, teacher, recipe.counting_steps, recipe.rate / 2, log, watch).eval()


def stage(
    model: MiniVqa,
    teacher: Teacher,
    steps: int,
    rate: float,
    log: Callable[[str], None],
    watch: Callable[[float], None],
) -> MiniVqa:
    """``steps`` of the training; the average, which forgets where it began."""
    average = AveragedModel(
        model, multi_avg_fn=_averaging(teacher.recipe.average), use_buffers=True
    )
    descent = Descent(model.parameters(), rate, steps // 3, steps - steps // 3)
    recent: list[tuple[float, float, float]] = []
    for step in range(1, steps + 1):
        recent.append(_step(model, teacher.batch(), descent))
        average.update_parameters(model)
        watch(recent[-1][0])
        if step % _SHOWN == 0:
            loss, right, seen = (sum(column) / _SHOWN for column in zip(*recent, strict=True))
            log(f"step {step:5}  loss {loss:.3f}  right {right:.3f}  things {seen:.3f}")
            recent.clear()
    return average.module  # type: ignore[no-any-return]


def _averaging(decay: float) -> Callable[..., None]:
    """An exponential mean without a bias to the first weights."""

    @torch.no_grad()
    def update(averaged: list[torch.Tensor], current: list[torch.Tensor], count: int) -> None:
        share = (1 - decay) / (1 - decay ** (int(count) + 1))
        for mean, weight in zip(averaged, current, strict=True):
            if mean.is_floating_point():
                mean.lerp_(weight, share)
            else:
                mean.copy_(weight)

    return update


def _step(model: MiniVqa, batch: Batch, descent: Descent) -> tuple[float, float, float]:
    """The answers' loss, the share of right answers, and the things' loss."""
    with torch.autocast("cpu", torch.bfloat16):
        things = model.tower(batch.pictures)
        logits = model.reader(things, batch.questions).float().flatten(0, 1)
    answers = batch.answers.flatten()
    of_answers, of_things = cross_entropy(logits, answers), thing_loss(things, batch)
    descent.step(of_answers + of_things)
    right = (logits.argmax(-1) == answers).float().mean()
    return float(of_answers.detach()), float(right), float(of_things.detach())
