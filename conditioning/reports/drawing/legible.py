"""The picture of a report in letters that this machine can draw: in the report's language, or in
English where no font has that language's letters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PIL import Image

from ...translation import ENGLISH, in_language, translate
from . import fonts

Report = Mapping[str, Any]


def draw(
    report: Report, again: Callable[[], Report], render: Callable[..., Image.Image]
) -> Image.Image:
    """The picture. ``again``: writes the same report anew, in the language of the moment.
    ``render``: draws a report, with a ``remark`` for its last line.
    """
    language = str(report["language"])
    if can_draw(language):
        return render(report)
    with in_language(ENGLISH):
        english = again()
    return render(english, remark=f"in English, since no font here has letters of {language}")


def drawn(
    write: Callable[[], dict[str, Any]], render: Callable[..., Image.Image]
) -> tuple[dict[str, Any], Image.Image]:
    """What ``write`` writes, in the language of the moment, and its picture."""
    report = write()
    return report, draw(report, write, render)


def can_draw(language: str) -> bool:
    """Has this machine a font for the letters of a language?"""
    with in_language(language):
        sample = translate("What you can do") + translate("Shorten the prompt, or say it earlier.")
    return fonts.can_draw(sample)
