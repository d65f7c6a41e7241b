"""The lint on the node, and what the browser really sends of a typed prompt."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from encoderscope.conditioning.tokens.typed_text import sent_by_browser

pytestmark = pytest.mark.browser
kit = importlib.import_module("encoderscope.tests.browser.editor")

FOREIGN = "(masterpiece:1.2), [blue hair] BREAK <lora:detail:0.8> a cat AND a dog, __hair__"
TYPED = [
    "a castle // TODO remove fog\n/* alt: ruin */ on a hill, see https://example.org/x, dusk",
    '{"subject": "a fox", "style": {"name": "ink"}}',
    r"a \{b\} c, a {red} scarf, {a {b} c}",
    "an unclosed {brace /* and a */ comment",
    "a } b // c\nd",
]
SENT = "() => app.graphToPrompt().then(({ output }) => Object.values(output)[0].inputs.text)"


@pytest.mark.parametrize("typed", TYPED)
def test_the_front_end_sends_what_we_say_it_sends(editor: Any, typed: str) -> None:
    editor.set("EncoderScope.Live", False)
    editor.add(text=typed, family="sdxl")
    assert editor.page.evaluate(SENT) == sent_by_browser(typed).text


def test_findings_stand_on_the_node(editor: Any) -> None:
    editor.set("EncoderScope.Live", False)
    node = editor.add(text=FOREIGN, family="sdxl")
    report = editor.run()[str(node)]["encoderscope_tokens"][0]
    editor.wait_drawn(report)
    lines = editor.widget().locator(".es-findings li")
    assert lines.all_text_contents() == report["display"]["findings"]
    lines.first.wait_for(state="visible")  # unfolded, until the artist folds it
    assert "BREAK" in editor.widget().locator(".es-verdict p").text_content()
    assert editor.widget().locator(".es-mark-finding").count() > 5
    editor.picture("findings")


def test_the_live_picture_is_of_the_text_that_will_be_sent(editor: Any) -> None:
    editor.set("EncoderScope.Live", True)
    editor.add(text=TYPED[0], family="sdxl")
    words = editor.widget().locator(".es-prompt .es-word")
    words.first.wait_for(state="visible")
    drawn = " ".join(words.all_text_contents())
    assert "dusk" not in drawn and "TODO" not in drawn and "castle" in drawn
    (line,) = editor.widget().locator(".es-findings li").all_text_contents()
    assert "“//example.org/x, dusk”" in line


def test_the_cards_of_a_weight_without_a_number_are_drawn(editor: Any) -> None:
    editor.set("EncoderScope.Live", False)
    load = editor.add(kind="EncoderScope_LoadMiniature", family="sd1")
    encode = editor.add(kind="EncoderScope_EncodeStates", at=(600, 40), text="a red (car:inf)")
    editor.link(load, "CLIP", encode, "clip")
    states = editor.run(120)[str(encode)]["encoderscope_states"][0]
    weights = [token["weight"] for stream in states["streams"] for token in stream["tokens"]]
    assert None in weights
    card = editor.page.locator(".es-side")
    card.first.wait_for(state="attached")
    assert card.count() == len(states["streams"])
