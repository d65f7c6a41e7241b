"""Whose rows a sequence holds, for reports: what ``conditioning_shapes`` recognises, with a
title for people and nothing claimed in excess.
"""

from __future__ import annotations

from typing import NamedTuple

from ...mixing.conditioning_shapes import RecognisedShape, recognise
from ...mixing.text_states import Entry
from ..numbers import rows_of

_TITLES = {"clip": "CLIP", "t5": "T5"}


class Part(NamedTuple):
    name: str
    """clip, t5, or unknown where the rows could be either's."""
    title: str
    start: int
    stop: int


def whose(entry: Entry) -> RecognisedShape:
    """As ``recognise``, and an answer for sequences that have not the host's three axes."""
    if entry[0].dim() == 3:
        return recognise(entry)
    title = "a layout that EncoderScope does not know"
    return RecognisedShape(
        None,
        title,
        (),
        "shape",
        f"A sequence has the axes (batch, token, width); this has {entry[0].dim()}.",
    )


def parts_of(entry: Entry) -> list[Part]:
    """The parts of an entry's sequence, in order, from its first row to its last."""
    known = whose(entry)
    length = len(rows_of(entry[0]))
    if not known.parts or known.how == "all zero":
        return (
            [Part("unknown", "unnamed" if not known.parts else "CLIP or T5", 0, length)]
            if length
            else []
        )
    alone = known.shape is None and len(known.parts) == 1 and known.parts[0].name == "t5"
    return [
        Part(
            p.name,
            "T5 or language-model" if alone else _TITLES.get(p.name, p.name),
            p.start,
            p.stop,
        )
        for p in known.parts
    ]
