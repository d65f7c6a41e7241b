"""What the views of a doctor's report draw: ``display`` of the report and of its phrases, computed
here once, so that the browser lays out and computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...doctor.diagnosis import HEALTHY, LOST, PASSED, UNSEEN, UNSURE
from ...doctor.placed_report import TITLES
from ..drawing.bars import number
from ..wording import plural
from .sentences import label

Report = Mapping[str, Any]
Fields = dict[str, Any]
AFTER = "after"
"""A lamp behind the station that lost a phrase."""
LAMPS = {PASSED: "passed", LOST: "lost", UNSURE: "unsure", UNSEEN: "unseen"}
SIGNS = {"passed": "✓", "lost": "×", "unsure": "?", "unseen": "·", AFTER: "–"}
WORDS = {
    "passed": "passed",
    "lost": "lost here",
    "unsure": "cannot tell",
    "unseen": "not looked at",
    AFTER: "lost before",
}
FIRST = 12
"""Phrases that are seen at once; more are folded away."""
TONES = {True: "kept", False: "lost", None: "open"}
ORDER = "Lamps from left to right: tokenizer, text encoder, image model, picture."
_DRAWN = ("display", "thumbs")
"""Fields that follow from the others."""
_ORDER = {"lost": 0, "cannot tell": 1, "healthy": 2}


def without_display(report: Report) -> Fields:
    """The report without what is drawn of it, which is computed again."""
    return {
        key: [without_display(each) if isinstance(each, dict) else each for each in value]
        if key == "phrases"
        else value
        for key, value in report.items()
        if key not in _DRAWN
    }


def with_display(report: Report) -> Fields:
    """The report with ``display`` in it and in its phrases."""
    phrases = report["phrases"]
    visible, folded = parted(phrases, FIRST)
    return {
        **report,
        "phrases": [{**phrase, "display": _phrase(phrase)} for phrase in phrases],
        "display": {
            "tone": TONES[report["healthy"]],
            "stations": [_station(station) for station in report["stations"]],
            "phrases": plural(len(phrases), "phrase"),
            "seen": visible,
            "folded": folded,
            "more": more_text(phrases, folded),
            "legend": [
                {"name": name, "sign": SIGNS[name], "title": title}
                for name, title in legend(phrases)
            ],
            "order": ORDER,
            "lines": [_line(phrase) for phrase in remarkable(phrases)],
            "suggests": suggests(report),
            "verification": _verification(report["verification"]),
            "spoken": spoken(phrases),
        },
    }


def parted(phrases: Sequence[Report], most: int) -> tuple[list[int], list[int]]:
    """Which phrases are seen at once, and which are folded away: both in the prompt's order, those
    with something to mend before others.
    """
    ranked = sorted(range(len(phrases)), key=lambda k: _ORDER.get(phrases[k]["outcome"], 1))
    visible = set(ranked[:most])
    every = range(len(phrases))
    return [k for k in every if k in visible], [k for k in every if k not in visible]


def more_text(phrases: Sequence[Report], folded: Sequence[int]) -> str:
    """'8 more phrases, 3 of them lost'."""
    lost = sum(phrases[k]["outcome"] == LOST for k in folded)
    text = plural(len(folded), "more phrase")
    return f"{text}, {lost:,} of them lost" if lost else text


def suggests(report: Report) -> bool:
    """Whether the suggested prompt differs from the prompt."""
    suggested = report["suggested_prompt"]
    return suggested is not None and suggested != report["text"]


def legend(phrases: Sequence[Report]) -> Iterator[tuple[str, str]]:
    """Name and words of every lamp that is lit; only what occurs."""
    occurring = {lamp for phrase in phrases for lamp in lamps(phrase)}
    for name, words in WORDS.items():
        if name in occurring:
            yield name, words


def lamps(phrase: Report) -> list[str]:
    """The lamp of each station: what was lost is lost once."""
    names = []
    for check in phrase["checks"]:
        names.append(_lamp(phrase, check, "lost" in names))
    return names


def _lamp(phrase: Report, check: Report, is_behind: bool) -> str:
    if check["station"] == phrase["station"]:
        return "lost"
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
                "title": f"{TITLES[check['station']]}: {WORDS[name]}",
                "tip": list(_tip(phrase, check, name)),
            }
            for name, check in zip(names, phrase["checks"], strict=True)
        ],
        "tone": {"lost": "lost", "healthy": "kept"}.get(phrase["outcome"], "open"),
        "certainty": _certainty(phrase),
    }


def _certainty(phrase: Report) -> str:
    if phrase["outcome"] == LOST:
        return str(phrase["certainty"])
    return ""


def _tip(phrase: Report, check: Report, lamp: str) -> Iterator[str]:
    yield f"“{phrase['about']}” · {TITLES[check['station']]}: {WORDS[lamp]}"
    if check["says"]:
        yield f"{check['says'][:1].upper()}{check['says'][1:]}."
    measure, floor = number(check["measure"]), number(check["floor"])
    if measure is not None and floor is not None:
        yield f"{check['title']}: {measure:.3g}, floor {floor:.3g}"
    if phrase["overruled"] == check["station"]:
        yield "A later station contradicts it, so it is withdrawn."


def remarkable(phrases: Sequence[Report]) -> list[Report]:
    """Phrases that are not well, and those of which a suspicion was withdrawn."""
    return [each for each in phrases if each["outcome"] != HEALTHY or each["overruled"]]


def _line(phrase: Report) -> Fields:
    names = lamps(phrase)
    name = next((each for each in ("lost", "unsure") if each in names), names[-1])
    where = str(phrase["station"] or WORDS[name])
    if phrase["overruled"]:
        where = "a suspicion, withdrawn"
    sure = {"certain": ", certain", "likely": ", likely"}.get(_certainty(phrase), "")
    return {
        "lamp": name,
        "sign": SIGNS[name],
        "label": f"“{label(phrase)}”",
        "where": f"{where}{sure}",
        "text": str(phrase["says"]),
    }


def _station(station: Report) -> Fields:
    text = "looked at"
    if not station["looked_at"]:
        text = f"not looked at: {station['why']}"
    return {"title": station["title"], "text": text, "seen": station["looked_at"]}


def _verification(verification: Report | None) -> Fields | None:
    if verification is None:
        return None
    return {"sentence": verification["sentence"], "titles": ["before", "after"]}


def spoken(phrases: Sequence[Report]) -> str:
    """The row of phrases, for those who hear the card."""
    return " ".join(f"{phrase['text']}: {phrase['says']}" for phrase in phrases[:FIRST])
