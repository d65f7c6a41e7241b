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

_BLANK = "\u2581"
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_PROBE = "a photo of two dogs, 3 blue cats and one green house on the left"
_readers: WeakKeyDictionary[Any, Reader] = WeakKeyDictionary()


def reader(vocabulary: Any) -> Reader:
    """The reader that tells the truth for this vocabulary, found once and kept."""
    try:
        cached = _readers.get(vocabulary)
    except TypeError:  # not hashable or not weakly referable: look each time
        return _choose(vocabulary)
    if cached is None:
        cached = _readers[vocabulary] = _choose(vocabulary)
    return cached


def _choose(vocabulary: Any) -> Reader:
    if getattr(vocabulary, "is_fast", False) and _offsets_are_right(vocabulary):
        return _fast
    inner = getattr(vocabulary, "tokenizer", None)
    if hasattr(inner, "encode_as_offset_mapping") or hasattr(inner, "encode_as_immutable_proto"):
        return _sentencepiece
    if hasattr(inner, "encode") and hasattr(inner, "token_to_id"):
        return _raw
    if not hasattr(vocabulary, "convert_ids_to_tokens") and not hasattr(vocabulary, "get_vocab"):
        return _blind
    return _surface_reader(vocabulary)


def _offsets_are_right(vocabulary: Any) -> bool:
    """transformers 5 rebuilds some tokenizers so that their offsets point into a text without
    spaces.
    """
    _, ids, spans = _fast(vocabulary, _PROBE)
    tokens = vocabulary.convert_ids_to_tokens(list(ids))
    special = set(vocabulary.all_special_ids)
    plain = [(t, s) for i, t, s in zip(ids, tokens, spans or (), strict=True) if i not in special]
    return bool(plain) and offsets_hold(_PROBE, [t for t, _ in plain], [s for _, s in plain])


def _surface_reader(vocabulary: Any) -> Reader:
    added = list(vocabulary("")["input_ids"])
    probe = list(vocabulary(_PROBE)["input_ids"])
    lead = int(bool(added) and probe[0] == added[0])
    written = None
    if not hasattr(vocabulary, "convert_ids_to_tokens"):
        # newer hosts bring one of their own that has only the complete list
        written = {number: token for token, number in vocabulary.get_vocab().items()}
    return partial(_surface, lead=lead, tail=len(added) - lead, written=written)


def _fast(vocabulary: Any, text: str, *args: Any, **kwargs: Any) -> Reading:
    out = vocabulary(text, *args, return_offsets_mapping=True, **kwargs)
    ids, spans = out["input_ids"], out["offset_mapping"]
    if _CONTROLS.search(text):
        spans = _without_controls(vocabulary, text, ids, spans)
    if not text.isascii():
        spans = _with_accents(text, spans)
    return out, ids, spans


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
    places = [i for i, char in enumerate(text) if char not in removed]
    clean = vocabulary("".join(text[i] for i in places), return_offsets_mapping=True)
    if not removed or list(clean["input_ids"]) != list(ids):
        return spans
    return [_span(places[start:end]) for start, end in clean["offset_mapping"]]


def _span(places: Sequence[int]) -> Span:
    """From the first to the last of these places; (0, 0) where there is none."""
    if not places:
        return 0, 0
    return places[0], places[-1] + 1


def _with_accents(text: str, spans: Sequence[Span]) -> Sequence[Span]:
    """Where an accent was typed apart and composed, offsets name the letter alone; the accent
    belongs to the same token.
    """
    if not any(map(combining, text)):
        return spans
    begun = {start for start, _ in spans}
    extended = []
    for start, end in spans:
        stop = end
        while start < stop < len(text) and combining(text[stop]) and stop not in begun:
            stop += 1
        extended.append((start, stop))
    return extended


def _sentencepiece(vocabulary: Any, text: str, *args: Any, **kwargs: Any) -> Reading:
    out = vocabulary(text, *args, **kwargs)
    ids = list(out["input_ids"])
    pieces = _pieces(vocabulary.tokenizer, text)
    for lead in range(3):  # begin and end marks are added around the pieces by some processors
        inner = ids[lead : lead + len(pieces)]
        if inner == [i for i, _ in pieces]:
            spans = [(0, 0)] * lead + [s for _, s in pieces]
            return out, ids, spans + [(0, 0)] * (len(ids) - len(spans))
    return out, ids, None


def _pieces(processor: Any, text: str) -> list[tuple[int, Span]]:
    """Ids with their characters, by whichever of its interfaces this sentencepiece has."""
    if hasattr(processor, "encode_as_offset_mapping"):  # 0.2.2 and later
        mapping = processor.encode_as_offset_mapping(text, add_bos=False, add_eos=False)
        pieces = list(zip(mapping["ids"], mapping["offsets"], strict=True))
    else:
        proto = processor.encode_as_immutable_proto(text, add_bos=False, add_eos=False)
        pieces = [(piece.id, (piece.begin, piece.end)) for piece in proto.pieces]
    # of a character's bytes, and of an added space, only the last tells its place
    for i in range(len(pieces) - 2, -1, -1):
        (number, (start, end)), (_, after) = pieces[i], pieces[i + 1]
        if start == end == after[0]:
            pieces[i] = (number, after)
    return pieces


def _raw(vocabulary: Any, text: str, *args: Any, **kwargs: Any) -> Reading:
    """A thin wrapper around a tokenizer of the ``tokenizers`` library, which is asked itself."""
    out = vocabulary(text, *args, **kwargs)
    encoding = vocabulary.tokenizer.encode(text, add_special_tokens=False)
    if list(out["input_ids"]) != encoding.ids:
        return out, out["input_ids"], None
    return out, out["input_ids"], encoding.offsets


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
    if written is None:
        tokens = vocabulary.convert_ids_to_tokens(inner)
    else:
        tokens = [written.get(i, "") for i in inner]
    unknown = getattr(vocabulary, "unk_token", None)
    if unknown == getattr(vocabulary, "eos_token", None):
        unknown = None  # CLIP names its end token so and never emits it: it was typed then
    spans = match(text, tokens, unknown)
    if spans is None:
        silent = {char for char in set(text) if len(vocabulary(char)["input_ids"]) == lead + tail}
        if silent:
            spans = match(text, tokens, unknown, silent)
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
    number = getattr(vocabulary, "unk_token_id", None)
    return number if isinstance(number, int) else None


def blank_id(vocabulary: Any) -> int | None:
    """The id of a blank alone, for vocabularies that write blanks into their pieces."""
    inner = getattr(vocabulary, "tokenizer", None)
    if inner is not None and hasattr(inner, "piece_to_id"):  # sentencepiece
        number = inner.piece_to_id(_BLANK)
    elif hasattr(vocabulary, "convert_tokens_to_ids"):
        number = vocabulary.convert_tokens_to_ids(_BLANK)
    else:
        return None
    return number if isinstance(number, int) and number != unknown_id(vocabulary) else None
