"""Quantize Text Encoder: writes a smaller copy of a text encoder."""

from __future__ import annotations

from comfy_api.latest import io

from ...conditioning.encoder_files import packing
from ...conditioning.reports.quantized import report as quantized_report
from ...host import folders, quantization
from ...host.ids import MENU_SPEED, QUANTIZE_ENCODER
from ...host.progress_bar import progress
from ..outputs import json_output, report_result, text_output
from ..schema import node_schema


class QuantizeEncoder(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=QUANTIZE_ENCODER,
            display_name="Quantize Text Encoder",
            category=MENU_SPEED,
            description="Writes a smaller copy of a T5, CLIP or SigLIP text encoder, checks it, "
            "and tells how far its answers moved.",
            inputs=[
                io.Combo.Input(
                    "file",
                    options=folders.choices(),
                    tooltip="A text encoder in models/text_encoders: fp32, fp16, bf16 or GGUF.",
                ),
                io.Combo.Input(
                    "format",
                    options=list(packing.FORMATS),
                    default=packing.FORMATS[0],
                    tooltip="int8: a byte a number, little loss. fp8: as large, more loss, for "
                    "any ComfyUI. int4: half of it, large loss.",
                ),
                io.String.Input(
                    "name",
                    default="",
                    tooltip="Of the new file, which lies beside the old one. Empty: the old name "
                    "with the format behind it.",
                ),
            ],
            outputs=[
                io.String.Output(
                    "new_file",
                    display_name="file",
                    tooltip="The new file's name. Press R to see it in loaders.",
                ),
                text_output(tooltip="Sizes, errors, and who reads the file."),
                json_output("The same for scripts."),
            ],
            is_output_node=True,
        )

    @classmethod
    def validate_inputs(cls, file: str) -> bool:
        # a missing file must not keep a shared workflow from opening; execute says what is expected
        return True

    @classmethod
    def execute(cls, file: str, format: str, name: str) -> io.NodeOutput:
        source = folders.resolve(file)
        target = quantization.beside(source, format, name)
        result = quantization.run(source, target, format, progress())
        report = quantized_report.report(result)
        text = quantized_report.plain(report)
        return report_result(report, text, ui={}, before=(result.path.name,))
