"""What `python dev.py demo` runs in the real ComfyUI: the shipped workflow of Token Map, and one
that probes an encoder.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from . import terminal
from .places import OUT, ROOT
from .server import HostFailure, HostServer

NODE = "EncoderScope_TokenMap"
CARD_NODE = "EncoderScope_SaveReportCard"
TOKEN_GRAPH = ROOT / "tests" / "samples" / "token_map.api.json"
PROBE_GRAPH = ROOT / "tests" / "samples" / "is_it_the_encoder.api.json"


def token_map(server: HostServer) -> dict[str, Any]:
    """Run the shipped workflow; its card, with the report inside, and its report go to out/, and
    the report is returned. Raises :class:`HostFailure` where the graph showed none.
    """
    outputs = server.run(_with_card(_graph(TOKEN_GRAPH), server))
    report = terminal.find_report(outputs)
    images = outputs.get("card", {}).get("images", [])
    if report is None or not images:
        raise HostFailure(
            f"The graph ran, but showed no token report or no picture: {json.dumps(outputs)[:2000]}"
        )
    OUT.mkdir(exist_ok=True)
    (OUT / "token_map.json").write_text(
        json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    (OUT / "token_map.png").write_bytes(server.image(images[0]))
    return report


def verdicts(server: HostServer) -> list[str]:
    """What the shipped graph that probes an encoder says; raises :class:`HostFailure` for none."""
    outputs = server.run(_graph(PROBE_GRAPH))
    texts = [
        text for number in sorted(outputs, key=int) for text in outputs[number].get("text", [])
    ]
    if not texts:
        raise HostFailure("The second graph ran, but gave no verdict on binding.")
    return texts


def _graph(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _with_card(graph: dict[str, Any], server: HostServer) -> dict[str, Any]:
    """The graph with a node that saves the Token Map's report as a card."""
    number = next(number for number, node in graph.items() if node["class_type"] == NODE)
    slot = server.get_json(f"/object_info/{NODE}")[NODE]["output_name"].index("json")
    inputs = {"json": [number, slot], "filename_prefix": "encoderscope/demo"}
    return {**graph, "card": {"class_type": CARD_NODE, "inputs": inputs}}
