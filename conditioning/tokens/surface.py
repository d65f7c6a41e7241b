"""Characters of tokens for vocabularies that do not tell them.

Slow tokenizers give ids alone, and some fast ones give offsets into a text they have already changed. Here every token's own bytes are
matched, in order, against the bytes of the text; the first byte that fits nowhere ends it and nothing is claimed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from .model import Span

_MARKERS = ("</w>", "##", "\u2581")


@lru_cache(maxsize=1)
def _byte_alphabet() -> dict[str, int]:
    """The 256 printable characters by which byte-level vocabularies (GPT-2, CLIP, Qwen) write bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in plain]
    return {chr(b): b for b in plain} | {chr(256 + i): b for i, b in enumerate(rest)}


def token_bytes(token: str) -> bytes:
    """The bytes a vocabulary entry stands for, without the marks that vocabularies add for word ends and starts."""
    for marker in _MARKERS:
        token = token.replace(marker, " " if marker == "\u2581" else "")
    alphabet = _byte_alphabet()
    if any(char not in alphabet for char in token if char != " "):
        return token.encode()
    return bytes(alphabet.get(char, 32) for char in token)


def match(text: str, tokens: Sequence[bytes]) -> list[Span] | None:
    """For each token its ``[start, end)`` characters in ``text``, or ``None`` when the bytes do not follow the text.

    White space is skipped on both sides: vocabularies disagree on where it belongs. Case and composition are folded as CLIP does.
    """
    pool = _text_bytes(text)
    spans: list[Span] = []
    at = 0
    for token in tokens:
        touched: list[int] = []
        for byte in token:
            if byte in b" \t\r\n":
                continue
            while at < len(pool) and pool[at][0] != byte and pool[at][2]:
                at += 1
            if at >= len(pool) or pool[at][0] != byte:
                return None
            touched.append(pool[at][1])
            at += 1
        here = touched[0] if touched else (pool[at][1] if at < len(pool) else len(text))
        spans.append((here, touched[-1] + 1) if touched else (here, here))
    return spans if all(skip for _, _, skip in pool[at:]) else None


def _text_bytes(text: str) -> list[tuple[int, int, bool]]:
    """Every byte of the folded text: (byte, character it came from, may be skipped)."""
    pool: list[tuple[int, int, bool]] = []
    i = 0
    while i < len(text):
        stop = i + 1
        while stop < len(text) and unicodedata.combining(text[stop]):
            stop += 1
        folded = unicodedata.normalize("NFC", text[i:stop]).lower()
        skip = folded.isspace() or unicodedata.category(text[i]) in ("Cc", "Cf")
        pool += [(byte, i, skip) for byte in folded.encode("utf-8", "surrogatepass")]
        i = stop
    return pool


def offsets_hold(text: str, tokens: Sequence[str], spans: Sequence[Span]) -> bool:
    """Do these offsets tell the truth on a text whose words are plain? Asked once for each vocabulary."""
    reached = 0
    for token, (start, end) in zip(tokens, spans, strict=True):
        letters = token_bytes(token).decode("ascii", "ignore").strip().lower()
        if letters and letters != text[start:end].strip().lower():
            return False
        reached = max(reached, end)
    return reached >= len(text.rstrip())
