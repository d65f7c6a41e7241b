"""Many prompts: how often which station lost which kind of phrase."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..reports.wording import short
from ..translation import first_of, translatable, translate, translate_count
from ..visible_text import cells, padded
from .diagnosis import (
    ACTION,
    ATTRIBUTE,
    CONSTRUCT,
    COUNT,
    EMBEDDING,
    ENCODER,
    GENERATOR,
    HEALTHY,
    KINDS,
    NEGATION,
    OTHER,
    PICTURE,
    RELATION,
    STATIONS,
    THING,
    TOKENIZER,
    UNSURE,
)

Report = Mapping[str, Any]
COLUMNS = (*STATIONS, UNSURE, HEALTHY)
"""Where a phrase can end."""
_COLUMNS = {
    TOKENIZER: translatable("tokenizer"),
    ENCODER: translatable("encoder"),
    GENERATOR: translatable("generator"),
    PICTURE: translatable("picture"),
    UNSURE: translatable("cannot tell"),
    HEALTHY: translatable("healthy"),
}
_KINDS = {
    THING: translatable("thing"),
    ATTRIBUTE: translatable("attribute"),
    COUNT: translatable("count"),
    NEGATION: translatable("negation"),
    RELATION: translatable("relation"),
    ACTION: translatable("action"),
    EMBEDDING: translatable("embedding"),
    OTHER: translatable("other"),
    CONSTRUCT: translatable("construct"),
}
_ALL = translatable("all")
_MOST_IDS = 5


def counts(reports: Iterable[Report]) -> Counter[tuple[str, str]]:
    """(kind, station or outcome) -> phrases."""
    return Counter(
        (str(phrase["kind"]), str(phrase["station"] or phrase["outcome"]))
        for report in reports
        for phrase in report["phrases"]
    )


def table(counted: Counter[tuple[str, str]]) -> Iterator[str]:
    """Lines of text: a row for each kind that occurs, a column for each station and outcome."""
    columns = [translate(_COLUMNS[name]) for name in COLUMNS]
    widths = [max(11, cells(name)) for name in columns]
    first = max(cells(name) for name in map(translate, (*_KINDS.values(), _ALL)))
    yield _row("", columns, first, widths)
    rows = [kind for kind in KINDS if any(counted[kind, name] for name in COLUMNS)]
    for kind in rows:
        numbers = [f"{counted[kind, name]:,}" for name in COLUMNS]
        yield _row(translate(_KINDS[kind]), numbers, first, widths)
    totals = [f"{sum(counted[kind, name] for kind in rows):,}" for name in COLUMNS]
    yield _row(translate(_ALL), totals, first, widths)


def total(
    prompts: int, file: Path, failed: Sequence[str] = (), missing: Sequence[str] = ()
) -> Iterator[str]:
    """How many prompts there are and where the reports are; ids of those that could not be read,
    and of those without a picture.
    """
    yield translate_count(
        "{count:,} prompt; its report is in {file}.",
        "{count:,} prompts; their reports are in {file}.",
        prompts,
        file=file,
    )
    if failed:
        yield translate_count(
            "{count:,} of them could not be read: {ids}.",
            "{count:,} of them could not be read: {ids}.",
            len(failed),
            ids=_ids(failed),
        )
    if missing:
        yield translate_count(
            "The picture of {count:,} of them is missing: {ids}.",
            "The pictures of {count:,} of them are missing: {ids}.",
            len(missing),
            ids=_ids(missing),
        )


def _ids(ids: Sequence[str]) -> str:
    return first_of(list(map(short, ids)), _MOST_IDS)


def _row(name: str, texts: Sequence[str], first: int, widths: Sequence[int]) -> str:
    right = (padded(text, wide, 1.0) for text, wide in zip(texts, widths, strict=True))
    return f"{padded(name, first)}  {'  '.join(right)}"
