"""The lint of a prompt: what is not what it seems. It stands beside the fates of the words and
never changes them.

:func:`lint` asks one detector a room: grammar of other programs, weights, textual inversions,
characters, repetition. What each kind means, does and instead wants stands in :mod:`.finding`.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..prompt_map import PromptMap
from ..typed_text import SentText
from .characters import characters
from .copied_text import copied_text
from .embeddings import embeddings
from .finding import GRAVITY, Finding
from .flags import flags
from .foreign_grammar import foreign_grammar
from .foreign_weights import foreign_weights
from .languages.other_language import other_language
from .other_programs import other_programs
from .prompt_reading import PromptReading
from .ratios import ratios
from .regions import Stretches
from .repetition import repetition
from .weight_syntax import weights

__all__ = ["OF_CHARACTERS", "Finding", "gravest", "lint"]

_WHOLE = frozenset(("generation_parameters", "flag"))
"""Constructs that are named as a whole: what stands in them needs no word of its own, but for a
weight that loses the picture.
"""
_KEPT = _WHOLE | {"not_finite"}
OF_CHARACTERS = frozenset(("unknown_pieces", "byte_pieces"))
"""Kinds of findings about what an encoder has no words for."""
_DETECTORS = (
    *(foreign_grammar, flags, foreign_weights, other_programs),
    *(weights, ratios, embeddings, copied_text, characters, other_language, repetition),
)


def lint(
    prompt_map: PromptMap, embedding_names: Sequence[str] = (), sent: SentText | None = None
) -> list[Finding]:
    """All findings of a prompt, by their place in it.

    ``embedding_names``: textual inversions that the host has. ``sent``: the text was typed into a
    box of the browser, which draws one of ``{a|b}`` at Run, and this is what it sends.
    """
    reading = PromptReading(prompt_map, embedding_names, sent)
    findings = {finding for detect in _DETECTORS for finding in detect(reading)}
    whole = Stretches((item.start, item.end) for item in findings if item.kind in _WHOLE)
    findings = {
        item for item in findings if item.kind in _KEPT or not whole.hold(item.start, item.end)
    }
    grammar = {item for item in findings if item.kind not in OF_CHARACTERS}
    # signs of a construct that is named as a whole need no word of their own
    constructs = Stretches((item.start, item.end) for item in grammar)
    signs = {item for item in findings - grammar if not constructs.hold(item.start, item.end)}
    # the whole finding comes last, so that no two can come in the order of a set
    return sorted(grammar | signs, key=lambda item: (*_place(item), item))


def _place(item: Finding) -> tuple[int, int, int]:
    return item.start, item.end, GRAVITY[item.kind]


def gravest(findings: Sequence[Finding]) -> Finding | None:
    """The finding to name first: certain before likely, then by kind, then by place."""
    return min(
        findings, key=lambda item: (not item.certain, GRAVITY[item.kind], item.start), default=None
    )
