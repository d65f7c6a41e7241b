"""Prompts: every text is read, and what is said of it does not contradict itself."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from encoderscope.conditioning.english.reading import read
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.families.table import FAMILIES
from encoderscope.conditioning.reports.reading import report as reading_report
from encoderscope.conditioning.reports.tokens import text as token_text
from encoderscope.conditioning.reports.tokens.report import token_report
from encoderscope.conditioning.tokens import order
from encoderscope.conditioning.tokens.alignment import align
from encoderscope.conditioning.tokens.prompt_map import map_tokens
from encoderscope.conditioning.tokens.recording import (
    Embedding,
    Origin,
    StreamRecording,
    VocabularyCall,
)
from encoderscope.conditioning.tokens.syntax import parse
from encoderscope.conditioning.tokens.typed_text import sent_by_browser
from encoderscope.conditioning.tokens.words import words_of
from encoderscope.tests.fuzz.promises import Bytes, require, require_json, text_of
from encoderscope.tests.tokens import toy


def prompt(data: bytes) -> None:
    """The parser of weights, the words, what is read as English, and what the browser sends."""
    text = text_of(data)
    parsed = parse(text)
    for span in parsed.syntax:
        require(0 <= span.start < span.end <= len(text), "a bracket outside of the text")
    last = 0
    for word in words_of(text):
        require(last <= word.start < word.end <= len(text), "words overlap or leave the text")
        last = word.end
    sent_by_browser(text)
    order.front_load(text)
    with suppress(EncoderScopeError):
        read(text)
        report = reading_report.reading_report(text)
        require_json(report)
        reading_report.plain(report)


def lint(data: bytes) -> None:
    """The token report of a toy host, for two families: every word has a fate in every stream."""
    text = text_of(data)
    for family, streams in (("sdxl", ("l", "g")), ("flux", ("l", "t5xxl"))):
        recordings = [_recording(name, text) for name in streams]
        mapped = map_tokens(text, recordings, FAMILIES[family])
        for fates in mapped.fates.values():
            require(len(fates) == len(mapped.words), "a word without a fate")
        report = token_report(mapped, ["easynegative"], sent=sent_by_browser(text))
        require_json(report)
        token_text.render(report)


def toy_report(text: str) -> dict[str, Any]:
    """The token report of a toy host for FLUX.1."""
    recordings = [_recording(name, text) for name in ("l", "t5xxl")]
    return token_report(map_tokens(text, recordings, FAMILIES["flux"]))


def _recording(name: str, text: str) -> StreamRecording:
    """As a host would make it: pieces of the weighted segments, windows of 75."""
    if name == "t5xxl":
        return toy.stream(name, text, weights=False)
    pieces = [toy.piece(part.text) for part in parse(text).segments]
    return toy.stream(name, text, pieces, capacity=75)


def alignment(data: bytes) -> None:
    """Recordings of a host that does as it likes: what cannot be aligned is called so."""
    source = Bytes(data)
    text = source.text()
    recordings = [_wild(source, name, text) for name in ("l", "t5xxl")]
    for recording in recordings:
        for span in align(recording).spans:
            if span is not None:
                require(0 <= span[0] <= span[1] <= len(text), "a token outside of the text")
    mapped = map_tokens(text, recordings, FAMILIES["flux"] if source.number(2) else None)
    report = token_report(mapped)
    require_json(report)
    token_text.render(report)


def _wild(source: Bytes, name: str, text: str) -> StreamRecording:
    events: list[VocabularyCall | Embedding] = []
    windows: list[list[tuple[Any, float, int]]] = [[]]
    for number in range(source.number(8)):
        if source.number(4) == 0:
            vectors = source.number(3)
            events.append(Embedding(source.text(), source.text(), vectors, source.number(8), 4))
            ids: list[Any] = [object()] * vectors
        else:
            call = _call(source, text)
            events.append(call)
            ids = list(call.ids)
        windows[-1] += [(token, source.number(3) / 2, number + 1) for token in ids]
        if source.number(3) == 0:
            windows.append([])
    prompt_source = [text, source.text(), f"<{text}>"][source.number(3)]
    origin = Origin(source.number(5), len(text)) if source.number(2) else Origin(0, len(text))
    return StreamRecording(
        name=name,
        source=prompt_source,
        weights=bool(source.number(2)),
        windows=windows,
        events=events,
        origin=origin,
        capacity=source.number(80) or None,
        start_id=source.number(3),
        end_id=source.number(3),
        unknown_id=source.number(3),
    )


def _call(source: Bytes, text: str) -> VocabularyCall:
    start = source.number(max(1, len(text)))
    looked_up = text[start : start + source.number(40)] if source.number(4) else source.text()
    ids = [source.number(256) for _ in range(source.number(12))]
    spans = None
    if source.number(2):
        end = len(looked_up) + 1
        spans = [(source.number(end), source.number(end)) for _ in ids]
    return VocabularyCall(looked_up, ids, spans)
