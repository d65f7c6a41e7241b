"""Compare two orders of one prompt."""

from __future__ import annotations

import json
from typing import Any

from comfy_api.latest import io

from ...host import live_route
from ...host.ids import CATEGORY, COMPARE_ORDER, FROM_CLIP, UI_LIVE, UI_ORDER
from ...host.token_reports import choose, compare_order
from .token_map import clip_input, family_input, text_input


class CompareOrder(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id=COMPARE_ORDER,
            display_name="Compare Prompt Orders",
            category=CATEGORY,
            description=(
                "Which words change fate when the same prompt is said in another order, and "
                "the order worth using."
            ),
            inputs=[
                text_input("text_a", tooltip="The prompt as you have it."),
                text_input(
                    "text_b",
                    default="",
                    tooltip="The same words in another order. Empty: an order is suggested.",
                ),
                family_input(),
                clip_input(),
            ],
            outputs=[
                io.String.Output(
                    "suggested",
                    display_name="suggested",
                    tooltip="Things first, look last, windows closed at commas.",
                ),
                io.String.Output(
                    "report",
                    display_name="report",
                    tooltip="The verdict and every word that changes fate.",
                ),
                io.String.Output("json", display_name="json", tooltip="The order report as JSON."),
                io.Boolean.Output(
                    "differs",
                    display_name="differs",
                    tooltip="True when at least one word changes fate.",
                ),
            ],
            is_output_node=True,
        )

    @classmethod
    def validate_inputs(cls, family: str) -> bool:
        return True  # as in Token Map

    @classmethod
    def execute(
        cls, text_a: str, text_b: str = "", family: str = FROM_CLIP, clip: Any = None
    ) -> io.NodeOutput:
        clip, layout = choose(clip, family)
        found = compare_order(clip, text_a, text_b, layout)
        lines = [found["verdict"], *(f"{c['word']}: {c['change']}" for c in found["changes"])]
        return io.NodeOutput(
            found["suggested"],
            "\n".join(lines),
            json.dumps(found, ensure_ascii=False),
            bool(found["changes"]),
            ui={UI_ORDER: [found], UI_LIVE: [live_route.keep(clip, layout)]},
        )


NODES = [CompareOrder]
