"""The node of the binding benchmark."""

from __future__ import annotations

import json
from typing import Any

from comfy_api.latest import io

from ..conditioning.bench import scoring
from ..conditioning.report import benchmark, benchmark_png
from . import benchmarking, host, work
from .dual import DualEncoderSocket
from .keys import BINDING_BENCHMARK, CATEGORY, UI_BENCHMARK
from .tokens import pixels


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
                    options=list(benchmarking.DATASETS),
                    default=benchmarking.DATASETS[0],
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
        return benchmarking.stamp(dataset, folder)

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
            benchmarking.dataset(dataset, folder),
            benchmarking.judges(encoder_a, encoder_b, clip),
        )
        runs = scoring.run(judges, data, work.cache_folder(), work.progress())
        found = benchmark.benchmark_report(data, runs, host.version())
        plain, told = benchmark.plain(found), json.dumps(found, ensure_ascii=False)
        picture = pixels(benchmark_png.render(found))
        return io.NodeOutput(
            plain,
            told,
            benchmark.table(data, runs),
            picture,
            ui={UI_BENCHMARK: [found], "text": (plain,)},
        )


NODES = [BindingBenchmark]
