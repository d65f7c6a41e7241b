"""The token report: a :class:`PromptMap` as the public JSON object of ``docs/report-tokens.md``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...tokens.placement import Placement, tokens_of
from ...tokens.prompt_map import PromptMap
from . import sentences
from .hover_texts import Tips

FORMAT, VERSION = "encoderscope.tokens", 1

_LANES = {
    "seen": "seen",
    "later": "seen, in window 2 or later: read apart from the words of other windows",
    "past": "passed on, past the trained length",
    "unknown": "no piece in the vocabulary: read as <unk>",
    "none": "does not reach this readout",
    "unaligned": "not known: nothing is claimed",
}
_MARKS = {
    "lost": "misses something this family takes",
    "split": "split at a window's edge",
    "phrase_split": "a window ends inside this phrase",
    "moved": "moved whole to the next window",
    "literal_weight": "weight read as text",
    "missing_embedding": "embedding not found",
    "unknown": "no piece in the vocabulary",
    "no_token": "removed by the tokenizer",
}


def token_report(
    found: PromptMap, embeddings: Sequence[str] = (), host: str | None = None
) -> dict[str, Any]:
    """The whole report as plain data.

    ``embeddings``: names of the textual inversions the host has, for near names of a missing one.
    ``host``: e.g. "ComfyUI 0.3.75".
    """
    family = found.family
    words = _words(found, embeddings)
    counted = [w for w, word in enumerate(found.words) if word.kind in ("word", "embedding")]
    return {
        "format": FORMAT,
        "version": VERSION,
        "host": host,
        "family": family.name if family else "unknown",
        "family_title": family.title if family else "unknown family",
        "layout": "known" if family else "unknown",
        "text": found.text,
        "lost": any(found.lost),
        "verdict": sentences.verdict(found),
        "remedies": sentences.remedies(found, embeddings),
        "notes": sentences.notes(found),
        "summary": {
            "words": len(counted),
            "lost": sum(found.lost),
            "tokens": {p.recording.name: p.content for p in found.placements},
        },
        "readouts": [
            {"name": r.name, "kind": r.kind, "title": r.title, "streams": list(r.streams)}
            for r in found.readouts
        ],
        "streams": [_stream(p, found) for p in found.placements],
        "words": words,
        "edges": _edges(found),
        "reference": [
            {
                "stream": cut.stream,
                "limit": cut.limit.tokens,
                "source": cut.limit.source,
                "words": cut.words,
            }
            for cut in found.reference_cuts()
        ],
        "legend": _legend(found, words),
    }


def _stream(p: Placement, found: PromptMap) -> dict[str, Any]:
    recording = p.recording
    rule = found.rule(recording.name)
    trained = rule.trained_length if rule else None
    return {
        "name": recording.name,
        "title": sentences.title(found, recording.name),
        "status": "encoded" if recording.encoded else "absent",
        "use": sentences.use(rule, recording.encoded),
        "tokens": p.content,
        "capacity": recording.capacity,
        "trained_length": {"tokens": trained.tokens, "source": trained.source} if trained else None,
        "windows": _windows(p, found.text),
    }


def _windows(p: Placement, text: str) -> list[list[dict[str, Any]]]:
    rows = []
    for window in tokens_of(p, text):
        row: list[dict[str, Any]] = []
        for number, weight, kind, span, word, name in window:
            if kind == "text":
                row.append({"id": number, "weight": weight, "span": span and [*span], "word": word})
            elif kind == "embedding":
                row.append(
                    {
                        "id": None,
                        "weight": weight,
                        "span": span and [*span],
                        "word": word,
                        "embedding": name,
                    }
                )
            else:
                row.append(
                    {"id": number, "weight": weight, "span": None, "word": None, "kind": kind}
                )
        rows.append(row)
    return rows


def _words(found: PromptMap, embeddings: Sequence[str]) -> list[dict[str, Any]]:
    names = list(found.fates)
    fates = list(zip(*found.fates.values(), strict=True)) if names else [()] * len(found.words)
    lanes = list(zip(*found.lanes, strict=True)) if found.lanes else [()] * len(found.words)
    tips = Tips(found, embeddings)
    shared: dict[
        Any, dict[str, Any]
    ] = {}  # most words of a prompt share one fate: what follows from it is built once
    out = []
    for w, (text, start, end, kind) in enumerate(found.words):
        key = (fates[w], lanes[w], found.lost[w], kind == "syntax")
        same = shared.get(key)
        if same is None:
            same = shared[key] = _same(found, names, *key)
        out.append({"text": text, "span": [start, end], "kind": kind, **same, "tip": tips.of(w)})
    return out


def _same(
    found: PromptMap,
    names: Sequence[str],
    fates: Sequence[tuple[str, ...]],
    lanes: Sequence[str],
    lost: bool,
    syntax: bool,
) -> dict[str, Any]:
    """The part of a word's entry that depends on its fates alone."""
    kinds = [readout.kind for readout in found.readouts]
    pooled = [_reached(state) for kind, state in zip(kinds, lanes, strict=True) if kind == "pooled"]
    sequence = [
        _reached(state) for kind, state in zip(kinds, lanes, strict=True) if kind == "sequence"
    ]
    return {
        "fates": {name: list(fate) for name, fate in zip(names, fates, strict=True)},
        "pooled": None if syntax or not pooled else pooled[0],
        "sequence": None if syntax or not sequence else _any(sequence),
        "lost": lost,
        "lanes": list(lanes),
        "marks": _marks(fates, lost),
    }


def _reached(state: str) -> bool | None:
    return None if state == "unaligned" else state not in ("none", "syntax")


def _any(reached: Sequence[bool | None]) -> bool | None:
    return True if True in reached else (None if None in reached else False)


def _marks(fates: Sequence[tuple[str, ...]], lost: bool) -> list[str]:
    said = {fate for stream in fates for fate in stream} | ({"lost"} if lost else set())
    return [mark for mark in _MARKS if mark in said]


def _edges(found: PromptMap) -> list[dict[str, Any]]:
    out = []
    for edge in found.edges:
        names = sentences.joined([sentences.title(found, name) for name in edge.streams])
        out.append(
            {
                "stream": edge.streams[0],
                "streams": list(edge.streams),
                "window": edge.window,
                "word": edge.word,
                "inside": edge.inside,
                "title": f"end of {names} window {edge.window} ({edge.tokens} tokens)",
            }
        )
    return out


def _legend(found: PromptMap, words: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    states = {state for lane in found.lanes for state in lane}
    marks = {mark for word in words for mark in word["marks"]}
    return [{"type": "lane", "state": s, "title": t} for s, t in _LANES.items() if s in states] + [
        {"type": "mark", "state": m, "title": t} for m, t in _MARKS.items() if m in marks
    ]
