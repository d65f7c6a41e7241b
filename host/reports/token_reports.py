"""From a CLIP (or a family alone) and a prompt to the token report: what the nodes, the live route
and the terminal share.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...conditioning.errors import EncoderScopeError, UnknownName
from ...conditioning.families.table import FAMILIES, Family
from ...conditioning.reports.order.report import order_report
from ...conditioning.reports.tokens.report import token_report
from ...conditioning.tokens.lint import Finding, lint
from ...conditioning.tokens.lint.mend import Mending, gravity, mended
from ...conditioning.tokens.order import suggest
from ...conditioning.tokens.prompt_map import PromptMap, map_tokens
from ...conditioning.tokens.text_length import require_length
from ...conditioning.tokens.typed_text import SentText
from ...conditioning.translation import later
from .. import clip as host_clip
from ..ids import FROM_CLIP
from ..recorder import record
from ..tokenizers import tokenizer_only


def choose(clip: Any, family: str) -> tuple[Any, Family | None]:
    """The CLIP to tokenise with and the layout to read it by.

    Without a CLIP the host's own tokenizer of the chosen family is used; no weights are needed for
    tokens.
    """
    layout = None
    if family != FROM_CLIP:
        layout = FAMILIES.get(family)
        if layout is None:
            raise UnknownName("family", family, [FROM_CLIP, *FAMILIES])
    if clip is not None:
        if layout is not None:
            _check_streams(clip, layout)
        return clip, layout
    if layout is None:
        raise EncoderScopeError(
            "No CLIP is connected and the family is 'from the CLIP'.",
            "Either a CLIP or a family was expected.",
            (
                "Connect the CLIP of your checkpoint or loader, or choose a family: its "
                "tokenizer needs no model file."
            ),
        )
    return tokenizer_only(family), layout


def _check_streams(clip: Any, layout: Family) -> None:
    """A chosen family that does not fit the CLIP would draw a picture of something that does not
    happen.
    """
    present = set(host_clip.by_stream(clip, clip.tokenize("a")))
    expected = {rule.name for rule in layout.streams}
    own = host_clip.family_of(clip)
    if not present <= expected and not (own and layout.name in own.stands_for):
        name = own.title if own else later("another model")
        raise EncoderScopeError(
            "The family is set to {title}, but this CLIP is from {name}: its streams are "
            "{present}.",
            "A CLIP with the streams {expected} was expected.",
            "Set the family to '{choice}', or connect the CLIP of {title}.",
            title=layout.title,
            name=name,
            present=", ".join(sorted(present)),
            expected=", ".join(sorted(expected)),
            choice=FROM_CLIP,
        )


def map_text(clip: Any, text: str, layout: Family | None) -> PromptMap:
    """The fate of every word of ``text`` under ``clip``."""
    require_length(text)
    recorded = record(clip, text, layout)
    return map_tokens(text, recorded.streams, recorded.family)


def report(
    clip: Any, text: str, layout: Family | None, sent: SentText | None = None
) -> dict[str, Any]:
    """The token report (``docs/report-tokens.md``).

    ``sent``: what the browser will send, for a text that is still in one of its boxes.
    """
    names = host_clip.embedding_names()
    return token_report(map_text(clip, text, layout), names, host_clip.version(), sent)


def compare_order(clip: Any, text_a: str, text_b: str, layout: Family | None) -> dict[str, Any]:
    """The order report of two prompts; an empty second one is replaced by the suggested order of
    the first.
    """
    require_length(text_b)
    suggested = suggest(text_a, lambda text: map_text(clip, text, layout))
    a, b = map_text(clip, text_a, layout), map_text(clip, text_b.strip() or suggested, layout)
    return order_report(a, b, suggested, host_clip.version())


def _never_stop() -> None:
    """Where there is no stop button."""


def mended_prompt(
    clip: Any, text: str, layout: Family | None = None, stop: Callable[[], None] = _never_stop
) -> tuple[str, list[Mending]]:
    """The prompt with the remedies of its lint and the suggestion of Compare Prompt Orders written
    into it, and what the lint's remedies changed. It is never worse to the lint than it was.
    ``stop`` is called before each look of the lint, and may raise.
    """
    names = host_clip.embedding_names()

    def findings(prompt: str) -> list[Finding]:
        stop()
        return lint(map_text(clip, prompt, layout), names)

    clean, mendings = mended(text, findings)
    ordered = suggest(clean, lambda prompt: map_text(clip, prompt, layout))
    if gravity(findings(ordered)) > gravity(findings(clean)):
        ordered = clean
    return ordered, mendings
