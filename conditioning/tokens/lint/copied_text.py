"""Signs as web pages and code write them, which came along when a prompt was copied."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from ...translation import translatable
from .finding import Finding, finding
from .prompt_reading import PromptReading

_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,6}|#x[0-9a-fA-F]{2,5});")
_ESCAPE = re.compile(r"\\(?:[\"']|[nrt](?=[\sA-Z\\#*•-]|$)|u[0-9a-fA-F]{4})")
"""\\n before a capital, a blank or a sign: \\nabla and C:\\new are none."""
_NEW_LINE = {
    "meant": translatable("A new line or a blank."),
    "instead": translatable("Write a new line or a blank in its place."),
}


def copied_text(reading: PromptReading) -> Iterator[Finding]:
    """Findings about signs that stand for others elsewhere, in no order."""
    text = reading.text
    for match in _ENTITY.finditer(text) if "&" in text else ():
        sign = html.unescape(match[0])
        if sign != match[0] and not reading.regions.is_code(*match.span()):
            yield _finding(reading, match, sign)
    for match in _ESCAPE.finditer(text) if "\\" in text else ():
        if not reading.regions.is_code(*match.span()):
            yield _finding(reading, match, _unescaped(match[0]))


def _unescaped(written: str) -> str:
    if written[1] == "u":
        return chr(int(written[2:6], 16))
    return "\n" if written[1] in "nrt" else written[1:]


def _finding(reading: PromptReading, match: re.Match[str], sign: str) -> Finding:
    facts: dict[str, object] = {} if sign.strip() else dict(_NEW_LINE)
    tokens = reading.token_words(*match.span())
    facts |= {"sign": sign.strip(), "tokens": tokens}
    return finding("escape", reading.text, match.span(), certain=True, **facts)
