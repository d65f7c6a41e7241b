"""What Is in This Conditioning?: every entry, part and row of a CONDITIONING."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...host.ids import INSPECT_CONDITIONING, MENU_PROMPT
from ..outputs import ReportNode, conditioning_result, report_outputs
from ..schema import node_schema


class InspectConditioning(ReportNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=INSPECT_CONDITIONING,
            display_name="What Is in This Conditioning?",
            category=MENU_PROMPT,
            description="Layout, every token's strength, pooled vector, masks and schedule, and "
            "how it differs from another.",
            inputs=[
                io.Conditioning.Input("conditioning", tooltip="Any conditioning, of any node."),
                io.Conditioning.Input(
                    "compare_with",
                    optional=True,
                    tooltip="Another one: token by token, how far apart they are.",
                ),
            ],
            outputs=[
                io.Conditioning.Output(
                    "unchanged",
                    display_name="conditioning",
                    tooltip="The same conditioning, untouched.",
                ),
                *report_outputs("report-conditioning"),
            ],
            is_output_node=True,
        )

    @classmethod
    def execute(cls, conditioning: Any, compare_with: Any = None) -> io.NodeOutput:
        return conditioning_result(conditioning, other=compare_with)
