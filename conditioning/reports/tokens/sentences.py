"""The sentences of the token report's verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...families.table import StreamRule
from ...tokens.lanes import COUNTED
from ...tokens.lint import Finding
from ...tokens.lint.embeddings import rename_remedy
from ...tokens.prompt_map import PromptMap
from ...translation import translate, translate_count
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
        return translate("tokenised, but this CLIP holds no encoder for it")
    if rule is None:
        return translate("use unknown")
    if rule.sequence and rule.pooled:
        return translate("sequence and pooled")
    if rule.sequence:
        return translate("sequence")
    if rule.pooled:
        return translate("pooled only; its sequence is thrown away")
    return translate("not used")


def verdict(prompt: PromptMap) -> str:
    """One sentence, two at most: the gravest loss first."""
    total = sum(word.kind in COUNTED for word in prompt.words)
    if not prompt.words or (not total and not any(p.content for p in prompt.placements)):
        return translate("The prompt is empty: the encoder gets its start, end and padding only.")
    if prompt.family is None:
        return translate_count(
            "Layout unknown: tokens and windows are exact, but what the generator takes of "
            "{count} word is not known.",
            "Layout unknown: tokens and windows are exact, but what the generator takes of "
            "{count} words is not known.",
            total,
        )
    losses = [sentence for sentence in _losses(prompt, total) if sentence]
    if losses:
        return " ".join(losses[:2])
    lost = _lost(prompt)
    if lost:
        return translate_count(
            "{share} does not reach everything that {family} takes: {phrases}.",
            "{share} do not reach everything that {family} takes: {phrases}.",
            len(lost),
            share=_share(len(lost), total),
            family=prompt.family.title,
            phrases=phrases(prompt, lost),
        )
    return f"{_all(total, prompt.family.title)} {_windows_remark(prompt)}".rstrip()


def _share(count: int, total: int) -> str:
    """'1 of 4 words'."""
    return translate_count("{part} of {count} word", "{part} of {count} words", total, part=count)


def _all(total: int, family: str) -> str:
    if total == 0:
        return translate(
            "There is no word here, only signs; they reach everything that {family} takes.",
            family=family,
        )
    if total == 1:
        return translate("The one word reaches everything that {family} takes.", family=family)
    if total == 2:
        return translate("Both words reach everything that {family} takes.", family=family)
    return translate_count(
        "All {count} words reach everything that {family} takes.",
        "All {count} words reach everything that {family} takes.",
        total,
        family=family,
    )


def _windows_remark(prompt: PromptMap) -> str:
    most = max(prompt.placements, key=lambda p: len(p.starts), default=None)
    if most is None or len(most.starts) < 2 or not most.recording.encoded:
        return ""
    return translate_count(
        "They fill {count} windows of {stream}, and words of different windows were not read "
        "together.",
        "They fill {count} windows of {stream}, and words of different windows were not read "
        "together.",
        len(most.starts),
        stream=title(prompt, most.recording.name),
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
    return translate_count(
        "The embedding {names} was not found: ComfyUI drops it.",
        "The embeddings {names} were not found: ComfyUI drops them.",
        len(names),
        names=quoted(names),
    )


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
    sentence = translate_count(
        '{streams} ignores the embedding "{name}" ({width} wide, {expected} wanted).',
        '{streams} ignore the embedding "{name}" ({width} wide, {expected} wanted).',
        len(streams),
        streams=joined(streams),
        name=name,
        width=width,
        expected=expected,
    )
    return f"{sentence}{renamed.get(name, '')}"


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
    return translate_count(
        "{share} reaches nothing at all: {phrases}.",
        "{share} reach nothing at all: {phrases}.",
        len(nowhere),
        share=_share(len(nowhere), total),
        phrases=phrases(prompt, nowhere),
    )


def _not_pooled(prompt: PromptMap, total: int) -> str:
    missed = not_pooled(prompt)
    if not missed:
        return ""
    sentence = translate_count(
        "{share} never reaches the pooled vector: {phrases}.",
        "{share} never reach the pooled vector: {phrases}.",
        len(missed),
        share=_share(len(missed), total),
        phrases=phrases(prompt, missed),
    )
    return f"{sentence} {_other_ways(prompt, missed)}"


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
    if len(groups) == 1 and _has_all_streams(prompt, next(iter(groups))):
        return translate_count(
            "It reaches the picture through the sequence of {streams} only.",
            "They reach the picture through the sequence of {streams} only.",
            len(missed),
            streams=joined(next(iter(groups))),
        )
    if len(groups) == 1:
        return translate_count(
            "It reaches the picture through {streams} only.",
            "They reach the picture through {streams} only.",
            len(missed),
            streams=joined(next(iter(groups))),
        )
    parts = [
        translate_count(
            "{count} of them reaches the picture through {streams} only",
            "{count} of them reach the picture through {streams} only",
            count,
            streams=joined(ways),
        )
        for ways, count in groups.items()
    ]
    return f"{joined(parts)}."


def _has_all_streams(prompt: PromptMap, titles: Sequence[str]) -> bool:
    """Whether no encoder of a readout is missing: "through CLIP only" says nothing then."""
    taken = {title(prompt, name) for readout in prompt.readouts for name in readout.streams}
    return taken <= set(titles)


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
            return translate_count(
                "{count} word is cut off in {stream}: {phrases}.",
                "{count} words are cut off in {stream}: {phrases}.",
                len(cut),
                stream=title(prompt, stream),
                phrases=phrases(prompt, cut),
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
            return translate(
                "{stream} cannot read {phrases}: its vocabulary has no piece for that.",
                stream=title(prompt, stream),
                phrases=phrases(prompt, unknown),
            )
    return ""


def past_length(prompt: PromptMap) -> str:
    for stream in _sequence_streams(prompt):
        past = [w for w in _lost(prompt) if "past_trained_length" in prompt.fates[stream][w]]
        rule = prompt.rule(stream)
        if past and rule and rule.trained_length:
            return translate_count(
                "{count} word is past the trained length of {tokens} tokens: {phrases}.",
                "{count} words are past the trained length of {tokens} tokens: {phrases}.",
                len(past),
                tokens=rule.trained_length.tokens,
                phrases=phrases(prompt, past),
            )
    return ""


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
        return translate_count(
            "{listed} and {count} more",
            "{listed} and {count} more",
            len(texts) - _SHOWN,
            listed=listed,
        )
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
