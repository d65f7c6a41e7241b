"""Notes of the token report: how much padding goes to the image model, whose trained length is
meant, and where joined rows hold different words.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from encoderscope.host.ids import FROM_CLIP
from encoderscope.tests.host import clips

pytestmark = pytest.mark.host


def notes_of(family: str, text: str, clip: Any = None) -> list[str]:
    from encoderscope.host.reports import token_reports

    tokenizer, layout = token_reports.choose(clip, family)
    return list(token_reports.report(tokenizer, text, layout)["notes"])


@pytest.mark.parametrize(
    ("family", "text", "note"),
    [
        ("chroma", "a cat", "T5-XXL gets no padding."),
        ("flux", "a cat", "since no mask hides it: 252 of T5-XXL."),
        ("flux", "", "since no mask hides it: 255 of T5-XXL."),
        ("sd1", "a cat", "since no mask hides it: 73 of CLIP-L."),
        ("sdxl", "a cat", "since no mask hides it: 73 of CLIP-L and 73 of CLIP-G."),
    ],
)
def test_padding_is_counted(host_folder: Path, family: str, text: str, note: str) -> None:
    padding = [each for each in notes_of(family, text) if "padding" in each.lower()]
    assert len(padding) == 1 and padding[0].endswith(note)


@pytest.mark.parametrize(
    "family", ["wan", "aura", "hunyuan_dit", "ltxv", "mochi", "cosmos", "flux"]
)
def test_padding_is_hidden_without_weights_as_with_them(host_folder: Path, family: str) -> None:
    """The terminal and the live preview have no encoder to ask."""
    alone = notes_of(FROM_CLIP, "a cat", clips.tokenizer(family))
    assert any("adding" in note for note in alone)
    assert alone == notes_of(FROM_CLIP, "a cat", clips.clip(family))


def test_padding_follows_the_options_of_the_node_above(host_folder: Path) -> None:
    clip = clips.clip("pixart_or_chroma").clone()
    for minimum, length, expected in ((1, 3, "1 of T5-XXL."), (0, 256, "252 of T5-XXL.")):
        clip.set_tokenizer_option("t5xxl_min_padding", minimum)
        clip.set_tokenizer_option("t5xxl_min_length", length)
        notes = [note for note in notes_of(FROM_CLIP, "a cat", clip) if "adding" in note]
        assert notes and notes[0].endswith(expected), notes


def test_sd3_says_whose_length_256_is(host_folder: Path) -> None:
    note = "T5-XXL: 256 is Stable Diffusion 3.5's length, and 77 was it in earlier stages"
    assert any(each.startswith(note) for each in notes_of("sd3", "a cat"))


def test_long_clip_beside_an_ordinary_clip_g(host_folder: Path) -> None:
    """Rows are joined side by side; CLIP-G begins a new window where Long-CLIP goes on."""
    import copy

    from encoderscope.host.tokenizers import tokenizer_only

    ordinary = tokenizer_only("sdxl")
    long = copy.copy(ordinary)
    long.tokenizer = copy.copy(ordinary.tokenizer)
    long.tokenizer.clip_l = copy.copy(ordinary.tokenizer.clip_l)
    long.tokenizer.clip_l.max_length = 248
    text = " ".join(["sea"] * 100)
    ending = "from row 77 on, counted from 1, one row holds different words."
    [note] = [each for each in notes_of("sdxl", text, long) if "different lengths" in each]
    assert note.endswith(ending) and "CLIP-L 248 and CLIP-G 77 slots" in note
    for clip, words in ((ordinary, text), (long, "sea")):
        assert not any("different lengths" in each for each in notes_of("sdxl", words, clip))
