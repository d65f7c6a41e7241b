"""The sentences of the token report: verdict and notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...families.table import StreamRule
from ...tokens.lanes import COUNTED
from ...tokens.lint import Finding
from ...tokens.lint.embeddings import rename_remedy
from ...tokens.placement import Placement, padding_of
from ...tokens.prompt_map import PromptMap
from ..wording import joined, quoted

_LONG = 48  # characters of a phrase before it is shortened
_SHOWN = 4  # phrases quoted in a sentence before it counts the rest


def title(prompt: PromptMap, stream: str) -> str:
    """A stream's title; its bare name where the layout is unknown."""
    rule = prompt.rule(stream)
    return rule.title if rule else stream


def use(rule: StreamRule | None, encoded: bool) -> str:
    """What the generator takes of a stream, in a few words."""
    if not encoded:
        return "tokenised, but this CLIP holds no encoder for it"
    if rule is None:
        return "use unknown"
    return {
        (True, True): "sequence and pooled",
        (True, False): "sequence",
        (False, True): "pooled only; its sequence is thrown away",
        (False, False): "not used",
    }[rule.sequence, rule.pooled]


def verdict(prompt: PromptMap) -> str:
    """One sentence, two at most: the gravest loss first."""
    total = sum(word.kind in COUNTED for word in prompt.words)
    if not prompt.words:
        return "The prompt is empty: the encoder gets its start, end and padding only."
    if prompt.family is None:
        return (
            "Layout unknown: tokens and windows are exact, but what the generator takes of "
            f"{_words(total)} is not known."
        )
    losses = [sentence for sentence in _losses(prompt, total) if sentence]
    if losses:
        return " ".join(losses[:2])
    lost = _lost(prompt)
    if lost:
        verb = "does" if len(lost) == 1 else "do"
        return (
            f"{len(lost)} of {_words(total)} {verb} not reach everything that "
            f"{prompt.family.title} takes: {phrases(prompt, lost)}."
        )
    return f"{_all(total)} everything that {prompt.family.title} takes.{_windows_remark(prompt)}"


def _all(total: int) -> str:
    return {
        0: "There is no word here, only signs; they reach",
        1: "The one word reaches",
        2: "Both words reach",
    }.get(total, f"All {total} words reach")


def _windows_remark(prompt: PromptMap) -> str:
    most = max(prompt.placements, key=lambda p: len(p.starts), default=None)
    if most is None or len(most.starts) < 2 or not most.recording.encoded:
        return ""
    name = title(prompt, most.recording.name)
    return (
        f" They fill {len(most.starts)} windows of {name}, and words of different windows "
        "were not read together."
    )


def _losses(prompt: PromptMap, total: int) -> Iterator[str]:
    """The sentences about what is lost, the gravest first; empty ones for what is not."""
    yield _missing_embeddings(prompt)
    yield _mismatched(prompt)
    yield _nowhere(prompt, total)
    yield _not_pooled(prompt, total)
    yield _cut(prompt)
    yield unknown_pieces(prompt)
    yield past_length(prompt)


def _missing_embeddings(prompt: PromptMap) -> str:
    names = missing_names(prompt)
    if not names:
        return ""
    if len(names) > 1:
        return f"The embeddings {quoted(names)} were not found: ComfyUI drops them."
    return f"The embedding {quoted(names)} was not found: ComfyUI drops it."


def _mismatched(prompt: PromptMap) -> str:
    """A textual inversion that some streams ignore: its width is not theirs."""
    ignored: dict[tuple[str, int, int], list[str]] = {}
    renamed: dict[str, str] = {}
    for placement in prompt.placements:
        if not placement.recording.encoded:
            continue
        for name, span, width, expected in placement.alignment.mismatched:
            stream = title(prompt, placement.recording.name)
            ignored.setdefault((name, width, expected), []).append(stream)
            if remedy := rename_remedy(placement.alignment, span):
                renamed[name] = f" {remedy}"
    if not ignored:
        return ""
    (name, width, expected), streams = next(iter(ignored.items()))
    verb = "ignores" if len(streams) == 1 else "ignore"
    return (
        f'{joined(streams)} {verb} the embedding "{name}" ({width} wide, {expected} wanted).'
        f"{renamed.get(name, '')}"
    )


