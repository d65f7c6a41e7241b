"""Which station the Prompt Doctor names, on reports whose truth is written into them."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
from encoderscope.conditioning.doctor.diagnose import diagnose
from encoderscope.conditioning.doctor.diagnosis import STATIONS
from encoderscope.tests.doctor import kit
from encoderscope.tests.doctor.diagnosed import all_stations, of


def test_the_phrases_are_those_of_the_prompt_with_their_statements() -> None:
    phrases = [each.phrase for each in all_stations().phrases]
    assert [(each.text, each.kind, each.about) for each in phrases] == [
        ("red", "attribute", "red car"),
        ("car", "thing", "car"),
        ("next to", "relation", "car next to house"),
        ("blue", "attribute", "blue house"),
        ("house", "thing", "house"),
        ("golden hour", "other", "golden hour"),
    ]
    assert all(kit.TEXT[slice(*each.span)] == each.text for each in phrases)


def test_a_healthy_prompt_gets_a_clean_bill() -> None:
    diagnosis = all_stations()
    assert diagnosis.healthy is True
    assert {each.station for each in diagnosis.phrases} == {None}
    assert {each.outcome for each in diagnosis.phrases} == {"healthy"}


def test_a_station_without_a_report_is_named_as_not_looked_at() -> None:
    diagnosis = diagnose(kit.TEXT, tokens=kit.tokens())
    looked = [(each.name, each.looked_at, bool(each.reason)) for each in diagnosis.stations]
    assert looked == [(name, name == "tokenizer", name != "tokenizer") for name in STATIONS]
    assert diagnosis.healthy is True
    states = [check.state for check in of(diagnosis, "red").checks]
    assert states == ["passed", *["not looked at"] * 3]


def test_nothing_at_all_is_no_clean_bill() -> None:
    assert diagnose(kit.TEXT).healthy is None
    assert diagnose("").healthy is None


@pytest.mark.parametrize(
    ("fate", "pooled", "sequence", "certainty"),
    [
        ("cut", False, False, "certain"),
        ("unknown", False, False, "certain"),
        ("masked", False, False, "certain"),
        ("later_window", False, True, "likely"),
        ("past_trained_length", True, False, "likely"),
    ],
)
def test_a_word_that_does_not_arrive_is_lost_at_the_tokenizer(
    fate: str, pooled: bool, sequence: bool, certainty: str
) -> None:
    tokens = kit.with_fate(kit.tokens(), "red", fate, pooled, sequence)
    diagnosis = diagnose(kit.TEXT, tokens=tokens)
    red = of(diagnosis, "red")
    assert (red.station, red.certainty, diagnosis.healthy) == ("tokenizer", certainty, False)
    assert red.remedy
    assert of(diagnosis, "blue").station is None


def test_half_of_a_phrase_is_measured_as_half() -> None:
    tokens = kit.with_fate(kit.tokens(), "hour", "cut", False, False)
    check = of(diagnose(kit.TEXT, tokens=tokens), "golden hour").checks[0]
    assert (check.state, check.measure, check.floor) == ("lost", 0.5, 1.0)


def test_what_only_the_pooled_vector_lacks_is_withdrawn_where_the_model_uses_it() -> None:
    tokens = kit.with_fate(kit.tokens(), "red", "later_window", False, True)
    used = of(diagnose(kit.TEXT, tokens=tokens, generator=kit.generator()), "red")
    assert (used.station, used.overruled) == (None, "tokenizer")
    lacking = kit.image(kit.TEXT, {"red car": kit.FAILS})
    lost = of(diagnose(kit.TEXT, tokens, None, kit.generator(), lacking), "red")
    assert (lost.station, lost.certainty) == ("tokenizer", "likely")


def test_what_is_cut_off_stays_lost_whatever_the_picture_shows() -> None:
    tokens = kit.with_fate(kit.tokens(), "red", "cut", False, False)
    red = of(all_stations(tokens=tokens), "red")
    assert (red.station, red.certainty) == ("tokenizer", "certain")
    assert "from elsewhere" in red.sentence


def test_findings_of_the_lint_are_constructs_of_the_tokenizer() -> None:
    text = "[blurry] castle BREAK forest, <lora:detail:0.8>"
    findings = [
        kit.finding(text, "deemphasis", "[blurry]"),
        kit.finding(text, "break", "BREAK"),
        kit.finding(text, "tag", "<lora:detail:0.8>"),
        kit.finding(text, "repeated", "forest", certain=False),
    ]
    diagnosis = diagnose(text, tokens=kit.tokens(text, findings=findings))
    constructs = [each for each in diagnosis.phrases if each.phrase.kind == "construct"]
    assert [each.phrase.text for each in constructs] == ["[blurry]", "BREAK", "<lora:detail:0.8>"]
    assert {(each.station, each.certainty) for each in constructs} == {("tokenizer", "certain")}
    assert {each.remedy for each in constructs} == {"Write it otherwise."}
    words = [each.phrase.text for each in diagnosis.phrases if each.phrase.kind != "construct"]
    assert words == ["blurry castle", "forest"]
    assert any("forest" in note for note in diagnosis.notes)


def test_a_missing_embedding_is_lost_at_the_tokenizer() -> None:
    text = "a red car, embedding:lazyneg"
    tokens = kit.with_fate(kit.tokens(text), "embedding:lazyneg", "missing_embedding", False, False)
    phrase = of(diagnose(text, tokens=tokens), "embedding:lazyneg")
    assert (phrase.phrase.kind, phrase.station, phrase.certainty) == (
        "embedding",
        "tokenizer",
        "certain",
    )


def test_an_encoding_that_does_not_tell_the_rival_is_certain() -> None:
    diagnosis = all_stations(probe=kit.probe(verdict="COLLAPSED"))
    for text in ("red", "blue"):
        assert (of(diagnosis, text).station, of(diagnosis, text).certainty) == (
            "encoder",
            "certain",
        )
    assert of(diagnosis, "car").station is None


def test_order_only_is_a_loss_for_a_u_net_and_withdrawn_by_the_picture() -> None:
    probe = kit.probe(verdict="ORDER ONLY", generator="U-Net")
    assert of(all_stations(probe=probe, image=None), "red").station == "encoder"
    shown = of(all_stations(probe=probe), "red")
    assert (shown.station, shown.overruled, shown.outcome) == (None, "encoder", "healthy")


def test_order_only_is_a_suspicion_for_a_transformer() -> None:
    probe = kit.probe(verdict="ORDER ONLY")
    alone = of(all_stations(probe=probe, image=None), "red")
    assert (alone.station, alone.outcome) == (None, "cannot tell")
    lacking = of(
        all_stations(probe=probe, image=kit.image(kit.TEXT, {"red car": kit.FAILS})), "red"
    )
    assert (lacking.station, lacking.certainty) == ("encoder", "likely")


def test_an_encoding_that_stays_the_same_is_the_encoders() -> None:
    car = of(all_stations(generator=kit.generator(verdicts={"car": "cut off"}), image=None), "car")
    assert (car.station, car.certainty) == ("encoder", "certain")
    tokens = kit.with_fate(kit.tokens(), "car", "cut", False, False)
    generator = kit.generator(verdicts={"car": "cut off"})
    cut = of(all_stations(tokens=tokens, generator=generator), "car")
    assert cut.station == "tokenizer"


def test_a_phrase_that_the_model_ignores_is_the_generators() -> None:
    generator = kit.generator(verdicts={"golden": "ignored", "hour": "ignored"})
    diagnosis = all_stations(generator=generator, image=None)
    hour = of(diagnosis, "golden hour")
    assert (hour.station, hour.certainty) == ("generator", "likely")
    assert ":1.3)" in hour.remedy
    assert of(diagnosis, "red").station is None
    assert of(all_stations(generator=generator), "golden hour").overruled == "generator"
    half = kit.generator(verdicts={"golden": "ignored"})
    assert of(all_stations(generator=half, image=None), "golden hour").station is None


def test_no_weight_is_recommended_where_weights_are_text() -> None:
    generator = kit.generator(verdicts={"red": "ignored"})
    tokens = kit.tokens(weights=False)
    red = of(diagnose(kit.TEXT, tokens=tokens, generator=generator), "red")
    assert red.station == "generator"
    assert ":1.3)" not in red.remedy


def test_a_picture_that_lacks_what_all_others_passed_on() -> None:
    red = of(all_stations(image=kit.image(kit.TEXT, {"red car": kit.FAILS})), "red")
    assert (red.station, red.certainty) == ("picture", "likely")
    assert "the image model uses it" in red.sentence
    assert red.remedy


def test_no_station_is_named_where_one_was_not_looked_at() -> None:
    answers = {"red car": kit.FAILS, "car": kit.FAILS, "car next to house": kit.UNASKED}
    lacking = kit.image(kit.TEXT, answers)
    unprobed = of(all_stations(image=lacking, generator=None), "red")
    assert (unprobed.station, unprobed.outcome) == (None, "cannot tell")
    assert "the image model" in unprobed.sentence
    undecided = of(all_stations(image=lacking, probe=kit.probe(verdict="UNDECIDED")), "red")
    assert (undecided.station, undecided.certainty) == (None, "cannot tell")
    # nothing could be tested in the encoder: the model's use answers for it
    assert of(all_stations(image=lacking), "car").station == "picture"


def test_guidance_that_is_off_is_the_generators() -> None:
    lacking = kit.image(kit.TEXT, {"red car": kit.FAILS})
    red = of(all_stations(image=lacking, guidance=1.0), "red")
    assert (red.station, red.certainty) == ("generator", "likely")
    assert "cfg" in red.remedy
    assert of(all_stations(image=lacking, guidance=4.5), "red").station == "picture"
    shown = all_stations(guidance=1.0)
    assert of(shown, "red").station is None
    assert (shown.healthy, shown.unguided) == (None, 1.0)
    unseen = all_stations(generator=None, image=None, guidance=1.0)
    assert (unseen.healthy, unseen.unguided) == (None, 1.0)
    assert all_stations(guidance=4.5).healthy is True
    flux = all_stations(tokens=kit.tokens(family="flux"), image=lacking, guidance=1.0)
    assert of(flux, "red").station == "picture"


def test_pictures_are_counted() -> None:
    twice = [{"red car": kit.FAILS}, {}, {"red car": kit.OPEN}, {"red car": kit.FAILS}]
    check = of(all_stations(image=kit.image(kit.TEXT, *twice)), "red").checks[3]
    assert (check.state, check.measure) == ("lost", pytest.approx(1 / 3, abs=1e-3))
    even = kit.image(kit.TEXT, {"red car": kit.FAILS}, {})
    assert of(all_stations(image=even), "red").checks[3].state == "cannot tell"


def test_a_question_that_was_not_asked_says_nothing() -> None:
    image = kit.image(kit.TEXT, {"car": kit.FAILS, "red car": kit.UNASKED})
    red = of(all_stations(image=image), "red")
    assert (red.station, red.outcome) == (None, "cannot tell")


def test_words_in_two_windows_are_a_suspicion() -> None:
    start = kit.TEXT.index("red")
    apart = {"kind": "apart", "text": "Two windows.", "span": [start, start + 7], "stream": "l"}
    probe = kit.probe(lint=[apart])
    assert of(all_stations(probe=probe), "red").station is None
    lacking = kit.image(kit.TEXT, {"red car": kit.FAILS})
    assert of(all_stations(probe=probe, image=lacking), "red").station == "tokenizer"


def test_reports_of_another_prompt_are_left_aside() -> None:
    diagnosis = all_stations(generator=kit.generator("a green dog", {"green": "ignored"}))
    assert [each.looked_at for each in diagnosis.stations] == [True, True, False, True]
    assert "another prompt" in diagnosis.stations[2].reason


def test_a_report_without_the_brackets_of_marks_is_put_back_in_place() -> None:
    text = "a [red] car"
    generator = kit.generator("a red car", {"red": "ignored"})
    assert of(diagnose(text, tokens=kit.tokens(text), generator=generator), "red").station == (
        "generator"
    )


def test_what_is_said_not_to_be_there_is_one_phrase() -> None:
    text = "a cat without a hat"
    questions = [("presence", "cat"), ("negation", "without hat")]
    image = kit.image(text, {"without hat": kit.FAILS}, questions=questions)
    diagnosis = diagnose(text, kit.tokens(text), None, None, image)
    assert [each.phrase.text for each in diagnosis.phrases] == ["cat", "without a hat"]
    assert of(diagnosis, "without a hat").checks[3].state == "lost"


def test_a_statement_that_holds_shows_its_things() -> None:
    image = kit.image(kit.TEXT, {"car": kit.OPEN})
    assert of(all_stations(image=image), "car").checks[3].state == "passed"
    nothing = {"car": kit.OPEN, "red car": kit.UNASKED, "car next to house": kit.UNASKED}
    image = kit.image(kit.TEXT, nothing)
    assert of(all_stations(image=image), "car").checks[3].state == "cannot tell"


def test_a_scorer_speaks_for_its_contrast() -> None:
    def scored(shows: str) -> dict[str, object]:
        picture = {"judged": None, "contrasts": [{"shows": shows}]}
        contrasts = [{"label": "red car / blue house"}]
        return kit.image() | {"questions": [], "contrasts": contrasts, "images": [picture]}

    swapped = of(all_stations(image=scored("shows the swap")), "red")
    assert (swapped.station, swapped.checks[3].state) == ("picture", "lost")
    assert "the other way round" in swapped.sentence
    assert of(all_stations(image=scored("shows the swap")), "car").checks[3].state == "passed"
    assert of(all_stations(image=scored("shows the prompt")), "red").outcome == "healthy"
    assert of(all_stations(image=scored("cannot tell")), "red").outcome == "cannot tell"
