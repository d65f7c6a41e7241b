"""What a file leaves out: what older releases did not write yet, filled in with what it means that
nothing is there, and what is computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Report = Mapping[str, Any]


def completed(report: Report) -> Report:
    """The report as this release reads it; the same object where nothing is missing."""
    complete = _COMPLETE.get(str(report.get("format")))
    if complete is None:
        return report
    return complete(report)


def _image(report: Report) -> Report:
    """Judges came after release 0.1."""
    if "judges" in report:
        return report
    images = report.get("images")
    judged = [
        {**image, "judges": [], "judged": None}
        for image in (images if isinstance(images, list) else [])
    ]
    return {**report, "judges": [], "questions": [], "images": judged}


def _doctor(report: Report) -> Report:
    """Cards of the Prompt Doctor hold nothing that follows from the rest."""
    from ..doctor.display import with_display, without_display

    return with_display(without_display(report))


_COMPLETE: Mapping[str, Callable[[Report], Report]] = {
    "encoderscope.image": _image,
    "encoderscope.doctor": _doctor,
}
