"""Questions as lines of text, which an artist can edit.

    q1 presence: Is there a car in the picture? | Does the picture show a car? // Is there a tree?
    q3 colour, needs q1: Is the car red? // Is the car blue?
    q4 negation, expects no: Is there a hat in the picture?
    Is the cat asleep?

Wordings stand between bars, swaps behind two slashes. A line without a colon before its first
question is a question of the artist's own, to which the picture should answer yes. Empty lines and
lines that begin with # are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ....errors import EncoderScopeError
from ....translation import later
from ..protocol import YES, YES_OR_NO
from .question import KINDS, OWN, PromptQuestion, Wording

_HEAD = re.compile(
    r"(?P<id>\w+)\s+(?P<kind>[a-z][a-z ]*?)\s*"
    r"(?:,\s*needs\s+(?P<needs>\w+(?:\s+\w+)*)\s*)?"
    r"(?:,\s*expects\s+(?P<expects>\w+)\s*)?:(?P<rest>.*)"
)
_EXAMPLE = "q3 colour, needs q1: Is the car red? | Is there a red car? // Is the car blue?"


def to_lines(questions: Sequence[PromptQuestion]) -> str:
    """One line for each question."""
    return "\n".join(map(_to_line, questions))


def _to_line(question: PromptQuestion) -> str:
    head = f"{question.id} {question.kind}"
    if question.requires:
        head += f", needs {' '.join(question.requires)}"
    if question.expected != YES:
        head += f", expects {question.expected}"
    body = " | ".join(wording.text for wording in question.wordings)
    if question.swaps:
        body += " // " + " | ".join(swap.text for swap in question.swaps)
    return f"{head}: {body}"


def from_lines(text: str, of_prompt: Sequence[PromptQuestion] = ()) -> tuple[PromptQuestion, ...]:
    """The questions of edited lines. ``of_prompt``: those of the prompt, whose labels, captions and
    kinds of scenes go with the sentences that were left as they were. Raises
    :class:`EncoderScopeError` with the number of the line.
    """
    reader = _LineReader(of_prompt)
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            reader.add(number, line.strip())
    return tuple(reader.questions)


class _LineReader:
    def __init__(self, of_prompt: Sequence[PromptQuestion]) -> None:
        self.wordings = {
            wording.text: wording
            for question in of_prompt
            for wording in (*question.wordings, *question.swaps)
        }
        self.of_prompt = {
            (question.kind, wording.text): question
            for question in of_prompt
            for wording in question.wordings
        }
        self.questions: list[PromptQuestion] = []

    def add(self, number: int, line: str) -> None:
        head = _HEAD.fullmatch(line)
        if head is None or "?" in line[: head.start("rest")]:
            self.questions.append(self._question(number, self._free_id(), OWN, line))
            return
        kind, needs = head["kind"], tuple((head["needs"] or "").split())
        expects = head["expects"] or YES
        _check(number, later("{word!r} is no kind of question", word=kind), kind, KINDS)
        _check(number, later("{word!r} is no answer", word=expects), expects, YES_OR_NO)
        ids = [question.id for question in self.questions]
        for needed in needs:
            _check(number, later("{word!r} is no earlier question", word=needed), needed, ids)
        if head["id"] in ids:
            raise _wrong(
                number,
                later("{word!r} names a question before it, too", word=head["id"]),
                later("a name of its own"),
            )
        self.questions.append(
            self._question(number, head["id"], kind, head["rest"], needs, expects)
        )

    def _question(
        self,
        number: int,
        name: str,
        kind: str,
        body: str,
        requires: tuple[str, ...] = (),
        expected: str = YES,
    ) -> PromptQuestion:
        own, _, swap = body.partition("//")
        wordings, swaps = self._wordings(own), self._wordings(swap)
        if not wordings:
            raise _wrong(number, later("there is no question"), later("at least one"))
        label, drawn = wordings[0].text, ""
        spans: tuple[tuple[int, int], ...] = ()
        keys = [(kind, each.text) for each in wordings]
        originals = [self.of_prompt[key] for key in keys if key in self.of_prompt]
        if originals:
            label, spans = originals[0].label, originals[0].spans
        if len(originals) == len(wordings):
            drawn = originals[0].drawn
        return PromptQuestion(name, kind, label, wordings, swaps, expected, requires, drawn, spans)

    def _wordings(self, body: str) -> tuple[Wording, ...]:
        texts = [" ".join(part.split()) for part in body.split("|")]
        return tuple(self.wordings.get(text, Wording(text)) for text in texts if text)

    def _free_id(self) -> str:
        ids = {question.id for question in self.questions}
        number = len(self.questions) + 1
        while f"q{number}" in ids:
            number += 1
        return f"q{number}"


def _check(number: int, problem: str, word: str, words: Sequence[str]) -> None:
    if word not in words:
        choices = later("one of these: {names}", names=", ".join(words) or later("none"))
        raise _wrong(number, problem, choices)


def _wrong(number: int, problem: str, expected: str) -> EncoderScopeError:
    return EncoderScopeError(
        "Line {number} of the questions cannot be read: {problem}.",
        "Expected: {expected}.",
        "Write it as in: {example}",
        number=number,
        problem=problem,
        expected=expected,
        example=_EXAMPLE,
    )
