"""How one CONDITIONING differs from another: entry by entry, part by part, token by token. Cosines
are taken in fp32.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from ...mixing.text_states import Conditioning, Entry
from ..numbers import first_row, level_of, mean, norms_of, rounded, rows_of, runs
from ..wording import joined, plural, rows_text, verb
from .row_owners import OwnedRows, parts_of

Report = dict[str, Any]
_BY_TOKEN = ("cosines", "changes", "levels")  # None where nothing was compared
_SAME = 1e-6  # a rounding of fp32; "identical" is said of equal bits only


def differences(a: Conditioning, b: Conditioning) -> Report:
    """Entries are compared in order; one entry is compared with each of the other's."""
    count, uncompared = min(len(a), len(b)), abs(len(a) - len(b))
    if count == 1:
        count, uncompared = max(len(a), len(b)), 0
    numbers = [(min(k, len(a) - 1), min(k, len(b) - 1)) for k in range(count)]
    pairs = [{"a": i, "b": j, **_pair(a[i], b[j])} for i, j in numbers]
    first = next((k for k, pair in enumerate(pairs) if not _identical(pair)), 0)
    return {
        "sentence": _sentence(pairs, first, uncompared, (len(a), len(b))),
        "shown": first,
        "pairs": pairs,
        "uncompared": uncompared,
    }


def _pair(a: Entry, b: Entry) -> Report:
    return {
        "sequence": _sequence(a, b),
        "pooled": _pooled(a[1].get("pooled_output"), b[1].get("pooled_output")),
    }


def _sequence(a: Entry, b: Entry) -> Report:
    """Parts of one name are laid side by side from their first rows: T5 meets T5 whatever the
    number of CLIP's windows.
    """
    rows_a, rows_b = rows_of(a[0]), rows_of(b[0])
    out: Report = {"why_not": "", "parts": [], **{name: [None] * len(rows_a) for name in _BY_TOKEN}}
    if rows_a.shape[1] != rows_b.shape[1]:
        why_not = (
            f"The first sequence is {rows_a.shape[1]} wide, the second {rows_b.shape[1]}: they "
            "cannot be compared."
        )
        return {**out, "why_not": why_not}
    for name, title, own, other in _aligned(parts_of(a), parts_of(b), len(rows_a), len(rows_b)):
        compared = min(len(own), len(other))
        place = slice(own.start, own.start + compared)
        part_a, part_b = rows_a[place], rows_b[other.start : other.start + compared]
        cosines, changes = compare(part_a, part_b)
        out["cosines"][place] = map(_rounded, cosines)
        out["changes"][place] = map(_rounded, changes)
        out["levels"][place] = map(level_of, changes)
        identical = (part_a == part_b).all(dim=-1).tolist()
        unknown = [
            change is None and not equal for change, equal in zip(changes, identical, strict=True)
        ]
        zero = (part_a == 0).all(dim=-1) ^ (part_b == 0).all(dim=-1)
        out["parts"].append(
            {
                "name": name,
                "title": title,
                "start": own.start,
                "stop": own.stop,
                "compared": compared,
                "identical": sum(identical),
                "zero": int(zero.sum()),
                "unknown": [[own.start + k, own.start + stop] for k, stop in runs(unknown)],
                "mean_cosine": mean([cosine for cosine in cosines if cosine is not None]),
                "extra": [len(own) - compared, len(other) - compared],
            }
        )
    return out


def _rounded(value: float | None) -> float | None:
    if value is None:
        return None
    return rounded(value)


def _aligned(
    a: list[OwnedRows], b: list[OwnedRows], length_a: int, length_b: int
) -> list[tuple[str, str, range, range]]:
    """Where both hold parts of one name, part by part (the second T5 part meets the second); else
    row by row.
    """
    numbered_a, numbered_b = _numbered(a), _numbered(b)
    if not {part.name for part in a} & {part.name for part in b} - {"unknown"}:
        return [("rows", "", range(length_a), range(length_b))]
    titles = {key: part.title for key, part in {**numbered_b, **numbered_a}.items()}
    return [
        (key[0], title, _range(numbered_a.get(key)), _range(numbered_b.get(key)))
        for key, title in titles.items()
    ]


def _numbered(parts: list[OwnedRows]) -> dict[tuple[str, int], OwnedRows]:
    return {
        (part.name, sum(each.name == part.name for each in parts[:k])): part
        for k, part in enumerate(parts)
    }


def _range(part: OwnedRows | None) -> range:
    if part is None:
        return range(0)
    return range(part.start, part.stop)


def compare(a: torch.Tensor, b: torch.Tensor) -> tuple[list[float | None], list[float | None]]:
    """(cosine, relative change) of each pair of rows (token, dim).

    The cosine of a zero row is None. The change is the length of the difference over the longer of
    the two: 0 for equal rows, 1 where one of them is zero. NaN gives None.
    """
    long_a, long_b, apart = norms_of(a), norms_of(b), norms_of(a - b)
    dots = (a.double() * b.double()).sum(-1).tolist()
    cosines = [_cosine(d, x * y) for d, x, y in zip(dots, long_a, long_b, strict=True)]
    changes = [_number(d / (max(x, y) or 1)) for d, x, y in zip(apart, long_a, long_b, strict=True)]
    return cosines, changes


