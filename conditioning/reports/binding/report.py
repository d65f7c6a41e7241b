"""The probe report (``docs/report-probe.md``): verdicts on what a prompt asks, as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from ...binding.advice import advise
from ...binding.cosine_rule import THRESHOLD as THRESHOLD
from ...binding.cosine_rule import Cosines
from ...binding.generator_inputs import CONDITIONING, GeneratorInputs
from ...binding.probe_prompt import ProbeResult, StreamInfo
from ...binding.readouts import TITLES
from ...binding.selectivity import END, Selectivity
from ...binding.token_lint import Lint
from ...binding.verdicts import BOUND, COLLAPSED, ORDER_ONLY, UNDECIDED, Verdict
from ...encoding.text_encoder import TextEncoder
from ...english.cells import FIRST_THING, SECOND_THING
from ...english.contrasts import AttributeContrast
from ...english.statements import Phrase
from ...translation import current_language, localized, translatable, translate
from ..shares import certain, rounded
from ..wording import in_quotes, joined, listed
from .display import with_display
from .text import plain as plain

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.probe", 1
UNPADDED, AS_FED = "unpadded", "as the generator gets it"


def probe_report(
    result: ProbeResult,
    *,
    view: str = UNPADDED,
    threshold: float = THRESHOLD,
    host: str | None = None,
    notes: Sequence[str] = (),
) -> Report:
    """The whole report, strict JSON. ``threshold`` is the cosine rule's, for its flag alone."""
    contrasts = [_contrast(result, index, threshold) for index in range(len(result.plan.designs))]
    return with_display(
        {
            "format": FORMAT,
            "version": VERSION,
            "host": host,
            "language": current_language(),
            "text": result.reading.text,
            "sentence": _sentence(result, contrasts),
            "bound": bound(result.outcomes),
            **_family(result.generator_inputs),
            "view": view,
            "threshold": threshold,
            "streams": streams_of(result.streams),
            "pairs": [_plain(pair) for pair in result.reading.attributes],
            "contrasts": contrasts,
            "verdicts": [_verdict(result, verdict) for verdict in result.verdicts],
            "lint": [_lint(lint) for lint in result.lints],
            "skipped": list(map(localized, result.plan.skipped)),
            "unread": list(map(localized, result.reading.unread)),
            "notes": list(map(localized, notes)),
            "compare": None,
        }
    )


def _family(inputs: GeneratorInputs | None) -> Report:
    if inputs is None:
        return {"family": None, "family_title": None, "generator": None}
    return {"family": inputs.name, "family_title": inputs.title, "generator": inputs.generator}


def _lint(lint: Lint) -> Report:
    return {
        "kind": lint.kind,
        "stream": lint.stream,
        "text": localized(lint.text),
        "remedy": localized(lint.remedy),
        "span": list(lint.span),
    }


def streams_of(streams: Sequence[StreamInfo | TextEncoder]) -> list[Report]:
    """Describes each encoder, in every report about encoders."""
    return [
        {
            "name": stream.name,
            "title": stream.title,
            "kind": stream.architecture.kind,
            "width": stream.architecture.width,
            "layers": stream.architecture.layers,
            "causal": stream.architecture.causal,
        }
        for stream in streams
    ]


def bound(outcomes: Sequence[str]) -> bool | None:
    """True: everything that was tested is bound. False: something is not. None: it
    cannot be told.
    """
    if any(outcome in (ORDER_ONLY, COLLAPSED) for outcome in outcomes):
        return False
    if outcomes and all(outcome == BOUND for outcome in outcomes):
        return True
    return None


def _plain(statement: Any) -> Any:
    """A statement of the prompt as JSON."""
    if isinstance(statement, Phrase):
        span = list(statement.span) if statement.stands_in_prompt else None
        return {"text": statement.text, "span": span}
    if is_dataclass(statement):
        return {each.name: _plain(getattr(statement, each.name)) for each in fields(statement)}
    return statement


def _contrast(result: ProbeResult, index: int, threshold: float) -> Report:
    design = result.plan.designs[index]
    outcome = result.outcomes[index]
    share = max(
        (verdict.share for verdict in result.deciding(index) if verdict.verdict == BOUND),
        default=0.0,
    )
    titles = tuple(stream.title for stream in result.streams)
    advice = advise(outcome, design.kind, result.generator_inputs, titles, share)
    frame = design.frames[0]
    return {
        "kind": design.kind,
        "label": design.contrast.label(),
        "stock": design.contrast.stock,
        "verdict": outcome,
        "sentence": advice.meaning,
        "remedy": advice.remedy,
        "source": advice.source,
        "note": design.note,
        "frames": len(design.frames),
        "cells": {
            "asked": frame.prompt.text,
            "rival": frame.rival.text,
            "asked_again": frame.prompt_reversed.text,
            "rival_again": frame.rival_reversed.text,
        },
        "arcs": [
            {"from": list(start.span), "to": list(end.span)}
            for start, end in design.contrast.arcs()
        ],
        "selectivity": list(_selectivity(result, index)),
        "textbook": [
            _cosine_rule(result.cosines[index, stream.name], stream.name, threshold)
            for stream in result.streams
        ],
    }


