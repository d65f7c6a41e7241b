"""What the browser makes of a prompt that is typed into one of its boxes, when the graph is run.

ComfyUI's front end (``processDynamicPrompt``) deletes comments, draws one choice of each
``{a|b}``, and lets backslashes protect braces and bars. All of it but the drawing is certain
beforehand.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n\r\u2028\u2029]*", re.DOTALL)
_ESCAPE = re.compile(r"\\([{}|])")


class DeletedComment(NamedTuple):
    """A comment that the browser deletes: where it would stand in the text that is sent."""

    position: int
    text: str


class SentText(NamedTuple):
    """The text that a box sends at Run. ``has_choices``: a ``{a|b}`` is still open in it, and the
    browser will draw one of its texts.
    """

    text: str
    deleted: tuple[DeletedComment, ...]
    has_choices: bool


def sent_by_browser(typed: str) -> SentText:
    """What ComfyUI's front end sends for a text as typed; open choices stay as they are."""
    pieces: list[str] = []
    comments: list[tuple[int, str]] = []
    position = 0
    for match in _COMMENT.finditer(typed):
        pieces.append(typed[position : match.start()])
        comments.append((sum(map(len, pieces)), match[0]))
        position = match.end()
    stripped = "".join([*pieces, typed[position:]])
    text, has_choices = _without_single_choices(stripped)
    deleted = tuple(
        DeletedComment(min(len(text), len(_without_single_choices(stripped[:at])[0])), comment)
        for at, comment in comments
    )
    return SentText(text, deleted, has_choices)


def _without_single_choices(text: str) -> tuple[str, bool]:
    """``{red}`` is "red" for certain; ``{a|b}`` stays, and is reported."""
    out: list[str] = []
    has_choices = False
    at = 0
    while at < len(text):
        if text[at] == "\\":
            out.append(text[at : at + 2])
            at += 2
        elif text[at] == "{":
            options, end = _options(text, at + 1)
            if len(options) == 1:
                inner = sent_by_browser(options[0])
                has_choices = has_choices or inner.has_choices
                out.append(inner.text)
            else:
                has_choices = True
                out.append(text[at:end])
            at = end
        else:
            out.append(text[at])
            at += 1
    sent = "".join(out)
    if has_choices:
        return sent, True
    return _ESCAPE.sub(r"\1", sent), False


def _options(text: str, at: int) -> tuple[list[str], int]:
    """The texts of a choice that begins at ``at``, and where it ends; unclosed, at the end."""
    options = [""]
    depth = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "\\":
            options[-1] += char + text[at : at + 1]
            at += 1
            continue
        if char == "}" and depth == 0:
            return options, at
        if char == "|" and depth == 0:
            options.append("")
            continue
        depth += {"{": 1, "}": -1}.get(char, 0)
        options[-1] += char
    return options, at
