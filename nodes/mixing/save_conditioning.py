"""Save Conditioning: a CONDITIONING as a file."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...host import conditioning_files
from ...host.ids import MENU_REPORTS, SAVE_CONDITIONING, UI_CACHE
from ..outputs import text_output
from ..schema import node_schema


class SaveConditioning(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=SAVE_CONDITIONING,
            display_name="Save Conditioning",
            category=MENU_REPORTS,
            description="Writes a conditioning to a .safetensors file, bit for bit, to use it "
            "without the text encoder or to send it.",
            inputs=[
                io.Conditioning.Input(
                    "conditioning", tooltip="Any conditioning of tensors and plain values."
                ),
                io.String.Input(
                    "filename_prefix",
                    default=f"{conditioning_files.USUAL}/encoderscope",
                    tooltip="Below ComfyUI's output folder.",
                ),
            ],
            outputs=[text_output(tooltip="Where it was written.")],
            is_output_node=True,
        )

    @classmethod
    def execute(cls, conditioning: Any, filename_prefix: str) -> io.NodeOutput:
        saved = conditioning_files.save(conditioning, filename_prefix)
        text = conditioning_files.describe(*saved)
        card = {"state": "stored", "lines": [text]}
        return io.NodeOutput(text, ui={UI_CACHE: [card], "text": (text,)})
