"""Compare Prompt Orders: which words change fate between two orders of one prompt."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...conditioning.reports.order import report as order_report
from ...host import live_route
from ...host.ids import COMPARE_ORDER, FROM_CLIP, MENU_PROMPT, UI_LIVE, UI_ORDER
from ...host.reports import token_reports
from .. import inputs
from ..outputs import ReportNode, json_output, report_result, text_output
from ..schema import node_schema


class CompareOrder(ReportNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=COMPARE_ORDER,
            display_name="Compare Prompt Orders",
            category=MENU_PROMPT,
            description="Which words change fate when the same prompt has another order, and the "
            "order worth using.",
            inputs=[
                inputs.text("text_a", tooltip="The prompt as you have it."),
                inputs.text(
                    "text_b",
                    default="",
                    tooltip="The same words in another order. Empty: an order is suggested.",
                ),
                inputs.family(),
                inputs.tokenizing_clip(),
            ],
            outputs=[
                io.String.Output(
                    "suggested",
                    display_name="suggested",
                    tooltip="Things first, look last, windows closed at commas.",
                ),
                text_output(tooltip="The verdict and every word that changes fate."),
                json_output("The order report as JSON."),
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
        # an unknown family must not keep a shared workflow from opening; execute says what is known
        return True

    @classmethod
    def execute(
        cls, text_a: str, text_b: str = "", family: str = FROM_CLIP, clip: Any = None
    ) -> io.NodeOutput:
        clip, layout = token_reports.choose(clip, family)
        report = token_reports.compare_order(clip, text_a, text_b, layout)
        return report_result(
            report,
            order_report.plain(report),
            ui={UI_ORDER: [report], UI_LIVE: [live_route.keep(clip, layout)]},
            before=(report["suggested"],),
            after=(bool(report["changes"]),),
        )
