"""Small helpers for the sentences of all reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from string import Formatter, ascii_uppercase

from ..translation import and_more, translate
from ..translation import joined as joined
from ..translation import listed as listed
from ..visible_text import visible as visible


def plural(count: int, noun: str, plural_noun: str = "") -> str:
    """'1 word', '2 words'. ``plural_noun`` where an s is not enough."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {plural_noun or noun + 's'}"


def verb(count: int, singular: str, several: str) -> str:
    """'is' or 'are': the form that goes with so many."""
    return singular if count == 1 else several


def letter(index: int) -> str:
    """Names what is set side by side: A to Z, then 27 and on."""
    if index < len(ascii_uppercase):
        return ascii_uppercase[index]
    return str(index + 1)


def in_quotes(text: str) -> str:
    """“A”, in the quotation marks of the report's language."""
    return translate("“{text}”", text=text)


def translate_name(names: Mapping[str, str], name: str) -> str:
    """How a name for programs is called; one of a newer report as it is."""
    return translate(names[name]) if name in names else name


def clauses(parts: Iterable[str]) -> str:
    """'this; that', with the semicolon of the report's language."""
    return translate("; ").join(parts)


def template(english: str) -> str:
    """The sentence in the report's language with its ``{names}`` in it, for a view to fill in."""
    names = [name for _, name, _, _ in Formatter().parse(english) if name]
    return translate(english, **{name: f"{{{name}}}" for name in names})


def rows_text(runs: Sequence[Sequence[int]], most: int = 4) -> str:
    """'row 6', 'rows 3 and 78 to 154': runs [start, stop) counted from 1; of many the first."""
    names = [
        str(start + 1)
        if stop - start == 1
        else translate("{first} to {last}", first=start + 1, last=stop)
        for start, stop in runs
    ]
    if len(names) > most:
        rest = sum(stop - start for start, stop in runs[most:])
        rows = and_more(listed(names[:most]), rest)
    else:
        rows = joined(names)
    if is_single(runs):
        return translate("row {row}", row=rows)
    return translate("rows {rows}", rows=rows)


def is_single(runs: Sequence[Sequence[int]]) -> bool:
    """Do the runs [start, stop) hold one row and no other?"""
    return sum(stop - start for start, stop in runs) == 1


def quoted(names: Iterable[str]) -> str:
    """'"A", "B"'."""
    return listed(f'"{name}"' for name in names)


def short(text: str, limit: int = 24) -> str:
    """The text, cut to ``limit`` characters with an ellipsis as the last one."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
