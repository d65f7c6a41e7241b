"""The node of the binding benchmark."""

from __future__ import annotations

import json
from typing import Any

from comfy_api.latest import io

from ...conditioning.benchmark import scoring
from ...conditioning.reports.benchmark import picture as benchmark_picture
from ...conditioning.reports.benchmark import report as benchmark_report
from ...host import benchmark_inputs
from ...host import clip as host_clip
from ...host import progress as host_progress
from ...host.dual_encoder import DualEncoderSocket
from ...host.ids import BINDING_BENCHMARK, CATEGORY, UI_BENCHMARK
from ..prompt.token_map import pixels


class BindingBenchmark(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id=BINDING_BENCHMARK,
            display_name="Binding Benchmark",
            category=CATEGORY,
            description=(
                "How often does an encoder prefer a picture's caption to the same words put "
                "together wrongly?"
            ),
            inputs=[
                io.Combo.Input(
                    "dataset",
                    options=list(benchmark_inputs.DATASETS),
                    default=benchmark_inputs.DATASETS[0],
                    tooltip=(
                        "drawn-20 and drawn-200 are built in: scenes of two things. folder: "
                        "your own pictures."
                    ),
                ),
                io.String.Input(
                    "folder",
                    default="",
                    tooltip=(
                        "For dataset = folder: its name below ComfyUI/input, with "
                        "captions.jsonl in it (see the help)."
                    ),
                ),
                DualEncoderSocket.Input(
                    "encoder_a",
                    display_name="encoder_a",
                    optional=True,
                    tooltip="From Load Image-Text Encoder.",
                ),
                DualEncoderSocket.Input(
                    "encoder_b",
                    display_name="encoder_b",
                    optional=True,
                    tooltip="A second one to compare.",
                ),
                io.Clip.Input(
                    "clip",
                    display_name="clip (text alone)",
                    optional=True,
                    tooltip="Any CLIP or T5. It sees no pictures, so it is asked another "
                    "question: is the caption nearer than the swap to "
                    "the same scene in other words?",
                ),
            ],
            outputs=[
                io.String.Output("report", display_name="report", tooltip="The report as text."),
                io.String.Output(
                    "json",
                    display_name="json",
                    tooltip="The report as JSON (docs/report-benchmark.md).",
                ),
                io.String.Output(
                    "csv", display_name="csv", tooltip="A table with every pair and every encoder."
                ),
                io.Image.Output(
                    "image", display_name="image", tooltip="The report as a picture, for sharing."
                ),
            ],
            is_output_node=True,
        )

    @classmethod
    def fingerprint_inputs(cls, dataset: str = "", folder: str = "", **_: Any) -> str:
        return benchmark_inputs.stamp(dataset, folder)

    @classmethod
    def execute(
        cls,
        dataset: str,
        folder: str = "",
        encoder_a: Any = None,
        encoder_b: Any = None,
        clip: Any = None,
    ) -> io.NodeOutput:
        data, judges = (
            benchmark_inputs.dataset(dataset, folder),
            benchmark_inputs.judges(encoder_a, encoder_b, clip),
        )
        runs = scoring.run(judges, data, host_progress.cache_folder(), host_progress.progress())
        found = benchmark_report.benchmark_report(data, runs, host_clip.version())
        plain, told = benchmark_report.plain(found), json.dumps(found, ensure_ascii=False)
        picture = pixels(benchmark_picture.render(found))
        return io.NodeOutput(
            plain,
            told,
            benchmark_report.table(data, runs),
            picture,
            ui={UI_BENCHMARK: [found], "text": (plain,)},
        )


NODES = [BindingBenchmark]
