"""The encoder report as plain text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..wording import plural, visible

Report = Mapping[str, Any]
SIZES = (
    "width",
    "layers",
    "heads",
    "head_width",
    "feed_forward",
    "vocabulary",
    "positions",
    "projection",
    "gated",
    "activation",
    "causal",
    "buckets",
    "bias_in_every_layer",
)
"""Keys of an encoder's sizes, in the order in which they are given."""
_LABELS = {
    "feed_forward": "feed-forward",
    "head_width": "head width",
    "bias_in_every_layer": "bias in every layer",
}
TOKENIZER_PLACES = {
    "file": "stored beside the weights",
    "folder": "in the model's folder",
    "host": "ComfyUI has it",
    "missing": "not here",
    "unknown": "of a kind that EncoderScope does not know",
}
NAMED = 3
"""Keys of one reason that are named in a line."""


def plain(report: Report) -> str:
    """The report in lines of text; nothing that a file's keys or name hold can move a terminal's
    cursor.
    """
    lines = [report["name"], report["verdict"], ""]
    lines.append(
        f"file: {report['container']}, {size(report['bytes'])}, "
        f"{plural(report['tensors'], 'tensor')} in {plural(len(report['files']), 'file')}"
    )
    lines += [
        f"sha256 of {file['name']}: {file['sha256']}" for file in report["files"] if file["sha256"]
    ]
    if report["kind"] != "encoder":
        lines += [f"- {note}" for note in report["notes"]]
    for encoder in report["encoders"]:
        lines += ["", *_encoder_lines(encoder)]
    return "\n".join(visible(line) for line in lines)


def _encoder_lines(encoder: Report) -> Iterator[str]:
    title = str(encoder["title"])
    if encoder["prefix"]:
        title += f" (below {encoder['prefix']!r})"
    yield title
    yield from _size_lines(encoder)
    if encoder["parameters"]:
        yield f"  parameters: {encoder['parameters'] / 1e6:,.1f} million"
    stored = [
        f"{dtype['dtype']} ({plural(dtype['tensors'], 'tensor')}, {size(dtype['bytes'])})"
        for dtype in encoder["dtypes"]
    ]
    yield f"  stored as: {', '.join(stored)}"
    if encoder["quantisation"]["format"] != "none":
        yield f"  quantisation: {encoder['quantisation']['title']}"
    tokenizer = TOKENIZER_PLACES[encoder["tokenizer"]["where"]]
    if encoder["tokenizer"]["kind"]:
        tokenizer = f"{encoder['tokenizer']['kind']} ({tokenizer})"
    yield f"  tokenizer: {tokenizer}"
    for note in encoder["notes"]:
        yield f"  - {note}"
    yield from _fit_lines(encoder["fits"])
    for kind in ("serious", "harmless"):
        for group in encoder["keys"][kind]:
            yield f"  {kind}: {named_keys(group)} ({group['why']})"


def _size_lines(encoder: Report) -> Iterator[str]:
    for key in SIZES:
        if encoder[key] in (None, ""):
            continue
        assumed = " (assumed)" if key in encoder["assumed"] else ""
        yield f"  {_LABELS.get(key, key)}: {_value(encoder[key])}{assumed}"


def named_keys(group: Report) -> str:
    """The first keys of a reason, and how many more."""
    text = ", ".join(group["keys"][:NAMED])
    if group["count"] > NAMED:
        text += f" and {group['count'] - NAMED} more"
    return text


def _fit_lines(fits: Sequence[Report]) -> Iterator[str]:
    by_role: defaultdict[str, list[str]] = defaultdict(list)
    by_reason: defaultdict[str, list[str]] = defaultdict(list)
    for fit in fits:
        if fit["fits"]:
            by_role[fit["wants"]].append(fit["title"])
        elif fit["stream"]:
            by_reason[fit["why"]].append(fit["title"])
    for role, titles in by_role.items():
        yield f"  fits {', '.join(titles)} as {role}"
    for reason, titles in by_reason.items():
        yield f"  does not fit {', '.join(titles)}: {reason}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return {True: "yes", False: "no"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def size(count: int) -> str:
    """1,234,567 bytes as `1.2 MB`."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} bytes"
