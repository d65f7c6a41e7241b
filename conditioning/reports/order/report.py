"""The order report (``encoderscope.order``): two prompts side by side, what changes, and the
suggested order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ...tokens.order import FateChange, compare, held_phrases, torn_phrases, window_of
from ...tokens.prompt_map import PromptMap
from ...tokens.words import PromptWord
from ...translation import (
    current_language,
    in_its_language,
    translatable,
    translate,
    translate_count,
)
from ..tokens.report import token_report
from ..tokens.sentences import phrases, title
from ..wording import joined

FORMAT, VERSION = "encoderscope.order", 1
_TITLES = {True: translatable("suggested"), False: translatable("reordered")}
"""Of the second text, by whether it is the suggestion."""
_HEADINGS = {
    "suggested": translatable("Suggested text"),
    "copy": translatable("Copy"),
    "copied": translatable("Copied"),
    "select": translatable("Select and copy"),
    "changes": translatable("Words that change"),
}
"""What stands over the card's parts, and on its button."""


def order_report(
    a: PromptMap, b: PromptMap, suggested: str, host: str | None = None, names: Sequence[str] = ()
) -> dict[str, Any]:
    """Both token reports with the words whose fate differs.

    ``suggested``: the order worth using. ``names``: of the textual inversions the host has.
    """
    changes = compare(a, b)
    reports = {"a": token_report(a, names, host), "b": token_report(b, names, host)}
    return {
        "format": FORMAT,
        "version": VERSION,
        "language": current_language(),
        "verdict": " ".join(
            filter(
                None,
                [
                    _other_words(a, b),
                    verdict(a, b, changes),
                    _brackets(held_phrases(a.text, suggested)),
                ],
            )
        ),
        "suggested": suggested,
        "changes": [change._asdict() for change in changes],
        **reports,
        "display": {
            "tone": {True: "open", False: "kept"}[bool(changes)],
            "titles": {"a": translate("as written"), "b": translate(_TITLES[b.text == suggested])},
            "headings": {name: translate(heading) for name, heading in _HEADINGS.items()},
            "suggested_is_b": b.text == suggested,
            "legend": _legend(reports["a"], reports["b"]),
        },
    }


def _other_words(a: PromptMap, b: PromptMap) -> str:
    """Said where the second text is no other order of the first."""
    counts = [Counter(filter(None, map(_bare, prompt.words))) for prompt in (a, b)]
    if counts[0] == counts[1]:
        return ""
    return translate(
        "The texts do not hold the same words: only words that both hold are compared."
    )


def _bare(word: PromptWord) -> str:
    return "".join(letter for letter in word.text.casefold() if letter.isalnum())


def _brackets(phrases_held: Sequence[str]) -> str:
    """Why the suggestion holds brackets that the artist did not write."""
    if not phrases_held:
        return ""
    return translate(
        "The brackets in {phrases} are ours: a weight of 1.0 changes nothing, but ComfyUI keeps so "
        "short a phrase in one window.",
        phrases=joined(phrases_held),
    )


def _legend(*reports: dict[str, Any]) -> list[dict[str, str]]:
    """The states and marks that occur in any of the reports."""
    entries = (entry for report in reports for entry in report["legend"])
    return list({(entry["type"], entry["state"]): entry for entry in entries}.values())


def verdict(a: PromptMap, b: PromptMap, changes: Sequence[FateChange]) -> str:
    """Which order serves this family better, and why the rule may not matter at all."""
    if not a.words:
        return translate("The prompt is empty: there is no order to compare.")
    unwindowed = _unwindowed_stream(a)
    if unwindowed is not None:
        rule = translate(
            "For {family} front-loading is needless: {stream} reads the whole prompt in one piece "
            "in either order.",
            family=_family(a),
            stream=title(a, unwindowed),
        )
        return " ".join(filter(None, [rule, _pooled(a, b, changes, _POOLED_ALONE)]))
    if a.text == b.text and _has_further_windows(a):
        return translate(
            "No other order is suggested: phrases are moved from comma to comma, and here none "
            "would gain by it. Write an order of your own as the second text, with what matters "
            "in the first window."
        )
    if not changes:
        return translate("Both orders give every word the same fate: the order costs nothing here.")
    effects = [_pooled(a, b, changes, _POOLED), _torn(a, b), _together(a, b, changes)]
    if any(effects):
        return " ".join(filter(None, effects))
    return translate_count(
        "{count} word changes windows; nothing is lost in either order.",
        "{count} words change windows; nothing is lost in either order.",
        len(changes),
    )


