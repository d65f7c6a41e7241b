"""Fast Encoder in the real editor: what it will do on its card, and what each encoding left out, as
ComfyUI shows a node's progress.
"""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser
FAST, MINI, STATES = (
    f"EncoderScope_{name}" for name in ("FastEncoder", "LoadMiniature", "EncodeStates")
)


def test_the_card_says_the_plan_and_the_node_what_was_left_out(editor: Any) -> None:
    text = f"a (red:1.2) car {editor.face}"
    loader, fast = editor.add(MINI, family="flux"), editor.add(FAST, (420, 40), mode="fast")
    encode = editor.add(STATES, (900, 40), text=text)
    editor.link(loader, "CLIP", fast, "clip")
    editor.link(fast, "CLIP", encode, "clip")
    editor.run()
    sentence = editor.page.locator(".es-verdict", has_text="will encode faster")
    sentence.wait_for(state="visible")
    assert "fast: 2 of 2 text encoders" in sentence.inner_text()
    editor.put(encode, text=f"{text} at night")
    editor.run()
    done = editor.page.locator(".es-work", has_text="known already")
    done.first.wait_for(state="visible")
    assert editor.page.locator(".es-work").count() == 2 and "t5xxl" in "".join(
        editor.page.locator(".es-work").all_inner_texts()
    )
    editor.picture("fast-card")
