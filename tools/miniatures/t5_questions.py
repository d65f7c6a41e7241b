"""Trains mini-T5-hard on text alone: questions about captions, as instruction-tuned T5s were asked.

A reader that is thrown away afterwards is asked what is red, which colour or size the car has, and
where it stands; it sees the caption only as the encoder left it, and the encoder never sees the
question. So every word must come to hold what belongs to it. True or false is asked of whole
captions: the same in another order must lie nearer than a caption of the same words that says
something else.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch.nn import functional

from ...conditioning.scenes.captions import Caption, caption, kinds
from ...conditioning.scenes.scene import COLOURS, SHAPES, SIZES, Scene, bags, pick, scene
from . import clips
from .clips import Log
from .descent import Descent
from .reduced_vocabulary import ReducedVocabulary
from .t5s import HEADS, WIDTH, untrained

PLACES = ("left", "right", "above", "below")
ANSWERS = (*COLOURS, *SHAPES, *SIZES, *PLACES)
KINDS = ("colour of", "size of", "what is", "where is")
_HOTTEST = 10.0
"""Scale of the cosines between whole captions."""


@dataclass(frozen=True)
class QuestionTraining:
    """How a T5 is trained on questions."""

    plain: int = 250
    """Steps with colours only, in few words."""
    full: int = 1600
    batch: int = 48
    rate: float = 1.5e-3
    padded: int = 16
    """Every so many steps are filled up to the host's 77 tokens, which all words then see."""
    seed: int = 5


class Question(NamedTuple):
    """One question about one text of a batch; numbers are places in ``KINDS`` and ``ANSWERS``."""

    text: int
    kind: int
    word: int
    answer: int


class QuestionLesson(NamedTuple):
    """A batch: captions, the same told otherwise, and rivals of the same words; with questions
    about the first two.
    """

    captions: Sequence[str]
    others: Sequence[str]
    rivals: Sequence[str]
    questions: Sequence[Question]
    padded: bool


class Reader(torch.nn.Module):
    """Looks up answers in what the encoder left of a caption.

    It asks with the encoder's own vector of a word and begins by comparing, so that it looks at
    that word from the first step on; else both would have to find each other.
    """

    def __init__(self, vocabulary: ReducedVocabulary, vectors: torch.nn.Embedding) -> None:
        super().__init__()
        self.pieces = [vocabulary.rows(word)[:-1] for word in ANSWERS]
        self.vectors = [vectors]  # the encoder's, not a part of this module
        self.kinds = torch.nn.Embedding(len(KINDS), WIDTH)
        self.look = torch.nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.answer = torch.nn.Linear(WIDTH, len(ANSWERS))
        with torch.no_grad():
            self.kinds.weight.mul_(0.1)
            self.look.in_proj_weight[: 2 * WIDTH] = torch.eye(WIDTH).repeat(2, 1)

    def forward(
        self, vectors: torch.Tensor, blank: torch.Tensor, questions: Sequence[Question]
    ) -> torch.Tensor:
        """(question, answer): logits. ``vectors`` (text, token, dim); ``blank`` (text, token):
        where padding is.
        """
        text, kind, word = (torch.tensor([question[k] for question in questions]) for k in range(3))
        [table] = self.vectors
        words = torch.stack([table.weight[pieces].mean(0) for pieces in self.pieces])
        queries = (self.kinds(kind) + words[word])[:, None]
        read, _ = self.look(
            queries, vectors[text], vectors[text], key_padding_mask=blank[text], need_weights=False
        )
        return self.answer(read[:, 0])


def train(
    vocabulary: ReducedVocabulary,
    settings: QuestionTraining,
    log: Log,
    watch: Callable[[Any], str] = lambda _: "",
) -> Any:
    """Train a T5 on questions. ``watch``: what to add to a line of ``log``."""
    encoder = untrained(vocabulary, settings.seed).train()
    reader = Reader(vocabulary, encoder.shared)
    parameters = [*encoder.parameters(), *reader.parameters()]
    descent = Descent(parameters, settings.rate, settings.plain, settings.full)
    for step, lesson in enumerate(lessons(settings), 1):
        answers, nearness = losses(encoder, reader, vocabulary, lesson)
        descent.step(answers + 0.3 * nearness)
        if step % 100 == 0:
            line = f"step {step:5}  loss {answers.item():.3f}  order {nearness.item():.3f}"
            log(f"{line}{watch(encoder)}")
    return encoder.eval().requires_grad_(False)


