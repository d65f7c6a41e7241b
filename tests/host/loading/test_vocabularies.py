"""The vocabulary that comes with a file reads as its own library does, fits the host's tokenizer
machinery, and tells where each token lies.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from encoderscope.tests.host.loading import making

pytestmark = pytest.mark.host
TEXTS = (
    "a photo of two dogs",
    "A Photo, of  TWO dogs!",
    "red, (blue) & green-house?",
    " snow  ",
    "über-lazy İstanbul fox",
    "",
    "!!!",
)


def siglip(folder: Path, vocabulary: int = 32000) -> Any:
    from encoderscope.host.loading import loader

    making.write(
        folder / "sig.safetensors", making.siglip_state(making.siglip(128, 1, 2, 64, vocabulary))
    )
    return loader.load(["sig.safetensors"], "auto", "as stored", "auto").clip


@pytest.mark.parametrize("text", TEXTS)
def test_siglip_as_big_vision_reads_it(text: str, folder: Path) -> None:
    """Lower case, punctuation removed, single spaces, then sentencepiece, one end mark, padded with
    it to 64.
    """
    import re
    import string

    import sentencepiece

    making.write_sentencepiece(folder / "sig.spiece.model")
    window = siglip(folder).tokenize(text)["siglip"]
    plain = re.sub(
        r"\s+", " ", text.lower().translate(str.maketrans("", "", string.punctuation))
    ).strip()
    ids = sentencepiece.SentencePieceProcessor(model_proto=making.sentencepiece()).encode(plain)
    # the host reads round brackets as weights, so a bracketed word is a segment of its own
    if "(" not in text:
        assert [token for token, _ in window[0]] == ids + [1] * (64 - len(ids))
    assert len(window[0]) == 64


def test_long_texts_open_windows_of_64(folder: Path) -> None:
    making.write_sentencepiece(folder / "sig.spiece.model")
    clip = siglip(folder)
    windows = clip.tokenize("two dogs and three blue cats " * 20)["siglip"]
    assert len(windows) > 1
    assert {len(window) for window in windows} == {64}
    states, pooled = clip.encode_from_tokens(
        clip.tokenize("two dogs and three blue cats " * 20), return_pooled=True
    )
    assert states.shape == (1, 64 * len(windows), 128)
    assert pooled.shape == (1, 128)


def tokenizer_json(path: Path, rows: int = 256000) -> Any:
    """A vocabulary as Gemma's: byte pairs, `<pad>` 0, `<eos>` 1; filled up to ``rows``."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    tokenizer.normalizer, tokenizer.decoder = (
        normalizers.Replace(" ", "▁"),
        decoders.Replace("▁", " "),
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    tokenizer.train_from_iterator(
        making._SENTENCES,
        trainers.BpeTrainer(
            vocab_size=200, special_tokens=["<pad>", "<eos>", "<bos>", "<unk>"], show_progress=False
        ),
    )
    stored = json.loads(tokenizer.to_str())
    vocabulary = stored["model"]["vocab"]
    vocabulary |= {f"<extra_{number}>": number for number in range(len(vocabulary), rows)}
    path.write_text(json.dumps(stored))
    return tokenizer


def test_siglip_2_reads_lower_case_and_keeps_punctuation(folder: Path) -> None:
    reference = tokenizer_json(folder / "sig.tokenizer.json")
    clip = siglip(folder, 256000)
    window = clip.tokenize("A Photo of TWO dogs")["siglip"][0]
    ids = reference.encode("a photo of two dogs", add_special_tokens=False).ids
    assert [token for token, _ in window] == [*ids, 1] + [0] * (63 - len(ids))


