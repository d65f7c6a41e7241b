"""Reads from vocabularies (Hugging Face, sentencepiece) which characters each id covers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from unicodedata import combining
from weakref import WeakKeyDictionary

from .tokens.offsets import match, offsets_hold
from .tokens.recording import Span

# ids of the whole string (specials included) with their spans, and what the vocabulary returned
Reading = tuple[Any, Sequence[int], Sequence[Span] | None]
Reader = Callable[..., Reading]

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_PROBE = "a photo of two dogs, 3 blue cats and one green house on the left"
_readers: WeakKeyDictionary[Any, Reader] = WeakKeyDictionary()


def reader(vocabulary: Any) -> Reader:
    """The reader that tells the truth for this vocabulary, found once and kept."""
    try:
        found = _readers.get(vocabulary)
    except TypeError:  # not hashable or not weakly referable: look each time
        return _choose(vocabulary)
    if found is None:
        found = _readers[vocabulary] = _choose(vocabulary)
    return found


def _choose(vocabulary: Any) -> Reader:
    if getattr(vocabulary, "is_fast", False):
        # transformers 5 rebuilds some tokenizers so that their offsets point into a text without
        # spaces
        _, ids, spans = _fast(vocabulary, _PROBE)
        tokens = vocabulary.convert_ids_to_tokens(list(ids))
        special = set(vocabulary.all_special_ids)
        plain = [
            (t, s) for i, t, s in zip(ids, tokens, spans or (), strict=True) if i not in special
        ]
        if plain and offsets_hold(_PROBE, [t for t, _ in plain], [s for _, s in plain]):
            return _fast
    inner = getattr(vocabulary, "tokenizer", None)
    if hasattr(inner, "encode_as_offset_mapping") or hasattr(inner, "encode_as_immutable_proto"):
        return _sentencepiece
    if hasattr(inner, "encode") and hasattr(inner, "token_to_id"):
        return _raw
    if not hasattr(vocabulary, "convert_ids_to_tokens") and not hasattr(vocabulary, "get_vocab"):
        return _blind
    added, probe = list(vocabulary("")["input_ids"]), list(vocabulary(_PROBE)["input_ids"])
    lead = 1 if added and probe[0] == added[0] else 0
    written = None
    if not hasattr(
        vocabulary, "convert_ids_to_tokens"
    ):  # newer hosts bring one of their own that knows only the whole list
        written = {number: token for token, number in vocabulary.get_vocab().items()}
    return partial(_surface, lead=lead, tail=len(added) - lead, written=written)


def _fast(vocabulary: Any, text: str, *args: Any, **kwargs: Any) -> Reading:
    out = vocabulary(text, *args, return_offsets_mapping=True, **kwargs)
    ids, spans = out["input_ids"], out["offset_mapping"]
    if _CONTROLS.search(text):
        spans = _without_controls(vocabulary, text, ids, spans)
    return out, ids, spans if text.isascii() else _with_accents(text, spans)


def _without_controls(
    vocabulary: Any, text: str, ids: Sequence[int], spans: Sequence[Span]
) -> Sequence[Span]:
    """Where a normaliser removes control characters, offsets may be off by some: those of the text
    without them are taken instead.
    """
    nothing = list(vocabulary("")["input_ids"])
    removed = {
        char
        for char in set(_CONTROLS.findall(text))
        if list(vocabulary(char)["input_ids"]) == nothing
    }
    kept = [i for i, char in enumerate(text) if char not in removed]
    clean = vocabulary("".join(text[i] for i in kept), return_offsets_mapping=True)
    if not removed or list(clean["input_ids"]) != list(ids):
        return spans
    return [(kept[a], kept[b - 1] + 1) if a < b else (0, 0) for a, b in clean["offset_mapping"]]


def _with_accents(text: str, spans: Sequence[Span]) -> Sequence[Span]:
    """Where an accent was typed apart and composed, offsets name the letter alone; the accent
    belongs to the same token.
    """
    if not any(map(combining, text)):
        return spans
    begun = {start for start, _ in spans}
    found = []
    for start, end in spans:
        stop = end
        while start < stop < len(text) and combining(text[stop]) and stop not in begun:
            stop += 1
        found.append((start, stop))
    return found


def _sentencepiece(vocabulary: Any, text: str, *args: Any, **kwargs: Any) -> Reading:
    out = vocabulary(text, *args, **kwargs)
    ids = list(out["input_ids"])
    found = _pieces(vocabulary.tokenizer, text)
    for lead in range(3):  # begin and end marks are added around the pieces by some processors
        inner = ids[lead : lead + len(found)]
        if inner == [i for i, _ in found]:
            spans = [(0, 0)] * lead + [s for _, s in found]
            return out, ids, spans + [(0, 0)] * (len(ids) - len(spans))
    return out, ids, None


def _pieces(processor: Any, text: str) -> list[tuple[int, Span]]:
    """Ids with their characters, by whichever of its interfaces this sentencepiece has."""
    if hasattr(processor, "encode_as_offset_mapping"):  # 0.2.2 and later
        told = processor.encode_as_offset_mapping(text, add_bos=False, add_eos=False)
        found = list(zip(told["ids"], told["offsets"], strict=True))
    else:
        pieces = processor.encode_as_immutable_proto(text, add_bos=False, add_eos=False).pieces
        found = [(piece.id, (piece.begin, piece.end)) for piece in pieces]
    for i in range(
        len(found) - 2, -1, -1
    ):  # of a character's bytes, and of an added space, only the last tells its place
        (number, (start, end)), (_, after) = found[i], found[i + 1]
        if start == end == after[0]:
            found[i] = (number, after)
    return found


def _raw(vocabulary: Any, text: str, *args: Any, **kwargs: Any) -> Reading:
    """A thin wrapper around a tokenizer of the ``tokenizers`` library, which is asked itself."""
    out = vocabulary(text, *args, **kwargs)
    told = vocabulary.tokenizer.encode(text, add_special_tokens=False)
    return out, out["input_ids"], told.offsets if list(out["input_ids"]) == told.ids else None


def _surface(
    vocabulary: Any,
    text: str,
    *args: Any,
    lead: int,
    tail: int,
    written: Mapping[int, str] | None,
    **kwargs: Any,
) -> Reading:
    """``lead``, ``tail``: ids that the vocabulary puts around every text. ``written``: its tokens,
    where it does not tell them by id.
    """
    out = vocabulary(text, *args, **kwargs)
    ids = list(out["input_ids"])
    high = len(ids) - tail
    inner = ids[lead:high]
    tokens = (
        vocabulary.convert_ids_to_tokens(inner)
        if written is None
        else [written.get(i, "") for i in inner]
    )
    unknown = getattr(vocabulary, "unk_token", None)
    if unknown == getattr(vocabulary, "eos_token", None):
        unknown = (
            None  # CLIP names its end token so and never emits it: one that is found was typed
        )
    spans = match(text, tokens, unknown)
    if spans is None:
        silent = {char for char in set(text) if len(vocabulary(char)["input_ids"]) == lead + tail}
        spans = match(text, tokens, unknown, silent) if silent else None
    if spans is None:
        return out, ids, None
    return out, ids, [(0, 0)] * lead + spans + [(0, 0)] * tail


def _blind(vocabulary: Any, text: str, *args: Any, **kwargs: Any) -> Reading:
    out = vocabulary(text, *args, **kwargs)
    return out, out["input_ids"], None


def unknown_id(vocabulary: Any) -> int | None:
    """The id that stands for text this vocabulary has no piece for."""
    inner = getattr(vocabulary, "tokenizer", None)
    if inner is not None and hasattr(inner, "unk_id"):  # sentencepiece
        return int(inner.unk_id())
    found = getattr(vocabulary, "unk_token_id", None)
    return found if isinstance(found, int) else None
