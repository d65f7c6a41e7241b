"""Odd conditionings and states: the right numbers, or a sentence that says what is wrong."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.mixing.assembly import assemble
from encoderscope.conditioning.mixing.mixture import Mixed, mix
from encoderscope.conditioning.mixing.schedule import MixPart
from encoderscope.conditioning.mixing.text_states import ScheduleStep, StreamStates, TextStates
from encoderscope.conditioning.reports.conditioning.report import conditioning_report
from encoderscope.conditioning.translation import localized

FP8 = ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz")


def prompt(width: int = 768, pooled: int = 0, rows: int = 77, **keys: Any) -> list[list[Any]]:
    generator = torch.Generator().manual_seed(0)
    result = dict(keys)
    if pooled:
        result["pooled_output"] = torch.randn(1, pooled, generator=generator)
    return [[torch.randn(1, rows, width, generator=generator), result]]


def mixed(conditioning: Any, **options: Any) -> Mixed:
    parts = {"clip": MixPart(0.5), "t5": MixPart(0.5)}
    return mix(conditioning, conditioning, parts, **options)


def stream(name: str, width: int, batch: int = 1, dtype: Any = torch.float32) -> StreamStates:
    pooled = None if name.endswith("xxl") else torch.ones(batch, width, dtype=dtype)
    return StreamStates(name, torch.ones(batch, 77, width, dtype=dtype), pooled, (77,))


def states(family: str | None, *streams: StreamStates, **keys: Any) -> TextStates:
    step = ScheduleStep({each.name: each for each in streams}, keys)
    return TextStates(family, (step,), {}, {})


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: mixed(prompt(start_percent=10**400)), "start_percent 1000000"),
    (
        lambda: mixed([[torch.ones(1).expand(1, 1_000_000, 768), {}]]),
        "768,000,000 numbers, in the shape",
    ),
    (lambda: MixPart(math.nan), "strength nan"),
    (lambda: MixPart(math.inf), "strength inf"),
    (lambda: mixed(prompt(), interpolation="spherical"), "Unknown interpolation"),
    (lambda: mixed(prompt(attention_mask="x")), "attention_mask that is a str"),
    (lambda: mixed(prompt(pooled_output=[1])), "The pooled vector of pooled_from is list"),
    (lambda: mixed(prompt(start_percent=None)), "start_percent None"),
    (
        lambda: mix(prompt(), [[prompt()[0][0].half(), {}]], {"clip": MixPart(1e6)}),
        "leaves the range of float16",
    ),
    (lambda: assemble(None, None, {}), "states holds no states, but NoneType"),  # type: ignore[arg-type]
    (lambda: assemble(states("sd1", stream("l", 768), start_percent="x"), None, {}), "'x'"),
    (
        lambda: assemble(states("sdxl", stream("l", 768, 2), stream("g", 1280)), None, {}),
        "different numbers of texts: l 2, g 1",
    ),
    (
        lambda: assemble(
            states("sdxl", stream("l", 768), end_percent=0.3),
            None,
            {},
            states("sdxl", stream("g", 1280), start_percent=0.5),
        ),
        "never meet",
    ),
    (
        lambda: assemble(
            states("sd1", StreamStates("l", torch.ones(1, 0, 768), None, ())), None, {}
        ),
        "number of windows 0",
    ),
]


@pytest.mark.parametrize(("make", "sentence"), REFUSED, ids=lambda value: str(value)[:30])
def test_what_cannot_be_joined_is_refused_in_a_sentence(
    make: Callable[[], Any], sentence: str
) -> None:
    with pytest.raises(EncoderScopeError) as refusal:
        make()
    assert sentence in str(refusal.value)


NOTED: list[tuple[Callable[[], Any], str]] = [
    (
        lambda: mix(prompt(), prompt(), {"pooled": MixPart(0.5)}),
        "There is no pooled vector here: its strength does nothing.",
    ),
    (
        lambda: mixed(prompt(width=64)),
        "Whose rows these are is not known: all of them follow the strength of the T5 part.",
    ),
    (
        lambda: mixed(prompt(4096, 2048, conditioning_llama3=torch.ones(1, 32, 128, 4096))),
        "Not weighed, as sequence_from has it: conditioning_llama3.",
    ),
    (
        lambda: assemble(states("wan", stream("umt5xxl", 4096)), "flux", {"clip_l": "absent"}),
        "umt5xxl stands in for T5-XXL, which has its width: this model was not trained with it.",
    ),
]


@pytest.mark.parametrize(("make", "note"), NOTED, ids=lambda value: str(value)[:30])
def test_what_is_only_half_of_what_was_asked_is_noted(make: Callable[[], Any], note: str) -> None:
    assert note in [localized(each) for each in make().notes]


@pytest.mark.parametrize("name", FP8)
def test_every_fp8_is_mixed_and_joined(name: str) -> None:
    dtype = getattr(torch, name)
    conditioning = [[prompt(rows=3)[0][0].to(dtype), {}]]
    ((sequence, _),) = mixed(conditioning).conditioning
    assert torch.equal(sequence, conditioning[0][0].half() / 2)
    joined = assemble(
        states("sdxl", stream("l", 768, dtype=dtype), stream("g", 1280)), None, {}
    ).conditioning[0][0]
    assert joined.dtype == torch.float32 and bool((joined == 1).all())


@pytest.mark.parametrize("family", ["sd1", "sdxl"])
def test_a_remedy_names_no_choice_that_is_refused(family: str) -> None:
    """SD3 and FLUX.1 do without some encoders; these two do not."""
    with pytest.raises(EncoderScopeError, match=r"to 'zeros'\."):
        assemble(states(None, stream("t5xxl", 4096)), family, {})


def test_nothing_is_said_to_be_joined_where_nothing_is() -> None:
    assembly = assemble(
        states("flux", stream("l", 768), stream("t5xxl", 4096, dtype=torch.float16)), None, {}
    )
    assert not any("joined" in localized(note) for note in assembly.notes)


def test_nothing_is_claimed_of_the_rows_of_an_unknown_layout() -> None:
    """Such as a miniature's, which is a CLIP."""
    report = conditioning_report(prompt(width=64, pooled=64), host="")
    assert report["sentence"].startswith(
        "A layout that EncoderScope does not know: 77 unnamed rows of 64"
    )


@pytest.mark.parametrize("value", ["0.2", None, math.nan, math.inf])
def test_a_start_that_is_no_number_is_named(value: Any) -> None:
    report = conditioning_report(prompt(start_percent=value), host="")
    assert "a start or an end that is no number (start_percent)" in report["sentence"]
