"""The states report (``docs/report-states.md``): what each encoder made of a text, before a layout
joins it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...families.table import FAMILIES, StreamRule
from ...mixing.text_states import StreamStates, TextStates
from ...tokens.placement import tokens_of
from ...tokens.prompt_map import map_tokens
from ...tokens.recording import StreamRecording
from .. import numbers
from ..conditioning.entry_keys import keys_of, schedule_of
from ..conditioning.report import length, size
from ..tokens.sentences import use
from ..wording import joined, visible

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.states", 1
CLIP_STREAMS = ("l", "g", "h", "hydit_clip")
"""Streams in CLIP's colour; every other one, a language model too, has T5's."""


def states_report(states: TextStates, host: str | None = None) -> Report:
    """The whole report as plain data, strict JSON. Streams are those of the first step; ``steps``
    says when each step holds.
    """
    family = FAMILIES.get(states.family or "")
    rules = {rule.name: rule for rule in family.streams} if family else {}
    streams = [
        _stream(stream, rules.get(name), states.texts.get(name, ""), states.recordings.get(name))
        for name, stream in _ordered(states, list(rules)).items()
    ]
    return {
        "format": FORMAT,
        "version": VERSION,
        "host": host,
        "family": states.family or "unknown",
        "family_title": family.title if family else "unknown family",
        "sentence": _sentence(streams, family.title if family else None),
        "usable": bool(streams) and not any(_bad(stream) for stream in streams),
        "notes": _notes(states, streams, family.note if family else ""),
        "streams": streams,
        "steps": [{**schedule_of(step.keys), "keys": keys_of(step.keys)} for step in states.steps],
    }


def _ordered(states: TextStates, family: Sequence[str]) -> dict[str, StreamStates]:
    """The streams of the first step in the family's order, whatever the order in which the host
    asked them.
    """
    streams = dict(states.steps[0].streams) if states.steps else {}
    known = {name: streams.pop(name) for name in family if name in streams}
    return {**known, **streams}


def _stream(
    stream: StreamStates, rule: StreamRule | None, text: str, recording: StreamRecording | None
) -> Report:
    norms = numbers.norms_of(numbers.rows_of(stream.sequence))
    tokens = _tokens(text, recording)
    fits = tokens is not None and len(tokens) == len(norms)
    return {
        "name": stream.name,
        "title": rule.title if rule else stream.name,
        "part": "clip" if stream.name in CLIP_STREAMS else "t5",
        "use": use(rule, True),
        "taken": {
            "sequence": rule.sequence if rule else None,
            "pooled": rule.pooled if rule else None,
        },
        "text": text,
        "windows": list(stream.windows),
        "tokens": tokens if fits else None,
        "sequence": {
            **numbers.tensor_facts(stream.sequence),
            "norms": [numbers.rounded(norm) for norm in norms],
            "levels": numbers.levels_of(norms),
            "mean_norm": numbers.mean(norms),
            "zero": not any(norms),
        },
        "pooled": None if stream.pooled is None else numbers.vector(stream.pooled, {}),
        "extra": keys_of(stream.extra),
    }


def _tokens(text: str, recording: StreamRecording | None) -> list[Report] | None:
    """What stands in each slot, windows joined: the prompt's characters, or start, end, pad,
    template.
    """
    if recording is None:
        return None
    [placement] = map_tokens(text, [recording], None).placements
    return [
        {"label": text[span[0] : span[1]] if span else name or kind, "kind": kind, "weight": weight}
        for window in tokens_of(placement, text)
        for _, weight, kind, span, _, name in window
    ]


def _bad(stream: Report) -> str:
    return str(stream["sequence"]["bad"] or (stream["pooled"] or {}).get("bad", ""))


# Sentences


def _sentence(streams: Sequence[Report], family: str | None) -> str:
    """Such as "FLUX.1: CLIP-L read 77 tokens and gave a pooled vector of 768; T5-XXL read 256
    tokens.".
    """
    said = []
    for stream in streams:
        count = len(stream["sequence"]["norms"])
        windows = f" in {len(stream['windows'])} windows" if len(stream["windows"]) > 1 else ""
        pooled = (
            f" and gave a pooled vector of {stream['pooled']['shape'][-1]}"
            if stream["pooled"]
            else ""
        )
        said.append(
            f"{stream['title']} read {count:,} token{'' if count == 1 else 's'}{windows}{pooled}"
        )
    head = f"{family}: " if family else ""
    problems = [
        f" {stream['title']} returned what is no number ({_bad(stream)})."
        for stream in streams
        if _bad(stream)
    ]
    return f"{head}{'; '.join(said) or 'no encoder answered'}.{''.join(problems)}"


def _notes(states: TextStates, streams: Sequence[Report], family: str) -> list[str]:
    out = [family] if family else []
    if len(states.steps) > 1:
        out.append(
            f"The encoding is scheduled in {len(states.steps)} steps; drawn are the "
            "states of the first."
        )
    untold = [stream["title"] for stream in streams if stream["tokens"] is None]
    if untold:
        out.append(
            f"{joined(untold)}: the rows are not one for each token of the prompt, so "
            "they are numbered only."
        )
    texts = list(dict.fromkeys(states.texts.values()))
    if len(texts) > 1:
        out.append("The encoders were given different texts.")
    return out


def plain(report: Mapping[str, Any]) -> str:
    """The report in lines of text."""
    lines = [report["sentence"], *(f"- {note}" for note in report["notes"])]
    for stream in report["streams"]:
        sequence, pooled = stream["sequence"], stream["pooled"]
        windows = (
            f", windows of {joined([str(count) for count in stream['windows']])}"
            if len(stream["windows"]) > 1
            else ""
        )
        lines += ["", f"{stream['title']} ({stream['use']})", f"  text: {stream['text']}"]
        lines.append(
            f"  sequence: {size(sequence)}, "
            f"{length(sequence['zero'], sequence['mean_norm'], 'mean norm')}{windows}"
        )
        lines.append(
            f"  pooled: {size(pooled)}, {length(pooled['zero'], pooled['norm'])}"
            if pooled
            else "  pooled: none"
        )
        lines += [f"  {key['title']}: {key['what']}" for key in stream["extra"]]
    if len(report["steps"]) > 1:
        lines.append("")
        lines += [
            f"step {k + 1}: {100 * s['start']:.4g} % to {100 * s['end']:.4g} %"
            for k, s in enumerate(report["steps"])
        ]
    return "\n".join(visible(line) for line in lines)
