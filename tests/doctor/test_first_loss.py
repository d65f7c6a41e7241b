"""Where two stations lose something, which of them the Prompt Doctor names, and what it says of the
other.
"""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
from encoderscope.conditioning.doctor.diagnose import diagnose
from encoderscope.tests.doctor import kit
from encoderscope.tests.doctor.diagnosed import all_stations, of


def test_an_encoder_is_not_blamed_for_a_rival_that_the_tokenizer_lost() -> None:
    tokens = kit.with_fate(kit.tokens(), "blue", "cut", False, False)
    diagnosis = all_stations(tokens=tokens, probe=kit.probe(verdict="COLLAPSED"))
    assert of(diagnosis, "blue").station == "tokenizer"
    assert of(diagnosis, "red").station is None
    assert of(diagnosis, "red").checks[1].state == "not looked at"


def test_an_encoder_is_blamed_where_part_of_the_conditioning_has_the_rival() -> None:
    tokens = kit.with_fate(kit.tokens(), "blue", "later_window", False, True)
    diagnosis = all_stations(tokens=tokens, probe=kit.probe(verdict="COLLAPSED"))
    assert of(diagnosis, "red").station == "encoder"


def test_order_only_and_a_model_that_ignores_it_is_the_encoders_unless_the_picture_shows_it() -> (
    None
):
    reports = {
        "probe": kit.probe(verdict="ORDER ONLY"),
        "generator": kit.generator(verdicts={"red": "ignored"}),
    }
    assert of(all_stations(**reports, image=None), "red").station == "encoder"
    assert of(all_stations(**reports), "red").station is None


def test_where_an_encoder_is_not_loaded_all_of_a_prompt_it_would_hold_is_under_suspicion() -> None:
    absent = {"name": "t5xxl", "title": "T5-XXL", "status": "absent", "weights": True}
    tokens = kit.tokens()
    tokens["streams"] = [*tokens["streams"], absent]
    unasked = dict.fromkeys(("red car", "car next to house"), kit.UNASKED)
    lacking = kit.image(kit.TEXT, {"car": kit.FAILS, **unasked})
    weak = all_stations(tokens=tokens, probe=kit.probe(verdict="ORDER ONLY"), image=lacking)
    car = of(weak, "car")
    assert (car.station, car.certainty) == ("encoder", "likely")
    assert "T5-XXL" in car.evidence
    assert car.remedy == "Load T5-XXL, too."
    assert of(weak, "house").station is None
    held = all_stations(tokens=tokens, image=lacking)
    assert of(held, "car").station == "picture"


def test_a_wide_interval_above_the_floor_leads_on_to_the_picture() -> None:
    generator = kit.generator(verdicts={"red": "cannot tell"})
    lacking = kit.image(kit.TEXT, {"red car": kit.FAILS})
    assert of(all_stations(generator=generator, image=lacking), "red").station == "picture"
    higher = generator | {"floor": {"share": 0.01, "interval": [0.0, 0.05]}}
    assert of(all_stations(generator=higher, image=lacking), "red").station is None
    unguided = all_stations(generator=higher, image=lacking, guidance=1.0)
    assert of(unguided, "red").station == "generator"


def test_the_picture_is_not_blamed_where_something_was_lost_before_it() -> None:
    unasked = dict.fromkeys(("red car", "blue house", "car next to house"), kit.UNASKED)
    answers = {"car": kit.FAILS, "house": kit.FAILS, **unasked}
    diagnosis = all_stations(
        generator=kit.generator(verdicts={"red": "ignored"}), image=kit.image(kit.TEXT, answers)
    )
    assert of(diagnosis, "red").station == "generator"
    car = of(diagnosis, "car")
    assert (car.station, car.outcome) == (None, "cannot tell")
    assert "“red”" in car.sentence
    assert car.remedy.startswith("Mend “")
    assert of(diagnosis, "house").station is None
    alone = all_stations(image=kit.image(kit.TEXT, answers))
    assert {of(alone, name).station for name in ("car", "house")} == {"picture"}


def test_a_thousand_constructs_stay_bounded() -> None:
    text = " ".join(f"<lora:x{k}:1>" for k in range(1000))
    findings = [kit.finding(text, "tag", f"<lora:x{k}:1>", certain=k % 2 == 0) for k in range(1000)]
    diagnosis = diagnose(text, tokens=kit.tokens(text, findings=findings))
    assert len(diagnosis.phrases) <= 2 * 64
    assert len(diagnosis.notes) <= 16
    assert any("436 more constructs" in note for note in diagnosis.notes)


