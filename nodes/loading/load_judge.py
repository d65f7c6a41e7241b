"""Load Judge: a model that answers questions about a picture."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...host.ids import LOAD_JUDGE, MENU_LOADING
from ...host.judges import judge_choice
from .. import inputs
from ..outputs import text_output
from ..schema import node_schema


class LoadJudge(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=LOAD_JUDGE,
            display_name="Load Judge",
            category=MENU_LOADING,
            description="Loads a model that answers questions about pictures (mini-VQA, which "
            "comes with EncoderScope, BLIP-VQA, Qwen-VL, SmolVLM, LLaVA, Gemma 3), or asks a CLIP "
            "that can see, for Image Probe.",
            inputs=[
                inputs.judge_model(),
                inputs.precision(
                    judge_choice.JUDGE_PRECISIONS,
                    "Only for a model from the list. bf16 halves the memory of fp32.",
                ),
                inputs.clip(
                    "Instead of a model: the CLIP of Qwen-Image, Krea 2, LTX-2 and their like, "
                    "whose language model reads pictures.",
                    optional=True,
                ),
                inputs.image_text_encoder(
                    "encoder", "Instead of a model: CLIP or SigLIP. It compares sentences."
                ),
                inputs.judge(
                    "beside",
                    "Other judges: all of them are asked, and where they disagree it is shown.",
                ),
            ],
            advanced=("precision",),
            outputs=[
                inputs.Judge.Output(
                    "judge",
                    display_name="judge",
                    tooltip="For Image Probe, Prompt Doctor and Binding Benchmark.",
                ),
                text_output(tooltip="What was loaded."),
            ],
        )

    @classmethod
    def validate_inputs(cls, model: str, precision: str) -> bool:
        # a missing model must not keep a shared workflow from opening; execute says what there is
        return True

    @classmethod
    def execute(
        cls,
        model: str,
        precision: str = "as stored",
        clip: Any = None,
        encoder: Any = None,
        beside: Any = None,
    ) -> io.NodeOutput:
        judges = judge_choice.load(model, precision, clip, encoder, beside)
        text = judge_choice.describe(judges)
        return io.NodeOutput(judges, text, ui={"text": (text,)})
