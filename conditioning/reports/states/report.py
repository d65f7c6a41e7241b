"""The states report (``docs/report-states.md``): what each encoder made of a text, before a layout
joins it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from ..wording import joined, plural, visible

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.states", 1
CLIP_STREAMS = ("l", "g", "h", "hydit_clip")
"""Streams in CLIP's colour; every other one, a language model too, has T5's."""


def states_report(states: TextStates, host: str | None = None) -> Report:
    """The whole report as plain data, strict JSON. Streams are those of the first step; ``steps``
    says when each step holds.
    """
    family = FAMILIES.get(states.family or "")
    rules: dict[str, StreamRule] = {}
    title = note = ""
    if family:
        rules = {rule.name: rule for rule in family.streams}
        title, note = family.title, family.note
    streams = [
        _stream(stream, rules.get(name), states.texts.get(name, ""), states.recordings.get(name))
        for name, stream in _ordered(states, list(rules)).items()
    ]
    return {
        "format": FORMAT,
        "version": VERSION,
        "host": host,
        "family": states.family or "unknown",
        "family_title": title or "unknown family",
        "sentence": _sentence(streams, title),
        "usable": bool(streams) and not any(_bad(stream) for stream in streams),
        "notes": _notes(states, streams, note),
        "streams": streams,
        "steps": [{**schedule_of(step.keys), "keys": keys_of(step.keys)} for step in states.steps],
    }


def _ordered(states: TextStates, family: Sequence[str]) -> dict[str, StreamStates]:
    """The streams of the first step in the family's order, whatever the order in which the host
    asked them.
    """
    streams: dict[str, StreamStates] = {}
    for step in states.steps[:1]:
        streams.update(step.streams)
    ordered = {name: streams.pop(name) for name in family if name in streams}
    return {**ordered, **streams}


def _stream(
    stream: StreamStates, rule: StreamRule | None, text: str, recording: StreamRecording | None
) -> Report:
    norms = numbers.norms_of(numbers.rows_of(stream.sequence))
    tokens = _tokens(text, recording)
    added = _added_windows(stream, recording)
    if tokens is not None and added:
        rows = sum(stream.windows[-added:])
        tokens += [{"label": "pad", "kind": "pad", "weight": 1.0} for _ in range(rows)]
    if tokens is None or len(tokens) != len(norms):
        tokens = None
    title = stream.name
    readouts: Report = {"sequence": None, "pooled": None}
    if rule:
        title, readouts = rule.title, {"sequence": rule.sequence, "pooled": rule.pooled}
    return {
        "name": stream.name,
        "title": title,
        "part": "clip" if stream.name in CLIP_STREAMS else "t5",
        "use": use(rule, True),
        "taken": readouts,
        "text": text,
        "windows": list(stream.windows),
        "empty_windows": added,
        "content": _content(tokens),
        "tokens": tokens,
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
        {"label": text[slice(*span)] if span else name or kind, "kind": kind, "weight": weight}
        for window in tokens_of(placement, text)
        for _, weight, kind, span, _, name in window
    ]


def _added_windows(stream: StreamStates, recording: StreamRecording | None) -> int:
    """Windows of an empty prompt behind the text's own: CLIP-L and CLIP-G lie side by side."""
    if recording is None:
        return 0
    return max(0, len(stream.windows) - len(recording.windows))


def _content(tokens: Sequence[Report] | None) -> int | None:
    """How many of the rows are the prompt's own; None where that is not known."""
    if tokens is None:
        return None
    return sum(token["kind"] in ("text", "embedding") for token in tokens)


def _bad(stream: Report) -> str:
    return str(stream["sequence"]["bad"] or (stream["pooled"] or {}).get("bad", ""))


# Sentences


def _sentence(streams: Sequence[Report], family: str) -> str:
    """Such as "FLUX.1: CLIP-L read 9 tokens (77 rows) and gave a pooled vector of 768; T5-XXL read
    11 tokens (256 rows).".
    """
    answers = "; ".join(map(_answer, streams)) or "no encoder answered"
    if family:
        answers = f"{family}: {answers}"
    problems = [
        f" {stream['title']} returned what is no number ({_bad(stream)})."
        for stream in streams
        if _bad(stream)
    ]
    return f"{answers}.{''.join(problems)}"


def _answer(stream: Report) -> str:
    rows = plural(len(stream["sequence"]["norms"]), "row")
    if len(stream["windows"]) > 1:
        rows += f" in {len(stream['windows'])} windows"
    if stream["empty_windows"]:
        rows += f", {_number(stream['empty_windows'])} added empty"
    pooled = ""
    if stream["pooled"]:
        pooled = f"a pooled vector of {stream['pooled']['shape'][-1]}"
    if stream["content"] is None:
        return f"{stream['title']} gave {joined([rows, *filter(None, [pooled])])}"
    text = f"{stream['title']} read {plural(stream['content'], 'token')} ({rows})"
    if pooled:
        text += f" and gave {pooled}"
    return text


def _number(count: int) -> str:
    return {1: "one"}.get(count, str(count))


def _notes(states: TextStates, streams: Sequence[Report], note: str) -> list[str]:
    out = [note] if note else []
    if len(states.steps) > 1:
        out.append(
            f"The encoding is scheduled in {len(states.steps)} steps; drawn are the "
            "states of the first."
        )
    for stream in streams:
        if stream["empty_windows"]:
            count = plural(stream["empty_windows"], "empty window")
            out.append(
                f"{stream['title']}'s text is the shorter one: it is filled up with {count}, so "
                "that its rows lie beside the longer text's. Nothing of either text is cut."
            )
    unaligned = [stream["title"] for stream in streams if stream["tokens"] is None]
    if unaligned:
        out.append(
            f"{joined(unaligned)}: the rows are not one for each token of the prompt, so "
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
        lines += ["", *_stream_lines(stream)]
    if len(report["steps"]) > 1:
        lines.append("")
        lines += [
            f"step {number}: {100 * step['start']:.4g} % to {100 * step['end']:.4g} %"
            for number, step in enumerate(report["steps"], 1)
        ]
    return "\n".join(visible(line) for line in lines)


def _stream_lines(stream: Mapping[str, Any]) -> Iterator[str]:
    sequence, pooled = stream["sequence"], stream["pooled"]
    yield f"{stream['title']} ({stream['use']})"
    yield f"  text: {stream['text']}"
    norm = length(sequence["zero"], sequence["mean_norm"], "mean norm")
    windows = ""
    if len(stream["windows"]) > 1:
        windows = f", windows of {joined([str(count) for count in stream['windows']])}"
    yield f"  sequence: {size(sequence)}, {norm}{windows}"
    if pooled:
        yield f"  pooled: {size(pooled)}, {length(pooled['zero'], pooled['norm'])}"
    else:
        yield "  pooled: none"
    for key in stream["extra"]:
        yield f"  {key['title']}: {key['what']}"