def _cosine(dot: float, lengths: float) -> float | None:
    if not lengths or not math.isfinite(dot / lengths):
        return None
    return max(-1.0, min(1.0, dot / lengths))


def _number(value: float) -> float | None:
    if not math.isfinite(value):
        return None
    return value


def _pooled(a: object, b: object) -> Report:
    out: Report = {"cosine": None, "change": None, "identical": False, "why_not": ""}
    if not isinstance(a, torch.Tensor) or not isinstance(b, torch.Tensor):
        return {**out, **_without_pooled(a, b)}
    if a.shape[-1] != b.shape[-1]:
        why_not = f"The first pooled vector is {a.shape[-1]} wide, the second {b.shape[-1]}."
        return {**out, "why_not": why_not}
    row_a, row_b = first_row(a)[None], first_row(b)[None]
    [cosine], [change] = compare(row_a, row_b)
    return {
        **out,
        "cosine": cosine and rounded(cosine),
        "change": _rounded(change),
        "identical": bool(torch.equal(row_a, row_b)),
    }


def _without_pooled(a: object, b: object) -> Report:
    if isinstance(a, torch.Tensor):
        return {"why_not": "The second has no pooled vector."}
    if isinstance(b, torch.Tensor):
        return {"why_not": "The first has no pooled vector."}
    return {"identical": True, "why_not": "The first and the second have no pooled vector."}


# Sentences


def _sentence(pairs: list[Report], first: int, uncompared: int, entries: tuple[int, int]) -> str:
    """Such as "The T5 rows are identical; the pooled vectors differ: cosine 0.81.", of the first
    pair that differs.
    """
    sequence, pooled = pairs[first]["sequence"], pairs[first]["pooled"]
    clauses = [_part(part) for part in sequence["parts"]]
    if sequence["why_not"]:
        clauses = [sequence["why_not"].rstrip(".")]
    text = "; ".join([*clauses, _pooled_clause(pooled)])
    text = f"{text[:1].upper()}{text[1:]}."
    equal = sum(map(_identical, pairs))
    if equal == len(pairs) > 1:
        text = f"All {equal} pairs of entries are identical."
    elif len(pairs) > 1:
        unequal = len(pairs) - equal
        differs = verb(unequal, "differs", "differ")
        differing = f"{unequal} of {len(pairs)} pairs of entries {differs}."
        text = f"{differing} Pair {first + 1}: {text}"
    if uncompared:
        more = plural(uncompared, "entry", "entries")
        return f"{text} {more} more {verb(uncompared, 'has', 'have')} no partner."
    if entries[0] != entries[1]:
        return f"{_uneven(entries)} {text}"
    return text


def _uneven(entries: tuple[int, int]) -> str:
    first, second = (plural(count, "entry", "entries") for count in entries)
    single, several = ("first's", "second's") if entries[0] == 1 else ("second's", "first's")
    return (
        f"The first has {first}, the second {second}: the {single} was compared with each of the "
        f"{several}."
    )


def _identical(pair: Report) -> bool:
    parts = pair["sequence"]["parts"]
    same = all(part["identical"] == part["compared"] and not any(part["extra"]) for part in parts)
    return bool(parts) and same and bool(pair["pooled"]["identical"])


def _part(part: Report) -> str:
    compared, extra = part["compared"], part["extra"]
    if not compared:
        owner = "first" if extra[0] else "second"
        return f"only the {owner} has {part['title']} rows ({max(extra)})"
    name = f"the {part['title']} rows" if part["title"] else "the sequences"
    clause = f"{name} differ: {_part_counts(part)}"
    if part["identical"] == compared:
        clause = f"{name} are identical"
    more = [
        f"{count} more in the {owner}"
        for count, owner in zip(extra, ("first", "second"), strict=True)
        if count
    ]
    if more:
        return f"{clause} ({joined(more)})"
    return clause


def _part_counts(part: Report) -> str:
    """How rows of a part differ."""
    compared, identical, zero = part["compared"], part["identical"], part["zero"]
    unknown = sum(stop - start for start, stop in part["unknown"])
    counts = []
    if part["mean_cosine"] is not None and identical + zero + unknown < compared:
        counts.append(f"mean {_direction(part['mean_cosine'])}")
    for count, what in ((identical, "identical"), (zero, "zero on one side")):
        if count:
            counts.append(f"{count} of {compared} {what}")
    if unknown:
        counts.append(f"distance unknown, no numbers: {rows_text(part['unknown'])}")
    return ", ".join(counts) or "no number to compare"


def _pooled_clause(pooled: Report) -> str:
    if pooled["why_not"]:
        return f"{pooled['why_not'][:1].lower()}{pooled['why_not'][1:]}".rstrip(".")
    if pooled["identical"]:
        return "the pooled vectors are identical"
    if pooled["cosine"] is not None:
        return f"the pooled vectors differ: {_direction(pooled['cosine'])}"
    if pooled["change"] is None:
        return "the pooled vectors differ: one of them holds no numbers"
    return "the pooled vectors differ: one of them is all zero"


def _direction(cosine: float) -> str:
    text = f"cosine {cosine_text(cosine)}"
    if 1 - cosine < _SAME:
        return f"{text}, but of another length"
    return text


def cosine_text(cosine: float) -> str:
    """Two digits, and more where they would say 1.00 of what is not the same."""
    if abs(cosine) < 0.995:
        return f"{cosine:.2f}"
    return f"{cosine:.6g}"
