"""Where mixing could go wrong without a word: inputs that do not belong together, leftovers, and
things that only look alike.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.mixing.assembly import assemble
from encoderscope.conditioning.mixing.conditioning_shapes import recognise
from encoderscope.conditioning.mixing.mixture import mix
from encoderscope.conditioning.mixing.schedule import MixPart
from encoderscope.conditioning.mixing.text_states import (
    ROWS,
    ScheduleStep,
    StreamStates,
    TextStates,
)

WIDTHS = {"l": 768, "g": 1280, "t5xxl": 4096}
OPEN, SHORT = torch.tensor([[1, 1, 0, 0]]), torch.tensor([[1, 0, 0, 0, 0]])
"""Attention masks of four and of five T5 rows."""


def noise(*shape: int, seed: int = 0) -> Any:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def entry(width: int, pooled: int | None, batch: int = 1, **keys: Any) -> list[Any]:
    vector = None if pooled is None else noise(batch, pooled, seed=1)
    return [noise(batch, 5, width), {"pooled_output": vector, **keys}]


def sd3(clip: int = 3, t5: int = 4, seed: int = 0, **keys: Any) -> list[Any]:
    sequence = noise(1, clip + t5, 4096, seed=seed)
    sequence[:, :clip, 2048:] = 0
    return [sequence, {"pooled_output": noise(1, 2048, seed=seed + 1), **keys}]


def without_pooled(item: list[Any]) -> list[Any]:
    return [item[0], {name: value for name, value in item[1].items() if name != "pooled_output"}]


# Mix


def test_the_pooled_vectors_of_another_batch_are_refused() -> None:
    with pytest.raises(EncoderScopeError, match="The inputs come in batches of 2 and 3"):
        mix([entry(2048, 1280, 2)], [entry(2048, 1280, 3)], {})
    assert mix([entry(2048, 1280)], [entry(2048, 1280, 3)], {}).conditioning[0][0].shape[0] == 3, (
        "one serves all"
    )


@pytest.mark.parametrize("rows", [{}, {ROWS: {"clip": 3, "t5": 4}}])
def test_a_sequence_that_lost_its_pooled_vector_is_read_with_the_one_that_comes(
    rows: dict[str, Any],
) -> None:
    whole = sd3()
    lost = [whole[0], rows]
    sequence, keys = mix([whole], [lost], {"clip": MixPart(0.0)}).conditioning[0]
    assert not sequence[:, :3].any() and torch.equal(sequence[:, 3:], whole[0][:, 3:])
    assert keys["pooled_output"] is whole[1]["pooled_output"]
    xl = entry(2048, 1280)
    mixed = mix([xl], [without_pooled(xl)], {"clip": MixPart(0.5)})
    assert torch.equal(mixed.conditioning[0][0], xl[0] / 2) and mixed.notes == ()


def test_clip_rows_of_sd3_never_get_the_pooled_vector_of_flux() -> None:
    for sequence in (sd3(), without_pooled(sd3(**{ROWS: {"clip": 3, "t5": 4}}))):
        with pytest.raises(EncoderScopeError, match=r"FLUX.1 or HunyuanVideo's \(768 wide\)"):
            mix([entry(4096, 768)], [sequence], {})


def test_another_models_pooled_vector_is_refused_where_the_sequences_own_fits() -> None:
    hidream = entry(4096, 2048, conditioning_llama3=noise(1, 2, 5, 4096))
    with pytest.raises(EncoderScopeError, match="HiDream"):
        mix([entry(4096, 768)], [hidream], {})
    kept = mix([hidream], [hidream], {"pooled": MixPart(0.5)}).conditioning[0][1]
    assert kept["conditioning_llama3"] is hidream[1]["conditioning_llama3"]


def test_auraflow_is_no_sdxl_and_what_sdxl_needs_is_said() -> None:
    aura = entry(2048, None)
    assert [rows.name for rows in recognise(aura).parts] == ["t5"] and recognise(
        aura
    ).shape == "pixart"
    assert any(
        "SDXL stops without" in note for note in mix([aura], [aura], {"t5": MixPart(0.5)}).notes
    )


@pytest.mark.parametrize(
    ("parts", "mask"),
    [
        ({"t5": MixPart(0.0)}, SHORT),
        ({"clip": MixPart(0.5)}, OPEN),
        ({"t5": MixPart(0.5)}, torch.tensor([[1, 1, 0, 0, 0]])),
    ],
)
def test_in_sd3_the_mask_goes_with_t5(parts: dict[str, MixPart], mask: Any) -> None:
    prompt, base = sd3(attention_mask=OPEN), sd3(3, 5, seed=2, attention_mask=SHORT)
    assert torch.equal(
        mix([prompt], [prompt], parts, [base]).conditioning[0][1]["attention_mask"], mask
    )


def test_clip_alone_keeps_the_mask_though_the_baseline_has_none() -> None:
    prompt = sd3(attention_mask=OPEN)
    mixture = mix([prompt], [prompt], {"clip": MixPart(0.5)}, [sd3(seed=2)])
    assert mixture.conditioning[0][1]["attention_mask"] is OPEN


def test_blocks_of_the_baseline_that_find_no_place_are_named() -> None:
    two = [torch.cat([sd3()[0], sd3(seed=2)[0]], dim=1), {"pooled_output": noise(1, 2048)}]
    notes = mix([sd3()], [sd3()], {"clip": MixPart(0.0)}, [two]).notes
    assert any("3 of the baseline's CLIP rows are left out" in note for note in notes)
    assert not any("T5 rows" in note for note in notes), "T5 is not weighed"


def test_a_baseline_without_clip_rows_counts_as_zeros_there_and_says_so() -> None:
    prompt = sd3()
    mixture = mix([prompt], [prompt], {"clip": MixPart(0.5)}, [entry(4096, 2048)])
    assert torch.equal(mixture.conditioning[0][0][:, :3], prompt[0][:, :3] / 2)
    assert (
        "CLIP part of the sequence: 3 rows against the baseline's 0; the baseline was "
        "lengthened by zeros."
    ) in mixture.notes


def test_a_key_of_ours_that_is_not_rows_is_not_believed() -> None:
    for junk in ({"clip": "x", "t5": 4}, {"clip": 8, "t5": -1}, {"clip": 7}, "rows"):
        assert recognise(sd3(**{ROWS: junk})).evidence == "zero padding"


# Assemble


def stream(
    name: str, value: float = 1.0, windows: int = 1, window: int = 77, pooled: int | None = -1
) -> StreamStates:
    sequence = torch.full((1, windows * window, WIDTHS[name]), value)
    width = (None if name == "t5xxl" else WIDTHS[name]) if pooled == -1 else pooled
    return StreamStates(
        name, sequence, None if width is None else torch.ones(1, width), (window,) * windows
    )


def states(family: str, *streams: StreamStates, **extra: Any) -> TextStates:
    return TextStates(
        family, (ScheduleStep({stream.name: stream for stream in streams}, {}),), {}, {}, **extra
    )


@pytest.mark.parametrize("layout", ["sdxl", "sd3"])
def test_zeros_are_as_long_as_their_partner(layout: str) -> None:
    """Long-CLIP at zeros, which the error about unequal windows names as the way out,
    must be one.
    """
    long_l, g = stream("l", window=248), stream("g", windows=2)
    assembly = assemble(states("sdxl", g, long_l), layout, {"clip_l": "zeros", "t5": "zeros"})
    sequence = assembly.conditioning[0][0]
    assert not sequence[:, :, :768].any() and sequence[0, 153, 768] == 1.0, (
        "no row of CLIP-G is lost"
    )
    assert "CLIP-L is zeros: 154 rows." in assembly.notes


def test_the_way_out_of_unequal_windows_is_named_and_is_one() -> None:
    main, other = (
        states("sdxl", stream("g", windows=2), stream("l")),
        states("sd1", stream("l", window=248)),
    )
    with pytest.raises(EncoderScopeError, match=r"would lose 94 rows.*'zeros'"):
        assemble(main, None, {}, other)
    for choice in ("clip_l", "clip_g"):
        assemble(main, None, {choice: "zeros"}, other)


@pytest.mark.parametrize(
    ("pooled", "says"), [(None, "have no pooled vector"), (512, "a pooled vector of 512")]
)
def test_a_pooled_vector_is_as_wide_as_its_role(pooled: int | None, says: str) -> None:
    with pytest.raises(EncoderScopeError, match=says):
        assemble(states("sd1", stream("l", pooled=pooled)), "flux", {"t5": "zeros"})
    assembly = assemble(
        states("sd1", stream("l", pooled=pooled)), "flux", {"t5": "zeros", "clip_l": "zeros"}
    )
    assert assembly.conditioning[0][1]["pooled_output"].shape == (1, 768), "zeros need no vector"


def test_an_empty_prompt_is_read_at_the_same_step_of_the_schedule() -> None:
    """A LoRA on the encoder that is scheduled changes its empty prompt, too."""
    percents = (
        {"clip_start_percent": 0, "clip_end_percent": 0.5},
        {"clip_start_percent": 0.5, "clip_end_percent": 1},
    )

    def scheduled(sign: int, **extra: Any) -> TextStates:
        steps = tuple(
            ScheduleStep({name: stream(name, sign * (1.0 + i)) for name in ("l", "t5xxl")}, keys)
            for i, keys in enumerate(percents)
        )
        return TextStates("flux", steps, {}, {}, **extra)

    conditioning = scheduled(1, encode_empty=lambda: scheduled(-1))
    result = assemble(conditioning, None, {"t5": "empty prompt"}).conditioning
    assert [float(sequence[0, 0, 0]) for sequence, _ in result] == [-1.0, -2.0]


def test_sdxl_passes_nothing_else_on_as_the_host() -> None:
    g = stream("g")
    masked = StreamStates(
        "g", g.sequence, g.pooled, g.windows, {"attention_mask": torch.ones(1, 77)}
    )
    assert (
        "attention_mask"
        not in assemble(states("sdxl", masked, stream("l")), None, {}).conditioning[0][1]
    )


def spoilt(how: str) -> Any:
    sequence = noise(1, 5, 768)
    return {
        "int64": sequence.long(),
        "bool": sequence > 0,
        "complex64": sequence.to(torch.complex64),
        "sparse float32": sequence.to_sparse(),
        "meta": sequence.to("meta"),
    }[how]


@pytest.mark.parametrize("how", ["int64", "bool", "complex64", "sparse float32", "meta"])
def test_tensors_that_cannot_be_weighed_are_refused(how: str) -> None:
    result = [[spoilt(how), {"pooled_output": noise(1, 768)}]]
    with pytest.raises(EncoderScopeError, match=f"The sequence of pooled_from is .*{how}"):
        mix(result, result, {"clip": MixPart(0.5)})


@pytest.mark.parametrize("value", [None, "0.2", float("nan"), float("inf")])
def test_a_schedule_without_numbers_is_refused(value: object) -> None:
    result = [entry(768, 768, start_percent=value)]
    with pytest.raises(EncoderScopeError, match="has start_percent"):
        mix(result, result, {})


def test_a_schedule_beyond_the_first_and_last_step_is_one_stretch() -> None:
    result = [entry(768, 768, start_percent=-1.0, end_percent=5.0)]
    [(sequence, keys)] = mix(result, result, {}).conditioning
    assert sequence is result[0][0] and keys == result[0][1]
    halves = mix(result, result, {"pooled": MixPart(1, 0, 0.5)}).conditioning
    assert [(k["start_percent"], k["end_percent"]) for _, k in halves] == [(0, 0.5), (0.5, 1)]


def test_zeros_of_sd3_stand_against_the_rows_of_the_baseline() -> None:
    conditioning, base = sd3(), sd3(seed=4)
    zeros = [torch.zeros_like(conditioning[0]), conditioning[1]]
    mixed = mix([zeros], [zeros], {"clip": MixPart(0.25), "t5": MixPart(0.5)}, [base])
    [(sequence, keys)] = mixed.conditioning
    assert torch.allclose(sequence[:, :3], 0.75 * base[0][:, :3])
    assert torch.allclose(sequence[:, 3:], 0.5 * base[0][:, 3:])
    assert keys[ROWS] == {"clip": 3, "t5": 4} and "does nothing" not in " ".join(mixed.notes)
