"""How one CONDITIONING differs from another: entry by entry, part by part, token by token. Cosines
are taken in fp32.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from ...mixing.text_states import Conditioning, Entry
from ...translation import translate, translate_count
from ..numbers import first_row, level_of, mean, norms_of, rounded, rows_of, runs
from ..wording import clauses, joined, listed, rows_text
from .key_differences import differing_keys, keys_clause
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
        "keys": differing_keys(a[1], b[1]),
        "batches": _batches(a, b),
    }


def _batches(a: Entry, b: Entry) -> list[int]:
    """The numbers of prompts in the two sequences, of which the first ones are compared; empty
    where there are no others, or they are the same in both.
    """
    sizes = [int(entry[0].shape[0]) if entry[0].dim() > 2 else 1 for entry in (a, b)]
    if sizes == [1, 1] or _same_numbers(a, b):
        return []
    return sizes


def _same_numbers(a: Entry, b: Entry) -> bool:
    parts = ((a[0], b[0]), (a[1].get("pooled_output"), b[1].get("pooled_output")))
    return all(
        item is other
        or (
            torch.is_tensor(item)
            and torch.is_tensor(other)
            and torch.equal(item.cpu(), other.cpu())
        )
        for item, other in parts
    )


def _sequence(a: Entry, b: Entry) -> Report:
    """Parts of one name side by side: T5 meets T5 whatever the number of CLIP's windows."""
    rows_a, rows_b = rows_of(a[0]), rows_of(b[0])
    out: Report = {"why_not": "", "parts": [], **{name: [None] * len(rows_a) for name in _BY_TOKEN}}
    if rows_a.shape[1] != rows_b.shape[1]:
        why_not = translate(
            "The first sequence is {first} wide, the second {second}: they cannot be compared.",
            first=rows_a.shape[1],
            second=rows_b.shape[1],
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
        why_not = translate(
            "The first pooled vector is {first} wide, the second {second}.",
            first=a.shape[-1],
            second=b.shape[-1],
        )
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
        return {"why_not": translate("The second has no pooled vector.")}
    if isinstance(b, torch.Tensor):
        return {"why_not": translate("The first has no pooled vector.")}
    neither = translate("The first and the second have no pooled vector.")
    return {"identical": True, "why_not": neither}


# Sentences


def _sentence(pairs: list[Report], first: int, uncompared: int, entries: tuple[int, int]) -> str:
    """Such as "The T5 rows are identical; the pooled vectors differ: cosine 0.81.", of the first
    pair that differs.
    """
    sequence, pooled = pairs[first]["sequence"], pairs[first]["pooled"]
    seen = [part["name"] for part in sequence["parts"]]
    parts = [
        _part(part, part["name"] in seen[:number]) for number, part in enumerate(sequence["parts"])
    ]
    if sequence["why_not"]:
        parts = [_clause(sequence["why_not"])]
    settings, batches = keys_clause(pairs[first]["keys"]), _batches_clause(pairs[first]["batches"])
    text = clauses(filter(None, [*parts, _pooled_clause(pooled), settings, batches]))
    text = translate("{clauses}.", clauses=f"{text[:1].upper()}{text[1:]}")
    equal = sum(map(_identical, pairs))
    if equal == len(pairs) > 1:
        text = translate("All {count} pairs of entries are identical.", count=equal)
        if equal == 2:
            text = translate("Both pairs of entries are identical.")
    elif len(pairs) > 1:
        text = translate_count(
            "{count} of {pairs} pairs of entries differs. Pair {number}: {sentence}",
            "{count} of {pairs} pairs of entries differ. Pair {number}: {sentence}",
            len(pairs) - equal,
            pairs=len(pairs),
            number=first + 1,
            sentence=text,
        )
    if uncompared:
        return f"{text} " + translate_count(
            "{count:,} entry more has no partner.",
            "{count:,} entries more have no partner.",
            uncompared,
        )
    if entries[0] != entries[1]:
        return f"{_uneven(entries)} {text}"
    return text


def _uneven(entries: tuple[int, int]) -> str:
    """One of the two has a single entry."""
    if entries[0] == 1:
        return translate_count(
            "The first has 1 entry, the second {count:,} entry: the first's was compared with each "
            "of the second's.",
            "The first has 1 entry, the second {count:,} entries: the first's was compared with "
            "each of the second's.",
            entries[1],
        )
    return translate_count(
        "The first has {count:,} entry, the second 1 entry: the second's was compared with each "
        "of the first's.",
        "The first has {count:,} entries, the second 1 entry: the second's was compared with each "
        "of the first's.",
        entries[0],
    )


def _clause(sentence: str) -> str:
    """A sentence as a part of a longer one."""
    return f"{sentence[:1].lower()}{sentence[1:]}".rstrip(".。")


def _identical(pair: Report) -> bool:
    parts = pair["sequence"]["parts"]
    same = all(part["identical"] == part["compared"] and not any(part["extra"]) for part in parts)
    others = pair["keys"] or pair["batches"]
    return bool(parts) and same and bool(pair["pooled"]["identical"]) and not others


def _batches_clause(sizes: list[int]) -> str:
    if not sizes:
        return ""
    return translate(
        "of batches of {first} and {second} prompts only the first ones are compared",
        first=sizes[0],
        second=sizes[1],
    )


def _part(part: Report, is_further: bool = False) -> str:
    """``is_further``: a part of this name was named before."""
    compared, extra, owner = part["compared"], part["extra"], part["title"]
    if not compared and is_further:
        if extra[0]:
            return translate("the first has {count} more {owner} rows", owner=owner, count=extra[0])
        return translate("the second has {count} more {owner} rows", owner=owner, count=extra[1])
    if not compared:
        if extra[0]:
            return translate(
                "only the first has {owner} rows ({count})", owner=owner, count=extra[0]
            )
        return translate("only the second has {owner} rows ({count})", owner=owner, count=extra[1])
    clause = _compared_rows(part)
    more = []
    if extra[0]:
        more.append(translate("{count} more in the first", count=extra[0]))
    if extra[1]:
        more.append(translate("{count} more in the second", count=extra[1]))
    if more:
        return translate("{clause} ({more})", clause=clause, more=joined(more))
    return clause


def _compared_rows(part: Report) -> str:
    owner = part["title"]
    if part["identical"] == part["compared"]:
        if owner:
            return translate("the {owner} rows are identical", owner=owner)
        return translate("the sequences are identical")
    counts = _part_counts(part)
    if owner:
        return translate("the {owner} rows differ: {differences}", owner=owner, differences=counts)
    return translate("the sequences differ: {differences}", differences=counts)


def _part_counts(part: Report) -> str:
    """How rows of a part differ."""
    compared, identical, zero = part["compared"], part["identical"], part["zero"]
    cosine = part["mean_cosine"]
    unknown = sum(stop - start for start, stop in part["unknown"])
    counts = []
    if cosine is not None and identical + zero + unknown < compared:
        if _is_parallel(cosine):
            counts.append(
                translate("mean cosine {cosine}, but of another length", cosine=cosine_text(cosine))
            )
        else:
            counts.append(translate("mean cosine {cosine}", cosine=cosine_text(cosine)))
    if identical:
        counts.append(translate("{count} of {total} identical", count=identical, total=compared))
    if zero:
        counts.append(translate("{count} of {total} zero on one side", count=zero, total=compared))
    if unknown:
        counts.append(
            translate("distance unknown, no numbers: {rows}", rows=rows_text(part["unknown"]))
        )
    return listed(counts) or translate("no number to compare")


def _pooled_clause(pooled: Report) -> str:
    if pooled["why_not"]:
        return _clause(pooled["why_not"])
    if pooled["identical"]:
        return translate("the pooled vectors are identical")
    if pooled["cosine"] is not None:
        cosine = cosine_text(pooled["cosine"])
        if _is_parallel(pooled["cosine"]):
            return translate(
                "the pooled vectors differ: cosine {cosine}, but of another length", cosine=cosine
            )
        return translate("the pooled vectors differ: cosine {cosine}", cosine=cosine)
    if pooled["change"] is None:
        return translate("the pooled vectors differ: one of them holds no numbers")
    return translate("the pooled vectors differ: one of them is all zero")


def _is_parallel(cosine: float) -> bool:
    """Do the two point the same way, as far as fp32 can tell?"""
    return 1 - cosine < _SAME


def cosine_text(cosine: float) -> str:
    """Two digits, and more where they would say 1.00 of what is not the same."""
    if abs(cosine) < 0.995:
        return f"{cosine:.2f}"
    return f"{cosine:.6g}"
