"""Characters of tokens for vocabularies that do not tell them.

Slow tokenizers give ids alone, and some fast ones give offsets into a text they have already
changed. Here every token's own bytes are matched, in order, against the bytes of the text. How a
vocabulary spells its tokens and what it folds is not known beforehand: the readings are tried one
after the other, and only one that explains every token and every character is taken.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Container, Sequence
from functools import lru_cache
from typing import NamedTuple

from .recording import Span

_WHITE = b" \t\r\n"
_UNKNOWN = b"\xff"  # never in UTF-8
_NEW_WORD = "\u2581"


@lru_cache(maxsize=1)
def _byte_alphabet() -> dict[str, int]:
    """The 256 printable characters by which byte-level vocabularies (GPT-2, CLIP, Qwen) write
    bytes.
    """
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in plain]
    return {chr(b): b for b in plain} | {chr(256 + i): b for i, b in enumerate(rest)}


def _byte_level(token: str) -> bytes:
    """CLIP, Qwen, and ByT5, whose tokens are bytes written as the characters of those numbers."""
    alphabet = _byte_alphabet()
    token = token.removesuffix("</w>")
    if all(char in alphabet or ord(char) < 256 for char in token):
        return bytes(alphabet.get(char, ord(char) & 255) for char in token)
    return token.encode("utf-8", "surrogatepass")


def _word_piece(token: str) -> bytes:
    return token.removeprefix("##").encode("utf-8", "surrogatepass")


def _literal(token: str) -> bytes:
    return token.replace(_NEW_WORD, " ").encode("utf-8", "surrogatepass")


_SPELLINGS: tuple[Callable[[str], bytes], ...] = (_byte_level, _word_piece, _literal)


def _as_typed(cluster: str) -> str:
    return cluster


def _composed(cluster: str) -> str:
    """As Qwen folds."""
    return unicodedata.normalize("NFC", cluster)


def _lower(cluster: str) -> str:
    """As CLIP folds."""
    return unicodedata.normalize("NFC", cluster).lower()


def _without_accents(cluster: str) -> str:
    """As BERT folds."""
    return "".join(
        c for c in unicodedata.normalize("NFD", cluster.lower()) if unicodedata.category(c) != "Mn"
    )


_FOLDS: tuple[Callable[[str], str], ...] = (_as_typed, _lower, _composed, _without_accents)


class _Glyph(NamedTuple):
    """What a tokenizer folds as one: a character, with the accents that follow it. ``skip``: it may
    have been dropped.
    """

    bytes: bytes
    start: int
    end: int
    white: bool
    skip: bool


def match(
    text: str,
    tokens: Sequence[str],
    unknown: str | None = None,
    silent: Container[str] = frozenset(),
) -> list[Span] | None:
    """For each token its ``[start, end)`` characters in ``text``, or ``None`` when no reading
    explains all of them.

    ``unknown``: the token that stands for a word without a piece. ``silent``: characters that the
    vocabulary is known to drop. White space is skipped on both sides: vocabularies disagree on
    where it belongs.
    """
    folds = _FOLDS[:2] if text.isascii() else _FOLDS
    glyphs = [_glyphs(text, fold, silent) for fold in folds]
    placeholders: list[str | None] = [None]
    if unknown in tokens:
        placeholders.append(unknown)  # it may also have been typed as it is
    for placeholder in placeholders:
        for spell in _SPELLINGS:
            spelled = [_UNKNOWN if token == placeholder else spell(token) for token in tokens]
            for folded in glyphs:
                spans = _GlyphWalk(folded, spelled).spans(len(text))
                if spans is not None:
                    return spans
    return None


def _glyphs(text: str, fold: Callable[[str], str], silent: Container[str]) -> list[_Glyph]:
    glyphs = []
    i = 0
    while i < len(text):
        stop = i + 1
        while fold is not _as_typed and stop < len(text) and unicodedata.combining(text[stop]):
            stop += 1
        folded = fold(text[i:stop])
        white = folded.isspace()
        skip = (
            white
            or not folded
            or text[i] in silent
            or text[i] == "\ufffd"
            or unicodedata.category(text[i])[0] == "C"
        )
        glyphs.append(_Glyph(folded.encode("utf-8", "surrogatepass"), i, stop, white, skip))
        i = stop
    return glyphs


class _GlyphWalk:
    """Lays the tokens' bytes over the glyphs: all must be met, or be such as may be dropped."""

    def __init__(self, glyphs: Sequence[_Glyph], tokens: Sequence[bytes]) -> None:
        self.glyphs = glyphs
        self.bytes = b"".join(tokens)
        self.owner = [i for i, token in enumerate(tokens) for _ in token]
        self.touched: list[Span | None] = [None] * len(tokens)
        self.position = 0  # next byte that no glyph has met
        self.in_unknown = False

    def spans(self, length: int) -> list[Span] | None:
        """For each token its characters, None when the bytes do not explain all glyphs. ``length``:
        characters of the text.
        """
        for k, glyph in enumerate(self.glyphs):
            self.in_unknown = self.in_unknown and _continues(self.glyphs, k)
            if self.in_unknown:
                self._touch(self.position - 1, glyph)
                continue
            self._skip_added_spaces(glyph)
            if not self._meets(glyph) and not glyph.skip:
                return None
        if self.bytes[self.position :].strip(_WHITE):
            return None
        return _with_empty_spans(self.touched, length)

    def _meets(self, glyph: _Glyph) -> bool:
        """Does the glyph explain the next bytes? Moves past them."""
        here, size = self.position, len(glyph.bytes)
        if size and self.bytes.startswith(glyph.bytes, here):
            for i in range(here, here + size):
                self._touch(i, glyph)
            self.position += size
            return True
        if glyph.white:
            meets = self._at_white()
        else:
            meets = not glyph.skip and self.bytes.startswith(_UNKNOWN, here)
            self.in_unknown = meets
        if meets:
            self._touch(here, glyph)
            self.position += 1
        return meets

    def _skip_added_spaces(self, glyph: _Glyph) -> None:
        """Moves past spaces that the vocabulary put before the glyph itself."""
        while not glyph.white and self._at_white():
            if self.bytes[self.position : self.position + 1] == glyph.bytes[:1]:
                return
            self.position += 1

    def _at_white(self) -> bool:
        return self.position < len(self.bytes) and self.bytes[self.position] in _WHITE

    def _touch(self, byte: int, glyph: _Glyph) -> None:
        """Adds the glyph's characters to the token that the byte belongs to."""
        token = self.owner[byte]
        span = self.touched[token]
        start = glyph.start if span is None else span[0]
        self.touched[token] = (start, glyph.end)


