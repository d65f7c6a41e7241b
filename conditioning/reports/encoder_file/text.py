"""The encoder report as plain text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...translation import (
    first_of,
    in_its_language,
    listed,
    translatable,
    translate,
    translate_count,
)
from ..wording import visible

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
    "width": translatable("width"),
    "layers": translatable("layers"),
    "heads": translatable("heads"),
    "feed_forward": translatable("feed-forward"),
    "head_width": translatable("head width"),
    "vocabulary": translatable("vocabulary"),
    "positions": translatable("positions"),
    "projection": translatable("projection"),
    "gated": translatable("gated"),
    "activation": translatable("activation"),
    "causal": translatable("causal"),
    "buckets": translatable("buckets"),
    "bias_in_every_layer": translatable("bias in every layer"),
}
TOKENIZER_PLACES = {
    "file": translatable("stored beside the weights"),
    "folder": translatable("in the model's folder"),
    "host": translatable("ComfyUI has it"),
    "missing": translatable("not here"),
    "unknown": translatable("of a kind that EncoderScope does not know"),
}
_KEYS = {
    "serious": translatable("serious: {keys} ({why})"),
    "harmless": translatable("harmless: {keys} ({why})"),
}
NAMED = 3
"""Keys of one reason that are named in a line."""


@in_its_language
def plain(report: Report) -> str:
    """The report in lines of text; nothing that a file's keys or name hold can move a terminal's
    cursor.
    """
    lines = [report["name"], report["verdict"], ""]
    lines.append(
        translate(
            "file: {container}, {size}, {tensors} in {files}",
            container=report["container"],
            size=size(report["bytes"]),
            tensors=tensors(report["tensors"]),
            files=translate_count("{count:,} file", "{count:,} files", len(report["files"])),
        )
    )
    lines += [
        translate("sha256 of {file}: {sha256}", file=file["name"], sha256=file["sha256"])
        for file in report["files"]
        if file["sha256"]
    ]
    if report["kind"] != "encoder":
        lines += [f"- {note}" for note in report["notes"]]
    for encoder in report["encoders"]:
        lines += ["", *_encoder_lines(encoder)]
    return "\n".join(visible(line) for line in lines)


def _encoder_lines(encoder: Report) -> Iterator[str]:
    title = str(encoder["title"])
    if encoder["prefix"]:
        title = translate("{title} (below {prefix!r})", title=title, prefix=encoder["prefix"])
    yield title
    yield from _size_lines(encoder)
    if encoder["parameters"]:
        yield "  " + translate(
            "parameters: {millions:,.1f} million", millions=encoder["parameters"] / 1e6
        )
    stored = [
        f"{dtype['dtype']} ({listed((tensors(dtype['tensors']), size(dtype['bytes'])))})"
        for dtype in encoder["dtypes"]
    ]
    yield "  " + translate("stored as: {dtypes}", dtypes=listed(stored))
    if encoder["quantisation"]["format"] != "none":
        yield "  " + translate("quantisation: {title}", title=encoder["quantisation"]["title"])
    tokenizer = translate(TOKENIZER_PLACES[encoder["tokenizer"]["where"]])
    if encoder["tokenizer"]["kind"]:
        tokenizer = f"{encoder['tokenizer']['kind']} ({tokenizer})"
    yield "  " + translate("tokenizer: {tokenizer}", tokenizer=tokenizer)
    for note in encoder["notes"]:
        yield f"  - {note}"
    yield from _fit_lines(encoder["fits"])
    for kind in ("serious", "harmless"):
        for group in encoder["keys"][kind]:
            yield "  " + translate(_KEYS[kind], keys=named_keys(group), why=group["why"])


def _size_lines(encoder: Report) -> Iterator[str]:
    for key in SIZES:
        if encoder[key] in (None, ""):
            continue
        value = _value(encoder[key])
        if key in encoder["assumed"]:
            value = translate("{value} (assumed)", value=value)
        yield "  " + translate("{label}: {value}", label=translate(_LABELS[key]), value=value)


def named_keys(group: Report) -> str:
    """The first keys of a reason, and how many more."""
    return first_of(group["keys"], NAMED, group["count"])


def _fit_lines(fits: Sequence[Report]) -> Iterator[str]:
    by_role: defaultdict[str, list[str]] = defaultdict(list)
    by_reason: defaultdict[str, list[str]] = defaultdict(list)
    for fit in fits:
        if fit["fits"]:
            by_role[fit["wants"]].append(fit["title"])
        elif fit["stream"]:
            by_reason[fit["why"]].append(fit["title"])
    for role, titles in by_role.items():
        yield "  " + translate("fits {families} as {role}", families=listed(titles), role=role)
    for reason, titles in by_reason.items():
        yield "  " + translate(
            "does not fit {families}: {reason}", families=listed(titles), reason=reason
        )


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return translate("yes") if value else translate("no")
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def size(count: int) -> str:
    """1,234,567 bytes as `1.2 MB`."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return translate_count("{count} bytes", "{count} bytes", count)


def tensors(count: int) -> str:
    """'1 tensor', '2,000 tensors'."""
    return translate_count("{count:,} tensor", "{count:,} tensors", count)
