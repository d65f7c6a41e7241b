"""The node that opens the text encoder's box: `Encode (open the box)`."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...conditioning.reports.states import report as states_report
from ...host import clip as host_clip
from ...host import encoder_outputs
from ...host.ids import CATEGORY, ENCODE_STATES, TEXT_STATES, UI_STATES

TextStates = io.Custom(TEXT_STATES)
_EMPTY = '""'
_STREAMS = {"l": "text_l", "g": "text_g", "t5xxl": "text_t5"}


def _own_input(name: str, title: str) -> Any:
    return io.String.Input(
        name,
        multiline=True,
        dynamic_prompts=True,
        optional=True,
        default="",
        placeholder=f'{title}: empty = same as text, "" = empty prompt',
        tooltip=(
            f"A text for {title} alone. Left empty, it reads the same as the others; two "
            'quotes ("") give it an empty prompt.'
        ),
    )


def own_texts(**given: str) -> dict[str, str]:
    """Stream -> text, for the boxes that were filled in."""
    return {
        stream: "" if given[box].strip() == _EMPTY else given[box]
        for stream, box in _STREAMS.items()
        if given[box].strip()
    }


class EncodeStates(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id=ENCODE_STATES,
            display_name="Encode (open the box)",
            category=CATEGORY,
            description=(
                "Encodes a prompt as CLIP Text Encode does, and also hands out what each "
                "encoder said."
            ),
            inputs=[
                io.Clip.Input(
                    "clip", tooltip="Any CLIP: LoRA, layer choice and hooks on it count."
                ),
                io.String.Input(
                    "text",
                    multiline=True,
                    dynamic_prompts=True,
                    tooltip="The prompt for every encoder.",
                ),
                _own_input("text_l", "CLIP-L"),
                _own_input("text_g", "CLIP-G"),
                _own_input("text_t5", "T5"),
            ],
            outputs=[
                TextStates.Output(
                    "states",
                    display_name="states",
                    tooltip="What each encoder said, for Assemble Conditioning.",
                ),
                io.Conditioning.Output(
                    "conditioning",
                    display_name="conditioning",
                    tooltip="What CLIP Text Encode gives, bit for bit.",
                ),
                io.String.Output(
                    "report", display_name="report", tooltip="What each encoder gave, as text."
                ),
            ],
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls, clip: Any, text: str, text_l: str = "", text_g: str = "", text_t5: str = ""
    ) -> io.NodeOutput:
        encoded = encoder_outputs.encode(
            clip, text, own_texts(text_l=text_l, text_g=text_g, text_t5=text_t5)
        )
        found = states_report.states_report(encoded.states, host=host_clip.version())
        plain = states_report.plain(found)
        return io.NodeOutput(
            encoded.states, encoded.conditioning, plain, ui={UI_STATES: [found], "text": (plain,)}
        )


NODES = [EncodeStates]
