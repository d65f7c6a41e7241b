"""A vocabulary that lies beside a file or in it and cannot be used: the inspector says so if and
only if the loader refuses it, in the loader's own words.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from encoderscope.conditioning.encoder_files.vocabularies import stored, tokenizer_json
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.reports.encoder_file.report import inspect
from encoderscope.tests.host.loading import making

pytestmark = pytest.mark.host
ROWS = 600


def spiece(rows: int = ROWS) -> bytes:
    return making.sentencepiece(rows)


def unigram(rows: int = ROWS, end: str = "</s>", **others: object) -> dict[str, object]:
    pieces = [["<pad>", 0.0], [end, 0.0], ["<unk>", 0.0], ["\u2581a", -1.0]]
    pieces += [[f"<extra_{number}>", -9.0] for number in range(len(pieces), rows)]
    return {"version": "1.0", "added_tokens": [], **others,
            "model": {"type": "Unigram", "unk_id": 2, "vocab": pieces}}  # fmt: skip


def byte_pairs(rows: int = ROWS, merges: object = ()) -> dict[str, object]:
    names = ("<pad>", "<eos>", "<unk>", "a", "b", "ab")
    vocabulary = {name: number for number, name in enumerate(names)}
    vocabulary |= {f"<extra_{number}>": number for number in range(len(names), rows)}
    model = {"type": "BPE", "unk_token": "<unk>", "vocab": vocabulary, "merges": merges}
    return {"version": "1.0", "model": model}


def dumped(value: object) -> bytes:
    return json.dumps(value).encode()


PAGE = b"<!DOCTYPE html><html><body>Sign in</body></html>"
NOISE = bytes(number * 7919 % 251 for number in range(5000))
SENTENCEPIECE: dict[str, Callable[[], bytes]] = {
    "whole": spiece,
    "empty": lambda: b"",
    "a page": lambda: PAGE,
    "noise": lambda: NOISE,
    "a tokenizer.json": lambda: dumped(unigram()),
    "half": lambda: spiece()[: len(spiece()) // 2],
    "all but a byte": lambda: spiece()[:-1],
    "too few pieces": lambda: spiece(ROWS // 2),
    "too many pieces": lambda: spiece(ROWS + 1),
    "a little smaller": lambda: spiece(ROWS - 10),
}
JSON: dict[str, Callable[[], bytes]] = {
    "unigram": lambda: dumped(unigram()),
    "byte pairs": lambda: dumped(byte_pairs()),
    "byte pairs, merges": lambda: dumped(byte_pairs(merges=["a b"])),
    "byte pairs, newer merges": lambda: dumped(byte_pairs(merges=[["a", "b"]])),
    "an end mark that is added": lambda: dumped(
        unigram(ROWS - 1, "<end>", added_tokens=[{
            "id": ROWS - 1, "content": "</s>", "single_word": False, "lstrip": False,
            "rstrip": False, "normalized": False, "special": True}])),
    "empty": lambda: b"",
    "a page": lambda: PAGE,
    "noise": lambda: NOISE,
    "a spiece.model": spiece,
    "half": lambda: dumped(unigram())[:900],
    "null": lambda: b"null",
    "a number": lambda: b"7",
    "another object": lambda: b'{"architectures": ["T5"]}',
    "nested": lambda: b"[" * 100_000,
    "many values": lambda: b"[" + b"0," * 2_600_000 + b"0]",
    "no end mark": lambda: dumped(unigram(end="<end>")),
    "too few pieces": lambda: dumped(unigram(ROWS // 2)),
    "too many pieces": lambda: dumped(byte_pairs(ROWS + 1)),
    "no scores": lambda: dumped(unigram()).replace(b"-9.0", b'"-9.0"'),
    "numbers for names": lambda: dumped(byte_pairs()).replace(b'"a": 3', b'"a": "3"'),
    "a merge of a piece that is not there": lambda: dumped(byte_pairs(merges=["a c"])),
    "a merge of three": lambda: dumped(byte_pairs(merges=["a b c"])),
    "an unknown kind": lambda: dumped(byte_pairs()).replace(b'"BPE"', b'"Other"'),
    "an unknown normalizer": lambda: dumped(unigram(normalizer={"type": "Other"})),
    "an unknown id that is not there": lambda: dumped(unigram()).replace(
        b'"unk_id": 2', b'"unk_id": 9000'
    ),
}  # fmt: skip


def encoder(rows: int = ROWS) -> dict[str, torch.Tensor]:
    return making.siglip_state(making.siglip(64, 1, 1, 96, rows))


def expect_the_same(path: Path) -> bool:
    """Whether it loads; the inspector must have said so."""
    from encoderscope.host.loading import loader

    report = inspect(path)
    [inspected] = report["encoders"]
    try:
        clip = loader.load([path.name], "encoder alone", "as stored", "auto").clip
    except EncoderScopeError as error:
        assert not report["loads"], error
        assert error.problem in " ".join(inspected["notes"])
        assert error.remedy in " ".join(inspected["notes"])
        return False
    assert report["loads"], inspected["notes"]
    assert clip.tokenize("a photo of two dogs")
    return True


LOADS = {"whole", "a little smaller", "unigram", "byte pairs", "byte pairs, merges",
         "byte pairs, newer merges", "an end mark that is added"}  # fmt: skip


@pytest.mark.parametrize("name", SENTENCEPIECE)
@pytest.mark.parametrize("place", ["beside", "inside"])
def test_sentencepiece(place: str, name: str, folder: Path) -> None:
    data, tensors = SENTENCEPIECE[name](), encoder()
    if place == "beside":
        (folder / "sig.spiece.model").write_bytes(data)
    else:
        tensors["spiece_model"] = torch.frombuffer(bytearray(data or b" "), dtype=torch.uint8)
    assert expect_the_same(making.write(folder / "sig.safetensors", tensors)) == (name in LOADS)


@pytest.mark.parametrize("name", JSON)
@pytest.mark.parametrize("place", ["beside", "inside"])
def test_tokenizer_json(place: str, name: str, folder: Path) -> None:
    data, tensors = JSON[name](), encoder()
    if place == "beside":
        (folder / "sig.tokenizer.json").write_bytes(data)
    else:
        tensors["tokenizer_json"] = torch.frombuffer(bytearray(data or b" "), dtype=torch.uint8)
    assert expect_the_same(making.write(folder / "sig.safetensors", tensors)) == (name in LOADS)


@pytest.mark.parametrize("name", JSON)
def test_the_outline_agrees_with_the_library(name: str) -> None:
    from tokenizers import Tokenizer

    data = JSON[name]()
    try:
        library = Tokenizer.from_str(data.decode())
    except Exception:  # the library raises whatever it likes
        with pytest.raises(Exception):  # noqa: B017
            tokenizer_json.outline(data.decode())
        return
    outline = tokenizer_json.outline(data.decode())
    assert outline.largest == max(library.get_vocab().values())


def test_a_folder_of_that_name_is_no_vocabulary(folder: Path) -> None:
    path = making.write(folder / "sig.safetensors", encoder())
    (folder / "sig.spiece.model").mkdir()
    assert not expect_the_same(path)
    (folder / "spiece.model").write_bytes(spiece())
    assert expect_the_same(path)


def test_one_that_may_not_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = making.write(folder / "sig.safetensors", encoder())
    (folder / "sig.spiece.model").write_bytes(spiece())

    def refuse(path: Path, most: int) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(stored, "read_bytes", refuse)
    assert not expect_the_same(path)
    assert "cannot be read: Permission denied." in inspect(path)["encoders"][0]["notes"][-1]


def test_words_and_merges_alone_are_no_vocabulary_of_t5(folder: Path) -> None:
    """CLIP's files (vocab.json, merges.txt) in a folder with a SigLIP."""
    making.write(folder / "m" / "model.safetensors", encoder())
    making.write_json(folder / "m" / "config.json", {})
    making.write_json(folder / "m" / "vocab.json", {"a": 0})
    (folder / "m" / "merges.txt").write_text("#version: 0.2\n")
    assert not expect_the_same(folder / "m")
    assert inspect(folder / "m")["encoders"][0]["tokenizer"]["where"] != "folder"


