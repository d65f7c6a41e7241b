"""The node that looks into a CONDITIONING: `What Is in This Conditioning?`."""

from __future__ import annotations

import json
from typing import Any

from comfy_api.latest import io

from ...conditioning.reports.conditioning import picture as conditioning_picture
from ...conditioning.reports.conditioning import report as conditioning_report
from ...host import clip as host_clip
from ...host.ids import CATEGORY, INSPECT_CONDITIONING, UI_CONDITIONING
from ..prompt.token_map import pixels


class InspectConditioning(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id=INSPECT_CONDITIONING,
            display_name="What Is in This Conditioning?",
            category=CATEGORY,
            description=(
                "Layout, every token's strength, pooled vector, masks and schedule, and how "
                "it differs from another."
            ),
            inputs=[
                io.Conditioning.Input("conditioning", tooltip="Any conditioning, of any node."),
                io.Conditioning.Input(
                    "compare_with",
                    optional=True,
                    tooltip="Another one: token by token, how far apart they are.",
                ),
            ],
            outputs=[
                io.Conditioning.Output(
                    "unchanged",
                    display_name="conditioning",
                    tooltip="The same conditioning, untouched.",
                ),
                io.String.Output(
                    "report", display_name="report", tooltip="What is in it, as text."
                ),
                io.String.Output(
                    "json",
                    display_name="json",
                    tooltip="The report as JSON (docs/report-conditioning.md).",
                ),
                io.Image.Output(
                    "image", display_name="image", tooltip="The picture of the report."
                ),
            ],
            is_output_node=True,
        )

    @classmethod
    def execute(cls, conditioning: Any, compare_with: Any = None) -> io.NodeOutput:
        found = conditioning_report.conditioning_report(
            conditioning, compare_with, host=host_clip.version()
        )
        plain = conditioning_report.plain(found)
        image = pixels(conditioning_picture.render(found))
        return io.NodeOutput(
            conditioning,
            plain,
            json.dumps(found, ensure_ascii=False),
            image,
            ui={UI_CONDITIONING: [found], "text": (plain,)},
        )


NODES = [InspectConditioning]
