"""What the lint finds, where, and what it leaves alone, on hand-made recordings."""

from __future__ import annotations

import importlib
import random
import time
from typing import Any

import pytest
from encoderscope.conditioning.families.table import FAMILIES
from encoderscope.conditioning.tokens.lint import Finding, gravest, lint
from encoderscope.conditioning.tokens.lint.finding import CONSTRUCTS
from encoderscope.conditioning.tokens.prompt_map import PromptMap, map_tokens
from encoderscope.conditioning.tokens.syntax import parse
from encoderscope.conditioning.tokens.typed_text import sent_by_browser
from encoderscope.tests.tokens import toy
from encoderscope.tests.tokens.lint import foreign_prompts


def findings(text: str, family: str = "sd1", weights: bool = True, **options: Any) -> list[Finding]:
    """The lint of a prompt that a toy host read as one window, by the weights of its syntax."""
    return lint(mapped(text, family, weights), **options)


def mapped(text: str, family: str = "sd1", weights: bool = True) -> PromptMap:
    """A prompt as a toy host of a family reads it."""
    rules = FAMILIES[family].streams
    streams = []
    for rule in rules:
        parts = [part.text for part in parse(text).segments] if weights else [text]
        events = [toy.piece(part) for part in parts]
        streams.append(toy.stream(rule.name, text, events, weights=weights))
    return map_tokens(text, streams, FAMILIES[family])


def kinds(text: str, **options: Any) -> list[tuple[str, str]]:
    return [(item.kind, text[item.start : item.end]) for item in findings(text, **options)]


GRAMMAR = [
    ("red dress BREAK blue suit", [("break", "BREAK")]),
    ("a cat AND a dog", [("and", "AND")]),
    ("[night:dawn:0.4]", [("schedule", "[night:dawn:0.4]")]),
    ("a [fog:0.5] hill", [("schedule", "[fog:0.5]")]),
    ("a [fog::0.5] hill", [("schedule", "[fog::0.5]")]),
    ("[cat:dog:10]", [("schedule", "[cat:dog:10]")]),
    ("[red|blue] car", [("alternation", "[red|blue]")]),
    ("[blurry], fog", [("deemphasis", "[blurry]")]),
    ("[[blurry]]", [("deemphasis", "[[blurry]]")]),
    ("<lora:detail:0.8> cat", [("tag", "<lora:detail:0.8>")]),
    ("<LYCO:style:1>", [("tag", "<LYCO:style:1>")]),
    ("<hypernet:ink:0.4>", [("tag", "<hypernet:ink:0.4>")]),
    ("__hair__ girl", [("wildcard", "__hair__")]),
    ("{day|dusk} sky", [("wildcard", "{day|dusk}")]),
    ("a hill // remove\nfog", [("comment", "// remove")]),
    ("a /* b */ hill", [("comment", "/* b */")]),
    ("night city :1.2", [("glued_weight", " :1.2")]),
    ("1girl:1.2, fog", [("glued_weight", ":1.2")]),
    ("sunset++", [("foreign_weight", "++")]),
    ('("a", "b").and()', [("foreign_weight", ").and()")]),
    ("hot::2 dog", [("foreign_weight", "::2")]),
    ("cat --ar 16:9", [("flag", "--ar 16:9")]),
    ("cat --no people, cars --v 6", [("flag", "--no people, cars"), ("flag", "--v 6")]),
    ("cat —ar 16:9", [("flag", "—ar 16:9")]),
    ("cat\nNegative prompt: dog", [("negative_prompt", "Negative prompt:")]),
    (
        "cat\nSteps: 20, Sampler: Euler a, CFG scale: 7",
        [("generation_parameters", "Steps: 20, Sampler: Euler a, CFG scale: 7")],
    ),
]


