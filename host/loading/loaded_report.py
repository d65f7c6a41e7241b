"""What was loaded, as JSON and as text: the same sentences for people and for scripts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ...conditioning.families.table import FAMILIES
from ...conditioning.reports.encoder_file.display import with_loaded_display
from ...conditioning.reports.wording import listed
from ...conditioning.translation import (
    current_language,
    in_its_language,
    joined,
    localized,
    translate,
    translate_count,
)
from . import picker
from .build import CLIPS, LoadedClip, LoadedEncoder

FORMAT, VERSION = "encoderscope.loaded", 1


def report(loaded: LoadedClip, precision: str) -> dict[str, Any]:
    """Everything that a reader may want to know about a CLIP that was loaded."""
    encoders = [_encoder_entry(encoder, loaded.family) for encoder in loaded.encoders]
    family = FAMILIES.get(loaded.family)
    name = None
    title = translate(
        "{encoder}, alone: no image model reads it as it is", encoder=encoders[0]["title"]
    )
    if family is not None:
        name, title = family.name, family.title
    warnings = _set_warnings(loaded)
    notes = []
    for encoder in loaded.encoders:
        warnings += _warnings(encoder, loaded.family)
        notes += _notes(encoder)
    return with_loaded_display(
        {
            "format": FORMAT,
            "version": VERSION,
            "language": current_language(),
            "family": name,
            "title": title,
            "precision": precision,
            "encoders": encoders,
            "warnings": warnings,
            "notes": notes,
        }
    )


def _encoder_entry(encoder: LoadedEncoder, family: str) -> dict[str, Any]:
    plan, description = encoder.plan, encoder.plan.description
    role: str | None = plan.attribute
    if family == picker.ALONE:
        role = None
    tokenizer = translate("ComfyUI's own")
    if plan.vocabulary is not None:
        tokenizer = localized(plan.vocabulary.location)
    return {
        "file": plan.file.name,
        "role": role,
        "name": description.name,
        "title": localized(description.title),
        "width": description.width,
        "layers": description.layers,
        "heads": description.heads,
        "positions": description.positions,
        "projection": description.projection,
        "activation": description.activation,
        "quantisation": description.quantisation.format,
        "packing": description.quantisation.packing,
        "dtypes": encoder.result.dtypes,
        "tokenizer": tokenizer,
        "assumed": list(description.assumed),
        "unused": {key: localized(reason) for key, reason in encoder.result.unused.items()},
    }


def _set_warnings(loaded: LoadedClip) -> list[str]:
    """What is unusual about the set, not about one of its files."""
    plans = [encoder.plan for encoder in loaded.encoders if encoder.plan.role in CLIPS]
    if len({plan.description.positions for plan in plans}) < 2:
        return []
    lengths = [f"{picker.ROLES[plan.role].title} {plan.description.positions}" for plan in plans]
    return [
        translate(
            "The encoders have windows of different lengths ({lengths}): behind word 75 or so "
            "their states no longer stand side by side.",
            lengths=joined(lengths),
        )
    ]


def _warnings(encoder: LoadedEncoder, family: str) -> list[str]:
    name, description = encoder.plan.file.name, encoder.plan.description
    warnings = []
    role = picker.ROLES.get(encoder.plan.role)
    if role and not description.size:
        warnings.append(
            translate(
                "{file}: {encoder} is not the usual {usual}, but its states are as wide; the image "
                "model was trained on the usual one.",
                file=name,
                encoder=localized(description.title),
                usual=role.title,
            )
        )
    if encoder.result.projection_missing and family in (picker.ALONE, "sd2"):
        warnings.append(
            translate(
                "{file}: has no text projection; the pooled vector is the last norm's, "
                "unprojected.",
                file=name,
            )
        )
    if encoder.result.too_large:
        warnings.append(
            translate_count(
                "{file}: numbers too large for fp8 stand in {count:,} matrix, left as they were.",
                "{file}: numbers too large for fp8 stand in {count:,} matrices, left as they were.",
                len(encoder.result.too_large),
                file=name,
            )
        )
    return warnings


def _notes(encoder: LoadedEncoder) -> list[str]:
    name, description = encoder.plan.file.name, encoder.plan.description
    notes = [
        translate_count(
            "{count:,} tensor of it is not read: {why}.",
            "{count:,} tensors of it are not read: {why}.",
            count,
            why=localized(reason),
        )
        for reason, count in Counter(encoder.result.unused.values()).items()
    ]
    if "activation" in description.assumed and description.architecture == "clip":
        notes.append(
            translate(
                "the file does not tell the activation; {activation} is usual for this size.",
                activation=description.activation,
            )
        )
    return [
        translate("{label}: {value}", label=name, value=localized(note))
        for note in (*notes, *description.notes)
    ]


@in_its_language
def as_text(report: Mapping[str, Any]) -> str:
    """A report for people: a title, a line for each encoder, warnings, notes."""
    title = report["title"]
    if report["family"] is not None:
        title = translate("CLIP for {family}", family=title)
    lines = [title, *map(_encoder_line, report["encoders"])]
    lines += [f"! {warning}" for warning in report["warnings"]]
    lines += [f"  {note}" for note in report["notes"]]
    return "\n".join(lines)


def _encoder_line(entry: Mapping[str, Any]) -> str:
    sizes = listed(
        f"{dtype} {size / 1e6:,.0f} MB"
        for dtype, size in sorted(entry["dtypes"].items(), key=lambda pair: -pair[1])
    )
    return "  " + translate_count(
        "{file}: {encoder}, {count} layer, {width} wide; {sizes}; tokenizer: {tokenizer}",
        "{file}: {encoder}, {count} layers, {width} wide; {sizes}; tokenizer: {tokenizer}",
        entry["layers"],
        file=entry["file"],
        encoder=listed(filter(None, (entry["title"], entry["packing"]))),
        width=entry["width"],
        sizes=sizes,
        tokenizer=entry["tokenizer"],
    )
