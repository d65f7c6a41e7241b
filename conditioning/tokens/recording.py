"""What the host's tokenizer was seen doing, and what we make of it.

A *recording* is one run of the host's own tokenizer with a listener in place of its vocabulary: the
windows it returned, and in order the strings it looked up and the textual inversions it asked for.
``encoderscope.host.clip`` makes recordings; this package only reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Span = tuple[int, int]


class VocabularyCall(NamedTuple):
    """One string that the host gave to its vocabulary.

    ``ids``: content ids, without the start and end that the vocabulary adds. ``spans``: for each id
    its characters in ``text``, or ``None`` where they are not known.
    """

    text: str
    ids: Sequence[int]
    spans: Sequence[Span] | None


class Embedding(NamedTuple):
    """One textual inversion that the host looked for.

    ``raw``: everything after ``embedding:`` that the host handed to the look-up; ``leftover``: what
    it gave back as ordinary text. ``vectors``: rows found, 0 when missing. ``width``: their width,
    ``expected``: the width the stream takes. ``key``: the tensor that the stream asks the file for.
    ``fitting``: where the width is wrong, another tensor of the file that has the right one.
    """

    raw: str
    leftover: str
    vectors: int
    width: int = 0
    expected: int = 0
    key: str = ""
    fitting: str = ""


@dataclass(frozen=True)
class StreamRecording:
    """One stream of one prompt as the host tokenised it.

    ``windows``: the host's own list, ``[window][slot] = (id or vector, weight, word_id)``.
    ``source``: the string this stream was given (the prompt, or the prompt in a template).
    ``capacity``: content tokens a window holds, ``None`` without limit. ``masking_id``: the id
    behind which the encoder hides the rest of a window, ``None`` where it hides nothing.
    ``blank_id``: a blank alone, which some vocabularies put before a word that has no piece.
    ``pad_id``: ``None`` where it is not known. ``reads_embeddings``: whether the tokenizer looks
    for files at all.
    """

    name: str
    source: str
    weights: bool
    windows: Sequence[Sequence[tuple[Any, float, int]]]
    events: Sequence[VocabularyCall | Embedding]
    origin: Origin
    capacity: int | None = None
    start_id: int | None = None
    end_id: int | None = None
    unknown_id: int | None = None
    blank_id: int | None = None
    encoded: bool = True
    masking_id: int | None = None
    pad_id: int | None = None
    reads_embeddings: bool = True

    def holds_text(self, number: Any) -> bool:
        """Whether an id is a piece of some text: neither the unknown one nor a blank alone."""
        return number is None or number not in (self.unknown_id, self.blank_id)

    @property
    def verbatim(self) -> bool:
        """The vocabulary was asked the source as it stands: no weight, escape or embedding was read
        in it.
        """
        texts = [event.text for event in self.events if isinstance(event, VocabularyCall)]
        return len(texts) == len(self.events) and "".join(texts) == self.source


class Origin(NamedTuple):
    """Maps characters of a stream's source back to the artist's text.

    Either a shift (source character ``i`` is the prompt's character ``i - offset``, from ``first``
    up to ``length``) or, for text that the host takes apart, ``table[i]`` = position of source
    character ``i`` in the prompt or -1. ``traced`` is false when the source could not be traced.
    """

    offset: int
    length: int
    table: Sequence[int] | None = None
    traced: bool = True
    first: int = 0

    def span(self, start: int, end: int) -> Span | None:
        """The prompt's characters behind ``source[start:end]``; ``None`` when there are none
        (template).
        """
        if self.table is None:
            low, high = max(start - self.offset, self.first), min(end - self.offset, self.length)
            return (low, high) if low < high else None
        positions = [position for position in self.table[start:end] if position >= 0]
        return (min(positions), max(positions) + 1) if positions else None


class Token(NamedTuple):
    """One slot of one window. ``span`` and ``word`` are ``None`` for anything that is not the
    artist's text.
    """

    id: int | None
    weight: float
    kind: str  # "text", "embedding", "start", "end", "pad" or "template"
    span: Span | None = None
    word: int | None = None
    embedding: str | None = None


@dataclass(frozen=True)
class Alignment:
    """The content of one stream, in reading order, each entry with its characters in the prompt.

    ``spans[i]`` is ``None`` for template text and where alignment failed; ``names[i]`` is the
    textual inversion it belongs to. ``groups[i]``: the host's group (segment piece or embedding) it
    belongs to. ``misaligned``: prompt spans where nothing is claimed.
    """

    spans: list[Span | None]
    names: dict[int, str]
    groups: list[int]
    missing: list[tuple[str, Span]] = field(default_factory=list)
    embeddings: list[tuple[str, Span]] = field(default_factory=list)
    mismatched: list[tuple[str, Span, int, int]] = field(default_factory=list)
    fitting: dict[Span, tuple[str, str]] = field(default_factory=dict)
    """By place of a mismatched one: the tensor that would fit, and the name it should have."""
    misaligned: list[Span] = field(default_factory=list)
    syntax: list[tuple[int, int, bool]] = field(default_factory=list)
