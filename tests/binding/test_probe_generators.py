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
    found = run(
        TWO,
        BagOfWords(name="l", title="CLIP-L"),
        Neighbours(name="t5xxl", title="T5-XXL", pooled=False),
        layout=layout("flux", "l", "t5xxl"),
    )
    told = verdicts(found)
    assert (
        told[CONDITIONING, POOLED] == COLLAPSED
        and told[CONDITIONING, CROSS] == BOUND
        and found.outcomes == (BOUND,)
    )
    t5 = next(one for one in found.verdicts if (one.stream, one.readout) == ("t5xxl", CROSS))
    whole = next(
        one for one in found.verdicts if (one.stream, one.readout) == (CONDITIONING, CROSS)
    )
    assert whole.share == pytest.approx(t5.share) and whole.null == t5.null
    report = probe_report(found)
    taken = {
        (one["stream"], one["readout"]): (one["taken"], one["counts"]) for one in report["verdicts"]
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
    found = run(
        TWO,
        Neighbours(name="l"),
        Tagged(name="t5xxl", title="T5-XXL", pooled=False),
        layout=layout("flux", "l", "t5xxl"),
    )
    assert (
        verdicts(found)[CONDITIONING, CROSS] == ORDER_ONLY
        and verdicts(found)[CONDITIONING, POOLED] == BOUND
    )
    assert found.outcomes == (BOUND,), "the pooled vector that FLUX takes of CLIP-L knows it"
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
    found = run(TWO, Tagged(name="l"), Neighbours(name="g"), layout=layout("sdxl", "l", "g"))
    shares = {(one.stream, one.readout): one.share for one in found.verdicts}
    assert shares["l", CROSS] < shares[CONDITIONING, CROSS] < shares["g", CROSS]
    assert shares["l", SEQUENCE] < shares[CONDITIONING, SEQUENCE] < shares["g", SEQUENCE]
    assert shares[CONDITIONING, POOLED] == pytest.approx(shares["g", POOLED]), (
        "of CLIP-L SDXL takes no pooled vector"
    )
    assert found.outcomes == (BOUND,)


def test_an_encoder_that_is_not_there_is_not_missed(run: Any) -> None:
    found = run(
        TWO, Neighbours(name="t5xxl", pooled=False), layout=layout("sd3", "l", "g", "t5xxl")
    )
    assert {one.readout for one in found.verdicts if one.stream == CONDITIONING} == {
        SEQUENCE,
        CROSS,
    } and found.outcomes == (BOUND,)


def test_a_generator_that_takes_nothing_leaves_it_open(run: Any) -> None:
    found = run(TWO, Neighbours(name="x"), layout=layout("flux"))
    assert found.outcomes == (UNDECIDED,) and bound(found.outcomes) is None
