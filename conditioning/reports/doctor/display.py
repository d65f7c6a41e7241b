"""What the views of a doctor's report draw: ``display`` of the report and of its phrases, computed
here once, so that the browser lays out and computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...doctor.diagnosis import (
    ENCODER,
    GENERATOR,
    HEALTHY,
    LOST,
    PASSED,
    PICTURE,
    TOKENIZER,
    UNSEEN,
    UNSURE,
)
from ...doctor.placed_report import TITLES
from ...translation import in_its_language, translatable, translate, translate_count
from ..drawing.bars import number
from ..wording import in_quotes, listed
from .sentences import alike, fate, is_partial, labels

Report = Mapping[str, Any]
Fields = dict[str, Any]
AFTER = "after"
"""A lamp behind the station that lost a phrase."""
PART = "part"
"""A lamp of the station behind which only a part of what the image model takes holds a phrase."""
LAMPS = {PASSED: "passed", LOST: "lost", UNSURE: "unsure", UNSEEN: "unseen"}
SIGNS = {"passed": "✓", "lost": "×", PART: "½", "unsure": "?", "unseen": "·", AFTER: "–"}
WORDS = {
    "passed": translatable("passed"),
    "lost": translatable("lost here"),
    PART: translatable("goes on in part"),
    "unsure": translatable("cannot tell"),
    "unseen": translatable("not looked at"),
    AFTER: translatable("lost before"),
}
STATIONS = {
    TOKENIZER: translatable("tokenizer"),
    ENCODER: translatable("text encoder"),
    GENERATOR: translatable("image model"),
    PICTURE: translatable("picture"),
}
CERTAINTIES = {
    "certain": translatable("certain"),
    "likely": translatable("likely"),
    UNSURE: translatable("cannot tell"),
}
FIRST = 12
"""Up to so many phrases have a row each; of more, those that fared alike share one."""
_NAMED = 8
"""Phrases that are named in a row."""
TONES = {True: "kept", False: "lost", None: "open"}
_DRAWN = ("display", "thumbs")
"""Fields that follow from the others."""
_TONES = {"lost": "lost", "healthy": "kept"}


def without_display(report: Report) -> Fields:
    """The report without what is drawn of it, which is computed again."""
    return {
        key: [without_display(each) if isinstance(each, dict) else each for each in value]
        if key == "phrases"
        else value
        for key, value in report.items()
        if key not in _DRAWN
    }


@in_its_language
def with_display(report: Report) -> Fields:
    """The report with ``display`` in it and in its phrases."""
    phrases = report["phrases"]
    rows = _rows(phrases)
    every = list(range(len(phrases)))
    seen, folded = ([], every) if rows else (every, [])
    return {
        **report,
        "phrases": [{**phrase, "display": _phrase(phrase)} for phrase in phrases],
        "display": {
            "tone": TONES[report["healthy"]],
            "stations": [_station(station) for station in report["stations"]],
            "titles": titles(),
            "phrases": translate_count("{count:,} phrase", "{count:,} phrases", len(phrases)),
            "rows": rows,
            "seen": seen,
            "folded": folded,
            "more": translate_count(
                "All {count:,} phrase, one by one",
                "All {count:,} phrases, one by one",
                len(phrases),
            ),
            "legend": [
                {"name": name, "sign": SIGNS[name], "title": title}
                for name, title in legend(phrases)
            ],
            "lines": [_line(group) for group in alike(remarkable(phrases))],
            "suggests": suggests(report),
            "verification": _verification(report["verification"]),
            "spoken": spoken(phrases),
        },
    }


def titles() -> dict[str, str]:
    """Headings of the report's parts."""
    return {
        "changes": translate("What to do"),
        "suggested": translate("Suggested prompt"),
        "trial": translate("Trial"),
        "unseen": translate("Not looked at"),
        "notes": translate("Notes"),
    }


def grouped(phrases: Sequence[Report]) -> list[list[Report]]:
    """The phrases of each row of the table: those with something to mend first, and all that fared
    alike in one row. Few phrases have a row each, in the prompt's order.
    """
    if len(phrases) <= FIRST:
        return [[phrase] for phrase in phrases]
    alike_lamps: dict[Any, list[Report]] = {}
    for phrase in phrases:
        is_well = phrase["outcome"] == HEALTHY and not phrase["overruled"]
        key = is_well, tuple(lamps(phrase)), None if is_well else fate(phrase)
        alike_lamps.setdefault(key, []).append(phrase)
    return [alike_lamps[key] for key in sorted(alike_lamps, key=lambda key: key[0])]


def row_text(phrases: Sequence[Report]) -> str:
    """What stands in front of a row: the phrase, or how many there are, and the first of them."""
    names = [str(phrase["text"]) for phrase in phrases]
    if len(names) == 1:
        return names[0]
    return translate_count(
        "{count:,} phrase: {names}",
        "{count:,} phrases: {names}",
        len(names),
        names=", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else ""),
    )


