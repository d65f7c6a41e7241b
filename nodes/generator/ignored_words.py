"""Ignored Words: which phrases of a prompt does the image model really use?"""

from __future__ import annotations

from functools import partial
from typing import Any

from comfy_api.latest import io

from ...conditioning.reports.drawing import legible
from ...conditioning.reports.generator import picture as words_picture
from ...conditioning.reports.generator import report as words_report
from ...conditioning.reports.generator import where_pictures
from ...host.ids import IGNORED_WORDS, MENU_GENERATOR, UI_GENERATOR
from ...host.progress_bar import progress
from ...host.reports import generator_reports, where_reports
from .. import inputs
from ..outputs import ReportNode, report_outputs, report_result
from ..schema import node_schema


class IgnoredWords(ReportNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=IGNORED_WORDS,
            display_name="Ignored Words",
            category=MENU_GENERATOR,
            description="Which words does the image model really use? Exchanges each phrase for "
            "filler words and measures how much the model's answer changes.",
            inputs=[
                io.Model.Input("model", tooltip="Any image model: LoRA and patches on it count."),
                inputs.clip("The CLIP that the prompt is encoded with."),
                *inputs.measured_prompt(),
                *inputs.measured_picture(),
                *inputs.measured_phrases(),
                *inputs.measured_beside(),
            ],
            advanced=("negative", "guidance", "split", "most_phrases", "binding"),
            outputs=[
                *report_outputs("report-generator", text="verdict"),
                io.String.Output(
                    "ignored_words",
                    display_name="ignored words",
                    tooltip="The phrases that are ignored, one a line.",
                ),
            ],
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls, model: Any, clip: Any, text: str, images: Any = None, **choices: Any
    ) -> io.NodeOutput:
        # not "image": no input may have the id of an output
        options = generator_reports.Options(**choices, image=images)
        prompt = generator_reports.MeasuredPrompt(model, clip, text, options)
        report, picture = where_reports.report(prompt, progress())
        maps = where_pictures.overlays(report, picture)
        return report_result(
            report,
            words_report.plain(report),
            legible.draw(
                report,
                lambda: where_reports.report(prompt)[0],
                partial(words_picture.render, maps=maps),
            ),
            ui={UI_GENERATOR: [where_pictures.with_thumbs(report, maps)]},
            after=(words_report.ignored(report),),
        )
