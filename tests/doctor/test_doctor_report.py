"""The doctor's report: its schema, its sentences, and its three faces, which say the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
from encoderscope.conditioning.doctor.diagnose import diagnose
from encoderscope.conditioning.reports.doctor import display, picture, sentences
from encoderscope.conditioning.reports.doctor import text as doctor_text
from encoderscope.conditioning.reports.doctor.report import doctor_report
from encoderscope.conditioning.reports.strict_json import to_json
from encoderscope.tests.doctor import kit

SCHEMA = Path(__file__).parents[2] / "docs" / "report-doctor.schema.json"


@pytest.mark.parametrize("name", list(kit.REPORTS))
def test_every_report_is_as_the_schema_says(name: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    report = json.loads(to_json(kit.REPORTS[name]()))
    jsonschema.validate(report, json.loads(SCHEMA.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", list(kit.REPORTS))
def test_every_report_is_drawn_and_written(name: str) -> None:
    report = json.loads(to_json(kit.REPORTS[name]()))
    assert picture.render(report, width=640, scale=1).width == 640
    text = doctor_text.plain(report)
    assert report["sentence"] in text
    for phrase in report["phrases"]:
        if phrase["outcome"] == "lost":
            assert phrase["says"] in text
    rows = display.grouped(report["phrases"])
    assert doctor_text.markdown(report).count("\n| ") == len(rows) + 1


def test_the_sentence_names_every_loss_and_how_sure() -> None:
    sentence = kit.sick()["sentence"]
    assert "“embedding:lazyneg” was lost at the tokenizer." in sentence
    assert "“castle” was likely lost in the image model." in sentence
    assert "“red car” was" not in sentence  # what was lost before it may be the reason
    assert "“[old|new]” is not what it seems." in sentence


LATE = "a red car, a blue house, golden hour"
"""Its last two words never reach the pooled vector."""


def late(**more: Any) -> dict[str, Any]:
    """The report of a prompt whose end only the sequence holds."""
    tokens = kit.tokens(LATE, **more)
    for word in ("golden", "hour"):
        tokens = kit.with_fate(tokens, word, "later_window", False, True)
    return doctor_report(diagnose(LATE, tokens))


def test_what_only_the_pooled_vector_lacks_is_not_called_lost() -> None:
    report = late()
    assert report["sentence"].startswith("“golden hour” reaches the image model only in part. ")
    [phrase] = [each for each in report["phrases"] if each["station"]]
    assert phrase["says"].endswith("lacks it; it arrives in the sequence of CLIP-L.")
    assert display.lamps(phrase) == ["part", "unseen", "unseen", "unseen"]
    assert phrase["display"]["tone"] == "open"
    assert "goes on in part" in [item["title"] for item in report["display"]["legend"]]
    assert report["changes"] == [
        "“golden hour”: Move it forward, if it should shape the picture as a whole."
    ]


def test_characters_without_a_word_are_named_once() -> None:
    unread = kit.finding(LATE, "unknown_pieces", "golden hour")
    tag = kit.finding(LATE, "wildcard", "blue")
    sentence = late(findings=[unread, tag])["sentence"]
    assert sentence.startswith("“golden hour” is not read as a word. “blue” is not what it seems.")


def test_phrases_behind_the_last_are_named_with_a_remedy_that_works_here() -> None:
    text = ", ".join(f"golden hour{'x' * k}" for k in range(70))
    [note] = doctor_report(diagnose(text, kit.tokens(text)))["notes"]
    assert "left out, since 64 phrases are looked at in one prompt." in note
    assert "Mark" not in note, "marks in square brackets are grammar of other programs here"


def test_a_remedy_for_several_phrases_is_for_each() -> None:
    findings = [kit.finding(LATE, "flag", part) for part in ("red", "blue")]
    report = doctor_report(diagnose(LATE, kit.tokens(LATE, findings=findings)))
    assert "“red” and “blue”, each: Write it otherwise." in report["changes"]


def well(*phrases: tuple[str, str, str]) -> str:
    """What the sentence says beside one loss; kind, text and statement of phrases that are well."""
    ill = {"kind": "thing", "text": "castle", "about": "castle", "outcome": "lost", "span": [0, 0]}
    ill |= {"station": "picture", "certainty": "likely", "checks": []}
    rest = {"outcome": "healthy", "station": None, "certainty": "likely", "checks": []}
    rest["span"] = [0, 0]
    each = [dict(zip(("kind", "text", "about"), phrase, strict=True)) | rest for phrase in phrases]
    return sentences.verdict([ill, *each], []).partition("picture. ")[2]


def test_a_thing_whose_statement_is_well_is_not_named_again() -> None:
    car, house = ("thing", "Car", "Car"), ("thing", "house", "house")
    red, blue = ("attribute", "red", "red car"), ("attribute", "blue", "blue house, blue door")
    expected = "Nothing is wrong with “red car” and “blue house, blue door”."
    assert well(red, car, blue, house) == expected
    assert well(car, house) == "Nothing is wrong with “Car” and “house”."


def test_a_thing_that_no_statement_names_is_named() -> None:
    red, park = ("attribute", "red", "red carpet"), ("other", "car park", "car park")
    beside = ("relation", "next to", "car next to house")
    car = ("thing", "car", "car")
    assert well(red, car) == "Nothing is wrong with “red carpet” and “car”."
    assert well(park, car) == "Nothing is wrong with “car park” and “car”."
    assert well(car, beside) == "Nothing is wrong with “car next to house”."


def test_without_guidance_there_is_no_clean_bill() -> None:
    reports = kit.tokens(), kit.probe(), kit.generator(), kit.image()
    off = doctor_report(diagnose(kit.TEXT, *reports, guidance=1.0))
    assert off["healthy"] is None and off["display"]["tone"] == "open"
    assert off["sentence"] == (
        "Nothing is wrong with “red car”, “car next to house”, “blue house” and “golden hour”. But "
        "guidance is off (cfg 1), without which things are drawn poorly. Raise the sampler's cfg "
        "to about 4 to 7, unless the model was distilled to do without (Turbo, Lightning, LCM)."
    )
    flux = kit.tokens(family="flux"), *reports[1:]
    assert doctor_report(diagnose(kit.TEXT, *flux, guidance=1.0))["healthy"] is True
    lacking = kit.image(kit.TEXT, {"red car": kit.FAILS})
    named = doctor_report(diagnose(kit.TEXT, *reports[:3], lacking, guidance=1.0))["sentence"]
    assert "likely lost in the image model" in named and "drawn poorly" not in named


def test_an_ignored_word_beside_a_tag_is_not_called_unknown() -> None:
    text = "<lora:green tree:0.8> a red car next to a blue house"
    tokens = kit.tokens(text, findings=[kit.finding(text, "tag", "<lora:green tree:0.8>")])
    ignored = kit.generator(text, {"blue": "ignored", "house": "ignored"})
    sentence = doctor_report(diagnose(text, tokens, kit.probe(text), ignored))["sentence"]
    assert "“<lora:green tree:0.8>” is not what it seems." in sentence
    assert "ignores “blue house” and “house”, which may come of what was lost" in sentence
    assert "nothing can be told" not in sentence


def test_no_more_is_called_well_than_was_looked_at() -> None:
    ill = {"kind": "construct", "text": "BREAK", "about": "BREAK", "outcome": "lost"}
    ill["span"] = [0, 5]
    ill |= {"station": "tokenizer", "certainty": "certain", "checks": []}
    well = {"kind": "thing", "text": "car", "about": "car", "outcome": "healthy", "span": [6, 9]}
    well |= {"station": None, "certainty": "likely", "checks": []}
    names = ("tokenizer", "encoder", "generator", "picture")

    def end(looked: int) -> str:
        stations = [{"name": name, "looked_at": at < looked} for at, name in enumerate(names)]
        return sentences.verdict([ill, well], stations).partition("seems. ")[2]

    assert end(1) == "Nothing is wrong with “car” as far as the tokenizer can show."
    expected = "Nothing is wrong with “car” as far as the tokenizer and the text encoder can show."
    assert end(2) == expected
    assert end(4) == "Nothing is wrong with “car”."


def test_a_thing_is_named_whose_statement_was_lost() -> None:
    sentence = kit.well_thing()["sentence"]
    assert "“red car” was likely lost in the image model." in sentence
    assert sentence.endswith(
        "Nothing is wrong with “car next to house”, “blue house” and “golden hour” as far as the "
        "tokenizer, the text encoder and the image model can show."
    )


def test_words_that_are_not_what_they_seem_are_not_called_well() -> None:
    text = "красная машина и синий дом"
    findings = [kit.finding(text, "byte_pieces", part) for part in ("красная машина", "синий дом")]
    report = doctor_report(diagnose(text, kit.tokens(text, findings=findings)))
    assert report["sentence"] == "“красная машина” and “синий дом” are not read as words."


def test_words_that_are_constructs_are_no_phrases_beside_them() -> None:
    text = "小红车, a cat::2"
    findings = [
        kit.finding(text, "unknown_pieces", "小红车"),
        kit.finding(text, "foreign_weight", "::2"),
    ]
    report = doctor_report(diagnose(text, kit.tokens(text, findings=findings)))
    assert [each["text"] for each in report["phrases"]] == ["小红车", "cat", "::2"]


def test_quotations_and_tags_stay_whole() -> None:
    text = 'A red car with the sign "TO LET", raw photo, best quality, natural lighting'
    report = doctor_report(diagnose(text, kit.tokens(text)))
    assert [each["text"] for each in report["phrases"]] == [
        *("red", "car", "sign", "TO LET", "raw photo", "best quality", "natural lighting")
    ]


def test_one_of_two_pictures_is_no_riddle() -> None:
    pictures = kit.image(kit.TEXT, {"red car": kit.FAILS}, {})
    report = doctor_report(diagnose(kit.TEXT, kit.tokens(), kit.probe(), kit.generator(), pictures))
    assert report["sentence"].startswith("Half of the pictures show “red car”, and half do not.")
    red = next(each for each in report["phrases"] if each["text"] == "red")
    assert red["says"] == "1 of 2 pictures shows it."


def test_what_is_said_of_a_lost_thing_is_not_named_beside_it() -> None:
    absent = {"car": kit.FAILS, "red car": kit.UNASKED, "car next to house": kit.UNASKED}
    reports = kit.tokens(), kit.probe(), kit.generator(), kit.image(kit.TEXT, absent)
    sentence = doctor_report(diagnose(kit.TEXT, *reports))["sentence"]
    assert sentence == (
        "“car” was likely lost in the picture. Nothing is wrong with “blue house” and “golden "
        "hour”."
    )


def test_a_clean_bill_names_what_was_not_looked_at() -> None:
    assert kit.healthy()["sentence"] == (
        "A clean bill: the tokenizer, the text encoder, the image model and the picture passed all "
        "6 phrases."
    )
    alone = diagnose("a cat", kit.tokens("a cat"))
    assert doctor_report(alone)["sentence"] == (
        "The tokenizer passed the phrase. The text encoder, the image model and the "
        "picture were not looked at."
    )
    alone = kit.REPORTS["alone"]()
    assert [each["seen"] for each in alone["display"]["stations"]] == [True, False, False, False]


def test_what_was_lost_is_lost_once() -> None:
    for phrase in kit.sick()["phrases"]:
        names = [lamp["name"] for lamp in phrase["display"]["lamps"]]
        assert names.count("lost") == (phrase["station"] is not None)
        if "lost" in names:
            assert set(names[names.index("lost") + 1 :]) <= {"after"}


def test_a_withdrawn_suspicion_is_a_question_mark() -> None:
    phrase = next(each for each in kit.sick()["phrases"] if each["text"] == "golden hour")
    assert phrase["overruled"] == "tokenizer"
    assert phrase["display"]["lamps"][0]["name"] == "unsure"
    line = next(each for each in kit.sick()["display"]["lines"] if "golden" in each["label"])
    assert line["where"] == "a suspicion, withdrawn"


def test_phrases_of_a_long_prompt_that_fared_alike_share_a_row() -> None:
    report = kit.alone()
    rows, phrases = report["display"]["rows"], report["phrases"]
    assert len(phrases) > display.FIRST > len(rows)
    assert sum(row["count"] for row in rows) == len(phrases)
    tones = [row["display"]["tone"] for row in rows]
    assert tones == sorted(tones, key=lambda tone: tone == "kept") and tones[0] != tones[-1]
    for row, group in zip(rows, display.grouped(phrases), strict=True):
        lit = [lamp["name"] for lamp in row["display"]["lamps"]]
        assert all(display.lamps(phrase) == lit for phrase in group)
        assert row["text"] in (group[0]["text"], display.row_text(group))
    assert report["display"]["folded"] == list(range(len(phrases)))
    assert str(len(phrases)) in report["display"]["more"]


def test_a_long_prompt_is_a_short_picture() -> None:
    words = " and ".join(f"a red thing{k} on a blue table{k}" for k in range(12))
    long, short = (diagnose(text, kit.tokens(text)) for text in (words, "a red car on a table"))
    heights = [picture.render(doctor_report(each), scale=1).height for each in (long, short)]
    assert len(long.phrases) > 40 and heights[0] < heights[1] + 60


def test_few_phrases_have_a_row_each() -> None:
    report = doctor_report(diagnose(kit.TEXT, kit.tokens()))
    assert report["display"]["rows"] == [] and not report["display"]["folded"]
    assert report["display"]["seen"] == list(range(len(report["phrases"])))


def test_nothing_of_a_prompt_is_markup_in_markdown() -> None:
    text: Any = doctor_text.markdown(kit.sick())
    assert "[old\\|new" in text.replace("\\[", "[")
