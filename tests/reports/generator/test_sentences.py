"""What an Ignored Words report says never contradicts what it found: over made-up measurements of
all kinds, every sentence, tip and line says the verdict and no other, and a share is written the
same way wherever it stands.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from encoderscope.conditioning.generator.budget import CallPlan, Point
from encoderscope.conditioning.generator.energies import PointEnergies
from encoderscope.conditioning.generator.influence import IGNORED, UNSURE, USED, prompt_influence
from encoderscope.conditioning.generator.measurement import ALONG_A_RUN, Measurement
from encoderscope.conditioning.generator.phrases import PhraseChoice, PromptPhrase
from encoderscope.conditioning.reports.generator import inked_prompt
from encoderscope.conditioning.reports.generator.report import generator_report, ignored
from encoderscope.conditioning.reports.generator.text import plain
from encoderscope.conditioning.reports.shares import part_text

WORDS = ("red car", "blue house", "fog", "no people", "a photo of", "best quality")
SAYS = {
    USED: ("Used: ", "of what the prompt does"),
    IGNORED: ("Ignored: ", "no more than words without meaning"),
    UNSURE: ("Cannot tell: ", "words without meaning may do as much"),
    inked_prompt.CUT_OFF: ("Never reaches the image model: ", "changes nothing"),
}
"""State -> how its tip begins, and what it says."""
OF_OTHERS = {
    USED: ("is ignored", "no more than an exchange", "may do as much", "never reaches"),
    IGNORED: ("decides", "may do as much", "acts ", "never reaches"),
    UNSURE: ("is ignored", "no more than an exchange", "never reaches"),
    inked_prompt.CUT_OFF: ("is ignored", "may do as much", "acts ", "of what the prompt does"),
}
"""State -> words that belong to another one."""


def measurement(dice: random.Random) -> Measurement:
    """Six phrases whose energies, own rows, pooled parts and floor are anything at all."""
    text = ", ".join(WORDS)
    reaches = [dice.random() < 0.9 for _ in WORDS]
    sizes = [10 ** dice.uniform(-4, 0.3) * reach for reach in reaches]
    own = [dice.choice((0.0, 0.01, 0.5, 1.0)) for _ in WORDS]
    floor, seeds = 10 ** dice.uniform(-4, 0), dice.choice((1, 3))
    points = []
    for level in range(4):
        for seed in range(seeds):
            noise = [10 ** dice.gauss(0, 0.15) for _ in WORDS]
            energies = {k: size * noise[k] for k, size in enumerate(sizes) if size}
            rows = {k: energy * own[k] for k, energy in energies.items()}
            pooled = {k: energy * 0.3 for k, energy in energies.items() if k % 2}
            point = Point(level, seed, ())
            points.append(PointEnergies(point, 1.0, energies, {0: floor}, rows, pooled))
    starts = [text.index(word) for word in WORDS]
    phrases = [
        PromptPhrase(word, at, at + len(word), "comma")
        for word, at in zip(WORDS, starts, strict=True)
    ]
    return Measurement(
        choice=PhraseChoice(text, phrases),
        negative="",
        tokens=[{"l": 2}] * len(WORDS),
        reaches=reaches,
        generator_title="SD3",
        family="sd3",
        prediction="flow",
        generator_notes=[],
        moment=ALONG_A_RUN,
        guidance=1.0,
        plan=CallPlan(
            "default", (-3.0, -1.0, 1.0, 3.0), seeds, 2, tuple(x.point for x in points), 50
        ),
        calls=50,
        levels=(-3.0, -1.0, 1.0, 3.0),
        sigmas=(1.0, 0.7, 0.4, 0.1),
        seeds=list(range(seeds)),
        influence=prompt_influence(points, len(WORDS)),
        still=frozenset(k for k in range(len(WORDS)) if not own[k]),
    )


@pytest.fixture(scope="module")
def reports() -> list[dict[str, Any]]:
    return [generator_report(measurement(random.Random(f"sentences {k}"))) for k in range(300)]


def test_every_kind_of_phrase_occurs(reports: list[dict[str, Any]]) -> None:
    phrases = [phrase for report in reports for phrase in report["phrases"]]
    assert {inked_prompt.state(phrase) for phrase in phrases} == set(SAYS)
    ways = {(phrase["verdict"], inked_prompt.way(phrase)) for phrase in phrases}
    for way in (inked_prompt.STILL, inked_prompt.NOT_OWN):
        assert {(USED, way), (UNSURE, way)} <= ways


def test_no_sentence_contradicts_its_verdict(reports: list[dict[str, Any]]) -> None:
    for phrase in (phrase for report in reports for phrase in report["phrases"]):
        state, tip = inked_prompt.state(phrase), phrase["display"]["tip"]
        begins, holds = SAYS[state]
        assert tip[1].startswith(begins) and holds in tip[1], tip
        for text in (phrase["sentence"], *tip[1:]):
            assert not [word for word in OF_OTHERS[state] if word in text], (state, text)


OF_ROWS = {
    inked_prompt.NOT_OWN: "no more than words without meaning",
    inked_prompt.STILL: "the same whatever stands there",
}
"""Way -> what the sentence and the tip say of a phrase's own words."""


