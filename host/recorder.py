"""Records how the host tokenises a prompt: what each stream was given, what its vocabulary was
asked, and where a template holds the prompt.

Tokens are the host's own. :func:`record` runs the host's tokenizer itself, on a shallow copy whose
vocabularies also write down what they were asked, and hands both to the core. No weight, window, id
or template rule of the host is repeated here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

from ..conditioning.errors import EncoderScopeError, HostRefused
from ..conditioning.families.table import Family
from ..conditioning.tokens.quoted_text import quoted_origin
from ..conditioning.tokens.recording import Embedding, Origin, StreamRecording, VocabularyCall
from ..conditioning.tokens.word_ids import numbered, position, recorded_ids
from ..conditioning.vocabulary import blank_id, reader, unknown_id
from .clip import ANY_ENCODER, by_stream, exchanged, family_of, shallow_copy, stream_encoder
from .embedding_files import fitting_tensor

_SENTINEL = "\ue000EncoderScope\ue001"
_UNLIMITED = 1_000_000  # the host writes 99999999 for "no maximum"


class Recorded(NamedTuple):
    """How a CLIP tokenised a prompt, in the order of its family's streams."""

    streams: list[StreamRecording]
    family: Family | None


def record(clip: Any, text: str, family: Family | None = None) -> Recorded:
    """Tokenises ``text`` as ``clip`` does and keeps what every vocabulary was asked.

    ``clip`` is the host's ``comfy.sd.CLIP``, or anything with its ``tokenize`` and ``tokenizer``.
    ``family`` overrides the one that the object's classes tell. Raises :class:`HostRefused` when
    the host's own tokenizer fails on this text.
    """
    listening, tokenizers = listening_copy(clip)
    windows_by_stream = _tokenized(listening, text)
    family = family or family_of(clip)
    finder = _OriginFinder(clip)
    streams = []
    for name, windows in windows_by_stream.items():
        call = _call_of(name, windows, tokenizers)
        encoder = stream_encoder(clip, name, family)
        if call is None:
            streams.append(_unheard(name, windows, text, encoder))
        else:
            stream = _recording(name, windows, call, finder.origin(text, call), encoder)
            if encoder is ANY_ENCODER and family is not None and family.masks_padding:
                stream = replace(stream, masking_id=_behind_words(stream))
            streams.append(stream)
    order = [rule.name for rule in family.streams] if family is not None else []
    streams.sort(key=lambda stream: [*order, stream.name].index(stream.name))
    return Recorded(streams, family)


def _tokenized(clip: Any, text: str) -> dict[str, Any]:
    """The windows of every stream."""
    try:
        tokens = clip.tokenize(text, return_word_ids=True)
    except Exception as error:
        raise HostRefused(
            "ComfyUI's tokenizer cannot read this prompt ({why}).",
            "Any text node would fail on it, not only this one.",
            "Look for 'embedding:' without a name, or for very deeply nested brackets.",
            why=f"{type(error).__name__}: {error}",
        ) from error
    windows_by_stream = by_stream(clip, tokens)
    if not any(windows_by_stream.values()):
        raise EncoderScopeError(
            "This CLIP makes no tokens of a prompt: its tokenizer answers with {kind}.",
            "Windows of tokens for each text encoder were expected.",
            "Look at the node that the CLIP comes from, or connect a CLIP loader of ComfyUI.",
            kind=type(tokens).__name__,
        )
    return windows_by_stream


def _unheard(name: str, windows: Any, text: str, encoder: Any) -> StreamRecording:
    """The recording of a stream whose tokenizer is none of the host's usual ones."""
    return StreamRecording(
        name,
        source=text,
        weights=True,
        windows=numbered(windows, (), ()),
        events=(),
        origin=Origin(0, 0, traced=False),
        encoded=encoder is not None,
    )


def _recording(
    name: str, windows: Any, call: TokenizerCall, origin: Origin, encoder: Any
) -> StreamRecording:
    tokenizer = call.tokenizer.copied
    marks = (tokenizer.start_token, tokenizer.end_token)
    capacity = tokenizer.max_length - sum(mark is not None for mark in marks)
    unknown = unknown_id(call.tokenizer.vocabulary)
    if unknown == tokenizer.end_token:
        unknown = None  # CLIP names its end token as the unknown one and never emits it
    return StreamRecording(
        name=name,
        source=call.source(),
        weights=call.weights,
        windows=numbered(windows, call.windows, recorded_ids(call.events), tokenizer.start_token),
        events=call.events,
        origin=origin,
        capacity=capacity if tokenizer.max_length < _UNLIMITED else None,
        start_id=tokenizer.start_token,
        end_id=tokenizer.end_token,
        unknown_id=unknown,
        blank_id=blank_id(call.tokenizer.vocabulary),
        encoded=encoder is not None,
        masking_id=_masking_id(encoder),
        pad_id=tokenizer.pad_token,
        reads_embeddings=tokenizer.embedding_directory is not None,
    )


