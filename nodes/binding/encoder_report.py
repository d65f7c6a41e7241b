"""Encoder Report: an encoder's scores on a built-in suite."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...conditioning.reports.drawing import legible
from ...conditioning.reports.encoder_card import picture as card_picture
from ...conditioning.reports.encoder_card import report as card_report
from ...host.ids import ENCODER_REPORT, MENU_BINDING, UI_ENCODER_REPORT
from ...host.reports import probe_reports
from .. import inputs
from ..outputs import ReportNode, image_output, json_output, report_result, text_output
from ..schema import node_schema


class EncoderReport(ReportNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=ENCODER_REPORT,
            display_name="Encoder Report",
            category=MENU_BINDING,
            description="Scores an encoder on a built-in suite: attributes, counts, negation, "
            "spatial relations, actions. Minutes once, then kept.",
            inputs=[
                inputs.clip("Any CLIP: LoRA and layer choice on it count."),
                io.String.Input(
                    "title", default="", tooltip="A name for this card. Empty: what the CLIP is."
                ),
                inputs.view(),
                inputs.compare_clip("A second CLIP to set beside it."),
                io.String.Input(
                    "card",
                    default="",
                    optional=True,
                    force_input=True,
                    tooltip="The json output of another Encoder Report, such as a friend's, to set "
                    "beside it.",
                ),
            ],
            advanced=("view",),
            outputs=[
                text_output(),
                json_output("The card as JSON: give it to another Encoder Report to compare."),
                image_output("The card as a picture, for sharing."),
            ],
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls,
        clip: Any,
        title: str = "",
        view: str = probe_reports.VIEWS[0],
        compare_clip: Any = None,
        card: str = "",
    ) -> io.NodeOutput:
        report, picture = legible.drawn(
            lambda: probe_reports.compared_card(clip, compare_clip, view, title, card),
            card_picture.render,
        )
        return report_result(
            report, card_report.plain(report), picture, ui={UI_ENCODER_REPORT: [report]}
        )