def losses(
    encoder: Any, reader: Reader, vocabulary: ReducedVocabulary, lesson: QuestionLesson
) -> tuple[torch.Tensor, torch.Tensor]:
    """Of the answers, and of captions that must lie nearer to the same than to their rivals."""
    texts = [*lesson.captions, *lesson.others, *lesson.rivals]
    tokens, blank = padded(vocabulary, texts, 77 if lesson.padded else 0)
    with torch.autocast("cpu", torch.bfloat16):
        vectors = encoder(input_ids=tokens).last_hidden_state
    vectors = vectors.float()
    targets = torch.tensor([question.answer for question in lesson.questions])
    answers = functional.cross_entropy(reader(vectors, blank, lesson.questions), targets)
    means = (vectors * ~blank[..., None]).sum(1) / (~blank).sum(1, keepdim=True)
    own, same, rival = functional.normalize(means, dim=-1).chunk(3)
    cosines = _HOTTEST * own @ torch.cat([same, rival]).T
    return answers, functional.cross_entropy(cosines, torch.arange(len(own)))


def padded(
    vocabulary: ReducedVocabulary, texts: Sequence[str], least: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """(text, token) twice: rows of the vocabulary, and where they are padding (T5's token 0, which
    the host shows to all others).
    """
    rows = [vocabulary.rows(text) for text in texts]
    longest = max(least, *map(len, rows))
    tokens = torch.full((len(rows), longest), vocabulary.row(0))
    blank = torch.ones(len(rows), longest, dtype=torch.bool)
    for k, row in enumerate(rows):
        tokens[k, : len(row)] = torch.tensor(row)
        blank[k, : len(row)] = False
    return tokens, blank


def lessons(settings: QuestionTraining) -> Iterator[QuestionLesson]:
    dice = random.Random(settings.seed)
    training_bags = bags("train")
    for step in range(settings.plain + settings.full):
        drawn = [scene(dice, pick(dice, training_bags)) for _ in range(settings.batch)]
        captions = [_caption(pictured, dice, plain=step < settings.plain) for pictured in drawn]
        yield _lesson(drawn, captions, step % settings.padded == settings.padded - 1)


def _caption(pictured: Scene, dice: random.Random, *, plain: bool) -> Caption:
    """Colours in few words; afterwards colours, sizes and places alike: places are learned last."""
    if plain:
        return clips.plain_caption(pictured, dice)
    return caption(pictured, dice, pick(dice, (*kinds(pictured), "relation")))


def _lesson(drawn: Sequence[Scene], captions: Sequence[Caption], is_padded: bool) -> QuestionLesson:
    count = len(drawn)
    questions = [
        Question(text, *numbers)
        for k, (pictured, wording) in enumerate(zip(drawn, captions, strict=True))
        for numbers in questions_about(pictured, wording)
        for text in (k, count + k)
    ]
    return QuestionLesson(
        [wording.text for wording in captions],
        [wording.other for wording in captions],
        [wording.rival for wording in captions],
        questions,
        is_padded,
    )


def questions_about(pictured: Scene, wording: Caption) -> Iterator[tuple[int, int, int]]:
    """(kind, word, answer) of what the caption names; nothing is asked that only the picture
    shows.
    """
    words = {word.strip(",.:") for word in wording.text.split()}
    for thing, other in (pictured.things, pictured.things[::-1]):
        pairs = {"colour of": thing.colour, "size of": thing.size}
        for kind, value in pairs.items():
            if value in words:
                yield _numbers(kind, thing.shape, value)
                yield _numbers("what is", value, thing.shape)
        if wording.kind == "relation":
            place = _PLACES[Scene((thing, other), pictured.ground).relation]
            yield _numbers("where is", thing.shape, place)
            yield _numbers("what is", place, thing.shape)


def _numbers(kind: str, word: str, answer: str) -> tuple[int, int, int]:
    return KINDS.index(kind), ANSWERS.index(word), ANSWERS.index(answer)


_PLACES: Mapping[str, str] = {
    "to the left of": "left",
    "to the right of": "right",
    "above": "above",
    "below": "below",
}
