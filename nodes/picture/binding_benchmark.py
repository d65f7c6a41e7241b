"""Binding Benchmark: how often an encoder prefers a caption to the same words put wrongly."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...conditioning.reports.benchmark import picture as benchmark_picture
from ...conditioning.reports.benchmark import report as benchmark_report
from ...conditioning.reports.drawing import legible
from ...host import clip as host_clip
from ...host import language
from ...host.ids import BINDING_BENCHMARK, MENU_PICTURE, UI_BENCHMARK
from ...host.reports import benchmark_inputs
from .. import inputs
from ..outputs import image_output, pixels, report_outputs, report_result, text_output
from ..schema import node_schema


class BindingBenchmark(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=BINDING_BENCHMARK,
            display_name="Binding Benchmark",
            category=MENU_PICTURE,
            description="How often does an encoder prefer a picture's caption to the same words "
            "put together wrongly?",
            inputs=[
                io.Combo.Input(
                    "dataset",
                    options=list(benchmark_inputs.DATASETS),
                    default=benchmark_inputs.DATASETS[0],
                    tooltip="drawn-20 and drawn-200 are built in: scenes of two things. folder: "
                    "your own pictures.",
                ),
                io.String.Input(
                    "folder",
                    default="",
                    tooltip="For dataset = folder: its name below ComfyUI/input, with "
                    "captions.jsonl in it (see the help).",
                ),
                inputs.image_text_encoder("encoder_a", "From Load Image-Text Encoder."),
                inputs.image_text_encoder("encoder_b", "A second one to compare."),
                inputs.text_alone_clip(),
                *inputs.judge_and_score(),
            ],
            advanced=("score",),
            outputs=[
                *report_outputs("report-benchmark", picture=False),
                text_output("csv", "A table with every pair and every encoder."),
                image_output(),
            ],
            is_output_node=True,
        )

    @classmethod
    def fingerprint_inputs(cls, dataset: str = "", folder: str = "", **_: Any) -> str:
        return f"{language.of_editor()} {benchmark_inputs.stamp(dataset, folder)}"

    @classmethod
    def execute(
        cls, dataset: str, folder: str = "", score: str = "vqascore", **encoders: Any
    ) -> io.NodeOutput:
        data, runs = benchmark_inputs.run(dataset, folder, **encoders, score=score)
        report, picture = legible.drawn(
            lambda: benchmark_report.benchmark_report(data, runs, host_clip.version()),
            benchmark_picture.render,
        )
        return report_result(
            report,
            benchmark_report.plain(report),
            ui={UI_BENCHMARK: [report]},
            after=(benchmark_report.table(data, runs), pixels(picture)),
        )
