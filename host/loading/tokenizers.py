"""The right vocabulary for each encoder: the host's where it ships the very one, else the one in
the file or beside it.

Nothing is guessed: a vocabulary with more pieces than the encoder has rows is refused, and so is an
encoder whose vocabulary cannot be found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import comfy.text_encoders
import torch
from transformers import T5TokenizerFast

from ...conditioning.encoder_files.checkpoint import Checkpoint
from ...conditioning.encoder_files.description import Description
from ...conditioning.errors import EncoderScopeError
from . import vocabularies
from .single_encoder import STREAMS, AloneTokenizer, Stream, padding

SENTENCEPIECE = ("spiece.model", "tokenizer.model", "sentencepiece.model")
JSON = "tokenizer.json"
STORED_JSON = "tokenizer_json"  # our key beside the weights, as the host's is spiece_model


class MissingTokenizer(EncoderScopeError):
    """An encoder without the vocabulary it was trained with."""


class Found(NamedTuple):
    """A vocabulary as it is stored: sentencepiece's own format, or a tokenizer.json."""

    sentencepiece: bytes | None
    json: str | None
    where: str


def find(one: Description, checkpoint: Checkpoint, inside: Callable[[str], Any]) -> Found:
    """The vocabulary of an encoder that the host has none for. `inside` reads a tensor of the
    checkpoint.

    Raises :class:`MissingTokenizer`.
    """
    for key in ("spiece_model", STORED_JSON):
        if key in checkpoint.tensors or key == one.tokenizer_in_file:
            data = vocabularies.as_bytes(inside(key))
            return (
                Found(data, None, "inside the file")
                if key == "spiece_model"
                else Found(None, data.decode("utf-8"), "inside the file")
            )
    for path in _candidates(one, checkpoint):
        if path.is_file():
            data = path.read_bytes()
            return (
                Found(None, data.decode("utf-8"), f"{path.parent.name}/{path.name}")
                if path.suffix == ".json"
                else Found(data, None, f"{path.parent.name}/{path.name}")
            )
    file = checkpoint.files[0]
    raise MissingTokenizer(
        (
            f"{one.title} reads text with a vocabulary of its own, and none was found in "
            f"{file.name} or beside it."
        ),
        f"{SENTENCEPIECE[0]} or {JSON} from the model's page was expected.",
        f"Put it into the folder {file.parent.name!r} as {file.stem}.{SENTENCEPIECE[0]} "
        f"or {file.stem}.{JSON}, "
        "or give the model a folder of its own and put it there under its usual name.",
    )


def _candidates(one: Description, checkpoint: Checkpoint) -> Iterator[Path]:
    """Beside the file under the file's name; where the checkpoint's tokenizer lies; in its folder;
    where diffusers keeps it.
    """
    file = checkpoint.files[0]
    folder, usual = file.parent, (*SENTENCEPIECE, JSON)
    yield from (folder / f"{file.stem}.{name}" for name in usual)
    known = checkpoint.tokenizer(one.prefix)
    diffusers = folder.parent / folder.name.replace("text_encoder", "tokenizer", 1)
    for place in (
        known,
        folder,
        diffusers if folder.name.startswith("text_encoder") else None,
        folder / "tokenizer",
    ):
        if place is not None:
            yield from (place / name for name in usual)


def for_the_host(one: Description, found: Found) -> dict[str, Any]:
    """As the host's own UMT5 tokenizers take it: they read sentencepiece's format only."""
    if found.sentencepiece is None:
        raise MissingTokenizer(
            f"The vocabulary found for {one.title} ({found.where}) is a tokenizer.json.",
            f"ComfyUI's own tokenizer for it reads {SENTENCEPIECE[0]}.",
            f"Put {SENTENCEPIECE[0]} from the model's page beside it.",
        )
    return stored(found)


def check(one: Description, vocabulary: vocabularies.Pieces, where: str) -> vocabularies.Pieces:
    largest = max(vocabulary.get_vocab().values(), default=0)
    if one.vocabulary and largest >= one.vocabulary:
        raise MissingTokenizer(
            (
                f"The vocabulary found for {one.title} ({where}) has {largest + 1:,} pieces, "
                f"and the encoder only {one.vocabulary:,} rows."
            ),
            "The vocabulary that this encoder was trained with was expected.",
            (
                "Put the model's own vocabulary there, or move the encoder to a folder "
                "without the other one."
            ),
        )
    return vocabulary


