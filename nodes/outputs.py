"""What report nodes give: the same outputs in the same order, filled in one way.

The order is: text, JSON, picture, then the node's own outputs. Outputs never move, so the nodes
whose first release had others before these, or lacked some, keep that: new ones come last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from comfy_api.latest import io
from PIL import Image

from ..conditioning.reports.conditioning import picture as conditioning_picture
from ..conditioning.reports.conditioning import report as conditioning_report
from ..conditioning.reports.drawing import legible
from ..conditioning.reports.strict_json import compact, to_json
from ..host import clip as host_clip
from ..host import language
from ..host.generator import pooled_reading
from ..host.ids import UI_CONDITIONING

Report = Mapping[str, Any]


class ReportNode(io.ComfyNode):
    """A node whose report is written anew when the language of the editor has changed."""

    @classmethod
    def fingerprint_inputs(cls, **inputs: Any) -> str:
        return language.of_editor()


def text_output(
    name: str = "report", tooltip: str = "The report as text.", display_name: str = ""
) -> io.Output:
    """The report for people."""
    return io.String.Output(name, display_name=display_name or name, tooltip=tooltip)


def clip_output() -> io.Output:
    """The CLIP that a loader made."""
    return io.Clip.Output("CLIP", display_name="CLIP", tooltip="For any node that takes a CLIP.")


def json_output(tooltip: str = "The report as JSON.") -> io.Output:
    """The report for scripts."""
    return io.String.Output("json", display_name="json", tooltip=tooltip)


def image_output(tooltip: str = "The report as a picture, for sharing.") -> io.Output:
    """The report as an IMAGE."""
    return io.Image.Output("image", display_name="image", tooltip=tooltip)


def report_outputs(guide: str, text: str = "report", picture: bool = True) -> list[io.Output]:
    """The outputs of a report: text (``text``: its id, which artists see as "report"), JSON, and a
    picture if it has one. ``guide``: the page of docs/ that describes the JSON.
    """
    report = text_output(text, display_name="report")
    outputs = [report, json_output(f"The report as JSON (docs/{guide}.md).")]
    if picture:
        outputs.append(image_output())
    return outputs


def report_result(
    report: Report,
    text: str,
    picture: Image.Image | None = None,
    *,
    ui: Mapping[str, Any],
    before: Iterable[Any] = (),
    after: Iterable[Any] = (),
) -> io.NodeOutput:
    """The values of :func:`report_outputs` between a node's own, and what its card shows: ``ui``
    and the text.
    """
    values = [*before, text, to_json(report)]
    if picture is not None:
        values.append(pixels(picture))
    return io.NodeOutput(*values, *after, ui={**compact(ui), "text": (text,)})


def pixels(picture: Image.Image) -> torch.Tensor:
    """A picture as the host's IMAGE: (1, height, width, 3), fp32, 0 to 1."""
    return torch.from_numpy(np.asarray(picture.convert("RGB"), dtype=np.float32) / 255.0)[None]


def conditioning_outputs() -> list[io.Output]:
    """The outputs of nodes that make a CONDITIONING and report on it."""
    return [
        io.Conditioning.Output(
            "conditioning",
            display_name="conditioning",
            tooltip="For a sampler, or any node that takes a CONDITIONING.",
        ),
        text_output(tooltip="What was joined, and what is in it, as text."),
        json_output("The report as JSON (docs/report-conditioning.md)."),
        image_output(),
    ]


def conditioning_result(
    conditioning: Any,
    notes: Sequence[str] = (),
    title: str = "",
    other: Any = None,
    summary: str = "",
) -> io.NodeOutput:
    """The values of :func:`conditioning_outputs`. ``other``: what it is compared with;
    ``summary``: what was done to it.
    """
    report, picture = legible.drawn(
        lambda: conditioning_report.conditioning_report(
            conditioning,
            other,
            title=title,
            summary=summary,
            notes=notes,
            host=host_clip.version(),
            readings=pooled_reading.readings(),
        ),
        conditioning_picture.render,
    )
    return report_result(
        report,
        conditioning_report.plain(report),
        picture,
        ui={UI_CONDITIONING: [report]},
        before=(conditioning,),
    )
