"""Whatever is written, the suggested order holds the same words at the same weights and the same
markup, and nothing that reached the image model is lost on the way: by the host's own tokens.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from encoderscope.conditioning.spans import overlap
from encoderscope.conditioning.tokens.lanes import COUNTED
from encoderscope.conditioning.tokens.order import held_phrases, suggest
from encoderscope.conditioning.tokens.placement import tokens_of
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

pytestmark = pytest.mark.host
THINGS = (
    *("a red car", "an old fisherman in a green coat", "two gulls", "stone stairs", "Ann's boat"),
    *("café", "naïve ½", "红色", "a cat.", "a very small boat on a very large lake at dawn", "i"),
    *("don't", "3 cups", "x-ray", "e.g. a lamp", "snow ❄", "a/b", "1girl", "o_o", "a  wide  gap"),
)
LOOKS = (
    *("cinematic lighting", "film grain", "best quality", "8k", "85mm lens", "golden hour"),
    *("oil painting", "f1.8", "highly detailed digital painting of light", "sharp focus."),
)
MARKUP = (
    *("(red:1.3)", "((blue))", "(a (tiny:0.5) lamp:1.2)", r"\(literal\)", "(cup", "lamp)", "[fog]"),
    *("embedding:lazyneg", "(embedding:lazyneg.v2:0.8)", "BREAK", "<lora:x:0.7>", "{a|b}", "//"),
    *("(film grain:1.4)", "(a, b; c:1.1)", "(x:1,5)", "(:1.2)", "__hair__", "a\\", "(8k:1.0)"),
    *(
        "[[fog]]",
        "tom &amp; jerry",
        "{2$$a|b}",
        "（蓝色:1.2）",
        "hot::2",
        "smile :)",
        "(a:1.2, b:1.3)",
    ),
)
SEPARATORS = (", ", ", ", ", ", ",", "; ", ". ", "\n", " ", " , ", ",, ", ".")
PIECES = some.one_of(*(some.sampled_from(each) for each in (THINGS, LOOKS, MARKUP)))
PROMPTS = some.lists(some.tuples(PIECES, some.sampled_from(SEPARATORS)), max_size=60).map(
    lambda pairs: "".join(piece + separator for piece, separator in pairs)
)
FAMILIES = ("sd1", "sdxl", "flux")


@pytest.fixture(scope="module")
def mapped(host_folder: Path) -> Any:
    from encoderscope.host.reports import token_reports

    choices = {name: token_reports.choose(None, name) for name in FAMILIES}
    return lambda name, text: token_reports.map_text(choices[name][0], text, choices[name][1])


def words_at_weights(prompt: Any) -> Counter[tuple[str, str, float]]:
    """What the host's tokenizers made of each word that is counted: at which weight its tokens
    stand, by stream.
    """
    return Counter(
        (placement.recording.name, word.text.rstrip("."), weight)
        for placement in prompt.placements
        for word in prompt.words
        if word.kind in COUNTED
        for weight in _weights(placement, prompt.text, word)
    )


def _weights(placement: Any, text: str, word: Any) -> set[float]:
    return {
        placement.recording.windows[number][slot][1]
        for number, window in enumerate(tokens_of(placement, text))
        for slot, token in enumerate(window)
        if overlap(token.span, (word.start, word.end))
    }


def markup(text: str, added: list[str]) -> Counter[str]:
    """The brackets, numbers and backslashes of a prompt, without those that were added."""
    for phrase in added:
        text = text.replace(phrase, phrase[1:].removesuffix(":1.0)"), 1)
    return Counter(each for each in text if each in "()[]{}\\<>|:_/" or each.isdigit())


def lost(prompt: Any) -> Counter[str]:
    """Words that no readout takes. A word may leave the pooled vector's window: others enter it."""
    return Counter(
        word.text.rstrip(".")
        for word, *fates in zip(prompt.words, *prompt.lanes, strict=True)
        if word.kind in COUNTED and not {*fates} & {"seen", "later", "past", "cut"}
    )


@pytest.mark.parametrize("family", FAMILIES)
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=PROMPTS)
@example(text="film grain, (a red car:1.2), " * 12 + "embedding:lazyneg.")
@example(text="best quality, " + r"a \(small\) cup, " * 20)
def test_a_suggestion_loses_nothing(mapped: Any, family: str, text: str) -> None:
    before = mapped(family, text)
    suggested = suggest(text, lambda each: mapped(family, each))
    after = mapped(family, suggested)
    assert words_at_weights(after) == words_at_weights(before)
    assert markup(suggested, held_phrases(text, suggested)) == markup(text, [])
    assert not lost(after) - lost(before)
    again = suggest(suggested, lambda each: mapped(family, each))
    assert words_at_weights(mapped(family, again)) == words_at_weights(before)
