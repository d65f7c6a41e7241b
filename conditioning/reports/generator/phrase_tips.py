"""What is said when a phrase is pointed at: its numbers in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...families.roles import CLIP_G, CLIP_H, CLIP_L, T5_XXL
from ...generator.influence import IGNORED, UNSURE, USED
from ...translation import translatable, translate, translate_count
from ..drawing.bars import number
from ..shares import part_text, parts_text, range_text, share_text, verdict_name
from ..wording import listed
from .inked_prompt import CUT_OFF, NOT_OWN, STILL, share_of, state, way

Report = Mapping[str, Any]
STREAMS = {"l": CLIP_L.short, "g": CLIP_G.short, "h": CLIP_H.short, "t5xxl": T5_XXL.short}
"""Names of the host's streams as artists know them; any other goes by its own."""
DOES = {
    USED: translatable(
        "Used: exchanging it does {share} (95 % interval {interval}) of what the prompt does."
    ),
    IGNORED: translatable(
        "Ignored: exchanging it does {share} (95 % interval {interval}) of what the prompt does, "
        "no more than words without meaning."
    ),
    UNSURE: translatable(
        "Cannot tell: exchanging it does {share} (95 % interval {interval}) of what the prompt "
        "does; words without meaning may do as much."
    ),
    CUT_OFF: translatable(
        "Never reaches the image model: exchanging it changes nothing that the image model is "
        "given."
    ),
}
"""State -> what was measured of a phrase."""
_ANOTHER = translatable(
    "{state}: exchanging it does {share} (95 % interval {interval}) of what the prompt does."
)
"""The same of a state of a newer report."""
_OWN = {
    NOT_OWN: translatable(
        "Its own words alone do {share} ({interval}), no more than words without meaning."
    ),
    STILL: translatable(
        "Its own words alone do {share} ({interval}): they are the same whatever stands there."
    ),
}
UPPER_BOUND = translatable(
    "That limit is an upper bound: a word that was encoded with its colour in one row keeps it, "
    "so what binds nothing may well reach less."
)
"""Of the null of binding (``docs/decisions/0012-influence.md``)."""


def measured_text(phrase: Report) -> str:
    """What exchanging a phrase does, in words that fit its state."""
    return translate(
        DOES.get(state(phrase), _ANOTHER),
        state=state(phrase).capitalize(),
        share=part_text(phrase["share"]),
        interval=parts_text(phrase["interval"]),
    )


def lines(phrase: Report, floor: Report) -> Iterator[str]:
    """Head and lines of a phrase's tip."""
    yield str(phrase["text"])
    yield measured_text(phrase)
    if state(phrase) == CUT_OFF:
        yield _tokens(phrase["tokens"])
        return
    yield translate(
        "Swapping one filler word for another does {share} ({interval}).", **_figures(floor)
    )
    yield from _ways(phrase)
    yield _levels(phrase["levels"])
    yield _tokens(phrase["tokens"])


def _ways(phrase: Report) -> Iterator[str]:
    own, leak, pooled = phrase["own_rows"], number(phrase["leak"]), phrase["pooled"]
    if own is not None:
        sentence = _OWN.get(
            way(phrase), translatable("Its own words alone do {share} ({interval}).")
        )
        yield translate(sentence, **_figures(own))
    if leak is not None:
        yield translate(
            "{share} of what it does travels through other words, the end token, padding or the "
            "pooled vector.",
            share=part_text(min(1.0, leak)),
        )
    if pooled is not None:
        yield translate("The pooled vector alone does {share} ({interval}).", **_figures(pooled))


def _figures(measured: Report) -> dict[str, str]:
    return {"share": part_text(measured["share"]), "interval": parts_text(measured["interval"])}


def _levels(levels: Sequence[Report]) -> str:
    """From the noisiest level, where a picture is laid out, to the one of its details."""
    if len(levels) < 2:
        return ""
    ordered = sorted(levels, key=lambda level: number(level["log_snr"]) or 0.0)
    shares = [part_text(level["share"]) for level in ordered]
    return translate(
        "From the first steps, which lay the picture out, to the last: {shares}.",
        shares=listed(shares),
    )


def _tokens(tokens: Mapping[str, int]) -> str:
    return listed(_tokens_of(STREAMS.get(name, name), count) for name, count in tokens.items())


def _tokens_of(stream: str, count: int) -> str:
    tokens = translate_count("{count} token", "{count} tokens", count)
    return f"{stream} {tokens}"


def binding_lines(entry: Report, beyond: bool) -> Iterator[str]:
    """Head and lines of a binding entry's tip."""
    generator, encoder = entry["generator"], entry["encoder"]
    yield str(entry["label"])
    if encoder is not None:
        yield translate(
            "Text encoder: {verdict}, binding has {share}",
            verdict=verdict_name(str(encoder["verdict"])),
            share=share_text(share_of(encoder)),
        )
    yield translate(
        "Image model: binding has {share} (95 % interval {interval})",
        share=share_text(share_of(generator)),
        interval=_range(generator["interval"]),
    )
    limit = share_text(number(generator["null"][1]) or 0.0)
    if beyond:
        yield translate(
            "What binds nothing stays below {limit}: the image model does bind it.", limit=limit
        )
    else:
        yield translate(
            "What binds nothing reaches {limit} at most: it is not shown that the image model "
            "binds it.",
            limit=limit,
        )
        yield translate(UPPER_BOUND)


def _range(interval: Sequence[Any]) -> str:
    low, high = (number(value) or 0.0 for value in interval)
    return range_text((low, high))
