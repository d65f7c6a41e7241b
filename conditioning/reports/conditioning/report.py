"""The conditioning report (``docs/report-conditioning.md``): what a CONDITIONING holds, and how it
differs from another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from ...errors import EncoderScopeError
from ...mixing.conditioning_shapes import RecognisedShape
from ...mixing.text_states import Conditioning, Entry
from .. import numbers
from ..wording import joined, visible
from .differences import differences
from .entry_keys import keys_of, schedule_of
from .row_owners import Part, parts_of, whose
from .timeline import timeline

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
) -> Report:
    """The whole report as plain data, strict JSON. ``other``: the report says how ``conditioning``
    differs from it.

    Raises EncoderScopeError for what is no CONDITIONING at all; NaN, empty rows and unknown layouts
    are reported, not refused.
    """
    entries = [_entry(each) for each in _checked(conditioning, "The conditioning")]
    pairs = (
        differences(conditioning, _checked(other, "The second conditioning"))
        if other is not None
        else None
    )
    problems = _problems(entries)
    return {
        "format": FORMAT,
        "version": VERSION,
        "host": host,
        "title": title,
        "sentence": " ".join([_sentence(entries), *problems]),
        "usable": not problems,
        "notes": list(notes),
        "entries": entries,
        "timeline": timeline(conditioning, entries),
        "differences": pairs,
    }


def _checked(conditioning: Conditioning, name: str) -> Conditioning:
    fits = isinstance(conditioning, (list, tuple)) and all(_is_entry(each) for each in conditioning)
    if not fits or not conditioning:
        raise EncoderScopeError(
            f"{name} {'is empty' if fits else 'is not a list of [tensor, dictionary]'}.",
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


def _entry(entry: Entry) -> Report:
    known, parts = whose(entry), parts_of(entry)
    pooled = entry[1].get("pooled_output")
    return {
        "layout": {
            "name": known.shape,
            "title": known.title,
            "how": known.how,
            "sentence": known.sentence,
        },
        "sequence": _sequence(entry[0], parts),
        "pooled": numbers.vector(pooled, POOLED_PARTS.get(pooled.shape[-1], {}))
        if isinstance(pooled, torch.Tensor)
        else None,
        "no_pooled": "" if isinstance(pooled, torch.Tensor) else _no_pooled(known),
        "mask": _mask(entry[1].get("attention_mask")),
        "schedule": schedule_of(entry[1]),
        "keys": keys_of(entry[1]),
    }


def _sequence(sequence: torch.Tensor, parts: Sequence[Part]) -> Report:
    norms = numbers.norms_of(numbers.rows_of(sequence))
    rows, levels = [], list[int | None]()
    for part in parts:
        own = norms[part.start : part.stop]
        levels += numbers.levels_of(own)
        rows.append({**part._asdict(), "mean_norm": numbers.mean(own), "zero": not any(own)})
    return {
        **numbers.tensor_facts(sequence),
        "rows": rows,
        "norms": [numbers.rounded(norm) for norm in norms],
        "levels": levels,
    }


def _no_pooled(known: RecognisedShape) -> str:
    return f"No pooled vector. {_WITHOUT.get(known.shape or '', _WITHOUT_UNKNOWN)}"


_WITHOUT_UNKNOWN = "A generator that wants one reads zeros, or stops with an error."
_WITHOUT = {
    "pixart": (
        "Generators that listen to T5 alone do not want one; FLUX.1 reads zeros in its place."
    ),
    "sdxl": "SDXL cannot be sampled without one.",
    "sd3": "Stable Diffusion 3 then does without what the pooled vector adds to every block.",
}


def _mask(mask: object) -> Report | None:
    if not isinstance(mask, torch.Tensor):
        return None
    first = numbers.first_row(mask)
    return {"shape": [*mask.shape], "kept": int((first != 0).sum()), "total": len(first)}


# Sentences


def _sentence(entries: Sequence[Report]) -> str:
    told = list(dict.fromkeys(map(_told, entries)))
    if len(entries) == 1:
        return told[0]
    how_many = f"{len(entries)} entries"
    return (
        f"{how_many}, alike: {told[0]}" if len(told) == 1 else f"{how_many}. The first: {told[0]}"
    )


def _told(entry: Report) -> str:
    """Such as "Stable Diffusion 3 / 3.5: 77 CLIP rows and 154 T5 rows of 4096, a pooled vector of
    2048.".
    """
    sequence, pooled = entry["sequence"], entry["pooled"]
    rows = joined([_rows(part) for part in sequence["rows"]]) or "no rows"
    vector = (
        f"a pooled vector of {pooled['shape'][-1]}{', all zero' if pooled['zero'] else ''}"
        if pooled
        else "no pooled vector"
    )
    title = entry["layout"]["title"]
    return f"{title[:1].upper()}{title[1:]}: {rows} of {sequence['shape'][-1]}, {vector}."


def _rows(part: Report) -> str:
    count = part["stop"] - part["start"]
    return (
        f"{count:,} {part['title']} "
        f"row{'' if count == 1 else 's'}{' (all zero)' if part['zero'] else ''}"
    )


def _problems(entries: Sequence[Report]) -> list[str]:
    """What would spoil every picture, in words."""
    out = []
    for k, entry in enumerate(entries):
        where = f"Entry {k + 1}: the" if len(entries) > 1 else "The"
        for name, title in (("sequence", "sequence"), ("pooled", "pooled vector")):
            bad = entry[name] and entry[name]["bad"]
            if bad:
                out.append(
                    f"{where} {title} is spoilt ({bad}): a sampler makes a black picture "
                    "or noise of it."
                )
        if not entry["sequence"]["norms"]:
            out.append(f"{where} sequence has no rows.")
    return out


def plain(report: Mapping[str, Any]) -> str:
    """The report in lines of text."""
    lines = [report["title"]] if report["title"] else []
    lines += [report["sentence"], *(f"- {note}" for note in report["notes"])]
    for k, entry in enumerate(report["entries"]):
        lines += ["", *_plain_entry(entry, f"entry {k + 1}" if len(report["entries"]) > 1 else "")]
    if report["differences"]:
        lines += ["", report["differences"]["sentence"]]
    return "\n".join(visible(line) for line in lines)


def _plain_entry(entry: Mapping[str, Any], name: str) -> list[str]:
    sequence, pooled, schedule = entry["sequence"], entry["pooled"], entry["schedule"]
    lines = [name] if name else []
    lines.append(f"  layout: {entry['layout']['sentence']}")
    lines.append(f"  sequence: {size(sequence)}")
    lines += [
        (
            f"    {row['title']}: rows {row['start'] + 1} to {row['stop']}, "
            f"{length(row['zero'], row['mean_norm'], 'mean norm')}"
        )
        for row in sequence["rows"]
    ]
    lines.append(
        f"  pooled: {size(pooled)}, {length(pooled['zero'], pooled['norm'])}"
        if pooled
        else f"  pooled: {entry['no_pooled']}"
    )
    lines += [
        f"    {part['title']}: {length(part['zero'], part['norm'])}"
        for part in (pooled["parts"] if pooled else ())
    ]
    if entry["mask"]:
        lines.append(f"  mask: {entry['mask']['kept']} of {entry['mask']['total']} tokens kept")
    lines.append(
        f"  schedule: {100 * schedule['start']:.4g} % to {100 * schedule['end']:.4g} % "
        "of the sampling"
    )
    return lines + [f"  {key['title']}: {key['what']}" for key in entry["keys"]]


def size(tensor: Mapping[str, Any]) -> str:
    return f"{' × '.join(map(str, tensor['shape']))}, {tensor['dtype']}" + (
        f" ({tensor['bad']})" if tensor["bad"] else ""
    )


def length(zero: bool, norm: float | None, name: str = "norm") -> str:
    return (
        "all zero" if zero else f"{name} {norm:.4g}" if norm is not None else f"{name} not a number"
    )
