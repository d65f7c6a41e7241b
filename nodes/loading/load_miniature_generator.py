"""Load Miniature Generator: a tiny image model that comes with the pack."""

from __future__ import annotations

from comfy_api.latest import io

from ...conditioning import miniature_generator
from ...host.generator import miniature_model as host_generator
from ...host.ids import LOAD_MINIATURE_GENERATOR, MENU_LOADING
from ..outputs import text_output
from ..schema import node_schema


class LoadMiniatureGenerator(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        options = miniature_generator.choices()
        return node_schema(
            node_id=LOAD_MINIATURE_GENERATOR,
            display_name="Load Miniature Generator",
            category=MENU_LOADING,
            description="mini-MMDiT, a tiny image model that comes with EncoderScope: SD3's "
            "layout, drawings of two things. Not Stable Diffusion.",
            inputs=[
                io.Combo.Input(
                    "generator",
                    options=options,
                    tooltip="Named after the encoder that it was trained with; all else is equal. "
                    "The report says what Load Miniature must be set to.",
                )
            ],
            outputs=[
                io.Model.Output(
                    "MODEL", display_name="MODEL", tooltip="For KSampler, for example."
                ),
                io.Vae.Output("VAE", display_name="VAE", tooltip="TAESD3 of madebyollin (MIT)."),
                text_output(tooltip="What it is, and which encoder it reads."),
            ],
        )

    @classmethod
    def execute(cls, generator: str) -> io.NodeOutput:
        model, vae, text = host_generator.loaded(generator)
        return io.NodeOutput(model, vae, text, ui={"text": (text,)})
