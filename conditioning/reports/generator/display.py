"""What the views of an Ignored Words report draw: ``display`` of the report and of its parts,
computed here once, so that the browser lays out and computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...generator.influence import IGNORED, UNSURE, USED
from ...translation import in_its_language, translatable, translate, translate_count
from ..drawing.bars import number
from ..shares import VERDICT_SIGNS, gauge, part_text, parts_text, place, share_text, verdict_name
from ..wording import short, translate_name
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
from .method import facts, how_measured
from .share_axis import along, axis, reach, stretch

Report = Mapping[str, Any]
Fields = dict[str, Any]

SIGNS = {USED: "✓", IGNORED: "×", UNSURE: "?", CUT_OFF: "!"}
STATES = {
    USED: translatable("used"),
    IGNORED: translatable("ignored"),
    UNSURE: translatable("cannot tell"),
    CUT_OFF: translatable("never reaches the image model"),
}
FIRST = 12
"""Phrases whose bars are seen at once; more are folded away."""
_BAND = translatable("The hatched band is what encodings without binding reach.")
BINDING_TICKS = [
    {"place": place(share), "text": f"{100 * share:g}"} for share in (0, 0.01, 0.1, 0.5, 1)
]
WHERE = translatable("Where it looks, not whether it matters")
WHERE_TEXT = translatable(
    "Attention of the image model, brighter where it looks for the phrase; all on one scale. A "
    "phrase can be looked at and ignored."
)
BINDS = {True: translatable("binds it"), False: translatable("not shown to bind")}
_ROUTES = {
    POOLED: translatable("mostly via the pooled vector"),
    OTHER_WORDS: translatable("mostly via other words"),
    NOT_OWN: translatable("used, via other tokens"),
    STILL: translatable("only via other words"),
}
_LEGEND = {
    USED: translatable("darker, thicker line: decides more"),
    IGNORED: translatable("struck through: ignored"),
    UNSURE: translatable("dashed: cannot tell"),
    CUT_OFF: translatable("struck twice: never gets there"),
}


@in_its_language
def with_display(report: Report) -> Fields:
    """The report with ``display`` in it, in its phrases and in its binding entries."""
    phrases, far = report["phrases"], reach(report)
    order = sorted(range(len(phrases)), key=lambda index: -share_of(phrases[index]))
    visible, folded = parted(order, phrases, FIRST)
    sentences = said_once(phrases, [*visible, *folded])
    return {
        **report,
        "phrases": [
            {**phrase, "display": {**_phrase(report, phrase, ink, far), "said": sentence}}
            for phrase, ink, sentence in zip(phrases, inks(report), sentences, strict=True)
        ],
        "binding": [{**entry, "display": _binding(entry)} for entry in report["binding"]],
        "display": {
            "tone": tone(report),
            "order": order,
            "seen": visible,
            "folded": folded,
            "titles": titles(),
            "phrases": translate_count("{count:,} phrase", "{count:,} phrases", len(order)),
            "more": more_text(phrases, folded),
            "floor": _floor(report["floor"], far),
            "axis": axis(far),
            "binding_axis": _binding_axis(),
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
    text = translate_count("{count:,} more phrase", "{count:,} more phrases", len(folded))
    if struck:
        return translate(
            "{phrases}, {struck} of them ignored or cut off", phrases=text, struck=f"{struck:,}"
        )
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
    return translate_name(STATES, state(phrase))


def titles() -> dict[str, str]:
    """Headings, and the two rows of a binding entry."""
    return {
        "bars": translate("How much of the picture each phrase decides"),
        "binding": translate("Which belongs to which: text encoder and image model"),
        "encoder": translate("text encoder"),
        "generator": translate("image model"),
        "notes": translate("Notes"),
        "more_prompt": translate("… and more of the prompt, see the JSON"),
    }


def _binding_axis() -> Fields:
    return {
        "title": translate("share of binding, %"),
        "ticks": BINDING_TICKS,
        "tip": [
            translate("Share of binding, on a square-root scale"),
            translate(
                "Of all that changes between the four sentences, how much tells which belongs to "
                "which: in the encoder’s numbers, and in what the image model does with them."
            ),
            " ".join((translate(_BAND), translate(phrase_tips.UPPER_BOUND))),
        ],
    }


def notes(report: Report) -> list[str]:
    """What was left out or must be known, without what the sentence on top says."""
    lines = [*report["generator"]["notes"], *report["skipped"], *report["notes"]]
    return list(dict.fromkeys(str(line) for line in lines if str(line) not in report["sentence"]))


def legend(report: Report) -> Iterator[tuple[str, str]]:
    """Name and words of each thing that is drawn; only what occurs."""
    phrases = report["phrases"]
    states = {state(phrase) for phrase in phrases}
    for name, words in _LEGEND.items():
        if name in states:
            yield name, translate(words)
    if any(split(phrase) is not None for phrase in phrases):
        yield "own", translate("through its own words")
        yield "other", translate("through others, or pooled vector")
    if phrases:
        yield "interval", translate("how sure that is (95 %)")
        yield "floor", translate("what swapping filler words does")
    if report["binding"]:
        yield "blind", translate("reached at most without binding")


def _spoken(phrases: Sequence[Report]) -> str:
    """The prompt's ink, for those who hear the card."""
    spoken = (
        translate(
            "{phrase}: {state}, {share}",
            phrase=short(str(phrase["text"]), 60),
            state=state_text(phrase),
            share=part_text(phrase["share"]),
        )
        for phrase in phrases[:FIRST]
    )
    return f"{translate('The prompt.')} {'; '.join(spoken)}"


