"""Load Conditioning: a CONDITIONING from a file of Save Conditioning."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...host import conditioning_files
from ...host.ids import LOAD_CONDITIONING, MENU_REPORTS
from ..schema import node_schema


class LoadConditioning(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        usual = conditioning_files.USUAL
        return node_schema(
            node_id=LOAD_CONDITIONING,
            display_name="Load Conditioning",
            category=MENU_REPORTS,
            description="Reads a conditioning that Save Conditioning wrote. No text encoder is "
            "needed.",
            inputs=[
                io.Combo.Input(
                    "file",
                    options=conditioning_files.choices(),
                    tooltip=f"From input, input/{usual}, output and output/{usual}.",
                )
            ],
            outputs=[
                io.Conditioning.Output(
                    "conditioning",
                    display_name="conditioning",
                    tooltip="As it was saved, bit for bit.",
                )
            ],
        )

    @classmethod
    def validate_inputs(cls, file: str) -> bool:
        # a missing file must not keep a shared workflow from opening; execute says what is expected
        return True

    @classmethod
    def fingerprint_inputs(cls, file: str) -> Any:
        return conditioning_files.fingerprint(file)

    @classmethod
    def execute(cls, file: str) -> io.NodeOutput:
        return io.NodeOutput(conditioning_files.load(file))
