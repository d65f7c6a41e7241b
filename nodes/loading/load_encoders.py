"""Load Text Encoders: a CLIP from the files of its encoders."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...host.ids import LOAD_ENCODERS, MENU_LOADING, UI_LOADED
from ...host.loading import encoder_plan, loader, picker
from ...host.loading import loaded_report as loading_report
from .. import inputs
from ..outputs import clip_output, json_output, report_result, text_output
from ..schema import node_schema


class LoadEncoders(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=LOAD_ENCODERS,
            display_name="Load Text Encoders",
            category=MENU_LOADING,
            description="Loads CLIP, SigLIP and T5 text encoders for what they are, and refuses "
            "what does not fit together.",
            inputs=[
                *inputs.encoder_files(4),
                io.Combo.Input(
                    "family",
                    options=[picker.AUTO, *picker.SETS, picker.ALONE],
                    default=picker.AUTO,
                    tooltip="The image model these encoders are for. 'auto' tells it from the "
                    "files, or from the MODEL where they do not.",
                ),
                io.Combo.Input(
                    "precision",
                    options=[*encoder_plan.PRECISIONS],
                    default=encoder_plan.AS_STORED,
                    tooltip="'as stored' takes no copy. int8: a byte a number; int4: half of one.",
                ),
                io.Combo.Input(
                    "device",
                    options=[picker.AUTO, loader.CPU],
                    default=picker.AUTO,
                    tooltip="Where to encode. 'auto' is ComfyUI's own choice.",
                ),
                io.Model.Input("model", optional=True, tooltip="'auto' takes the family from it."),
            ],
            advanced=("file_4", "device"),
            outputs=[
                clip_output(),
                text_output(tooltip="What was loaded, as text."),
                json_output("The same for scripts."),
            ],
        )

    @classmethod
    def validate_inputs(
        cls, file_1: str, file_2: str, file_3: str, file_4: str, family: str, precision: str
    ) -> bool:
        # a missing file must not keep a shared workflow from opening; execute says what is expected
        return True

    @classmethod
    def execute(
        cls,
        file_1: str,
        file_2: str,
        file_3: str,
        file_4: str,
        family: str,
        precision: str,
        device: str,
        model: Any = None,
    ) -> io.NodeOutput:
        loaded = loader.load([file_1, file_2, file_3, file_4], family, precision, device, model)
        report = loading_report.report(loaded, precision)
        text = loading_report.as_text(report)
        return report_result(report, text, ui={UI_LOADED: [report]}, before=(loaded.clip,))
