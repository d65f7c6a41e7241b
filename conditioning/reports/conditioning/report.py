"""The conditioning report (``docs/report-conditioning.md``): what a CONDITIONING holds, and how it
differs from another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from ...errors import EncoderScopeError
from ...mixing.text_states import Conditioning, Entry
from ...translation import translate
from .. import numbers
from ..wording import joined, plural, rows_text, visible
from .differences import differences
from .display import with_display
from .entry_keys import keys_of, schedule_of
from .row_owners import OwnedRows, parts_of, shape_of
from .timeline import timeline
from .without_pooled import NOTHING_KNOWN, Readings, without_pooled

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.conditioning", 1
POOLED_PARTS = {
    2048: {"l": ("CLIP-L", 768), "g": ("CLIP-G", 1280)},
    768: {"l": ("CLIP-L", 768)},
    1280: {"g": ("CLIP-G", 1280)},
}
"""Width of a pooled vector -> who wrote which columns."""


def conditioning_report(
    conditioning: Conditioning,
    other: Conditioning | None = None,
    *,
    title: str = "",
    notes: Sequence[str] = (),
    host: str | None = None,
    readings: Readings = NOTHING_KNOWN,
) -> Report:
    """The whole report as plain data, strict JSON. ``other``: the report says how ``conditioning``
    differs from it. ``readings``: what the host's models make of a missing pooled vector.

    Raises EncoderScopeError for what is no CONDITIONING at all; NaN, empty rows and unknown layouts
    are reported, not refused.
    """
    entries = [_entry(each, readings) for each in _checked(conditioning, "The conditioning")]
    pairs = None
    if other is not None:
        pairs = differences(conditioning, _checked(other, "The second conditioning"))
    problems = _problems(entries)
    misfits = dict.fromkeys(
        text
        for entry in entries
        for text in (entry["layout"]["misfit"], (entry["mask"] or {}).get("misfit"))
    )
    report = {
        "format": FORMAT,
        "version": VERSION,
        "host": host,
        "title": title,
        "sentence": " ".join(filter(None, [*problems, _sentence(entries), *misfits])),
        "usable": not problems,
        "notes": list(notes),
        "entries": entries,
        "timeline": timeline(conditioning, entries),
        "differences": pairs,
    }
    return with_display(report)


def _checked(conditioning: Conditioning, name: str) -> Conditioning:
    problem = ""
    if not isinstance(conditioning, (list, tuple)) or not all(map(_is_entry, conditioning)):
        problem = "is not a list of [tensor, dictionary]"
    elif not conditioning:
        problem = "is empty"
    if problem:
        raise EncoderScopeError(
            f"{name} {problem}.",
            "ComfyUI's CONDITIONING is a list of such pairs, at least one.",
            "Connect the CONDITIONING output of a text-encoding node.",
        )
    return conditioning


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, (list, tuple))
        and len(entry) > 1
        and isinstance(entry[0], torch.Tensor)
        and entry[0].dim() > 0
        and isinstance(entry[1], Mapping)
    )


def _entry(entry: Entry, readings: Readings) -> Report:
    shape = shape_of(entry)
    return {
        "layout": {
            "name": shape.shape,
            "title": shape.title,
            "how": shape.how,
            "sentence": shape.sentence,
            "misfit": shape.misfit,
        },
        "sequence": _sequence(entry[0], parts_of(entry)),
        **_pooled(entry, readings),
        "mask": _mask(entry),
        "schedule": schedule_of(entry[1]),
        "keys": keys_of(entry[1]),
    }


def _sequence(sequence: torch.Tensor, parts: Sequence[OwnedRows]) -> Report:
    norms = numbers.norms_of(numbers.rows_of(sequence))
    rows, levels = [], list[int | None]()
    for part in parts:
        own = norms[part.start : part.stop]
        levels += numbers.levels_of(own)
        zero_rows = [
            [part.start + start, part.start + stop]
            for start, stop in numbers.runs([norm == 0 for norm in own])
        ]
        rows.append(
            {
                **part._asdict(),
                "mean_norm": numbers.mean(own),
                "zero": not any(own),
                "zero_rows": zero_rows,
            }
        )
    return {
        **numbers.tensor_facts(sequence),
        "bad_rows": numbers.bad_rows(sequence),
        "rows": rows,
        "norms": [numbers.rounded(norm) for norm in norms],
        "levels": levels,
    }


def _pooled(entry: Entry, readings: Readings) -> Report:
    pooled = entry[1].get("pooled_output")
    if isinstance(pooled, torch.Tensor):
        parts = POOLED_PARTS.get(pooled.shape[-1], {})
        return {"pooled": numbers.vector(pooled, parts), "no_pooled": ""}
    return {"pooled": None, "no_pooled": without_pooled(entry, readings)}


def _mask(entry: Entry) -> Report | None:
    mask = entry[1].get("attention_mask")
    if not isinstance(mask, torch.Tensor):
        return None
    first = numbers.first_row(mask)
    return {
        "shape": [*mask.shape],
        "kept": int((first != 0).sum()),
        "total": len(first),
        "misfit": _mask_misfit(entry, len(first)),
    }


def _mask_misfit(entry: Entry, covered: int) -> str:
    """What is wrong with a mask for so many rows beside this sequence; "" where nothing is."""
    rows = len(numbers.rows_of(entry[0]))
    t5_rows = sum(part.stop - part.start for part in parts_of(entry) if part.name == "t5")
    if covered in (rows, t5_rows) or "attention_mask_img_shape" in entry[1]:
        return ""
    return (
        f"The attention mask is for {plural(covered, 'row')}, the sequence has {rows:,} "
        "(Conditioning (Concat) keeps the first one's mask): models that use the mask stop with "
        "an error or hide the wrong rows."
    )


# Sentences


def _sentence(entries: Sequence[Report]) -> str:
    first, *others = dict.fromkeys(map(_entry_text, entries))
    if len(entries) == 1:
        return first
    if others:
        return f"{len(entries)} entries. The first: {first}"
    return f"{len(entries)} entries, alike: {first}"


def _entry_text(entry: Report) -> str:
    """Such as "Stable Diffusion 3 / 3.5: 77 CLIP rows and 154 T5 rows of 4096, a pooled vector of
    2048.".
    """
    sequence, pooled = entry["sequence"], entry["pooled"]
    rows = joined([_rows(part) for part in sequence["rows"]]) or "no rows"
    vector = "no pooled vector"
    if pooled:
        vector = f"a pooled vector of {pooled['shape'][-1]}"
        if pooled["zero"]:
            vector += ", all zero"
    title = entry["layout"]["title"]
    return f"{title[:1].upper()}{title[1:]}: {rows} of {sequence['shape'][-1]}, {vector}."


def _rows(part: Report) -> str:
    rows = plural(part["stop"] - part["start"], f"{part['title']} row")
    if part["zero"]:
        return f"{rows} (all zero)"
    if part["zero_rows"]:
        return f"{rows} ({zeros_text(part)})"
    return rows


def zeros_text(part: Mapping[str, Any]) -> str:
    """Such as "rows 78 to 154 are zeros", of a part that is not all zero; "" where none is."""
    runs = part["zero_rows"]
    if part["zero"] or not runs:
        return ""
    text = rows_text(runs)
    return f"{text} is zeros" if text.startswith("row ") else f"{text} are zeros"


def _problems(entries: Sequence[Report]) -> list[str]:
    """What would spoil every picture, in words."""
    out = []
    for k, entry in enumerate(entries):
        where = f"Entry {k + 1}: the" if len(entries) > 1 else "The"
        for name, title in (("sequence", "sequence"), ("pooled", "pooled vector")):
            bad = entry[name] and entry[name]["bad"]
            if bad:
                rows = entry[name].get("bad_rows")
                place = f", in {rows_text(rows)}" if rows else ""
                out.append(
                    f"{where} {title} holds values that are no numbers ({bad}{place}): the "
                    "picture will be lost, black or noise."
                )
        if not entry["sequence"]["norms"]:
            out.append(f"{where} sequence has no rows.")
    return out


def plain(report: Mapping[str, Any]) -> str:
    """The report in lines of text."""
    lines = [line for line in (report["title"], report["sentence"]) if line]
    lines += [f"- {note}" for note in report["notes"]]
    for number, entry in enumerate(report["entries"], 1):
        lines.append("")
        if len(report["entries"]) > 1:
            lines.append(f"entry {number}")
        lines += _entry_lines(entry)
    if report["differences"]:
        lines += ["", report["differences"]["sentence"]]
    return "\n".join(visible(line) for line in lines)


def _entry_lines(entry: Mapping[str, Any]) -> Iterator[str]:
    sequence, pooled, schedule = entry["sequence"], entry["pooled"], entry["schedule"]
    yield f"  layout: {entry['layout']['sentence']}"
    yield f"  sequence: {size(sequence)}"
    for row in sequence["rows"]:
        norm = length(row["zero"], row["mean_norm"], mean=True)
        zeros = zeros_text(row)
        if zeros:
            norm = f"{norm} with the zeros; {zeros}"
        yield f"    {row['title']}: rows {row['start'] + 1} to {row['stop']}, {norm}"
    if pooled:
        yield f"  pooled: {size(pooled)}, {length(pooled['zero'], pooled['norm'])}"
        for part in pooled["parts"]:
            yield f"    {part['title']}: {length(part['zero'], part['norm'])}"
    else:
        yield f"  pooled: {entry['no_pooled']}"
    if entry["mask"]:
        yield f"  mask: {entry['mask']['kept']} of {entry['mask']['total']} tokens kept"
    start, end = (f"{100 * schedule[key]:.4g} %" for key in ("start", "end"))
    yield f"  schedule: {start} to {end} of the sampling"
    for key in entry["keys"]:
        yield f"  {key['title']}: {key['what']}"


def size(tensor: Mapping[str, Any]) -> str:
    """'1 × 77 × 768, float32', and what is not finite in it."""
    text = f"{' × '.join(map(str, tensor['shape']))}, {tensor['dtype']}"
    if tensor["bad"]:
        return f"{text} ({tensor['bad']})"
    return text


def length(zero: bool, norm: float | None, mean: bool = False) -> str:
    """A norm in words; ``mean``: that of several rows."""
    if zero:
        return translate("all zero")
    if norm is None:
        return translate("mean norm not a number") if mean else translate("norm not a number")
    if mean:
        return translate("mean norm {norm:.4g}", norm=norm)
    return translate("norm {norm:.4g}", norm=norm)
