"""Vocabularies that travel with a file, dressed as the host's `SDTokenizer` and our token map
expect them.

Each says which ids a text becomes (`vocabulary(text)["input_ids"]`, the end mark included) and, by
way of `.tokenizer`, which characters each id covers. SigLIP's vocabularies read a text that was
made plain first; the characters told are those of the text as it was typed.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any, NamedTuple

import torch

_PUNCTUATION = frozenset(string.punctuation)


class Plain(NamedTuple):
    """A text as a vocabulary reads it, and for each of its characters the place in the text as
    typed.
    """

    text: str
    origin: list[int]


def as_typed(text: str) -> Plain:
    return Plain(text, list(range(len(text))))


def lower_case(text: str) -> Plain:
    """SigLIP 2: lower case and nothing else (transformers, Siglip2Tokenizer)."""
    pairs = [(low, i) for i, char in enumerate(text) for low in char.lower()]
    return Plain("".join(c for c, _ in pairs), [i for _, i in pairs])


def without_punctuation(text: str) -> Plain:
    """SigLIP: lower case, no ASCII punctuation, single spaces, none at the ends (big_vision,
    canonicalize_text).
    """
    kept: list[tuple[str, int]] = []
    lowered = lower_case(text)
    for char, i in zip(lowered.text, lowered.origin, strict=True):
        if char in _PUNCTUATION:
            continue
        if not char.isspace():
            kept.append((char, i))
        elif kept and kept[-1][0] != " ":
            kept.append((" ", i))
    if kept and kept[-1][0] == " ":
        kept.pop()
    return Plain("".join(c for c, _ in kept), [i for _, i in kept])


class Pieces:
    """One vocabulary: `read` gives ids with their characters in the plain text, without marks at
    the ends.
    """

    def __init__(
        self,
        read: Callable[[str], list[tuple[int, tuple[int, int]]]],
        vocabulary: dict[str, int],
        end: int,
        unknown: int | None,
        plain: Callable[[str], Plain] = as_typed,
    ) -> None:
        self._read, self._vocabulary, self._plain = read, vocabulary, plain
        self.end, self.unknown = end, unknown
        self.tokenizer = (
            self  # where the token map looks for `encode_as_offset_mapping` and `unk_id`
        )

    def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
        return {"input_ids": [i for i, _ in self._read(self._plain(text).text)] + [self.end]}

    def encode_as_offset_mapping(self, text: str, **_: Any) -> dict[str, list[Any]]:
        plain, places = self._plain(text), []
        found = self._read(plain.text)
        for _id, (start, stop) in found:
            inside = plain.origin[start:stop]
            here = plain.origin[start] if start < len(plain.origin) else len(text)
            places.append((min(inside), max(inside) + 1) if inside else (here, here))
        return {"ids": [i for i, _ in found], "offsets": places}

    def unk_id(self) -> int:
        return -1 if self.unknown is None else self.unknown

    def get_vocab(self) -> dict[str, int]:
        return self._vocabulary


def from_sentencepiece(model: bytes, plain: Callable[[str], Plain] = as_typed) -> Pieces:
    import sentencepiece

    inner: Any = sentencepiece.SentencePieceProcessor(model_proto=model)

    def read(text: str) -> list[tuple[int, tuple[int, int]]]:
        if hasattr(inner, "encode_as_offset_mapping"):  # 0.2.2 and later
            told = inner.encode_as_offset_mapping(text, add_bos=False, add_eos=False)
            return list(zip(told["ids"], [tuple(o) for o in told["offsets"]], strict=True))
        return [(p.id, (p.begin, p.end)) for p in inner.encode_as_immutable_proto(text).pieces]

    vocabulary = {inner.id_to_piece(i): i for i in range(inner.get_piece_size())}
    return Pieces(read, vocabulary, inner.eos_id(), inner.unk_id(), plain)


def from_tokenizer_json(text: str, plain: Callable[[str], Plain] = as_typed) -> Pieces | None:
    """`None` where the file names no end mark that we know: then nobody can say how a text ends."""
    from tokenizers import Tokenizer

    inner = Tokenizer.from_str(text)
    end = next(
        (i for i in map(inner.token_to_id, ("</s>", "<eos>", "<|endoftext|>")) if i is not None),
        None,
    )
    if end is None:
        return None

    def read(given: str) -> list[tuple[int, tuple[int, int]]]:
        told = inner.encode(given, add_special_tokens=False)
        return list(zip(told.ids, told.offsets, strict=True))

    return Pieces(read, inner.get_vocab(), end, inner.token_to_id("<unk>"), plain)


def as_bytes(data: Any) -> bytes:
    """A vocabulary stored as a tensor beside the weights."""
    return data.numpy().tobytes() if torch.is_tensor(data) else bytes(data)