def missing_names(prompt: PromptMap, explained: Sequence[Finding] = ()) -> list[str]:
    """Names of textual inversions that no stream found, but for those that a finding explains."""
    missing = (entry for placement in prompt.placements for entry in placement.alignment.missing)
    return list(
        dict.fromkeys(
            name
            for name, (start, end) in missing
            if not any(start <= item.start < end for item in explained)
        )
    )


def _nowhere(prompt: PromptMap, total: int) -> str:
    nowhere = [
        w
        for w in _lost(prompt)
        if all(lane[w] == "none" for lane in prompt.lanes)
        and not _has(prompt, w, "missing_embedding")
    ]
    if not nowhere:
        return ""
    verb = "reaches" if len(nowhere) == 1 else "reach"
    return f"{len(nowhere)} of {_words(total)} {verb} nothing at all: {phrases(prompt, nowhere)}."


def _not_pooled(prompt: PromptMap, total: int) -> str:
    missed = not_pooled(prompt)
    if not missed:
        return ""
    verb = "reaches" if len(missed) == 1 else "reach"
    return (
        f"{len(missed)} of {_words(total)} never {verb} the pooled vector: "
        f"{phrases(prompt, missed)}. {_other_ways(prompt, missed)}"
    )


def _other_ways(prompt: PromptMap, missed: Sequence[int]) -> str:
    """Through which sequences words without the pooled vector reach the picture."""
    sequences = [
        (readout.streams[0], lane)
        for readout, lane in zip(prompt.readouts, prompt.lanes, strict=True)
        if readout.kind == "sequence"
    ]
    groups: dict[tuple[str, ...], int] = {}
    for w in missed:
        names = (title(prompt, name) for name, lane in sequences if lane[w] != "none")
        ways = tuple(dict.fromkeys(names))
        groups[ways] = groups.get(ways, 0) + 1
    if len(groups) == 1:
        subject = "It reaches" if len(missed) == 1 else "They reach"
        return f"{subject} the picture through {joined(next(iter(groups)))} only."
    parts = [
        f"{count} of them {'reaches' if count == 1 else 'reach'} the picture through "
        f"{joined(ways)} only"
        for ways, count in groups.items()
    ]
    return f"{joined(parts)}."


def _sequence_streams(prompt: PromptMap) -> list[str]:
    """Streams whose sequence this family takes."""
    return [readout.streams[0] for readout in prompt.readouts if readout.kind == "sequence"]


def not_pooled(prompt: PromptMap) -> list[int]:
    """Words that miss the pooled vector although some sequence holds them."""
    lanes: dict[str, list[list[str]]] = {"pooled": [], "sequence": []}
    for readout, lane in zip(prompt.readouts, prompt.lanes, strict=True):
        lanes[readout.kind].append(lane)
    if not lanes["pooled"]:
        return []
    return [
        w
        for w in _lost(prompt)
        if lanes["pooled"][0][w] == "none" and any(lane[w] != "none" for lane in lanes["sequence"])
    ]


def _cut(prompt: PromptMap) -> str:
    for stream in _sequence_streams(prompt):
        cut = [w for w in _lost(prompt) if "cut" in prompt.fates[stream][w]]
        if any(lane[w] != "none" for w in cut for lane in prompt.lanes):
            return (
                f"{_words(len(cut))} {_are(cut)} cut off in "
                f"{title(prompt, stream)}: {phrases(prompt, cut)}."
            )
    return ""


def unknown_pieces(prompt: PromptMap) -> str:
    for stream in _sequence_streams(prompt):
        unknown = [
            w
            for w, word in enumerate(prompt.words)
            if word.kind == "word" and "unknown" in prompt.fates[stream][w]
        ]
        if unknown:
            return (
                f"{title(prompt, stream)} has no piece for "
                f"{phrases(prompt, unknown)}: it reads <unk>."
            )
    return ""


