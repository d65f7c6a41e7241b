"""One question about a picture, with its wordings, its swaps and what it depends on."""

from __future__ import annotations

from dataclasses import dataclass

from ....translation import translatable
from ..protocol import NO, YES, AskedQuestion

PRESENCE = translatable("presence")
COUNT = translatable("count")
NEGATION = translatable("negation")
RELATION = translatable("relation")
ACTION = translatable("action")
WHOLE = translatable("whole picture")
OWN = translatable("own")
ATTRIBUTE = translatable("attribute")
KINDS = (
    PRESENCE,
    translatable("colour"),
    translatable("material"),
    translatable("size"),
    translatable("shape"),
    translatable("age"),
    ATTRIBUTE,
    COUNT,
    NEGATION,
    RELATION,
    ACTION,
    WHOLE,
    OWN,
)
"""What a question asks for. An attribute is one whose kind the reader does not know; an own
question is one that the artist typed.
"""


@dataclass(frozen=True)
class Wording:
    """One way to ask."""

    text: str
    statement: str = ""
    """What a picture shows for which *yes* is right, as a caption; empty where there is none."""


@dataclass(frozen=True)
class PromptQuestion:
    """What is asked of a picture, several ways."""

    id: str
    kind: str
    label: str
    """What in the prompt it is about: red car."""
    wordings: tuple[Wording, ...]
    """A picture that shows the prompt answers each with :attr:`expected`."""
    swaps: tuple[Wording, ...] = ()
    """The same asked of the swap: a picture that shows the prompt gives the other answer."""
    expected: str = YES
    requires: tuple[str, ...] = ()
    """Questions that must have their expected answer, else this one makes no sense."""
    drawn: str = ""
    """The kind of drawn scenes that shows it: presence, absence, colour, size, place or count;
    empty where none does.
    """
    spans: tuple[tuple[int, int], ...] = ()
    """The phrases of the prompt that it is about, as characters. A question that several statements
    ask has those of all.
    """

    @property
    def other(self) -> str:
        """The answer that a picture gives which does not show the prompt."""
        return NO if self.expected == YES else YES

    def asked(self) -> list[AskedQuestion]:
        """All wordings, then all swaps, as a judge is asked."""
        own = next((each.statement for each in self.wordings if each.statement), "")
        rival = next((each.statement for each in self.swaps if each.statement), "")
        return [
            *(_asked(wording, rival) for wording in self.wordings),
            *(_asked(wording, own) for wording in self.swaps),
        ]


def _asked(wording: Wording, otherwise: str) -> AskedQuestion:
    statements: tuple[str, ...] = ()
    if wording.statement and otherwise:
        statements = (wording.statement, otherwise)
    return AskedQuestion(wording.text, statements=statements)
