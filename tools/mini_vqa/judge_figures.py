"""What mini-VQA can: on scenes that no training saw, clean and spoilt, and on what mini-MMDiT
draws, where the exact reader of drawn scenes says what is there.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import torch
from PIL import Image
from torch.nn.functional import avg_pool2d

from ...conditioning.english.reading import read as read_prompt
from ...conditioning.image_probe.judges.drawn_cases import DrawnCase, drawn_cases
from ...conditioning.image_probe.judges.evidence import evidence_of
from ...conditioning.image_probe.judges.mini_vqa.mini_judge import MiniVqaJudge
from ...conditioning.image_probe.judges.protocol import NO, YES
from ...conditioning.image_probe.judges.questions.question import PromptQuestion
from ...conditioning.image_probe.judges.questions.question_graph import question_graph
from ...conditioning.scenes.drawing import draw
from ...conditioning.scenes.read_scene import SceneReading
from ...conditioning.scenes.read_scene import read as read_scene
from ...conditioning.scenes.scene import Scene, Thing, scenes
from ..generator import generator_figures
from ..generator.host_parts import taesd3
from . import right_answers
from .right_answers import Described

CASES = 100
"""True ones of each kind, and as many false ones."""
DRAWN = 60
"""Pictures of mini-MMDiT of each kind of prompt."""
PART = "test"
Spoil = Callable[[Scene], torch.Tensor]
"""A scene -> its picture (height, width, 3)."""


class RightCount(NamedTuple):
    """How many of some cases were right."""

    right: int
    total: int


def held_out(judge: MiniVqaJudge, kind: str, spoil: Spoil, count: int = CASES) -> RightCount:
    """Cases of a kind whose likelier side is right; what it leaves unanswered is not."""
    cases = drawn_cases(kind, count, PART)
    return RightCount(sum(is_right(judge, case, spoil(case.scene)) for case in cases), len(cases))


def is_right(judge: MiniVqaJudge, case: DrawnCase, picture: torch.Tensor) -> bool:
    """As the calibration counts."""
    [evidence] = evidence_of(judge, picture, [case.question])
    if evidence is None:
        return False
    return (evidence.holds if case.holds else evidence.fails) > 0.5


def denied(judge: MiniVqaJudge, spoil: Spoil, count: int = CASES) -> RightCount:
    """Pictures that lack a thing: how often both wordings are answered with *no*."""
    cases = [case for case in drawn_cases("presence", count, PART) if not case.holds]
    right = 0
    for case in cases:
        questions = case.question.asked()[: len(case.question.wordings)]
        answers = judge.answer(spoil(case.scene), questions)
        shares = [
            answer.of(question, NO)
            for question, answer in zip(questions, answers, strict=True)
            if answer is not None
        ]
        right += len(shares) == len(questions) and min(shares) > 0.5
    return RightCount(right, len(cases))


# --- spoilt pictures
# --------------------------------------------------------------------------------------------------


def clean(scene: Scene, side: int = 224) -> torch.Tensor:
    """As it is drawn."""
    return draw([scene], side)[0]


def noisy(scene: Scene) -> torch.Tensor:
    """With noise of 0.05."""
    picture = clean(scene, 64)
    dice = torch.Generator().manual_seed(int(1e6 * scene.things[0].x))
    return (picture + 0.05 * torch.randn(picture.shape, generator=dice)).clamp(0, 1)


def blurred(scene: Scene) -> torch.Tensor:
    """Means over 5 x 5 of 128 x 128 pixels."""
    picture = clean(scene, 128).movedim(-1, 0)[None]
    return avg_pool2d(picture, 5, 1, 2, count_include_pad=False)[0].movedim(0, -1)


def as_jpeg(scene: Scene) -> torch.Tensor:
    """128 x 128, written in quality 40."""
    file = io.BytesIO()
    Image.fromarray(clean(scene, 128).mul(255).round().byte().numpy()).save(
        file, "JPEG", quality=40
    )
    pixels = bytearray(Image.open(file).tobytes())
    return torch.frombuffer(pixels, dtype=torch.uint8).reshape(128, 128, 3).float() / 255


class ThroughTaesd3:
    """64 x 64 to TAESD3's latent and back."""

    def __init__(self) -> None:
        self._encoder, self._decoder = (
            taesd3(part).to(torch.bfloat16, memory_format=torch.channels_last)
            for part in ("encoder", "decoder")
        )

    def __call__(self, scene: Scene) -> torch.Tensor:
        pixels = clean(scene, 64).movedim(-1, 0)[None].bfloat16()
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        return self._decoder(self._encoder(pixels))[0].float().clamp(0, 1).movedim(0, -1)


def spoils() -> dict[str, Spoil]:
    """All that is measured."""
    return {
        "224 pixels": clean,
        "64 pixels": partial(clean, side=64),
        "256 pixels": partial(clean, side=256),
        "noise": noisy,
        "blurred": blurred,
        "JPEG": as_jpeg,
        "TAESD3": ThroughTaesd3(),
    }


# --- pictures of the generator
# --------------------------------------------------------------------------------------------------


def of_generator(judge: MiniVqaJudge, variant: str, kind: str) -> RightCount:
    """Questions of the prompts about what the variant drew: how often mini-VQA and the exact reader
    give the same answer. Only pictures that the reader could read whole count.
    """
    usable = [
        scene for scene in scenes(3 * DRAWN, PART, 41) if kind in generator_figures.kinds(scene)
    ]
    usable = usable[:DRAWN]
    drawn = generator_figures.pictures(variant, usable, kind).float()
    same = total = 0
    for text, picture, reading in zip(
        generator_figures.prompts(usable, kind), drawn, read_scene(drawn), strict=True
    ):
        scene = _scene(reading)
        if scene is None:
            continue
        questions = [each for each in question_graph(read_prompt(text)).questions if each.drawn]
        for question, evidence in zip(
            questions, evidence_of(judge, picture, questions), strict=True
        ):
            right = answer(scene, question)
            if right is not None:
                total += 1
                same += evidence is not None and (evidence.prompt > 0.5) == right
    return RightCount(same, total)


def _scene(reading: SceneReading) -> Scene | None:
    """What was read, as a scene; None where something could not be read."""
    things = []
    for each in reading.things:
        if each.colour is None or each.shape is None or each.size is None:
            return None
        things.append(Thing(each.colour, each.shape, each.size, each.x, each.y))
    return Scene(tuple(things), (0.5, 0, 0, 0, 0)) if things else None


def answer(scene: Scene, question: PromptQuestion) -> bool | None:
    """Whether a scene answers the first wording as expected; None where one could say so or not."""
    from ...conditioning.image_probe.judges.mini_vqa import sentence_forms

    taught = sentence_forms.read(question.wordings[0].text)
    if taught is None:
        return None
    first, second = (Described(*each).among(scene) for each in (taught.thing, taught.other))
    values: dict[str, Callable[[], bool | None]] = {
        "there": lambda: bool(first),
        "has": lambda: right_answers.all_have(first, taught.word),
        "stands": lambda: right_answers.all_stand(first, taught.word, second),
        "shows": lambda: right_answers.some_stand(first, taught.word, second),
    }
    value = values[taught.meaning]()
    return None if value is None else value == (question.expected == YES)


def table(rows: Sequence[tuple[str, Sequence[RightCount]]], heads: Sequence[str]) -> list[str]:
    """A Markdown table of shares in per cent."""
    lines = ["| | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
    return lines + [
        f"| {name} | "
        + " | ".join(f"{100 * each.right / each.total:.1f}" for each in scores)
        + " |"
        for name, scores in rows
    ]
