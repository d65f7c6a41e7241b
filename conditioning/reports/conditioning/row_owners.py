"""Whose rows a sequence holds, for reports: what ``conditioning_shapes`` recognises, with a
title for people and nothing claimed in excess.
"""

from __future__ import annotations

from typing import NamedTuple

from ...mixing.conditioning_shapes import KINDS, RecognisedShape, recognise, unknown_layout
from ...mixing.text_states import Entry
from ...translation import translate
from ..numbers import rows_of

_TITLES = {"clip": "CLIP", "t5": "T5"}


class OwnedRows(NamedTuple):
    """Rows of a sequence that one encoder wrote."""

    name: str
    """clip, t5, or unknown where the rows could be either's."""
    title: str
    start: int
    stop: int


def shape_of(entry: Entry) -> RecognisedShape:
    """As ``recognise``, and an answer for sequences that have not the host's three axes."""
    if entry[0].dim() == 3:
        return recognise(entry)
    sentence = translate(
        "A sequence has the axes (batch, token, width); this has {count}.", count=entry[0].dim()
    )
    return RecognisedShape(None, unknown_layout(), (), "shape", sentence)


def parts_of(entry: Entry) -> list[OwnedRows]:
    """The parts of an entry's sequence, in order, from its first row to its last."""
    shape = shape_of(entry)
    length = len(rows_of(entry[0]))
    if not length:
        return []
    if not shape.parts or not shape.is_known:
        return [OwnedRows("unknown", translate("unnamed"), 0, length)]
    if shape.evidence == "all zero":
        return [OwnedRows("unknown", translate("CLIP or T5"), 0, length)]
    if shape.row_title:
        of_one = shape.row_title in (_TITLES["t5"], translate(KINDS["language-model"]))
        name = "t5" if of_one else "unknown"
        return [OwnedRows(name, shape.row_title, 0, length)]
    titles = _TITLES
    if shape.shape != "sd3" and [part.name for part in shape.parts] == ["t5"]:
        titles = {"t5": translate("T5 or language-model")}
    return [
        OwnedRows(part.name, titles.get(part.name, part.name), part.start, part.stop)
        for part in shape.parts
    ]
