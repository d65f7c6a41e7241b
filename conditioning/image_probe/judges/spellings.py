"""The tokens with which an answer can begin: yes, Yes, " yes" and the like, added up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from ...errors import EncoderScopeError
from .protocol import YES_OR_NO, AskedQuestion, JudgeAnswer, shared

Encode = Callable[[str], Sequence[int]]
"""Text -> its token ids, without start and end tokens."""


def first_tokens(encode: Encode, answers: Sequence[str], exact: bool = False) -> list[list[int]]:
    """For each answer the tokens that can only be its beginning. Where a spelling is one token
    whole, spellings of several tokens are left out: their first one may begin any word. ``exact``:
    as the answer is spelt, and no other way. Raises :class:`EncoderScopeError` where two answers
    begin alike.
    """
    every = [_beginnings(encode, answer, exact) for answer in answers]
    results = []
    for number, tokens in enumerate(every):
        others = {token for k, other in enumerate(every) if k != number for token in other}
        own = [token for token in tokens if token not in others]
        if not own:
            raise EncoderScopeError(
                "The answer {answer!r} begins with the same token as another one.",
                "Answers that differ in their first token were expected.",
                "Ask for yes or no.",
                answer=answers[number],
            )
        results.append(own)
    return results


def _beginnings(encode: Encode, answer: str, exact: bool) -> list[int]:
    spellings = [answer]
    if not exact:
        words = (answer, answer.capitalize(), answer.upper())
        spellings = [f"{lead}{word}" for lead in ("", " ") for word in words]
    tokens = [list(encode(spelling)) for spelling in spellings]
    whole_words = [each for each in tokens if len(each) == 1] or [each for each in tokens if each]
    return list(dict.fromkeys(int(each[0]) for each in whole_words))


def answer_of(logits: torch.Tensor, tokens: Sequence[Sequence[int]]) -> JudgeAnswer:
    """``logits``: (token,) of the first token of the answer; ``tokens``: those of each answer.
    Raises :class:`EncoderScopeError` where they are no numbers.
    """
    probabilities = logits.double().softmax(dim=-1).cpu()
    if bool(probabilities.isnan().any()):
        raise EncoderScopeError(
            "The judge answered with values that are no numbers (NaN).",
            "Finite logits were expected.",
            "Load it in bf16 or fp32: some models overflow in fp16.",
        )
    return shared([float(probabilities[list(own)].sum()) for own in tokens])


def instruction(question: AskedQuestion) -> str:
    """The question with what may be answered, as instructed models are asked."""
    if question.instructed:
        return question.text
    if set(question.answers) == set(YES_OR_NO):
        return f"{question.text} Please answer yes or no."
    return f"{question.text} Please answer with one of: {', '.join(question.answers)}."
