"""Nodes that join and weigh what the encoders said: `Assemble Conditioning`, `Mix Pooled +
Sequence`.
"""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...conditioning.mixing.assemble import CHOICES, assemble
from ...conditioning.mixing.conditioning_shapes import SHAPES
from ...conditioning.mixing.mix import INTERPOLATIONS, LINEAR, mix
from ...conditioning.mixing.schedule import MixPart
from ...conditioning.reports.conditioning import report as conditioning_report
from ...host import clip as host_clip
from ...host.ids import ASSEMBLE, CATEGORY, MIX, UI_CONDITIONING
from .encode_states import TextStates

FROM_STATES = "from the states"
_REPORT = io.String.Output(
    "report", display_name="report", tooltip="What was joined, and what is in it, as text."
)


def _outputs() -> list[Any]:
    taken = "For a sampler, or any node that takes a CONDITIONING."
    return [
        io.Conditioning.Output("conditioning", display_name="conditioning", tooltip=taken),
        _REPORT,
    ]


def _output(made: Any, title: str) -> io.NodeOutput:
    found = conditioning_report.conditioning_report(
        made.conditioning, title=title, notes=made.notes, host=host_clip.version()
    )
    plain = conditioning_report.plain(found)
    return io.NodeOutput(made.conditioning, plain, ui={UI_CONDITIONING: [found], "text": (plain,)})


def _choice_input(name: str, title: str, absent: str) -> Any:
    tip = (
        f"use: as encoded. empty prompt: {title} reads nothing. zeros: its numbers are zero. "
        f"absent: {absent}"
    )
    return io.Combo.Input(
        name, options=list(CHOICES), default=CHOICES[0], optional=True, tooltip=tip
    )


class Assemble(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id=ASSEMBLE,
            display_name="Assemble Conditioning",
            category=CATEGORY,
            description=(
                "Joins what encoders said, from one loader or several, into the conditioning "
                "of an image model."
            ),
            inputs=[
                TextStates.Input(
                    "states",
                    tooltip="From Encode (open the box): every encoder not connected below.",
                ),
                TextStates.Input(
                    "clip_states",
                    optional=True,
                    tooltip="CLIP-L and CLIP-G come from here instead, where it has them.",
                ),
                TextStates.Input("t5_states", optional=True, tooltip="T5 comes from here instead."),
                io.Combo.Input(
                    "layout",
                    options=[FROM_STATES, *SHAPES],
                    default=FROM_STATES,
                    tooltip=(
                        "Whose conditioning to build. 'pixart' is T5 alone, as PixArt, "
                        "Chroma, LTX-Video or Wan take it."
                    ),
                ),
                _choice_input(
                    "clip_l",
                    "CLIP-L",
                    "SD3 as if CLIP-L was not loaded; FLUX.1 without a pooled vector.",
                ),
                _choice_input("clip_g", "CLIP-G", "SD3 as if CLIP-G was not loaded."),
                _choice_input("t5", "T5", "SD3 as if T5 was not loaded: its rows are gone."),
            ],
            outputs=_outputs(),
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
        choices = {"clip_l": clip_l, "clip_g": clip_g, "t5": t5}
        made = assemble(
            states, None if layout == FROM_STATES else layout, choices, clip_states, t5_states
        )
        return _output(made, "Assemble Conditioning")


def _strength(name: str, what: str) -> Any:
    tip = (
        f"{what}. 0: the baseline. 1: as it is. Beyond: further away from the baseline. "
        "Below 0: past the baseline."
    )
    return io.Float.Input(name, default=1.0, min=-10.0, max=10.0, step=0.05, tooltip=tip)


def _percent(name: str, default: float, what: str) -> Any:
    edge = "begins" if default == 0.0 else "ends"
    tip = (
        f"Share of the schedule where the {what} {edge}. Outside of its range it is at the "
        "baseline."
    )
    return io.Float.Input(
        name, default=default, min=0.0, max=1.0, step=0.01, optional=True, tooltip=tip
    )


class Mix(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        ranges = (("pooled", "pooled vector"), ("clip", "CLIP part"), ("t5", "T5 part"))
        percents = [
            _percent(f"{n}_{e}", d, what)
            for n, what in ranges
            for e, d in (("start", 0.0), ("end", 1.0))
        ]
        return io.Schema(
            node_id=MIX,
            display_name="Mix Pooled + Sequence",
            category=CATEGORY,
            description=(
                "Weighs the pooled vector, the CLIP part and the T5 part of a prompt, as a "
                "LoRA is weighed."
            ),
            inputs=[
                io.Conditioning.Input(
                    "pooled_from",
                    tooltip="Gives the pooled vector. One prompt may be connected twice.",
                ),
                io.Conditioning.Input(
                    "sequence_from",
                    tooltip="Gives the sequence and every other key: guidance, masks, areas.",
                ),
                _strength("pooled", "Strength of the pooled vector"),
                _strength(
                    "clip_sequence", "Strength of the CLIP part of the sequence (SD1.5, SDXL, SD3)"
                ),
                _strength(
                    "t5_sequence",
                    "Strength of the T5 part of the sequence (SD3, FLUX.1, or a language model's)",
                ),
                io.Combo.Input(
                    "interpolation",
                    options=list(INTERPOLATIONS),
                    default=LINEAR,
                    tooltip=(
                        "For the pooled vector. norm-preserving turns it without shrinking "
                        "it, and needs a baseline."
                    ),
                ),
                io.Conditioning.Input(
                    "baseline",
                    optional=True,
                    tooltip="What 0 means, such as the empty prompt. Not connected: zeros.",
                ),
                *percents,
            ],
            outputs=_outputs(),
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
        return _output(
            mix(pooled_from, sequence_from, parts, baseline, interpolation), "Mix Pooled + Sequence"
        )


NODES = [Assemble, Mix]
