"""A card of the Prompt Doctor as one file: the picture, with its JSON in the PNG's metadata. Cards
may come from strangers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ...bounded_reading import regular_size
from ...errors import EncoderScopeError
from ..strict_json import to_json
from ..travelling import report_files
from . import picture
from .display import with_display
from .report import FORMAT
from .text import markdown, plain

Report = dict[str, Any]
KEY = "encoderscope"
"""The text chunk that holds the JSON."""
_LARGEST = 20_000_000
"""Bytes of a file of JSON."""
_EXPECTED = "A card of the Prompt Doctor was expected: its PNG as it was saved, or its JSON."
_DRAWN = ("display", "thumbs")
"""Fields that follow from the others."""


def save_card(report: Report, path: Path, pictures: Sequence[Image.Image] = ()) -> None:
    """The picture of a report with the report in its metadata."""
    facts = PngInfo()
    facts.add_text(KEY, to_json(bare(report), ascii_only=True), zip=True)
    facts.add_text(report_files.GRAPH_KEY, json.dumps(report_files.graph_of(report)))
    picture.render(report, pictures=pictures).save(path, "PNG", pnginfo=facts)


def bare(report: Mapping[str, Any]) -> Report:
    """The report without what is drawn of it, which is computed again."""
    return {
        key: [bare(each) if isinstance(each, dict) else each for each in value]
        if key == "phrases"
        else value
        for key, value in report.items()
        if key not in _DRAWN
    }


def read_card(path: Path) -> Report:
    """The report in a card, ready to be drawn. Raises :class:`EncoderScopeError` for what is none,
    and OSError.
    """
    try:
        size = regular_size(path)
        if path.suffix.lower() == ".json":
            if size > _LARGEST:
                raise ValueError("the file is too large")
            text = path.read_text(encoding="utf-8")
        else:
            text = _text_of(path)
        report = json.loads(text)
        if not isinstance(report, dict) or report.get("format") != FORMAT:
            raise ValueError(f"it holds no {FORMAT}")
        return with_display(bare(report))
    except (FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # whatever Pillow raises, and fields of another kind
        raise EncoderScopeError(
            f"{str(path)!r} is no card ({type(error).__name__}: {str(error)[:80]}).",
            _EXPECTED,
            "Programs that make pictures smaller throw the JSON away: ask for the file itself.",
        ) from error


def _text_of(path: Path) -> str:
    with Image.open(path, formats=("PNG",)) as file:
        text = file.info.get(KEY)
    if not isinstance(text, str):
        raise ValueError("its picture holds no JSON of EncoderScope")
    return text


def printed(report: Report, as_markdown: bool = False) -> str:
    """A card's report for people. Raises :class:`EncoderScopeError` where fields are missing."""
    try:
        return markdown(report) if as_markdown else plain(report)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise EncoderScopeError(
            f"The card is damaged ({type(error).__name__}: {str(error)[:80]}).",
            _EXPECTED,
            "Make it again.",
        ) from error