def test_a_gguf_whose_end_mark_is_no_piece(folder: Path) -> None:
    from encoderscope.tests.host.loading.gguf_files import write_gguf

    tensors = making.state(making.t5(64, 2, 96, 4, 16, vocabulary=ROWS))
    write_gguf(folder / "t5.gguf", tensors, "F16", making.sentencepiece(), ROWS)
    assert expect_the_same(folder / "t5.gguf")
    start, entry, rest = (folder / "t5.gguf").read_bytes().partition(b"ggml.eos_token_id")
    broken = start + entry + rest[:4] + b"\xff\xff\xff\x00" + rest[8:]
    (folder / "t5.gguf").write_bytes(broken)
    assert not expect_the_same(folder / "t5.gguf")


def test_without_the_library_nothing_is_said_against_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = making.write(folder / "sig.safetensors", encoder())
    (folder / "sig.spiece.model").write_bytes(spiece())
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    report = inspect(path)
    assert report["loads"]
    assert "was not checked: the Python package sentencepiece" in report["encoders"][0]["notes"][-1]


_MEASURE = """
import json, resource, sys, time
from encoderscope.conditioning.encoder_files.vocabularies import tokenizer_json
text = open(sys.argv[1]).read()
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
tokenizer_json.outline(text)
print(time.process_time() - start, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
"""


def test_a_large_tokenizer_json_is_checked_cheaply(tmp_path: Path) -> None:
    """256,000 pieces: under a second and 100 MB, where the library takes seconds and 700 MB."""
    path = tmp_path / "tokenizer.json"
    path.write_bytes(dumped(unigram(256_000)))
    ran = subprocess.run(
        [sys.executable, "-c", _MEASURE, path], capture_output=True, text=True, check=True
    )
    seconds, kilobytes = map(float, ran.stdout.split())
    assert seconds < 2 and kilobytes < 150_000


def test_a_tokenizer_json_of_umt5_serves_it_alone(folder: Path) -> None:
    """The host's own tokenizer of Wan and ACE-Step reads sentencepiece's format only."""
    from encoderscope.host import folders
    from encoderscope.host.loading import vocabulary_tensors

    path = folder / "umt5.safetensors"
    making.write(path, making.state(making.umt5(64, 2, 96, 4, 256384, 16)))
    (folder / "umt5.tokenizer.json").write_bytes(dumped(unigram(256_300)))
    report = inspect(path)
    assert report["loads"]
    assert "need spiece.model" in report["encoders"][0]["notes"][-1]
    [opened] = folders.open_all([path.name])
    result = stored.find(opened.description, opened.checkpoint)
    with pytest.raises(EncoderScopeError, match=r"reads spiece\.model") as raised:
        vocabulary_tensors.host_tensors(opened.description, result)
    assert "encoder alone" in raised.value.remedy
