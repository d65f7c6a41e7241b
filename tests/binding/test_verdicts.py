"""When each of the four verdicts is given, and what it then says."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.binding.advice import advise
from encoderscope.conditioning.binding.generator_inputs import CONDITIONING, generator_inputs_of
from encoderscope.conditioning.binding.measures import Measure
from encoderscope.conditioning.binding.readouts import CROSS, MEAN, POOLED, SEQUENCE
from encoderscope.conditioning.binding.verdicts import (
    BOUND,
    COLLAPSED,
    ORDER_ONLY,
    STRENGTH,
    UNDECIDED,
    Verdict,
    best,
    decide,
    judge,
)
from encoderscope.conditioning.families.table import FAMILIES, Family


def measured(shares: list[float], agree: float = 1.0, floor: float = 1e-9) -> Measure:
    """Frames with these shares, whose binding contrasts have the cosine ``agree``."""
    b = torch.tensor(shares, dtype=torch.float64)
    energies = torch.stack([(1 - b) / 2, (1 - b) / 2, b], dim=-1)
    agreement = torch.full((len(shares), len(shares)), agree, dtype=torch.float64).fill_diagonal_(1)
    return Measure(energies, torch.zeros(len(shares)), agreement, floor)


def judged_verdict(
    shares: list[float], null: tuple[float, float] = (0.02, 0.02), agree: float = 1.0, **keys: Any
) -> Verdict:
    [result] = decide([replace(judge(measured(shares, agree), null, (0, "l", POOLED)), **keys)])
    return result


def test_bound_is_above_the_null_and_of_one_mind() -> None:
    verdict = judged_verdict([0.1, 0.12, 0.11, 0.1, 0.13, 0.1, 0.12, 0.11])
    assert (
        verdict.verdict == BOUND and verdict.p == 2**-7 and verdict.share == pytest.approx(0.11125)
    )
    assert (
        verdict.interval[0] > 0.1
        and verdict.null == (0.02, 0.02)
        and sum(verdict.parts) == pytest.approx(1)
    )
    assert verdict.parts[2] == pytest.approx(0.11125)


def test_a_small_share_that_is_certain_is_bound() -> None:
    assert judged_verdict([0.003] * 8, (0.001, 0.001)).verdict == BOUND


def test_frames_that_disagree_are_undecided() -> None:
    assert judged_verdict([0.2] * 8, agree=0.0).verdict == UNDECIDED
    assert judged_verdict([0.2] * 8, agree=0.0).p == 1
    assert judged_verdict([0.2] * 5).verdict == UNDECIDED, (
        "five frames that agree reach 1/16 and no less"
    )
    assert judged_verdict([0.2] * 6).verdict == BOUND


def test_within_the_null_is_order_only_and_across_it_undecided() -> None:
    assert judged_verdict([0.01] * 8).verdict == ORDER_ONLY
    assert judged_verdict([0.02] * 8).verdict == ORDER_ONLY, "the null's own edge is not above it"
    assert judged_verdict([0.0, 0.1, 0.0, 0.0, 0.1, 0.0, 0.0, 0.0]).verdict == UNDECIDED


def test_between_level_and_uneven_nothing_is_claimed() -> None:
    assert judged_verdict([0.1] * 8, (0.02, 0.3)).verdict == UNDECIDED
    assert judged_verdict([0.01] * 8, (0.02, 0.3)).verdict == ORDER_ONLY
    assert judged_verdict([0.4] * 8, (0.02, 0.3)).verdict == BOUND


def test_within_the_floor_everything_has_collapsed() -> None:
    energies = torch.full((8, 3), 1e-9, dtype=torch.float64)
    judgement = judge(
        Measure(energies, torch.zeros(8), torch.ones(8, 8, dtype=torch.float64), 1e-9),
        (0.0, 0.0),
        (2, "g", CROSS),
    )
    assert (judgement.verdict, judgement.p, judgement.parts, judgement.share) == (
        COLLAPSED,
        1.0,
        (0.0, 0.0, 0.0),
        0.0,
    )
    assert (judgement.contrast, judgement.stream, judgement.readout) == (2, "g", CROSS) and decide(
        [judgement]
    )[0].verdict == COLLAPSED
    energies[3, 2] = 1e-6
    assert (
        judge(
            Measure(energies, torch.zeros(8), torch.ones(8, 8, dtype=torch.float64), 1e-9),
            (0.0, 0.0),
            (2, "g", CROSS),
        ).verdict
        != COLLAPSED
    )


def test_lost_in_the_prompt_itself_is_lost() -> None:
    assert judged_verdict([0.4] * 8, in_prompt=0.0, lost_in_prompt=True).verdict == COLLAPSED
    assert judged_verdict([0.4] * 8, in_prompt=0.1).verdict == BOUND


def test_contrasts_of_one_prompt_are_corrected_for_each_other() -> None:
    """Of six contrasts in eight frames, 1/128 becomes 6/128 and still holds; with seven frames it
    does not.
    """
    for frames, expected in ((8, BOUND), (7, UNDECIDED)):
        many = [judge(measured([0.4] * frames), (0.02, 0.02), (k, "l", POOLED)) for k in range(6)]
        verdict = decide(many)
        assert {item.p for item in verdict} == {6 * 2.0 ** -(frames - 1)} and {
            item.verdict for item in verdict
        } == {expected}
        assert [item.contrast for item in verdict] == list(range(6))
        assert {item.verdict for item in decide(many[:1])} == {BOUND}


def test_readouts_and_streams_are_not_corrected_for_each_other() -> None:
    places = [
        (stream, readout)
        for stream in ("l", "g", CONDITIONING)
        for readout in (POOLED, SEQUENCE, CROSS)
    ]
    verdict = decide([judge(measured([0.4] * 8), (0.02, 0.02), (0, *place)) for place in places])
    assert {item.p for item in verdict} == {2**-7} and [
        (item.stream, item.readout) for item in verdict
    ] == places


def test_the_best_readout_counts() -> None:
    assert (
        best([COLLAPSED, ORDER_ONLY, BOUND, UNDECIDED]) == BOUND
        and best([COLLAPSED, ORDER_ONLY]) == ORDER_ONLY
    )
    assert (
        best([COLLAPSED, UNDECIDED, ORDER_ONLY]) == UNDECIDED
        and best([]) == UNDECIDED
        and len(set(STRENGTH)) == 4
    )


# --- what a generator takes
# -----------------------------------------------------------------------------------------------


def test_what_flux_takes() -> None:
    flux = generator_inputs_of(FAMILIES["flux"], ("l", "t5xxl"))
    assert (flux.pooled, flux.sequence, flux.ordered, flux.readouts) == (
        ("l",),
        ("t5xxl",),
        False,
        (POOLED, CROSS),
    )
    taken = {
        (stream, readout)
        for stream in ("l", "t5xxl", CONDITIONING)
        for readout in (POOLED, MEAN, SEQUENCE, CROSS)
        if flux.takes(stream, readout)
    }
    assert taken == {("l", POOLED), ("t5xxl", CROSS), (CONDITIONING, POOLED), (CONDITIONING, CROSS)}
    assert generator_inputs_of(FAMILIES["flux"], ("l",)).readouts == (POOLED,)


def test_what_sdxl_and_others_take() -> None:
    sdxl = generator_inputs_of(FAMILIES["sdxl"], ("l", "g"))
    assert (sdxl.pooled, sdxl.sequence, sdxl.generator) == (("g",), ("l", "g"), "U-Net")
    assert (
        sdxl.takes("g", POOLED)
        and not sdxl.takes("l", POOLED)
        and sdxl.takes("l", CROSS)
        and not sdxl.takes("l", SEQUENCE)
    )
    ordered = generator_inputs_of(FAMILIES["flux2"], ("mistral3_24b",))
    assert ordered.readouts == (SEQUENCE, CROSS) and ordered.takes("mistral3_24b", SEQUENCE)
    assert generator_inputs_of(FAMILIES["sd1"], ("l",)).readouts == (CROSS,)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_a_layout(family: str) -> None:
    item = generator_inputs_of(FAMILIES[family], [rule.name for rule in FAMILIES[family].streams])
    assert (
        item.name == family
        and item.generator
        and (item.readouts or not (item.pooled or item.sequence))
    )


# --- advice
# --------------------------------------------------------------------------------------------------

KINDS = ("binding", "count", "number", "negation", "relation", "role")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verdict", STRENGTH)
@pytest.mark.parametrize("family", [None, "sd1", "flux", "wan", "flux2", "ace15"])
def test_every_verdict_has_a_meaning_a_remedy_and_a_source(
    kind: str, verdict: str, family: str | None
) -> None:
    layout = (
        None
        if family is None
        else generator_inputs_of(FAMILIES[family], [rule.name for rule in FAMILIES[family].streams])
    )
    advice = advise(verdict, kind, layout, ("CLIP-L", "T5-XXL"))
    for text in advice:
        assert text[:5] in ("arXiv", text[:5].capitalize(), text[:5].upper()) or text[0].isupper()
        assert text.endswith(".") and "  " not in text and "None" not in text
    if verdict == BOUND:
        assert advice.meaning.startswith("The encoding holds") and "generator" in advice.remedy


def test_order_only_means_what_the_generator_makes_of_it() -> None:
    unet, joint, cross = (
        generator_inputs_of(FAMILIES[name], streams)
        for name, streams in (
            ("sdxl", ("l", "g")),
            ("flux", ("l", "t5xxl")),
            ("pixart", ("t5xxl",)),
        )
    )
    assert "suspect" in advise(ORDER_ONLY, "binding", unet, ("CLIP-L", "CLIP-G")).meaning
    advice = advise(ORDER_ONLY, "binding", joint, ("CLIP-L", "T5-XXL"))
    assert "usually suffices" in advice.meaning and "Raise T5" in advice.remedy
    assert "Raise T5" not in advise(ORDER_ONLY, "binding", cross, ("T5-XXL",)).remedy
    assert "Raise T5" not in advise(ORDER_ONLY, "binding", joint, ("CLIP-L", "Llama")).remedy
    assert "For a U-Net" in advise(ORDER_ONLY, "role", None, ()).remedy


def test_what_is_not_known_of_a_generator_is_said() -> None:
    toy = Family("toy", "Toy", FAMILIES["flux"].streams, ())
    unknown = generator_inputs_of(toy, ("l", "t5xxl"))
    assert (unknown.generator, unknown.ordered, unknown.known) == ("unknown", None, False)
    assert unknown.readouts == (POOLED, CROSS)
    meaning = "How Toy reads its tokens is not known."
    assert advise(ORDER_ONLY, "binding", unknown, ()).meaning.endswith(meaning)
    known = generator_inputs_of(FAMILIES["flux"], ("l", "t5xxl"))
    assert "not known" not in advise(ORDER_ONLY, "binding", known, ()).meaning


def test_a_small_share_is_bound_and_called_weak() -> None:
    strong, weak = (advise(BOUND, "binding", None, (), share) for share in (0.4, 0.031))
    assert "weakly" not in strong.meaning and "weakly: 3.1 %" in weak.meaning
    assert strong.remedy == weak.remedy
