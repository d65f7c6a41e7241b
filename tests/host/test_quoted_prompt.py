"""A prompt that comes through a link stands in no box of the node: its card gets it."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.host
TEXT = "a red circle left of a blue square"


def test_a_card_gets_the_text_of_a_link(host_server: Any) -> None:
    clip, text = ["1", 0], ["2", 0]
    shown = host_server.run(
        {
            "1": {
                "class_type": "EncoderScope_LoadMiniature",
                "inputs": {"miniature": "mini-CLIP", "family": "sd1"},
            },
            "2": {"class_type": "PrimitiveStringMultiline", "inputs": {"value": TEXT}},
            "3": {
                "class_type": "EncoderScope_CachedEncode",
                "inputs": {"clip": clip, "text": text, "max_gb": 1.0},
            },
            "4": {
                "class_type": "EncoderScope_EncodeStates",
                "inputs": {"clip": clip, "text": text},
            },
            "5": {
                "class_type": "EncoderScope_TokenMap",
                "inputs": {"clip": clip, "text": text, "family": "from the CLIP"},
            },
        }
    )
    card = shown["3"]["encoderscope_cache"][0]
    assert (card["text"], card["language"]) == (TEXT, "en")
    assert {stream["text"] for stream in shown["4"]["encoderscope_states"][0]["streams"]} == {TEXT}
    assert shown["5"]["encoderscope_tokens"][0]["text"] == TEXT
