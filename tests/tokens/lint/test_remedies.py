"""What the lint advises can be written into the prompt: the finding goes, no word does, and nothing
new is found.
"""

from __future__ import annotations

import random
import re

import pytest
from encoderscope.conditioning.tokens.lint import Finding
from encoderscope.conditioning.tokens.lint.mend import edits
from encoderscope.conditioning.tokens.lint.weight_groups import flattened, groups_of
from encoderscope.conditioning.tokens.syntax import parse
from encoderscope.tests.tokens.lint.prompt_habits import HABITS
from encoderscope.tests.tokens.lint.test_lint import findings

REMEDIES = [
    ("((brass:0.5) kettle:2.0)", "(brass:0.5)", "Write brass (kettle:2) in place of"),
    ("((cat:1.2)), (dog)", "(cat:1.2)", "Write (cat:1.32) in place of"),
    ("(((cat:1.5):1.5):1.5)", "(cat:1.5)", "Write (cat:2) in place of"),
    ("1girl, {{{red eyes}}}, fog", "{{{red eyes}}}", "Write (red eyes:1.2)."),
    ("a {1girl:1.2} here", ":1.2", "Write (1girl:1.2)."),
    ("a <girl:1.2> here", ":1.2", "Write (girl:1.2)."),
    ("a city::2 here", "::2", "Write (a city:2)."),
    ("hot:: dog", "::", "Delete it, and part the texts with a comma."),
    ("a city::-0.5 here", "::-0.5", "negative prompt"),
    ("a [cat:1.2] here", "[cat:1.2]", "Write (cat:1.2)."),
    ("a hill, [[fog]]", "[[fog]]", "Write (fog:0.83)."),
    ("a hill, [(fog:1.3)]", "[(fog:1.3)]", "Write (fog:1.17)."),
    ("a {0.5::red|blue} hat", "{0.5::red|blue}", "Use a node that fills wildcards in"),
    ("a {red|blue} hat", "{red|blue}", "type it here"),
    ("a <ti:easyneg:0.5> here", "<ti:easyneg:0.5>", "Write (embedding:easyneg:0.5)."),
    ("(dog:１．２)", ":１．２", "Write (dog:1.2)."),
    ("a <comment:old> cat", "<comment:old>", "Delete it."),
]


def _at(text: str, where: str) -> list[Finding]:
    return [item for item in findings(text) if text[item.start : item.end] == where]


@pytest.mark.parametrize(("text", "where", "remedy"), REMEDIES)
def test_what_to_write_is_said(text: str, where: str, remedy: str) -> None:
    assert [remedy in item.remedy for item in _at(text, where)] == [True]


@pytest.mark.parametrize("text", [text for text, _, _ in HABITS], ids=lambda value: value[:40])
def test_what_is_advised_mends_the_finding(text: str) -> None:
    items = findings(text)
    for item in items:
        edit = next(edits(text, item), None)
        if edit is None:
            continue
        changed = text[: edit.start] + edit.after + text[edit.end :]
        left = [other.kind for other in findings(changed)]
        kinds = [other.kind for other in items]
        assert left.count(item.kind) < kinds.count(item.kind)
        assert all(left.count(kind) <= kinds.count(kind) for kind in left)


def _nested(rng: random.Random, depth: int = 0) -> str:
    words = " ".join(rng.choices(("red", "old cat", "fog, snow", "sky"), k=rng.randint(1, 2)))
    if depth < 3 and rng.random() < 0.7:
        words = f"{words} {_nested(rng, depth + 1)}, end"
    number = rng.choice(("", "", ":1.2", ":0.5", ":0.9"))
    return f"({words}{number})"


def test_brackets_in_brackets_are_written_out_with_their_products() -> None:
    rng = random.Random(0)
    for _ in range(200):
        text = _nested(rng)
        groups = groups_of(text, parse(text))
        flat = flattened(text, groups[0], groups)
        weights = {group.weight for group in groups_of(flat, parse(flat))}
        products = {max(0.0, min(2.0, group.product)) for group in groups}
        assert all(min(abs(w - p) for p in products) < 0.006 for w in weights)
        assert all(group.outer is None for group in groups_of(flat, parse(flat)))
        words = re.findall("[a-z]+", text)
        assert re.findall("[a-z]+", flat) == words
