"""What was written twice, and what fills the first window."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...translation import translatable, translate_count
from .finding import Finding, finding
from .prompt_reading import PromptReading, counted_tokens
from .regions import Span
from .weight_syntax import times

_TAG = re.compile(r"(?:[^,;.\n()]|(?<=\d)\.(?=\d))+")
_LEADING = re.compile(
    r"(?:and|with|or|a|an|the|of|in|on|at|by|to|from|as|for|while|where)\b", re.IGNORECASE
)
_QUALITY = re.compile(
    r"(?:masterpiece|(?:best|high(?:est)?|top|amazing|great|ultra|good) quality|(?:ultra "
    r"|very |extremely |highly |super |hyper )?"
    r"(?:detailed|realistic|high resolution|hd|hdr|uhd)|absurd ?res|high "
    r"?res|4k|8k|16k|raw photo|photorealistic|"
    r"trending on artstation|award[- ]winning|professional|official art|intricate(?: "
    r"details?)?|sharp focus|"
    r"(?:extremely detailed )?(?:cg )?unity 8k wallpaper|newest|very "
    r"aesthetic|aesthetic|score_\d(?:_up)?|rating_\w+|"
    r"octane render|unreal engine(?: 5)?|cinematic "
    r"lighting|hyperrealistic|beautiful|stunning|perfect (?:lighting|anatomy))",
    re.IGNORECASE,
)
_KEEP_ONE = translatable("Keep one of them.")
MINIMUM_TOKENS = 20
"""Quality tags of fewer tokens push nothing out."""
_ONE_LOST = translatable(
    "{tokens} of quality tags fill the beginning, and {lost} of what follows no longer fits the "
    "first window."
)


def repetition(reading: PromptReading) -> Iterator[Finding]:
    """Findings about phrases that stand twice and boilerplate at the beginning, in no order."""
    yield from _repeated(reading)
    yield from _boilerplate(reading)


def _phrases(text: str) -> list[tuple[str, Span]]:
    """The phrases of a prompt between its signs, small letters, single blanks."""
    phrases = []
    for match in _TAG.finditer(text):
        words = re.sub(r":\s*-?\d*\.?\d+\s*$", "", match[0])
        stripped = words.strip()
        if stripped:
            start = match.start() + len(words) - len(words.lstrip())
            phrases.append((" ".join(stripped.lower().split()), (start, start + len(stripped))))
    return phrases


def _repeated(reading: PromptReading) -> Iterator[Finding]:
    places: dict[str, list[Span]] = {}
    for phrase, span in _phrases(reading.text):
        if not reading.weighting or reading.weight_at(span[0]) == 1:
            places.setdefault(phrase, []).append(span)
    for phrase, spans in places.items():
        words = phrase.split()
        enough = len(spans) > 1 and len(words) > 1 and not _LEADING.match(phrase)
        if enough or (len(spans) > 2 and re.fullmatch(r"[^\W\d]{3,}", phrase)):
            start, end = spans[0]
            facts: dict[str, object] = {} if reading.weighting else {"instead": _KEEP_ONE}
            yield finding(
                "repeated",
                reading.text,
                spans[1],
                certain=False,
                words=reading.text[start:end],
                times=times(len(spans)),
                tokens=reading.token_words(start, end),
                **facts,
            )


def _boilerplate(reading: PromptReading) -> Iterator[Finding]:
    phrases = _phrases(reading.text)
    leading: list[Span] = []
    for phrase, span in phrases:
        if not _QUALITY.fullmatch(phrase):
            break
        leading.append(span)
    if not leading or len(leading) == len(phrases):
        return
    start, end = leading[0][0], leading[-1][1]
    for placement in reading.placements:
        tokens = reading.token_count(placement, start, end)
        if not placement.recording.capacity or tokens < MINIMUM_TOKENS or len(placement.starts) < 2:
            continue
        later = sum(
            first >= placement.starts[1] and word.kind == "word"
            for word, first in zip(reading.prompt_map.words, placement.first, strict=True)
        )
        if later:
            facts: dict[str, object] = {"does": _ONE_LOST} if later == 1 else {}
            yield finding(
                "boilerplate",
                reading.text,
                (start, end),
                certain=True,
                tokens=counted_tokens(tokens),
                lost=translate_count("{count} word", "{count} words", later),
                **facts,
            )
            return
