"""How well a picture fits a prompt, as published scores ask a judge (formulas and sources:
``docs/report-benchmark.md``).

    VQAScore     P("Yes" | 'Does this figure show "PROMPT"? Please answer yes or no.')
    BLIP-VQA     the product over noun phrases of P(yes) / (P(yes) + P(no)) of "PHRASE?"
    DSG          the mean over questions of 1 where the answer is right and all that the question
                 requires is right, else 0
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..english import reading
from ..english.noun_phrases import normalised
from ..english.reading import plain, read
from ..errors import EncoderScopeError, UnknownName
from ..image_probe.judges.protocol import YES, AskedQuestion, Judge, JudgeAnswer
from ..image_probe.judges.questions.question import PromptQuestion
from ..image_probe.judges.questions.question_graph import question_graph
from ..scenes.drawing import draw
from ..scenes.scene import scenes
from .dataset import CaptionPair, Dataset
from .saved_results import PairCosines

VQASCORE, BLIP_VQA, DSG = "vqascore", "blip_vqa", "dsg"
SCORES = (VQASCORE, BLIP_VQA, DSG)
_VQASCORE_QUESTION = 'Does this figure show "{}"? Please answer yes or no.'
_DETERMINERS = ("a", "an", "the", "some", "his", "her", "its", "their")
_PLACES = ("top", "the top", "side", "the side", "left", "the left", "right", "the right")
"""Noun phrases that are no things: BLIP-VQA leaves them out."""


def noun_phrases(text: str) -> list[str]:
    """The noun phrases of a prompt as typed, with their articles: *a red car*. The published code
    takes spaCy's; these are this pack's own reader's.
    """
    bare = plain(text).replace("[", " ")  # a mark may stand between an article and its thing
    typed = [_with_article(bare[: each.start], each.text) for each in reading.noun_phrases(text)]
    return [phrase for phrase in dict.fromkeys(typed) if phrase.lower() not in _PLACES]


def _with_article(before: str, phrase: str) -> str:
    """A noun phrase behind the determiner that stands before it, if one does."""
    words = phrase.split()
    word = before.split()[-1:]
    if word and normalised(word[0]) in _DETERMINERS:
        words = [*word, *words]
    return " ".join(words)


# --- one picture and one prompt
# --------------------------------------------------------------------------------------------------


def vqascore(judge: Judge, image: torch.Tensor, text: str) -> float:
    """``image``: (height, width, 3). Raises :class:`EncoderScopeError` for a judge that cannot
    answer.
    """
    question = AskedQuestion(_VQASCORE_QUESTION.format(text), ("Yes",), exact=True, instructed=True)
    [answer] = _answers(judge, image, [question])
    if answer.mass is None:
        raise _cannot(judge, question)
    return answer.mass


def blip_vqa(judge: Judge, image: torch.Tensor, text: str) -> float:
    """1 for a prompt without noun phrases, as the published code has it."""
    questions = [
        AskedQuestion(f"{phrase}?", exact=True, instructed=True) for phrase in noun_phrases(text)
    ]
    answers = _answers(judge, image, questions)
    return math.prod(
        answer.of(question, YES) for question, answer in zip(questions, answers, strict=True)
    )


def dsg(judge: Judge, image: torch.Tensor, text: str) -> float:
    """With the questions of this pack's reader, each in its first wording. 0 for a prompt that
    gives none.
    """
    questions = question_graph(read(text)).questions
    wordings = [question.asked()[0] for question in questions]
    answers = _answers(judge, image, wordings)
    right = {
        question.id: answer.of(wording, question.expected) > 0.5
        for question, wording, answer in zip(questions, wordings, answers, strict=True)
    }
    return dsg_score(questions, right)


def dsg_score(questions: Sequence[PromptQuestion], right: dict[str, bool]) -> float:
    """``right``: whether each question has its expected answer."""
    if not questions:
        return 0.0
    valid = [
        right[question.id] and all(right[each] for each in question.requires)
        for question in questions
    ]
    return sum(valid) / len(valid)


def _answers(
    judge: Judge, image: torch.Tensor, questions: Sequence[AskedQuestion]
) -> list[JudgeAnswer]:
    answers = judge.answer(image, questions)
    for question, answer in zip(questions, answers, strict=True):
        if answer is None:
            raise _cannot(judge, question)
    return [answer for answer in answers if answer is not None]


def _cannot(judge: Judge, question: AskedQuestion) -> EncoderScopeError:
    return EncoderScopeError(
        "{title} cannot answer this question: {question}",
        "A model that answers any question was expected, such as BLIP-VQA or Qwen-VL. CLIP and "
        "SigLIP compare sentences, and mini-VQA knows drawn scenes only.",
        "Load one with Load Judge, or connect CLIP or SigLIP as encoder_a.",
        title=judge.title,
        question=question.text,
    )


_FORMULAS = {VQASCORE: vqascore, BLIP_VQA: blip_vqa, DSG: dsg}


def score(name: str, judge: Judge, image: torch.Tensor, text: str) -> float:
    """One of :data:`SCORES`, between 0 and 1. Raises :class:`EncoderScopeError`."""
    if name not in _FORMULAS:
        raise UnknownName("score", name, list(SCORES))
    return _FORMULAS[name](judge, image, text)


# --- pairs of a benchmark
# --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class JudgePairScorer:
    """Does the picture score higher with its caption than with the swap?"""

    judge: Judge
    question: str
    """One of :data:`SCORES`."""

    @property
    def title(self) -> str:
        """The judge's name."""
        return self.judge.title

    def fingerprint(self) -> str:
        """Of its answers to a few drawn scenes."""
        images = draw(scenes(2, "test", 0), 64)
        values = [
            round(score(self.question, self.judge, image, text), 4)
            for image in images
            for text in ("a red car and a house", "a blue ball")
        ]
        digest = hashlib.sha256(repr((self.judge.title, self.question, values)).encode())
        return digest.hexdigest()[:24]

    def problems(self, dataset: Dataset, pairs: Sequence[CaptionPair]) -> list[str]:
        """Nothing is too long for a judge that is not too long for its prompt."""
        return []

    def score(self, dataset: Dataset, pairs: Sequence[CaptionPair]) -> list[PairCosines]:
        """Scores in place of cosines."""
        images = (image for batch in dataset.pictures(pairs) for image in batch)
        return [
            PairCosines(
                score(self.question, self.judge, image, pair.caption),
                score(self.question, self.judge, image, pair.swap),
            )
            for pair, image in zip(pairs, images, strict=True)
        ]
