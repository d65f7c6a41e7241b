"""Quantises a file with what only the host has: sentences in the encoder's own tokens, and
vocabularies that lie beside files.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..conditioning.bounded_reading import is_device
from ..conditioning.encoder_files import packing
from ..conditioning.encoder_files.checkpoint import open_checkpoint
from ..conditioning.encoder_files.description import Description
from ..conditioning.encoder_files.signatures import describe
from ..conditioning.encoder_files.vocabularies import place, stored
from ..conditioning.encoder_files.vocabularies.stored import StoredVocabulary
from ..conditioning.errors import EncoderScopeError, UnknownName
from ..conditioning.progress import Progress, no_progress
from ..conditioning.quantization.layer_by_layer import Pairs
from ..conditioning.quantization.plan import VocabularyTensor, require_quantizable
from ..conditioning.quantization.quantized_copy import QuantizationResult, Request, quantize
from .loading.single_encoder import padding, tokenizer_factory

SENTENCES = (
    ("a red circle to the left of a blue square", "a blue circle to the left of a red square"),
    ("a dog chases a cat through the snow", "a cat chases a dog through the snow"),
    ("two cats and three dogs on a sofa", "three cats and two dogs on a sofa"),
)
"""Pairs of the same words with another meaning: what is asked of an encoder is the difference. A
miniature knows the first alone.
"""
_NAME = re.compile(r"\w[\w .+()-]{0,150}", re.ASCII)
ENDING = ".safetensors"


def run(
    source: Path, target: Path, name: str, progress: Progress = no_progress
) -> QuantizationResult:
    """Raises :class:`EncoderScopeError`."""
    checkpoint = open_checkpoint(source)
    description = describe(checkpoint)
    require_quantizable(description, name)
    vocabulary = None
    if place.needs_own(description) and description.tokenizer:
        vocabulary = stored.find(description, checkpoint)
    tensor = None
    if vocabulary and not description.tokenizer_in_file:
        tensor = _tensor(vocabulary)
    request = Request(name, tensor, pairs(description, vocabulary))
    return quantize(checkpoint, target, request, progress)


def pairs(description: Description, vocabulary: StoredVocabulary | None) -> Pairs:
    """:data:`SENTENCES` in tokens, all filled up to one length as the encoder is used to; none
    where nobody has the vocabulary.
    """
    if not description.tokenizer or (
        description.tokenizer == "clip" and (description.vocabulary or 0) < 49408
    ):
        return ()
    read = tokenizer_factory(description, vocabulary)()
    rows = [
        [int(token) for token, _ in next(iter(read.tokenize_with_weights(text).values()))[0]]
        for pair in SENTENCES
        for text in pair
    ]
    length = max(map(len, rows))
    padded = [row + [padding(description).pad] * (length - len(row)) for row in rows]
    return list(zip(padded[::2], padded[1::2], strict=True))


def _tensor(vocabulary: StoredVocabulary) -> VocabularyTensor | None:
    """What the copy stores of a vocabulary; None for one that lies inside the source already."""
    if vocabulary.in_file:
        return None
    key = place.STORED_JSON if vocabulary.is_json else place.STORED_SENTENCEPIECE
    return VocabularyTensor(key, vocabulary.data)


def beside(source: Path, name: str, file_name: str = "") -> Path:
    """Where the copy of ``source`` lies: next to it, under the name ``given``, or under its own
    with the format behind it.

    Raises :class:`EncoderScopeError` for a name that could lead anywhere else.
    """
    if name not in packing.FORMATS:
        raise UnknownName("format", name, list(packing.FORMATS))
    stem = file_name.strip().removesuffix(ENDING)
    if not stem:
        return source.with_name(f"{source.name if source.is_dir() else source.stem}-{name}{ENDING}")
    if not _NAME.fullmatch(stem) or is_device(stem):
        raise EncoderScopeError(
            "The name {name!r} was given for the new file.",
            (
                "Letters, digits, spaces and . _ + ( ) - were expected, at most 150 of them, the "
                "first a letter or digit: no folders, and none of Windows' devices."
            ),
            "Give a plain name; the file lies beside its source.",
            name=file_name[:80],
        )
    return source.with_name(stem + ENDING)
