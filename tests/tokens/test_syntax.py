"""Weight syntax: which characters are text, of which weight, and which are brackets and numbers."""

from __future__ import annotations

import pytest
from encoderscope.conditioning.tokens.syntax import parse
from hypothesis import given
from hypothesis import strategies as st


def segments(text: str, weights: bool = True) -> list[tuple[str, float]]:
    return [(s.text, round(s.weight, 6)) for s in parse(text, weights).segments]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", []),
        ("a fox", [("a fox", 1.0)]),
        ("(fox)", [("fox", 1.1)]),
        ("a (red:1.3) fox", [("a ", 1.0), ("red", 1.3), (" fox", 1.0)]),
        ("((a))", [("a", 1.21)]),
        ("(a (b:1.4) c:0.8) d", [("a ", 0.8), ("b", 1.4), (" c", 0.8), (" d", 1.0)]),
        ("(a:1.3:1.5)", [("a:1.3", 1.5)]),
        ("(a:x)", [("a:x", 1.1)]),  # not a number: the colon is text
        ("(:1.3)", [(":1.3", 1.1)]),  # nothing before the colon: text, too
        ("(a:)", [("a:", 1.1)]),
        ("(a: 1.5 )", [("a", 1.5)]),
        ("(a:-1)", [("a", -1.0)]),
        ("(a:1e1)", [("a", 10.0)]),
        ("(a", [("(a", 1.0)]),
        ("a)", [("a)", 1.0)]),
        ("(a:1.3", [("(a:1.3", 1.0)]),
        (")(", [(")(", 1.0)]),
        ("()", []),
        ("(())", []),
        (r"\(a\)", [("(a)", 1.0)]),
        (r"(a\):1.2)", [("a)", 1.2)]),
        (
            "a\\\\(b)",
            [("a\\(b)", 1.0)],
        ),  # a backslash before the bracket escapes it, whatever stands before
    ],
)
def test_segments(text: str, wanted: list[tuple[str, float]]) -> None:
    assert segments(text) == wanted


def test_with_weights_off_all_is_text() -> None:
    assert segments("(a:1.3) b", weights=False) == [("(a:1.3) b", 1.0)]
    assert segments(r"\(a\)", weights=False) == [("(a)", 1.0)]
    assert parse("(a:1.3) b", weights=False).syntax == []


def test_syntax_is_told_with_its_place() -> None:
    text = "a (red:1.3) ((b))"
    output = [(text[s.start : s.end], s.explicit) for s in parse(text).syntax]
    assert output == [
        ("(", True),
        (":1.3)", True),
        ("(", False),
        ("(", False),
        (")", False),
        (")", False),
    ]


def test_an_escaped_bracket_covers_its_backslash() -> None:
    segment = parse(r"a \(b").segments[0]
    assert segment.text == "a (b"
    assert (segment.starts[2], segment.ends[2]) == (2, 4)


def test_nesting_as_deep_as_anyone_can_type() -> None:
    assert segments("(" * 3000 + "a" + ")" * 3000)[0][0] == "a"


@given(st.text("(():1.3\\a b\n", max_size=60))
def test_every_character_is_text_or_syntax_in_order(text: str) -> None:
    parsed = parse(text)
    text_at = [(a, b) for s in parsed.segments for a, b in zip(s.starts, s.ends, strict=True)]
    syntax_at = [(s.start, s.end) for s in parsed.syntax]
    assert text_at == sorted(text_at)
    assert syntax_at == sorted(syntax_at)
    covered = [i for a, b in text_at + syntax_at for i in range(a, b)]
    assert sorted(covered) == list(range(len(text)))