@pytest.mark.parametrize("kind", ["spiece.model", "tokenizer.json"])
def test_every_word_is_found_by_the_token_map(kind: str, folder: Path) -> None:
    if kind == "spiece.model":
        making.write_sentencepiece(folder / f"sig.{kind}")
    else:
        tokenizer_json(folder / f"sig.{kind}")
    from encoderscope.host import recorder

    text = "A Photo, of (TWO:1.2) blue-cats"
    clip = siglip(folder, 32000 if kind == "spiece.model" else 256000)
    recorded = recorder.record(clip, text)
    assert recorded.family is None, "no family takes SigLIP"
    stream = recorded.streams[0]
    assert (stream.name, stream.capacity) == ("siglip", 63)
    pieces = [event for event in stream.events if event.text.strip()]
    assert pieces
    for piece in pieces:
        assert piece.spans is not None
        covered = {i for start, end in piece.spans for i in range(start, end)}
        letters = {i for i, char in enumerate(piece.text) if char.isalpha()}
        assert letters <= covered, piece.text


def test_a_vocabulary_inside_the_file_needs_no_other(folder: Path) -> None:
    from encoderscope.host.loading import loader

    tensors = making.siglip_state(making.siglip(128, 1, 2, 64))
    stored = torch.frombuffer(bytearray(making.sentencepiece(32000)), dtype=torch.uint8)
    making.write(folder / "sig.safetensors", {**tensors, "spiece_model": stored})
    loaded = loader.load(["sig.safetensors"], "auto", "as stored", "auto")
    assert loaded.encoders[0].plan.vocabulary.in_file
    assert torch.equal(loaded.clip.get_sd()["spiece_model"], stored)


@pytest.mark.parametrize(
    "place", ["m/spiece.model", "m/tokenizer/spiece.model", "m/model.spiece.model"]
)
def test_places_where_a_vocabulary_may_lie(place: str, folder: Path) -> None:
    from encoderscope.host.loading import loader

    making.write(
        folder / "m" / "model.safetensors", making.siglip_state(making.siglip(128, 1, 2, 64))
    )
    (folder / place).parent.mkdir(exist_ok=True)
    making.write_sentencepiece(folder / place)
    assert loader.load(["m/model.safetensors"], "auto", "as stored", "auto").clip.tokenize(
        "two dogs"
    )


def test_diffusers_keeps_it_in_a_folder_beside(folder: Path) -> None:
    from encoderscope.host.loading import loader

    making.write(
        folder / "p" / "text_encoder_2" / "model.safetensors",
        making.siglip_state(making.siglip(128, 1, 2, 64)),
    )
    (folder / "p" / "tokenizer_2").mkdir()
    making.write_sentencepiece(folder / "p" / "tokenizer_2" / "spiece.model")
    assert loader.load(
        ["p/text_encoder_2/model.safetensors"], "auto", "as stored", "auto"
    ).clip.tokenize("two dogs")


def test_t5_reads_with_the_hosts_own_vocabulary(folder: Path) -> None:
    from encoderscope.host.loading import loader

    making.write(folder / "t5.safetensors", making.state(making.t5(64, 1, 96, 4, 16)))
    loaded = loader.load(["t5.safetensors"], "auto", "as stored", "auto")
    ids = [
        token
        for token, _ in loaded.clip.tokenize(
            "translate English to German: The house is wonderful."
        )["t5"][0]
    ]
    assert ids == [13959, 1566, 12, 2968, 10, 37, 629, 19, 1627, 5, 1]


def test_t5_v1_1_xl_is_not_pile_t5(folder: Path) -> None:
    """The host takes any T5 of width 2048 for Pile-T5: another vocabulary, another end mark, a bias
    in every layer.
    """
    from encoderscope.conditioning.encoder_files.vocabularies import place
    from encoderscope.host import folders
    from encoderscope.host.loading import picker

    making.write(
        folder / "xl.safetensors", making.state(making.t5(2048, 2, 64, 2, 8)), torch.float16
    )
    description = folders.open_all(["xl.safetensors"])[0].description
    assert (description.variant, description.tokenizer, picker.role_of(description)) == (
        "t5_v1_1",
        "t5",
        None,
    )
    assert not place.needs_own(description)


