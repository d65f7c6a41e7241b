"""What stands in the swap of a question: something else of the same kind."""

from __future__ import annotations

from collections.abc import Iterable

from ....english.contrasts import AttributeContrast
from ....english.statements import Attribute, Phrase, Reading
from ....scenes.scene import COLOURS
from . import grammar, question_words
from .mentions import Mentions


def other_attribute(attribute: Attribute, kind: str, reading: Reading, mentions: Mentions) -> str:
    """Another attribute for the same thing: the prompt's own where it has one, else ours; empty
    where neither is known.
    """
    own = mentions.same_things_modifiers(attribute.object)
    candidates = [*_of_the_prompt(attribute, reading), *_stock(attribute, kind)]
    return next((word for word in candidates if word.lower() not in own), "")


def _of_the_prompt(attribute: Attribute, reading: Reading) -> Iterable[str]:
    for contrast in reading.contrasts:
        if isinstance(contrast, AttributeContrast) and not contrast.stock:
            if attribute == contrast.first:
                yield contrast.second.modifier.text
            if attribute == contrast.second:
                yield contrast.first.modifier.text


def _stock(attribute: Attribute, kind: str) -> Iterable[str]:
    word = attribute.modifier.lower
    if kind == "colour":
        return [colour for colour in COLOURS if colour not in word.replace("-", " ").split()]
    if kind == "size":
        return [question_words.STOCK_SIZES.get(word, "small")]
    if kind == "age":
        lives = grammar.last_word(attribute.object.text) in question_words.LIVING
        return [question_words.STOCK_AGES.get(word, "young" if lives else "new")]
    if kind == "shape":
        return ["square" if word in question_words.ROUND else "round"]
    if kind == "material":
        return [question_words.STOCK_MATERIALS.get(word, "wooden")]
    return []


def other_garment(garment: str, named: Iterable[Phrase]) -> str:
    """Something else to wear, that nobody spoke of."""
    words = {grammar.last_word(phrase.text) for phrase in named}
    return next(
        word for word in question_words.STOCK_GARMENTS if word not in words | {garment.lower()}
    )


def other_number(value: int) -> int:
    """The neighbour that it is most easily taken for."""
    return value + 1 if value < 12 else value - 1
