"""The words of the token report: verdict, remedies, notes and hover texts, each in
plain sentences.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from ...families.table import StreamRule
from ...tokens.prompt_map import PromptMap

_LONG = 48  # characters of a phrase before it is shortened
_SHOWN = 4  # phrases quoted in a sentence before it counts the rest


def title(found: PromptMap, stream: str) -> str:
    rule = found.rule(stream)
    return rule.title if rule else stream


def use(rule: StreamRule | None, encoded: bool) -> str:
    """What the generator takes of a stream, in a few words."""
    if not encoded:
        return "tokenised, but this CLIP holds no encoder for it"
    if rule is None:
        return "use unknown"
    if rule.sequence:
        return "sequence and pooled" if rule.pooled else "sequence"
    return "pooled only; its sequence is thrown away" if rule.pooled else "not used"


def verdict(found: PromptMap) -> str:
    """One sentence, two at most: the gravest loss first."""
    total = sum(word.kind in ("word", "embedding") for word in found.words)
    if not found.words:
        return "The prompt is empty: the encoder gets its start, end and padding only."
    if found.family is None:
        return (
            "Layout unknown: tokens and windows are exact, but what the generator takes of "
            f"{_count(total, 'word')} is not known."
        )
    said = [sentence for sentence in _losses(found, total) if sentence]
    if said:
        return " ".join(said[:2])
    return f"{_all(total)} everything that {found.family.title} takes.{_windows_remark(found)}"


def _all(total: int) -> str:
    return {0: "Nothing here is a word;", 1: "The one word reaches", 2: "Both words reach"}.get(
        total, f"All {total} words reach"
    )


def _windows_remark(found: PromptMap) -> str:
    most = max(found.placements, key=lambda p: len(p.starts), default=None)
    if most is None or len(most.starts) < 2 or not most.recording.encoded:
        return ""
    name = title(found, most.recording.name)
    return (
        f" They fill {len(most.starts)} windows of {name}, and words of different windows "
        "were not read together."
    )


def _losses(found: PromptMap, total: int) -> Iterable[str]:
    yield _missing_embeddings(found)
    yield _nowhere(found, total)
    yield _not_pooled(found, total)
    yield _cut(found)
    yield _unknown(found)
    yield _past(found)


def _missing_embeddings(found: PromptMap) -> str:
    names = missing_names(found)
    if not names:
        return ""
    if len(names) > 1:
        return f"The embeddings {_quoted(names)} were not found: ComfyUI drops them."
    return f"The embedding {_quoted(names)} was not found: ComfyUI drops it."


def missing_names(found: PromptMap) -> list[str]:
    """Names of textual inversions that no stream found."""
    return list(dict.fromkeys(name for p in found.placements for name, _ in p.alignment.missing))


def _nowhere(found: PromptMap, total: int) -> str:
    gone = [
        w
        for w in _lost(found)
        if all(lane[w] == "none" for lane in found.lanes)
        and not _has(found, w, "missing_embedding")
    ]
    return (
        f"{len(gone)} of {_count(total, 'word')} reach nothing at all: {phrases(found, gone)}."
        if gone
        else ""
    )


def _not_pooled(found: PromptMap, total: int) -> str:
    missed = not_pooled(found)
    if not missed:
        return ""
    taken = [r.title for r in found.readouts if r.kind == "sequence"]
    names = joined(
        list(
            dict.fromkeys(
                title(found, r.streams[0]) for r in found.readouts if r.kind == "sequence"
            )
        )
    )
    through = f" They reach the picture through {names} only." if taken else ""
    return (
        f"{len(missed)} of {_count(total, 'word')} never reach the pooled vector: "
        f"{phrases(found, missed)}.{through}"
    )


def not_pooled(found: PromptMap) -> list[int]:
    """Words that miss the pooled vector although some sequence holds them."""
    pooled = [
        lane for r, lane in zip(found.readouts, found.lanes, strict=True) if r.kind == "pooled"
    ]
    others = [
        lane for r, lane in zip(found.readouts, found.lanes, strict=True) if r.kind == "sequence"
    ]
    if not pooled:
        return []
    return [
        w
        for w in _lost(found)
        if pooled[0][w] == "none" and any(lane[w] != "none" for lane in others)
    ]


def _cut(found: PromptMap) -> str:
    for r in found.readouts:
        if r.kind == "sequence":
            cut = [w for w in _lost(found) if "cut" in found.fates[r.streams[0]][w]]
            if cut and any(lane[w] != "none" for w in cut for lane in found.lanes):
                return (
                    f"{_count(len(cut), 'word')} {_are(cut)} cut off in "
                    f"{title(found, r.streams[0])}: {phrases(found, cut)}."
                )
    return ""


def _unknown(found: PromptMap) -> str:
    for r in found.readouts:
        if r.kind == "sequence":
            unknown = [
                w
                for w, word in enumerate(found.words)
                if word.kind == "word" and "unknown" in found.fates[r.streams[0]][w]
            ]
            if unknown:
                return (
                    f"{title(found, r.streams[0])} has no piece for "
                    f"{phrases(found, unknown)}: it reads <unk>."
                )
    return ""


def _past(found: PromptMap) -> str:
    for r in found.readouts:
        name = r.streams[0]
        past = [
            w
            for w in _lost(found)
            if r.kind == "sequence" and "past_trained_length" in found.fates[name][w]
        ]
        rule = found.rule(name)
        if past and rule and rule.trained_length:
            limit = rule.trained_length.tokens
            return (
                f"{_count(len(past), 'word')} {_are(past)} past the trained length of "
                f"{limit} tokens: {phrases(found, past)}."
            )
    return ""


def remedies(found: PromptMap, embeddings: Sequence[str] = ()) -> list[str]:
    """What to do, the most useful first. Empty when nothing needs doing."""
    out = [near(name, embeddings) for name in missing_names(found)]
    missed, edge = not_pooled(found), pooled_edge(found)
    if missed and edge is not None:
        out.append(
            "The pooled vector reads the first window only: what should shape the "
            "picture as a whole belongs "
            f"{ahead_of(found, edge)}."
        )
    out += [
        _edge_remedy(found, e.inside, e.word, e.streams)
        for e in found.edges
        if e.inside in ("word", "phrase")
    ][:2]
    if _has_any(found, "literal_weight"):
        out.append(
            "This family reads (word:1.3) as plain text: remove the brackets and the "
            "number, or say it in words."
        )
    if _unknown(found):
        out.append(
            "Write it in words that the vocabulary has: T5 knows English, German, French "
            "and Romanian, no emoji, no braces."
        )
    if _past(found):
        out.append("Shorten the prompt, or say the most important things first.")
    return out


def near(name: str, embeddings: Sequence[str]) -> str:
    names = difflib.get_close_matches(name, embeddings, 3, 0.5)
    if names:
        return f'"{name}" is not among the embeddings; near names: {_quoted(names)}.'
    return (
        f'"{name}" is not among the embeddings: put its file into models/embeddings, or '
        "remove it from the prompt."
    )


def ahead_of(found: PromptMap, edge: int) -> str:
    last = next(
        (w for w in range(edge - 1, -1, -1) if found.words[w].kind in ("word", "embedding")), None
    )
    return (
        "at the front"
        if last is None
        else f'ahead of "{found.words[last].text}", the last word it reads'
    )


def pooled_edge(found: PromptMap) -> int | None:
    """The first word that the pooled vector misses because its window is over."""
    pooled = next((r for r in found.readouts if r.kind == "pooled"), None)
    if pooled is None:
        return None
    return next(
        (e.word for e in found.edges if e.window == 1 and e.streams[0] in pooled.streams), None
    )


def _edge_remedy(found: PromptMap, inside: str, word: int, streams: Sequence[str]) -> str:
    name = title(found, streams[0])
    if inside == "word" or word == 0:
        return (
            f'A window of {name} ends inside "{found.words[word].text}": shorten the text '
            "before it by a word or two."
        )
    before = found.words[word - 1].text
    after = found.words[word].text
    return (
        f'A window of {name} ends between "{before}" and "{after}": shorten the text before, '
        "so that it ends at a comma."
    )


def notes(found: PromptMap) -> list[str]:
    """What else is true of this family or prompt."""
    out = [found.family.note] if found.family and found.family.note else []
    for p in found.placements:
        rule = found.rule(p.recording.name)
        if not p.recording.encoded:
            out.append(
                f"This CLIP holds no {title(found, p.recording.name)}: its tokens go nowhere."
            )
        elif (
            rule
            and rule.note
            and not (found.family and found.family.note and rule.pooled and not rule.sequence)
        ):
            out.append(f"{rule.title}: {rule.note}")
        out += [
            (
                f'The embedding "{name}" is {width} wide, but '
                f"{title(found, p.recording.name)} takes {expected}: the host ignores it "
                "there."
            )
            for name, _, width, expected in p.alignment.mismatched
        ]
        if p.template:
            out.append(
                f"{title(found, p.recording.name)}: ComfyUI puts {p.template} tokens of "
                "a template before the prompt."
            )
        if p.alignment.misaligned or not p.recording.origin.traced:
            out.append(
                f"{title(found, p.recording.name)}: some tokens could not be told apart; "
                "for those words nothing is claimed."
            )
    return out + _reference(found)


def _reference(found: PromptMap) -> list[str]:
    """One sentence for all streams that would have been cut at the same words."""
    cuts: dict[tuple[int, ...], list[str]] = {}
    for cut in found.reference_cuts():
        counted = tuple(w for w in cut.words if found.words[w].kind in ("word", "embedding"))
        if counted:
            cuts.setdefault(counted, []).append(
                f"{title(found, cut.stream)} at {cut.limit.tokens} tokens"
            )
    return [
        f"A pipeline that cuts {joined(names)} (diffusers, the papers' code) would drop "
        f"{_count(len(words), 'word')}: "
        f"{phrases(found, words)}."
        for words, names in cuts.items()
    ]


def phrases(found: PromptMap, chosen: Sequence[int]) -> str:
    """Chosen words as they stand in the prompt: neighbours together, a few of them."""
    runs: list[tuple[int, int]] = []
    for w in chosen:
        word = found.words[w]
        if runs and not found.text[runs[-1][1] : word.start].strip():
            runs[-1] = (runs[-1][0], word.end)
        else:
            runs.append((word.start, word.end))
    quoted = list(dict.fromkeys(_short(found.text[a:b]) for a, b in runs))
    more = len(quoted) - _SHOWN
    return ", ".join(quoted[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _short(text: str) -> str:
    text = " ".join(text.split())
    return (
        text if len(text) <= _LONG else (text[:_LONG].rpartition(" ")[0] or text[:_LONG]) + " ..."
    )


def _lost(found: PromptMap) -> list[int]:
    return [w for w, lost in enumerate(found.lost) if lost]


def _has(found: PromptMap, w: int, fate: str) -> bool:
    return any(fate in stream[w] for stream in found.fates.values())


def _has_any(found: PromptMap, fate: str) -> bool:
    return any(fate in each for stream in found.fates.values() for each in stream)


def joined(names: Sequence[str]) -> str:
    """ "A, B and C"."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"


def _are(chosen: Sequence[int]) -> str:
    return "is" if len(chosen) == 1 else "are"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
