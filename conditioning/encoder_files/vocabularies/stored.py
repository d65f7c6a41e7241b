"""The vocabulary of an encoder for which the host ships none, as it is stored: found, checked and
read. One answer, for the inspector that foretells it and for the loader that refuses.

Nothing is guessed: a vocabulary that does not fit the encoder's rows is refused, and so is an
encoder whose vocabulary cannot be found.
"""

from __future__ import annotations

from typing import NamedTuple

from ...bounded_reading import LARGEST_VOCABULARY, read_bytes
from ...errors import EncoderScopeError
from ...translation import later, translatable
from ..checkpoint import Checkpoint
from ..description import Description
from ..formats import gguf_vocabulary
from ..formats.safetensors_header import TensorEntry
from . import pieces, place, tokenizer_json
from .place import EXPECTED, JSON, SENTENCEPIECE, STORED_JSON, MissingTokenizer

INSIDE = translatable("inside the file")
_NAMES = {"name": SENTENCEPIECE[0], "other": JSON}
"""Of files of a vocabulary, as the sentences of refusals have them."""
_NORMALIZERS = {"siglip": pieces.without_punctuation, "siglip2": pieces.lower_case}
"""Variant -> what is done to a text before its vocabulary reads it."""


class StoredVocabulary(NamedTuple):
    """A vocabulary as it is stored: sentencepiece's own format, or a tokenizer.json."""

    data: bytes
    is_json: bool
    location: str
    """For people."""
    in_file: bool = False
    """It lies in the encoder's own file."""


class UncheckedVocabulary(MissingTokenizer):
    """A library that reads vocabularies is not installed: nothing can be said of one."""


def find(description: Description, checkpoint: Checkpoint) -> StoredVocabulary:
    """The vocabulary of an encoder that the host has none for. Raises :class:`EncoderScopeError`
    where it lies nowhere or its file cannot be opened.
    """
    error = place.missing(description, checkpoint)
    if error:
        raise error
    key = place.stored_key(description, checkpoint)
    if key:
        data = _in_file(checkpoint.tensors[key])
        return StoredVocabulary(data, key.endswith(STORED_JSON), later(INSIDE), True)
    if place.is_in_gguf(description, checkpoint):
        model = gguf_vocabulary.sentencepiece_model(checkpoint.files[0])
        return StoredVocabulary(model, False, later("inside the GGUF file"))
    path = place.beside(description, checkpoint)
    if path is None:
        raise FileNotFoundError(checkpoint.path)  # taken away in between
    location = f"{path.parent.name}/{path.name}"
    try:
        data = read_bytes(path, LARGEST_VOCABULARY)
    except OSError as problem:
        remedy = translatable("Check that the file may be read.")
        reason = problem.strerror or str(problem)
        raise _unreadable(description, location, reason, remedy) from problem
    return StoredVocabulary(data, path.suffix == ".json", location)


def _in_file(entry: TensorEntry) -> bytes:
    """A vocabulary that is stored as a tensor."""
    with entry.file.open("rb") as file:
        file.seek(entry.start)
        return file.read(min(entry.size, LARGEST_VOCABULARY + 1))


def fault(description: Description, checkpoint: Checkpoint) -> EncoderScopeError | None:
    """Why the loader refuses an encoder for its vocabulary; None where it does not."""
    if not place.needs_own(description):
        return None
    try:
        check(description, find(description, checkpoint))
    except EncoderScopeError as error:
        return error
    return None


def check(description: Description, vocabulary: StoredVocabulary) -> None:
    """Raises :class:`MissingTokenizer` for one that is damaged or another encoder's."""
    if vocabulary.is_json:
        _check_json(description, vocabulary)
    else:
        _sentencepiece(description, vocabulary)


def read(description: Description, vocabulary: StoredVocabulary) -> pieces.PieceVocabulary:
    """A vocabulary as the encoder's tokenizer. Raises :class:`MissingTokenizer` for one that is
    damaged or another encoder's.
    """
    if not vocabulary.is_json:
        return _sentencepiece(description, vocabulary)
    _check_json(description, vocabulary)
    parsed = pieces.from_tokenizer_json(vocabulary.data.decode(), _normalizer(description))
    if parsed is None:
        raise _no_end(description, vocabulary)
    return parsed


def _normalizer(description: Description) -> pieces.Normalizer:
    return _NORMALIZERS.get(description.variant, pieces.as_typed)


def _sentencepiece(
    description: Description, vocabulary: StoredVocabulary
) -> pieces.PieceVocabulary:
    try:
        if not vocabulary.data:
            raise ValueError("empty")
        parsed = pieces.from_sentencepiece(vocabulary.data, _normalizer(description))
    except Exception as error:  # the library raises whatever it likes on a damaged file
        raise _damaged(description, vocabulary, error) from error
    if parsed.end < 0:
        raise _no_end(description, vocabulary)
    _check_size(description, max(parsed.get_vocab().values(), default=-1) + 1, vocabulary)
    return parsed


def _check_json(description: Description, vocabulary: StoredVocabulary) -> None:
    try:
        outline = tokenizer_json.outline(vocabulary.data.decode())
    except Exception as error:  # the library raises whatever it likes on a damaged file
        raise _damaged(description, vocabulary, error) from error
    if not outline.has_end:
        raise _no_end(description, vocabulary)
    _check_size(description, outline.largest + 1, vocabulary)


def _check_size(description: Description, count: int, vocabulary: StoredVocabulary) -> None:
    rows = description.vocabulary or 0
    if not rows or place.is_complete(count, rows):
        return
    raise MissingTokenizer(
        "The vocabulary of {encoder} ({location}) has {count:,} pieces, and the encoder has "
        "{rows:,} rows for them: it is another encoder's.",
        EXPECTED,
        _again(vocabulary),
        encoder=description.title,
        location=vocabulary.location,
        count=count,
        rows=rows,
        **_NAMES,
    )


def _damaged(
    description: Description, vocabulary: StoredVocabulary, error: Exception
) -> MissingTokenizer:
    if isinstance(error, ImportError):
        return _unchecked(description, vocabulary, error)
    reason = later("it is no tokenizer.json")
    if not vocabulary.data:
        reason = later("it is empty")
    elif not vocabulary.is_json:
        reason = later("it is no sentencepiece model")
    return _unreadable(description, vocabulary.location, reason, _again(vocabulary))


def _unreadable(
    description: Description, location: str, reason: str, remedy: str
) -> MissingTokenizer:
    return MissingTokenizer(
        "The vocabulary of {encoder} ({location}) cannot be read: {reason}.",
        EXPECTED,
        remedy,
        encoder=description.title,
        location=location,
        reason=reason,
        **_NAMES,
    )


def _no_end(description: Description, vocabulary: StoredVocabulary) -> MissingTokenizer:
    return MissingTokenizer(
        "The vocabulary of {encoder} ({location}) names no end mark.",
        EXPECTED,
        _again(vocabulary),
        encoder=description.title,
        location=vocabulary.location,
        **_NAMES,
    )


def _unchecked(
    description: Description, vocabulary: StoredVocabulary, error: ImportError
) -> UncheckedVocabulary:
    return UncheckedVocabulary(
        "The vocabulary of {encoder} ({location}) was not checked: the Python package {package} "
        "is not installed.",
        EXPECTED,
        "Install it with pip install {package}.",
        encoder=description.title,
        location=vocabulary.location,
        package=error.name,
        **_NAMES,
    )


def _again(vocabulary: StoredVocabulary) -> str:
    if vocabulary.in_file:
        return translatable("Download the file again, or choose another version of this model.")
    return translatable("Put {name} or {other} from this model's page in its place.")
