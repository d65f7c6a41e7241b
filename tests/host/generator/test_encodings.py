"""The prompt with a phrase exchanged, in every family of the host: as many tokens as before, at the
same places, and own rows where they can be told.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.generator import budget
from encoderscope.conditioning.generator.phrases import choose
from encoderscope.host import clip as host_clip
from encoderscope.tests.host import clips
from encoderscope.tests.host.models import MODELS

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder", "one_thread")]
TEXT = "a [red car] next to a (blue house:1.2) by the sea"
OWN_ROWS = {"sd1", "sd2", "sdxl", "sd3", "pixart_or_chroma", "lumina2", "qwen_image", "z_image"}
NO_PHRASE = {"ace"}
"""Its tokenizer makes lyrics of the text."""


def encodings(clip: Any, text: str = TEXT) -> tuple[Any, Any, Any]:
    from encoderscope.host.generator import encodings as room

    choice = choose(text)
    encoder = room.PromptEncoder(clip, choice.text)
    return encoder, room.encode(encoder, choice.phrases), choice


@pytest.mark.parametrize("name", [name for name in MODELS if name not in NO_PHRASE])
def test_every_family_exchanges_its_tokens_in_place(name: str) -> None:
    clip = clips.clip_or_skip(name)
    encoder, encoded, choice = encodings(clip)
    [phrase] = [encoder.tokens_of(each) for each in choice.phrases]
    assert any(phrase.counts.values()), "some stream has its tokens"
    own = host_clip.by_stream(clip, clip.tokenize(choice.text))
    exchanged = host_clip.by_stream(clip, encoder.exchanged_tokens([phrase], 0))
    for stream, windows in own.items():
        assert [len(window) for window in exchanged[stream]] == [len(window) for window in windows]
        moved = {
            (number, slot)
            for number, window in enumerate(windows)
            for slot, token in enumerate(window)
            if not _same(token, exchanged[stream][number][slot])
        }
        assert moved == set(phrase.slots[stream]), stream
    base, other = encoded.conds[budget.BASE], encoded.conds[budget.phrase(0)]
    assert [entry[0].shape for entry in base] == [entry[0].shape for entry in other]
    assert encoded.reaches == [True]
    if name in OWN_ROWS:
        assert encoded.rows == {0} and not encoded.notes


def _same(a: Any, b: Any) -> bool:
    return a[0] is b[0] or (isinstance(a[0], int) and a[0] == b[0] and a[1] == b[1])


@pytest.mark.parametrize(("name", "count"), [("sd1", 2), ("sdxl", 2), ("sd3", 4)])
def test_own_rows_are_those_of_the_words_in_every_stream(name: str, count: int) -> None:
    """SDXL's two CLIPs lie side by side in the same rows, SD3's T5 follows behind them."""
    _, encoded, _ = encodings(clips.clip(name))
    [[base, keys]] = encoded.conds[budget.BASE]
    [[mixed, mixed_keys]] = encoded.conds[budget.own_rows(0)]
    changed = (mixed != base).any(-1)[0].nonzero().flatten().tolist()
    assert len(changed) == count and changed[:2] == [2, 3]
    assert all(row > 76 for row in changed[2:])
    assert torch.equal(mixed_keys["pooled_output"], keys["pooled_output"])


@pytest.mark.parametrize(("name", "pooled"), [("sd1", False), ("sdxl", True), ("flux", True)])
def test_the_pooled_vector_is_taken_apart_only_where_the_model_takes_it(
    name: str, pooled: bool
) -> None:
    _, encoded, _ = encodings(clips.clip(name))
    assert encoded.pooled == ({0} if pooled else frozenset())
    if pooled:
        [[sequence, keys]] = encoded.conds[budget.pooled(0)]
        [[base, own]] = encoded.conds[budget.BASE]
        assert torch.equal(sequence, base)
        assert not torch.equal(keys["pooled_output"], own["pooled_output"])


def test_words_in_a_second_window_keep_their_rows() -> None:
    text = "an old fisherman at the sea, " * 14 + "with a [red car]"
    _, encoded, _ = encodings(clips.clip("sd1"), text)
    [[base, _]] = encoded.conds[budget.BASE]
    [[mixed, _]] = encoded.conds[budget.own_rows(0)]
    changed = (mixed != base).any(-1)[0].nonzero().flatten().tolist()
    assert base.shape[1] == 154 and len(changed) == 2 and min(changed) > 77


def test_textual_inversions_are_exchanged_for_words(tmp_path: Path) -> None:
    clips.write_embedding(tmp_path, "style", clip_l=(2, 64))
    clip = clips.clip("sd1", tmp_path)
    _, encoded, _ = encodings(clip, "a [embedding:style] car")
    assert encoded.tokens == [{"l": 2}]
    assert encoded.reaches == [True] and encoded.rows == {0}


def test_the_whole_is_every_phrase_at_once() -> None:
    clip = clips.clip("sd1")
    encoder, encoded, choice = encodings(clip, "a red car")
    tokens = [encoder.tokens_of(phrase) for phrase in choice.phrases]
    [[both, _]] = encoder.exchanged(tokens, 0)
    assert torch.equal(both, encoded.conds[budget.WHOLE][0][0])
    [[again, _]] = encoder.plain("a red car")
    assert torch.equal(again, encoded.conds[budget.BASE][0][0]), "the host's own CLIP Text Encode"
