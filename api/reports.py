"""Reports for Python: one that came as a file, and the doctor's, made of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .results import (
    AnyReport,
    DoctorReport,
    EncoderCard,
    FileReport,
    ImageReport,
    ProbeReport,
    ReadingReport,
    TokenReport,
)

_KINDS: Mapping[str, Callable[[Mapping[str, Any]], AnyReport]] = {
    "encoderscope.tokens": TokenReport,
    "encoderscope.reading": ReadingReport,
    "encoderscope.probe": ProbeReport,
    "encoderscope.encoder_report": EncoderCard,
    "encoderscope.encoder": FileReport,
    "encoderscope.image": ImageReport,
    "encoderscope.doctor": DoctorReport,
}


def read_report(path: str | Path) -> AnyReport:
    """The report in a card (PNG) or a JSON file, whoever made it; of its own class where it has
    one. Needs neither ComfyUI nor torch. Raises :class:`~encoderscope.EncoderScopeError`.
    """
    from ..conditioning.reports.travelling import report_files

    report = report_files.read_report(Path(path))
    return _KINDS.get(str(report["format"]), AnyReport)(report)


def doctor_report(
    text: str,
    *,
    tokens: AnyReport | None = None,
    probe: AnyReport | None = None,
    generator: AnyReport | None = None,
    image: AnyReport | None = None,
    guidance: float | None = None,
) -> DoctorReport:
    """Which station lost which phrase of a prompt, from the finished reports of those that were
    asked. ``generator``: the report of *Ignored Words*, which ComfyUI makes. ``guidance``: the CFG
    of the picture, if it is known. Needs no ComfyUI. Raises
    :class:`~encoderscope.EncoderScopeError`.
    """
    from ..conditioning.doctor.diagnose import diagnose
    from ..conditioning.reports.doctor import report as doctor

    diagnosis = diagnose(
        text, _json(tokens), _json(probe), _json(generator), _json(image), guidance
    )
    return DoctorReport(doctor.doctor_report(diagnosis))


def _json(report: AnyReport | None) -> Mapping[str, Any] | None:
    return None if report is None else report.json
