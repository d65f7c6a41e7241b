"""Encode (open the box): a CONDITIONING, and what each encoder returned for it."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...conditioning.reports.states import report as states_report
from ...conditioning.translation import translate
from ...host import clip as host_clip
from ...host import encoder_outputs
from ...host.ids import ENCODE_STATES, MENU_MIXING, UI_STATES
from ...host.progress_bar import announce
from .. import inputs
from ..outputs import ReportNode, json_output, report_result, text_output
from ..schema import node_schema


class EncodeStates(ReportNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=ENCODE_STATES,
            display_name="Encode (open the box)",
            category=MENU_MIXING,
            description="Encodes a prompt as CLIP Text Encode does, and also hands out what each "
            "encoder returned.",
            inputs=[
                inputs.clip("Any CLIP: LoRA, layer choice and hooks on it count."),
                inputs.text(tooltip="The prompt for every encoder."),
                inputs.own_text("text_l", "CLIP-L"),
                inputs.own_text("text_g", "CLIP-G"),
                inputs.own_text("text_t5", "T5"),
            ],
            advanced=("text_l", "text_g", "text_t5"),
            outputs=[
                inputs.TextStates.Output(
                    "states",
                    display_name="states",
                    tooltip="What each encoder returned, for Assemble Conditioning.",
                ),
                io.Conditioning.Output(
                    "conditioning",
                    display_name="conditioning",
                    tooltip="What CLIP Text Encode gives, bit for bit.",
                ),
                text_output(tooltip="What each encoder gave, as text."),
                json_output("The report as JSON."),
            ],
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls, clip: Any, text: str, text_l: str = "", text_g: str = "", text_t5: str = ""
    ) -> io.NodeOutput:
        own = encoder_outputs.own_texts(text_l, text_g, text_t5)
        announce(
            translate("Encoding the prompt; the first time, the text encoder has to be loaded.")
        )
        encoded = encoder_outputs.encode(clip, text, own)
        report = states_report.states_report(encoded.states, host=host_clip.version())
        return report_result(
            report,
            states_report.plain(report),
            ui={UI_STATES: [report]},
            before=(encoded.states, encoded.conditioning),
        )
