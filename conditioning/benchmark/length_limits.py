"""Which end of a sentence an encoder of text alone would not read: such encoders cut without a
word.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..encoding.text_encoder import TextEncoder, TextTokens


def too_long(encoder: TextEncoder, text: str, rows: TextTokens) -> str:
    """The words behind the last token that counts; empty where all is read.

    A pooled vector knows the first window alone, and an encoder with a limit nothing behind it.
    Signs without a token of their own at the end of a sentence (a full stop that a tokenizer drops)
    are no loss: only where the limit is reached is anything cut.
    """
    first = [k for k, window in enumerate(rows.windows) if window == 0]
    later = [k for k, window in enumerate(rows.windows) if window > 0]
    if later and encoder.architecture.windows and encoder.architecture.pooled:
        spans = _spans(rows, later)
        return text[spans[0][0] :] if spans else ""
    limit = getattr(encoder, "limit", None)
    if limit is None or sum(rows.kinds[k] != "pad" for k in first) < limit:
        return ""
    spans = _spans(rows, first)
    if not spans:  # this tokenizer does not tell which characters its tokens are of
        return text[-20:]
    return text[max(end for _, end in spans) :].strip()


def _spans(rows: TextTokens, indices: Sequence[int]) -> list[tuple[int, int]]:
    """Characters of these tokens, as far as they are known."""
    return [span for k in indices if (span := rows.spans[k]) is not None]
