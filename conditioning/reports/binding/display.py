"""What the views of a probe report draw: ``display`` of the report and of its parts, computed here
once, so that the browser lays out and computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..shares import VERDICT_SIGNS, blind_text, gauge, place, range_text, share_text
from ..wording import plural
from .ties import drawn_prompt

Report = Mapping[str, Any]
Fields = dict[str, Any]

TONES = {True: "kept", False: "lost"}
"""Tone of a sentence, by ``bound``; where nothing can be told it is open."""
VIEWS = {"as the generator gets it": "padded as the model gets it"}
"""Words for a ``view``, where its own value is none for people."""
AXIS = {
    "title": "share of binding, %",
    "ticks": [
        {"place": place(share), "text": f"{100 * share:g}"} for share in (0, 0.01, 0.1, 0.5, 1)
    ],
    "tip": [
        "Share of binding, on a square-root scale",
        "Of all that changes between the four sentences, how much tells which belongs to which.",
        (
            "The scale is wider near 0, so that small shares can be seen: 1 % stands at a tenth "
            "of the length, 25 % in its middle."
        ),
    ],
}
COSINE_RULE = (
    "The cosine rule, not our verdict: a rival with a cosine above {threshold:g} counts as "
    "confused. Such a cosine says little about binding; nothing above follows from it."
)
_LEAST_STRENGTH = 0.001
_CELLS = {
    "asked": "asked",
    "rival": "rival",
    "asked_again": "asked, other order",
    "rival_again": "rival, other order",
}


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
            "axis": AXIS,
            "legend": list(_legend(report)),
            **drawn_prompt(str(report["text"]), report["contrasts"]),
        },
    }


def tone(report: Report) -> str:
    """kept: all that was tested is bound; lost: something is not; open: it cannot be told."""
    return TONES.get(report["bound"], "open")


def view_text(report: Report) -> str:
    """How the sentences were encoded, in words."""
    return VIEWS.get(report["view"], str(report["view"]))


def stream_text(stream: Report) -> str:
    """'clip, 768 wide, 12 layers, each word knows only those before it'."""
    parts = [str(stream["kind"]), f"{stream['width']:,} wide", plural(stream["layers"], "layer")]
    if stream["causal"]:
        parts.append("each word knows only those before it")
    return ", ".join(parts)


def _spoken(contrasts: Sequence[Report]) -> str:
    """The prompt's arcs, for those who hear the card."""
    return "The prompt. " + "; ".join(
        f"{contrast['label']}: {contrast['verdict']}" for contrast in contrasts
    )


def _legend(report: Report) -> Iterator[Fields]:
    """What the bars show; only what occurs."""
    yield {"name": "share", "title": "how much of the difference is binding"}
    yield {"name": "interval", "title": "how sure that is"}
    yield {"name": "blind", "title": "what encoders that bind nothing reach"}
    if not all(verdict["taken"] for verdict in report["verdicts"]):
        yield {"name": "unused", "title": "not used by this model"}


# --- one contrast
# --------------------------------------------------------------------------------------------------


def _contrast(report: Report, index: int, contrast: Report, titles: Mapping[str, str]) -> Fields:
    return {
        "bars": list(_bars(report["verdicts"], index)),
        "selectivity": list(_selectivity(contrast["selectivity"], titles)),
        "cosine_rule": _cosine_rule(contrast["textbook"], report["threshold"], titles),
        "cells": [
            {"name": name, "title": title, "text": contrast["cells"][name]}
            for name, title in _CELLS.items()
        ],
        "frames": f"The first of {contrast['frames']} ways to say them.",
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
        "tip": [line for line in _tip(verdict) if line],
    }


def _tip(verdict: Report) -> Iterator[str]:
    share = share_text(verdict["share"])
    yield f"{verdict['title']}: {verdict['readout_title']}"
    yield (
        f"{verdict['verdict']}: binding has {share} "
        f"(95 % interval {range_text(verdict['interval'])})"
    )
    yield blind_text(verdict["null"])
    yield (f"p = {verdict['p']:g} (signs flipped over the sentences), kappa {verdict['kappa']:g}")
    parts = verdict["parts"]
    if sum(parts.values()) > 0:
        yield (
            "The cells differ by the order of things "
            f"{share_text(parts['order_of_things'])}, the order of properties "
            f"{share_text(parts['order_of_modifiers'])}, binding {share_text(parts['binding'])}"
        )
    if verdict["in_prompt"] is not None:
        yield f"In the prompt itself: {share_text(verdict['in_prompt'])}"
    if verdict["lost_in_prompt"]:
        yield "In the prompt itself the rival cannot be told from what is asked."
    if not verdict["taken"]:
        yield "This model does not use it."


def _selectivity(entries: Sequence[Report], titles: Mapping[str, str]) -> Iterator[Fields]:
    """By encoder: a bar for how far each modifier moves a word's vector, in percent of the
    strongest of its encoder.
    """
    streams = list(dict.fromkeys(entry["stream"] for entry in entries))
    for stream in streams:
        own = [entry for entry in entries if entry["stream"] == stream]
        most = max((bar["strength"] for entry in own for bar in entry["hears"]), default=0)
        title = "Selectivity: which property each word’s vector carries"
        if len(streams) > 1:
            title = f"{title}, in {titles.get(stream, stream)}"
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
        "title": "Cosine rule",
        "text": COSINE_RULE.format(threshold=threshold),
        "rows": [
            {
                "stream": entry["stream"],
                "title": titles.get(entry["stream"], entry["stream"]),
                "facts": [
                    {"name": "swap", "text": f"the rival {entry['swap']:.3f}"},
                    {
                        "name": "commuted",
                        "text": f"the same, said in the other order {entry['commuted']:.3f}",
                    },
                    {"name": "unrelated", "text": f"something else {entry['unrelated']:.3f}"},
                    {"name": "margin", "text": f"margin {entry['margin']:.3f}"},
                    {"name": "flagged", "text": _flag(entry["flagged"], threshold)},
                ],
                "flagged": entry["flagged"],
            }
            for entry in entries
        ],
    }


def _flag(flagged: bool, threshold: float) -> str:
    if flagged:
        return f"flagged: the rival is above {threshold:g}"
    return f"not flagged: the rival is not above {threshold:g}"
