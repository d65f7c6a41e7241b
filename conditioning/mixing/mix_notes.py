"""What Mix says of what it did; to be said in the language of the report."""

from __future__ import annotations

from ..translation import deferred, later, later_count, said, translatable, translate

NO_POOLED = later(
    "There is no pooled vector: AuraFlow takes none, SDXL stops without. For SDXL connect one to "
    "pooled_from."
)
_ABSENT = {
    "pooled": translatable("{title} has no pooled vector here: its strength does nothing."),
    "clip": translatable(
        "{title} has no CLIP part of the sequence here: its strength does nothing."
    ),
    "t5": translatable("{title} has no T5 part of the sequence here: its strength does nothing."),
}
"""Part -> what is said where an entry lacks it and it was given a strength."""
_LENGTHENED = {
    "clip": (
        translatable("CLIP part of the sequence"),
        translatable("the baseline was lengthened by its last window"),
        translatable("sequence_from was lengthened by its last window"),
    ),
    "t5": (
        translatable("T5 part of the sequence"),
        translatable("the baseline was lengthened by its last token"),
        translatable("sequence_from was lengthened by its last token"),
    ),
    "": (
        "",
        translatable("the baseline was lengthened by zeros"),
        translatable("sequence_from was lengthened by zeros"),
    ),
}
"""Part -> its name, and what is said of the shorter one; "" is the shorter one without any row."""


def absent(part: str, title: str) -> str:
    """``title``: what the conditioning is, in the language of the moment in which it is said."""
    return deferred(lambda: translate(_ABSENT[part], title=said(title)))


def spare(part: str, rows: int) -> str:
    """The baseline has more blocks of a part than there is room for."""
    return later_count(
        "{count} of the baseline's {owner} rows is left out: sequence_from has no place for it.",
        "{count} of the baseline's {owner} rows are left out: sequence_from has no place for them.",
        rows,
        owner=part.upper(),
    )


def lengthening(name: str, rows: int, base_rows: int) -> str:
    """A part and its baseline have not the same number of rows."""
    lengthened_by = _LENGTHENED[name if min(rows, base_rows) else ""]
    return later_count(
        "{part}: {count:,} row against the baseline's {other}; {lengthened}.",
        "{part}: {count:,} rows against the baseline's {other}; {lengthened}.",
        rows,
        part=deferred(lambda: translate(_LENGTHENED[name][0])),
        other=base_rows,
        lengthened=deferred(lambda: translate(lengthened_by[1 + (rows < base_rows)])),
    )
