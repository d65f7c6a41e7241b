"""The questions of one statement: its wordings, and the same of its swap."""

from __future__ import annotations

from typing import NamedTuple

from ....english import lexicon
from ....english.frames import number_word, numbered
from ....english.noun_phrases import kind_of
from ....english.statements import Action, Attribute, Count, Reading, Relation
from . import grammar, question_words, rivals
from .mentions import Mentions
from .question import Wording


class Asked(NamedTuple):
    """Wordings and swaps of one question."""

    wordings: tuple[Wording, ...]
    swaps: tuple[Wording, ...] = ()


def _wordings(texts: list[str], statement: str) -> tuple[Wording, ...]:
    return tuple(Wording(text, statement) for text in texts)


def of_presence(thing: str) -> Asked:
    """Is there a car in the picture? Is the picture free of cars?"""
    return Asked(_presence(thing), _absence(thing))


def _presence(thing: str) -> tuple[Wording, ...]:
    return _wordings(grammar.presence(thing), grammar.indefinite(thing))


def _absence(thing: str) -> tuple[Wording, ...]:
    free = grammar.free_of(thing)
    texts = [f"Is the picture free of {free}?", f"Is the picture without any {free}?"]
    if free.startswith("the "):
        texts = [f"Is the picture without {free}?", f"Is {free} missing from the picture?"]
    return _wordings(texts, f"no {free.removeprefix('the ')}")


def of_attribute(attribute: Attribute, kind: str, reading: Reading, mentions: Mentions) -> Asked:
    """Is the car red?"""
    other = rivals.other_attribute(attribute, kind, reading, mentions)
    alone = not mentions.is_repeated(attribute.object)
    swaps: tuple[Wording, ...] = ()
    if other:
        swaps = _attribute(attribute.object.text, other, alone)
    return Asked(_attribute(attribute.object.text, attribute.modifier.text, alone), swaps)


def _attribute(thing: str, modifier: str, alone: bool) -> tuple[Wording, ...]:
    """``alone``: nothing else in the prompt has this name, so that *the* is enough."""
    texts = grammar.presence(thing, modifier)
    predicate = _predicate(modifier)
    if alone and predicate:
        texts = [f"{grammar.be(thing)} the {thing} {predicate}?", texts[0]]
    return _wordings(texts, grammar.indefinite(thing, modifier))


def _predicate(modifier: str) -> str:
    """How an attribute is said of its thing: red, made of glass; empty where it stands before its
    thing only.
    """
    word = modifier.lower()
    first, _, rest = word.partition(" ")
    if word in question_words.BEFORE_ITS_THING or (rest and first not in lexicon.SHADE):
        return ""
    if word in question_words.SHAPE_NOUNS:
        return f"shaped like {grammar.indefinite(modifier)}"
    if word in lexicon.MATERIAL and word in lexicon.NOUNS_TOO:
        return f"made of {modifier}"
    return modifier


def of_count(count: Count, mentions: Mentions) -> Asked:
    """Are there exactly two cats in the picture?"""
    thing = mentions.described(count.object)
    other = rivals.other_number(count.value)
    return Asked(_count(thing, count.value, other), _count(thing, other, count.value))


def _count(thing: str, value: int, beside: int) -> tuple[Wording, ...]:
    name = numbered(thing, value)
    if 1 not in (value, beside):
        name = thing  # as typed: the rules for plurals do not know every word
    phrase = f"{number_word(value, (beside,))} {name}"
    be = "Is" if value == 1 else "Are"
    texts = [
        f"{be} there exactly {phrase} in the picture?",
        f"Does the picture show exactly {phrase}?",
    ]
    return _wordings(texts, phrase)


def of_lacked_property(thing: str, modifier: str) -> Asked:
    """Is the car red? No is right."""
    be = grammar.be(thing)
    predicate = _predicate(modifier) or modifier
    other = f"anything but {predicate}"
    if kind_of(modifier) == "colour":
        other = f"a colour other than {modifier}"
    own = grammar.indefinite(thing, modifier)
    wordings = [f"{be} the {thing} {predicate}?", grammar.presence(thing, modifier)[0]]
    lacking = f"{grammar.indefinite(thing)} that {be.lower()} not {predicate}"
    return Asked(_wordings(wordings, own), (Wording(f"{be} the {thing} {other}?", lacking),))


