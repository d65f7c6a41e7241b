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
from ...translation import (
    current_language,
    in_its_language,
    translatable,
    translate,
    translate_count,
)
from .. import numbers
from ..conditioning.entry_keys import keys_of, schedule_of
from ..conditioning.tensor_words import WORDS, length, size
from ..tokens.sentences import use
from ..wording import joined, template, visible

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
        title, note = family.title, translate(family.note) if family.note else ""
    streams = [
        _stream(stream, rules.get(name), states.texts.get(name, ""), states.recordings.get(name))
        for name, stream in _ordered(states, list(rules)).items()
    ]
    return {
        "format": FORMAT,
        "version": VERSION,
        "host": host,
        "language": current_language(),
        "family": states.family or "unknown",
        "family_title": title or translate("unknown family"),
        "sentence": _sentence(streams, title),
        "usable": bool(streams) and not any(_bad(stream) for stream in streams),
        "notes": _notes(states, streams, note),
        "streams": streams,
        "steps": [{**schedule_of(step.keys), "keys": keys_of(step.keys)} for step in states.steps],
        "display": {"words": {name: template(english) for name, english in _WORDS.items()}},
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
    answers = translate("; ").join(map(_answer, streams)) or translate("no encoder answered")
    sentence = translate("{answers}.", answers=answers)
    if family:
        sentence = translate("{family}: {answers}.", family=family, answers=answers)
    problems = [
        translate(
            "{stream} returned what is no number ({numbers}).",
            stream=stream["title"],
            numbers=_bad(stream),
        )
        for stream in streams
        if _bad(stream)
    ]
    return " ".join([sentence, *problems])


def _answer(stream: Report) -> str:
    values = {"stream": stream["title"], "rows": _rows(stream)}
    width = stream["pooled"] and stream["pooled"]["shape"][-1]
    if stream["content"] is None and width:
        return translate(
            "{stream} gave {rows} and a pooled vector of {width}", **values, width=width
        )
    if stream["content"] is None:
        return translate("{stream} gave {rows}", **values)
    if not width:
        return translate_count(
            "{stream} read {count:,} token ({rows})",
            "{stream} read {count:,} tokens ({rows})",
            stream["content"],
            **values,
        )
    return translate_count(
        "{stream} read {count:,} token ({rows}) and gave a pooled vector of {width}",
        "{stream} read {count:,} tokens ({rows}) and gave a pooled vector of {width}",
        stream["content"],
        **values,
        width=width,
    )


def _rows(stream: Report) -> str:
    """'154 rows in 2 windows, one added empty'."""
    rows = translate_count("{count:,} row", "{count:,} rows", len(stream["sequence"]["norms"]))
    if len(stream["windows"]) > 1:
        rows = translate_count(
            "{rows} in {count} window",
            "{rows} in {count} windows",
            len(stream["windows"]),
            rows=rows,
        )
    if stream["empty_windows"]:
        rows = translate_count(
            "{rows}, one added empty",
            "{rows}, {count} added empty",
            stream["empty_windows"],
            rows=rows,
        )
    return rows


def _notes(states: TextStates, streams: Sequence[Report], note: str) -> list[str]:
    out = [note] if note else []
    if len(states.steps) > 1:
        out.append(
            translate_count(
                "The encoding is scheduled in {count} step; drawn are the states of the first.",
                "The encoding is scheduled in {count} steps; drawn are the states of the first.",
                len(states.steps),
            )
        )
    out += [
        translate_count(
            "{stream}'s text is the shorter one: it is filled up with {count:,} empty window, so "
            "that its rows lie beside the longer text's. Nothing of either text is cut.",
            "{stream}'s text is the shorter one: it is filled up with {count:,} empty windows, so "
            "that its rows lie beside the longer text's. Nothing of either text is cut.",
            stream["empty_windows"],
            stream=stream["title"],
        )
        for stream in streams
        if stream["empty_windows"]
    ]
    unaligned = [stream["title"] for stream in streams if stream["tokens"] is None]
    if unaligned:
        out.append(
            translate(
                "{streams}: the rows are not one for each token of the prompt, so they are "
                "numbered only.",
                streams=joined(unaligned),
            )
        )
    if len(set(states.texts.values())) > 1:
        out.append(translate("The encoders were given different texts."))
    return out


@in_its_language
def plain(report: Mapping[str, Any]) -> str:
    """The report in lines of text."""
    lines = [report["sentence"], *(f"- {note}" for note in report["notes"])]
    for stream in report["streams"]:
        lines += ["", *_stream_lines(stream)]
    if len(report["steps"]) > 1:
        lines.append("")
        lines += [
            translate(
                "step {number}: {start:.4g} % to {end:.4g} %",
                number=number,
                start=100 * step["start"],
                end=100 * step["end"],
            )
            for number, step in enumerate(report["steps"], 1)
        ]
    return "\n".join(visible(line) for line in lines)


def _stream_lines(stream: Mapping[str, Any]) -> Iterator[str]:
    sequence, pooled = stream["sequence"], stream["pooled"]
    yield f"{stream['title']} ({stream['use']})"
    yield "  " + translate("text: {text}", text=stream["text"])
    facts = f"{size(sequence)}, {length(sequence['zero'], sequence['mean_norm'], mean=True)}"
    if len(stream["windows"]) > 1:
        windows = joined([str(count) for count in stream["windows"]])
        facts = translate("{facts}, windows of {windows}", facts=facts, windows=windows)
    yield "  " + translate("sequence: {facts}", facts=facts)
    if pooled:
        facts = f"{size(pooled)}, {length(pooled['zero'], pooled['norm'])}"
        yield "  " + translate("pooled: {facts}", facts=facts)
    else:
        yield "  " + translate("pooled: none")
    for key in stream["extra"]:
        yield f"  {key['title']}: {key['what']}"


_WORDS = {
    **WORDS,
    "sequence": translatable("Sequence"),
    "window": translatable("Window {window}"),
    "place": translatable("{stream}, token {number} of {count}"),
    "place_in_window": translatable("{stream}, window {window}, token {number} of {count}"),
    "token": translatable("Token {number}"),
    "embedding": translatable("embedding {name}"),
    "start": translatable("start"),
    "end": translatable("end"),
    "pad": translatable("pad"),
    "template": translatable("template"),
    "weight": translatable("weight {weight}"),
    "no_weight": translatable("its weight is no number"),
    "empty": translatable("the empty text"),
    "steps": translatable("{count} steps"),
    "step": translatable("{low} to {high}"),
    "list_of_steps": translatable("Steps"),
    "details": translatable("Details"),
    "sequence_size": translatable("{stream}: sequence {size}"),
    "pooled_size": translatable("{stream}: pooled vector {size}"),
}
"""What the card says of single tokens and sizes, for the browser to fill in: a tip for each of
thousands of tokens would be most of the report.
"""
