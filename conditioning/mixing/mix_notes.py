"""What Mix says of what it did; to be said in the language of the report."""

from __future__ import annotations

from collections.abc import Sequence

from ..reports.shares import share_text
from ..translation import deferred, in_turn, joined, later, later_count, translatable, translate
from .mix_changes import PartChange

NO_POOLED = later(
    "There is no pooled vector: AuraFlow takes none, SDXL stops without. For SDXL connect one to "
    "pooled_from."
)
_ABSENT = {
    "pooled": translatable("There is no pooled vector here: its strength does nothing."),
    "clip": translatable(
        "No row of the sequence is CLIP's: the strength of the CLIP part does nothing."
    ),
    "t5": translatable("No row of the sequence is T5's: the strength of the T5 part does nothing."),
}
"""Part -> what is said where an entry lacks it and it was given a strength."""
_UNKNOWN_ROWS = translatable(
    "Whose rows these are is not known: all of them follow the strength of the T5 part."
)
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

_PARTS = {
    "pooled": translatable("pooled vector"),
    "clip": translatable("CLIP part"),
    "t5": translatable("T5 part"),
}


def weighed(changes: Sequence[PartChange], exchanged: float | None, has_baseline: bool) -> str:
    """What was weighed how, and how much that changed it. ``exchanged``: how far pooled_from's
    vector is from sequence_from's.
    """
    if exchanged:
        return in_turn([_exchanged(exchanged), weighed(changes, None, has_baseline)])
    if not changes:
        return later(
            "Nothing is weighed: every part has the strength 1 from the first step to the last."
        )
    parts = deferred(lambda: joined([_weighed(each) for each in changes]))
    if has_baseline:
        return later("Weighed against the baseline: {parts}.", parts=parts)
    return later("Weighed against zeros: {parts}.", parts=parts)


def _exchanged(change: float) -> str:
    return later(
        "The pooled vector is pooled_from's, which differs by {share} from sequence_from's.",
        share=share_text(change),
    )


def _weighed(each: PartChange) -> str:
    part = each.part
    values = {"part": translate(_PARTS[each.name]), "strength": f"{part.strength:g}"}
    text = translate("{part} at {strength}", **values)
    if (part.start, part.end) != (0, 1):
        text = translate(
            "{part} at {strength} from {start} to {end} % of the steps, else at 0",
            **values,
            start=f"{100 * part.start:.3g}",
            end=f"{100 * part.end:.3g}",
        )
    if each.change is None:
        return text
    return translate("{weighed} (changed by {share})", weighed=text, share=share_text(each.change))


def absent(part: str, is_known: bool) -> str:
    """``is_known``: whose the sequence's rows are."""
    return later(_UNKNOWN_ROWS if part == "clip" and not is_known else _ABSENT[part])


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
