"""What the views of an Ignored Words report draw: ``display`` of the report and of its parts,
computed here once, so that the browser lays out and computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import Any

from ...generator.influence import IGNORED, UNSURE, USED
from ...generator.measurement import ALONG_A_RUN, FINISHED
from ..drawing.bars import number
from ..shares import VERDICT_SIGNS, gauge, part_text, parts_text, place, share_text
from ..wording import plural, short
from . import phrase_tips
from .inked_prompt import (
    CUT_OFF,
    NOT_OWN,
    OTHER_WORDS,
    POOLED,
    STILL,
    STRUCK,
    drawn_prompt,
    inks,
    share_of,
    state,
    way,
)

Report = Mapping[str, Any]
Fields = dict[str, Any]

SIGNS = {USED: "✓", IGNORED: "×", UNSURE: "?", CUT_OFF: "!"}
STATES = {
    USED: "used",
    IGNORED: "ignored",
    UNSURE: "cannot tell",
    CUT_OFF: "never reaches the image model",
}
FIRST = 12
"""Phrases whose bars are seen at once; more are folded away."""
MOST = 1.0
"""No bar reaches further, unless a share does; what goes beyond is cut."""
FAR = 2.0
"""No bar reaches further than this, whatever the shares; what does is marked."""
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Distances of ticks; at most five to a bar."""
AXIS_TITLE = "share of the picture"
AXIS_TIP = [
    "How much of the picture a phrase decides",
    (
        "The phrase is exchanged for filler words. What the image model then does differently is "
        "set against what it does differently when all phrases are exchanged at once."
    ),
    "Phrases share the work: their parts need not add up to 100 %.",
]
BINDING_TICKS = [
    {"place": place(share), "text": f"{100 * share:g}"} for share in (0, 0.01, 0.1, 0.5, 1)
]
BINDING_AXIS = {
    "title": "share of binding, %",
    "ticks": BINDING_TICKS,
    "tip": [
        "Share of binding, on a square-root scale",
        (
            "Of all that changes between the four sentences, how much tells which belongs to "
            "which: in the encoder’s numbers, and in what the image model does with them."
        ),
        f"The hatched band is what encodings without binding reach. {phrase_tips.UPPER_BOUND}",
    ],
}
FLOOR = "filler swapped for filler"
WHERE = "Where it looks, not whether it matters"
WHERE_TEXT = (
    "Attention of the image model, brighter where it looks for the phrase; all on one scale. A "
    "phrase can be looked at and ignored."
)
BINDS = {True: "binds it", False: "not shown to bind"}
_MOMENTS = {
    ALONG_A_RUN: "Measured along a short run of the sampler",
    FINISHED: "Measured on the finished picture, noised again",
}
_QUESTIONS = {
    ALONG_A_RUN: "It answers why a phrase was ignored.",
    FINISHED: "It answers whether a phrase is in this picture.",
}
_ROUTES = {
    POOLED: "mostly via the pooled vector",
    OTHER_WORDS: "mostly via other words",
    NOT_OWN: "not by its own words",
    STILL: "only via other words",
}
_LEGEND = {
    USED: "darker, thicker line: decides more",
    IGNORED: "struck through: ignored",
    UNSURE: "dashed: cannot tell",
    CUT_OFF: "struck twice: never gets there",
}


def with_display(report: Report) -> Fields:
    """The report with ``display`` in it, in its phrases and in its binding entries."""
    phrases, far = report["phrases"], reach(report)
    order = sorted(range(len(phrases)), key=lambda index: -share_of(phrases[index]))
    visible, folded = parted(order, phrases, FIRST)
    return {
        **report,
        "phrases": [
            {**phrase, "display": _phrase(report, phrase, ink, far)}
            for phrase, ink in zip(phrases, inks(report), strict=True)
        ],
        "binding": [{**entry, "display": _binding(entry)} for entry in report["binding"]],
        "display": {
            "tone": tone(report),
            "order": order,
            "seen": visible,
            "folded": folded,
            "phrases": plural(len(order), "phrase"),
            "more": more_text(phrases, folded),
            "floor": _floor(report["floor"], far),
            "axis": axis(far),
            "binding_axis": BINDING_AXIS,
            "how": how_measured(report),
            "facts": [{"name": name, "text": text} for name, text in facts(report)],
            "notes": notes(report),
            "spoken": _spoken(phrases),
            "legend": [{"name": name, "title": title} for name, title in legend(report)],
            "where": _where(report),
            **drawn_prompt(report),
        },
    }


