"""What was loaded, as JSON and as text: the same sentences for people and for scripts."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ...conditioning.families.table import FAMILIES
from . import picker as roles
from .build import ATTRIBUTES, Loaded, Part

FORMAT, VERSION = "encoderscope.loaded", 1


def report(loaded: Loaded, precision: str) -> dict[str, Any]:
    """Everything that a reader may want to know about a CLIP that was loaded."""
    family = FAMILIES.get(loaded.family)
    encoders = [_encoder(part, loaded.family) for part in loaded.parts]
    return {
        "format": FORMAT,
        "version": VERSION,
        "family": None if family is None else family.name,
        "title": family.title
        if family
        else f"{encoders[0]['title']}, alone: no image model reads it as it is",
        "precision": precision,
        "encoders": encoders,
        "warnings": _together(loaded)
        + [note for part in loaded.parts for note in _warnings(part, loaded.family)],
        "notes": [note for part in loaded.parts for note in _notes(part)],
    }


def _encoder(part: Part, family: str) -> dict[str, Any]:
    one = part.given.one
    return {
        "file": part.given.name,
        "role": None if family == roles.ALONE else ATTRIBUTES.get(part.role, part.role),
        "name": one.name,
        "title": one.title,
        "width": one.width,
        "layers": one.layers,
        "heads": one.heads,
        "positions": one.positions,
        "projection": one.projection,
        "activation": one.activation,
        "quantisation": one.quantisation.format,
        "packing": one.quantisation.packing,
        "dtypes": part.filled.dtypes,
        "tokenizer": part.vocabulary,
        "assumed": list(one.assumed),
        "unused": part.filled.unused,
    }


def _together(loaded: Loaded) -> list[str]:
    """What is unusual about the set, not about one of its files."""
    lengths = {
        part.role: part.given.one.positions
        for part in loaded.parts
        if part.role in ("clip_l", "clip_g")
    }
    if len(set(lengths.values())) < 2:
        return []
    told = " and ".join(f"{roles.ROLES[role].title} {length}" for role, length in lengths.items())
    return [
        (
            f"The encoders have windows of different lengths ({told}): behind word 75 or so "
            "their states no longer stand side by side."
        )
    ]


def _warnings(part: Part, family: str) -> list[str]:
    one, name, found = part.given.one, part.given.name, []
    usual = roles.ROLES.get(part.role)
    if usual and not one.size:
        found.append(
            f"{name}: {one.title} is not the usual {usual.title}, but its states are as "
            "wide; the image model was trained on the usual one."
        )
    if "text_projection.weight" in part.filled.invented and family in (roles.ALONE, "sd2"):
        found.append(
            f"{name}: has no text projection; the pooled vector is the last norm's, unprojected."
        )
    if part.filled.kept:
        found.append(
            f"{name}: {len(part.filled.kept)} matrices hold numbers too large for fp8 "
            "and were left as they are."
        )
    return found


def _notes(part: Part) -> list[str]:
    one, name = part.given.one, part.given.name
    found = [
        f"{name}: {count} not read: {why}."
        for why, count in Counter(part.filled.unused.values()).items()
    ]
    if "activation" in one.assumed and one.architecture == "clip":
        found.append(
            f"{name}: the file does not tell the activation; {one.activation} is usual "
            "for this size."
        )
    return found + [f"{name}: {note}" for note in one.notes]


def as_text(found: dict[str, Any]) -> str:
    lines = [found["title"] if found["family"] is None else f"CLIP for {found['title']}"]
    for one in found["encoders"]:
        sizes = ", ".join(
            f"{dtype} {size / 1e6:,.0f} MB"
            for dtype, size in sorted(one["dtypes"].items(), key=lambda pair: -pair[1])
        )
        lines.append(
            f"  {one['file']}: {', '.join(filter(None, (one['title'], one['packing'])))}, "
            f"{one['layers']} layers, {one['width']} wide; {sizes}; tokenizer: {one['tokenizer']}"
        )
    lines += [f"! {warning}" for warning in found["warnings"]]
    lines += [f"  {note}" for note in found["notes"]]
    return "\n".join(lines)
