"""Assembling states whose numbers are known: sources, choices, schedules and refusals. Equality
with the host is in tests/host.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.errors import EncoderScopeError, UnknownName
from encoderscope.conditioning.mixing.assembly import assemble
from encoderscope.conditioning.mixing.text_states import (
    ROWS,
    ScheduleStep,
    StreamStates,
    TextStates,
)

WIDTHS = {"l": 768, "g": 1280, "h": 1024, "t5xxl": 4096, "clip_text": 768, "siglip": 768}
STREAMS = {
    "sd1": ("l",),
    "sdxl": ("g", "l"),
    "sd3": ("l", "g", "t5xxl"),
    "flux": ("l", "t5xxl"),
    "pixart": ("t5xxl",),
}


def stream(
    name: str, value: float, windows: int = 1, width: int = 0, window: int = 77
) -> StreamStates:
    width = width or WIDTHS[name]
    tall = torch.full((1, window * windows, width), value)
    return StreamStates(
        name, tall, None if name == "t5xxl" else tall[:, 0] + 0.5, (window,) * windows
    )


def states(
    family: str | None,
    value: float,
    windows: int = 1,
    keys: tuple[dict[str, Any], ...] = ({},),
    **more: Any,
) -> TextStates:
    names = more.get("streams") or STREAMS[family or ""]
    steps = tuple(
        ScheduleStep({name: stream(name, value + i / 10, windows) for name in names}, own)
        for i, own in enumerate(keys)
    )
    empty = None if more.get("alone") else lambda: states(family, -1.0, streams=names)
    return TextStates(family, steps, {}, {}, empty)


def spans(made: Any) -> list[tuple[float, float]]:
    return [(keys["clip_start_percent"], keys["clip_end_percent"]) for _, keys in made.conditioning]


def schedule(*edges: float) -> tuple[dict[str, Any], ...]:
    return tuple({"clip_start_percent": a, "clip_end_percent": b} for a, b in pairwise(edges))


def test_overrides_come_first_where_they_hold_the_stream() -> None:
    assembly = assemble(states("sd3", 1.0), None, {}, states("sd1", 2.0), states("pixart", 3.0))
    (sequence, keys), notes = assembly.conditioning[0], assembly.notes
    assert (sequence[0, 0, 0], sequence[0, 0, 768], sequence[0, 77, 0]) == (2.0, 1.0, 3.0), (
        "L replaced, G kept, T5 replaced"
    )
    assert (keys["pooled_output"][0, 0], keys["pooled_output"][0, 768]) == (2.5, 1.5) and keys[
        ROWS
    ] == {"clip": 77, "t5": 77}
    assert any("CLIP-L comes from other states (sd1)" in note for note in notes)


@pytest.mark.parametrize("name", ["clip_text", "siglip"])
def test_an_encoder_that_was_loaded_alone_fills_the_role_of_its_width(name: str) -> None:
    alone = states(None, 2.0, streams=(name,))
    assembly = assemble(states("sdxl", 1.0), None, {}, alone)
    assert (
        assembly.conditioning[0][0][0, 0, 0] == 2.0
        and assembly.conditioning[0][0][0, 0, 768] == 1.0
    )
    assert assemble(alone, "sd1", {}).conditioning[0][0][0, 0, 0] == 2.0


def test_choices() -> None:
    whole = states("sd3", 1.0)
    read = {
        choice: assemble(whole, None, {"t5": choice, "clip_l": choice}).conditioning[0][0]
        for choice in ("use", "empty prompt", "zeros", "absent")
    }
    assert [float(item[0, 0, 0]) for item in read.values()] == [1.0, -1.0, 0.0, 0.0]
    assert [item.shape[1] for item in read.values()] == [154, 154, 154, 77]
    assert [float(item[0, -1, 768]) for item in read.values()] == [1.0, -1.0, 0.0, 1.0]


def test_zeros_need_no_encoder() -> None:
    assembly = assemble(states("flux", 1.0), "sd3", {"clip_g": "zeros", "t5": "zeros"})
    assert assembly.conditioning[0][0].shape == (1, 154, 4096) and assembly.conditioning[0][1][
        "pooled_output"
    ].shape == (1, 2048)
    assert assemble(states("sd1", 1.0), "flux", {"t5": "zeros"}).conditioning[0][0].shape == (
        1,
        256,
        4096,
    )


def test_equal_schedules_stay_step_by_step_and_others_are_cut_where_they_meet() -> None:
    clip, t5 = (
        states("sd1", 1.0, keys=schedule(0, 0.5, 1)),
        states("pixart", 3.0, keys=schedule(0, 0.5, 1)),
    )
    assembly = assemble(clip, "flux", {}, t5_states=t5)
    assert spans(assembly) == [(0, 0.5), (0.5, 1)]
    calls = [
        number
        for sequence, keys in assembly.conditioning
        for number in (float(sequence[0, 0, 0]), float(keys["pooled_output"][0, 0]))
    ]
    assert calls == pytest.approx([3.0, 1.5, 3.1, 1.6])
    t5 = states("pixart", 3.0, keys=schedule(0, 0.25, 1))
    assert spans(assemble(clip, "flux", {}, t5_states=t5)) == [(0, 0.25), (0.25, 0.5), (0.5, 1)]
    assert spans(assemble(states("sd1", 1.0), "flux", {}, t5_states=t5)) == [(0, 0.25), (0.25, 1)]
    assert spans(assemble(clip, None, {}, clip_states=clip)) == [(0, 0.5), (0.5, 1)], (
        "the same states twice"
    )


def test_hooks_and_masks() -> None:
    hooks, mask = object(), torch.ones(1, 77)
    main = states("sd3", 1.0, keys=({"hooks": hooks, "attention_mask": "the main T5's"},))
    t5 = states("pixart", 3.0)
    masked = StreamStates(
        "t5xxl", t5.steps[0].streams["t5xxl"].sequence, None, (77,), {"attention_mask": mask}
    )
    t5 = TextStates("pixart", (ScheduleStep({"t5xxl": masked}, {"hooks": object()}),), {}, {})
    assembly = assemble(main, None, {}, t5_states=t5)
    assert (
        assembly.conditioning[0][1]["hooks"] is hooks
        and assembly.conditioning[0][1]["attention_mask"] is mask
    )
    assert any("Hooks" in note for note in assembly.notes)
    gone = assemble(main, None, {"t5": "absent"}).conditioning[0][1]
    assert "attention_mask" not in gone, "no T5, no mask of it"


def test_windows_of_another_prompt_are_evened_out() -> None:
    assembly = assemble(states("sdxl", 1.0, 2), None, {}, clip_states=states("sd1", 2.0, 1))
    assert assembly.conditioning[0][0][0, 77:, 0].unique().tolist() == [-1.0], "empty windows"
    assert any("lengthened by 77 rows of empty windows" in note for note in assembly.notes)
    with pytest.raises(EncoderScopeError, match="no encoder behind the states of CLIP-L"):
        assemble(states("sdxl", 1.0, 2), None, {}, clip_states=states("sd1", 2.0, 1, alone=True))


def test_bad_input_is_a_sentence() -> None:
    with pytest.raises(UnknownName):
        assemble(states("flux", 1.0), "sd9", {})
    with pytest.raises(UnknownName):
        assemble(states("flux", 1.0), None, {"t5": "maybe"})
    with pytest.raises(EncoderScopeError, match="which has no layout here"):
        assemble(states("qwen_image", 1.0, streams=("t5xxl",)), None, {})
    with pytest.raises(EncoderScopeError, match="t5_states holds l"):
        assemble(states("flux", 1.0), None, {}, t5_states=states("sd1", 1.0))
    with pytest.raises(EncoderScopeError, match=r"No CLIP-G among the states: they hold l \(768\)"):
        assemble(states("flux", 1.0), "sdxl", {})
    wrong = TextStates("sd1", (ScheduleStep({"l": stream("l", 1.0, width=512)}, {}),), {}, {})
    with pytest.raises(EncoderScopeError, match="512 wide"):
        assemble(wrong, None, {})
    with pytest.raises(EncoderScopeError, match="hold no step"):
        assemble(TextStates("sd1", (), {}, {}), None, {})
    with pytest.raises(EncoderScopeError, match=r"sequence of CONDITIONING holds .* NaN"):
        assemble(states("flux", float("nan")), None, {})
