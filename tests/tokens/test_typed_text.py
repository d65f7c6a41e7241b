"""What the browser sends of a typed prompt; tests/browser compares it with the front end itself."""

from __future__ import annotations

import pytest
from encoderscope.conditioning.tokens.typed_text import sent_by_browser

CASES = [
    ("a red car", "a red car", [], False),
    ("a hill // fog\nat dusk", "a hill \nat dusk", ["// fog"], False),
    ("a /* b\nc */ hill", "a  hill", ["/* b\nc */"], False),
    ("see https://example.org/x, dusk", "see https:", ["//example.org/x, dusk"], False),
    ("a {red} scarf", "a red scarf", [], False),
    ("{cat|dog} on a mat", "{cat|dog} on a mat", [], True),
    ("{a {b} c}", "a b c", [], False),
    (r"a \{b\} c", "a {b} c", [], False),
    ('{"subject": "a fox"}', '"subject": "a fox"', [], False),
    ("an unclosed {brace", "an unclosed brace", [], False),
    ("a } b", "a } b", [], False),
    ("", "", [], False),
]


@pytest.mark.parametrize(("typed", "sent", "deleted", "has_choices"), CASES)
def test_what_is_sent(typed: str, sent: str, deleted: list[str], has_choices: bool) -> None:
    result = sent_by_browser(typed)
    assert (result.text, result.has_choices) == (sent, has_choices)
    assert [comment.text for comment in result.deleted] == deleted


def test_a_deleted_comment_knows_its_place_in_what_is_sent() -> None:
    result = sent_by_browser("a {red} hill // fog\nat dusk /* x */.")
    assert result.text == "a red hill \nat dusk ."
    assert [result.text[: comment.position] for comment in result.deleted] == [
        "a red hill ",
        "a red hill \nat dusk ",
    ]