def read(one: Description, found: Found) -> vocabularies.Pieces:
    plain = {"siglip": vocabularies.without_punctuation, "siglip2": vocabularies.lower_case}.get(
        one.variant, vocabularies.as_typed
    )
    made: vocabularies.Pieces | None
    try:
        if found.sentencepiece is not None:
            made = vocabularies.from_sentencepiece(found.sentencepiece, plain)
        else:
            made = vocabularies.from_tokenizer_json(found.json or "", plain)
    except Exception as error:  # both libraries raise whatever they like on a damaged file
        raise MissingTokenizer(
            (
                f"The vocabulary found for {one.title} ({found.where}) cannot be read "
                f"({type(error).__name__})."
            ),
            f"{SENTENCEPIECE[0]} or {JSON} as the model's page has it was expected.",
            "Download it again.",
        ) from error
    if made is None or made.end < 0:
        raise MissingTokenizer(
            f"The vocabulary at {found.where} names no end mark.",
            f"The vocabulary of {one.title} was expected.",
            "Take spiece.model or tokenizer.json from the model's own page.",
        )
    return check(one, made, found.where)


def stored(found: Found) -> dict[str, Any]:
    """As it is saved beside the weights, so that a saved encoder brings its vocabulary along."""
    if found.sentencepiece is not None:
        return {"spiece_model": torch.frombuffer(bytearray(found.sentencepiece), dtype=torch.uint8)}
    return {
        STORED_JSON: torch.frombuffer(bytearray((found.json or "").encode()), dtype=torch.uint8)
    }


def needs_own(one: Description) -> bool:
    """Whether the host ships no vocabulary for this encoder."""
    return one.tokenizer not in ("clip", "t5", "pile_t5", "byt5")


def alone(one: Description, found: Found | None) -> Callable[..., AloneTokenizer]:
    """A factory as the host's `clip_target.tokenizer`, for an encoder alone."""
    name, pad = STREAMS[one.architecture], padding(one)

    def stream(embedding_directory: Any = None, tokenizer_data: Any = None) -> Stream:
        path, reader = _host_vocabulary(one) if found is None else ("", _given(read(one, found)))
        made = Stream(
            path,
            max_length=pad.shortest if pad.to_full else 99999999,
            min_length=None if pad.to_full else pad.shortest,
            pad_to_max_length=pad.to_full,
            pad_with_end=False,
            pad_token=pad.pad,
            has_start_token=one.architecture == "clip",
            embedding_directory=embedding_directory,
            embedding_size=one.width or 0,
            embedding_key=name,
            tokenizer_data=tokenizer_data or {},
            **({"tokenizer_class": reader} if reader else {}),
        )
        made.stored = stored(found) if found else {}
        return made

    def made(embedding_directory: Any = None, tokenizer_data: Any = None) -> AloneTokenizer:
        return AloneTokenizer(
            embedding_directory, tokenizer_data or {}, name=name, tokenizer=stream
        )

    return made


def _given(vocabulary: Any) -> Any:
    return SimpleNamespace(from_pretrained=lambda _path, **_: vocabulary)


def _host_vocabulary(one: Description) -> tuple[str | None, Any]:
    """Path and class of a vocabulary that the host ships; CLIP's are the defaults of its
    `SDTokenizer`.
    """
    if one.tokenizer == "clip":
        return None, None
    folder = Path(next(iter(comfy.text_encoders.__path__)))
    if one.tokenizer == "byt5":
        from transformers import ByT5Tokenizer

        return str(folder / "byt5_tokenizer"), ByT5Tokenizer
    if one.tokenizer == "pile_t5":
        from comfy.text_encoders.spiece_tokenizer import SPieceTokenizer

        return str(folder / "t5_pile_tokenizer" / "tokenizer.model"), SPieceTokenizer
    return str(folder / "t5_tokenizer"), T5TokenizerFast
