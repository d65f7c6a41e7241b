"""Where a vocabulary lies that the host does not ship: in the encoder's file or beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...errors import EncoderScopeError
from ...translation import deferred, localized, translatable
from ..checkpoint import Checkpoint
from ..description import Description
from ..formats import gguf_vocabulary

HOST_TOKENIZERS = ("clip", "t5", "pile_t5", "byt5")
"""Folders of the host's comfy/text_encoders and sd1_tokenizer."""
SENTENCEPIECE = ("spiece.model", "tokenizer.model", "sentencepiece.model")
JSON = "tokenizer.json"
STORED_SENTENCEPIECE = "spiece_model"
STORED_JSON = "tokenizer_json"
"""Keys beside the weights: the first is the host's, the second ours."""
EXPECTED = translatable("{name} or {other} from the model's page was expected.")
_LEAST_SHARE = 0.9
"""Vocabularies are a little smaller than the tables they belong to; of fewer pieces, some are
missing.
"""


class MissingTokenizer(EncoderScopeError):
    """An encoder without the vocabulary it was trained with."""


def needs_own(description: Description) -> bool:
    """Whether the host ships no vocabulary for this encoder."""
    return description.tokenizer not in HOST_TOKENIZERS


def stored_key(description: Description, checkpoint: Checkpoint) -> str:
    """The key of a vocabulary beside the weights, or above them as in a checkpoint
    (`text_encoders.spiece_model`); '' without one.
    """
    keys = (STORED_SENTENCEPIECE, STORED_JSON)
    for key in keys:
        if key == description.tokenizer_in_file or key in checkpoint.tensors:
            return key
    parts = description.prefix.rstrip(".").split(".")
    above = (".".join(parts[:count]) for count in range(len(parts) - 1, 0, -1))
    own = (f"{place}.{key}" for place in above for key in keys)
    return next((key for key in own if key in checkpoint.tensors), "")


def is_in_gguf(description: Description, checkpoint: Checkpoint) -> bool:
    """Whether the file is a GGUF that carries its whole vocabulary."""
    rows = description.vocabulary or 0
    is_whole = is_complete(_gguf_pieces(checkpoint), rows)
    return is_whole and gguf_vocabulary.is_scored(checkpoint.metadata)


def is_complete(pieces: int, rows: int) -> bool:
    """Whether a table of so many rows belongs to so many pieces."""
    return rows > 0 and _LEAST_SHARE * rows <= pieces <= rows


def _gguf_pieces(checkpoint: Checkpoint) -> int:
    return gguf_vocabulary.piece_count(checkpoint.metadata) if checkpoint.kind == "gguf" else 0


def beside(description: Description, checkpoint: Checkpoint) -> Path | None:
    """The file of a vocabulary: beside the weights under their name; where the checkpoint's
    tokenizer lies; in its folder; where diffusers keeps it.
    """
    return next(filter(Path.is_file, _candidates(description, checkpoint)), None)


def is_json_alone(description: Description, checkpoint: Checkpoint) -> bool:
    """Whether the vocabulary that is read is a tokenizer.json."""
    if key := stored_key(description, checkpoint):
        return key.endswith(STORED_JSON)
    path = beside(description, checkpoint)
    return path is not None and path.suffix == ".json" and not is_in_gguf(description, checkpoint)


def _candidates(description: Description, checkpoint: Checkpoint) -> Iterator[Path]:
    file = checkpoint.files[0]
    folder, names = file.parent, (*SENTENCEPIECE, JSON)
    yield from (folder / f"{file.stem}.{name}" for name in names)
    folders = [checkpoint.tokenizer(description.prefix), folder]
    if folder.name.startswith("text_encoder"):
        folders.append(folder.parent / folder.name.replace("text_encoder", "tokenizer", 1))
    for place in (*folders, folder / "tokenizer"):
        if place is not None:
            yield from (place / name for name in names)


def _capitalised(title: str) -> str:
    """As at the beginning of a sentence; mT5 is written so everywhere."""
    return title if title[1:2].isupper() else title[:1].upper() + title[1:]


def missing(description: Description, checkpoint: Checkpoint) -> MissingTokenizer | None:
    """What to say where a vocabulary is needed and lies nowhere."""
    if not needs_own(description) or stored_key(description, checkpoint):
        return None
    if is_in_gguf(description, checkpoint) or beside(description, checkpoint):
        return None
    file = checkpoint.files[0]
    pieces, rows = _gguf_pieces(checkpoint), description.vocabulary or 0
    problem = _NOWHERE
    if pieces:
        problem = _UNSCORED if is_complete(pieces, rows) else _TOO_FEW
    return MissingTokenizer(
        problem,
        EXPECTED,
        "Put it into the folder {folder!r} as {stem}.{name} or {stem}.{other}, or give the model a "
        "folder of its own and put it there under its usual name.",
        encoder=deferred(lambda: _capitalised(localized(description.title))),
        file=file.name,
        pieces=pieces,
        rows=rows,
        name=SENTENCEPIECE[0],
        other=JSON,
        folder=file.parent.name,
        stem=file.stem,
    )


_NOWHERE = translatable(
    "{encoder} reads text with a vocabulary of its own, and none was found in {file} or beside it."
)
_TOO_FEW = translatable(
    "{encoder} reads text with a vocabulary of its own, and that in {file} is not whole: it has "
    "{pieces:,} pieces for the {rows:,} rows of the encoder. None lies beside it."
)
_UNSCORED = translatable(
    "{encoder} reads text with a vocabulary of its own, and that in {file} is not whole: its "
    "{pieces:,} pieces have no scores or no types for the {rows:,} rows of the encoder. None lies "
    "beside it."
)
