"""The lint's remedies written into the prompt, where they are a change of its text: nothing is
reworded, and a change stays only if the lint then finds less.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ...translation import ENGLISH, in_language
from ..syntax import parse
from .finding import Finding
from .weight_groups import groups_of

Linter = Callable[[str], Sequence[Finding]]
_STEPS = 24
"""Findings that are mended at most."""
_LOOKS = 60
"""How often the lint looks at most: a prompt of a thousand constructs is mended in part."""
_WRITE = re.compile(
    r"Write (?P<text>.+?)(?: with the brackets and colon of ASCII| in its place"
    r"| in place of the outer brackets and all in them)?\.$",
    re.DOTALL,
)
_EACH = re.compile(r"Give each weight brackets of its own: (?P<text>.+)\.", re.DOTALL)
_GROUP = re.compile(r"\((?P<words>.*):(?P<number>[^:()]*)\)", re.DOTALL)
_LIKELY_TOO = frozenset(("deemphasis", "full_width"))
"""Kinds that are mended where they are only likely."""
_MOST = "1.5"
"""The strongest weight that the lint recommends."""


class Mending(NamedTuple):
    """One change: what stood there, what stands there now, and the finding that it mends."""

    kind: str
    before: str
    after: str


class Edit(NamedTuple):
    """``text[start:end]`` becomes ``after``."""

    start: int
    end: int
    after: str


def mended(text: str, lint: Linter) -> tuple[str, list[Mending]]:
    """The prompt with its findings mended as far as that can be written, and what was changed.
    ``lint``: the findings of a prompt, with the host's own tokens; in English, since what to write
    is read from their remedies.
    """
    with in_language(ENGLISH):
        return _mended(text, lint)


def _mended(text: str, lint: Linter) -> tuple[str, list[Mending]]:
    mendings: list[Mending] = []
    findings = lint(text)
    looks = iter(range(_LOOKS))
    for _ in range(_STEPS):
        step = _first_step(text, findings, lint, looks)
        if step is None:
            break
        text, findings, mending = step
        mendings.append(mending)
    return text, mendings


def gravity(findings: Sequence[Finding]) -> tuple[int, int]:
    """How bad a lint is: certain findings, then all."""
    return sum(finding.certain for finding in findings), len(findings)


def _first_step(
    text: str, findings: Sequence[Finding], lint: Linter, looks: Iterator[int]
) -> tuple[str, Sequence[Finding], Mending] | None:
    """The first change after which the lint finds less. ``looks``: one is taken for each change
    that is tried; None also where none is left.
    """
    for finding in findings:
        if not finding.certain and finding.kind not in _LIKELY_TOO:
            continue
        for edit in edits(text, finding):
            changed = _tidy(text[: edit.start], edit.after, text[edit.end :])
            if not changed.strip(" ,"):
                continue
            if next(looks, None) is None:
                return None
            left = lint(changed)
            if gravity(left) < gravity(findings):
                before = text[edit.start : edit.end]
                return changed, left, Mending(finding.kind, before, edit.after)
    return None


def _tidy(before: str, between: str, after: str) -> str:
    """Joined; where something was taken out, without the comma or blank that it leaves."""
    if between:
        return before + between + after
    if before.rstrip().endswith(",") or not before.strip():
        after = after.lstrip(" \t,")
    elif after.lstrip().startswith(","):
        before, after = before.rstrip(" \t"), after.lstrip(" \t")
    elif before.endswith(" "):
        after = after.lstrip(" \t")
    if not after.strip(" ,"):
        before = before.rstrip(" \t,")
    return before + after


def edits(text: str, finding: Finding) -> Iterator[Edit]:
    """Ways to write the remedy of a finding, the best first; none where it is no change of the
    text.
    """
    start, end = finding.start, finding.end
    written = text[start:end]
    own, remedy = _OWN.get(finding.kind), _WRITE.match(finding.remedy)
    if finding.kind in _WEIGHTS:
        yield from _with_weights(text, finding)
    elif finding.kind == "unbalanced" and remedy:
        yield Edit(start, start + len(remedy["text"]) - 1, remedy["text"])
    elif finding.kind in _AS_WRITTEN and remedy and remedy["text"] != "a new line or a blank":
        yield Edit(start, end, remedy["text"])
    elif own is not None:
        yield from (Edit(start, end, after) for after in own(written))
    elif finding.kind == "glued_embedding":
        before = text[:start].rstrip()
        yield Edit(len(before), start, " " if before.endswith((",", "(")) else ", ")
    elif finding.remedy.startswith("Delete it"):
        yield _taken_out(text, finding)


_AS_WRITTEN = frozenset(
    (
        *("full_width", "tag_brackets", "ratio", "escape", "deemphasis"),
        *("bare_embedding", "embedding_case", "embedding_weight"),
    )
)
"""Kinds whose remedy says what to write in the place of the construct."""


_WEIGHTS = ("glued_weight", "foreign_weight", "nested_weight")


def _with_weights(text: str, finding: Finding) -> Iterator[Edit]:
    remedy, each = _WRITE.match(finding.remedy), _EACH.fullmatch(finding.remedy)
    if remedy and finding.kind == "nested_weight":
        yield from _around(text, finding, remedy["text"])
    elif remedy:
        yield from _weight_behind(text, finding, remedy["text"])
    elif each and finding.kind != "nested_weight":
        yield from _around(text, finding, each["text"])


def _taken_out(text: str, finding: Finding) -> Edit:
    """Without the construct; a comma parts what a BREAK has parted."""
    before = text[: finding.start].rstrip()
    if finding.kind != "break" or not before or before.endswith(","):
        return Edit(finding.start, finding.end, "")
    return Edit(len(before), finding.end, ",")


def _around(text: str, finding: Finding, after: str) -> Iterator[Edit]:
    """All of the brackets around a finding, which is a part of them."""
    groups = groups_of(text, parse(text))
    outer = [group for group in groups if group.start <= finding.start < group.end]
    if outer:
        yield Edit(outer[0].start, outer[0].end, after)


def _weight_behind(text: str, finding: Finding, after: str) -> Iterator[Edit]:
    """The words before a weight, or within the construct, in brackets with it."""
    words = after[1:].rpartition(":")[0]
    if words in text[finding.start : finding.end]:
        yield Edit(finding.start, finding.end, after)
    before = text[: finding.start].rstrip()
    for typed in (f"({words})", f'"{words}"', words):
        if words and before.endswith(typed):
            yield Edit(len(before) - len(typed), finding.end, after)


def _bare(written: str) -> Iterator[str]:
    yield written.strip("[] ")


def _blank(written: str) -> Iterator[str]:
    yield " "


def _first_choice(written: str) -> Iterator[str]:
    yield written[1:-1].split("|")[0].strip()


def _without_weight(written: str) -> Iterator[str]:
    if match := _GROUP.fullmatch(written):
        yield match["words"].strip()


def _moderate(written: str) -> Iterator[str]:
    match = _GROUP.fullmatch(written)
    if match and not match["number"].strip().startswith("-"):
        yield f"({match['words']}:{_MOST})"


def _with_point(written: str) -> Iterator[str]:
    yield unicodedata.normalize("NFKC", written).replace(",", ".")


_OWN: dict[str, Callable[[str], Iterator[str]]] = {
    "deemphasis": _bare,
    "escape": _blank,
    "alternation": _first_choice,
    "not_finite": _without_weight,
    "literal_weight": _without_weight,
    "extreme_weight": _moderate,
    "decimal_comma": _with_point,
    "unbalanced": lambda written: iter(("",)),
    "empty_weight": lambda written: iter(("",)),
}
"""Kind -> what may stand in the place of the construct, by its remedy."""
