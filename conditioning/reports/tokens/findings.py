"""The lint's findings in the token report: fields, lines for people, and the sentence that joins
the verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...tokens.lint import Finding, gravest
from ...translation import translate, translate_count
from ..wording import in_quotes, short

LOSES_THE_PICTURE = "not_finite"
LANGUAGE = "language"
"""Likely only, and named all the same: it is about every word."""
SAID_BY_FATES = frozenset(("unknown_pieces", "embedding_width", "literal_weight", "byte_pieces"))
"""Kinds that the verdict and the remedies speak of already, or that are no mistake."""
EXPLAIN_MISSING = frozenset(("glued_embedding", "embedding_weight"))
"""Kinds that say why a textual inversion was not there, better than that it was not."""
_QUOTE = 40


def finding_fields(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The public field ``findings`` (docs/report-tokens.md)."""
    return [
        {
            "kind": item.kind,
            "span": [item.start, item.end],
            "meant": item.intent,
            "does": item.effect,
            "instead": item.remedy,
            "certain": item.certain,
        }
        for item in findings
    ]


def finding_lines(text: str, findings: Sequence[Finding]) -> list[str]:
    """One line for each finding, the gravest first; what stands several times is said once."""
    ranked = sorted(findings, key=lambda item: (gravest_first(item), item.start))
    lines: dict[tuple[str, str], list[Finding]] = {}
    for item in ranked:
        lines.setdefault((item.effect, item.remedy), []).append(item)
    return [_line(text, same) for same in lines.values()]


def gravest_first(item: Finding) -> int:
    """The rank of a finding: lost pictures, then what is certain, then what is likely."""
    if item.kind == LOSES_THE_PICTURE:
        return 0
    return 2 - item.certain


def _line(text: str, same: Sequence[Finding]) -> str:
    values = {"quote": quote(text, same[0]), "does": same[0].effect, "instead": same[0].remedy}
    if len(same) == 1:
        return translate("{quote}: {does} {instead}", **values)
    return translate_count(
        "{quote} ({count} time): {does} {instead}",
        "{quote} ({count} times): {does} {instead}",
        len(same),
        **values,
    )


def quote(text: str, item: Finding) -> str:
    """The construct as typed, short, in quotation marks."""
    typed = " ".join(text[item.start : item.end].split()) or text[max(0, item.start - 12) :]
    return in_quotes(short(typed, _QUOTE))


def verdict_with_findings(verdict: str, text: str, findings: Sequence[Finding]) -> str:
    """The verdict, with the gravest finding named. A picture that is lost comes before all."""
    named = [item for item in findings if item.certain and item.kind not in SAID_BY_FATES]
    first = gravest(named)
    if first is None:
        return " ".join((verdict, *(item.effect for item in findings if item.kind == LANGUAGE)))
    if first.kind == LOSES_THE_PICTURE:
        return translate("{quote}: {does}", quote=quote(text, first), does=first.effect)
    others = len({(item.kind, text[item.start : item.end]) for item in named}) - 1
    but = translate(
        "But {quote} is not what it seems. {does}", quote=quote(text, first), does=first.effect
    )
    if not others:
        return f"{verdict} {but}"
    more = translate_count(
        "{count:,} more construct of this sort stands below.",
        "{count:,} more constructs of this sort stand below.",
        others,
    )
    return f"{verdict} {but} {more}"
