"""Every format of report that this version reads, whoever wrote it: as text, and as a picture.

The promise (docs/reports.md): a report of the same version number is read by every later release.
Fields are added, never renamed or removed, so what is read here is what the first release wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import EncoderScopeError
from .older_reports import completed as completed

if TYPE_CHECKING:
    from PIL import Image

Report = Mapping[str, Any]


class KnownFormat(NamedTuple):
    """How a format is shown: modules of ``reports`` that are imported when they are needed."""

    version: int
    text: str
    """Module with ``plain(report)``."""
    picture: str = ""
    """Module with ``render(report)``; empty where a report has no picture."""
    has_markdown: bool = False
    """Whether the text's module has ``markdown(report)``, too."""


FORMATS: Mapping[str, KnownFormat] = {
    "encoderscope.tokens": KnownFormat(1, "tokens.text", "tokens.picture"),
    "encoderscope.order": KnownFormat(1, "order.report"),
    "encoderscope.reading": KnownFormat(1, "reading.report"),
    "encoderscope.encoder": KnownFormat(1, "encoder_file.text"),
    "encoderscope.encoder_report": KnownFormat(1, "encoder_card.text", "encoder_card.picture"),
    "encoderscope.states": KnownFormat(1, "states.report"),
    "encoderscope.conditioning": KnownFormat(1, "conditioning.report", "conditioning.picture"),
    "encoderscope.probe": KnownFormat(1, "binding.text", "binding.picture"),
    "encoderscope.generator": KnownFormat(1, "generator.text", "generator.picture"),
    "encoderscope.image": KnownFormat(1, "image.text", "image.picture"),
    "encoderscope.variants": KnownFormat(1, "image.variants"),
    "encoderscope.doctor": KnownFormat(1, "doctor.text", "doctor.picture", True),
    "encoderscope.audit": KnownFormat(1, "audit.text", "audit.picture"),
    "encoderscope.quantised": KnownFormat(1, "quantized.report"),
    "encoderscope.benchmark": KnownFormat(1, "benchmark.text", "benchmark.picture"),
}


def plain(report: Report) -> str:
    """The report in lines of text. Raises :class:`EncoderScopeError`."""
    return str(_shown(report, _known(report).text, "plain"))


def markdown(report: Report) -> str:
    """The report as Markdown; plain text where a format has no such form. Raises
    :class:`EncoderScopeError`.
    """
    entry = _known(report)
    return str(_shown(report, entry.text, "markdown" if entry.has_markdown else "plain"))


def has_picture(report: Report) -> bool:
    """Whether this version can draw the report. Raises :class:`EncoderScopeError`."""
    return bool(_known(report).picture)


def render(report: Report) -> Image.Image:
    """The report's picture. Raises :class:`EncoderScopeError`."""
    entry = _known(report)
    if not entry.picture:
        raise EncoderScopeError(
            "Reports of the format {format} have no picture.",
            "A report with a picture was expected.",
            "Read it as text or JSON.",
            format=report["format"],
        )
    picture: Image.Image = _shown(report, entry.picture, "render")
    return picture


def _known(report: Report) -> KnownFormat:
    name, version = str(report.get("format"))[:80], report.get("version")
    entry = FORMATS.get(name)
    if entry is None:
        raise EncoderScopeError(
            "This report's format is {format!r}.",
            "One of these was expected: {names}.",
            "It may be of a newer EncoderScope: update yours.",
            format=name,
            names=", ".join(FORMATS),
        )
    if version != entry.version:
        raise EncoderScopeError(
            "This report is version {version} of {format}.",
            "Version {expected} was expected.",
            "It may be of a newer EncoderScope: update yours.",
            version=str(version)[:20],
            format=name,
            expected=entry.version,
        )
    return entry


def _shown(report: Report, module: str, function: str) -> Any:
    show: Callable[[Report], Any] = getattr(import_module(f"..{module}", __package__), function)
    try:
        return show(completed(report))
    except EncoderScopeError:
        raise
    # A stranger's report may lack anything: whatever a renderer stumbles over is said in one way.
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise EncoderScopeError(
            "This report of the format {format} is damaged ({error}: {reason}).",
            "A report or card as EncoderScope wrote it was expected.",
            "Take the whole report, and change nothing in it.",
            format=report["format"],
            error=type(error).__name__,
            reason=str(error)[:80],
        ) from error
