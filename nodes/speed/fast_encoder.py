"""Fast Encoder: a CLIP whose encoders waste nothing."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...conditioning.precision import EXACT, MODES
from ...host.acceleration import patches, status
from ...host.ids import FAST_ENCODER, MENU_SPEED, UI_FAST
from .. import inputs
from ..outputs import text_output
from ..schema import node_schema


class FastEncoder(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=FAST_ENCODER,
            display_name="Fast Encoder",
            category=MENU_SPEED,
            description="A CLIP that encodes faster: no copy of every weight on every call, no "
            "padding that is thrown away, nothing twice.",
            inputs=[
                inputs.clip("From any loader. LoRA may stand before or behind this node."),
                io.Combo.Input(
                    "mode",
                    options=list(MODES),
                    default=EXACT,
                    tooltip="exact: ComfyUI's own numbers, to 1 part in 100,000. fast: products in "
                    "fp16 (GPU) or bf16 (CPU), sums in fp32; pictures may change a little. draft: "
                    "int8, fp8 or nvfp4 files on a GPU with units for them, activations rounded, "
                    "too; pictures change, details may be lost.",
                ),
                io.Boolean.Input(
                    "small_memory",
                    default=False,
                    optional=True,
                    tooltip="For encoders on the processor where memory is short (Linux): layers "
                    "of a T5 come from the disk one by one.",
                ),
            ],
            advanced=("small_memory",),
            outputs=[
                io.Clip.Output(
                    "faster",
                    display_name="clip",
                    tooltip="For CLIP Text Encode, or any other node that takes a CLIP.",
                ),
                text_output(tooltip="What is done for each encoder, and what is left alone."),
            ],
            hidden=[io.Hidden.unique_id],
            is_output_node=True,
        )

    @classmethod
    def execute(cls, clip: Any, mode: str, small_memory: bool = False) -> io.NodeOutput:
        listener = status.node_listener(str(cls.hidden.unique_id))
        fast = patches.accelerate(clip, mode, listener, small_memory)
        lines = status.plan_lines(fast.encoders, mode, small_memory)
        text = "\n".join(lines)
        card = {"state": "faster", "lines": list(lines)}
        return io.NodeOutput(fast.clip, text, ui={UI_FAST: [card], "text": (text,)})
