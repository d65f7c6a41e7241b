"""What is said when a phrase is pointed at: its numbers in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...families.roles import CLIP_G, CLIP_H, CLIP_L, T5_XXL
from ..drawing.bars import number
from ..shares import range_text, share_text
from ..wording import plural
from .inked_prompt import share_of

Report = Mapping[str, Any]
STREAMS = {"l": CLIP_L.short, "g": CLIP_G.short, "h": CLIP_H.short, "t5xxl": T5_XXL.short}
"""Names of the host's streams as artists know them; any other goes by its own."""
_LEAST = 1e-4


def part_text(share: Any) -> str:
    """'38 %' of the picture, in two digits, below a thousandth in one; what is too small to be
    given in figures is said to be so.
    """
    value = number(share)
    if value is None:
        return "no number"
    percentage = 100 * max(0.0, value)
    if 0 < percentage < 100 * _LEAST:
        return "< 0.01 %"
    if percentage >= 10:
        return f"{percentage:.0f} %"
    digits = 1 + (percentage >= 0.1)
    return f"{float(f'{percentage:.{digits}g}'):g} %"


def range_of_parts(interval: Sequence[Any]) -> str:
    """'31 to 45 %'."""
    low, high = interval
    return f"{part_text(low).removesuffix(' %')} to {part_text(high)}"


def lines(phrase: Report, floor: Report, state_text: str) -> Iterator[str]:
    """Head and lines of a phrase's tip."""
    yield str(phrase["text"])
    share, interval = part_text(phrase["share"]), range_of_parts(phrase["interval"])
    yield f"{state_text}: it decides {share} of the picture (95 % interval {interval})".capitalize()
    yield (
        f"Swapping one filler word for another does {part_text(floor['share'])} "
        f"({range_of_parts(floor['interval'])})."
    )
    yield from _ways(phrase)
    yield _levels(phrase["levels"])
    yield _tokens(phrase["tokens"])


def _ways(phrase: Report) -> Iterator[str]:
    own, leak, pooled = phrase["own_rows"], number(phrase["leak"]), phrase["pooled"]
    if own is not None:
        interval = range_of_parts(own["interval"])
        yield f"Its own words alone do {part_text(own['share'])} ({interval})."
    if leak is not None:
        yield (
            f"{part_text(min(1.0, leak))} of what it does travels through other words, the end "
            "token, padding or the pooled vector."
        )
    if pooled is not None:
        yield (
            f"The pooled vector alone does {part_text(pooled['share'])} "
            f"({range_of_parts(pooled['interval'])})."
        )


def _levels(levels: Sequence[Report]) -> str:
    """From the noisiest level, where a picture is laid out, to the one of its details."""
    if len(levels) < 2:
        return ""
    ordered = sorted(levels, key=lambda level: number(level["log_snr"]) or 0.0)
    shares = [part_text(level["share"]) for level in ordered]
    return f"From the first steps, which lay the picture out, to the last: {', '.join(shares)}."


def _tokens(tokens: Mapping[str, int]) -> str:
    counts = [
        f"{STREAMS.get(name, name)} {plural(count, 'token')}" for name, count in tokens.items()
    ]
    return ", ".join(counts)


def binding_lines(entry: Report, beyond: bool) -> Iterator[str]:
    """Head and lines of a binding entry's tip."""
    generator, encoder = entry["generator"], entry["encoder"]
    yield str(entry["label"])
    if encoder is not None:
        share = share_text(share_of(encoder))
        yield f"Text encoder: {encoder['verdict']}, binding has {share}"
    yield (
        f"Image model: binding has {share_text(share_of(generator))} "
        f"(95 % interval {_range(generator['interval'])})"
    )
    limit = share_text(number(generator["null"][1]) or 0.0)
    if beyond:
        yield f"What binds nothing stays below {limit}: the image model does bind it."
    else:
        yield f"What binds nothing reaches {limit}: it is not shown that the image model binds it."


def _range(interval: Sequence[Any]) -> str:
    low, high = (number(value) or 0.0 for value in interval)
    return range_text((low, high))
