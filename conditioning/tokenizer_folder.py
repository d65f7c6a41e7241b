"""Prompts read with a Hugging Face tokenizer folder, as a reference pipeline would: one window, cut
at the tokenizer's maximum.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .bounded_reading import check_library_files
from .errors import EncoderScopeError
from .tokens.recording import Origin, StreamRecording, VocabularyCall
from .tokens.text_length import require_length
from .vocabulary import blank_id, reader, unknown_id

_UNLIMITED = 1_000_000  # transformers writes 1e30 for "no maximum"


def load(folder: str) -> Any:
    """The tokenizer in ``folder``. Nothing is downloaded."""
    if not folder or not Path(folder).is_dir():
        raise EncoderScopeError(
            "{folder!r} is not a folder.",
            "A folder with tokenizer files (tokenizer.json, or vocab.json and merges.txt, or "
            "spiece.model) was expected.",
            "Give the folder itself, not a file in it.",
            folder=folder,
        )
    from transformers import AutoTokenizer

    check_library_files(Path(folder))
    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        raise EncoderScopeError(
            "transformers cannot read a tokenizer from {folder!r} ({why}).",
            "A folder with tokenizer files was expected.",
            "Check that tokenizer_config.json and the vocabulary lie in it.",
            folder=folder,
            why=f"{type(error).__name__}: {str(error)[:200]}",
        ) from error


def record(tokenizer: Any, text: str) -> StreamRecording:
    """One stream, one window: ``text`` is taken literally, since weights and windows
    are ComfyUI's.
    """
    require_length(text)
    _, ids, spans = reader(tokenizer)(tokenizer, text)
    special = set(tokenizer.all_special_ids)
    ids = list(ids)
    starts = ids[:1] == [getattr(tokenizer, "bos_token_id", None)] and ids[0] in special
    low = int(starts)
    high = len(ids) - (len(ids) > low and ids[-1] in special)
    longest = int(min(tokenizer.model_max_length, _UNLIMITED))
    room = longest - low - (len(ids) - high)
    cut = min(high, low + room)
    window = (
        [(i, 1.0, 0) for i in ids[:low]]
        + [(i, 1.0, 1) for i in ids[low:cut]]
        + [(i, 1.0, 0) for i in ids[high:]]
    )
    start = next(iter(ids[:low]), None)
    end = next(iter(ids[high:]), None)
    unknown = unknown_id(tokenizer)
    if unknown == end:
        unknown = None
    events = []
    if text:
        events.append(VocabularyCall(text, ids[low:high], spans and spans[low:high]))
    return StreamRecording(
        name="text",
        source=text,
        weights=False,
        windows=[window],
        events=events,
        origin=Origin(0, len(text)),
        capacity=room if longest < _UNLIMITED else None,
        start_id=start,
        end_id=end,
        unknown_id=unknown,
        blank_id=blank_id(tokenizer),
    )
