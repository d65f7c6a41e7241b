"""The nodes of the binding probe: `Binding Probe` and `Encoder Report`."""

from __future__ import annotations

import json
from typing import Any

from comfy_api.latest import io

from ...conditioning.reports.binding import picture as binding_picture
from ...conditioning.reports.binding import report as probe_report
from ...conditioning.reports.encoder_card import picture as encoder_card_picture
from ...conditioning.reports.encoder_card import report as encoder_card_report
from ...host import probe_reports
from ...host import progress as host_progress
from ...host.ids import BINDING_PROBE, CATEGORY, ENCODER_REPORT, UI_ENCODER_REPORT, UI_PROBE
from ..prompt.token_map import pixels, text_input


def _clip_input(name: str, tooltip: str, **options: Any) -> Any:
    return io.Clip.Input(name, tooltip=tooltip, **options)


def _view_input() -> Any:
    return io.Combo.Input(
        "view",
        options=list(probe_reports.VIEWS),
        default=probe_reports.VIEWS[0],
        tooltip="The test sentences without padding (fast), or padded as this model gets them "
        "(slow for T5). "
        "The prompt itself is always encoded as the generator gets it.",
    )


class BindingProbe(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id=BINDING_PROBE,
            display_name="Binding Probe",
            category=CATEGORY,
            description=(
                "Does the encoding hold which property, number or deed belongs to which "
                "thing? Tells before anything is drawn."
            ),
            inputs=[
                _clip_input("clip", "Any CLIP: LoRA and layer choice on it count."),
                text_input(
                    "text",
                    tooltip=(
                        "The prompt, in English. Mark a contrast by hand: [red] car | [blue] house."
                    ),
                ),
                _view_input(),
                io.Float.Input(
                    "threshold",
                    default=probe_report.THRESHOLD,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    optional=True,
                    tooltip=(
                        "The textbook's rule: flag a rival whose cosine with the prompt is "
                        "above this. The verdict does not use it."
                    ),
                ),
                _clip_input(
                    "compare_clip",
                    "A second CLIP, to see what it makes of the same prompt.",
                    optional=True,
                ),
            ],
            outputs=[
                io.String.Output("verdict", display_name="verdict", tooltip="The report as text."),
                io.String.Output(
                    "json",
                    display_name="json",
                    tooltip="The report as JSON (docs/report-probe.md).",
                ),
                io.Image.Output(
                    "image", display_name="image", tooltip="The report as a picture, for sharing."
                ),
                io.Boolean.Output(
                    "bound",
                    display_name="bound",
                    tooltip=(
                        "True when everything that was tested is bound. False also where it "
                        "cannot be told: see the json."
                    ),
                ),
            ],
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls,
        clip: Any,
        text: str,
        view: str = probe_reports.VIEWS[0],
        threshold: float = probe_report.THRESHOLD,
        compare_clip: Any = None,
    ) -> io.NodeOutput:
        made = [
            probe_reports.report(
                one, text, view, threshold, host_progress.cache_folder(), host_progress.progress()
            )
            for one in (clip, *([] if compare_clip is None else [compare_clip]))
        ]
        found = {**made[0], "compare": made[1] if len(made) > 1 else None}
        plain = probe_report.plain(found)
        picture, told = pixels(binding_picture.render(found)), json.dumps(found, ensure_ascii=False)
        return io.NodeOutput(
            plain, told, picture, found["bound"] is True, ui={UI_PROBE: [found], "text": (plain,)}
        )


class EncoderReport(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id=ENCODER_REPORT,
            display_name="Encoder Report",
            category=CATEGORY,
            description=(
                "Scores an encoder on a built-in suite: properties, numbers, denials, "
                "relations, deeds. Minutes once, then kept."
            ),
            inputs=[
                _clip_input("clip", "Any CLIP: LoRA and layer choice on it count."),
                io.String.Input(
                    "title", default="", tooltip="A name for this card. Empty: what the CLIP is."
                ),
                _view_input(),
                _clip_input("compare_clip", "A second CLIP to set beside it.", optional=True),
                io.String.Input(
                    "card",
                    default="",
                    optional=True,
                    force_input=True,
                    tooltip=(
                        "The json output of another Encoder Report, such as a friend's, to "
                        "set beside it."
                    ),
                ),
            ],
            outputs=[
                io.String.Output("report", display_name="report", tooltip="The report as text."),
                io.String.Output(
                    "json",
                    display_name="json",
                    tooltip="The card as JSON: give it to another Encoder Report to compare.",
                ),
                io.Image.Output(
                    "image", display_name="image", tooltip="The card as a picture, for sharing."
                ),
            ],
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls,
        clip: Any,
        title: str = "",
        view: str = probe_reports.VIEWS[0],
        compare_clip: Any = None,
        card: str = "",
    ) -> io.NodeOutput:
        others = [encoder_card_report.read_card(card)] if card.strip() else []
        found = probe_reports.card(
            clip, view, title, host_progress.cache_folder(), host_progress.progress()
        )
        if compare_clip is not None:
            others.insert(
                0,
                probe_reports.card(
                    compare_clip, view, "", host_progress.cache_folder(), host_progress.progress()
                ),
            )
        found = encoder_card_report.with_others(found, others)
        plain = encoder_card_report.plain(found)
        picture, told = (
            pixels(encoder_card_picture.render(found)),
            json.dumps(found, ensure_ascii=False),
        )
        return io.NodeOutput(
            plain, told, picture, ui={UI_ENCODER_REPORT: [found], "text": (plain,)}
        )


NODES = [BindingProbe, EncoderReport]
