"""Which remedy is tried, and when it is said to have helped."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
from encoderscope.conditioning.doctor import trial
from encoderscope.conditioning.doctor.diagnose import diagnose
from encoderscope.conditioning.doctor.diagnosis import Diagnosis
from encoderscope.conditioning.doctor.remedies import FamilyFacts
from encoderscope.tests.doctor import kit

IGNORED = kit.generator(verdicts={"red": "ignored"})
LACKING = kit.image(kit.TEXT, {"red car": kit.FAILS})


def facts(family: str = "sd3", weights: bool = True) -> FamilyFacts:
    return FamilyFacts.of(kit.tokens(family=family, weights=weights), None)


def of(
    generator: kit.Report | None = None,
    image: kit.Report | None = None,
    guidance: float | None = None,
) -> Diagnosis:
    generator = generator or kit.generator()
    return diagnose(kit.TEXT, kit.tokens(), kit.probe(), generator, image, guidance)


def chosen(diagnosis: Diagnosis, suggested: str = kit.TEXT, **more: object) -> trial.Trial | None:
    return trial.choose_trial(
        diagnosis, suggested, more.get("facts", facts()), more.get("guidance"), 7
    )


def test_the_suggested_prompt_comes_first() -> None:
    tried = chosen(of(IGNORED), "a red car")
    assert tried is not None
    assert (tried.prompt, tried.seed) == ("a red car", 7)


def test_what_is_ignored_gets_a_weight_where_weights_are_read() -> None:
    tried = chosen(of(IGNORED))
    assert tried is not None
    assert tried.prompt.startswith("a (red:1.3) car next to")
    assert chosen(of(IGNORED), facts=facts(weights=False)) is None


def test_guidance_that_is_off_is_turned_on() -> None:
    tried = chosen(of(IGNORED, guidance=1.0), guidance=1.0)
    assert tried is not None
    assert (tried.prompt, tried.guidance) == (kit.TEXT, trial.USUAL_GUIDANCE)
    assert chosen(of(image=kit.image())) is None
    assert chosen(of(image=kit.image(), guidance=1.0)) == tried


def test_what_the_picture_lacks_gets_more_guidance_or_another_seed() -> None:
    louder = chosen(of(image=LACKING), guidance=4.0)
    assert louder is not None
    assert (louder.guidance, louder.seed, louder.prompt) == (6.0, 7, kit.TEXT)
    other = chosen(of(image=LACKING), facts=facts("flux"))
    assert other is not None
    assert (other.seed, other.guidance) == (8, 1.0)


def test_a_healthy_prompt_needs_no_trial() -> None:
    assert chosen(of(image=kit.image())) is None


@pytest.mark.parametrize(
    ("before", "after", "helped"),
    [
        ("ignored", "used", True),
        ("ignored", "ignored", False),
        ("ignored", "cannot tell", None),
        ("cut off", "used", True),
        ("used", "used", False),
    ],
)
def test_influence_says_whether_it_helped(before: str, after: str, helped: bool | None) -> None:
    diagnosis = of(IGNORED)
    reports = [kit.generator(verdicts={"red": verdict}) for verdict in (before, after)]
    red = [each for each in diagnosis.phrases if each.phrase.text == "red"]
    changes = trial.influence_changes(red, *reports)
    tried = chosen(diagnosis)
    assert tried is not None
    result = trial.verification("influence", tried, changes)
    assert result["helped"] is helped
    assert result["phrases"][0]["text"] == "red"


def test_of_two_phrases_with_the_same_words_each_has_its_own_influence() -> None:
    text = "a red car and a red house"
    first, second = (kit.measured(text, "red", verdict) for verdict in ("used", "ignored"))
    second["span"] = [16, 19]
    before = kit.generator(text) | {"phrases": [first, second]}
    after = before | {"phrases": [first, {**second, "verdict": "used", "share": 0.3}]}
    diagnosis = diagnose(text, kit.tokens(text), None, before)
    [red] = [each for each in diagnosis.phrases if each.phrase.span == (16, 19)]
    [change] = trial.influence_changes([red], before, after)
    assert (change.before, change.after, change.better) == (0.004, 0.3, True)
    [gone] = trial.influence_changes([red], before, before | {"phrases": [first]})
    assert (gone.before, gone.after) == (0.004, None)


@pytest.mark.parametrize(
    ("before", "after", "helped"),
    [
        ("lost", "passed", True),
        ("lost", "lost", False),
        ("passed", "lost", False),
        ("lost", "cannot tell", None),
        ("cannot tell", "cannot tell", None),
    ],
)
def test_pictures_say_whether_it_helped(before: str, after: str, helped: bool | None) -> None:
    assert trial.picture_change("red", before, after).better is helped


def test_only_the_phrases_that_are_not_well_are_followed() -> None:
    assert [each.phrase.text for each in trial.followed(of(IGNORED))] == ["red"]
    assert len(trial.followed(of(image=kit.image()))) == 6
