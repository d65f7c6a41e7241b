"""How one CONDITIONING differs from another: entry by entry, part by part, token by token. Cosines
are taken in fp32.
"""

from __future__ import annotations

from typing import Any

import torch

from ...mixing.text_states import Conditioning, Entry
from ..numbers import first_row, level_of, mean, norms_of, rounded, rows_of
from ..wording import joined
from .row_owners import Part, parts_of

Report = dict[str, Any]
_BY_TOKEN = ("cosines", "changes", "levels")  # None where nothing was compared
_SAME = 1e-6  # a rounding of fp32; "identical" is said of equal bits only


def differences(a: Conditioning, b: Conditioning) -> Report:
    """Entries are compared in order; one entry is compared with each of the other's."""
    if len(a) == len(b):
        numbers = [(k, k) for k in range(len(a))]
    elif 1 in (len(a), len(b)):
        numbers = [(min(k, len(a) - 1), min(k, len(b) - 1)) for k in range(max(len(a), len(b)))]
    else:
        numbers = [(k, k) for k in range(min(len(a), len(b)))]
    pairs = [{"a": i, "b": j, **_pair(a[i], b[j])} for i, j in numbers]
    left = abs(len(a) - len(b)) if 1 not in (len(a), len(b)) else 0
    shown = next((k for k, pair in enumerate(pairs) if not _identical(pair)), 0)
    return {
        "sentence": _sentence(pairs, shown, left),
        "shown": shown,
        "pairs": pairs,
        "uncompared": left,
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
    one, two = rows_of(a[0]), rows_of(b[0])
    out: Report = {"why_not": "", "parts": [], **{name: [None] * len(one) for name in _BY_TOKEN}}
    if one.shape[1] != two.shape[1]:
        return {
            **out,
            "why_not": (
                f"The first sequence is {one.shape[1]} wide, the second {two.shape[1]}: they "
                "cannot be compared."
            ),
        }
    for name, title, rows_a, rows_b in _aligned(parts_of(a), parts_of(b), len(one), len(two)):
        compared = min(len(rows_a), len(rows_b))
        at = rows_a.start
        part_a, part_b = one[at : at + compared], two[rows_b.start : rows_b.start + compared]
        cosines, changes = compare(part_a, part_b)
        same = int((part_a == part_b).all(dim=-1).sum())
        zero = int(((part_a == 0).all(dim=-1) ^ (part_b == 0).all(dim=-1)).sum())
        out["cosines"][at : at + compared] = [None if c is None else rounded(c) for c in cosines]
        out["changes"][at : at + compared] = [None if c is None else rounded(c) for c in changes]
        out["levels"][at : at + compared] = [level_of(c) for c in changes]
        out["parts"].append(
            {
                "name": name,
                "title": title,
                "start": rows_a.start,
                "stop": rows_a.stop,
                "compared": compared,
                "identical": same,
                "zero": zero,
                "mean_cosine": mean([c for c in cosines if c is not None]),
                "extra": [len(rows_a) - compared, len(rows_b) - compared],
            }
        )
    return out


def _aligned(
    a: list[Part], b: list[Part], length_a: int, length_b: int
) -> list[tuple[str, str, range, range]]:
    """Where both hold parts of one name, part by part (the second T5 part meets the second); else
    row by row.
    """
    one, two = _numbered(a), _numbered(b)
    if not {part.name for part in a} & {part.name for part in b} - {"unknown"}:
        return [("rows", "", range(length_a), range(length_b))]
    titles = {key: part.title for key, part in {**two, **one}.items()}
    return [
        (key[0], title, _range(one.get(key)), _range(two.get(key))) for key, title in titles.items()
    ]


def _numbered(parts: list[Part]) -> dict[tuple[str, int], Part]:
    return {
        (part.name, sum(each.name == part.name for each in parts[:k])): part
        for k, part in enumerate(parts)
    }


def _range(part: Part | None) -> range:
    return range(part.start, part.stop) if part else range(0)


def compare(a: torch.Tensor, b: torch.Tensor) -> tuple[list[float | None], list[float | None]]:
    """(cosine, relative change) of each pair of rows (token, dim).

    The cosine of a zero row is None. The change is the length of the difference over the longer of
    the two: 0 for equal rows, 1 where one of them is zero. NaN gives None.
    """
    long_a, long_b, apart = norms_of(a), norms_of(b), norms_of(a - b)
    dots = (a.double() * b.double()).sum(-1).tolist()
    cosines = [_cosine(d, x * y) for d, x, y in zip(dots, long_a, long_b, strict=True)]
    changes = [
        _number(d / max(x, y)) if max(x, y) else _number(d)
        for d, x, y in zip(apart, long_a, long_b, strict=True)
    ]
    return cosines, changes


def _cosine(dot: float, lengths: float) -> float | None:
    value = _number(dot / lengths) if lengths else None
    return None if value is None else max(-1.0, min(1.0, value))


def _number(value: float) -> float | None:
    return value if value == value and abs(value) != float("inf") else None


def _pooled(a: object, b: object) -> Report:
    out: Report = {"cosine": None, "change": None, "identical": False, "why_not": ""}
    if not isinstance(a, torch.Tensor) or not isinstance(b, torch.Tensor):
        missing = [
            name
            for name, each in (("the first", a), ("the second", b))
            if not isinstance(each, torch.Tensor)
        ]
        both = len(missing) == 2
        return {
            **out,
            "identical": both,
            "why_not": (
                f"{joined(missing).capitalize()} {'have' if both else 'has'} no pooled vector."
            ),
        }
    if a.shape[-1] != b.shape[-1]:
        return {
            **out,
            "why_not": f"The first pooled vector is {a.shape[-1]} wide, the second {b.shape[-1]}.",
        }
    one, two = first_row(a)[None], first_row(b)[None]
    [cosine], [change] = compare(one, two)
    return {
        **out,
        "cosine": cosine and rounded(cosine),
        "change": change if change is None else rounded(change),
        "identical": bool(torch.equal(one, two)),
    }


# Sentences


def _sentence(pairs: list[Report], shown: int, left: int) -> str:
    """Such as "The T5 rows are identical; the pooled vectors differ: cosine 0.81.", of the pair
    that is shown.
    """
    pair = pairs[shown]
    why_not = pair["sequence"]["why_not"]
    said = [why_not.rstrip(".")] if why_not else [_part(part) for part in pair["sequence"]["parts"]]
    text = "; ".join([*said, _said_pooled(pair["pooled"])])
    text = f"{text[:1].upper()}{text[1:]}."
    equal = sum(map(_identical, pairs))
    if equal == len(pairs) > 1:
        text = f"All {equal} pairs of entries are identical."
    elif len(pairs) > 1:
        text = (
            f"{len(pairs) - equal} of {len(pairs)} pairs of entries differ. Pair "
            f"{shown + 1}: {text}"
        )
    return f"{text} {left} more without a partner." if left else text


def _identical(pair: Report) -> bool:
    parts = pair["sequence"]["parts"]
    same = all(part["identical"] == part["compared"] and not any(part["extra"]) for part in parts)
    return bool(parts) and same and bool(pair["pooled"]["identical"])


def _part(part: Report) -> str:
    name = f"the {part['title']} rows" if part["title"] else "the sequences"
    compared, identical, extra = part["compared"], part["identical"], part["extra"]
    if not compared:
        return (
            f"only the {'first' if extra[0] else 'second'} has {part['title']} rows ({max(extra)})"
        )
    if identical == compared:
        said = f"{name} are identical"
    else:
        counts = ((identical, "identical"), (part["zero"], "zero on one side"))
        told = [f"{count} of {compared} {what}" for count, what in counts if count]
        if part["mean_cosine"] is not None and identical + part["zero"] < compared:
            told.insert(0, f"mean {_direction(part['mean_cosine'])}")
        said = f"{name} differ: {', '.join(told) or 'no number to compare'}"
    more = [
        f"{count} more in the {which}"
        for count, which in zip(extra, ("first", "second"), strict=True)
        if count
    ]
    return f"{said} ({joined(more)})" if more else said


def _said_pooled(pooled: Report) -> str:
    if pooled["why_not"]:
        return f"{pooled['why_not'][:1].lower()}{pooled['why_not'][1:]}".rstrip(".")
    if pooled["identical"]:
        return "the pooled vectors are identical"
    if pooled["cosine"] is None:
        return (
            "the pooled vectors differ: one of them "
            f"{'holds no numbers' if pooled['change'] is None else 'is all zero'}"
        )
    return f"the pooled vectors differ: {_direction(pooled['cosine'])}"


def _direction(cosine: float) -> str:
    return f"cosine {cosine_text(cosine)}{', but of another length' if 1 - cosine < _SAME else ''}"


def cosine_text(cosine: float) -> str:
    """Two digits, and more where they would say 1.00 of what is not the same."""
    return f"{cosine:.2f}" if abs(cosine) < 0.995 else f"{cosine:.6g}"
