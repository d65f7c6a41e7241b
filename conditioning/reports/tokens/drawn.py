"""The picture of a token report on this machine: in English where it has no font for the report's
language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PIL import Image

from ..drawing import fonts
from ..translation import ENGLISH, in_language, translate
from . import picture

Report = Mapping[str, Any]


def draw(report: Report, again: Callable[[], Report]) -> Image.Image:
    """The picture. ``again``: writes the same report anew, in the language of the moment."""
    language = str(report["language"])
    if can_draw(language):
        return picture.render(report)
    with in_language(ENGLISH):
        english = again()
    return picture.render(
        english, remark=f"in English, since no font here has letters of {language}"
    )


def can_draw(language: str) -> bool:
    """Has this machine a font for the letters of a language?"""
    with in_language(language):
        sample = translate("What you can do") + translate("Shorten the prompt, or say it earlier.")
    return fonts.can_draw(sample)
