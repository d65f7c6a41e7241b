"""What is said when a phrase is pointed at: its numbers in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...families.roles import CLIP_G, CLIP_H, CLIP_L, T5_XXL
from ...generator.influence import IGNORED, UNSURE, USED
from ..drawing.bars import number
from ..shares import part_text, parts_text, range_text, share_text
from ..wording import plural
from .inked_prompt import CUT_OFF, NOT_OWN, STILL, share_of, state, way

Report = Mapping[str, Any]
STREAMS = {"l": CLIP_L.short, "g": CLIP_G.short, "h": CLIP_H.short, "t5xxl": T5_XXL.short}
"""Names of the host's streams as artists know them; any other goes by its own."""
DOES = {
    USED: "exchanging it does {} of what the prompt does",
    IGNORED: "exchanging it does {} of what the prompt does, no more than words without meaning",
    UNSURE: "exchanging it does {} of what the prompt does; words without meaning may do as much",
    CUT_OFF: "exchanging it changes nothing that the image model is given",
}
"""State -> what was measured of a phrase, with its share and interval in place of the braces."""


_BESIDE = {
    NOT_OWN: ", no more than words without meaning",
    STILL: ": they are the same whatever stands there",
}
UPPER_BOUND = (
    "That limit is an upper bound: a word that was encoded with its colour in one row keeps it, "
    "so what binds nothing may well reach less."
)
"""Of the null of binding (``docs/decisions/0012-influence.md``)."""


def measured_text(phrase: Report) -> str:
    """What exchanging a phrase does, in words that fit its state."""
    share, interval = part_text(phrase["share"]), parts_text(phrase["interval"])
    return DOES.get(state(phrase), DOES[USED]).format(f"{share} (95 % interval {interval})")


def lines(phrase: Report, floor: Report, state_text: str) -> Iterator[str]:
    """Head and lines of a phrase's tip."""
    yield str(phrase["text"])
    yield f"{state_text}: {measured_text(phrase)}.".capitalize()
    if state(phrase) == CUT_OFF:
        yield _tokens(phrase["tokens"])
        return
    yield (
        f"Swapping one filler word for another does {part_text(floor['share'])} "
        f"({parts_text(floor['interval'])})."
    )
    yield from _ways(phrase)
    yield _levels(phrase["levels"])
    yield _tokens(phrase["tokens"])


def _ways(phrase: Report) -> Iterator[str]:
    own, leak, pooled = phrase["own_rows"], number(phrase["leak"]), phrase["pooled"]
    if own is not None:
        interval = parts_text(own["interval"])
        yield f"Its own words alone do {part_text(own['share'])} ({interval}){_no_more(phrase)}."
    if leak is not None:
        yield (
            f"{part_text(min(1.0, leak))} of what it does travels through other words, the end "
            "token, padding or the pooled vector."
        )
    if pooled is not None:
        yield (
            f"The pooled vector alone does {part_text(pooled['share'])} "
            f"({parts_text(pooled['interval'])})."
        )


def _no_more(phrase: Report) -> str:
    return _BESIDE.get(way(phrase), "")


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
        yield (
            f"What binds nothing reaches {limit} at most: it is not shown that the image model "
            "binds it."
        )
        yield UPPER_BOUND


def _range(interval: Sequence[Any]) -> str:
    low, high = (number(value) or 0.0 for value in interval)
    return range_text((low, high))
