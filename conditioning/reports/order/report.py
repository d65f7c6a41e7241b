"""The order report (``encoderscope.order``): two prompts side by side, what changes, and the
suggested order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...tokens.order import Change, compare, window_of
from ...tokens.prompt_map import PromptMap
from ..tokens.report import token_report
from ..tokens.sentences import phrases, title

FORMAT, VERSION = "encoderscope.order", 1


def order_report(
    a: PromptMap, b: PromptMap, suggested: str, host: str | None = None, names: Sequence[str] = ()
) -> dict[str, Any]:
    """Both token reports with the words whose fate differs. ``suggested``: the order
    worth using.
    """
    changes = compare(a, b)
    return {
        "format": FORMAT,
        "version": VERSION,
        "verdict": verdict(a, b, changes),
        "suggested": suggested,
        "changes": [{"word": c.word, "change": c.change, "a": c.a, "b": c.b} for c in changes],
        "a": token_report(a, names, host),
        "b": token_report(b, names, host),
    }


def verdict(a: PromptMap, b: PromptMap, changes: Sequence[Change]) -> str:
    """Which order serves this family better, and why the rule may not matter at all."""
    pooled = _pooled(a, b, changes)
    whole = [
        r.streams[0] for r in a.readouts if r.kind == "sequence" and _reads_whole(a, r.streams[0])
    ]
    if whole:
        rule = (
            f"For {_family(a)} front-loading is needless: {title(a, whole[0])} reads the "
            "whole prompt in one piece in either order."
        )
        return (
            f"{rule} Only the pooled vector differs: the second order {pooled}." if pooled else rule
        )
    if not changes:
        return "Both orders give every word the same fate: the order costs nothing here."
    said = [
        f"The second order {part}."
        for part in (pooled, _torn(a, b), _together(a, b, changes))
        if part
    ]
    return (
        " ".join(said) or f"{len(changes)} words change windows; nothing is lost in either order."
    )


def _family(found: PromptMap) -> str:
    return found.family.title if found.family else "this model"


def _reads_whole(found: PromptMap, stream: str) -> bool:
    p = next(p for p in found.placements if p.recording.name == stream)
    return p.recording.capacity is None and p.recording.encoded


def _pooled(a: PromptMap, b: PromptMap, changes: Sequence[Change]) -> str:
    """Words that only one order brings into the pooled vector."""
    at = next((i for i, r in enumerate(a.readouts) if r.kind == "pooled"), None)
    if at is None:
        return ""
    enters = [c.a for c in changes if a.lanes[at][c.a] == "none" and b.lanes[at][c.b] != "none"]
    leaves = [c.a for c in changes if a.lanes[at][c.a] != "none" and b.lanes[at][c.b] == "none"]
    said = [f"brings {phrases(a, enters)} into it"] if enters else []
    said += [f"leaves {phrases(a, leaves)} out"] if leaves else []
    return " and ".join(said).replace("into it", "into the pooled vector", 1)


def _torn(a: PromptMap, b: PromptMap) -> str:
    one, two = (sum(edge.inside != "between" for edge in found.edges) for found in (a, b))
    if one == two:
        return ""
    many = {0: "no phrase", 1: "one phrase"}.get(two, f"{two} phrases")
    return f"tears {many} at a window's edge instead of {one}"


def _together(a: PromptMap, b: PromptMap, changes: Sequence[Change]) -> str:
    """Words that join the first window, where the prompt's first words are."""
    p, q = a.placements[0], b.placements[0]
    joined = [c.a for c in changes if window_of(p, c.a) > 0 and window_of(q, c.b) == 0]
    return (
        f"lets {phrases(a, joined)} be read together with the first window's words"
        if joined
        else ""
    )
