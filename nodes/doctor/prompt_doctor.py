"""Prompt Doctor: which station lost which phrase, and what to do."""

from __future__ import annotations

from functools import partial
from typing import Any

from comfy_api.latest import io

from ...conditioning.reports.doctor import picture as doctor_picture
from ...conditioning.reports.doctor import text as doctor_text
from ...conditioning.reports.drawing import legible
from ...host.ids import MENU, PROMPT_DOCTOR, UI_DOCTOR
from ...host.reports import doctor_reports, image_reports
from .. import doctor_inputs, inputs
from ..outputs import ReportNode, report_outputs, report_result
from ..schema import node_schema


class PromptDoctor(ReportNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=PROMPT_DOCTOR,
            display_name="Prompt Doctor",
            category=MENU,
            description="What went wrong with my picture? Says of each phrase which station lost "
            "it (tokenizer, text encoder, image model, picture), and what to do.",
            inputs=[
                inputs.clip("The CLIP that the prompt is encoded with."),
                inputs.text(tooltip="The prompt, as the node that encodes it gets it."),
                *doctor_inputs.cost(),
                *doctor_inputs.stations(),
                *doctor_inputs.sampler(),
                *doctor_inputs.trial(),
            ],
            advanced=("negative", "guidance"),
            outputs=[
                *report_outputs("report-doctor", text="diagnosis"),
                io.String.Output(
                    "suggested_prompt",
                    display_name="suggested prompt",
                    tooltip="The prompt with order, brackets, embeddings and grammar of other "
                    "programs mended; as typed where there is nothing to mend.",
                ),
            ],
            is_output_node=True,
        )

    @classmethod
    def execute(cls, clip: Any, text: str, images: Any = None, **choices: Any) -> io.NodeOutput:
        # not "image": no input may have the id of an output
        patient = doctor_reports.DoctorInputs(clip, text, images=images, **choices)
        report, pictures, again = doctor_reports.examined(patient)
        thumbnails = image_reports.thumbnails(pictures)
        render = partial(doctor_picture.render, pictures=thumbnails)
        return report_result(
            report,
            doctor_text.plain(report),
            legible.draw(report, again, render),
            ui={UI_DOCTOR: [image_reports.with_before_and_after(report, thumbnails)]},
            after=(report["suggested_prompt"],),
        )