def _behind_words(stream: StreamRecording) -> int | None:
    """The id that begins what encoders of a family hide, where no encoder is there to be asked."""
    return stream.pad_id if stream.end_id is None else stream.end_id


def _masking_id(encoder: Any) -> int | None:
    """The id from which on an encoder hides the rest of a window, from its own attention and from
    whoever takes its sequence.
    """
    attributes = ("zero_out_masked", "return_attention_masks")
    hides = any(getattr(encoder, name, False) for name in attributes)
    if not (hides and getattr(encoder, "enable_attention_masks", False)):
        return None
    special = encoder.special_tokens
    token_id = special.get("end", special.get("pad"))
    return token_id if isinstance(token_id, int) else None


@dataclass
class TokenizerCall:
    """One call of one stream's tokenizer: what it was given, what it asked its vocabulary, and the
    windows it returned.
    """

    tokenizer: ListeningTokenizer
    text: str
    weights: bool
    events: list[VocabularyCall | Embedding] = field(default_factory=list)
    windows: Any = ()

    def source(self) -> str:
        """What was tokenised: the text given, or that text in a template which the tokenizer put
        around it by itself.
        """
        texts = [event.text for event in self.events if isinstance(event, VocabularyCall)]
        tokenized = "".join(texts)
        if len(texts) == len(self.events) and len(tokenized) > len(self.text):
            return tokenized
        return self.text


class ListeningTokenizer:
    """Stands in for the vocabulary of one stream's ``SDTokenizer`` for one prompt, writing down
    every call and what it looked up. ``copied`` is the tokenizer that uses it.
    """

    def __init__(self, tokenizer: Any, name: str = "") -> None:
        self.copied = shallow_copy(tokenizer)
        self.name = name
        self.calls: list[TokenizerCall] = []
        self.events: list[VocabularyCall | Embedding] = []
        self.original, self.is_heard = _own_method(tokenizer)
        self.vocabulary = tokenizer.tokenizer
        self.read = reader(self.vocabulary)
        self.copied.tokenizer = self
        self.copied.tokenize_with_weights = self.tokenize_with_weights
        if hasattr(tokenizer, "_try_get_embedding"):
            self.copied._try_get_embedding = self.try_get_embedding

    def tokenize_with_weights(self, text: str, *args: Any, **kwargs: Any) -> Any:
        """As the host's tokenizer, and the call is written down."""
        without = kwargs.get("disable_weights", getattr(self.copied, "disable_weights", False))
        call = TokenizerCall(self, text, not without)
        self.events = call.events
        call.windows = self.original(self.copied, text, *args, **kwargs)
        # what is asked outside a call (a template that is tokenised apart) is nobody's text
        self.events = []
        self.calls.append(call)
        return call.windows

    def __call__(self, text: str, *args: Any, **kwargs: Any) -> Any:
        out, ids, spans = self.read(self.vocabulary, text, *args, **kwargs)
        end = -1 if self.copied.tokenizer_adds_end_token else None
        content = slice(self.copied.tokens_start, end)
        if spans is not None:
            spans = spans[content]
        self.events.append(VocabularyCall(text, ids[content], spans))
        return out

    def try_get_embedding(self, raw: str) -> Any:
        """As the host's tokenizer looks for a textual inversion, and that is written down."""
        answer = type(self.copied)._try_get_embedding(self.copied, raw)
        rows, width = _shape(answer[0])
        expected = int(self.copied.embedding_size or 0)
        key = str(getattr(self.copied, "embedding_key", ""))
        event = Embedding(raw, answer[-1], rows, width, expected, key)
        if rows and width != expected:
            name = raw[: len(raw) - len(event.leftover)]
            fitting = fitting_tensor(self.copied.embedding_directory, name, expected)
            event = event._replace(fitting=fitting)
        self.events.append(event)
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["vocabulary"], name)