def test_own_words_that_do_nothing_are_said_to(reports: list[dict[str, Any]]) -> None:
    for phrase in (phrase for report in reports for phrase in report["phrases"]):
        own, way = phrase["own_rows"], inked_prompt.way(phrase)
        acts = phrase["verdict"] in (USED, UNSURE) and phrase["reaches"]
        assert (way == inked_prompt.STILL) == (acts and not own["change"])
        if way == inked_prompt.NOT_OWN:
            assert acts and own["verdict"] == IGNORED
        rows = [line for line in phrase["display"]["tip"] if line.startswith("Its own words")]
        for each, words in OF_ROWS.items():
            stated = [
                f"Its own {word}" in phrase["sentence"] for word in ("words alone", "rows of")
            ]
            assert (any(stated) and words in phrase["sentence"]) == (way == each)
            assert any(words in line for line in rows) == (way == each)


def test_a_share_is_written_the_same_way_everywhere(reports: list[dict[str, Any]]) -> None:
    for report in reports:
        lines = plain(report)
        for phrase in report["phrases"]:
            share = part_text(phrase["share"])
            assert phrase["display"]["share_text"] == share
            assert f"{share} " in lines
            if phrase["reaches"]:
                assert share in phrase["sentence"] and share in phrase["display"]["tip"][1]


def test_the_first_sentence_names_every_phrase_once(reports: list[dict[str, Any]]) -> None:
    for report in reports:
        named = [
            phrase for phrase in report["phrases"] if f'"{phrase["text"]}"' in report["sentence"]
        ]
        states = {inked_prompt.state(phrase) for phrase in report["phrases"]}
        ways = {inked_prompt.way(phrase) for phrase in report["phrases"]}
        if states == {USED} and inked_prompt.STILL not in ways:
            assert report["sentence"] == "The image model uses all 6 phrases." and not named
        elif "more" not in report["sentence"]:
            assert len(named) == len(WORDS), report["sentence"]
        assert ("ignores" in report["sentence"]) == (IGNORED in states)


def test_the_output_lists_what_is_ignored_and_nothing_else(reports: list[dict[str, Any]]) -> None:
    for report in reports:
        lost = [phrase["text"] for phrase in report["phrases"] if phrase["verdict"] == IGNORED]
        assert ignored(report).splitlines() == lost


def test_where_nothing_can_be_said_no_phrase_is_called_ignored(
    reports: list[dict[str, Any]],
) -> None:
    loud = [report for report in reports if "nothing can be said of single" in str(report["notes"])]
    assert loud
    for phrase in (phrase for report in loud for phrase in report["phrases"]):
        assert phrase["verdict"] == UNSURE or not phrase["reaches"]
