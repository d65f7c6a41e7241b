"""What the Prompt Doctor says of cases whose truth is known, and how often it is right.

The truth of a case is the station at which its fault was put, where the picture lost something by
it: the exact reader does not find there what was asked for, and finds it in the picture of the
same prompt without the fault. Where the fault did no harm nothing was lost, and of a prompt without
a fault nothing either.

An answer is the set of stations that the Doctor names for any phrase, be it certain or likely:

- *right*: that of the fault and no other;
- *wrong*: any other station; or a clean bill for a picture that lost something;
- *cannot tell*: no station, and no clean bill.

Of a harmless fault it is right to name no station, or that of the fault as a certain fact about the
text or its encoding; of a healthy prompt, to name none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from encoderscope.conditioning.doctor.diagnosis import CERTAIN, LOST, STATIONS, Diagnosis
from encoderscope.tests.bench.doctor import picture_truth
from encoderscope.tests.bench.doctor.ill_prompts import HEALTHY, STATION
from scipy.stats import binomtest

NONE, HARMLESS = "nothing lost", "a fault without harm"
UNSURE, CLEAN = "cannot tell", "clean bill"
RIGHT, WRONG = "right", "wrong"


class Answer(NamedTuple):
    """What the Doctor said of one case."""

    fault: str
    truth: str
    """The station that lost it; or that nothing was."""
    stations: tuple[str, ...]
    """Those that it names, in the order of a prompt's way."""
    likely: tuple[str, ...]
    """Those among them that it is not certain of."""
    clean: bool

    @property
    def named(self) -> str:
        """The column of the table: the first station, or none."""
        if self.stations:
            return self.stations[0]
        return CLEAN if self.clean else UNSURE

    @property
    def outcome(self) -> str:
        """right, wrong or cannot tell."""
        if self.truth in STATIONS:
            if not self.stations:
                return WRONG if self.clean else UNSURE
            return RIGHT if set(self.stations) == {self.truth} else WRONG
        allowed = {STATION[self.fault]} - set(self.likely) if self.truth == HARMLESS else set()
        if not set(self.stations) <= allowed:
            return WRONG
        return RIGHT if self.clean or self.stations else UNSURE


def truth_of(case: Mapping[str, Any]) -> str:
    """The station that lost it, or that nothing was lost."""
    if case["truth"] == picture_truth.LOST:
        return STATION[case["fault"]]
    return NONE if case["fault"] == HEALTHY else HARMLESS


def answer_of(case: Mapping[str, Any], diagnosis: Diagnosis) -> Answer:
    """What a diagnosis comes to."""
    lost = [phrase for phrase in diagnosis.phrases if phrase.outcome == LOST]
    named = {str(phrase.station) for phrase in lost}
    likely = {str(phrase.station) for phrase in lost if phrase.certainty != CERTAIN}
    return Answer(
        case["fault"],
        truth_of(case),
        tuple(name for name in STATIONS if name in named),
        tuple(name for name in STATIONS if name in likely),
        diagnosis.healthy is True,
    )


def share(count: int, of: int) -> str:
    """With the exact interval of Clopper and Pearson, 95 %."""
    if not of:
        return "none"
    ends = binomtest(count, of).proportion_ci(method="exact")
    values = (100 * value for value in (count / of, ends.low, ends.high))
    middle, low, high = (f"{value:.1f}" for value in values)
    return f"{count} of {of}: {middle} % [{low}, {high}]"


class Figures(NamedTuple):
    """Counts of all cases."""

    lost: int
    right: int
    wrong: int
    healthy: int
    called_ill: int
    harmless: int
    harmless_wrong: int

    @property
    def promises(self) -> dict[str, bool]:
        """What the proof promises. Without a case nothing is kept."""
        lost, healthy = self.lost > 0, self.healthy > 0
        return {
            "the station is right in 90 % of what was lost": lost and self.right >= 0.9 * self.lost,
            "confident and wrong in at most 3 %": lost and self.wrong <= 0.03 * self.lost,
            "healthy called ill in at most 3 %": healthy and self.called_ill <= 0.03 * self.healthy,
        }


def figures(answers: Sequence[Answer]) -> Figures:
    """Of all answers."""
    lost = [answer.outcome for answer in answers if answer.truth in STATIONS]
    healthy = [answer.outcome for answer in answers if answer.truth == NONE]
    harmless = [answer.outcome for answer in answers if answer.truth == HARMLESS]
    return Figures(
        len(lost),
        lost.count(RIGHT),
        lost.count(WRONG),
        len(healthy),
        healthy.count(WRONG),
        len(harmless),
        harmless.count(WRONG),
    )


def tables(answers: Sequence[Answer]) -> list[str]:
    """Markdown: the figures, by fault, and the confusion matrix."""
    return [*_summary(figures(answers)), "", *_by_fault(answers), "", *_confusion(answers)]


def _summary(counts: Figures) -> list[str]:
    return [
        f"- station right: {share(counts.right, counts.lost)}",
        f"- confident and wrong: {share(counts.wrong, counts.lost)}",
        f"- healthy called ill: {share(counts.called_ill, counts.healthy)}",
        f"- faults without harm, a loss claimed: {share(counts.harmless_wrong, counts.harmless)}",
    ]


def _by_fault(answers: Sequence[Answer]) -> list[str]:
    lines = ["| fault | station | lost by it | right | cannot tell | wrong | without harm |"]
    lines.append("|---|---|---|---|---|---|---|")
    for fault, station in STATION.items():
        own = [answer for answer in answers if answer.fault == fault]
        outcomes = Counter(answer.outcome for answer in own if answer.truth in STATIONS)
        harmless = Counter(answer.outcome for answer in own if answer.truth == HARMLESS)
        counts = [outcomes.total(), *(outcomes[name] for name in (RIGHT, UNSURE, WRONG))]
        cells = " | ".join(map(str, counts))
        wrong = f"{harmless.total()}, {harmless[WRONG]} wrong" if harmless else "0"
        lines.append(f"| {fault} | {station} | {cells} | {wrong} |")
    return lines


def _confusion(answers: Sequence[Answer]) -> list[str]:
    """The first station that is named, by where it was lost."""
    columns = [*STATIONS, UNSURE, CLEAN]
    lines = [f"| lost at | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for truth in (*STATIONS, HARMLESS, NONE):
        named = Counter(answer.named for answer in answers if answer.truth == truth)
        lines.append(f"| {truth} | {' | '.join(str(named[name]) for name in columns)} |")
    return lines