@pytest.mark.parametrize(("act", "pad"), [("quick_gelu", 49407), ("gelu", 0)])
def test_clip_is_padded_as_its_makers_do(act: str, pad: int, folder: Path) -> None:
    from encoderscope.host.loading import loader

    making.write(folder / "b" / "model.safetensors", making.state(making.clip(128, 1, act)))
    making.write_json(folder / "b" / "config.json", {"hidden_act": act, "num_attention_heads": 2})
    window = loader.load(["b/"], "auto", "as stored", "auto").clip.tokenize("a photo of a dog")[
        "clip_text"
    ][0]
    assert [token for token, _ in window] == [49406, 320, 1125, 539, 320, 1929, 49407] + [pad] * 70


ODD_TEXTS = (
    *TEXTS,
    "two  dogs\nand three blue cats",
    "blue_house, 24/7 - snow-dogs…",
    "一只狐狸 in snow ½",
    "photo " * 40,
)


@pytest.mark.parametrize("rows", [0, 300], ids=["as trained", "filled up"])
def test_a_vocabulary_in_a_gguf_reads_as_the_one_it_was_made_of(rows: int, tmp_path: Path) -> None:
    """Ids and places of every piece, by sentencepiece's own library."""
    from encoderscope.conditioning.encoder_files.formats import gguf_vocabulary
    from encoderscope.conditioning.encoder_files.vocabularies import pieces
    from encoderscope.tests.host.loading.gguf_files import write_gguf

    model = making.sentencepiece()
    write_gguf(tmp_path / "t5.gguf", {}, "F16", model, rows)
    original = pieces.from_sentencepiece(model)
    read = pieces.from_sentencepiece(gguf_vocabulary.sentencepiece_model(tmp_path / "t5.gguf"))
    assert (read.end, read.unknown) == (original.end, original.unknown) == (1, 2)
    assert len(read.get_vocab()) == max(rows, len(original.get_vocab()))
    for text in ODD_TEXTS:
        assert read(text) == original(text)
        assert read.encode_as_offset_mapping(text) == original.encode_as_offset_mapping(text)


@pytest.mark.parametrize("share", [1.0, 0.5], ids=["whole", "half of it"])
def test_a_gguf_that_carries_its_vocabulary_needs_none_beside_it(
    share: float, folder: Path
) -> None:
    from encoderscope.conditioning.encoder_files.vocabularies.place import MissingTokenizer
    from encoderscope.conditioning.reports.encoder_file.report import inspect
    from encoderscope.host.loading import loader
    from encoderscope.tests.host.loading.gguf_files import write_gguf

    rows, model = 256384, making.sentencepiece()
    tensors = making.state(making.umt5(64, 2, 96, 4, rows, 16))
    write_gguf(folder / "umt5.gguf", tensors, "F16", model, int(rows * share))
    report = inspect(folder / "umt5.gguf")
    [encoder] = report["encoders"]
    assert encoder["tokenizer"]["where"] == ("file" if share == 1 else "missing")
    assert report["loads"] == (share == 1)
    if share < 1:
        reason = (
            "and that in umt5.gguf is not whole: it has 128,192 pieces for the 256,384 rows of "
            "the encoder. None lies beside it."
        )
        with pytest.raises(MissingTokenizer) as raised:
            loader.load(["umt5.gguf"], "auto", "as stored", "auto")
        assert raised.value.problem.endswith(reason)
        assert reason in " ".join(encoder["notes"])
        return
    clip = loader.load(["umt5.gguf"], "auto", "as stored", "auto").clip
    making.write(folder / "beside.safetensors", tensors)
    making.write_sentencepiece(folder / "beside.spiece.model", rows)
    other = loader.load(["beside.safetensors"], "auto", "as stored", "auto").clip
    for text in ODD_TEXTS:
        assert clip.tokenize(text) == other.tokenize(text)