def parted(
    order: Sequence[int], phrases: Sequence[Report], most: int
) -> tuple[list[int], list[int]]:
    """Which phrases are seen at once, at most ``most``, and which are folded away: both in their
    order. Two of three places are for those that are ignored or cut off, if there are so many.
    """
    struck = [index for index in order if state(phrases[index]) in STRUCK]
    others = [index for index in order if state(phrases[index]) not in STRUCK]
    room = max(most - len(others), 2 * most // 3)
    fitting = {*struck[:room], *others[: most - min(len(struck), room)]}
    visible = [index for index in order if index in fitting]
    return visible, [index for index in order if index not in fitting]


def more_text(phrases: Sequence[Report], folded: Sequence[int]) -> str:
    """'28 more phrases, 3 of them ignored or cut off'."""
    struck = sum(state(phrases[index]) in STRUCK for index in folded)
    text = plural(len(folded), "more phrase")
    if struck:
        return f"{text}, {struck:,} of them ignored or cut off"
    return text


def tone(report: Report) -> str:
    """lost as soon as one phrase is ignored or cut off, kept only where all are used and none
    lost its own rows.
    """
    states = {state(phrase) for phrase in report["phrases"]}
    if states & set(STRUCK):
        return "lost"
    if states == {USED} and STILL not in map(way, report["phrases"]):
        return "kept"
    return "open"


def state_text(phrase: Report) -> str:
    """The state in words."""
    return STATES.get(state(phrase), state(phrase))


def how_measured(report: Report) -> str:
    """One line: at which moment, with which guidance, in how many calls of the image model."""
    moment, budget = str(report["moment"]), report["budget"]
    guidance = "without guidance"
    if report["guidance"]["on"]:
        guidance = f"with {guidance_text(report)}"
    levels, seeds = len(budget["levels"]), len(budget["seeds"])
    calls = plural(budget["calls"], "call of the image model", "calls of the image model")
    if report.get("where"):
        calls += f" and {report['where']['calls']:,} more for the where-map"
    parts = (
        _MOMENTS.get(moment, f"Measured {moment}"),
        guidance,
        f"at {plural(levels, 'noise level')} with {plural(seeds, 'seed')}",
        calls,
    )
    return f"{', '.join(parts)}. {_QUESTIONS.get(moment, '')}".rstrip()


def guidance_text(report: Report) -> str:
    """'guidance 7.5', 'guidance off'."""
    if not report["guidance"]["on"]:
        return "guidance off"
    return f"guidance {number(report['guidance']['scale']) or 0:g}"


def facts(report: Report) -> Iterator[tuple[str, str]]:
    """Names and texts of the chips: which model, which moment, which budget."""
    generator = report["generator"]
    yield "generator", str(generator["title"])
    if generator["family"] and str(generator["family"]) not in str(generator["title"]):
        yield "family", str(generator["family"])
    yield "moment", str(report["moment"])
    yield "guidance", guidance_text(report)
    yield "budget", f"{report['budget']['name']}: {plural(report['budget']['calls'], 'call')}"


def notes(report: Report) -> list[str]:
    """What was left out or must be known, without what the sentence on top says."""
    lines = [*report["skipped"], *report["notes"], *report["generator"]["notes"]]
    return list(dict.fromkeys(str(line) for line in lines if str(line) not in report["sentence"]))


def legend(report: Report) -> Iterator[tuple[str, str]]:
    """Name and words of each thing that is drawn; only what occurs."""
    phrases = report["phrases"]
    states = {state(phrase) for phrase in phrases}
    for name, words in _LEGEND.items():
        if name in states:
            yield name, words
    if any(split(phrase) is not None for phrase in phrases):
        yield "own", "through its own words"
        yield "other", "through others, or pooled vector"
    if phrases:
        yield "interval", "how sure that is (95 %)"
        yield "floor", "what swapping filler words does"
    if report["binding"]:
        yield "blind", "reached at most without binding"


def _spoken(phrases: Sequence[Report]) -> str:
    """The prompt's ink, for those who hear the card."""
    return "The prompt. " + "; ".join(
        f"{short(str(phrase['text']), 60)}: {state_text(phrase)}, {part_text(phrase['share'])}"
        for phrase in phrases[:FIRST]
    )


# --- the axis
# --------------------------------------------------------------------------------------------------


def reach(report: Report) -> float:
    """The share at which all bars of one report end, so that phrases can be compared."""
    measured = [report["floor"], *report["phrases"]]
    values = [number(value) for part in measured for value in (part["share"], part["interval"][1])]
    shares = [share_of(phrase) for phrase in report["phrases"]]
    most = max([STEPS[0], *(value for value in values if value is not None)])
    most = min(max([MOST, *shares]), FAR, most)
    step = tick_step(most)
    return round(step * ceil(most / step - 1e-9), 6)


def tick_step(far: float) -> float:
    """How far apart the ticks of an axis stand that reaches to ``far``."""
    return next((step for step in STEPS if far <= 5 * step + 1e-9), STEPS[-1])


def ticks(far: float) -> list[float]:
    """Shares that are marked on an axis that reaches to ``far``."""
    step = tick_step(far)
    return [round(step * k, 6) for k in range(round(far / step) + 1)]


def axis(far: float) -> Fields:
    """Title, ticks and explanation of the axis of all bars."""
    marks: list[Fields] = [
        {"place": along(share, far), "text": f"{100 * share:g}"} for share in ticks(far)
    ]
    marks[-1]["text"] += " %"
    return {"title": AXIS_TITLE, "ticks": marks, "tip": AXIS_TIP}


def along(share: Any, far: float) -> float:
    """Where a share stands on an axis, in percent of its length."""
    return round(100 * min(far, max(0.0, number(share) or 0.0)) / far, 3)


def _stretch(interval: Sequence[Any], far: float) -> Fields:
    left, right = (along(share, far) for share in interval)
    return {"left": left, "width": round(max(0.0, right - left), 3)}


def _floor(floor: Report, far: float) -> Fields:
    return {
        "width": along(floor["interval"][1], far),
        "interval": _stretch(floor["interval"], far),
        "text": FLOOR,
        "share_text": part_text(floor["share"]),
        "tip": [
            "What swapping filler words does",
            f"{part_text(floor['share'])} (interval {parts_text(floor['interval'])})",
            (
                "One filler word was exchanged for another, which changes no meaning. A phrase "
                "that does no more than that is ignored; one that surely does more is used."
            ),
        ],
    }


# --- the parts of a report
# --------------------------------------------------------------------------------------------------


def _phrase(report: Report, phrase: Report, ink: int, far: float) -> Fields:
    own = split(phrase)
    if own is not None:
        own = along(own, far)
    return {
        "state": state(phrase),
        "state_text": state_text(phrase),
        "sign": SIGNS.get(state(phrase), "·"),
        "ink": ink,
        "width": along(phrase["share"], far),
        "own": own,
        "interval": _stretch(phrase["interval"], far),
        "beyond": share_of(phrase) > far,
        "share_text": part_text(phrase["share"]),
        "route": route(phrase),
        "said": said(phrase),
        "tip": list(phrase_tips.lines(phrase, report["floor"], state_text(phrase))),
    }


def split(phrase: Report) -> float | None:
    """The part of the share that a phrase's own rows do; None where it was not measured, or the
    phrase does nothing that could be split.
    """
    if state(phrase) != USED or phrase["own_rows"] is None:
        return None
    return min(share_of(phrase), max(0.0, share_of(phrase["own_rows"])))


def route(phrase: Report) -> str:
    """By which way a phrase acts, where that is not by its own words."""
    return _ROUTES.get(way(phrase), "")


def said(phrase: Report) -> str:
    """The sentence of a phrase that stands below its bar: where there is something to mend."""
    if state(phrase) == USED and way(phrase) != STILL:
        return ""
    return str(phrase["sentence"])


def _where(report: Report) -> Fields | None:
    """Titles and words of the where-maps; None without any."""
    where = report.get("where")
    if not where:
        return None
    phrases = report["phrases"]
    texts = [str(phrases[each["phrase"]]["text"]) for each in where["maps"]]
    return {
        "title": WHERE,
        "text": WHERE_TEXT,
        "maps": [
            {
                "title": text,
                "text": state_text(phrases[each["phrase"]]),
                "tip": [f"{text}: {state_text(phrases[each['phrase']])}", WHERE, WHERE_TEXT],
            }
            for text, each in zip(texts, where["maps"], strict=True)
        ],
    }


def _binding(entry: Report) -> Fields:
    generator, encoder = entry["generator"], entry["encoder"]
    beyond = (number(generator["interval"][0]) or 0.0) > (number(generator["null"][1]) or 0.0)
    drawn_encoder = None
    if encoder is not None:
        drawn_encoder = {
            "share": place(share_of(encoder)),
            "share_text": share_text(share_of(encoder)),
            "text": str(encoder["verdict"]),
            "sign": VERDICT_SIGNS.get(encoder["verdict"], "?"),
        }
    return {
        "encoder": drawn_encoder,
        "generator": {**gauge(_finite(generator)), "beyond": beyond, "text": BINDS[beyond]},
        "tip": list(phrase_tips.binding_lines(entry, beyond)),
    }


def _finite(measured: Report) -> Fields:
    """A share with its interval and null, all numbers."""
    ranges = {
        key: [number(value) or 0.0 for value in measured[key]] for key in ("interval", "null")
    }
    return {"share": share_of(measured), **ranges}
