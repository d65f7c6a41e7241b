"""What the views of a probe report draw: ``display`` of the report and of its parts, computed here
once, so that the browser lays out and computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...translation import translatable, translate, translate_count
from ..shares import VERDICT_SIGNS, blind_text, gauge, place, range_text, share_text, verdict_name
from .ties import drawn_prompt

Report = Mapping[str, Any]
Fields = dict[str, Any]

TONES = {True: "kept", False: "lost"}
"""Tone of a sentence, by ``bound``; where nothing can be told it is open."""
VIEWS = {
    "unpadded": translatable("unpadded"),
    "as the generator gets it": translatable("padded as the model gets it"),
}
"""Words for a ``view``."""
_COSINE_RULE = translatable(
    "The cosine rule, not our verdict: a rival with a cosine above {threshold:g} counts as "
    "confused. Such a cosine says little about binding; nothing above follows from it."
)
_LEAST_STRENGTH = 0.001
_CELLS = {
    "asked": translatable("asked"),
    "rival": translatable("rival"),
    "asked_again": translatable("asked, other order"),
    "rival_again": translatable("rival, other order"),
}
_HEADINGS = {
    "more": translatable("… and more, see the JSON"),
    "unread": translatable("Could not be read"),
    "skipped": translatable("Not put to the test"),
    "notes": translatable("Notes"),
    "lint": translatable("From the words alone"),
    "rival_added": translatable("rival added"),
    "source": translatable("Source"),
    "unused": translatable("What this model does not use"),
    "shares": translatable("Share of each readout"),
    "decides": translatable("decides"),
    "cells": translatable("The four sentences"),
}
"""What stands over the card's parts, and beside its lines."""


def with_display(report: Report) -> Fields:
    """The report with ``display`` in it, in its contrasts and verdicts, and in what it is compared
    with.
    """
    titles = {stream["name"]: str(stream["title"]) for stream in report["streams"]}
    compared = report.get("compare")
    return {
        **report,
        "contrasts": [
            {**contrast, "display": _contrast(report, index, contrast, titles)}
            for index, contrast in enumerate(report["contrasts"])
        ],
        "verdicts": [{**verdict, "display": _verdict(verdict)} for verdict in report["verdicts"]],
        "compare": compared and with_display(compared),
        "display": {
            "tone": tone(report),
            "view": view_text(report),
            "streams": [
                {"name": stream["name"], "title": stream["title"], "text": stream_text(stream)}
                for stream in report["streams"]
            ],
            "title": report["family_title"] or " + ".join(titles.values()),
            "spoken": _spoken(report["contrasts"]),
            "unread": [line for line in report["unread"] if line not in str(report["sentence"])],
            "axis": _axis(),
            "headings": {name: translate(heading) for name, heading in _HEADINGS.items()},
            "legend": list(_legend(report)),
            **drawn_prompt(str(report["text"]), report["contrasts"]),
        },
    }


def tone(report: Report) -> str:
    """kept: all that was tested is bound; lost: something is not; open: it cannot be told."""
    return TONES.get(report["bound"], "open")


def view_text(report: Report) -> str:
    """How the sentences were encoded, in words."""
    view = str(report["view"])
    return translate(VIEWS[view]) if view in VIEWS else view


def stream_text(stream: Report) -> str:
    """'clip, 768 wide, 12 layers, each word knows only those before it'."""
    facts = translate_count(
        "{kind}, {width:,} wide, {count:,} layer",
        "{kind}, {width:,} wide, {count:,} layers",
        stream["layers"],
        kind=stream["kind"],
        width=stream["width"],
    )
    if not stream["causal"]:
        return facts
    return translate("{facts}, each word knows only those before it", facts=facts)


def _axis() -> Fields:
    return {
        "title": translate("share of binding, %"),
        "ticks": [
            {"place": place(share), "text": f"{100 * share:g}"} for share in (0, 0.01, 0.1, 0.5, 1)
        ],
        "tip": [
            translate("Share of binding, on a square-root scale"),
            translate(
                "Of all that changes between the four sentences, how much tells which belongs to "
                "which."
            ),
            translate(
                "The scale is wider near 0, so that small shares can be seen: 1 % stands at a "
                "tenth of the length, 25 % in its middle."
            ),
        ],
    }


def _spoken(contrasts: Sequence[Report]) -> str:
    """The prompt's arcs, for those who hear the card."""
    arcs = translate("; ").join(
        f"{contrast['label']}: {verdict_name(contrast['verdict'])}" for contrast in contrasts
    )
    return translate("The prompt. {arcs}", arcs=arcs)


def _legend(report: Report) -> Iterator[Fields]:
    """What the bars show; only what occurs."""
    yield {"name": "share", "title": translate("how much of the difference is binding")}
    yield {"name": "interval", "title": translate("how sure that is")}
    yield {"name": "blind", "title": translate("what encoders that bind nothing reach")}
    if not all(verdict["taken"] for verdict in report["verdicts"]):
        yield {"name": "unused", "title": translate("not used by this model")}


# --- one contrast
# --------------------------------------------------------------------------------------------------