def _has_further_windows(prompt: PromptMap) -> bool:
    return any(
        window_of(placement, word) > 0
        for placement in prompt.placements
        for word in range(len(prompt.words))
    )


def _family(prompt: PromptMap) -> str:
    return prompt.family.title if prompt.family else translate("this model")


def _unwindowed_stream(prompt: PromptMap) -> str | None:
    """The first stream whose sequence is used and that has no windows."""
    unwindowed = {
        p.recording.name
        for p in prompt.placements
        if p.recording.capacity is None and p.recording.encoded
    }
    sequences = [r.streams[0] for r in prompt.readouts if r.kind == "sequence"]
    return next((stream for stream in sequences if stream in unwindowed), None)


_POOLED = {
    (True, False): translatable("The second order brings {enter} into the pooled vector."),
    (False, True): translatable("The second order leaves {leave} out of the pooled vector."),
    (True, True): translatable(
        "The second order brings {enter} into the pooled vector and leaves {leave} out."
    ),
}
"""By whether words enter it, and whether any leave it."""
_POOLED_ALONE = {
    (True, False): translatable(
        "Only the pooled vector differs: the second order brings {enter} into the pooled vector."
    ),
    (False, True): translatable(
        "Only the pooled vector differs: the second order leaves {leave} out."
    ),
    (True, True): translatable(
        "Only the pooled vector differs: the second order brings {enter} into the pooled vector "
        "and leaves {leave} out."
    ),
}


def _pooled(
    a: PromptMap,
    b: PromptMap,
    changes: Sequence[FateChange],
    sentences: Mapping[tuple[bool, bool], str],
) -> str:
    """Words that only one order brings into the pooled vector."""
    index = next((i for i, r in enumerate(a.readouts) if r.kind == "pooled"), None)
    if index is None:
        return ""
    lane_a, lane_b = a.lanes[index], b.lanes[index]
    enter = [c.a for c in changes if lane_a[c.a] == "none" and lane_b[c.b] != "none"]
    leave = [c.a for c in changes if lane_a[c.a] != "none" and lane_b[c.b] == "none"]
    sentence = sentences.get((bool(enter), bool(leave)))
    if sentence is None:
        return ""
    return translate(sentence, enter=phrases(a, enter), leave=phrases(a, leave))


def _torn(a: PromptMap, b: PromptMap) -> str:
    torn_a, torn_b = torn_phrases(a), torn_phrases(b)
    if torn_a == torn_b:
        return ""
    return translate(
        "Phrases torn at a window's edge: {before} in the first order, {after} in the second.",
        before=torn_a,
        after=torn_b,
    )


def _together(a: PromptMap, b: PromptMap, changes: Sequence[FateChange]) -> str:
    """Words that come into the first window, where the prompt's first words are."""
    p, q = a.placements[0], b.placements[0]
    words = [c.a for c in changes if window_of(p, c.a) > 0 and window_of(q, c.b) == 0]
    if not words:
        return ""
    return translate(
        "The second order lets {words} be read together with the first window's words.",
        words=phrases(a, words),
    )


@in_its_language
def plain(report: Mapping[str, Any]) -> str:
    """An order report for people: the verdict, and every word that changes fate."""
    changes = (f"{change['word']}: {change['change']}" for change in report["changes"])
    return "\n".join([str(report["verdict"]), *changes])
