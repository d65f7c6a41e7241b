"""Cached Encode and Save Conditioning in the real editor: the node says whether the result came
from disk.
"""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser
CACHED, SAVED, MINI = (
    f"EncoderScope_{name}" for name in ("CachedEncode", "SaveConditioning", "LoadMiniature")
)


def test_the_node_says_miss_then_hit(editor: Any) -> None:
    text = f"a red car {editor.face}"  # each face its own, for they share a server
    loader, cached, saved = (
        editor.add(MINI),
        editor.add(CACHED, (420, 40), text=text),
        editor.add(SAVED, (880, 40)),
    )
    editor.link(loader, "CLIP", cached, "clip")
    editor.link(cached, "CONDITIONING", saved, "conditioning")
    editor.page.locator(".es-empty").first.wait_for(state="visible")
    editor.run()
    verdict = editor.page.locator(".es-verdict")
    editor.page.wait_for_function("() => document.querySelectorAll('.es-verdict').length === 2")
    sentence = sorted(verdict.all_inner_texts())
    assert any("Miss: nothing was stored" in item for item in sentence) and any(
        "conditioning/encoderscope_" in item for item in sentence
    )
    editor.put(cached, max_gb=3.0)
    editor.run()
    editor.page.wait_for_function(
        "() => [...document.querySelectorAll('.es-verdict')].some((one) => "
        "one.textContent.includes('Hit: read'))"
    )
    assert editor.page.locator(".es-verdict[data-tone=kept]").count() == 2
    editor.picture("cache-card")
