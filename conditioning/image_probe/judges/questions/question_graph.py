"""From the reading of a prompt to the questions that a picture is asked, as a graph: no colour is
asked of a car that is not there.

    graph = question_graph(read("a red car next to a blue house"))
    [question.wordings[0].text for question in graph.questions]
        Is there a car in the picture?  Is there a house in the picture?
        Is the car red?  Is the house blue?  Is the car next to the house?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ....english.noun_phrases import kind_of
from ....english.statements import Action, Attribute, Count, Negation, Phrase, Reading, Relation
from ....translation import later, translatable
from ..protocol import NO
from . import from_statements, grammar
from .from_statements import Asked
from .mentions import Mentions, is_of_the_whole
from .question import ACTION, ATTRIBUTE, COUNT, NEGATION, PRESENCE, RELATION, WHOLE, PromptQuestion

LIMIT = 40
"""Questions of one prompt."""
ABSENCE = translatable("absence")
PLACE = translatable("place")
_DRAWN_DIRECTIONS = frozenset(("left", "right", "above", "below", "over", "under", "beneath"))
_LARGEST_DRAWN_COUNT = 4
_TIME = "time"


@dataclass(frozen=True)
class QuestionGraph:
    """All questions of one prompt; each requires only earlier ones."""

    questions: tuple[PromptQuestion, ...]
    skipped: tuple[str, ...] = ()
    """Sentences on what nothing was asked about, and why."""


def question_graph(reading: Reading) -> QuestionGraph:
    """What a picture of this prompt is asked."""
    return _GraphBuilder(reading).graph()


@dataclass
class _GraphBuilder:
    reading: Reading
    questions: list[PromptQuestion] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    presence: dict[str, str] = field(default_factory=dict)
    """Thing -> the question for its presence."""
    attributes: dict[tuple[int, int], list[str]] = field(default_factory=dict)
    """Mention -> the questions for its attributes."""
    numbers: dict[str, int] = field(default_factory=dict)
    """First wording of each question -> its place: none is asked twice."""

    def __post_init__(self) -> None:
        self.mentions = Mentions(self.reading)

    def graph(self) -> QuestionGraph:
        for thing in self.mentions.things:
            self._ask_presence(thing)
        for attribute in self.reading.attributes:
            self._ask_attribute(attribute)
        for count in self.reading.counts:
            self._ask_count(count)
        for negation in self.reading.negations:
            self._ask_negation(negation)
        for relation in self.reading.relations:
            self._ask_relation(relation)
        for action in self.reading.actions:
            self._ask_action(action)
        for phrase in self.mentions.named:
            self._ask_whole(phrase)
        if len(self.questions) > LIMIT:
            self.skipped.append(_left_out(len(self.questions) - LIMIT))
        return QuestionGraph(tuple(self.questions[:LIMIT]), tuple(self.skipped))

    def _add(
        self,
        kind: str,
        label: str,
        ways: Asked,
        about: Sequence[Phrase],
        requires: Sequence[str] = (),
        **options: str,
    ) -> str:
        """Adds a question unless the same was asked already; its id, empty where it was. ``about``:
        the phrases of the prompt that ask it.
        """
        first = ways.wordings[0].text
        spans = tuple(phrase.span for phrase in about if phrase.stands_in_prompt)
        if first in self.numbers:
            question = self.questions[self.numbers[first]]
            every = tuple(dict.fromkeys((*question.spans, *spans)))
            self.questions[self.numbers[first]] = replace(question, spans=every)
            return ""
        self.numbers[first] = len(self.questions)
        question = PromptQuestion(
            f"q{len(self.questions) + 1}",
            kind,
            label,
            ways.wordings,
            ways.swaps,
            requires=tuple(dict.fromkeys(requires)),
            spans=spans,
            **options,
        )
        self.questions.append(question)
        return question.id

    def _needs(self, *things: Phrase) -> list[str]:
        """Their presence, and the attributes by which repeated things are told apart."""
        needed: list[str] = []
        for thing in things:
            presence = self.presence.get(grammar.thing_key(thing.text))
            needed += [presence] if presence else []
            if self.mentions.is_repeated(thing):
                needed += self.attributes.get(thing.span, [])
        return needed

    def _ask_presence(self, thing: Phrase) -> None:
        key = grammar.thing_key(thing.text)
        if key in self.presence:
            return
        ways, every = from_statements.of_presence(thing.text), self.mentions.alike(thing)
        self.presence[key] = self._add(PRESENCE, thing.text, ways, every, drawn=PRESENCE)

    def _ask_attribute(self, attribute: Attribute) -> None:
        if not self.mentions.is_asked(attribute.object):
            return  # said of the whole picture, or of what is not there: asked with its thing
        kind = kind_of(attribute.modifier.text.split()[-1]) or ATTRIBUTE
        ways = from_statements.of_attribute(attribute, kind, self.reading, self.mentions)
        presence = self.presence.get(grammar.thing_key(attribute.object.text))
        requires = [presence] if presence else []
        drawn = kind if kind in ("colour", "size") else ""
        question = self._add(kind, attribute.label(), ways, attribute.arc(), requires, drawn=drawn)
        if question:
            self.attributes.setdefault(attribute.object.span, []).append(question)

    def _ask_count(self, count: Count) -> None:
        if not self.mentions.is_asked(count.object) or count.value < 1:
            return
        drawn = COUNT if count.value <= _LARGEST_DRAWN_COUNT else ""
        ways = from_statements.of_count(count, self.mentions)
        needs = self._needs(count.object)
        self._add(COUNT, count.label(), ways, count.arc(), needs, drawn=drawn)

    def _ask_negation(self, negation: Negation) -> None:
        options = {"expected": NO}
        if not kind_of(negation.object.text) or negation.object in self.reading.things:
            ways = self._absence(negation.object)
            self._add(NEGATION, negation.label(), ways, negation.arc(), drawn=ABSENCE, **options)
            return
        thing = self.mentions.before(negation.negator.start)
        if thing is None:
            self.skipped.append(
                later("{label}: of which thing could not be read.", label=negation.label())
            )
            return
        ways = from_statements.of_lacked_property(thing.text, negation.object.text)
        label = f"{thing.text} {negation.label()}"
        self._add(NEGATION, label, ways, negation.arc(), self._needs(thing), **options)

    def _absence(self, thing: Phrase) -> Asked:
        modifiers = " ".join(self.mentions.modifiers(thing))
        return from_statements.of_presence(f"{modifiers} {thing.text}".strip())

    def _ask_relation(self, relation: Relation) -> None:
        if not all(map(self.mentions.is_asked, relation.arc())):
            return
        if relation.kind == _TIME:
            self.skipped.append(
                later("{label}: a picture shows no before and after.", label=relation.label())
            )
            return
        ends = self._references(relation.left, relation.right)
        if ends is None:
            return
        drawn = ""
        if not _DRAWN_DIRECTIONS.isdisjoint(relation.relation.lower.split()):
            drawn = PLACE
        ways = from_statements.of_relation(relation, *ends, self.mentions)
        needs = self._needs(relation.left, relation.right)
        self._add(RELATION, relation.label(), ways, relation.arc(), needs, drawn=drawn)

    def _ask_action(self, action: Action) -> None:
        if not all(map(self.mentions.is_asked, action.arc())):
            return
        ends = self._references(action.agent, action.patient)
        if ends is None:
            return
        label = action.label()
        if action.passive:
            label = f"{action.patient.text} {action.verb.text} by {action.agent.text}"
        ways = from_statements.of_action(action, *ends, self.mentions)
        self._add(ACTION, label, ways, action.arc(), self._needs(action.agent, action.patient))

    def _references(self, first: Phrase, second: Phrase) -> tuple[str, str] | None:
        """How two things are named so that it is clear which are meant; None where nothing does
        it.
        """
        mentions = self.mentions
        texts = mentions.unique_description(first), mentions.unique_description(second)
        if all(texts):
            return texts
        if grammar.thing_key(first.text) == grammar.thing_key(second.text):
            return first.text, second.text
        if not any(texts):
            return None
        return mentions.described(first), mentions.described(second)

    def _ask_whole(self, phrase: Phrase) -> None:
        words = " ".join([*self.mentions.modifiers(phrase), phrase.text])
        if self.mentions.is_name(phrase) or is_of_the_whole(words):
            self._add(WHOLE, words, from_statements.of_the_whole(words), [phrase])


def _left_out(count: int) -> str:
    if count == 1:
        return later(
            "The prompt asks for more than {limit} things; the last was not asked.", limit=LIMIT
        )
    return later(
        "The prompt asks for more than {limit} things; the last {count} were not asked.",
        limit=LIMIT,
        count=count,
    )
