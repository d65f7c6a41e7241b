"""The notes of the token report: what else is true of a family or prompt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...families.table import StreamRule
from ...tokens.lanes import COUNTED
from ...tokens.placement import Placement, padding_of
from ...tokens.prompt_map import PromptMap
from ...translation import translate, translate_count
from ..wording import joined
from .sentences import phrases, title


def notes(prompt: PromptMap) -> list[str]:
    """What else is true of this family or prompt."""
    out = []
    if prompt.family and prompt.family.note:
        out.append(translate(prompt.family.note))
    for placement in prompt.placements:
        out += _stream_notes(prompt, placement)
    return [*out, *_padding(prompt), *_out_of_step(prompt), *_reference(prompt)]


def _padding(prompt: PromptMap) -> Iterator[str]:
    """How much padding follows the words in the sequences that this family takes, and whether it is
    hidden.
    """
    sequences = [(p, rule) for p in prompt.placements if (rule := _taken(prompt, p)) is not None]
    read: list[str] = []
    masked: list[str] = []
    for placement, rule in sequences:
        if count := padding_of(placement):
            hidden = placement.recording.masking_id is not None and rule.mask_used
            name = title(prompt, placement.recording.name)
            part = translate("{part} of {stream}", part=f"{count:,}", stream=name)
            (masked if hidden else read).append(part)
    if read:
        yield translate(
            "Padding that is read like words, since no mask hides it: {parts}.", parts=joined(read)
        )
    if masked:
        yield translate("Padding, hidden by a mask: {parts}.", parts=joined(masked))
    if not read and not masked:
        yield from _without_padding(prompt, [placement for placement, _ in sequences])


def _taken(prompt: PromptMap, placement: Placement) -> StreamRule | None:
    """The rule of a stream whose sequence this family takes, else None."""
    rule = prompt.rule(placement.recording.name)
    if rule is None or not rule.sequence or not placement.recording.encoded:
        return None
    return rule


def _without_padding(prompt: PromptMap, placements: Sequence[Placement]) -> Iterator[str]:
    names = [title(prompt, p.recording.name) for p in placements if not p.recording.capacity]
    if names:
        yield translate_count(
            "{streams} gets no padding.",
            "{streams} get no padding.",
            len(names),
            streams=joined(names),
        )


def _out_of_step(prompt: PromptMap) -> Iterator[str]:
    """Streams that are joined side by side although their windows are of different lengths: from
    the end of the shorter window on, a row joins different words.
    """
    names = prompt.family.side_by_side if prompt.family else ()
    beside = [p for p in prompt.placements if p.recording.name in names and p.recording.encoded]
    lengths = [len(p.recording.windows[0]) for p in beside if p.recording.windows]
    several = any(len(p.recording.windows) > 1 for p in beside)
    if len(lengths) < 2 or len(set(lengths)) == 1 or not several:
        return
    listed = [f"{title(prompt, p.recording.name)} {len(p.recording.windows[0])}" for p in beside]
    yield translate(
        "The windows are of different lengths ({parts} slots), and their rows are joined side by "
        "side: from row {row} on, counted from 1, one row holds different words.",
        parts=joined(listed),
        row=min(lengths),
    )


def _stream_notes(prompt: PromptMap, placement: Placement) -> Iterator[str]:
    recording, alignment = placement.recording, placement.alignment
    name = title(prompt, recording.name)
    rule = prompt.rule(recording.name)
    if not recording.encoded:
        yield translate("This CLIP holds no {stream}: its tokens go nowhere.", stream=name)
    elif rule and rule.note and not _family_says_it(prompt, rule):
        yield translate("{stream}: {note}", stream=rule.title, note=translate(rule.note))
    for embedding, _, width, expected in alignment.mismatched:
        yield translate(
            'The embedding "{name}" is {width} wide, but {stream} takes {expected}: ComfyUI '
            "ignores it there.",
            name=embedding,
            width=width,
            stream=name,
            expected=expected,
        )
    if placement.template:
        yield translate_count(
            "{stream}: ComfyUI puts {count} token of a template before the prompt.",
            "{stream}: ComfyUI puts {count} tokens of a template before the prompt.",
            placement.template,
            stream=name,
        )
    if alignment.misaligned or not recording.origin.traced:
        yield translate(
            "{stream}: some tokens could not be told apart; for those words nothing is claimed.",
            stream=name,
        )


def _family_says_it(prompt: PromptMap, rule: StreamRule) -> bool:
    """Does the family's own note explain a stream that only feeds the pooled vector?"""
    noted = prompt.family is not None and bool(prompt.family.note)
    return noted and rule.pooled and not rule.sequence


def _reference(prompt: PromptMap) -> list[str]:
    """One sentence for all streams that would have been cut at the same words."""
    cuts: dict[tuple[int, ...], list[str]] = {}
    for cut in prompt.reference_cuts():
        counted = tuple(w for w in cut.words if prompt.words[w].kind in COUNTED)
        if counted:
            cuts.setdefault(counted, []).append(
                translate(
                    "{stream} at {tokens} tokens",
                    stream=title(prompt, cut.stream),
                    tokens=cut.limit.tokens,
                )
            )
    return [
        translate_count(
            "A pipeline that cuts {parts} (diffusers, the papers' code) would drop {count} word: "
            "{phrases}.",
            "A pipeline that cuts {parts} (diffusers, the papers' code) would drop {count} words: "
            "{phrases}.",
            len(words),
            parts=joined(names),
            phrases=phrases(prompt, words),
        )
        for words, names in cuts.items()
    ]
