"""Whether a tokenizer.json can be read, and how large its vocabulary is.

The tokenizers library takes seconds and many times a file's size for a vocabulary of 256,000
pieces. Its pieces are checked here, and the library is asked about all the rest.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from ...bounded_reading import MOST_VALUES
from .pieces import END_MARKS


class Outline(NamedTuple):
    """What a tokenizer.json comes to."""

    largest: int
    """The largest id."""
    has_end: bool
    """It names an end mark that we know."""


def outline(text: str) -> Outline:
    """Raises what json and the tokenizers library do on a damaged one, ValueError among them."""
    if sum(map(text.count, ",[{")) > MOST_VALUES:
        raise ValueError(f"more than {MOST_VALUES:,} values")
    stored = json.loads(text)
    model = stored["model"]
    ids = _ids(model["vocab"])
    _check_merges(model, ids)
    _check_the_rest(stored, model, ids)
    added = [token["content"] for token in stored.get("added_tokens") or ()]
    beyond = len(set(added).difference(ids))
    largest = max(ids.values(), default=-1)
    if beyond:
        largest = max(largest, len(ids) + beyond - 1)
    has_end = any(mark in ids or mark in added for mark in END_MARKS)
    return Outline(largest, has_end)


def _ids(vocabulary: Any) -> dict[str, int]:
    """Piece -> id, of a table or of a list of pieces with their scores."""
    if isinstance(vocabulary, dict):
        if not all(type(number) is int and number >= 0 for number in vocabulary.values()):
            raise TypeError("a number was expected for each piece")
        return vocabulary
    if not all(
        type(piece) is str and isinstance(score, int | float) for piece, score in vocabulary
    ):
        raise TypeError("pieces and their scores were expected")
    return {piece: number for number, (piece, _) in enumerate(vocabulary)}


def _check_merges(model: Mapping[str, Any], ids: Collection[str]) -> None:
    """Raises KeyError and ValueError for merges of pieces that are not there."""
    prefix = len(model.get("continuing_subword_prefix") or "")
    for merge in model.get("merges") or ():
        first, second = merge.split(" ") if isinstance(merge, str) else merge
        if not (first in ids and second in ids and first + second[prefix:] in ids):
            raise KeyError(merge)


def _check_the_rest(stored: Any, model: Mapping[str, Any], ids: Mapping[str, int]) -> None:
    """Asks the library about everything but the pieces: only the unknown one is left."""
    from tokenizers import Tokenizer

    vocabulary: Any = {}
    if isinstance(model["vocab"], list):
        kept = (model.get("unk_id") or 0) + 1
        vocabulary = model["vocab"][:kept]
    elif model.get("unk_token") in ids:
        vocabulary = {model["unk_token"]: 0}
    reduced = {**model, "vocab": vocabulary}
    if "merges" in reduced:
        reduced["merges"] = []
    Tokenizer.from_str(json.dumps({**stored, "model": reduced}))
