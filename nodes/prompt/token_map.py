"""Token Map: the fate of every word of a prompt."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...conditioning.reports.drawing import legible
from ...conditioning.reports.tokens import picture
from ...conditioning.reports.tokens import text as token_text
from ...host import live_route
from ...host.ids import FROM_CLIP, MENU_PROMPT, TOKEN_MAP, UI_LIVE, UI_TOKENS
from ...host.reports import token_reports
from .. import inputs
from ..outputs import ReportNode, report_outputs, report_result
from ..schema import node_schema


class TokenMap(ReportNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=TOKEN_MAP,
            display_name="Token Map (truncation visualizer)",
            category=MENU_PROMPT,
            description="Shows the fate of every word: which encoder sees it, in which window, and "
            "what never reaches the picture.",
            inputs=[
                inputs.text(tooltip="The prompt, as you would give it to CLIP Text Encode."),
                inputs.family(),
                inputs.tokenizing_clip(),
            ],
            outputs=[
                *report_outputs("report-tokens"),
                io.Int.Output(
                    "tokens", display_name="tokens", tooltip="Content tokens of the longest stream."
                ),
                io.Boolean.Output(
                    "lost", display_name="lost", tooltip="True when at least one word is lost."
                ),
                io.Boolean.Output(
                    "misleading",
                    display_name="not what it seems",
                    tooltip="True when something is certainly not what it seems: BREAK, a stray "
                    "bracket, a tag of another program.",
                ),
            ],
            is_output_node=True,
        )

    @classmethod
    def validate_inputs(cls, family: str) -> bool:
        # an unknown family must not keep a shared workflow from opening; execute says what is known
        return True

    @classmethod
    def execute(cls, text: str, family: str = FROM_CLIP, clip: Any = None) -> io.NodeOutput:
        clip, layout = token_reports.choose(clip, family)
        report, card = legible.drawn(
            lambda: token_reports.report(clip, text, layout), picture.render
        )
        return report_result(
            report,
            token_text.plain(report),
            card,
            ui={UI_TOKENS: [report], UI_LIVE: [live_route.keep(clip, layout)]},
            after=(
                max(report["summary"]["tokens"].values(), default=0),
                report["lost"],
                any(item["certain"] for item in report["findings"]),
            ),
        )
