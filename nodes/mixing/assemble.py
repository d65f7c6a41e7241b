"""Assemble Conditioning: the outputs of encoders, joined as an image model takes them."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...conditioning.mixing.assembly import CHOICES, assemble
from ...conditioning.mixing.conditioning_shapes import SHAPES
from ...host.ids import ASSEMBLE, MENU_MIXING
from .. import inputs
from ..outputs import conditioning_outputs, conditioning_result
from ..schema import node_schema

FROM_STATES = "from the states"


class Assemble(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        states = inputs.TextStates
        return node_schema(
            node_id=ASSEMBLE,
            display_name="Assemble Conditioning",
            category=MENU_MIXING,
            description="Joins what encoders returned, from one loader or several, into the "
            "conditioning of an image model.",
            inputs=[
                states.Input(
                    "states",
                    tooltip="From Encode (open the box): every encoder not connected below.",
                ),
                states.Input(
                    "clip_states",
                    optional=True,
                    tooltip="CLIP-L and CLIP-G come from here instead, where it has them.",
                ),
                states.Input("t5_states", optional=True, tooltip="T5 comes from here instead."),
                io.Combo.Input(
                    "layout",
                    options=[FROM_STATES, *SHAPES],
                    default=FROM_STATES,
                    tooltip="Whose conditioning to build. 'pixart' is T5 alone, as PixArt, "
                    "Chroma, LTX-Video or Wan take it.",
                ),
                inputs.encoder_use(
                    "clip_l",
                    "CLIP-L",
                    "SD3 as if CLIP-L was not loaded; FLUX.1 without a pooled vector.",
                ),
                inputs.encoder_use("clip_g", "CLIP-G", "SD3 as if CLIP-G was not loaded."),
                inputs.encoder_use("t5", "T5", "SD3 as if T5 was not loaded: its rows are gone."),
            ],
            outputs=conditioning_outputs(),
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls,
        states: Any,
        layout: str = FROM_STATES,
        clip_l: str = CHOICES[0],
        clip_g: str = CHOICES[0],
        t5: str = CHOICES[0],
        clip_states: Any = None,
        t5_states: Any = None,
    ) -> io.NodeOutput:
        use = {"clip_l": clip_l, "clip_g": clip_g, "t5": t5}
        family = None if layout == FROM_STATES else layout
        assembled = assemble(states, family, use, clip_states, t5_states)
        return conditioning_result(assembled.conditioning, assembled.notes, "Assemble Conditioning")