def _contrast(report: Report, index: int, contrast: Report, titles: Mapping[str, str]) -> Fields:
    return {
        "name": verdict_name(contrast["verdict"]),
        "bars": list(_bars(report["verdicts"], index)),
        "selectivity": list(_selectivity(contrast["selectivity"], titles)),
        "cosine_rule": _cosine_rule(contrast["textbook"], report["threshold"], titles),
        "cells": [
            {"name": name, "title": translate(title), "text": contrast["cells"][name]}
            for name, title in _CELLS.items()
        ],
        "frames": translate_count(
            "The only way to say them.",
            "The first of {count} ways to say them.",
            contrast["frames"],
        ),
    }


def _bars(verdicts: Sequence[Report], contrast: int) -> Iterator[Fields]:
    """What this model uses, then what it does not: indices of the verdicts by what was read, that
    which decides first.
    """
    own = [index for index, verdict in enumerate(verdicts) if verdict["pair"] == contrast]
    for used in (True, False):
        rows = [index for index in own if verdicts[index]["taken"] == used]
        rows.sort(key=lambda index: not verdicts[index]["counts"])
        mixed = not all(verdicts[index]["counts"] for index in rows)
        groups = [
            {
                "title": title,
                "verdicts": [index for index in rows if verdicts[index]["title"] == title],
            }
            for title in dict.fromkeys(verdicts[index]["title"] for index in rows)
        ]
        for group in groups:
            group["decides"] = mixed and verdicts[group["verdicts"][0]]["counts"]
        if rows:
            yield {"used": used, "groups": groups}


def _verdict(verdict: Report) -> Fields:
    return {
        **gauge(verdict),
        "sign": VERDICT_SIGNS.get(verdict["verdict"], "?"),
        "name": verdict_name(verdict["verdict"]),
        "tip": [line for line in _tip(verdict) if line],
    }


def _tip(verdict: Report) -> Iterator[str]:
    share = share_text(verdict["share"])
    yield f"{verdict['title']}: {verdict['readout_title']}"
    yield translate(
        "{verdict}: binding has {share} (95 % interval {interval})",
        verdict=verdict_name(verdict["verdict"]),
        share=share,
        interval=range_text(verdict["interval"]),
    )
    yield blind_text(verdict["null"])
    yield translate(
        "p = {p:g} (signs flipped over the sentences), kappa {kappa:g}",
        p=verdict["p"],
        kappa=verdict["kappa"],
    )
    parts = verdict["parts"]
    if sum(parts.values()) > 0:
        yield translate(
            "The cells differ by the order of things {things}, the order of properties "
            "{properties}, binding {binding}",
            things=share_text(parts["order_of_things"]),
            properties=share_text(parts["order_of_modifiers"]),
            binding=share_text(parts["binding"]),
        )
    if verdict["in_prompt"] is not None:
        yield translate("In the prompt itself: {share}", share=share_text(verdict["in_prompt"]))
    if verdict["lost_in_prompt"]:
        yield translate("In the prompt itself the rival cannot be told from what is asked.")
    if not verdict["taken"]:
        yield translate("This model does not use it.")


def _selectivity(entries: Sequence[Report], titles: Mapping[str, str]) -> Iterator[Fields]:
    """By encoder: a bar for how far each modifier moves a word's vector, in percent of the
    strongest of its encoder.
    """
    streams = list(dict.fromkeys(entry["stream"] for entry in entries))
    for stream in streams:
        own = [entry for entry in entries if entry["stream"] == stream]
        most = max((bar["strength"] for entry in own for bar in entry["hears"]), default=0)
        title = translate("Selectivity: which property each word’s vector carries")
        if len(streams) > 1:
            title = translate(
                "Selectivity: which property each word’s vector carries, in {stream}",
                stream=titles.get(stream, stream),
            )
        yield {
            "stream": stream,
            "title": title,
            "words": [
                {
                    "listener": entry["listener"],
                    "sentence": entry["sentence"],
                    "bars": [_strength(bar, most) for bar in entry["hears"]],
                }
                for entry in own
            ],
        }


def _strength(bar: Report, most: float) -> Fields:
    strength = bar["strength"]
    text = f"{strength:.2g}"
    if 0 < strength < _LEAST_STRENGTH:
        text = f"< {_LEAST_STRENGTH}"
    length = round(100 * strength / (most or 1), 3)
    return {"text": bar["text"], "strength": strength, "length": length, "strength_text": text}


def _cosine_rule(entries: Sequence[Report], threshold: float, titles: Mapping[str, str]) -> Fields:
    return {
        "title": translate("Cosine rule"),
        "text": translate(_COSINE_RULE, threshold=threshold),
        "rows": [
            {
                "stream": entry["stream"],
                "title": titles.get(entry["stream"], entry["stream"]),
                "facts": list(_cosines(entry, threshold)),
                "flagged": entry["flagged"],
            }
            for entry in entries
        ],
    }


def _cosines(entry: Report, threshold: float) -> Iterator[Fields]:
    texts = {
        "swap": translate("the rival {cosine:.3f}", cosine=entry["swap"]),
        "commuted": translate(
            "the same, said in the other order {cosine:.3f}", cosine=entry["commuted"]
        ),
        "unrelated": translate("something else {cosine:.3f}", cosine=entry["unrelated"]),
        "margin": translate("margin {cosine:.3f}", cosine=entry["margin"]),
        "flagged": _flag(entry["flagged"], threshold),
    }
    for name, text in texts.items():
        yield {"name": name, "text": text}


def _flag(flagged: bool, threshold: float) -> str:
    if flagged:
        return translate("flagged: the rival is above {threshold:g}", threshold=threshold)
    return translate("not flagged: the rival is not above {threshold:g}", threshold=threshold)
