"""How the miniatures are trained: what they are shown, and that the same seed gives the
same file.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
import torch
from encoderscope.conditioning import miniature
from encoderscope.conditioning.binding.blind_encoders import BagEncoder
from encoderscope.conditioning.encoding.text_encoder import TextTokens
from encoderscope.conditioning.encoding.transformers_encoder import TransformersEncoder
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.scenes.scene import SHAPES, bags
from encoderscope.tools.miniatures import (
    clips,
    reduced_vocabulary,
    t5_questions,
    t5s,
    train_miniatures,
    truth,
)

pytestmark = pytest.mark.host  # the tokenizers are the host's


@pytest.fixture(scope="module")
def kept(host_folder: Path) -> dict[str, reduced_vocabulary.ReducedVocabulary]:
    return {kind: train_miniatures.reduced_vocabulary(kind) for kind in train_miniatures.MARKS}


TEXTS = ("a red car", "a red car and a blue house")
SHORT = clips.ClipTraining(hard=True, single=2, plain=2, full=2, batch=24)


@pytest.mark.parametrize("hard", [False, True])
def test_no_two_captions_of_a_batch_have_the_same_words_and_false_ones_are_false(
    hard: bool,
) -> None:
    lesson = clips.ClipTraining(hard=hard, single=2, plain=3, full=3)
    result = list(clips.batches(lesson))
    assert len(result) == 8
    assert [len(item.scenes[0].things) for item in result] == [1, 1, *[2] * 6]
    known = {(frozenset(bag.colours), frozenset(bag.shapes)) for bag in bags("train")}
    for batch in result[2:]:
        held = [
            (
                frozenset(thing.colour for thing in scene.things),
                frozenset(thing.shape for thing in scene.things),
            )
            for scene in batch.scenes
        ]
        assert len(set(held)) == len(held) == lesson.batch
        assert set(held) <= known
        misnamed = batch.false[: lesson.batch]
        for scene, caption, false in zip(batch.scenes, batch.captions, misnamed, strict=True):
            [wrong] = [
                shape
                for shape in SHAPES
                if shape in false.replace(",", "").split()
                and shape not in caption.replace(",", "").split()
            ]
            assert wrong not in [thing.shape for thing in scene.things]
        swaps = batch.false[lesson.batch :]
        assert len(swaps) == (lesson.batch if hard else 0)
        for caption, swap in zip(batch.captions, swaps, strict=False):
            assert caption != swap
            assert Counter(caption.replace(",", "").split()) == Counter(
                swap.replace(",", "").split()
            )


def test_masks_hide_much_of_one_caption_and_little_of_the_other(
    kept: dict[str, reduced_vocabulary.ReducedVocabulary],
) -> None:
    rows = kept["t5"]
    gaps = list(islice(t5s.batches(rows, t5s.T5Training(plain=2, full=2, batch=16)), 4))
    sentinel = rows.row(t5s.SENTINEL)
    for gap in gaps:
        hidden = gap.tokens == sentinel
        assert torch.equal(hidden, gap.targets != -100)
        assert not (gap.targets == sentinel).any()
        assert 0.02 < float(hidden.double().mean()) < 0.4
        assert not hidden[:, 0].all()


def test_questions_ask_only_what_a_caption_names_and_their_answers_are_true() -> None:
    settings = t5_questions.QuestionTraining(plain=2, full=6, batch=12)
    counts = Counter()
    for lesson in t5_questions.lessons(settings):
        texts = [*lesson.captions, *lesson.others]
        for question in lesson.questions:
            words = texts[question.text].replace(",", "").replace(":", "").split()
            kind = t5_questions.KINDS[question.kind]
            word, answer = (t5_questions.ANSWERS[k] for k in (question.word, question.answer))
            counts[kind] += 1
            if kind in ("colour of", "size of"):
                assert word in words[words.index(answer) :][:3]
            elif word in t5_questions.PLACES:
                assert answer in words
            elif kind == "what is":
                assert answer in words[words.index(word) :][:3]
        for own, rival in zip(lesson.captions, lesson.rivals, strict=True):
            assert own != rival
            assert Counter(own.replace(",", "").split()) == Counter(rival.replace(",", "").split())
    assert set(counts) == set(t5_questions.KINDS)


def test_answers_see_no_padding_but_the_encoder_does(
    kept: dict[str, reduced_vocabulary.ReducedVocabulary],
) -> None:
    tokens, blank = t5_questions.padded(kept["t5"], TEXTS, 77)
    assert tokens.shape == (2, 77)
    assert (tokens[blank] == kept["t5"].row(0)).all()
    assert (~blank).sum(1).tolist() == [len(kept["t5"].rows(text)) for text in TEXTS]


def test_the_same_seed_gives_the_same_file(
    kept: dict[str, reduced_vocabulary.ReducedVocabulary], tmp_path: Path
) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        output = []
        for number in range(2):
            clip = clips.train(kept["clip"], SHORT, lambda _: None)
            path = train_miniatures.save(
                "mini-CLIP", clip, kept["clip"], {}, tmp_path / str(number)
            )
            output.append(hashlib.sha256(path.read_bytes()).hexdigest())
        other = clips.train(
            kept["clip"], clips.ClipTraining(**{**vars(SHORT), "seed": 2}), lambda _: None
        )
        different = train_miniatures.save("mini-CLIP", other, kept["clip"], {}, tmp_path / "2")
    finally:
        torch.set_num_threads(threads)
    assert output[0] == output[1] != hashlib.sha256(different.read_bytes()).hexdigest()


def test_a_saved_miniature_gives_the_trained_numbers(
    kept: dict[str, reduced_vocabulary.ReducedVocabulary], tmp_path: Path
) -> None:
    """Half precision and the shared row are all that a file changes."""
    model = clips.train(kept["clip"], SHORT, lambda _: None)
    train_miniatures.save("mini-CLIP", model, kept["clip"], {}, tmp_path)
    encoder = miniature.dual(miniature.load("mini-CLIP", tmp_path), kept["clip"].tokenizer)
    texts = ["a red car and a blue house", "two things: the small ball and the big tree"]
    with torch.no_grad():
        expected = model.half().float().get_text_features(input_ids=kept["clip"].batch(texts))
    vectors = getattr(expected, "pooler_output", expected)
    torch.testing.assert_close(
        encoder.text_features(texts),
        torch.nn.functional.normalize(vectors, dim=-1),
        atol=1e-5,
        rtol=1e-4,
    )
    unknown = encoder.towers.static(torch.tensor([1000, 2000, 3000]))
    assert torch.equal(unknown[0], unknown[1])
    assert torch.equal(unknown[0], unknown[2])


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderScopeError, match="Install EncoderScope again"):
        miniature.load("mini-T5", tmp_path)
    (tmp_path / "mini-T5.safetensors").write_bytes(b"\0" * 64)
    with pytest.raises(EncoderScopeError, match="cannot be read"):
        miniature.load("mini-T5", tmp_path)


class Neighbours(BagEncoder):
    """Every token is multiplied into the next: this holds who has what, and nothing of places."""

    def tokens(self, static: torch.Tensor, rows: TextTokens) -> torch.Tensor:
        return static * static.roll(1, 0)


def test_readers_of_the_truth_are_right_about_the_blind_and_the_seeing(
    kept: dict[str, reduced_vocabulary.ReducedVocabulary], monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection

    monkeypatch.setattr(truth, "FITTED", 400)
    monkeypatch.setattr(truth, "ASKED", 120)
    torch.manual_seed(0)
    config = CLIPTextConfig(
        hidden_size=96,
        intermediate_size=96,
        num_hidden_layers=1,
        num_attention_heads=2,
        eos_token_id=49407,
    )
    encoder = TransformersEncoder(
        CLIPTextModelWithProjection(config), kept["clip"].tokenizer, "clip"
    )
    assert 0.35 < truth.truth(BagEncoder(encoder)).sentence < 0.65
    assert truth.truth(Neighbours(encoder)).sentence > 0.9