def _rows(phrases: Sequence[Report]) -> list[Fields]:
    """The rows of a long prompt; none where each phrase has its own."""
    if len(phrases) <= FIRST:
        return []
    return [_row(group) for group in grouped(phrases)]


def _row(phrases: Sequence[Report]) -> Fields:
    display = _phrase(phrases[0])
    if len(phrases) > 1:
        display["lamps"] = [
            {**lamp, "tip": [f"{labels(phrases)} · {lamp['title']}"]} for lamp in display["lamps"]
        ]
    return {"text": row_text(phrases), "count": len(phrases), "display": display}


def suggests(report: Report) -> bool:
    """Whether the suggested prompt differs from the prompt."""
    suggested = report["suggested_prompt"]
    return suggested is not None and suggested != report["text"]


def legend(phrases: Sequence[Report]) -> Iterator[tuple[str, str]]:
    """Name and words of every lamp that is lit; only what occurs."""
    occurring = {lamp for phrase in phrases for lamp in lamps(phrase)}
    for name, words in WORDS.items():
        if name in occurring:
            yield name, translate(words)


def lamps(phrase: Report) -> list[str]:
    """The lamp of each station: what was lost is lost once."""
    names = []
    for check in phrase["checks"]:
        names.append(_lamp(phrase, check, "lost" in names))
    return names


def _lamp(phrase: Report, check: Report, is_behind: bool) -> str:
    if check["station"] == phrase["station"]:
        return PART if is_partial(phrase) else "lost"
    if is_behind:
        return AFTER
    if check["station"] == phrase["overruled"]:
        return "unsure"
    name = LAMPS.get(check["state"], "unsure")
    if name == "lost":  # somewhere on its way here: at which station cannot be told
        return "unsure"
    return name


def _phrase(phrase: Report) -> Fields:
    names = lamps(phrase)
    return {
        "lamps": [
            {
                "name": name,
                "sign": SIGNS[name],
                "title": _at(check, name),
                "tip": list(_tip(phrase, check, name)),
            }
            for name, check in zip(names, phrase["checks"], strict=True)
        ],
        "tone": "open" if PART in names else _TONES.get(phrase["outcome"], "open"),
        "certainty": _certainty(phrase),
    }


def _at(check: Report, lamp: str) -> str:
    """'Tokenizer: passed'."""
    title = translate(TITLES[check["station"]])
    return translate("{name}: {text}", name=title, text=translate(WORDS[lamp]))


def _certainty(phrase: Report) -> str:
    if phrase["outcome"] == LOST:
        return str(phrase["certainty"])
    return ""


def _tip(phrase: Report, check: Report, lamp: str) -> Iterator[str]:
    yield f"{in_quotes(phrase['about'])} · {_at(check, lamp)}"
    if check["says"]:
        yield translate("{says}.", says=f"{check['says'][:1].upper()}{check['says'][1:]}")
    measure, floor = number(check["measure"]), number(check["floor"])
    if measure is not None and floor is not None:
        yield translate(
            "{title}: {measure}, floor {floor}",
            title=check["title"],
            measure=f"{measure:.3g}",
            floor=f"{floor:.3g}",
        )
    if phrase["overruled"] == check["station"]:
        yield translate("A later station contradicts it, so it is withdrawn.")


def remarkable(phrases: Sequence[Report]) -> list[Report]:
    """Phrases that are not well, and those of which a suspicion was withdrawn."""
    return [each for each in phrases if each["outcome"] != HEALTHY or each["overruled"]]


def _line(phrases: Sequence[Report]) -> Fields:
    """``phrases``: of which the same is said."""
    phrase = phrases[0]
    names = lamps(phrase)
    name = next((each for each in ("lost", PART, "unsure") if each in names), names[-1])
    where = translate(STATIONS[phrase["station"]] if phrase["station"] else WORDS[name])
    if phrase["overruled"]:
        where = translate("a suspicion, withdrawn")
    sure = CERTAINTIES.get(_certainty(phrase))
    return {
        "lamp": name,
        "sign": SIGNS[name],
        "label": labels(phrases),
        "where": listed([where, translate(sure)]) if sure else where,
        "text": str(phrase["says"]),
    }


def _station(station: Report) -> Fields:
    text = translate("looked at")
    if not station["looked_at"]:
        text = translate("not looked at: {why}", why=station["why"])
    return {"title": station["title"], "text": text, "seen": station["looked_at"]}


def _verification(verification: Report | None) -> Fields | None:
    if verification is None:
        return None
    return {
        "sentence": verification["sentence"],
        "titles": [translate("before"), translate("after")],
    }


def spoken(phrases: Sequence[Report]) -> str:
    """The rows of phrases, for those who hear the card."""
    return " ".join(
        translate("{name}: {text}", name=phrase["text"], text=phrase["says"])
        for phrase in phrases[:FIRST]
    )