def test_a_late_phrase_that_is_drawn_may_stand_in_anothers_way() -> None:
    tokens = kit.with_fate(kit.tokens(), "house", "later_window", False, True)
    unasked = dict.fromkeys(("red car", "car next to house"), kit.UNASKED)
    lacking = kit.image(kit.TEXT, {"car": kit.FAILS, **unasked})
    diagnosis = all_stations(tokens=tokens, image=lacking)
    assert of(diagnosis, "house").overruled == "tokenizer"
    assert of(diagnosis, "car").station is None
    assert "“house”" in of(diagnosis, "car").sentence
    assert of(all_stations(image=lacking), "car").station == "picture"


def test_the_image_model_is_excused_by_what_the_encoder_surely_lost() -> None:
    verdicts = {"car": "cut off", "house": "ignored"}
    diagnosis = all_stations(generator=kit.generator(verdicts=verdicts), image=None)
    assert of(diagnosis, "car").station == "encoder"
    assert of(diagnosis, "house").station is None
    alone = all_stations(generator=kit.generator(verdicts={"house": "ignored"}), image=None)
    assert of(alone, "house").station == "generator"


@pytest.mark.parametrize(("kind", "excuses"), [("tag", True), ("deemphasis", False)])
def test_an_ignored_word_is_the_consequence_of_a_tag_that_is_read_as_words(
    kind: str, excuses: bool
) -> None:
    text = "<lora:green tree:0.8> a red car next to a blue house"
    tokens = kit.tokens(text, findings=[kit.finding(text, kind, "<lora:green tree:0.8>")])
    ignored = kit.generator(text, {"house": "ignored"})
    diagnosis = diagnose(text, tokens, kit.probe(text), ignored)
    stations = {each.phrase.text: each.station for each in diagnosis.phrases if each.station}
    house = of(diagnosis, "house")
    if excuses:
        assert stations == {"<lora:green tree:0.8>": "tokenizer"}
        assert "“<lora:green tree:0.8>” is read as words" in house.sentence
        assert house.remedy.startswith("Mend “")
    else:
        assert stations["house"] == "generator"


@pytest.mark.parametrize(
    ("kind", "subject", "remedy"),
    [
        ("binding", "what belongs to what", "Look at the generator first."),
        ("negation", "what is negated", "negative prompt"),
        ("relation", "which thing stands where", "regional prompts"),
        ("of a newer version", "what belongs to what", "Look at the generator first."),
    ],
)
def test_a_loss_in_the_encoder_is_named_and_mended_by_its_kind(
    kind: str, subject: str, remedy: str
) -> None:
    probe = kit.probe(verdict="ORDER ONLY", generator="U-Net")
    probe["contrasts"][0]["kind"] = kind
    red = of(all_stations(probe=probe, image=None), "red")
    assert red.station == "encoder"
    assert f"but not {subject} (ORDER ONLY)" in red.sentence
    assert remedy in red.remedy


def test_guidance_that_is_off_is_named_beside_a_tag() -> None:
    text = "<lora:green tree:0.8> a red car next to a blue house"
    tokens = kit.tokens(text, findings=[kit.finding(text, "tag", "<lora:green tree:0.8>")])
    lacking = kit.image(text, {"red car": kit.FAILS}, questions=[("colour", "red car")])
    diagnosis = diagnose(text, tokens, kit.probe(text), kit.generator(text), lacking, guidance=1.0)
    assert of(diagnosis, "red").station == "generator"


def test_an_encoder_under_suspicion_is_excused_by_what_the_tokenizer_surely_lost() -> None:
    absent = {"name": "t5xxl", "title": "T5-XXL", "status": "absent", "weights": True}
    tokens = kit.tokens()
    tokens["streams"] = [*tokens["streams"], absent]
    unasked = dict.fromkeys(("red car", "car next to house"), kit.UNASKED)
    reports = {
        "probe": kit.probe(verdict="UNDECIDED"),
        "image": kit.image(kit.TEXT, {"car": kit.FAILS, **unasked}),
    }
    assert of(all_stations(tokens=tokens, **reports), "car").station == "encoder"
    cut = kit.with_fate(tokens, "hour", "cut", False, False)
    assert of(all_stations(tokens=cut, **reports), "car").station is None
