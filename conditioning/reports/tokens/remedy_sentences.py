"""What to do about what the token report says: one sentence for each remedy."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from ...tokens.edges import Edge
from ...tokens.lanes import COUNTED
from ...tokens.lint import Finding
from ...tokens.prompt_map import PromptMap
from ...translation import translate
from ..wording import quoted
from .sentences import missing_names, not_pooled, past_length, title, unknown_pieces


def remedies(
    prompt: PromptMap, embeddings: Sequence[str] = (), explained: Sequence[Finding] = ()
) -> list[str]:
    """What to do, the most useful first. Empty when nothing needs doing.

    ``explained``: findings that say why a textual inversion is missing.
    """
    out = [near(name, embeddings) for name in missing_names(prompt, explained)]
    missed, edge = not_pooled(prompt), pooled_edge(prompt)
    if missed and edge is not None:
        out.append(
            translate(
                "The pooled vector reads the first window only: what should shape the picture as a "
                "whole belongs {place}.",
                place=ahead_of(prompt, edge),
            )
        )
    torn = [
        (edge, streams)
        for edge in prompt.edges
        if edge.inside != "between" and (streams := _streams_that_matter(prompt, edge))
    ]
    out += [_edge_remedy(prompt, edge, streams[0]) for edge, streams in torn[:2]]
    if unknown_pieces(prompt):
        out.append(
            translate(
                "Write it in words that the vocabulary has: T5 knows English, German, French and "
                "Romanian, no emoji, no braces."
            )
        )
    if past_length(prompt):
        out.append(translate("Shorten the prompt, or say the most important things first."))
    return out


def near(name: str, embeddings: Sequence[str]) -> str:
    """What to do about an embedding that is missing: names that are near it, if there are any."""
    names = difflib.get_close_matches(name, embeddings, 3, 0.5)
    if names:
        return translate(
            '"{name}" is not among the embeddings; near names: {names}.',
            name=name,
            names=quoted(names),
        )
    return translate(
        '"{name}" is not among the embeddings: put its file into models/embeddings, or remove it '
        "from the prompt.",
        name=name,
    )


def ahead_of(prompt: PromptMap, edge: int) -> str:
    """The place that the pooled vector still holds, in words. ``edge``: its first miss."""
    inside = [word for word in prompt.words[:edge] if word.kind in COUNTED]
    if not inside:
        return translate("at the front")
    return translate('ahead of "{word}", the last word it reads', word=inside[-1].text)


def pooled_edge(prompt: PromptMap) -> int | None:
    """The first word that the pooled vector misses because its window is over."""
    pooled = next((r for r in prompt.readouts if r.kind == "pooled"), None)
    if pooled is None:
        return None
    return next(
        (
            edge.word
            for edge in prompt.edges
            if edge.window == 1 and not set(pooled.streams).isdisjoint(edge.streams)
        ),
        None,
    )


def _streams_that_matter(prompt: PromptMap, edge: Edge) -> list[str]:
    """Streams for which it matters where this window ends: their sequence is taken."""
    rules = {name: prompt.rule(name) for name in edge.streams}
    return [name for name, rule in rules.items() if rule is None or rule.sequence]


def _edge_remedy(prompt: PromptMap, edge: Edge, stream: str) -> str:
    name = title(prompt, stream)
    after = prompt.words[edge.word].text
    if edge.inside == "word" or edge.word == 0:
        return translate(
            'A window of {stream} ends inside "{word}": shorten the text before it by a word or '
            "two.",
            stream=name,
            word=after,
        )
    before = prompt.words[edge.word - 1].text
    return translate(
        'A window of {stream} ends between "{before}" and "{after}": shorten the text before, so '
        "that it ends at a comma.",
        stream=name,
        before=before,
        after=after,
    )
