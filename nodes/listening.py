"""Listens to the host's tokenizers: what each stream was given, what its vocabulary was asked, and where a template holds the prompt."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from ..conditioning.tokens.glyphs import quoted_origin
from ..conditioning.tokens.model import Embedding, Origin, Piece
from ..conditioning.vocabulary import reader

_SENTINEL = "\ue000EncoderScope\ue001"


class Listener:
    """Stands in for one stream's ``SDTokenizer`` for one call, writing down what it was given and what it looked up."""

    def __init__(self, tokenizer: Any) -> None:
        self.sub = copy.copy(tokenizer)
        self.text, self.weights = "", True
        self.windows: Any = []
        self.events: list[Piece | Embedding] = []
        self.original = type(tokenizer).tokenize_with_weights
        self.vocabulary = tokenizer.tokenizer
        self.read = reader(self.vocabulary)
        self.sub.tokenizer = self
        self.sub.tokenize_with_weights = self.tokenize_with_weights
        if hasattr(tokenizer, "_try_get_embedding"):
            self.sub._try_get_embedding = self.try_get_embedding

    def tokenize_with_weights(self, text: str, *args: Any, **kwargs: Any) -> Any:
        self.text = text
        self.weights = not kwargs.get("disable_weights", getattr(self.sub, "disable_weights", False))
        self.events.clear()
        self.windows = self.original(self.sub, text, *args, **kwargs)
        return self.windows

    def __call__(self, text: str, *args: Any, **kwargs: Any) -> Any:
        out, ids, spans = self.read(self.vocabulary, text, *args, **kwargs)
        inner = slice(self.sub.tokens_start, -1 if self.sub.tokenizer_adds_end_token else None)
        self.events.append(Piece(text, ids[inner], None if spans is None else spans[inner]))
        return out

    def try_get_embedding(self, raw: str) -> Any:
        found = type(self.sub)._try_get_embedding(self.sub, raw)
        vectors, leftover = found[0], found[-1]
        rows = 0 if vectors is None else (1 if vectors.ndim == 1 else int(vectors.shape[0]))
        width = 0 if vectors is None else int(vectors.shape[-1])
        self.events.append(Embedding(raw, leftover, rows, width, int(self.sub.embedding_size or 0)))
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["vocabulary"], name)


class _Overheard(Listener):
    """Only hears which text a stream is given: tells a template's place without tokenising it."""

    def tokenize_with_weights(self, text: str, *args: Any, **kwargs: Any) -> Any:
        self.text = text
        return [[]]


def shadow_of(clip: Any, listener: type[Listener] = Listener) -> tuple[Any, list[Listener]]:
    """A shallow copy of ``clip`` whose tokenizer reports to listeners. The host's objects are not touched."""
    shadow = copy.copy(clip)
    listeners: list[Listener] = []
    if _is_single(clip.tokenizer):
        listeners.append(listener(clip.tokenizer))
        shadow.tokenizer = listeners[0].sub
        return shadow, listeners
    shadow.tokenizer = copy.copy(clip.tokenizer)
    for name, part in vars(clip.tokenizer).items():
        if _is_single(part):
            listeners.append(listener(part))
            setattr(shadow.tokenizer, name, listeners[-1].sub)
    return shadow, listeners


def _is_single(part: Any) -> bool:
    """One stream's tokenizer (the host's ``SDTokenizer``), told from the composites that hold several."""
    return hasattr(part, "tokenize_with_weights") and hasattr(part, "tokenizer") and hasattr(part, "tokens_start")


def owner_of(windows: Any, listeners: Sequence[Listener]) -> Listener | None:
    """The listener whose windows these are: by identity, so a stream may have any name."""
    return next((one for one in listeners if any(a is b for a in windows for b in one.windows)), None)


class Probe:
    """Finds where a template holds the prompt, asking the host at most once."""

    def __init__(self, clip: Any) -> None:
        self.clip = clip

    def origin(self, source: str, text: str, heard: Listener) -> Origin:
        if source == text:
            return Origin(0, len(text))
        if not text or not source:
            return Origin(len(source), 0)
        if source.count(text) == 1:
            return Origin(source.index(text), len(text))
        shadow, listeners = shadow_of(self.clip, _Overheard)
        shadow.tokenize(_SENTINEL, return_word_ids=True)
        for one in listeners:
            if one.vocabulary is heard.vocabulary and one.text.count(_SENTINEL) == 1:
                before, after = one.text.split(_SENTINEL)
                if source == before + text + after:
                    return Origin(len(before), len(text))
        return quoted_origin(source, text) or Origin(0, 0, known=False)
