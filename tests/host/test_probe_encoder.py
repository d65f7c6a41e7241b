"""The probe's road through the host's encoders: many texts at once, and the numbers of the host's
own encoding one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.host
TEXTS = [
    "a red car",
    "a small blue house near a red car",
    "an orange",
    "two forest-green armchairs and three cats",
]
FAMILIES = (
    "sd1",
    "sd2",
    "sdxl",
    "sd3",
    "flux",
    "pixart_or_chroma",
    "aura",
    "hunyuan_dit",
    "wan",
    "lumina2",
    "qwen_image",
)


@pytest.fixture(scope="module")
def kit(host_folder: Path) -> Iterator[Any]:
    """Exact on a card, too: what 16 bits cost is not what these ask."""
    from encoderscope.host import encoder_outputs, probe_encoder
    from encoderscope.tests.host import clips

    class Kit:
        encoder, made, states_of = probe_encoder, clips, encoder_outputs

    with mock.patch.object(probe_encoder, "precision", lambda _: "exact"):
        yield Kit


@pytest.mark.parametrize("family", FAMILIES)
def test_padded_is_what_the_host_encodes(kit: Any, family: str) -> None:
    clip = kit.made.clip(family)
    probed = kit.encoder.take_apart(clip, padded=True)
    assert probed.encoders and probed.inputs is not None
    for encoder in probed.encoders:
        rows = encoder.tokenize(TEXTS)
        states = encoder.states(rows)
        for text, item, row in zip(TEXTS, states, rows, strict=True):
            theirs = kit.states_of.encode(clip, text).states.steps[0].streams[encoder.name]
            sequence = theirs.sequence[0]
            if sequence.dim() == 3:  # several layers
                sequence = sequence.transpose(0, 1).flatten(1)
            assert item.sequence.shape == sequence.shape and len(row) == len(sequence)
            torch.testing.assert_close(
                item.sequence, sequence.float(), rtol=1e-4, atol=1e-4 * float(sequence.abs().max())
            )
            if encoder.architecture.pooled:
                torch.testing.assert_close(
                    item.pooled,
                    theirs.pooled[0],
                    rtol=1e-4,
                    atol=1e-5 * float(theirs.pooled.abs().max()),
                )


@pytest.mark.parametrize("family", ["sd1", "sdxl", "sd2"])
def test_without_padding_clip_says_what_it_says_with_it(kit: Any, family: str) -> None:
    """Nothing behind a token reaches it, so every row up to the end token, and the pooled vector,
    are the same.
    """
    clip = kit.made.clip(family)
    padded, bare = (kit.encoder.take_apart(clip, padded=item).encoders for item in (True, False))
    for a, b in zip(padded, bare, strict=True):
        rows, short = a.tokenize(TEXTS), b.tokenize(TEXTS)
        assert all("pad" not in item.kinds and item.kinds[-1] == "end" for item in short)
        for state, other, kept in zip(a.states(rows), b.states(short), short, strict=True):
            assert len(other.sequence) == len(kept)
            torch.testing.assert_close(
                state.sequence[: len(kept)], other.sequence, rtol=1e-4, atol=1e-4
            )
            torch.testing.assert_close(state.pooled, other.pooled, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("family", ["flux", "pixart_or_chroma", "hunyuan_dit", "wan"])
def test_without_padding_a_text_does_not_feel_its_company(kit: Any, family: str) -> None:
    for encoder in kit.encoder.take_apart(kit.made.clip(family)).encoders:
        rows = encoder.tokenize(TEXTS)
        together, alone = encoder.states(rows), [encoder.states([row])[0] for row in rows]
        for item, other, row in zip(together, alone, rows, strict=True):
            assert item.sequence.shape[0] == len(row)
            scale = float(other.sequence.abs().max())
            torch.testing.assert_close(item.sequence, other.sequence, rtol=1e-4, atol=2e-5 * scale)


def test_the_clip_is_not_changed(kit: Any) -> None:
    clip = kit.made.clip("flux")
    before = kit.states_of.encode(clip, TEXTS[1]).conditioning
    modules = {name: id(part) for name, part in clip.cond_stage_model.named_modules()}
    for padded in (False, True):
        for encoder in kit.encoder.take_apart(clip, padded=padded).encoders:
            encoder.states(encoder.tokenize(TEXTS))
    after = kit.states_of.encode(clip, TEXTS[1]).conditioning
    assert torch.equal(before[0][0], after[0][0]) and torch.equal(
        before[0][1]["pooled_output"], after[0][1]["pooled_output"]
    )
    assert modules == {name: id(part) for name, part in clip.cond_stage_model.named_modules()}
    assert not clip.cond_stage_model.t5xxl.enable_attention_masks


def test_layer_choice_counts(kit: Any) -> None:
    clip = kit.made.clip("sd1")
    other = clip.clone()
    other.clip_layer(-2)
    [a], [b] = (kit.encoder.take_apart(item).encoders for item in (clip, other))
    state, two = a.states(a.tokenize(TEXTS[:1]))[0], b.states(b.tokenize(TEXTS[:1]))[0]
    assert not torch.allclose(state.sequence, two.sequence)
    output = kit.states_of.encode(other, TEXTS[0]).states.steps[0].streams["l"].sequence[0]
    torch.testing.assert_close(two.sequence, output[: len(two.sequence)], rtol=1e-4, atol=1e-4)


def test_the_whole_prompt_keeps_its_weights_and_windows(kit: Any) -> None:
    clip = kit.made.clip("sdxl")
    probed = kit.encoder.take_apart(clip)
    text = "(red:1.3) car, " + "word " * 90 + "blue house"
    encoding = kit.encoder.host_encodings(probed, [text])[text]
    theirs = kit.states_of.encode(clip, text).states.steps[0].streams
    for name in ("l", "g"):
        assert torch.equal(encoding[name].states.sequence, theirs[name].sequence[0])
        rows = encoding[name].tokens
        assert set(rows.windows) == {0, 1} and len(rows) == 154
        start, end = next(span for span in rows.spans if span)
        assert text[start:end] == "red"


def test_a_long_text_is_read_in_its_windows(kit: Any) -> None:
    clip = kit.made.clip("sd1")
    text = "a red car " * 40
    for padded in (True, False):
        [encoder] = kit.encoder.take_apart(clip, padded=padded).encoders
        [rows] = encoder.tokenize([text])
        [state] = encoder.states([rows])
        assert len(state.sequence) == len(rows) and set(rows.windows) == {0, 1}
        theirs = kit.states_of.encode(clip, text).states.steps[0].streams["l"]
        torch.testing.assert_close(
            state.sequence[:76], theirs.sequence[0, :76], rtol=1e-4, atol=1e-4
        )
        torch.testing.assert_close(state.pooled, theirs.pooled[0], rtol=1e-4, atol=1e-4)
