"""The conditioning report (``docs/report-conditioning.md``): what a CONDITIONING holds, and how it
differs from another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from ...mixing.text_states import Conditioning, Entry
from ...translation import (
    current_language,
    in_its_language,
    later,
    localized,
    translatable,
    translate,
    translate_count,
)
from .. import numbers
from ..wording import joined, rows_text, visible
from .checked import checked
from .differences import differences
from .display import with_display
from .entry_keys import keys_of, never_holds, no_number, schedule_of
from .row_owners import OwnedRows, parts_of, shape_of
from .tensor_words import length, size, zeros_text
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
    summary: str = "",
    notes: Sequence[str] = (),
    host: str | None = None,
    readings: Readings = NOTHING_KNOWN,
) -> Report:
    """The whole report as plain data, strict JSON. ``other``: the report says how ``conditioning``
    differs from it. ``summary``: what was done to it, said first. ``readings``: what the host's
    models make of a missing pooled vector.

    Raises EncoderScopeError for what is no CONDITIONING at all; NaN, empty rows and unknown layouts
    are reported, not refused.
    """
    conditioning = checked(conditioning, later("The conditioning"))
    entries = [_entry(each, readings) for each in conditioning]
    pairs = None
    if other is not None:
        pairs = differences(conditioning, checked(other, later("The second conditioning")))
    problems = _problems(entries)
    sentences = [*problems, localized(summary), _sentence(entries), *_misfits(entries)]
    report = {
        "format": FORMAT,
        "version": VERSION,
        "host": host,
        "language": current_language(),
        "title": title,
        "sentence": " ".join(filter(None, sentences)),
        "usable": not problems,
        "notes": list(map(localized, notes)),
        "entries": entries,
        "timeline": timeline(conditioning, entries),
        "differences": pairs,
    }
    return with_display(report)


def _misfits(entries: Sequence[Report]) -> list[str]:
    """What is wrong with parts of entries beside others, each sentence once."""
    sentences = (
        sentence
        for number, entry in enumerate(entries, 1)
        for sentence in (
            entry["layout"]["misfit"],
            (entry["mask"] or {}).get("misfit"),
            never_holds(number, entry["schedule"]),
            no_number(number, entry["keys"]),
            _pooled_misfit(entry["pooled"]),
        )
    )
    return list(dict.fromkeys(filter(None, sentences)))


def _entry(entry: Entry, readings: Readings) -> Report:
    shape = shape_of(entry)
    return {
        "layout": {
            "name": shape.shape,
            "title": shape.title,
            "how": shape.evidence,
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


def _pooled_misfit(pooled: Report | None) -> str:
    """What is wrong with the axes of a pooled vector; "" where nothing is."""
    if pooled is None or len(pooled["shape"]) == 2:
        return ""
    return translate(
        "The pooled vector is {shape} where (batch, width) is wanted: models that take one stop "
        "with an error.",
        shape=" × ".join(map(str, pooled["shape"])),
    )


def _mask(entry: Entry) -> Report | None:
    mask = entry[1].get("attention_mask")
    if not isinstance(mask, torch.Tensor):
        return None
    first = numbers.first_row(mask)
    return {
        "shape": [*mask.shape],
        "kept": _kept(first),
        "total": len(first),
        "misfit": _mask_misfit(entry, len(first)),
    }


def _kept(mask: torch.Tensor) -> int:
    """Tokens that a mask keeps: not 0, or in one that is added to attention not below 0."""
    keeps = mask == 0 if bool((mask < 0).any()) else mask != 0
    return int((keeps & ~mask.isnan()).sum())


def _mask_misfit(entry: Entry, covered: int) -> str:
    """What is wrong with a mask for so many rows beside this sequence; "" where nothing is."""
    rows = len(numbers.rows_of(entry[0]))
    t5_rows = sum(part.stop - part.start for part in parts_of(entry) if part.name == "t5")
    if covered in (rows, t5_rows) or "attention_mask_img_shape" in entry[1]:
        return ""
    return translate_count(
        "The attention mask is for {count:,} row, the sequence has {rows:,} (Conditioning "
        "(Concat) keeps the first one's mask): models that use the mask stop with an error or "
        "hide the wrong rows.",
        "The attention mask is for {count:,} rows, the sequence has {rows:,} (Conditioning "
        "(Concat) keeps the first one's mask): models that use the mask stop with an error or "
        "hide the wrong rows.",
        covered,
        rows=rows,
    )


# Sentences


def _sentence(entries: Sequence[Report]) -> str:
    first, *others = dict.fromkeys(map(_entry_text, entries))
    if len(entries) == 1:
        return first
    if others:
        return translate_count(
            "{count} entry. The first: {entry}",
            "{count} entries. The first: {entry}",
            len(entries),
            entry=first,
        )
    return translate_count(
        "{count} entry, alike: {entry}",
        "{count} entries, alike: {entry}",
        len(entries),
        entry=first,
    )


def _entry_text(entry: Report) -> str:
    """Such as "Stable Diffusion 3 / 3.5: 77 CLIP rows and 154 T5 rows of 4096, a pooled vector of
    2048.".
    """
    sequence, pooled = entry["sequence"], entry["pooled"]
    title = entry["layout"]["title"]
    values = {
        "title": f"{title[:1].upper()}{title[1:]}",
        "rows": joined([_rows(part) for part in sequence["rows"]]) or translate("no rows"),
        "width": sequence["shape"][-1],
    }
    if not pooled:
        return translate("{title}: {rows} of {width}, no pooled vector.", **values)
    values["pooled"] = pooled["shape"][-1]
    if pooled["zero"]:
        return translate(
            "{title}: {rows} of {width}, a pooled vector of {pooled}, all zero.", **values
        )
    return translate("{title}: {rows} of {width}, a pooled vector of {pooled}.", **values)


def _rows(part: Report) -> str:
    rows = translate_count(
        "{count:,} {owner} row",
        "{count:,} {owner} rows",
        part["stop"] - part["start"],
        owner=part["title"],
    )
    zeros = translate("all zero") if part["zero"] else zeros_text(part)
    return translate("{rows} ({zeros})", rows=rows, zeros=zeros) if zeros else rows


_UNUSABLE = {
    "sequence": (
        translatable(
            "The sequence holds values that are no numbers ({numbers}): the picture will be lost, "
            "black or noise."
        ),
        translatable(
            "Entry {number}: the sequence holds values that are no numbers ({numbers}): the "
            "picture will be lost, black or noise."
        ),
    ),
    "pooled": (
        translatable(
            "The pooled vector holds values that are no numbers ({numbers}): the picture will be "
            "lost, black or noise."
        ),
        translatable(
            "Entry {number}: the pooled vector holds values that are no numbers ({numbers}): the "
            "picture will be lost, black or noise."
        ),
    ),
    "norms": (
        translatable("The sequence has no rows."),
        translatable("Entry {number}: the sequence has no rows."),
    ),
}
"""What would spoil every picture: of the only entry, and of one of several."""


def _problems(entries: Sequence[Report]) -> list[str]:
    """What would spoil every picture, in words."""
    several = len(entries) > 1
    out = []
    for number, entry in enumerate(entries, 1):
        for name in ("sequence", "pooled"):
            if entry[name] and entry[name]["bad"]:
                sentence = _UNUSABLE[name][several]
                out.append(translate(sentence, number=number, numbers=_bad(entry[name])))
        if not entry["sequence"]["norms"]:
            out.append(translate(_UNUSABLE["norms"][several], number=number))
    return out


def _bad(tensor: Report) -> str:
    """'1 NaN, in row 6'."""
    numbers_text, rows = str(tensor["bad"]), tensor.get("bad_rows")
    if not rows:
        return numbers_text
    return translate("{numbers}, in {rows}", numbers=numbers_text, rows=rows_text(rows))


@in_its_language
def plain(report: Mapping[str, Any]) -> str:
    """The report in lines of text."""
    lines = [line for line in (report["title"], report["sentence"]) if line]
    lines += [f"- {note}" for note in report["notes"]]
    for number, entry in enumerate(report["entries"], 1):
        lines.append("")
        if len(report["entries"]) > 1:
            lines.append(translate("entry {number}", number=number))
        lines += _entry_lines(entry)
    if report["differences"]:
        lines += ["", report["differences"]["sentence"]]
    return "\n".join(visible(line) for line in lines)


def _entry_lines(entry: Mapping[str, Any]) -> Iterator[str]:
    sequence, pooled, schedule = entry["sequence"], entry["pooled"], entry["schedule"]
    yield "  " + translate("layout: {facts}", facts=entry["layout"]["sentence"])
    facts = size(sequence)
    if sequence["norms"] and len(sequence["shape"]) > 2 and sequence["shape"][0] > 1:
        facts = translate("{size}; the rows below are the first of the batch", size=facts)
    yield "  " + translate("sequence: {facts}", facts=facts)
    for row in sequence["rows"]:
        norm = length(row["zero"], row["mean_norm"], mean=True)
        zeros = zeros_text(row)
        if zeros:
            norm = translate("{norm} with the zeros; {zeros}", norm=norm, zeros=zeros)
        rows = rows_text([[row["start"], row["stop"]]])
        owner = row["title"]
        yield "    " + translate("{owner}: {rows}, {norm}", owner=owner, rows=rows, norm=norm)
    if pooled:
        facts = f"{size(pooled)}, {length(pooled['zero'], pooled['norm'])}"
        yield "  " + translate("pooled: {facts}", facts=facts)
        for part in pooled["parts"]:
            yield f"    {part['title']}: {length(part['zero'], part['norm'])}"
    else:
        yield "  " + translate("pooled: {facts}", facts=entry["no_pooled"])
    if entry["mask"]:
        yield "  " + translate(
            "mask: {kept} of {total} tokens kept",
            kept=entry["mask"]["kept"],
            total=entry["mask"]["total"],
        )
    yield "  " + translate(
        "schedule: {start:.4g} % to {end:.4g} % of the sampling",
        start=100 * schedule["start"],
        end=100 * schedule["end"],
    )
    for key in entry["keys"]:
        yield f"  {key['title']}: {key['what']}"
