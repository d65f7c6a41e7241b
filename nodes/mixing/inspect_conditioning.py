"""What Is in This Conditioning?: every entry, part and row of a CONDITIONING."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...conditioning.reports.conditioning import picture as conditioning_picture
from ...conditioning.reports.conditioning import report as conditioning_report
from ...host import clip as host_clip
from ...host import pooled_reading
from ...host.ids import INSPECT_CONDITIONING, MENU_PROMPT, UI_CONDITIONING
from ..outputs import report_outputs, report_result
from ..schema import node_schema


class InspectConditioning(io.ComfyNode):
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
        report = conditioning_report.conditioning_report(
            conditioning, compare_with, host=host_clip.version(), readings=pooled_reading.readings()
        )
        return report_result(
            report,
            conditioning_report.plain(report),
            conditioning_picture.render(report),
            ui={UI_CONDITIONING: [report]},
            before=(conditioning,),
        )
