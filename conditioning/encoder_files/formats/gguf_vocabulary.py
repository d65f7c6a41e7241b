"""The vocabulary that a GGUF file may carry: pieces with scores, as llama.cpp keeps a T5's, and the
same as a sentencepiece model, which every reader of ours and the host's takes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .gguf_header import read_entries
from .impostors import DamagedFile

_START = "tokenizer.ggml."
_MODEL = f"{_START}model"
_KIND = "t5"
"""llama.cpp's word for sentencepiece's unigram models."""
_TOKENS, _SCORES, _TYPES = (f"{_START}{name}" for name in ("tokens", "scores", "token_type"))
_CHARACTERS = f"{_START}precompiled_charsmap"
_IDS = {
    "unk": f"{_START}unknown_token_id",
    "bos": f"{_START}bos_token_id",
    "eos": f"{_START}eos_token_id",
    "pad": f"{_START}padding_token_id",
}
_USUAL = {"unk": 2, "bos": -1, "eos": 1, "pad": 0}
"""T5's own ids, where the file names none."""
_FLAGS = {f"{_START}add_space_prefix": 3, f"{_START}remove_extra_whitespaces": 4}
"""Entry -> field of a sentencepiece normalizer. Both are on where the file says nothing."""
_UNKNOWN, _UNIGRAM = 2, 1


def piece_count(metadata: Mapping[str, str]) -> int:
    """How many pieces of a unigram vocabulary a file carries, by its header; 0 without any."""
    if metadata.get(_MODEL) != _KIND:
        return 0
    return _length(metadata.get(_TOKENS, ""))


def is_scored(metadata: Mapping[str, str]) -> bool:
    """Whether each of its pieces has a score and a type."""
    pieces = piece_count(metadata)
    return pieces > 0 and all(_length(metadata.get(key, "")) == pieces for key in (_SCORES, _TYPES))


def _length(entry: str) -> int:
    """Of an array in a header: long ones are told by their length, short ones as they are."""
    if entry.startswith("["):
        return entry.count(",") + 1
    return int(entry) if entry.isdecimal() else 0


def sentencepiece_model(path: Path) -> bytes:
    """The vocabulary of a GGUF file in sentencepiece's own format. Raises :class:`BrokenFile`."""
    keys = (_TOKENS, _SCORES, _TYPES, _CHARACTERS, *_IDS.values(), *_FLAGS)
    entries = read_entries(path, keys)
    try:
        return b"".join(_model(entries))
    except (KeyError, TypeError, IndexError, ValueError, struct.error) as error:
        raise DamagedFile(
            path,
            "The vocabulary in {file} cannot be read ({why}).",
            "Pieces, their scores and their types were expected, as llama.cpp writes them.",
            why=type(error).__name__,
        ) from error


def _model(entries: Mapping[str, Any]) -> Iterator[bytes]:
    pieces, kinds = entries[_TOKENS], entries[_TYPES]
    ids = {name: int(entries.get(key, _USUAL[name])) for name, key in _IDS.items()}
    for number, (piece, score, kind) in enumerate(
        zip(pieces, entries[_SCORES], kinds, strict=True)
    ):
        if number == ids["unk"]:
            kind = _UNKNOWN
        yield _message(1, _piece(piece, float(score), int(kind)))
    yield _message(2, b"".join(_trainer(pieces, ids)))
    yield _message(3, b"".join(_normalizer(entries)))


def _piece(piece: str, score: float, kind: int) -> bytes:
    # the numbers of GGUF's types are sentencepiece's own
    return _message(1, piece.encode()) + b"\x15" + struct.pack("<f", score) + _number(3, kind)


def _trainer(pieces: list[str], ids: Mapping[str, int]) -> Iterator[bytes]:
    yield _number(3, _UNIGRAM)
    yield _number(4, len(pieces))
    for field, number in enumerate(ids.values()):
        yield _number(40 + field, number)
        if number >= 0:
            yield _message(45 + field, pieces[number].encode())


def _normalizer(entries: Mapping[str, Any]) -> Iterator[bytes]:
    characters: Iterable[int] = entries.get(_CHARACTERS, ())
    yield _message(2, bytes(value & 0xFF for value in characters))
    for key, field in _FLAGS.items():
        yield _number(field, int(entries.get(key, True)))


def _message(field: int, content: bytes) -> bytes:
    """A field of protocol buffers that holds bytes, text or a message."""
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value & 0xFFFFFFFFFFFFFFFF)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
