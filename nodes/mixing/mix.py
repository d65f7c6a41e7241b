"""Mix Pooled + Sequence: the parts of a CONDITIONING, weighed as a LoRA is weighed."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...conditioning.mixing.mixture import INTERPOLATIONS, LINEAR, mix
from ...conditioning.mixing.schedule import MixPart
from ...host.ids import MENU_MIXING, MIX
from ..inputs import schedule_range, strength
from ..outputs import conditioning_outputs, conditioning_result
from ..schema import node_schema

_PROMPT = "Gives the pooled vector. One prompt may be connected twice."
_SEQUENCE = "Gives the sequence and every other key: guidance, masks, areas."
_BASELINE = "What 0 means, such as the empty prompt. Not connected: zeros."
_TURNING = (
    "For the pooled vector. norm-preserving turns it without shrinking it, and needs a baseline."
)
_RANGES = [f"{part}_{edge}" for part in ("pooled", "clip", "t5") for edge in ("start", "end")]
_CLIP = "Strength of the CLIP part of the sequence (SD1.5, SDXL, SD3)"
_T5 = "Strength of the T5 part of the sequence (SD3, FLUX.1, or a language model's)"


class Mix(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=MIX,
            display_name="Mix Pooled + Sequence",
            category=MENU_MIXING,
            description="Weighs the pooled vector, the CLIP part and the T5 part of a prompt, as a "
            "LoRA is weighed.",
            inputs=[
                io.Conditioning.Input("pooled_from", tooltip=_PROMPT),
                io.Conditioning.Input("sequence_from", tooltip=_SEQUENCE),
                strength("pooled", "Strength of the pooled vector"),
                strength("clip_sequence", _CLIP),
                strength("t5_sequence", _T5),
                io.Combo.Input(
                    "interpolation", options=list(INTERPOLATIONS), default=LINEAR, tooltip=_TURNING
                ),
                io.Conditioning.Input("baseline", optional=True, tooltip=_BASELINE),
                *schedule_range("pooled", "pooled vector"),
                *schedule_range("clip", "CLIP part"),
                *schedule_range("t5", "T5 part"),
            ],
            advanced=("interpolation", *_RANGES),
            outputs=conditioning_outputs(),
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls,
        pooled_from: Any,
        sequence_from: Any,
        pooled: float = 1.0,
        clip_sequence: float = 1.0,
        t5_sequence: float = 1.0,
        interpolation: str = LINEAR,
        baseline: Any = None,
        pooled_start: float = 0.0,
        pooled_end: float = 1.0,
        clip_start: float = 0.0,
        clip_end: float = 1.0,
        t5_start: float = 0.0,
        t5_end: float = 1.0,
    ) -> io.NodeOutput:
        parts = {
            "pooled": MixPart(pooled, pooled_start, pooled_end),
            "clip": MixPart(clip_sequence, clip_start, clip_end),
            "t5": MixPart(t5_sequence, t5_start, t5_end),
        }
        mixed = mix(pooled_from, sequence_from, parts, baseline, interpolation)
        return conditioning_result(
            mixed.conditioning, mixed.notes, "Mix Pooled + Sequence", summary=mixed.summary
        )
