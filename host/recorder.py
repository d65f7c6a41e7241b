"""Listens to the host's tokenizers: what each stream was given, what its vocabulary was asked, and
where a template holds the prompt.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..conditioning.tokens.quoted_text import quoted_origin
from ..conditioning.tokens.recording import Embedding, Origin, VocabularyCall
from ..conditioning.tokens.word_ids import position
from ..conditioning.vocabulary import reader

_SENTINEL = "\ue000EncoderScope\ue001"


@dataclass
class Heard:
    """One call of one stream's tokenizer: what it was given, what it asked its vocabulary, and the
    windows it returned.
    """

    listener: Listener
    text: str
    weights: bool
    events: list[VocabularyCall | Embedding] = field(default_factory=list)
    windows: Any = ()

    def source(self) -> str:
        """What was tokenised: the text given, or that text in a template which the tokenizer put
        around it by itself.
        """
        asked = "".join(event.text for event in self.events if isinstance(event, VocabularyCall))
        wrapped = len(asked) > len(self.text) and all(
            isinstance(event, VocabularyCall) for event in self.events
        )
        return asked if wrapped else self.text


class Listener:
    """Stands in for one stream's ``SDTokenizer`` for one prompt, writing down every call and what
    it looked up.
    """

    def __init__(self, tokenizer: Any, name: str = "") -> None:
        self.sub = copy.copy(tokenizer)
        self.name = name
        self.calls: list[Heard] = []
        self.events: list[VocabularyCall | Embedding] = []
        self.original = type(tokenizer).tokenize_with_weights
        self.vocabulary = tokenizer.tokenizer
        self.read = reader(self.vocabulary)
        self.sub.tokenizer = self
        self.sub.tokenize_with_weights = self.tokenize_with_weights
        if hasattr(tokenizer, "_try_get_embedding"):
            self.sub._try_get_embedding = self.try_get_embedding

    def tokenize_with_weights(self, text: str, *args: Any, **kwargs: Any) -> Any:
        heard = Heard(
            self,
            text,
            not kwargs.get("disable_weights", getattr(self.sub, "disable_weights", False)),
        )
        self.events = heard.events
        heard.windows = self.original(self.sub, text, *args, **kwargs)
        # what is asked outside a call (a template that is tokenised apart) is nobody's text
        self.events = []
        self.calls.append(heard)
        return heard.windows

    def __call__(self, text: str, *args: Any, **kwargs: Any) -> Any:
        out, ids, spans = self.read(self.vocabulary, text, *args, **kwargs)
        inner = slice(self.sub.tokens_start, -1 if self.sub.tokenizer_adds_end_token else None)
        self.events.append(
            VocabularyCall(text, ids[inner], None if spans is None else spans[inner])
        )
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


def shadow_of(clip: Any) -> tuple[Any, list[Listener]]:
    """A shallow copy of ``clip`` whose tokenizer reports to listeners. The host's objects are not
    touched.
    """
    shadow = copy.copy(clip)
    if is_single(clip.tokenizer):
        alone = Listener(clip.tokenizer)
        shadow.tokenizer = alone.sub
        return shadow, [alone]
    listeners: list[Listener] = []
    shadow.tokenizer = copy.copy(clip.tokenizer)
    for name, part in vars(clip.tokenizer).items():
        if is_single(part):
            listeners.append(Listener(part, name))
            setattr(shadow.tokenizer, name, listeners[-1].sub)
    return shadow, listeners


def is_single(part: Any) -> bool:
    """One stream's tokenizer (the host's ``SDTokenizer``), told from the composites that hold
    several.
    """
    return (
        hasattr(part, "tokenize_with_weights")
        and hasattr(part, "tokenizer")
        and hasattr(part, "tokens_start")
    )


def heard_as(stream: str, windows: Any, listeners: Sequence[Listener]) -> Heard | None:
    """The call that made these windows: by identity, so a stream may have any name; where the host
    built them anew, by name and tokens.
    """
    calls = [call for one in listeners for call in one.calls]
    same = (call for call in calls if any(a is b for a in windows for b in call.windows))
    rebuilt = (
        call
        for call in calls
        if call.listener.name == stream
        and position(_tokens(windows), _tokens(call.windows)) is not None
    )
    return next(same, None) or next(rebuilt, None)


def _tokens(windows: Any) -> list[Any]:
    return [slot[0] for window in windows for slot in window]


class Probe:
    """Finds where a template holds the prompt, asking the host at most once."""

    def __init__(self, clip: Any) -> None:
        self.clip = clip
        self.calls: list[Heard] | None = None

    def origin(self, text: str, heard: Heard) -> Origin:
        """Where the characters of what a stream was given stand in ``text``."""
        source = heard.source()
        if source == text:
            return Origin(0, len(text))
        if not text or not source:
            return Origin(len(source), 0)
        found = next(self._templates(text, source, heard), None)
        return found or quoted_origin(source, text) or Origin(0, 0, traced=False)

    def _templates(self, text: str, source: str, heard: Heard) -> Iterator[Origin]:
        if self.calls is None:
            shadow, listeners = shadow_of(self.clip)
            shadow.tokenize(_SENTINEL, return_word_ids=True)
            self.calls = [call for one in listeners for call in one.calls]
        for call in self.calls:
            if call.listener.vocabulary is heard.listener.vocabulary:
                before, mark, after = call.source().partition(_SENTINEL)
                if not mark and before == source:
                    yield Origin(len(source), 0)  # it is given something else, whatever the prompt
                if mark and source.startswith(before) and source.endswith(after):
                    inner = source[len(before) : len(source) - len(after)]
                    first = text.find(inner)  # some templates strip what they are given
                    if inner in (text, text.strip()):
                        yield Origin(len(before) - first, first + len(inner), first=first)
