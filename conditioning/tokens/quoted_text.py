"""The text that Hunyuan Image gives to ByT5: quoted parts of the prompt, taken out and wrapped one
by one.
"""

from __future__ import annotations

import re

from .recording import Origin

# Host: comfy/text_encoders/hunyuan_image.py looks for the three kinds of quotes one after the
# other.
_QUOTES = (re.compile(r"\"(.*?)\""), re.compile(r"‘(.*?)’"), re.compile(r"“(.*?)”"))
_BEFORE, _AFTER = 'Text "', '". '


def quoted_origin(source: str, text: str) -> Origin | None:
    """Where each character of ``source`` stands in ``text``, or ``None`` when ``source`` was not
    made this way.
    """
    table: list[int] = []
    built: list[str] = []
    for pattern in _QUOTES:
        for found in pattern.finditer(text):
            built += [_BEFORE, found.group(1), _AFTER]
            table += [-1] * len(_BEFORE) + list(range(*found.span(1))) + [-1] * len(_AFTER)
    return Origin(0, len(text), table) if "".join(built) == source else None
