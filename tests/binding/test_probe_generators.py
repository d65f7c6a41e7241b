"""What a generator takes of several encoders: the verdicts that count for it."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)

from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.binding.generator_inputs import CONDITIONING
from encoderscope.conditioning.binding.readouts import CROSS, MEAN, POOLED, SEQUENCE
from encoderscope.conditioning.binding.verdicts import BOUND, COLLAPSED, ORDER_ONLY, UNDECIDED
from encoderscope.conditioning.reports.binding.report import bound, plain, probe_report
from encoderscope.tests.binding.kit import TWO, BagOfWords, Neighbours, Tagged, layout, verdicts


def test_flux_hears_its_t5_as_a_set_and_of_clip_the_pooled_vector(run: Any) -> None:
    result = run(
        TWO,
        BagOfWords(name="l", title="CLIP-L"),
        Neighbours(name="t5xxl", title="T5-XXL", pooled=False),
        layout=layout("flux", "l", "t5xxl"),
    )
    output = verdicts(result)
    assert (
        output[CONDITIONING, POOLED] == COLLAPSED
        and output[CONDITIONING, CROSS] == BOUND
        and result.outcomes == (BOUND,)
    )
    t5 = next(
        verdict
        for verdict in result.verdicts
        if (verdict.stream, verdict.readout) == ("t5xxl", CROSS)
    )
    whole = next(
        verdict
        for verdict in result.verdicts
        if (verdict.stream, verdict.readout) == (CONDITIONING, CROSS)
    )
    assert whole.share == pytest.approx(t5.share) and whole.null == t5.null
    report = probe_report(result)
    taken = {
        (verdict["stream"], verdict["readout"]): (verdict["taken"], verdict["counts"])
        for verdict in report["verdicts"]
    }
    assert taken["l", POOLED] == taken["t5xxl", CROSS] == (True, False)
    assert (
        taken["l", CROSS]
        == taken["l", SEQUENCE]
        == taken["t5xxl", MEAN]
        == taken[CONDITIONING, SEQUENCE]
        == (False, False)
    )
    assert taken[CONDITIONING, POOLED] == taken[CONDITIONING, CROSS] == (True, True)
    assert (report["family"], report["generator"]) == ("flux", "joint-attention DiT") and report[
        "sentence"
    ].startswith("FLUX.1: ")
    assert "(not used by this model)" in plain(report)


def test_flux_with_a_t5_that_cannot_bind_is_order_only(run: Any) -> None:
    result = run(
        TWO,
        Neighbours(name="l"),
        Tagged(name="t5xxl", title="T5-XXL", pooled=False),
        layout=layout("flux", "l", "t5xxl"),
    )
    assert (
        verdicts(result)[CONDITIONING, CROSS] == ORDER_ONLY
        and verdicts(result)[CONDITIONING, POOLED] == BOUND
    )
    assert result.outcomes == (BOUND,), "the pooled vector that FLUX takes of CLIP-L knows it"
    blind = run(
        TWO,
        Tagged(name="l"),
        Tagged(name="t5xxl", title="T5-XXL", pooled=False),
        layout=layout("flux", "l", "t5xxl"),
    )
    report = probe_report(blind)
    assert (
        report["bound"] is False
        and "Raise T5" in report["contrasts"][0]["remedy"]
        and "“red car / blue house”" in report["sentence"]
    )


def test_sdxl_joins_two_encoders_side_by_side(run: Any) -> None:
    result = run(TWO, Tagged(name="l"), Neighbours(name="g"), layout=layout("sdxl", "l", "g"))
    shares = {(verdict.stream, verdict.readout): verdict.share for verdict in result.verdicts}
    assert shares["l", CROSS] < shares[CONDITIONING, CROSS] < shares["g", CROSS]
    assert shares["l", SEQUENCE] < shares[CONDITIONING, SEQUENCE] < shares["g", SEQUENCE]
    assert shares[CONDITIONING, POOLED] == pytest.approx(shares["g", POOLED]), (
        "of CLIP-L SDXL takes no pooled vector"
    )
    assert result.outcomes == (BOUND,)


def test_an_encoder_that_is_not_there_is_not_missed(run: Any) -> None:
    result = run(
        TWO, Neighbours(name="t5xxl", pooled=False), layout=layout("sd3", "l", "g", "t5xxl")
    )
    assert {verdict.readout for verdict in result.verdicts if verdict.stream == CONDITIONING} == {
        SEQUENCE,
        CROSS,
    } and result.outcomes == (BOUND,)


def test_a_generator_that_takes_nothing_leaves_it_open(run: Any) -> None:
    result = run(TWO, Neighbours(name="x"), layout=layout("flux"))
    assert result.outcomes == (UNDECIDED,) and bound(result.outcomes) is None
