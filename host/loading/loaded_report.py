"""What was loaded, as JSON and as text: the same sentences for people and for scripts."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ...conditioning.families.table import FAMILIES
from ...conditioning.reports.encoder_file.display import with_loaded_display
from ...conditioning.reports.wording import plural, verb
from . import picker
from .build import CLIPS, LoadedClip, LoadedEncoder

FORMAT, VERSION = "encoderscope.loaded", 1


def report(loaded: LoadedClip, precision: str) -> dict[str, Any]:
    """Everything that a reader may want to know about a CLIP that was loaded."""
    encoders = [_encoder_entry(encoder, loaded.family) for encoder in loaded.encoders]
    family = FAMILIES.get(loaded.family)
    name = None
    title = f"{encoders[0]['title']}, alone: no image model reads it as it is"
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
    tokenizer = "ComfyUI's own"
    if plan.vocabulary is not None:
        tokenizer = plan.vocabulary.location
    return {
        "file": plan.file.name,
        "role": role,
        "name": description.name,
        "title": description.title,
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
        "unused": encoder.result.unused,
    }


def _set_warnings(loaded: LoadedClip) -> list[str]:
    """What is unusual about the set, not about one of its files."""
    plans = [encoder.plan for encoder in loaded.encoders if encoder.plan.role in CLIPS]
    if len({plan.description.positions for plan in plans}) < 2:
        return []
    lengths = " and ".join(
        f"{picker.ROLES[plan.role].title} {plan.description.positions}" for plan in plans
    )
    return [
        (
            f"The encoders have windows of different lengths ({lengths}): behind word 75 or so "
            "their states no longer stand side by side."
        )
    ]


def _warnings(encoder: LoadedEncoder, family: str) -> list[str]:
    name, description = encoder.plan.file.name, encoder.plan.description
    warnings = []
    role = picker.ROLES.get(encoder.plan.role)
    if role and not description.size:
        warnings.append(
            f"{name}: {description.title} is not the usual {role.title}, but its states are as "
            "wide; the image model was trained on the usual one."
        )
    if encoder.result.projection_missing and family in (picker.ALONE, "sd2"):
        warnings.append(
            f"{name}: has no text projection; the pooled vector is the last norm's, unprojected."
        )
    if encoder.result.too_large:
        warnings.append(
            f"{name}: numbers too large for fp8 stand in "
            f"{plural(len(encoder.result.too_large), 'matrix', 'matrices')}, left as they were."
        )
    return warnings


def _notes(encoder: LoadedEncoder) -> list[str]:
    name, description = encoder.plan.file.name, encoder.plan.description
    notes = [
        f"{plural(count, 'tensor')} of it {verb(count, 'is', 'are')} not read: {reason}."
        for reason, count in Counter(encoder.result.unused.values()).items()
    ]
    if "activation" in description.assumed and description.architecture == "clip":
        notes.append(
            f"the file does not tell the activation; {description.activation} is usual "
            "for this size."
        )
    return [f"{name}: {note}" for note in (*notes, *description.notes)]


def as_text(report: dict[str, Any]) -> str:
    """A report for people: a title, a line for each encoder, warnings, notes."""
    title = report["title"]
    if report["family"] is not None:
        title = f"CLIP for {title}"
    lines = [title, *map(_encoder_line, report["encoders"])]
    lines += [f"! {warning}" for warning in report["warnings"]]
    lines += [f"  {note}" for note in report["notes"]]
    return "\n".join(lines)


def _encoder_line(entry: dict[str, Any]) -> str:
    sizes = ", ".join(
        f"{dtype} {size / 1e6:,.0f} MB"
        for dtype, size in sorted(entry["dtypes"].items(), key=lambda pair: -pair[1])
    )
    return (
        f"  {entry['file']}: {', '.join(filter(None, (entry['title'], entry['packing'])))}, "
        f"{entry['layers']} layers, {entry['width']} wide; {sizes}; tokenizer: {entry['tokenizer']}"
    )
