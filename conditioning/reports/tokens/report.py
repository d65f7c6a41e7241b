"""The token report: a :class:`PromptMap` as the public JSON object of ``docs/report-tokens.md``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...families.table import Family
from ...tokens.fates import FINDING, LANES, MARKS, marks_of
from ...tokens.lanes import COUNTED, Readout
from ...tokens.lint import Finding, lint
from ...tokens.lint.prompt_reading import applies_weights
from ...tokens.placement import Placement, tokens_of
from ...tokens.prompt_map import PromptMap
from ...tokens.recording import Span
from ...tokens.typed_text import SentText
from ...translation import current_language, translate, translate_count
from ..wording import joined
from . import notes, sentences
from .display import display
from .findings import (
    EXPLAIN_MISSING,
    SAID_BY_FATES,
    finding_fields,
    finding_lines,
    verdict_with_findings,
)
from .hover_texts import HoverTexts
from .remedy_sentences import remedies

FORMAT, VERSION = "encoderscope.tokens", 1


def token_report(
    prompt: PromptMap,
    embeddings: Sequence[str] = (),
    host: str | None = None,
    sent: SentText | None = None,
) -> dict[str, Any]:
    """The whole report as plain data.

    ``embeddings``: names of the textual inversions the host has, for near names of a missing one.
    ``host``: e.g. "ComfyUI 0.3.75". ``sent``: what the browser will send, for a text that is still
    in one of its boxes.
    """
    findings = lint(prompt, embeddings, sent)
    explained = [item for item in findings if item.kind in EXPLAIN_MISSING]
    words = _words(prompt, embeddings, findings)
    report = {
        "format": FORMAT,
        "version": VERSION,
        "host": host,
        "language": current_language(),
        **_family(prompt.family),
        "text": prompt.text,
        "lost": any(prompt.lost),
        "not_as_it_seems": any(item.certain for item in findings),
        "verdict": verdict_with_findings(sentences.verdict(prompt), prompt.text, findings),
        "remedies": remedies(prompt, embeddings, explained),
        "notes": notes.notes(prompt),
        "summary": _summary(prompt),
        "readouts": [_readout(readout) for readout in prompt.readouts],
        "streams": [_stream(placement, prompt) for placement in prompt.placements],
        "words": words,
        "findings": finding_fields(findings),
        "edges": _edges(prompt),
        "reference": _reference(prompt),
        "legend": _legend(prompt, words),
    }
    lines = finding_lines(prompt.text, findings)
    return {**report, "display": {**display(report), "findings": lines}}


def _family(family: Family | None) -> dict[str, Any]:
    if family is None:
        return {
            "family": "unknown",
            "family_title": translate("unknown family"),
            "layout": "unknown",
        }
    return {"family": family.name, "family_title": family.title, "layout": "known"}


def _readout(readout: Readout) -> dict[str, Any]:
    return {
        "name": readout.name,
        "kind": readout.kind,
        "title": readout.localized_title,
        "streams": list(readout.streams),
    }


def _summary(prompt: PromptMap) -> dict[str, Any]:
    return {
        "words": sum(word.kind in COUNTED for word in prompt.words),
        "lost": sum(prompt.lost),
        "tokens": {p.recording.name: p.content for p in prompt.placements},
    }


def _stream(placement: Placement, prompt: PromptMap) -> dict[str, Any]:
    recording = placement.recording
    rule = prompt.rule(recording.name)
    trained = None
    if rule is not None and rule.trained_length is not None:
        length = rule.trained_length
        trained = {"tokens": length.tokens, "source": length.source}
    return {
        "name": recording.name,
        "title": sentences.title(prompt, recording.name),
        "status": "encoded" if recording.encoded else "absent",
        "use": sentences.use(rule, recording.encoded),
        "tokens": placement.content,
        "capacity": recording.capacity,
        "trained_length": trained,
        "weights": applies_weights(placement),
        "windows": _windows(placement, prompt.text),
    }


def _windows(placement: Placement, text: str) -> list[list[dict[str, Any]]]:
    return [[_token(*token) for token in window] for window in tokens_of(placement, text)]


def _token(
    number: int | None,
    weight: float,
    kind: str,
    span: Span | None,
    word: int | None,
    embedding: str | None,
) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": number,
        "weight": _finite(weight),
        "span": span and [*span],
        "word": word,
    }
    if kind == "embedding":
        entry["embedding"] = embedding
    elif kind != "text":
        entry["kind"] = kind
    return entry


def _finite(weight: float) -> float | None:
    """JSON knows no infinity: the lint says which weight it was."""
    return weight if math.isfinite(weight) else None


def _words(
    prompt: PromptMap, embeddings: Sequence[str], findings: Sequence[Finding]
) -> list[dict[str, Any]]:
    names = list(prompt.fates)
    nothing = [()] * len(prompt.words)
    fates = list(zip(*prompt.fates.values(), strict=True)) or nothing
    lanes = list(zip(*prompt.lanes, strict=True)) or nothing
    tips = HoverTexts(prompt, embeddings, findings)
    # most words of a prompt share their fates: what follows from them is built once
    by_fates: dict[Any, dict[str, Any]] = {}
    out = []
    for w, (text, start, end, kind) in enumerate(prompt.words):
        key = (fates[w], lanes[w], prompt.lost[w], kind == "syntax")
        if key not in by_fates:
            by_fates[key] = _from_fates(prompt, names, *key)
        entry = {"text": text, "span": [start, end], "kind": kind}
        out.append({**entry, **by_fates[key], "tip": tips.of(w)})
        if any(item.kind not in SAID_BY_FATES for item in tips.findings.get(w, ())):
            out[-1]["marks"] = [*out[-1]["marks"], FINDING]
    return out


def _from_fates(
    prompt: PromptMap,
    names: Sequence[str],
    fates: Sequence[tuple[str, ...]],
    lanes: Sequence[str],
    lost: bool,
    syntax: bool,
) -> dict[str, Any]:
    """The part of a word's entry that depends on its fates alone."""
    reached: dict[str, list[bool | None]] = {"pooled": [], "sequence": []}
    if not syntax:
        for readout, state in zip(prompt.readouts, lanes, strict=True):
            reached[readout.kind].append(_reached(state))
    return {
        "fates": {name: list(fate) for name, fate in zip(names, fates, strict=True)},
        "pooled": _any_reached(reached["pooled"]),
        "sequence": _any_reached(reached["sequence"]),
        "lost": lost,
        "lanes": list(lanes),
        "marks": marks_of(fates, lost),
    }


