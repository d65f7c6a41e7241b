"""Texts for an image-text encoder: token ids as it was trained with, and a list of what did not
fit.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from ..bounded_reading import check_library_files
from ..errors import EncoderScopeError
from ..translation import in_turn, later, later_count, translatable

TOKENIZER_FILES = translatable(
    "Put the files of its tokenizer (tokenizer.json, tokenizer_config.json, "
    "special_tokens_map.json; for the first SigLIP also spiece.model) from the model's page into "
    "one folder with the model."
)


class TextTokenizer(Protocol):
    """One tokenizer, reduced to what is asked of it here."""

    size: int
    end: int | None
    padding: int

    def encode(self, text: str) -> list[int]:
        """All ids of ``text``, start and end tokens included, however long."""

    def decode(self, ids: Sequence[int]) -> str: ...


@dataclass(frozen=True)
class Truncation:
    """A text that is longer than the encoder reads."""

    index: int
    """Which of the texts."""
    tokens: int
    """All of its tokens, start and end included."""
    limit: int
    lost: str
    """The words behind the limit, as the tokenizer spells them."""

    def sentence(self) -> str:
        """In English until it is said in a language."""
        return later_count(
            "Text {number} has {count:,} token and {limit:,} fit: {lost!r} is not read.",
            "Text {number} has {count:,} tokens and {limit:,} fit: {lost!r} is not read.",
            self.tokens,
            number=self.index + 1,
            limit=self.limit,
            lost=self.lost,
        )


class TextTooLong(EncoderScopeError):
    """A text was cut and the caller had not said that it may be."""

    def __init__(self, cuts: Sequence[Truncation]) -> None:
        self.cuts = tuple(cuts)
        super().__init__(
            in_turn(cut.sentence() for cut in cuts),
            later_count(
                "At most {count:,} token was expected.",
                "At most {count:,} tokens were expected.",
                cuts[0].limit,
            ),
            "Shorten the text: what is behind the limit would not be looked at.",
        )


@dataclass(frozen=True)
class TextReading:
    """Texts as the encoder gets them."""

    ids: torch.Tensor
    """(batch, token), all rows as long as the encoder's limit."""
    cuts: tuple[Truncation, ...]


@dataclass(frozen=True)
class TextReader:
    """Texts to ids: cut at ``limit`` with the end token kept, and filled up to it."""

    vocabulary: TextTokenizer
    limit: int
    lowercase: bool = False
    """SigLIP was trained on lower case only; not every release of transformers sees to it."""

    def __call__(self, texts: Sequence[str]) -> TextReading:
        rows, cuts = [], []
        for index, text in enumerate(texts):
            if self.lowercase:
                text = text.lower()
            ids = self.vocabulary.encode(text)
            row = self._shorten(ids)
            if len(ids) > self.limit:
                start = self.limit - (row[-1] == self.vocabulary.end)
                lost = [i for i in ids[start:] if i != self.vocabulary.end]
                cuts.append(
                    Truncation(index, len(ids), self.limit, self.vocabulary.decode(lost).strip())
                )
            rows.append(row + [self.vocabulary.padding] * (self.limit - len(row)))
        return TextReading(
            torch.tensor(rows, dtype=torch.long).reshape(len(rows), self.limit), tuple(cuts)
        )

    def _shorten(self, ids: list[int]) -> list[int]:
        if len(ids) <= self.limit:
            return ids
        if self.vocabulary.end is not None and ids[-1] == self.vocabulary.end:
            return [*ids[: self.limit - 1], ids[-1]]
        return ids[: self.limit]


class TransformersTokenizer:
    """A tokenizer of transformers, which is not changed itself."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.size = len(tokenizer)
        self.end: int | None = tokenizer.eos_token_id
        padding = tokenizer.pad_token_id
        if padding is None:
            padding = self.end
        if padding is None:
            raise EncoderScopeError(
                "This tokenizer has no padding token.",
                "The tokenizer of an image-text encoder was expected, which always has one.",
                (
                    "Compare special_tokens_map.json and tokenizer_config.json with those of "
                    "the model's page."
                ),
            )
        self.padding: int = padding

    def encode(self, text: str) -> list[int]:
        return [int(i) for i in self.tokenizer(text, truncation=False, verbose=False)["input_ids"]]

    def decode(self, ids: Sequence[int]) -> str:
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))


class SentencePieceTokenizer:
    """The first SigLIP's vocabulary (spiece.model), read as its authors do: no punctuation, no
    capitals, `</s>` ends and fills.

    transformers reads the same file, but only with the protobuf package, which ComfyUI does not
    bring.
    """

    def __init__(self, path: Path) -> None:
        import sentencepiece

        check_library_files(path.parent)
        self.pieces = sentencepiece.SentencePieceProcessor()
        try:
            self.pieces.Load(str(path))
        except (RuntimeError, OSError) as error:
            raise EncoderScopeError(
                "{name} cannot be read ({reason}).",
                "SigLIP's SentencePiece vocabulary was expected.",
                "Download it again from the model's page.",
                name=path.name,
                reason=str(error)[:120],
            ) from error
        self.size = int(self.pieces.GetPieceSize())
        self.end: int | None = int(self.pieces.eos_id())
        self.padding = int(self.pieces.eos_id())

    def encode(self, text: str) -> list[int]:
        plain = text.lower().translate(str.maketrans("", "", string.punctuation))
        return [
            *map(int, self.pieces.EncodeAsIds(re.sub(r"\s+", " ", plain).strip())),
            self.padding,
        ]

    def decode(self, ids: Sequence[int]) -> str:
        return str(self.pieces.DecodeIds(list(ids)))


def load_tokenizer(
    folder: Path | None, kind: str, clip_tokenizer: Path | None
) -> tuple[TextTokenizer, str]:
    """The tokenizer beside a model, and where it came from in words. ``kind``: clip, siglip or
    siglip2. Raises :class:`EncoderScopeError` where there is none.
    """
    if folder and kind == "siglip" and (folder / "spiece.model").is_file():
        return SentencePieceTokenizer(folder / "spiece.model"), later("spiece.model in its folder")
    if folder and any((folder / name).is_file() for name in ("tokenizer.json", "vocab.json")):
        return TransformersTokenizer(_auto(folder)), later("in its folder")
    if kind == "clip" and clip_tokenizer is not None:
        return TransformersTokenizer(_auto(clip_tokenizer)), later("CLIP's own, as ComfyUI has it")
    title = {"clip": "CLIP", "siglip": "SigLIP", "siglip2": "SigLIP 2"}[kind]
    problem = later("There is no tokenizer for this file.")
    if folder:
        problem = later("There is no tokenizer in the folder {folder!r}.", folder=folder.name)
    raise EncoderScopeError(
        problem,
        "{title} has a vocabulary of its own, which no other can stand in for.",
        TOKENIZER_FILES,
        title=title,
    )


def _auto(folder: Path) -> Any:
    from transformers import AutoTokenizer

    check_library_files(folder)
    try:
        return AutoTokenizer.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False
        )
    except Exception as error:
        raise EncoderScopeError(
            "transformers cannot read the tokenizer in {folder!r} ({error}: {reason}).",
            "Whole tokenizer files were expected.",
            TOKENIZER_FILES,
            folder=folder.name,
            error=type(error).__name__,
            reason=str(error)[:200],
        ) from error
