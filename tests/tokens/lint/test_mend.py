"""The lint's remedies written into prompts, on hand-made recordings."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from encoderscope.conditioning.families.table import FAMILIES
from encoderscope.conditioning.tokens.lint import Finding, lint
from encoderscope.conditioning.tokens.lint.mend import gravity, mended
from encoderscope.conditioning.tokens.prompt_map import map_tokens
from encoderscope.conditioning.tokens.syntax import parse
from encoderscope.tests.tokens import toy
from encoderscope.tests.tokens.lint import foreign_prompts

MENDED = [
    ("a castle, [blurry], fog", "a castle, (blurry:0.9), fog"),
    ("[red|blue] car", "red car"),
    ("a cat, <lora:detail:0.8>, fog", "a cat, fog"),
    ("<lora:detail:0.8> a cat", "a cat"),
    ("a cat --ar 16:9", "a cat"),
    ("a cat --ar 16:9 --v 6", "a cat"),
    ("a hill, night city :1.2", "a hill, (night city:1.2)"),
    ("sunset++, fog", "(sunset:1.2), fog"),
    ("(fog:1,2)", "(fog:1.2)"),
    ("(fog:5), hill", "(fog:1.5), hill"),
    ("(fog:inf), hill", "fog, hill"),
    ("（blue hat：1.2）", "(blue hat:1.2)"),
    ("a cat) sleeps", "a cat sleeps"),
    ("((castle in fog), dusk", "(castle in fog), dusk"),
    ("a knight, (golden armour:1.4, red cape", "a knight, (golden armour:1.4), red cape"),
    ("blue\u200bbird", "bluebird"),
    ("a cat /* b */ on a hill", "a cat on a hill"),
    ("red dress BREAK blue suit", "red dress, blue suit"),
]
LEFT_ALONE = [
    "a red car next to a blue house",
    "a cat AND a dog",
    "[night:dawn:0.4] sky",
    "",
    "(soft light:1.2), a cat",
]


def toy_lint(text: str, family: str = "sd1", weights: bool = True) -> Sequence[Finding]:
    """The lint of a prompt that a toy host read as one window."""
    streams = []
    for rule in FAMILIES[family].streams:
        parts = [part.text for part in parse(text).segments] if weights else [text]
        events = [toy.piece(part) for part in parts]
        streams.append(toy.stream(rule.name, text, events, weights=weights))
    return lint(map_tokens(text, streams, FAMILIES[family]))


@pytest.mark.parametrize(("text", "better"), MENDED)
def test_the_remedy_is_written_into_the_prompt(text: str, better: str) -> None:
    result, mendings = mended(text, toy_lint)
    assert result == better
    assert mendings
    assert gravity(toy_lint(result)) < gravity(toy_lint(text))


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_needs_other_nodes_or_nothing_is_left_alone(text: str) -> None:
    assert mended(text, toy_lint) == (text, [])


def test_a_model_that_reads_weights_as_text_gets_the_words_alone() -> None:
    def reads_text(text: str) -> Sequence[Finding]:
        return toy_lint(text, "flux2", weights=False)

    assert mended("(cat:1.3) on a hill", reads_text)[0] == "cat on a hill"
    assert mended("a castle, [old]", reads_text)[0] == "a castle, old"


def test_no_prompt_gets_worse_and_no_plain_word_is_added() -> None:
    rng = random.Random(7)
    better = 0
    for make in foreign_prompts.MAKERS:
        kind, before, construct, after = make(rng)
        text = f"an old tower, {before}{construct}{after}, rain"
        result, _ = mended(text, toy_lint)
        assert gravity(toy_lint(result)) <= gravity(toy_lint(text))
        if kind != "invisible":  # it parts a word
            assert set(_words(result)) <= set(_words(text))
        better += gravity(toy_lint(result)) < gravity(toy_lint(text))
    assert better >= len(foreign_prompts.MAKERS) // 2


def test_a_thousand_constructs_are_mended_in_part_and_in_bounded_time() -> None:
    looks = 0

    def counted(text: str) -> Sequence[Finding]:
        nonlocal looks
        looks += 1
        return toy_lint(text)

    text = ", ".join(f"a [red|blue] thing{k} AND b" for k in range(60))
    result, mendings = mended(text, counted)
    assert 0 < len(mendings) <= 24 and looks <= 62
    assert gravity(toy_lint(result)) < gravity(toy_lint(text))


def _words(text: str) -> list[str]:
    return [word for word in "".join(c if c.isalpha() else " " for c in text).split() if word]
