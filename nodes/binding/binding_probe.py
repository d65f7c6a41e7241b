"""Binding Probe: does the encoding of a prompt keep its attributes, counts and actions apart?"""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...conditioning.reports.binding import report as binding_report
from ...host.ids import BINDING_PROBE, MENU_BINDING, UI_PROBE
from ...host.reports import probe_reports
from .. import inputs
from ..outputs import ReportNode, report_outputs, report_result
from ..schema import node_schema


class BindingProbe(ReportNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=BINDING_PROBE,
            display_name="Binding Probe",
            category=MENU_BINDING,
            description="Does the encoding hold which attribute, count or action belongs to which "
            "thing? Tells before anything is drawn.",
            inputs=[
                inputs.clip("Any CLIP: LoRA and layer choice on it count."),
                inputs.contrast_text(),
                inputs.view(),
                io.Float.Input(
                    "threshold",
                    default=binding_report.THRESHOLD,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    optional=True,
                    tooltip="The cosine rule: flag a rival whose cosine with the prompt is above "
                    "this. The verdict does not use it.",
                ),
                inputs.compare_clip("A second CLIP, to see what it makes of the same prompt."),
            ],
            advanced=("view", "threshold"),
            outputs=[
                *report_outputs("report-probe", text="verdict"),
                io.Boolean.Output(
                    "bound",
                    display_name="bound",
                    tooltip="True when everything that was tested is bound. False also where it "
                    "cannot be told: see the json.",
                ),
            ],
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls,
        clip: Any,
        text: str,
        view: str = probe_reports.VIEWS[0],
        threshold: float = binding_report.THRESHOLD,
        compare_clip: Any = None,
    ) -> io.NodeOutput:
        report, picture = probe_reports.compared(clip, compare_clip, text, view, threshold)
        return report_result(
            report,
            binding_report.plain(report),
            picture,
            ui={UI_PROBE: [report]},
            after=(report["bound"] is True,),
        )
