"""What stands under a model's name and is none, or has another kind's name: each in a sentence,
with the remedy that works.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.reports.encoder_file.report import inspect
from encoderscope.tests.encoder_files import make

SMALL = {"a.weight": (2, 2)}
LOG_IN = "it may ask you to log in"
BEGINNINGS = {
    "blank lines and a page": (b"\n\n<!doctype html>" + b" " * 99, "is a web page", LOG_IN),
    "a byte order mark": (b"\xef\xbb\xbf<html>" + b" " * 99, "is a web page", LOG_IN),
    "a page indented": (b" " * 9 + b"<html>" + b" " * 99, "is a web page", LOG_IN),
    "an answer in JSON": (b'{"error":"Invalid credentials"}', 'begins with \'{"error"', LOG_IN),
    "a plain answer": (b"Invalid username or password.", "'Invalid username or password.'", LOG_IN),
    "a gated model": (b"Access to model a/b is restricted.\n", "'Access to model a/b is r", LOG_IN),
    "a pointer": (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer", "git lfs"),
    "zeros": (bytes(400), "begins with zeros", "Wait until the download has ended"),
    "zip": (
        b"PK\x03\x04" + b"\x14" + bytes(21) + b"\x08\0\0\0clip.txt" + b"\xaa" * 99,
        "is a ZIP archive",
        "Unpack it",
    ),
    "onnx": (
        b"\x08\x07\x12\x07pytorch\x1a\x05" + b"2.1.0" * 20,
        "is an ONNX model",
        ".safetensors or",
    ),
    "numpy": (b"\x93NUMPY\x01\0v\0" + b" " * 99, "is a NumPy array", ".safetensors or"),
    "ggml": (b"tjgg\x03\0\0\0" + b"\xaa" * 99, "is a GGML file, older", ".safetensors or"),
    "gzip": (b"\x1f\x8b\x08\0" + b"\xaa" * 99, "is a gzip archive", "Unpack it"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + b"\xaa" * 99, "is a 7z archive", "Unpack it"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\xaa" * 99, "is a picture (PNG)", ".safetensors or"),
}


def refused(path: Path) -> EncoderScopeError:
    with pytest.raises(EncoderScopeError) as raised:
        inspect(path)
    return raised.value


@pytest.mark.parametrize("ending", ["safetensors", "gguf"])
@pytest.mark.parametrize("name", BEGINNINGS)
def test_what_a_download_left(name: str, ending: str, tmp_path: Path) -> None:
    data, title, remedy = BEGINNINGS[name]
    path = tmp_path / f"model.{ending}"
    path.write_bytes(data)
    error = refused(path)
    assert title in error.problem and remedy in error.remedy
    assert "bytes long" not in error.problem


@pytest.mark.parametrize("ending", ["safetensors", "gguf"])
def test_one_byte_of_any_value(ending: str, tmp_path: Path) -> None:
    """A download that was cut after its first byte."""
    path = tmp_path / f"model.{ending}"
    for value in range(256):
        path.write_bytes(bytes([value]))
        assert path.name in str(refused(path))


@pytest.mark.parametrize("name", ["clip.gguf", "clip.ckpt", "model.bin", "d4446f7a", "clip.txt"])
def test_a_safetensors_file_by_another_name_is_to_be_renamed(name: str, tmp_path: Path) -> None:
    error = refused(make.sparse(tmp_path / name, SMALL))
    assert f"{name} is a .safetensors file by what it holds" in error.problem
    assert error.remedy == "Rename it to end in .safetensors."
    (tmp_path / name).rename(tmp_path / "renamed.safetensors")
    assert inspect(tmp_path / "renamed.safetensors")["tensors"] == 1


def test_a_gguf_by_another_name_is_to_be_renamed(tmp_path: Path) -> None:
    path = make.gguf(tmp_path / "t5.txt", {"a.weight": ((2, 32), 0)}, {})
    assert refused(path).remedy == "Rename it to end in .gguf."


@pytest.mark.parametrize("ending", ["part", "crdownload", "incomplete"])
def test_a_download_that_has_not_ended(ending: str, tmp_path: Path) -> None:
    path = make.sparse(tmp_path / f"model.safetensors.{ending}", SMALL)
    assert "has not ended" in refused(path).problem


def test_aria2_keeps_a_note_until_a_file_is_whole(tmp_path: Path) -> None:
    path = make.sparse(tmp_path / "model.safetensors", SMALL)
    note = tmp_path / "model.safetensors.aria2"
    note.write_bytes(b"\0\1")
    assert f"is not whole yet: aria2's note {note.name} is there." in refused(path).problem
    note.unlink()
    assert inspect(path)["tensors"] == 1


@pytest.mark.parametrize("part", [0, 1])
def test_a_part_of_a_split_gguf(part: int, tmp_path: Path) -> None:
    entries = {"general.architecture": "t5encoder", "split.no": part, "split.count": 2}
    path = make.gguf(tmp_path / "t5-00001-of-00002.gguf", {"a.weight": ((2, 32), 0)}, entries)
    error = refused(path)
    assert "is one of 2 parts of a split GGUF" in error.problem and "--merge" in error.remedy


CONTENTS = {"": "it is empty", "<html>": "it is a web page", "{": "line 1 makes no sense",
            "version https://git-lfs": "it is a Git LFS pointer"}  # fmt: skip


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("name", ["config.json", "model.safetensors.index.json"])
def test_a_json_that_is_none_is_said_in_our_words(name: str, content: str, tmp_path: Path) -> None:
    make.sparse(tmp_path / "model.safetensors", SMALL)
    (tmp_path / name).write_text(content)
    assert refused(tmp_path).problem == f"{name} is not JSON ({CONTENTS[content]})."


def test_a_json_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    make.sparse(tmp_path / "model.safetensors", SMALL)
    (tmp_path / "config.json").write_bytes(b"\xef\xbb\xbf" + json.dumps({"a": 1}).encode())
    assert inspect(tmp_path)["tensors"] == 1


def test_shards_that_are_missing_or_named_otherwise(tmp_path: Path) -> None:
    make.sparse(tmp_path / "model-00001-of-00003.safetensors", {"a": (1,)})
    two = refused(tmp_path)
    assert two.problem.startswith(f"2 of the 3 shards of {tmp_path.name!r} are missing: ")
    assert two.remedy == "Download them into the same folder."
    make.sparse(tmp_path / "model-00002-of-00003.safetensors", {"b": (1,)})
    make.sparse(tmp_path / "model-00003-of-00003 (1).safetensors", {"c": (1,)})
    weight_map = {name: f"model-0000{n}-of-00003.safetensors" for n, name in enumerate("abc", 1)}
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": weight_map}))
    single = refused(tmp_path)
    assert single.problem.startswith(f"1 of the 3 shards of {tmp_path.name!r} is missing: ")
    assert "If model-00003-of-00003 (1).safetensors is meant, give it that name." in single.remedy
    (tmp_path / "model-00003-of-00003 (1).safetensors").rename(
        tmp_path / "model-00003-of-00003.safetensors"
    )
    assert inspect(tmp_path)["tensors"] == 3
    index.write_text(json.dumps({"weight_map": {"a": "pytorch_model-00001-of-00002.bin"}}))
    assert "pytorch_model-00001-of-00002.bin is a pickle" in refused(tmp_path).problem


def test_a_folder_names_the_folders_in_it_that_hold_models(tmp_path: Path) -> None:
    cache = tmp_path / "models--google--t5"
    make.sparse(cache / "snapshots" / "0123" / "model.safetensors", SMALL)
    assert refused(cache).remedy == "Choose a folder in it that does: snapshots/0123."
    assert inspect(cache / "snapshots" / "0123")["tensors"] == 1


def test_a_link_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").symlink_to(tmp_path / "gone")
    assert (
        "is a link to a file that is not there" in refused(tmp_path / "model.safetensors").problem
    )


def test_one_byte_is_one_byte(tmp_path: Path) -> None:
    path = make.sparse(tmp_path / "model.safetensors", SMALL)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size + 1)
    assert "has 1 byte more" in refused(path).problem
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 2)
    assert "(missing: 1)" in refused(path).problem


def test_a_plain_zip_is_no_pickle_and_that_of_torch_is_one(tmp_path: Path) -> None:
    import zipfile

    import torch
    from encoderscope.conditioning.encoder_files.formats.safetensors_header import Pickle

    for name in ("a.pt", "b.safetensors", "a name of eighty letters " * 3 + ".bin"):
        torch.save({"weight": torch.zeros(3)}, tmp_path / name)
        with pytest.raises(Pickle):
            inspect(tmp_path / name)
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("clip.safetensors", "weights")
        with pytest.raises(EncoderScopeError, match="is a ZIP archive") as raised:
            inspect(tmp_path / name)
        assert raised.value.remedy.startswith("Unpack it")
