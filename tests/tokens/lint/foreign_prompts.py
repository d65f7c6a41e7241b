"""Constructs of other programs, put into plain prompts by a script: each with its kind and span."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple


class Injected(NamedTuple):
    text: str
    kind: str
    start: int
    end: int


_LORAS = (
    "<lora:detail:0.8>",
    "<lora:add_detail_v2:1>",
    "<lyco:locon-style:0.65>",
    "<hypernet:old_ink:0.4>",
)
_FLAGS = (
    "--ar 16:9",
    "--v 6",
    "--style raw",
    "--stylize 250",
    "--chaos 20",
    "--seed 42",
    "--niji 6",
)


def _words(rng: random.Random) -> str:
    return rng.choice(("red hair", "soft light", "an old tower", "blurry", "night city", "rain"))


def _pair(rng: random.Random) -> tuple[str, str]:
    return rng.choice((("night", "dawn"), ("red", "blue"), ("cat", "dog"), ("oil", "ink")))


def _number(rng: random.Random) -> str:
    return rng.choice(("0.5", "0.8", "1.2", "1.35"))


def _whole(
    kind: str, make: Callable[[random.Random], str]
) -> Callable[[random.Random], tuple[str, str, str, str]]:
    """A construct whose span is all of it: (kind, before, construct, after)."""
    return lambda rng: (kind, "", make(rng), "")


WEIGHTS = frozenset(
    ("unbalanced", "decimal_comma", "not_finite", "extreme_weight", "nested_weight")
)
"""Kinds that are there only where weights are read at all."""
MAKERS: tuple[Callable[[random.Random], tuple[str, str, str, str]], ...] = (
    _whole("break", lambda rng: "BREAK"),
    _whole("and", lambda rng: "AND"),
    _whole("schedule", lambda rng: f"[{':'.join(_pair(rng))}:{_number(rng)}]"),
    _whole("schedule", lambda rng: f"[{_words(rng)}:{_number(rng)}]"),
    _whole("schedule", lambda rng: f"[{_words(rng)}::{_number(rng)}]"),
    _whole("alternation", lambda rng: f"[{'|'.join(_pair(rng))}]"),
    _whole("deemphasis", lambda rng: f"[{_words(rng)}]"),
    _whole("tag", lambda rng: rng.choice(_LORAS)),
    _whole("wildcard", lambda rng: rng.choice(("__hair__", "__color/warm__", "__animals-big__"))),
    _whole("wildcard", lambda rng: f"{{{'|'.join(_pair(rng))}|fog}}"),
    _whole("comment", lambda rng: f"/* {_words(rng)} */"),
    lambda rng: ("glued_weight", _words(rng), f":{_number(rng)}", ","),
    lambda rng: ("glued_weight", _words(rng), f" :{_number(rng)}", ","),
    lambda rng: ("foreign_weight", "sunset", rng.choice(("++", "+++")), ","),
    lambda rng: ("foreign_weight", "(soft light)", rng.choice(("++", "--", "+")), ","),
    lambda rng: ("foreign_weight", "hot", rng.choice(("::2", "::0.5", "::-0.5")), " dog"),
    _whole("flag", lambda rng: rng.choice(_FLAGS)),
    lambda rng: ("flag", "", "--no people, cars", " --v 6"),
    lambda rng: ("unbalanced", "(soft light", "", ""),
    lambda rng: ("unbalanced", "soft light", ")", ","),
    _whole("full_width", lambda rng: f"（{_words(rng)}：{_number(rng)}）"),
    lambda rng: ("decimal_comma", "(fog", f":{_number(rng).replace('.', ',')}", ")"),
    _whole("not_finite", lambda rng: rng.choice(("(owl:inf)", "(owl:nan)", "(owl:-inf)"))),
    _whole("extreme_weight", lambda rng: rng.choice(("(owl:5)", "(owl:-1)", "(owl:12.5)"))),
    lambda rng: ("nested_weight", "(", f"({_words(rng)}:{_number(rng)})", " in the fog:1.4)"),
    lambda rng: ("invisible", "blue", rng.choice(("\u200b", "\ufeff", "\u2060")), "bird"),
)  # fmt: skip


def inject(prompt: str, rng: random.Random, number: int) -> Injected:
    """``prompt`` with the construct of that number between two of its words."""
    kind, before, construct, after = MAKERS[number % len(MAKERS)](rng)
    words = prompt.split(" ")
    at = rng.randrange(1, max(2, len(words)))
    head = " ".join(words[:at]).rstrip("(\"'") + " "
    start = len(head) + len(before)
    tail = f" {' '.join(words[at:])}" if words[at:] else ""
    if kind == "unbalanced" and not construct:
        start, construct, before = len(head), before, ""
        return Injected(f"{head}{construct}{tail}", kind, start, start + 1)
    return Injected(f"{head}{before}{construct}{after}{tail}", kind, start, start + len(construct))
