"""The miniatures in the real host: the same numbers as by transformers, in every family that they
can play.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from encoderscope.conditioning import miniature
from encoderscope.conditioning.errors import EncoderScopeError, UnknownName

pytestmark = pytest.mark.host
TEXT = "a red car next to a blue house"
SHAPES = {
    "sd1": ((1, 77, 768), (1, 768)),
    "sdxl": ((1, 77, 2048), (1, 1280)),
    "sd3": ((1, 154, 4096), (1, 2048)),
    "flux": ((1, 256, 4096), (1, 768)),
    "pixart": ((1, 11, 4096), None),
    "chroma": ((1, 11, 4096), None),
    "encoder alone": ((1, 77, 128), (1, 128)),
    "sd3 without T5": ((1, 77, 4096), (1, 2048)),
}


@pytest.fixture(scope="module")
def node(host_folder: Path) -> Any:
    from encoderscope.host import miniatures as found

    return found


@pytest.mark.parametrize("family", SHAPES)
def test_a_family_gets_the_widths_that_its_image_model_reads(node: Any, family: str) -> None:
    clip = node.clip("mini-T5" if family in ("pixart", "chroma") else "mini-CLIP-hard", family)
    [[sequence, extra]] = clip.encode_from_tokens_scheduled(clip.tokenize(TEXT))
    pooled = extra.get("pooled_output")
    assert (tuple(sequence.shape), None if pooled is None else tuple(pooled.shape)) == SHAPES[
        family
    ]
    assert sequence.abs().sum() > 0


@pytest.mark.parametrize("name", miniature.NAMES)
def test_the_host_gives_the_numbers_of_transformers(node: Any, name: str) -> None:
    from encoderscope.host import probe_encoder

    mini = miniature.load(name)
    theirs = miniature.text(mini, node.tokenizer(mini.kind))
    [ours] = probe_encoder.take_apart(node.clip(name)).encoders
    for text in (TEXT, "a small ball above a big tree", "words that nobody ever told it"):
        [expected], [result] = (
            theirs.states(theirs.tokenize([text])),
            ours.states(ours.tokenize([text])),
        )
        assert theirs.tokenize([text])[0].ids == ours.tokenize([text])[0].ids
        torch.testing.assert_close(result.sequence, expected.sequence, atol=6e-5, rtol=1e-4)
        if expected.pooled is not None:
            torch.testing.assert_close(result.pooled, expected.pooled, atol=2e-5, rtol=1e-4)


def rows(clip: Any, text: str) -> torch.Tensor:
    [[sequence, _]] = clip.encode_from_tokens_scheduled(clip.tokenize(text))
    return sequence[0]


@pytest.mark.parametrize("family", ["sd3", "flux"])
def test_a_chosen_t5_plays_the_t5_and_mini_clip_stays_the_clip(node: Any, family: str) -> None:
    usual, hard = (rows(node.clip(name, family), TEXT) for name in ("mini-CLIP", "mini-T5-hard"))
    count = 77 if family == "sd3" else 0
    assert torch.equal(usual[:count], hard[:count])
    assert not torch.equal(usual[count:], hard[count:])
    theirs = rows(node.clip("mini-T5-hard"), TEXT)
    length = len(node.tokenizer("t5")(TEXT)["input_ids"])
    assert torch.nn.functional.cosine_similarity(
        hard[count : count + length, :128], theirs[:length]
    ).min() > (0.5)


def test_the_bag_has_the_same_vectors_for_a_caption_and_its_swap(node: Any) -> None:
    clip = node.clip("mini-CLIP-bag", "sd3 without T5")
    own, swapped = (rows(clip, text) for text in (TEXT, "a blue car next to a red house"))
    assert not torch.equal(own, swapped)
    order = [0, 1, 7, 3, 4, 5, 6, 2, *range(8, 77)]
    assert torch.equal(own[:, :768], swapped[order][:, :768])
    held = rows(node.clip("mini-CLIP", "sd3 without T5"), TEXT)
    assert not torch.allclose(held[:, :128], own[:, :128])
    assert node.loaded("mini-CLIP-bag", "encoder alone")[1] is None


def test_filling_up_changes_no_inner_product(node: Any) -> None:
    alone, played = (node.clip("mini-CLIP", family) for family in ("encoder alone", "sd1"))
    [[a, _]], [[b, _]] = (
        clip.encode_from_tokens_scheduled(clip.tokenize(TEXT)) for clip in (alone, played)
    )
    assert torch.equal(a, b[..., :128])
    assert not b[..., 128:].any()


def test_the_pictures_tower_is_there_for_clip_alone(node: Any) -> None:
    _, encoder, output = node.loaded("mini-CLIP", "sd1")
    assert encoder.title == "mini-CLIP"
    assert encoder.image_features(torch.rand(2, 40, 50, 3)).shape == (2, 128)
    assert "not CLIP, not T5" in output
    assert "house" in output
    assert node.loaded("mini-T5", "encoder alone")[1] is None
    with pytest.raises(EncoderScopeError, match="mini-CLIP-hard was expected"):
        node.dual("mini-T5")


@pytest.mark.parametrize(
    ("name", "family", "sentence"),
    [
        ("mini-T5", "sd1", "reads CLIP only"),
        ("mini-T5-hard", "sd3 without T5", "reads CLIP only"),
        ("mini-CLIP", "pixart", "reads T5 only"),
    ],
)
def test_a_miniature_that_has_no_part_in_a_family_is_refused(
    node: Any, name: str, family: str, sentence: str
) -> None:
    with pytest.raises(EncoderScopeError, match=sentence):
        node.clip(name, family)


def test_unknown_names_list_the_known(node: Any) -> None:
    with pytest.raises(UnknownName, match="sd3"):
        node.clip("mini-CLIP", "sd99")
    with pytest.raises(UnknownName, match="mini-CLIP-hard"):
        node.clip("mini-SigLIP")