def _floor(floor: Report, far: float) -> Fields:
    return {
        "width": along(floor["interval"][1], far),
        "interval": stretch(floor["interval"], far),
        "text": translate("filler swapped for filler"),
        "share_text": part_text(floor["share"]),
        "tip": [
            translate("What swapping filler words does"),
            translate(
                "{share} (interval {interval})",
                share=part_text(floor["share"]),
                interval=parts_text(floor["interval"]),
            ),
            translate(
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
        "interval": stretch(phrase["interval"], far),
        "beyond": share_of(phrase) > far,
        "share_text": part_text(phrase["share"]),
        "route": route(phrase),
        "tip": list(phrase_tips.lines(phrase, report["floor"])),
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
    by = way(phrase)
    return translate(_ROUTES[by]) if by else ""


def said_once(phrases: Sequence[Report], order: Sequence[int]) -> list[str]:
    """The sentence of each phrase that stands below its bar: where there is something to mend, and
    below the first of those of which the same is said. Bars and tips tell their numbers.
    """
    kinds: set[tuple[str, str, bool]] = set()
    sentences = [""] * len(phrases)
    for index in order:
        phrase = phrases[index]
        kind = state(phrase), way(phrase), any(phrase["tokens"].values())
        if kind in kinds or (state(phrase) == USED and way(phrase) != STILL):
            continue
        kinds.add(kind)
        sentences[index] = str(phrase["sentence"])
    return sentences


def _where(report: Report) -> Fields | None:
    """Titles and words of the where-maps; None without any."""
    where = report.get("where")
    if not where:
        return None
    title, text = translate(WHERE), translate(WHERE_TEXT)
    phrases = [report["phrases"][each["phrase"]] for each in where["maps"]]
    return {"title": title, "text": text, "maps": [_map(each, title, text) for each in phrases]}


def _map(phrase: Report, title: str, text: str) -> Fields:
    name, words = str(phrase["text"]), state_text(phrase)
    tip = [translate("{name}: {text}", name=name, text=words), title, text]
    return {"title": name, "text": words, "tip": tip}


def _binding(entry: Report) -> Fields:
    generator, encoder = entry["generator"], entry["encoder"]
    beyond = (number(generator["interval"][0]) or 0.0) > (number(generator["null"][1]) or 0.0)
    drawn_encoder = None
    if encoder is not None:
        drawn_encoder = {
            "share": place(share_of(encoder)),
            "share_text": share_text(share_of(encoder)),
            "text": verdict_name(str(encoder["verdict"])),
            "sign": VERDICT_SIGNS.get(encoder["verdict"], "?"),
        }
    return {
        "encoder": drawn_encoder,
        "generator": {
            **gauge(_finite(generator)),
            "beyond": beyond,
            "text": translate(BINDS[beyond]),
        },
        "tip": list(phrase_tips.binding_lines(entry, beyond)),
    }


def _finite(measured: Report) -> Fields:
    """A share with its interval and null, all numbers."""
    ranges = {
        key: [number(value) or 0.0 for value in measured[key]] for key in ("interval", "null")
    }
    return {"share": share_of(measured), **ranges}