def past_length(prompt: PromptMap) -> str:
    for stream in _sequence_streams(prompt):
        past = [w for w in _lost(prompt) if "past_trained_length" in prompt.fates[stream][w]]
        rule = prompt.rule(stream)
        if past and rule and rule.trained_length:
            return (
                f"{_words(len(past))} {_are(past)} past the trained length of "
                f"{rule.trained_length.tokens} tokens: {phrases(prompt, past)}."
            )
    return ""


def notes(prompt: PromptMap) -> list[str]:
    """What else is true of this family or prompt."""
    out = []
    if prompt.family and prompt.family.note:
        out.append(prompt.family.note)
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
            part = f"{count:,} of {title(prompt, placement.recording.name)}"
            (masked if hidden else read).append(part)
    if read:
        yield f"Padding that is read like words, since no mask hides it: {joined(read)}."
    if masked:
        yield f"Padding, hidden by a mask: {joined(masked)}."
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
        verb = "gets" if len(names) == 1 else "get"
        yield f"{joined(names)} {verb} no padding."


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
    yield (
        f"The windows are of different lengths ({joined(listed)} slots), and their rows are joined "
        f"side by side: from row {min(lengths)} on, counted from 1, one row holds different words."
    )


def _stream_notes(prompt: PromptMap, placement: Placement) -> Iterator[str]:
    recording, alignment = placement.recording, placement.alignment
    name = title(prompt, recording.name)
    rule = prompt.rule(recording.name)
    if not recording.encoded:
        yield f"This CLIP holds no {name}: its tokens go nowhere."
    elif rule and rule.note and not _family_says_it(prompt, rule):
        yield f"{rule.title}: {rule.note}"
    for embedding, _, width, expected in alignment.mismatched:
        yield (
            f'The embedding "{embedding}" is {width} wide, but {name} takes {expected}: '
            "the host ignores it there."
        )
    if placement.template:
        yield f"{name}: ComfyUI puts {placement.template} tokens of a template before the prompt."
    if alignment.misaligned or not recording.origin.traced:
        yield (f"{name}: some tokens could not be told apart; for those words nothing is claimed.")


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
                f"{title(prompt, cut.stream)} at {cut.limit.tokens} tokens"
            )
    return [
        f"A pipeline that cuts {joined(names)} (diffusers, the papers' code) would drop "
        f"{_words(len(words))}: "
        f"{phrases(prompt, words)}."
        for words, names in cuts.items()
    ]


def phrases(prompt: PromptMap, words: Sequence[int]) -> str:
    """Words as they stand in the prompt: neighbours together, a few of them."""
    stretches: list[tuple[int, int]] = []
    for w in words:
        word = prompt.words[w]
        if stretches and not prompt.text[stretches[-1][1] : word.start].strip():
            stretches[-1] = (stretches[-1][0], word.end)
        else:
            stretches.append((word.start, word.end))
    texts = list(dict.fromkeys(_shortened(prompt.text[start:end]) for start, end in stretches))
    listed = ", ".join(texts[:_SHOWN])
    if len(texts) > _SHOWN:
        return f"{listed} and {len(texts) - _SHOWN} more"
    return listed


def _shortened(text: str) -> str:
    """Cut at a word's end where it is long."""
    text = " ".join(text.split())
    if len(text) <= _LONG:
        return text
    start = text[:_LONG]
    return f"{start.rpartition(' ')[0] or start} ..."


def _lost(prompt: PromptMap) -> list[int]:
    return [w for w, lost in enumerate(prompt.lost) if lost]


def _has(prompt: PromptMap, w: int, fate: str) -> bool:
    return any(fate in stream[w] for stream in prompt.fates.values())


def has_fate(prompt: PromptMap, fate: str) -> bool:
    return any(fate in each for stream in prompt.fates.values() for each in stream)


def _words(count: int) -> str:
    return "1 word" if count == 1 else f"{count} words"


def _are(words: Sequence[int]) -> str:
    return "is" if len(words) == 1 else "are"
