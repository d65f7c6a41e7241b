"""Vocabularies that travel with a file, dressed as the host's `SDTokenizer` and our token map
expect them.

Each gives the ids of a text (`vocabulary(text)["input_ids"]`, the end mark included) and, by way of
`.tokenizer`, the characters that each id covers. SigLIP's vocabularies read a text that is
normalized first; the characters are those of the text as it was typed.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any, NamedTuple

_PUNCTUATION = frozenset(string.punctuation)
END_MARKS = ("</s>", "<eos>", "<|endoftext|>")


class NormalizedText(NamedTuple):
    """A text as a vocabulary reads it, and for each of its characters the place in the text as
    typed.
    """

    text: str
    origin: list[int]


Normalizer = Callable[[str], NormalizedText]


def as_typed(text: str) -> NormalizedText:
    """The text itself."""
    return NormalizedText(text, list(range(len(text))))


def lower_case(text: str) -> NormalizedText:
    """SigLIP 2's form: lower case and nothing else (transformers, Siglip2Tokenizer)."""
    return _normalized([(low, i) for i, char in enumerate(text) for low in char.lower()])


def without_punctuation(text: str) -> NormalizedText:
    """SigLIP's form: lower case, no ASCII punctuation, single spaces, none at the ends (big_vision,
    canonicalize_text).
    """
    pairs: list[tuple[str, int]] = []
    lowered = lower_case(text)
    for char, i in zip(lowered.text, lowered.origin, strict=True):
        if char in _PUNCTUATION:
            continue
        if not char.isspace():
            pairs.append((char, i))
        elif pairs and pairs[-1][0] != " ":
            pairs.append((" ", i))
    if pairs and pairs[-1][0] == " ":
        pairs.pop()
    return _normalized(pairs)


def _normalized(pairs: list[tuple[str, int]]) -> NormalizedText:
    return NormalizedText("".join(char for char, _ in pairs), [i for _, i in pairs])


Piece = tuple[int, tuple[int, int]]
"""An id, and the start and stop of its characters."""


class PieceVocabulary:
    """One vocabulary: `read` gives ids with their characters in the normalized text, without marks
    at the ends.
    """

    def __init__(
        self,
        read: Callable[[str], list[Piece]],
        vocabulary: dict[str, int],
        end: int,
        unknown: int | None,
        normalize: Normalizer = as_typed,
    ) -> None:
        self._read = read
        self._vocabulary = vocabulary
        self._normalize = normalize
        self.end = end
        self.unknown = unknown
        # where the token map looks for `encode_as_offset_mapping` and `unk_id`
        self.tokenizer = self

    def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
        pieces = self._read(self._normalize(text).text)
        return {"input_ids": [*(number for number, _ in pieces), self.end]}

    def encode_as_offset_mapping(self, text: str, **_: Any) -> dict[str, list[Any]]:
        """Ids, and the characters of the text as typed that each of them covers."""
        normalized = self._normalize(text)
        origin = [*normalized.origin, len(text)]
        pieces = self._read(normalized.text)
        offsets = []
        for _id, (start, stop) in pieces:
            covered = normalized.origin[start:stop]
            if covered:
                offsets.append((min(covered), max(covered) + 1))
            else:
                place = origin[min(start, len(origin) - 1)]
                offsets.append((place, place))
        return {"ids": [number for number, _ in pieces], "offsets": offsets}

    def unk_id(self) -> int:
        """The id of an unknown piece; -1 where there is none."""
        if self.unknown is None:
            return -1
        return self.unknown

    def get_vocab(self) -> dict[str, int]:
        """Piece -> id."""
        return self._vocabulary


def from_sentencepiece(model: bytes, normalize: Normalizer = as_typed) -> PieceVocabulary:
    """Sentencepiece's own format. Raises what its library does on a damaged one."""
    import sentencepiece

    processor: Any = sentencepiece.SentencePieceProcessor(model_proto=model)

    def read(text: str) -> list[Piece]:
        if hasattr(processor, "encode_as_offset_mapping"):  # 0.2.2 and later
            mapping = processor.encode_as_offset_mapping(text, add_bos=False, add_eos=False)
            return list(zip(mapping["ids"], map(tuple, mapping["offsets"]), strict=True))
        pieces = processor.encode_as_immutable_proto(text).pieces
        return [(piece.id, (piece.begin, piece.end)) for piece in pieces]

    vocabulary = {processor.id_to_piece(i): i for i in range(processor.get_piece_size())}
    return PieceVocabulary(read, vocabulary, processor.eos_id(), processor.unk_id(), normalize)


def from_tokenizer_json(text: str, normalize: Normalizer = as_typed) -> PieceVocabulary | None:
    """A tokenizer.json; `None` where it names no end mark that we know: then nobody can say how a
    text ends. Raises what the tokenizers library does on a damaged one.
    """
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(text)
    ends = map(tokenizer.token_to_id, END_MARKS)
    end = next((number for number in ends if number is not None), None)
    if end is None:
        return None

    def read(text: str) -> list[Piece]:
        encoding = tokenizer.encode(text, add_special_tokens=False)
        return list(zip(encoding.ids, encoding.offsets, strict=True))

    unknown = tokenizer.token_to_id("<unk>")
    return PieceVocabulary(read, tokenizer.get_vocab(), end, unknown, normalize)
