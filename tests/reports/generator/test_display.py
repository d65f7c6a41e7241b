"""What the views of an Ignored Words report draw, computed once: ink, bars, words; the schema."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from encoderscope.conditioning.reports.generator import display, inked_prompt, share_axis
from encoderscope.conditioning.reports.generator.display import with_display
from encoderscope.conditioning.reports.shares import part_text, parts_text
from encoderscope.tests.reports.generator import kit

Report = dict[str, Any]
DOCS = Path(__file__).parents[3] / "docs"


def drawn(name: str) -> Report:
    return with_display(kit.REPORTS[name]())


def phrase_named(report: Report, text: str) -> Report:
    return next(phrase for phrase in report["phrases"] if phrase["text"] == text)


@pytest.mark.parametrize("name", kit.REPORTS)
def test_the_schema_holds_and_drawing_again_changes_nothing(name: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((DOCS / "report-generator.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    report = drawn(name)
    plain = json.loads(json.dumps(report, allow_nan=False))
    jsonschema.validate(plain, schema, cls=jsonschema.Draft202012Validator)
    assert with_display(report) == report
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**plain, "moment": "at noon"}, schema)


@pytest.mark.parametrize("name", kit.REPORTS)
def test_the_pieces_are_the_prompt_and_every_phrase_has_its_own(name: str) -> None:
    report = drawn(name)
    pieces = report["display"]["pieces"]
    text = "".join(piece["text"] for piece in pieces)
    assert text == report["text"][: inked_prompt.MAX_CHARS]
    assert report["display"]["complete"] == (text == report["text"])
    for index, phrase in enumerate(report["phrases"]):
        own = "".join(piece["text"] for piece in pieces if piece["phrase"] == index)
        if phrase["span"][1] <= inked_prompt.MAX_CHARS:
            assert own == phrase["text"]


def test_a_piece_belongs_to_the_shortest_phrase_around_it() -> None:
    text = "a red car by a house"
    outer, inner = kit.phrase(text, "red car by a house", 0.5), kit.phrase(text, "car", 0.1)
    beyond = kit.phrase(text, "house", 0.2) | {"span": [15, 900]}
    pieces = with_display(kit.report([outer, inner, beyond], text))["display"]["pieces"]
    expected = [("a ", None), ("red ", 0), ("car", 1), (" by a ", 0), ("house", 2)]
    assert [(piece["text"], piece["phrase"]) for piece in pieces] == expected


def test_ink_grows_with_influence_and_what_is_struck_through_has_none() -> None:
    report = drawn("mixed")
    inks = {phrase["text"]: phrase["display"]["ink"] for phrase in report["phrases"]}
    assert inks == {
        "red car": 4,
        "blue house": 3,
        "cinematic light": 2,
        "best quality": 0,
        "(fog:1.2)": 1,
        "no people": 0,
    }


def test_nothing_is_dark_where_nothing_does_more_than_the_floor() -> None:
    text = kit.TEXT
    weak = [kit.phrase(text, words, 0.005, "cannot tell") for words in ("red car", "blue house")]
    report = with_display(kit.report(weak))
    assert [phrase["display"]["ink"] for phrase in report["phrases"]] == [1, 1]
    zero = with_display(kit.report(weak, floor={"share": 0.0, "interval": [0.0, 0.0]}))
    assert {phrase["display"]["ink"] for phrase in zero["phrases"]} == {4}


@pytest.mark.parametrize(
    ("name", "tone"),
    [
        ("mixed", "lost"),
        ("used", "kept"),
        ("ignored", "lost"),
        ("unsure", "open"),
        ("alone", "kept"),
        ("nothing", "open"),
        ("long", "lost"),
    ],
)
def test_tone(name: str, tone: str) -> None:
    assert drawn(name)["display"]["tone"] == tone


def test_what_never_reaches_the_image_model_is_no_mere_verdict() -> None:
    shown = phrase_named(drawn("mixed"), "no people")["display"]
    assert (shown["state"], shown["sign"]) == ("cut off", "!")
    assert shown["state_text"] == "never reaches the image model"
    assert "move it forward" in shown["said"] and shown["own"] is None and shown["route"] == ""
    never, tokens = shown["tip"][1:]
    assert never.startswith("Never reaches the image model: exchanging it changes nothing that")
    assert tokens == "CLIP-L 0 tokens"


def test_bars_stand_on_one_linear_axis() -> None:
    report = drawn("mixed")
    axis = report["display"]["axis"]["ticks"]
    assert axis[0] == {"place": 0, "text": "0"} and axis[-1] == {"place": 100, "text": "60 %"}
    car = phrase_named(report, "red car")
    assert car["display"]["width"] == pytest.approx(70) and car["display"]["own"] == 56
    left = 100 * car["interval"][0] / 0.6
    width = 100 * (car["interval"][1] - car["interval"][0]) / 0.6
    assert car["display"]["interval"]["left"] == pytest.approx(left, abs=1e-3)
    assert car["display"]["interval"]["width"] == pytest.approx(width, abs=2e-3)
    assert report["display"]["floor"]["width"] == pytest.approx(2)
    assert not car["display"]["beyond"]


@pytest.mark.parametrize(
    ("most", "far", "step"),
    [(0.0, 0.01, 0.01), (0.034, 0.04, 0.01), (0.3, 0.3, 0.1), (0.51, 0.6, 0.2), (0.99, 1.0, 0.2)],
)
def test_the_axis_ends_at_a_round_number(most: float, far: float, step: float) -> None:
    phrase = kit.phrase(kit.TEXT, "red car", most, interval=[0.0, most])
    report = kit.report([phrase], floor={"share": 0.0, "interval": [0.0, 0.0]})
    assert share_axis.reach(report) == pytest.approx(far)
    assert share_axis.tick_step(far) == step and 1 <= len(share_axis.ticks(far)) - 1 <= 5


def test_an_interval_does_not_stretch_the_axis_beyond_the_whole() -> None:
    phrase = kit.phrase(kit.TEXT, "red car", 0.8, interval=[0.4, 1.7])
    report = with_display(kit.report([phrase]))
    shown = report["phrases"][0]["display"]
    assert share_axis.reach(report) == 1.0 and shown["interval"] == {"left": 40, "width": 60}
    assert not shown["beyond"]


def test_what_leaves_the_axis_is_marked() -> None:
    phrase = kit.phrase(kit.TEXT, "red car", 7.0)
    shown = with_display(kit.report([phrase]))["phrases"][0]["display"]
    assert shown["beyond"] and shown["width"] == 100 and shown["share_text"] == "700 %"


def test_the_way_by_which_a_phrase_acts_is_said_where_it_is_not_its_own_words() -> None:
    report = drawn("mixed")
    routes = {phrase["text"]: phrase["display"]["route"] for phrase in report["phrases"]}
    assert routes == {
        "red car": "",
        "blue house": "mostly via other words",
        "cinematic light": "mostly via the pooled vector",
        "best quality": "",
        "(fog:1.2)": "",
        "no people": "",
    }
    assert [bool(phrase["display"]["said"]) for phrase in report["phrases"]] == [False] * 3 + [
        True
    ] * 3
    tip = " ".join(phrase_named(report, "cinematic light")["display"]["tip"])
    assert "70 % of what it does travels through other words" in tip
    assert "The pooled vector alone does 8.8 % (6.6 to 9.9 %)." in tip
    assert "CLIP-L 2 tokens, T5-XXL 3 tokens" in tip
    assert "to the last: 18 %, 13 %, 8.8 %, 4.4 %." in tip


def test_a_negative_leak_splits_nothing() -> None:
    own = {"share": 0.5, "interval": [0.4, 0.6]}
    phrase = kit.phrase(kit.TEXT, "red car", 0.4, own_rows=own, leak=-0.25)
    shown = with_display(kit.report([phrase]))["phrases"][0]["display"]
    assert shown["own"] == shown["width"] and shown["route"] == ""
    assert "0 % of what it does travels" in " ".join(shown["tip"])


def test_ignored_phrases_are_seen_at_once_however_many_there_are() -> None:
    report = drawn("many")
    shown, phrases = report["display"], report["phrases"]
    assert sorted(shown["seen"] + shown["folded"]) == list(range(40))
    assert len(shown["seen"]) == display.FIRST
    struck = [index for index in shown["seen"] if phrases[index]["verdict"] == "ignored"]
    assert len(struck) == 8, "two of three places"
    assert shown["more"] == "28 more phrases"
    shares = [phrases[index]["share"] for index in shown["seen"]]
    assert shares == sorted(shares, reverse=True)
    few = display.parted(list(range(40)), [kit.phrase(kit.TEXT, "red car")] * 40, 12)
    assert few == (list(range(12)), list(range(12, 40)))
    lost = [kit.phrase(kit.TEXT, "red car", 0.0, "ignored")] * 40
    assert display.parted(list(range(40)), lost, 12)[0] == list(range(12))
    assert display.more_text(lost, range(3)) == "3 more phrases, 3 of them ignored or cut off"


def test_one_line_says_how_it_was_measured() -> None:
    assert drawn("mixed")["display"]["how"] == (
        "Measured along a short run of the sampler, without guidance, at 4 noise levels with "
        "2 seeds, 56 calls of the image model. It answers why a phrase was ignored."
    )
    report = kit.finished()
    report["budget"] |= {"calls": 1, "levels": [0.0], "seeds": [7]}
    assert with_display(report)["display"]["how"] == (
        "Measured on the finished picture, noised again, with guidance 4.5, at 1 noise level with "
        "1 seed, 1 call of the image model. It answers whether a phrase is in this picture."
    )
    texts = [fact["text"] for fact in with_display(report)["display"]["facts"]]
    assert texts == ["mini-MMDiT", "sd3", "on the finished picture", "guidance 4.5", texts[-1]]
    assert texts[-1] == "default: 1 call"


def test_the_legend_has_only_what_occurs() -> None:
    names = {
        name: [item["name"] for item in drawn(name)["display"]["legend"]] for name in kit.REPORTS
    }
    assert names["nothing"] == []
    assert names["used"] == ["used", "own", "other", "interval", "floor"]
    assert names["ignored"] == ["ignored", "interval", "floor"]
    assert names["mixed"] == [
        *("used", "ignored", "cannot tell", "cut off"),
        *("own", "other", "interval", "floor", "blind"),
    ]


def test_binding_stands_beside_binding() -> None:
    lost, held = (entry["display"] for entry in drawn("mixed")["binding"])
    assert lost["encoder"]["text"] == "BOUND" and lost["encoder"]["sign"] == "✓"
    assert lost["encoder"]["share"] == pytest.approx(100 * math.sqrt(0.24), abs=1e-3)
    assert not lost["generator"]["beyond"] and lost["generator"]["text"] == "not shown to bind"
    assert "it is not shown that the image model binds it" in lost["tip"][-2]
    assert "upper bound" in lost["tip"][-1]
    assert held["encoder"] is None and held["generator"]["beyond"]
    assert held["tip"][-1] == "What binds nothing stays below 5 %: the image model does bind it."


def test_what_is_said_of_several_phrases_is_said_below_the_first() -> None:
    words = ("red car", "blue house", "cinematic light")
    ignored = [kit.phrase(kit.TEXT, word, 0.01, "ignored", own_rows=None) for word in words]
    shown = with_display(kit.used() | {"phrases": ignored})["phrases"]
    assert [bool(phrase["display"]["said"]) for phrase in shown] == [True, False, False]


def test_notes_do_not_repeat_the_sentence() -> None:
    report = kit.used() | {
        "notes": ["Every phrase is used.", "Twice.", "Twice."],
        "skipped": ["Left."],
    }
    report["generator"]["notes"] = ["Assumed."]
    assert with_display(report)["display"]["notes"] == ["Assumed.", "Left.", "Twice."]


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (0.00004, "< 0.01 %"),
        (0.00312, "0.31 %"),
        (0.00082, "0.08 %"),
        (0.0551, "5.5 %"),
        (0.423, "42 %"),
        (1.04, "104 %"),
        (-0.01, "0 %"),
        (None, "no number"),
    ],
)
def test_parts_in_words(share: float | None, text: str) -> None:
    assert part_text(share) == text
    assert parts_text((0.1, 0.2)) == "10 to 20 %"


@pytest.mark.parametrize("wrong", [None, float("nan"), float("inf"), "many"])
def test_no_number_is_never_a_length(wrong: Any) -> None:
    report = kit.mixed()
    for phrase in report["phrases"]:
        phrase |= {"share": wrong, "interval": [wrong, wrong], "leak": wrong}
    for entry in report["binding"]:
        entry["generator"] |= {"share": wrong, "interval": [wrong, wrong], "null": [wrong, wrong]}
    report["floor"] = {"share": wrong, "interval": [wrong, wrong]}
    shown = with_display(report)
    json.dumps(
        [part["display"] for part in (shown, *shown["phrases"], *shown["binding"])], allow_nan=False
    )
    assert shown["phrases"][0]["display"]["share_text"] == "no number"
