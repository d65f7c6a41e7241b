"""The vocabulary of an encoder for which the host ships none: it stands in the file or beside it.

Nothing is guessed: a vocabulary with more pieces than the encoder has rows is refused, and so is an
encoder whose vocabulary cannot be found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from ...conditioning.bounded_reading import LARGEST_VOCABULARY, read_bytes
from ...conditioning.encoder_files import vocabulary_place
from ...conditioning.encoder_files.checkpoint import Checkpoint
from ...conditioning.encoder_files.description import Description
from ...conditioning.encoder_files.formats import gguf_vocabulary
from ...conditioning.encoder_files.vocabulary_place import (
    JSON,
    SENTENCEPIECE,
    STORED_JSON,
    STORED_SENTENCEPIECE,
)
from ...conditioning.encoder_files.vocabulary_place import MissingTokenizer as MissingTokenizer
from ...conditioning.encoder_files.vocabulary_place import needs_own as needs_own
from ...conditioning.translation import later
from . import vocabularies

_NORMALIZERS = {"siglip": vocabularies.without_punctuation, "siglip2": vocabularies.lower_case}
"""Variant -> what is done to a text before its vocabulary reads it."""


class StoredVocabulary(NamedTuple):
    """A vocabulary as it is stored: sentencepiece's own format, or a tokenizer.json."""

    sentencepiece: bytes | None
    json: str | None
    location: str
    """For people."""


def find(
    description: Description, checkpoint: Checkpoint, read_tensor: Callable[[str], Any]
) -> StoredVocabulary:
    """The vocabulary of an encoder that the host has none for. `read_tensor` reads one of the
    checkpoint.

    Raises :class:`MissingTokenizer`.
    """
    error = vocabulary_place.missing(description, checkpoint)
    if error:
        raise error
    key = vocabulary_place.stored_key(description, checkpoint)
    if key:
        return _stored(
            vocabularies.as_bytes(read_tensor(key)),
            key.endswith(STORED_JSON),
            later("inside the file"),
        )
    if vocabulary_place.is_in_gguf(description, checkpoint):
        model = gguf_vocabulary.sentencepiece_model(checkpoint.files[0])
        return StoredVocabulary(model, None, later("inside the GGUF file"))
    path = vocabulary_place.beside(description, checkpoint)
    if path is None:
        raise FileNotFoundError(checkpoint.path)  # taken away in between
    location = f"{path.parent.name}/{path.name}"
    data = read_bytes(path, LARGEST_VOCABULARY)
    return _stored(data, path.suffix == ".json", location)


def _stored(data: bytes, is_json: bool, location: str) -> StoredVocabulary:
    if is_json:
        return StoredVocabulary(None, data.decode("utf-8"), location)
    return StoredVocabulary(data, None, location)


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
