"""Save Report Card: any report as a PNG that has the report and the workflow inside."""

from __future__ import annotations

from comfy_api.latest import io

from ...host.ids import MENU_REPORTS, SAVE_REPORT_CARD
from ...host.reports import report_cards
from ..outputs import image_output, pixels, text_output
from ..schema import node_schema


class SaveReportCard(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=SAVE_REPORT_CARD,
            display_name="Save Report Card",
            category=MENU_REPORTS,
            description="Saves a report as a picture that can be read again: the report is inside, "
            "and so is the workflow. Drop it on the canvas, or read it with encoderscope show.",
            inputs=[
                io.String.Input(
                    "json", force_input=True, tooltip="The json output of any node of EncoderScope."
                ),
                io.String.Input(
                    "filename_prefix",
                    default=report_cards.USUAL,
                    tooltip="Below ComfyUI's output folder.",
                ),
            ],
            outputs=[text_output(tooltip="Where it was written."), image_output()],
            hidden=[io.Hidden.prompt, io.Hidden.extra_pnginfo],
            is_output_node=True,
        )

    @classmethod
    def execute(cls, json: str, filename_prefix: str) -> io.NodeOutput:
        card = report_cards.save(json, filename_prefix, cls.hidden.prompt, cls.hidden.extra_pnginfo)
        text = f"Written: {card.path}"
        return io.NodeOutput(
            text, pixels(card.picture), ui={"images": [card.shown], "text": (text,)}
        )
