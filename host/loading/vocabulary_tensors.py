"""A vocabulary as tensors: as it is saved beside the weights, and as the host's own tokenizers
take it.
"""

from __future__ import annotations

import torch

from ...conditioning.encoder_files.description import Description
from ...conditioning.encoder_files.vocabularies.place import (
    SENTENCEPIECE,
    STORED_JSON,
    STORED_SENTENCEPIECE,
    MissingTokenizer,
)
from ...conditioning.encoder_files.vocabularies.stored import StoredVocabulary


def tensors(vocabulary: StoredVocabulary) -> dict[str, torch.Tensor]:
    """As it is saved beside the weights, so that a saved encoder brings it along."""
    key = STORED_JSON if vocabulary.is_json else STORED_SENTENCEPIECE
    return {key: torch.frombuffer(bytearray(vocabulary.data), dtype=torch.uint8)}


def host_tensors(description: Description, vocabulary: StoredVocabulary) -> dict[str, torch.Tensor]:
    """As the host's own UMT5 tokenizers take it: they read sentencepiece's format only. Raises
    :class:`MissingTokenizer` for any other.
    """
    if vocabulary.is_json:
        raise MissingTokenizer(
            ("The vocabulary found for {title} ({location}) is a tokenizer.json."),
            "ComfyUI's own tokenizer for it reads {name}.",
            "Put {name} from the model's page beside it, or set the family to 'encoder alone'.",
            title=description.title,
            location=vocabulary.location,
            name=SENTENCEPIECE[0],
        )
    return tensors(vocabulary)