def _selectivity(result: ProbeResult, index: int) -> Iterator[Report]:
    """For every encoder and word, how far each property moves the word's vector."""
    contrast = result.plan.designs[index].contrast
    if not isinstance(contrast, AttributeContrast):
        return
    first, second = contrast.statements()
    names = {
        FIRST_THING: first.object.text,
        SECOND_THING: second.object.text,
        END: translate("the end of the sentence"),
    }
    modifiers = (first.modifier.text, second.modifier.text)
    for stream in result.streams:
        for word in result.selectivity.get((index, stream.name), ()):
            share = word.own_share
            yield {
                "stream": stream.name,
                "listener": names[word.word],
                "hears": [
                    {"text": modifiers[0], "strength": certain(word.first)},
                    {"text": modifiers[1], "strength": certain(word.second)},
                ],
                "own_share": None if share is None else certain(share),
                "sentence": _selectivity_sentence(word, names[word.word], modifiers),
            }


_SILENT = 1e-6
"""Below this a vector was moved by rounding alone."""


def _selectivity_sentence(word: Selectivity, name: str, modifiers: tuple[str, str]) -> str:
    """Says how far each modifier moves the word's vector; its own modifier is the measure."""
    own, other = modifiers
    own_effect, other_effect = word.first, word.second
    if word.word == SECOND_THING:
        own, own_effect, other, other_effect = other, other_effect, own, own_effect
    neither, alone, more = _MOVED_WORD
    if word.word == END:
        neither, alone, more = _MOVED_END
    values = {"name": name, "own": own, "other": other}
    moving = [
        name for name, effect in ((own, own_effect), (other, other_effect)) if effect >= _SILENT
    ]
    if not moving:
        return translate(neither, **values)
    if len(moving) == 1:
        return translate(alone, name=name, modifier=moving[0])
    return translate(more, ratio=other_effect / own_effect, **values)


_MOVED_WORD = (
    translatable("The vector of “{name}” changes with neither {own} nor {other}."),
    translatable("The vector of “{name}” changes with {modifier} alone."),
    translatable(
        "The vector of “{name}” changes {ratio:.1f} times as much with {other} as with its own "
        "{own}."
    ),
)
_MOVED_END = (
    translatable("The vector at the end of the sentence changes with neither {own} nor {other}."),
    translatable("The vector at the end of the sentence changes with {modifier} alone."),
    translatable(
        "The vector at the end of the sentence changes {ratio:.1f} times as much with {other} as "
        "with {own}."
    ),
)


def _cosine_rule(cosines: Cosines, stream: str, threshold: float) -> Report:
    return {
        "stream": stream,
        "swap": certain(cosines.swap),
        "commuted": certain(cosines.commuted),
        "unrelated": certain(cosines.unrelated),
        "margin": certain(cosines.margin),
        "flagged": cosines.swap > threshold,
    }


def _verdict(result: ProbeResult, verdict: Verdict) -> Report:
    titles = {stream.name: stream.title for stream in result.streams}
    titles[CONDITIONING] = translate("whole conditioning")
    inputs = result.generator_inputs
    in_prompt = verdict.in_prompt
    return {
        "pair": verdict.contrast,
        "stream": verdict.stream,
        "title": titles[verdict.stream],
        "readout": verdict.readout,
        "readout_title": translate(TITLES[verdict.readout]),
        "counts": verdict in result.deciding(verdict.contrast),
        "taken": inputs is None or inputs.takes(verdict.stream, verdict.readout),
        "verdict": verdict.verdict,
        "share": certain(verdict.share),
        "interval": [certain(value) for value in verdict.interval],
        "kappa": certain(verdict.kappa),
        "p": rounded(verdict.p),
        "null": [certain(value) for value in verdict.null],
        "parts": dict(zip(_PARTS, map(certain, verdict.parts), strict=True)),
        "in_prompt": None if in_prompt is None else certain(in_prompt),
        "lost_in_prompt": verdict.lost_in_prompt,
    }


_PARTS = ("order_of_things", "order_of_modifiers", "binding")
_CLAIMS = {
    COLLAPSED: translatable("cannot tell apart {labels}"),
    ORDER_ONLY: translatable("holds words and order, but not what belongs to what, in {labels}"),
    UNDECIDED: translatable("gives no clear answer on {labels}"),
    BOUND: translatable("represents {labels}"),
}


def _sentence(result: ProbeResult, contrasts: Sequence[Report]) -> str:
    if not contrasts:
        reasons = [*result.reading.unread[:1], *(lint.text for lint in result.lints[:1])]
        return " ".join([translate("Nothing was put to the test."), *map(localized, reasons)])
    subject = joined([stream.title for stream in result.streams])
    if result.generator_inputs is not None:
        subject = result.generator_inputs.title
    claims = []
    for verdict, claim in _CLAIMS.items():
        labels = [
            in_quotes(contrast["label"]) for contrast in contrasts if contrast["verdict"] == verdict
        ]
        if labels:
            claims.append(translate(claim, labels=listed(labels)))
    return translate("{encoder}: {claims}.", encoder=subject, claims=translate("; ").join(claims))
