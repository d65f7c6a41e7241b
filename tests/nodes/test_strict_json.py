"""A prompt whose weights are no numbers: what the nodes show stays JSON that a browser reads, and
an error comes in words.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.host
BROKEN = ["a red car, (owl:inf)", "a (owl:nan) at night", "a (car:-inf) and a blue house"]


def strict(text: bytes) -> Any:
    """JSON as a browser reads it: NaN and Infinity are no numbers there."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} in JSON")

    return json.loads(text, parse_constant=refuse)


def graph(text: str) -> dict[str, Any]:
    """Every node that reports on a prompt or on what was made of it, on a miniature."""
    clip = ["1", 0]
    nodes: dict[str, Any] = {
        "1": ("LoadMiniature", {"miniature": "mini-CLIP", "family": "sd1"}),
        "2": ("TokenMap", {"text": text, "family": "from the CLIP", "clip": clip}),
        "3": ("CompareOrder", {"text_a": text, "text_b": "", "family": "sd1"}),
        "4": ("EncodeStates", {"clip": clip, "text": text}),
        "5": ("InspectConditioning", {"conditioning": ["4", 0]}),
        "6": ("CachedEncode", {"clip": clip, "text": text, "max_gb": 1.0}),
        "7": ("InspectConditioning", {"conditioning": ["6", 0], "compare_with": ["4", 0]}),
    }
    return {
        number: {"class_type": f"EncoderScope_{name}", "inputs": inputs}
        for number, (name, inputs) in nodes.items()
    }


@pytest.mark.parametrize("text", BROKEN)
def test_the_history_stays_json(host_server: Any, text: str) -> None:
    prompt_id = host_server.queue(graph(text))
    entry = host_server.wait_for(prompt_id)
    strict(host_server.get_bytes(f"/history/{prompt_id}"))
    shown = entry["outputs"]
    verdict = shown["2"]["encoderscope_tokens"][0]["verdict"]
    assert verdict.startswith("“(") and "the picture is lost" in verdict
    assert set(shown) >= {"2", "3", "6"}
    assert "Not stored" in shown["6"]["text"][0]


@pytest.mark.parametrize("text", BROKEN[:1])
def test_the_live_route_stays_json(host_server: Any, text: str) -> None:
    answer = host_server.post_json("/encoderscope/tokens", {"text": text, "family": "sdxl"})
    json.dumps(answer, allow_nan=False)
    assert answer["report"]["not_as_it_seems"] is True


def test_a_probe_of_such_a_prompt_stays_json(host_server: Any) -> None:
    nodes = {
        "1": graph("")["1"],
        "2": {
            "class_type": "EncoderScope_BindingProbe",
            "inputs": {
                "clip": ["1", 0],
                "text": "a red car next to a (blue:inf) house",
                "view": "unpadded",
            },
        },
    }
    prompt_id = host_server.queue(nodes)
    host_server.wait_for(prompt_id, 300)
    strict(host_server.get_bytes(f"/history/{prompt_id}"))