def of_relation(relation: Relation, left: str, right: str, mentions: Mentions) -> Asked:
    """Is the cat above the dog? ``left`` and ``right``: how the things are referred to."""
    word = relation.relation.lower
    if word == "in" and grammar.last_word(right) in lexicon.CLOTHES:
        return _worn(left, right, mentions)
    converse = _converse(relation, right)
    swaps: tuple[Wording, ...] = ()
    if left.lower() == right.lower():
        return Asked(_alike(left, question_words.SPELT_RELATIONS.get(word, word)))
    if converse:
        swaps = _between(left, converse, right)
    return Asked(_between(left, word, right), swaps)


def _converse(relation: Relation, right: str) -> str:
    """What a swap says instead; empty where nothing is known."""
    word = relation.relation.lower
    if word == "in" and right.lower() in question_words.UNIQUE:
        return ""
    if word == "in" and grammar.is_uncounted(right):
        return "out of"
    return relation.converse or question_words.OPPOSITE_RELATIONS.get(word, "")


def _between(left: str, word: str, right: str) -> tuple[Wording, ...]:
    word = question_words.SPELT_RELATIONS.get(word, word)
    ends = grammar.indefinite(left), grammar.in_place(right)
    texts = [
        f"{grammar.be(left)} the {left} {word} the {right}?",
        f"Does the picture show {ends[0]} {word} {ends[1]}?",
    ]
    return _wordings(texts, f"{ends[0]} {word} {ends[1]}")


def _alike(thing: str, link: str) -> tuple[Wording, ...]:
    """Is there a cat next to another cat in the picture? ``link``: next to, chasing."""
    phrase = f"{grammar.indefinite(thing)} {link} {grammar.another(thing)}"
    texts = [
        f"{grammar.be(thing)} there {phrase} in the picture?",
        f"Does the picture show {phrase}?",
    ]
    return _wordings(texts, phrase)


def _worn(left: str, right: str, mentions: Mentions) -> Asked:
    """Is the woman wearing a dress?"""
    other = rivals.other_garment(right, mentions.named)
    return Asked(_wearing(left, right), _wearing(left, other))


def _wearing(left: str, right: str) -> tuple[Wording, ...]:
    worn = grammar.indefinite(right)
    texts = [
        f"{grammar.be(left)} the {left} wearing {worn}?",
        f"Does the picture show {grammar.indefinite(left)} wearing {worn}?",
    ]
    return _wordings(texts, f"{grammar.indefinite(left)} wearing {worn}")


def of_action(action: Action, agent: str, patient: str, mentions: Mentions) -> Asked:
    """Is the dog chasing the cat?"""
    base = lexicon.VERBS[action.verb.lower]
    if base == "wear":
        return _worn(agent, patient, mentions)
    if agent.lower() == patient.lower():
        return Asked(_alike(agent, grammar.participle(base)))
    return Asked(_acting(agent, base, patient), _acting(patient, base, agent))


def _acting(agent: str, base: str, patient: str) -> tuple[Wording, ...]:
    first, second = grammar.indefinite(agent), grammar.indefinite(patient)
    if base in question_words.STATIVE:
        verb = base if grammar.is_many(agent) else f"{base}s"
        texts = [f"{grammar.do(agent)} the {agent} {base} the {patient}?"]
        return _wordings(texts, f"{first} that {verb} {second}")
    doing = grammar.participle(base)
    texts = [
        f"{grammar.be(agent)} the {agent} {doing} the {patient}?",
        f"Does the picture show {first} {doing} {second}?",
    ]
    return _wordings(texts, f"{first} {doing} {second}")


def of_the_whole(words: str) -> Asked:
    """Does the description "golden hour" fit this picture?"""
    texts = [
        f'Does the description "{words}" fit this picture?',
        f'Do the words "{words}" describe this picture?',
    ]
    return Asked(_wordings(texts, words))
