"""The audit report as plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...translation import in_its_language, translate
from .report import NOT_REACHED, WITH_FINDINGS, share


@in_its_language
def plain(report: Mapping[str, Any]) -> str:
    """The sentence, and what it was counted from."""
    total = report["captions"]
    lines = [str(report["sentence"]), "", translate("Source: {source}", source=report["source"])]
    lines.append(
        translate(
            "Lost words: {lost:,} of {words:,}", lost=report["lost_words"], words=report["words"]
        )
    )
    for heading, entries, name in (
        (translate(NOT_REACHED), report["missed_by"], "readout"),
        (translate(WITH_FINDINGS), report["findings"], "title"),
    ):
        rows = [
            f"  {entry['captions']:>9,}  {share(entry['captions'], total):>7}  {entry[name]}"
            for entry in entries
        ]
        lines += ["", translate("{heading}:", heading=heading)]
        lines += rows or [f"  {translate('none')}"]
    for tokens in report["tokens"]:
        longest = translate(
            "Tokens of {stream}: at most {longest:,}",
            stream=tokens["stream"],
            longest=tokens["longest"],
        )
        lines += ["", longest]
    return "\n".join(lines)
