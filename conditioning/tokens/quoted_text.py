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
    wrapped: list[str] = []
    for pattern in _QUOTES:
        for quote in pattern.finditer(text):
            wrapped += [_BEFORE, quote.group(1), _AFTER]
            table += [-1] * len(_BEFORE) + list(range(*quote.span(1))) + [-1] * len(_AFTER)
    if "".join(wrapped) != source:
        return None
    return Origin(0, len(text), table)
