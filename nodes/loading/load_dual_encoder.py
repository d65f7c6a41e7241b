"""Load Image-Text Encoder: both towers of CLIP, SigLIP or SigLIP 2."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...conditioning.image_text.shapes import ACTIVATIONS
from ...host.ids import LOAD_DUAL_ENCODER, MENU_LOADING
from ...host.image_text import image_text_encoder
from .. import inputs
from ..outputs import text_output
from ..schema import node_schema


class LoadDualEncoder(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=LOAD_DUAL_ENCODER,
            display_name="Load Image-Text Encoder",
            category=MENU_LOADING,
            description="Loads CLIP, SigLIP or SigLIP 2 with both towers, to score how well "
            "pictures and texts fit.",
            inputs=[
                io.Combo.Input(
                    "model",
                    options=image_text_encoder.choices(),
                    default=image_text_encoder.CONNECTED,
                    tooltip="A Hugging Face folder or a .safetensors file below clip_vision or "
                    "text_encoders.",
                ),
                inputs.precision(
                    image_text_encoder.PRECISIONS,
                    "auto is fp32: the differences that a probe looks for are small. fp16 "
                    "and bf16 halve the memory.",
                ),
                io.Combo.Input(
                    "activation",
                    options=list(ACTIVATIONS),
                    default="auto",
                    tooltip="Only for a CLIP in a single file, which does not tell it. OpenAI: "
                    "quick_gelu. LAION: gelu.",
                ),
                inputs.clip("With clip_vision, instead of a model from the list.", optional=True),
                inputs.clip_vision(),
            ],
            advanced=("precision", "activation"),
            outputs=[
                inputs.DualEncoder.Output(
                    "encoder",
                    display_name="image-text encoder",
                    tooltip="For Image Probe, Binding Benchmark or Load Judge.",
                ),
                text_output(tooltip="What was loaded, how it is fed, and what was assumed."),
            ],
        )

    @classmethod
    def validate_inputs(cls, model: str, precision: str, activation: str) -> bool:
        # a missing model must not keep a shared workflow from opening; execute says what there is
        return True

    @classmethod
    def execute(
        cls,
        model: str,
        precision: str = "auto",
        activation: str = "auto",
        clip: Any = None,
        clip_vision: Any = None,
    ) -> io.NodeOutput:
        encoder = image_text_encoder.choose(model, precision, activation, clip, clip_vision)
        text = image_text_encoder.report(encoder, model, clip, clip_vision)
        return io.NodeOutput(encoder, text, ui={"text": (text,)})