def _own_method(tokenizer: Any) -> tuple[Callable[..., Any], bool]:
    """How ``tokenizer`` tokenises, as a function of (a copy of it, text); and whether the copy is
    what then asks its vocabulary: another pack may have put anything in the method's place.
    """
    replacement = vars(tokenizer).get("tokenize_with_weights")
    if replacement is None:
        return type(tokenizer).tokenize_with_weights, True
    if getattr(replacement, "__self__", None) is tokenizer:
        return replacement.__func__, True
    if isinstance(replacement, partial) and any(part is tokenizer for part in replacement.args):

        def with_copy(copied: Any, *args: Any, **kwargs: Any) -> Any:
            fixed = [copied if part is tokenizer else part for part in replacement.args]
            return replacement.func(*fixed, *args, **{**replacement.keywords, **kwargs})

        return with_copy, True
    return lambda _, *args, **kwargs: replacement(*args, **kwargs), False


def _shape(vectors: Any) -> tuple[int, int]:
    """Rows and width of a textual inversion; 0 and 0 where there is none."""
    if vectors is None:
        return 0, 0
    if vectors.ndim == 1:
        return 1, int(vectors.shape[0])
    return int(vectors.shape[0]), int(vectors.shape[-1])


def listening_copy(clip: Any) -> tuple[Any, list[ListeningTokenizer]]:
    """A shallow copy of ``clip`` whose tokenizers are listened to. The host's objects are not
    touched.
    """
    tokenizers: list[ListeningTokenizer] = []
    listening = _listening(clip.tokenizer, "", tokenizers)
    return exchanged(clip, "tokenizer", listening), tokenizers


def _listening(tokenizer: Any, name: str, tokenizers: list[ListeningTokenizer]) -> Any:
    """A copy of a stream's tokenizer, or of what holds several, also in a wrapper of another pack;
    those that are listened to go into ``tokenizers``.
    """
    if _is_stream_tokenizer(tokenizer):
        tokenizers.append(ListeningTokenizer(tokenizer, name))
        return tokenizers[-1].copied
    copied = shallow_copy(tokenizer)
    for part_name, part in vars(tokenizer).items():
        if hasattr(part, "tokenize_with_weights") and hasattr(part, "__dict__"):
            setattr(copied, part_name, _listening(part, part_name, tokenizers))
    return copied


def _is_stream_tokenizer(part: Any) -> bool:
    """One stream's tokenizer (the host's ``SDTokenizer``), told from the composites that hold
    several.
    """
    fields = getattr(part, "__dict__", {})  # not what a wrapper hands on of the one within
    return hasattr(part, "tokenize_with_weights") and {"tokenizer", "tokens_start"} <= fields.keys()


def _call_of(
    stream: str, windows: Any, tokenizers: Sequence[ListeningTokenizer]
) -> TokenizerCall | None:
    """The call that made these windows: by identity, so a stream may have any name; where the host
    built them anew, by name and tokens.
    """
    calls = [call for tokenizer in tokenizers if tokenizer.is_heard for call in tokenizer.calls]
    for call in calls:
        if any(window is returned for window in windows for returned in call.windows):
            return call
    for call in calls:
        same_name = call.tokenizer.name == stream
        if same_name and position(_tokens(windows), _tokens(call.windows)) is not None:
            return call
    return None


def _tokens(windows: Any) -> list[Any]:
    return [slot[0] for window in windows for slot in window]


class _OriginFinder:
    """Finds where a template holds the prompt, asking the host at most once."""

    def __init__(self, clip: Any) -> None:
        self.clip = clip
        self.calls: list[TokenizerCall] | None = None

    def origin(self, text: str, call: TokenizerCall) -> Origin:
        """Where the characters of what a stream was given stand in ``text``."""
        source = call.source()
        if source == text:
            return Origin(0, len(text))
        if not text or not source:
            return Origin(len(source), 0)
        in_template = next(self._templates(text, source, call), None)
        return in_template or quoted_origin(source, text) or Origin(0, 0, traced=False)

    def _templates(self, text: str, source: str, call: TokenizerCall) -> Iterator[Origin]:
        vocabulary = call.tokenizer.vocabulary
        for other in self._sentinel_calls():
            if other.tokenizer.vocabulary is not vocabulary:
                continue
            before, sentinel, after = other.source().partition(_SENTINEL)
            if not sentinel and before == source:
                yield Origin(len(source), 0)  # it is given something else, whatever the prompt
            if sentinel and source.startswith(before) and source.endswith(after):
                inner = source[len(before) : len(source) - len(after)]
                first = text.find(inner)  # some templates strip what they are given
                if inner in (text, text.strip()):
                    yield Origin(len(before) - first, first + len(inner), first=first)

    def _sentinel_calls(self) -> list[TokenizerCall]:
        if self.calls is None:
            listening, tokenizers = listening_copy(self.clip)
            listening.tokenize(_SENTINEL, return_word_ids=True)
            self.calls = [call for tokenizer in tokenizers for call in tokenizer.calls]
        return self.calls