@pytest.mark.parametrize(("text", "expected"), GRAMMAR, ids=lambda value: str(value)[:30])
def test_grammar_of_other_programs_is_found_where_it_stands(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert kinds(text) == expected


PLAIN = [
    "a coffee break at 12:30",
    "see https://example.org/x for more",
    "a sign that says “BREAK TIME”, or 'AND'",
    "ROCK AND ROLL",
    "a list: [1], [2], [12:30], a[0], [link](https://example.org)",
    "**bold** and __important words__ in markdown",
    "def __init__(self): pass",
    "ratio 16:9, score 2:1, at 10:45, chapter 3:16",
    "C++ code, an A+ student, std::vector, notepad++",
    "a man -- no one else -- walks; a well--known town",
    '{"subject": "a fox", "tags": ["ink", "fog"], "mood": "a|b"}',
    "opacity:0.5; width: 1.5px; scale:1.5x",
    "a (small) dog (in a basket), and that is all :)",
    "He said: “it's 1.5 km away”.",
    "24/7 open, w/o rain",
]


@pytest.mark.parametrize("text", PLAIN)
def test_plain_text_is_left_alone(text: str) -> None:
    assert kinds(text) == []


WEIGHTS = [
    ("(owl:inf)", "not_finite", "(owl:inf)"),
    ("(owl:nan)", "not_finite", "(owl:nan)"),
    ("((brass:0.5) kettle:2.0)", "nested_weight", "(brass:0.5)"),
    ("((brass:0.5))", "nested_weight", "(brass:0.5)"),
    ("(c:1,5)", "decimal_comma", ":1,5"),
    ("(cat:1.2x)", "unreadable_weight", ":1.2x"),
    ("(:1.3)", "empty_weight", "(:1.3)"),
    ("(cat:5)", "extreme_weight", "(cat:5)"),
    ("(cat:-0.5)", "extreme_weight", "(cat:-0.5)"),
    ("a cat) and (dog:1.3)", "unbalanced", ")"),
    ("((cup)", "unbalanced", "("),
    ("a (cat:1.2 on a mat", "unbalanced", "("),
    ("（蓝色:1.2）", "full_width", "（蓝色:1.2）"),
    ("(fog:1.3), sun, (fog:0.7)", "contradicting_weights", "(fog:0.7)"),
]


@pytest.mark.parametrize(("text", "kind", "where"), WEIGHTS)
def test_weights_that_are_not_what_they_look_like(text: str, kind: str, where: str) -> None:
    assert (kind, where) in kinds(text)


@pytest.mark.parametrize("text", ["(cat:1.2)", "((cat))", "(a cat:1.3) and (a dog:0.8)", "\\(x\\)"])
def test_ordinary_weights_are_left_alone(text: str) -> None:
    assert kinds(text) == []


def test_a_stray_bracket_names_the_weight_that_it_switches_off() -> None:
    item = next(f for f in findings("a cat) and (dog:1.3)") if f.kind == "unbalanced")
    assert item.effect.endswith("and so is (dog:1.3) behind it: its weight is not applied.")


def test_a_bracket_that_never_closes_is_named_once_and_closed_behind_its_number() -> None:
    (item,) = findings("a knight, (golden armour:1.4, red cape")
    assert (item.kind, item.remedy) == ("unbalanced", "Write (golden armour:1.4).")
    assert kinds("a cat) sleeps, golden armour:1.4") == [
        ("unbalanced", ")"),
        ("glued_weight", ":1.4"),
    ]


def test_a_family_that_reads_weights_as_text_gets_another_finding() -> None:
    text = "(street fighter), a (cat:1.3) in the (old) town"
    result = kinds(text, family="qwen_image", weights=False)
    assert result == [("implicit_weight", "(street fighter)"), ("literal_weight", "(cat:1.3)")]


def test_typed_text_is_judged_as_the_browser_will_send_it() -> None:
    typed = "a hill // fog\nsee https://example.org, {day|dusk}"
    assert kinds(typed) == [("comment", "// fog"), ("wildcard", "{day|dusk}")]
    sent = sent_by_browser(typed)
    (item,) = findings(sent.text, sent=sent)
    assert (item.kind, item.start) == ("comment", len("a hill \nsee https:"))
    assert "“//example.org, {day|dusk}”" in item.effect


def test_a_long_quotation_is_cut_and_the_sentence_around_it_is_whole() -> None:
    sent = sent_by_browser("see https://example.org, " + "a red fox, " * 30)
    (item,) = [each for each in findings(sent.text, sent=sent) if each.kind == "comment"]
    assert item.effect.startswith("At Run the browser deletes “//example.org, a red fox")
    assert item.effect.endswith("…” as a comment: it never arrives.")
    (item, *_) = findings("(" + "a long red fox, " * 20 + ":1.2 on a mat")
    assert item.kind == "unbalanced" and item.effect.endswith("…”: no weight is applied.")


EMBEDDINGS = [
    ("EMBEDDING:lazyneg, fog", [("embedding_case", "EMBEDDING:lazyneg")]),
    ("fog,embedding:lazyneg, dusk", [("glued_embedding", "embedding:lazyneg")]),
    ("fog, lazyneg, dusk", [("bare_embedding", "lazyneg")]),
    ("fog, neg-v2 here", [("bare_embedding", "neg-v2")]),
    ("a lazyneg dog", []),
]


@pytest.mark.parametrize(("text", "expected"), EMBEDDINGS)
def test_textual_inversions_that_are_read_as_words(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert kinds(text, embedding_names=["lazyneg", "neg-v2"]) == expected


def test_repeated_phrases_and_quality_tags() -> None:
    assert kinds("wet street, neon, wet street") == [("repeated", "wet street")]
    assert kinds("a red car, a blue car, and a dog, and a dog") == []


def test_findings_never_change_the_fates() -> None:
    text = "a cat BREAK (owl:inf)"
    prompt_map = map_tokens(text, [toy.stream("l", text)], FAMILIES["sd1"])
    fates = {name: list(of_words) for name, of_words in prompt_map.fates.items()}
    lint(prompt_map)
    assert prompt_map.fates == fates


def test_the_gravest_finding_is_certain_and_loses_the_picture() -> None:
    result = findings("[blurry] BREAK (owl:inf)")
    assert [item.kind for item in result] == ["deemphasis", "break", "not_finite"]
    first = gravest(result)
    assert first is not None and first.kind == "not_finite"
    assert gravest([]) is None


@pytest.mark.parametrize("number", range(len(foreign_prompts.MAKERS)))
def test_injected_constructs_are_found_at_their_span(number: int) -> None:
    rng = random.Random(number)
    for prompt in ("a red car next to a blue house", "Two dogs sit on a bench, in the rain."):
        text, kind, start, end = foreign_prompts.inject(prompt, rng, number)
        assert (kind, start, end) in [(f.kind, f.start, f.end) for f in findings(text)], text


@pytest.mark.parametrize("text", [text for text, _ in GRAMMAR] + [text for text, _, _ in WEIGHTS])
def test_every_sentence_is_whole(text: str) -> None:
    for item in findings(text, embedding_names=["lazyneg"]):
        for sentence in (item.intent, item.effect, item.remedy):
            assert (sentence[0].isupper() or sentence[0] == "“") and sentence.endswith(
                (".", ")")
            ), sentence
            assert "{" not in sentence.replace(text[item.start : item.end], ""), sentence
        assert item.kind in CONSTRUCTS


def test_findings_of_one_place_and_kind_have_one_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not that of a set, which is another in every process."""
    module = importlib.import_module("encoderscope.conditioning.tokens.lint")
    same = [Finding("break", 2, 7, "a", f"effect {number}", "b", True) for number in range(20)]
    for order in (same, same[::-1], same[10:] + same[:10]):
        monkeypatch.setattr(module, "_DETECTORS", (lambda reading, order=order: iter(order),))
        assert findings("a BREAK b") == sorted(same)


COSTLY = [
    "a bc AND d ", "a bc and (x:1.2) AND d, ", "((a)) ", "(a:1.1) ", "{{a}} ", "$a{b} ",
    "car:1.2 [a] ", "a//b\n/*x*/", '"q" a:1.1 ', "a++ http://a.b ", "(a) ) ", "naïve, ",
    "a", "红", "a1_",
]  # fmt: skip


@pytest.mark.parametrize("unit", COSTLY)
def test_a_prompt_of_fifty_thousand_characters_is_read_in_time(unit: str) -> None:
    """Some took 6 seconds: each of thousands of signs looked at all that stands before it."""
    text = (unit * 50_000)[:50_000]
    start = time.process_time()
    findings(text)
    assert time.process_time() - start < 4
