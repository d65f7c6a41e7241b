"""The arithmetic of mixing: exact ends, straight lines, whole schedules, and words where something
cannot be.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.mixing.conditioning_shapes import recognise
from encoderscope.conditioning.mixing.mixture import NORM_PRESERVING, mix
from encoderscope.conditioning.mixing.schedule import MixPart
from encoderscope.conditioning.mixing.text_states import ROWS
from hypothesis import given
from hypothesis import strategies as st

WIDTHS = {
    "sd1": (768, 768),
    "sd2": (1024, 1024),
    "sdxl": (2048, 1280),
    "flux": (4096, 768),
    "pixart": (4096, None),
}


def random(*shape: int, seed: int = 0) -> Any:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def entry(layout: str, tokens: int = 5, seed: int = 0, batch: int = 1, **keys: Any) -> list[Any]:
    if layout == "sd3":
        return sd3(tokens, tokens + 1, seed, **keys)
    width, pooled = WIDTHS[layout]
    return [
        random(batch, tokens, width, seed=seed),
        {
            "pooled_output": None if pooled is None else random(batch, pooled, seed=seed + 100),
            **keys,
        },
    ]


def sd3(clip: int, t5: int, seed: int = 0, **keys: Any) -> list[Any]:
    left = torch.nn.functional.pad(random(1, clip, 2048, seed=seed), (0, 2048))
    right = random(1, t5, 4096, seed=seed + 50)
    return [
        torch.cat([left, right], dim=1),
        {"pooled_output": random(1, 2048, seed=seed + 100), **keys},
    ]


def only_entry(made: Any) -> Any:
    assert len(made.conditioning) == 1
    return made.conditioning[0]


@pytest.mark.parametrize("layout", [*WIDTHS, "sd3"])
@given(strength=st.floats(-3, 3).filter(lambda s: s not in (0, 1)))
def test_a_line_is_a_line(layout: str, strength: float) -> None:
    prompt, base = entry(layout, seed=1), entry(layout, seed=2)
    parts = dict.fromkeys(("pooled", "clip", "t5"), MixPart(strength))
    sequence, keys = only_entry(mix([prompt], [prompt], parts, [base]))
    line = (1 - strength) * base[0].double() + strength * prompt[0].double()
    assert float((sequence - line).abs().max()) <= 1e-5
    if keys["pooled_output"] is not None:
        line = (1 - strength) * base[1]["pooled_output"].double() + strength * prompt[1][
            "pooled_output"
        ].double()
        assert float((keys["pooled_output"] - line).abs().max()) <= 1e-5


def test_the_summary_says_what_was_weighed_and_measures_what_that_changed() -> None:
    prompt, base = sd3(4, 6, 1), sd3(4, 6, 2)
    assert mix([prompt], [prompt], {}).summary == (
        "Nothing is weighed: every part has the strength 1 from the first step to the last."
    )
    parts = {"pooled": MixPart(0.25), "t5": MixPart(1.0, 0.0, 0.5)}
    assert mix([prompt], [prompt], parts).summary == (
        "Weighed against zeros: pooled vector at 0.25 (changed by 75 %) and T5 part at 1 from 0 to "
        "50 % of the steps, else at 0 (changed by 100 %)."
    )
    mixed = mix([prompt], [prompt], {"clip": MixPart(0.5)}, [base])
    own, after = prompt[0][:, :4], mixed.conditioning[0][0][:, :4]
    share = f"{100 * float((after - own).norm() / own.norm()):.3g} %"
    assert mixed.summary == f"Weighed against the baseline: CLIP part at 0.5 (changed by {share})."
    pooled, own = base[1]["pooled_output"], prompt[1]["pooled_output"]
    share = f"{100 * float((pooled - own).norm() / own.norm()):.3g} %"
    assert mix([base], [prompt], {}).summary.startswith(
        f"The pooled vector is pooled_from's, which differs by {share} from sequence_from's. N"
    )
    longer = mix([prompt], [prompt], {"t5": MixPart(0.5)}, [sd3(4, 9, 2)])
    assert longer.summary == "Weighed against the baseline: T5 part at 0.5."


def test_sd3_parts_are_weighed_apart() -> None:
    prompt, base = sd3(4, 6, 1), sd3(4, 6, 2)
    sequence, keys = only_entry(
        mix(
            [prompt],
            [prompt],
            {"clip": MixPart(0.0), "t5": MixPart(1.0), "pooled": MixPart(0.0)},
            [base],
        )
    )
    assert torch.equal(sequence[:, :4], base[0][:, :4]) and torch.equal(
        sequence[:, 4:], prompt[0][:, 4:]
    )
    assert torch.equal(keys["pooled_output"], base[1]["pooled_output"]) and keys[ROWS] == {
        "clip": 4,
        "t5": 6,
    }
    sequence, _ = only_entry(mix([prompt], [prompt], {"t5": MixPart(0.0)}))
    assert torch.equal(sequence[:, :4], prompt[0][:, :4]) and not sequence[:, 4:].any()


def test_the_baseline_keeps_its_own_length_at_zero_and_the_shorter_is_lengthened_between() -> None:
    prompt, base = entry("flux", 9, 1), entry("flux", 4, 2)
    assert torch.equal(
        only_entry(mix([prompt], [prompt], {"t5": MixPart(0.0)}, [base]))[0], base[0]
    )
    mixture = mix([prompt], [prompt], {"t5": MixPart(0.5)}, [base])
    longer = torch.cat([base[0], base[0][:, -1:].repeat(1, 5, 1)], dim=1)
    assert torch.allclose(only_entry(mixture)[0], (longer + prompt[0]) / 2, atol=1e-6)
    assert any("lengthened by its last token" in note for note in mixture.notes)
    windows, single = entry("sdxl", 154, 1), entry("sdxl", 77, 2)
    mixture = mix([windows], [windows], {"clip": MixPart(0.5)}, [single])
    assert torch.allclose(
        only_entry(mixture)[0], (single[0].repeat(1, 2, 1) + windows[0]) / 2, atol=1e-6
    )
    short = mix([single], [single], {"clip": MixPart(0.5)}, [windows])
    assert torch.allclose(
        only_entry(short)[0], (single[0].repeat(1, 2, 1) + windows[0]) / 2, atol=1e-6
    )


def test_every_other_key_survives_and_nothing_is_changed_in_place() -> None:
    control, mask = object(), random(1, 8, 8)
    prompt = entry(
        "sdxl", seed=1, guidance=3.5, control=control, mask=mask, area=(1, 2, 3, 4), hooks=None
    )
    other = entry("sdxl", seed=2, width=1024)
    before = [prompt[0].clone(), dict(prompt[1])]
    mixture = mix([other], [prompt], {"pooled": MixPart(0.5), "clip": MixPart(0.5)})
    keys = only_entry(mixture)[1]
    assert {name: keys[name] for name in keys if name != "pooled_output"} == {
        n: v for n, v in before[1].items() if n != "pooled_output"
    }
    assert keys["control"] is control and keys["mask"] is mask
    assert torch.equal(prompt[0], before[0]) and prompt[1] == before[1]
    assert any("Only pooled_from has width" in note for note in mixture.notes)


def test_a_turn_keeps_the_length_and_ends_exactly() -> None:
    prompt, base = entry("flux", seed=1), entry("flux", seed=2)
    lengths = prompt[1]["pooled_output"].norm(), base[1]["pooled_output"].norm()
    for strength in (-0.5, 0.25, 0.5, 1.5):
        pooled = only_entry(
            mix([prompt], [prompt], {"pooled": MixPart(strength)}, [base], NORM_PRESERVING)
        )[1]["pooled_output"]
        assert math.isclose(
            pooled.norm(), lengths[1] + strength * (lengths[0] - lengths[1]), rel_tol=1e-4
        )
        if strength == 0.5:
            a, b = (
                torch.nn.functional.cosine_similarity(pooled, x[1]["pooled_output"])
                for x in (prompt, base)
            )
            assert math.isclose(a, b, abs_tol=1e-4)
    for strength, end in ((0.0, base), (1.0, prompt)):
        pooled = only_entry(
            mix([prompt], [prompt], {"pooled": MixPart(strength)}, [base], NORM_PRESERVING)
        )[1]["pooled_output"]
        assert torch.equal(pooled, end[1]["pooled_output"])
    same = only_entry(mix([prompt], [prompt], {"pooled": MixPart(0.5)}, [prompt], NORM_PRESERVING))[
        1
    ]["pooled_output"]
    assert torch.allclose(same, prompt[1]["pooled_output"], rtol=1e-5)


@given(
    ranges=st.tuples(*[st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted) for _ in range(3)]),
    own=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted).filter(lambda r: r[0] < r[1]),
)
def test_segments_cover_the_schedule_once(ranges: Any, own: Any) -> None:
    prompt = sd3(2, 2, start_percent=own[0], end_percent=own[1])
    parts = {
        name: MixPart(0.5, a, b)
        for name, (a, b) in zip(("pooled", "clip", "t5"), ranges, strict=True)
    }
    conditioning = mix([prompt], [prompt], parts).conditioning
    spans = [(keys["start_percent"], keys["end_percent"]) for _, keys in conditioning]
    assert spans[0][0] == own[0] and spans[-1][1] == own[1]
    assert all(a[1] == b[0] for a, b in pairwise(spans)) and all(a < b for a, b in spans)
    for (sequence, _), (start, end) in zip(conditioning, spans, strict=True):
        inside = ranges[2][0] <= start and end <= ranges[2][1]
        assert torch.equal(
            sequence[:, 2:], prompt[0][:, 2:] / 2 if inside else torch.zeros(1, 2, 4096)
        )


def test_full_ranges_add_no_percents_and_a_part_without_strength_cuts_nothing() -> None:
    prompt = entry("flux")
    assert "start_percent" not in only_entry(mix([prompt], [prompt], {"pooled": MixPart(0.5)}))[1]
    assert (
        "start_percent"
        not in only_entry(mix([prompt], [prompt], {"pooled": MixPart(0.0, 0.2, 0.7)}))[1]
    )


def test_lists_are_mixed_in_pairs_or_one_with_all() -> None:
    many, single = [entry("flux", seed=i) for i in range(3)], [entry("flux", seed=9)]
    conditioning = mix(single, many, {}).conditioning
    assert [torch.equal(a[0], b[0]) for a, b in zip(conditioning, many, strict=True)] == [True] * 3
    assert all(
        torch.equal(a[1]["pooled_output"], single[0][1]["pooled_output"]) for a in conditioning
    )
    with pytest.raises(EncoderScopeError, match="pooled_from 2, sequence_from 3"):
        mix(many[:2], many, {})


def test_batches() -> None:
    prompt, base = entry("sdxl", batch=3), entry("sdxl", seed=2)
    assert (
        only_entry(mix([prompt], [prompt], {"clip": MixPart(0.5), "pooled": MixPart(0.5)}, [base]))[
            0
        ].shape[0]
        == 3
    )
    with pytest.raises(EncoderScopeError, match="batches of 3 and 2"):
        mix([prompt], [prompt], {"clip": MixPart(0.5)}, [entry("sdxl", batch=2)])


def test_masks_show_what_either_shows() -> None:
    shown, hidden = torch.tensor([[1, 1, 1, 0, 0]]), torch.tensor([[1, 0, 0, 0]])
    prompt, base = (
        entry("pixart", 5, 1, attention_mask=shown),
        entry("pixart", 4, 2, attention_mask=hidden),
    )
    assert (
        only_entry(mix([prompt], [prompt], {"t5": MixPart(0.0)}, [base]))[1]["attention_mask"]
        is hidden
    )
    assert torch.equal(
        only_entry(mix([prompt], [prompt], {"t5": MixPart(0.5)}, [base]))[1]["attention_mask"],
        shown,
    )
    assert only_entry(mix([prompt], [prompt], {"t5": MixPart(0.5)}))[1]["attention_mask"] is shown
    assert (
        "attention_mask"
        not in only_entry(mix([prompt], [prompt], {"t5": MixPart(0.5)}, [entry("pixart", 5, 2)]))[1]
    )


def test_the_border_of_sd3_is_known_and_said() -> None:
    known = recognise(sd3(3, 4, **{ROWS: {"clip": 3, "t5": 4}}))
    assert known.evidence == "metadata" and [tuple(rows) for rows in known.parts] == [
        ("clip", 0, 3),
        ("t5", 3, 7),
    ]
    recognised = recognise(sd3(3, 4, **{ROWS: {"clip": 77, "t5": 256}}))
    assert recognised.evidence == "zero padding" and recognised.parts == known.parts, (
        "a stale note is not believed"
    )
    assert "3 of CLIP, then 4 of T5" in recognised.sentence
    zero = [torch.zeros(1, 7, 4096), {"pooled_output": random(1, 2048)}]
    assert (
        recognise(zero).evidence == "all zero"
        and "cannot be told apart" in recognise(zero).sentence
    )
    base = mix([sd3(3, 4)], [sd3(3, 4)], {"clip": MixPart(0.0), "t5": MixPart(0.0)}, [zero])
    assert not only_entry(base)[0].any() and only_entry(base)[1][ROWS] == {"clip": 3, "t5": 4}


def test_blocks_of_two_joined_prompts_are_weighed_block_by_block() -> None:
    """As ConditioningConcat joins them: CLIP, T5, CLIP, T5."""
    joined = [
        torch.cat([sd3(2, 3, seed)[0] for seed in (1, 2)], dim=1),
        {"pooled_output": random(1, 2048)},
    ]
    bases = [
        torch.cat([sd3(2, 3, seed)[0] for seed in (3, 4)], dim=1),
        {"pooled_output": random(1, 2048)},
    ]
    sequence, keys = only_entry(mix([joined], [joined], {"t5": MixPart(0.0)}, [bases]))
    assert torch.equal(sequence[:, 2:5], bases[0][:, 2:5]) and torch.equal(
        sequence[:, 7:], bases[0][:, 7:]
    )
    assert torch.equal(sequence[:, 5:7], joined[0][:, 5:7]) and ROWS not in keys, (
        "four blocks are not two"
    )


def test_a_baseline_without_t5() -> None:
    prompt, base = sd3(3, 4), [sd3(3, 4)[0][:, :3], {"pooled_output": random(1, 2048)}]
    assert (
        only_entry(mix([prompt], [prompt], {"clip": MixPart(0.0), "t5": MixPart(0.0)}, [base]))[
            0
        ].shape[1]
        == 3
    )
    mixture = mix([base], [base], {"clip": MixPart(0.5)}, [prompt])
    assert only_entry(mixture)[0].shape[1] == 3 and any(
        "T5 rows are left out" in note for note in mixture.notes
    )


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        (([entry("sdxl")], [entry("flux")]), r"SDXL's \(1280 wide\), the sequence FLUX"),
        (([entry("pixart")], [entry("flux")]), "pooled_from has no pooled vector"),
        (([], [entry("flux")]), "pooled_from is empty"),
        (("text", [entry("flux")]), "pooled_from is not a conditioning"),
        (([[torch.zeros(5, 4096), {}]], [entry("flux")]), "shape"),
        (
            (
                [[torch.full((1, 5, 4096), math.nan), {"pooled_output": random(1, 768)}]],
                [entry("flux")],
            ),
            "NaN.*in row 1",
        ),
        (
            (
                [[random(1, 5, 4096), {"pooled_output": torch.full((1, 768), math.inf)}]],
                [entry("flux")],
            ),
            "infinite",
        ),
        (([entry("flux")], [entry("flux")], [entry("sdxl")]), "baseline"),
        (
            ([entry("flux")], [entry("flux")], [entry("pixart")]),
            "The baseline has no pooled vector",
        ),
        (([entry("sdxl")], [sd3(2, 2)]), "Stable Diffusion 3"),
    ],
)
def test_bad_input_is_a_sentence(given_: Any, says: str) -> None:
    pooled, sequence, *base = given_
    with pytest.raises(EncoderScopeError, match=says):
        mix(pooled, sequence, dict.fromkeys(("pooled", "t5"), MixPart(0.5)), *base)


def test_what_cannot_be_turned_or_timed_is_said() -> None:
    prompt = entry("flux")
    with pytest.raises(EncoderScopeError, match="all zero and has no direction"):
        mix([prompt], [prompt], {"pooled": MixPart(0.5)}, None, NORM_PRESERVING)
    opposite = [prompt[0], {"pooled_output": -prompt[1]["pooled_output"]}]
    with pytest.raises(EncoderScopeError, match="opposite directions"):
        mix([prompt], [prompt], {"pooled": MixPart(0.5)}, [opposite], NORM_PRESERVING)
    with pytest.raises(EncoderScopeError, match=r"from 0\.7 to 0\.2"):
        MixPart(1.0, 0.7, 0.2)
    mixture = mix([entry("sdxl")], [entry("sdxl")], {"t5": MixPart(0.5)})
    assert any("No row of the sequence is T5's" in note for note in mixture.notes)


def test_auraflow_has_no_pooled_vector_and_needs_none() -> None:
    """As wide as SDXL's sequence, so the two can only be told by the pooled vector."""
    prompt = [random(1, 5, 2048), {"pooled_output": None}]
    sequence, _ = only_entry(mix([prompt], [prompt], {"t5": MixPart(0.5)}))
    assert torch.equal(sequence, prompt[0] / 2)


def test_flux_may_be_made_of_pixart_and_sd15() -> None:
    sequence, keys = only_entry(mix([entry("sd1")], [entry("pixart")], {}))
    assert (sequence.shape[-1], keys["pooled_output"].shape[-1]) == (4096, 768)


@pytest.mark.parametrize("layout", ["sd1", "flux", "sd3"])
@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_fp8_is_mixed_as_fp16_which_holds_all_its_numbers(layout: str, strength: float) -> None:
    sequence, keys = entry(layout)
    narrow = [sequence.to(torch.float8_e4m3fn), keys]
    wide = [narrow[0].to(torch.float16), keys]
    parts = {"clip": MixPart(strength), "t5": MixPart(strength), "pooled": MixPart(strength)}
    narrow_mix, wide_mix = (
        only_entry(mix([narrow], [narrow], parts)),
        only_entry(mix([wide], [wide], parts)),
    )
    assert narrow_mix[0].dtype == torch.float16
    assert torch.equal(narrow_mix[0], wide_mix[0])
    assert narrow[0].dtype == torch.float8_e4m3fn
