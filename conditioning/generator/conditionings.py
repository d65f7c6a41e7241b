"""Conditionings compared with the prompt's own: what differs in them, which rows are a phrase's,
and mixtures of the two.

An entry of the host's CONDITIONING is [sequence (batch, row, width), dictionary].
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch

from ..mixing.text_states import Conditioning, Entry

POOLED = "pooled_output"


def located(stream: torch.Tensor, sequence: torch.Tensor, rows: Sequence[int]) -> list[int] | None:
    """Which rows of ``sequence`` (row, width) hold these ``rows`` of a stream's answer (row,
    narrower or equal): they lie in one run of columns, moved by one number of rows. None where they
    are not found; rows that are zero everywhere are left out. Rows that were zeroed on the way are
    found by the stream's others.
    """
    rows = [row for row in rows if row < len(stream) and bool(stream[row].any())]
    if not rows:
        return []
    moved = _moved(stream, sequence, rows, rows[:1])
    if moved is None:
        every = [row for row in range(len(stream)) if bool(stream[row].any())]
        moved = _moved(stream, sequence, every, every)
    if moved is None:
        return None
    return [row + moved for row in rows if row + moved < len(sequence)]


def _moved(
    stream: torch.Tensor, sequence: torch.Tensor, rows: Sequence[int], anchors: Sequence[int]
) -> int | None:
    """By how many rows the stream's ``rows`` were moved. With several ``anchors`` some may have
    been zeroed, but no more than half.
    """
    width = stream.shape[-1]
    for anchor in anchors:
        for column in range(0, sequence.shape[-1] - width + 1, _STEP):
            block = sequence[:, column : column + width]
            for start in torch.nonzero((block == stream[anchor]).all(-1)).flatten().tolist():
                if _fits(stream, block, rows, start - anchor, zeroed=len(anchors) > 1):
                    return int(start - anchor)
    return None


def _fits(
    stream: torch.Tensor, block: torch.Tensor, rows: Sequence[int], moved: int, zeroed: bool
) -> bool:
    inside = [row for row in rows if 0 <= row + moved < len(block)]
    equal = [row for row in inside if torch.equal(block[row + moved], stream[row])]
    if not zeroed:
        return len(equal) == len(inside)
    others = [row for row in inside if row not in equal]
    return 2 * len(equal) >= len(inside) and not any(block[row + moved].any() for row in others)


_STEP = 16
"""Encoders' widths are multiples of it, so their columns begin at one."""


def with_rows(own: Conditioning, other: Conditioning, rows: Iterable[int]) -> Conditioning:
    """``own`` with these rows of its sequence taken from ``other``."""
    picked = sorted(rows)
    out: Conditioning = []
    for (sequence, keys), (exchanged, _) in zip(own, other, strict=True):
        mixed = sequence.clone()
        mixed[:, picked] = exchanged[:, picked].to(mixed)
        out.append([mixed, keys])
    return out


def with_pooled(own: Conditioning, other: Conditioning) -> Conditioning:
    """``own`` with the pooled vector of ``other``."""
    return [
        [sequence, {**keys, POOLED: exchanged[POOLED]}]
        for (sequence, keys), (_, exchanged) in zip(own, other, strict=True)
    ]


def differences(own: Conditioning, other: Conditioning) -> set[str]:
    """What two conditionings of equal build differ in: ``sequence``, ``pooled_output``, and other
    keys that hold tensors.
    """
    names: set[str] = set()
    for (sequence, keys), (exchanged, others) in zip(own, other, strict=True):
        if not _same(sequence, exchanged):
            names.add("sequence")
        names |= {
            name
            for name, value in keys.items()
            if isinstance(value, torch.Tensor) and not _same(value, others.get(name))
        }
    return names


def same_build(entries: Sequence[Conditioning]) -> bool:
    """Whether all have as many entries of equal shapes."""
    shapes = {tuple(_shapes(conditioning)) for conditioning in entries}
    return len(shapes) == 1


def _shapes(conditioning: Conditioning) -> Iterable[tuple[int, ...]]:
    for sequence, keys in conditioning:
        yield tuple(sequence.shape)
        yield tuple(getattr(keys.get(POOLED), "shape", ()))


def _same(a: torch.Tensor, b: object) -> bool:
    return isinstance(b, torch.Tensor) and a.shape == b.shape and torch.equal(a, b)


def without_binding(cells: Sequence[Conditioning]) -> list[Conditioning]:
    """The four cells of a contrast with their binding taken out: in every row and in the pooled
    vector, prompt + prompt reversed - rival - rival reversed is 0 afterwards, as for an encoder
    that binds nothing. Their entries must be of one build (:func:`same_build`).
    """
    signs = (1.0, -1.0, 1.0, -1.0)
    out: list[Conditioning] = [[] for _ in cells]
    for entries in zip(*cells, strict=True):
        sequences = _flattened([entry[0] for entry in entries], signs)
        pooled = [entry[1].get(POOLED) for entry in entries]
        if all(isinstance(vector, torch.Tensor) for vector in pooled):
            pooled = _flattened(pooled, signs)
        for number, entry in enumerate(entries):
            out[number].append(_entry(entry, sequences[number], pooled[number]))
    return out


def _entry(entry: Entry, sequence: torch.Tensor, pooled: torch.Tensor | None) -> Entry:
    keys = dict(entry[1])
    if pooled is not None:
        keys[POOLED] = pooled
    return [sequence, keys]


def _flattened(tensors: Sequence[torch.Tensor], signs: Sequence[float]) -> list[torch.Tensor]:
    pairs = zip(tensors, signs, strict=True)
    binding = sum((sign * tensor.double() for tensor, sign in pairs), torch.zeros(())) / 4
    return [
        (tensor.double() - sign * binding).to(tensor.dtype)
        for tensor, sign in zip(tensors, signs, strict=True)
    ]
