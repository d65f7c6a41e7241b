"""The audit report as plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .report import share


def plain(report: Mapping[str, Any]) -> str:
    """The sentence, and what it was counted from."""
    total = report["captions"]
    lines = [str(report["sentence"]), "", f"Source: {report['source']}"]
    lines += [f"Lost words: {report['lost_words']:,} of {report['words']:,}"]
    for heading, entries, name in (
        ("Captions of which lost words do not reach", report["missed_by"], "readout"),
        ("Captions with findings", report["findings"], "title"),
    ):
        rows = [
            f"  {entry['captions']:>9,}  {share(entry['captions'], total):>7}  {entry[name]}"
            for entry in entries
        ]
        lines += ["", f"{heading}:", *(rows or ["  none"])]
    for tokens in report["tokens"]:
        lines += ["", f"Tokens of {tokens['stream']}: at most {tokens['longest']:,}"]
    return "\n".join(lines)
