"""How long a prompt may be before anything is computed for it."""

from __future__ import annotations

from ..errors import EncoderScopeError

LONGEST_PROMPT = 50_000
"""Characters: 8,000 words, more than any text encoder was trained to read. Below it, the costliest
prompts (one word without a blank) take the host's own tokenizer of CLIP seconds.
"""


def require_length(text: str) -> None:
    """Raises :class:`EncoderScopeError` for a prompt that is longer than any can be."""
    if len(text) > LONGEST_PROMPT:
        raise EncoderScopeError(
            "The prompt has {length:,} characters.",
            "At most {most:,} were expected, more than any text encoder reads.",
            "Shorten it.",
            length=len(text),
            most=LONGEST_PROMPT,
        )


def require_encodable(text: str) -> None:
    """Raises :class:`EncoderScopeError` for a prompt that is too long, or that no tokenizer takes:
    one with half a character of those that take two.
    """
    require_length(text)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise EncoderScopeError(
            "Character {number:,} of the prompt is half a character.",
            "Whole characters were expected.",
            "Delete it, and type it again.",
            number=error.start + 1,
        ) from error
