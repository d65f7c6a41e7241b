"""Which end of a sentence an encoder of text alone would not read: such encoders cut without a
word.
"""

from __future__ import annotations

from ..encoding.text_encoder import TextEncoder, TokenizedText


def too_long(encoder: TextEncoder, text: str, rows: TokenizedText) -> str:
    """The words behind the last token that counts; empty where all is read.

    A pooled vector knows the first window alone, and an encoder with a limit nothing behind it.
    Signs without a token of their own at the end of a sentence (a full stop that a tokenizer drops)
    are no loss: only where the limit is reached is anything cut.
    """
    first = [k for k in range(len(rows)) if rows.windows[k] == 0]
    kinds = [rows.kinds[k] for k in first]
    several = (
        encoder.architecture.windows
        and encoder.architecture.pooled
        and max(rows.windows, default=0) > 0
    )
    limit = getattr(encoder, "limit", None)
    full = limit is not None and sum(kind != "pad" for kind in kinds) >= limit
    spans = [span for k in first if (span := rows.spans[k]) is not None]
    if several:
        rest = [
            span
            for k in range(len(rows))
            if rows.windows[k] and (span := rows.spans[k]) is not None
        ]
        return text[rest[0][0] :] if rest else ""
    if not full:
        return ""
    if not spans:  # this tokenizer does not tell which characters its tokens are of
        return text[-20:]
    return text[max(end for _, end in spans) :].strip()
