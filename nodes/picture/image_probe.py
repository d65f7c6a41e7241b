"""Image Probe: does a picture show what the prompt says, or the swap?"""

from __future__ import annotations

from functools import partial
from typing import Any

from comfy_api.latest import io

from ...conditioning.reports.drawing import legible
from ...conditioning.reports.image import picture as image_picture
from ...conditioning.reports.image import report as image_report
from ...host.ids import IMAGE_PROBE, MENU_PICTURE, UI_IMAGE
from ...host.reports import image_reports
from .. import inputs
from ..outputs import ReportNode, report_outputs, report_result
from ..schema import node_schema


class ImageProbe(ReportNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=IMAGE_PROBE,
            display_name="Image Probe",
            category=MENU_PICTURE,
            description="Does the picture show which thing has which attribute as the prompt says, "
            "or the swap? And can this scorer tell at all?",
            inputs=[
                io.Image.Input("images", tooltip="One picture or many."),
                inputs.contrast_text(),
                inputs.DualEncoder.Input(
                    "encoder",
                    optional=True,
                    tooltip="From Load Image-Text Encoder or Load Miniature. It needs both towers.",
                ),
                inputs.clip("With clip_vision, instead of an encoder.", optional=True),
                inputs.clip_vision(),
                inputs.Judge.Input(
                    "judge",
                    optional=True,
                    tooltip="From Load Judge: answers questions about the picture, beside the "
                    "encoder or alone.",
                ),
                inputs.question_lines(),
            ],
            advanced=("questions",),
            outputs=[
                *report_outputs("report-image", text="verdict"),
                io.Boolean.Output(
                    "shows_prompt",
                    display_name="shows prompt",
                    tooltip="True when every picture shows the prompt. False also where it cannot "
                    "be told: see the json.",
                ),
            ],
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls, images: Any, text: str, encoder: Any = None, questions: str = "", **others: Any
    ) -> io.NodeOutput:
        scorer = image_reports.scorer(encoder, **others)
        thumbnails = image_reports.thumbnails(images)
        write = image_reports.writer(images, text, scorer, others.get("judge") or (), questions)
        render = partial(image_picture.render, thumbnails=thumbnails)
        report, card = legible.drawn(write, render)
        return report_result(
            report,
            image_report.plain(report),
            card,
            ui={UI_IMAGE: [image_reports.with_thumbnails(report, thumbnails)]},
            after=(image_reports.all_show_prompt(report),),
        )