def _reached(state: str) -> bool | None:
    """Does a word with this state reach the readout? None where it is not known."""
    return None if state == "unaligned" else state not in ("none", "syntax")


def _any_reached(reached: Sequence[bool | None]) -> bool | None:
    if True in reached:
        return True
    if None in reached or not reached:
        return None
    return False


def _edges(prompt: PromptMap) -> list[dict[str, Any]]:
    out = []
    for edge in prompt.edges:
        names = joined([sentences.title(prompt, name) for name in edge.streams])
        out.append(
            {
                "stream": edge.streams[0],
                "streams": list(edge.streams),
                "window": edge.window,
                "word": edge.word,
                "inside": edge.inside,
                "title": translate_count(
                    "end of {streams} window {window} ({count} token)",
                    "end of {streams} window {window} ({count} tokens)",
                    edge.tokens,
                    streams=names,
                    window=edge.window,
                ),
            }
        )
    return out


def _reference(prompt: PromptMap) -> list[dict[str, Any]]:
    return [
        {
            "stream": cut.stream,
            "limit": cut.limit.tokens,
            "source": cut.limit.source,
            "words": cut.words,
        }
        for cut in prompt.reference_cuts()
    ]


def _legend(prompt: PromptMap, words: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The states and marks that occur."""
    states = {state for lane in prompt.lanes for state in lane}
    marks = {mark for word in words for mark in word["marks"]}
    lanes = [
        {"type": "lane", "state": name, "title": translate(state.title)}
        for name, state in LANES.items()
        if name in states and state.title
    ]
    return lanes + [
        {"type": "mark", "state": name, "title": translate(mark.title)}
        for name, mark in MARKS.items()
        if name in marks
    ]
