"""The vocabulary of an encoder for which the host ships none: it stands in the file or beside it.

Nothing is guessed: a vocabulary with more pieces than the encoder has rows is refused, and so is an
encoder whose vocabulary cannot be found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ...conditioning.encoder_files.checkpoint import Checkpoint
from ...conditioning.encoder_files.description import Description
from ...conditioning.errors import EncoderScopeError
from . import vocabularies

SENTENCEPIECE = ("spiece.model", "tokenizer.model", "sentencepiece.model")
JSON = "tokenizer.json"
STORED_SENTENCEPIECE = "spiece_model"
STORED_JSON = "tokenizer_json"
"""Keys beside the weights: the first is the host's, the second ours."""
_NORMALIZERS = {"siglip": vocabularies.without_punctuation, "siglip2": vocabularies.lower_case}
"""Variant -> what is done to a text before its vocabulary reads it."""


class MissingTokenizer(EncoderScopeError):
    """An encoder without the vocabulary it was trained with."""


class StoredVocabulary(NamedTuple):
    """A vocabulary as it is stored: sentencepiece's own format, or a tokenizer.json."""

    sentencepiece: bytes | None
    json: str | None
    location: str
    """For people."""


def needs_own(description: Description) -> bool:
    """Whether the host ships no vocabulary for this encoder."""
    return description.tokenizer not in ("clip", "t5", "pile_t5", "byt5")


def find(
    description: Description, checkpoint: Checkpoint, read_tensor: Callable[[str], Any]
) -> StoredVocabulary:
    """The vocabulary of an encoder that the host has none for. `read_tensor` reads one of the
    checkpoint.

    Raises :class:`MissingTokenizer`.
    """
    for key in (STORED_SENTENCEPIECE, STORED_JSON):
        if key in checkpoint.tensors or key == description.tokenizer_in_file:
            data = vocabularies.as_bytes(read_tensor(key))
            return _stored(data, key == STORED_JSON, "inside the file")
    for path in _candidates(description, checkpoint):
        if path.is_file():
            location = f"{path.parent.name}/{path.name}"
            return _stored(path.read_bytes(), path.suffix == ".json", location)
    file = checkpoint.files[0]
    raise MissingTokenizer(
        (
            f"{description.title} reads text with a vocabulary of its own, and none was found in "
            f"{file.name} or beside it."
        ),
        f"{SENTENCEPIECE[0]} or {JSON} from the model's page was expected.",
        f"Put it into the folder {file.parent.name!r} as {file.stem}.{SENTENCEPIECE[0]} "
        f"or {file.stem}.{JSON}, "
        "or give the model a folder of its own and put it there under its usual name.",
    )


def _stored(data: bytes, is_json: bool, location: str) -> StoredVocabulary:
    if is_json:
        return StoredVocabulary(None, data.decode("utf-8"), location)
    return StoredVocabulary(data, None, location)


def _candidates(description: Description, checkpoint: Checkpoint) -> Iterator[Path]:
    """Beside the file under the file's name; where the checkpoint's tokenizer lies; in its folder;
    where diffusers keeps it.
    """
    file = checkpoint.files[0]
    folder = file.parent
    names = (*SENTENCEPIECE, JSON)
    yield from (folder / f"{file.stem}.{name}" for name in names)
    folders = [checkpoint.tokenizer(description.prefix), folder]
    if folder.name.startswith("text_encoder"):
        folders.append(folder.parent / folder.name.replace("text_encoder", "tokenizer", 1))
    for place in (*folders, folder / "tokenizer"):
        if place is not None:
            yield from (place / name for name in names)


def read(description: Description, vocabulary: StoredVocabulary) -> vocabularies.PieceVocabulary:
    """A vocabulary as the encoder's tokenizer. Raises :class:`MissingTokenizer` where it is damaged
    or another encoder's.
    """
    normalize = _NORMALIZERS.get(description.variant, vocabularies.as_typed)
    parsed: vocabularies.PieceVocabulary | None
    try:
        if vocabulary.sentencepiece is not None:
            parsed = vocabularies.from_sentencepiece(vocabulary.sentencepiece, normalize)
        else:
            parsed = vocabularies.from_tokenizer_json(vocabulary.json or "", normalize)
    except Exception as error:  # both libraries raise whatever they like on a damaged file
        raise MissingTokenizer(
            (
                f"The vocabulary found for {description.title} ({vocabulary.location}) cannot be "
                f"read ({type(error).__name__})."
            ),
            f"{SENTENCEPIECE[0]} or {JSON} as the model's page has it was expected.",
            "Download it again.",
        ) from error
    if parsed is None or parsed.end < 0:
        raise MissingTokenizer(
            f"The vocabulary at {vocabulary.location} names no end mark.",
            f"The vocabulary of {description.title} was expected.",
            "Take spiece.model or tokenizer.json from the model's own page.",
        )
    _check_size(description, parsed, vocabulary.location)
    return parsed


def _check_size(
    description: Description, vocabulary: vocabularies.PieceVocabulary, location: str
) -> None:
    largest = max(vocabulary.get_vocab().values(), default=0)
    if description.vocabulary and largest >= description.vocabulary:
        raise MissingTokenizer(
            (
                f"The vocabulary found for {description.title} ({location}) has {largest + 1:,} "
                f"pieces, and the encoder only {description.vocabulary:,} rows."
            ),
            "The vocabulary that this encoder was trained with was expected.",
            (
                "Put the model's own vocabulary there, or move the encoder to a folder "
                "without the other one."
            ),
        )


def tensors(vocabulary: StoredVocabulary) -> dict[str, torch.Tensor]:
    """A vocabulary as it is saved beside the weights, so that a saved encoder brings it along."""
    if vocabulary.sentencepiece is not None:
        key, data = STORED_SENTENCEPIECE, vocabulary.sentencepiece
    else:
        key, data = STORED_JSON, (vocabulary.json or "").encode()
    return {key: torch.frombuffer(bytearray(data), dtype=torch.uint8)}


def host_tensors(description: Description, vocabulary: StoredVocabulary) -> dict[str, torch.Tensor]:
    """A vocabulary as the host's own UMT5 tokenizers take it: they read sentencepiece's format
    only. Raises :class:`MissingTokenizer` for any other.
    """
    if vocabulary.sentencepiece is None:
        raise MissingTokenizer(
            (
                f"The vocabulary found for {description.title} ({vocabulary.location}) is a "
                "tokenizer.json."
            ),
            f"ComfyUI's own tokenizer for it reads {SENTENCEPIECE[0]}.",
            f"Put {SENTENCEPIECE[0]} from the model's page beside it.",
        )
    return tensors(vocabulary)
