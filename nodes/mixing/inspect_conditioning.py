"""What Is in This Conditioning?: every entry, part and row of a CONDITIONING."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...conditioning.reports.conditioning import picture as conditioning_picture
from ...conditioning.reports.conditioning import report as conditioning_report
from ...conditioning.reports.drawing import legible
from ...host import clip as host_clip
from ...host import language, pooled_reading
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
    def fingerprint_inputs(cls, **inputs: Any) -> str:
        # a report that the host has kept is not in the language that was chosen since
        return language.of_editor()

    @classmethod
    def execute(cls, conditioning: Any, compare_with: Any = None) -> io.NodeOutput:
        report, picture = legible.drawn(
            lambda: conditioning_report.conditioning_report(
                conditioning,
                compare_with,
                host=host_clip.version(),
                readings=pooled_reading.readings(),
            ),
            conditioning_picture.render,
        )
        return report_result(
            report,
            conditioning_report.plain(report),
            picture,
            ui={UI_CONDITIONING: [report]},
            before=(conditioning,),
        )