def _continues(glyphs: Sequence[_Glyph], k: int) -> bool:
    """Does this glyph belong to the unknown word of the glyph before it? Word-piece vocabularies
    give up whole words at once.
    """
    return not glyphs[k].white and not _stands_alone(glyphs[k - 1]) and not _stands_alone(glyphs[k])


def _stands_alone(glyph: _Glyph) -> bool:
    char = glyph.bytes.decode("utf-8", "surrogatepass")[:1]
    ideograph = (
        "\u3400" <= char <= "\u9fff"
        or "\uf900" <= char <= "\ufaff"
        or "\U00020000" <= char <= "\U0003ffff"
    )
    return (
        ideograph
        or unicodedata.category(char or " ")[0] == "P"
        or (char.isascii() and not char.isalnum())
    )


def _with_empty_spans(touched: Sequence[Span | None], length: int) -> list[Span]:
    """Tokens without a character of their own (a space that the vocabulary added) get an empty span
    where they stand.
    """
    spans: list[Span] = []
    here = length
    for span in reversed(touched):
        if span is not None:
            here = span[0]
        spans.append(span or (here, here))
    return spans[::-1]


def offsets_hold(text: str, tokens: Sequence[str], spans: Sequence[Span]) -> bool:
    """Do these offsets tell the truth on a text whose words are plain? Asked once for each
    vocabulary.
    """
    reached = 0
    for token, (start, end) in zip(tokens, spans, strict=True):
        letters = (
            token.removesuffix("</w>")
            .removeprefix("##")
            .replace(_NEW_WORD, "")
            .replace("\u0120", "")
            .lower()
        )
        if letters and letters != text[start:end].strip().lower():
            return False
        reached = max(reached, end)
    return reached >= len(text.rstrip())
