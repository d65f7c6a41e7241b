"""The status of Fast Encoder: what it will do, and, on the node itself after every encoding, what
it did.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from ...conditioning.encoding.repeated_rows import Work
from ...conditioning.precision import DRAFT, EXACT, FAST
from ...conditioning.reports.wording import clauses
from ...conditioning.translation import (
    current_language,
    in_language,
    listed,
    translatable,
    translate,
    translate_count,
)
from ..ids import UI_FAST
from .patches import PatchedEncoder, WorkListener

_NOT_SMALL = translatable(
    "small_memory changes nothing here: it needs a T5 on the processor, on Linux, from a "
    "file that is mapped, as Load Text Encoders does."
)
_MODES = {
    EXACT: translatable(
        "exact: fp32 products, weights decoded into one buffer instead of copied each time"
    ),
    FAST: translatable("fast: 16-bit products; residual stream, norms and softmax in fp32"),
    DRAFT: translatable(
        "draft: activations are rounded as coarsely as the weights are; for trying out "
        "ideas, probes never use it"
    ),
}


def plan_lines(
    encoders: Sequence[PatchedEncoder], mode: str, small_memory: bool = False
) -> tuple[str, ...]:
    """A sentence on the CLIP, then a line for each encoder. ``small_memory``: it was asked for."""
    first = translate_count(
        "{mode}: {part} of {count:,} text encoder of this CLIP will encode faster.",
        "{mode}: {part} of {count:,} text encoders of this CLIP will encode faster.",
        len(encoders),
        mode=mode,
        part=sum(encoder.mode is not None for encoder in encoders),
    )
    lines = [first, *map(_line, encoders)]
    if small_memory and not any(encoder.streamed for encoder in encoders):
        lines.append(translate(_NOT_SMALL))
    return tuple(lines)


def _line(encoder: PatchedEncoder) -> str:
    if encoder.mode is None:
        return translate(
            "{encoder}: left as it is, {reason}.", encoder=encoder.name, reason=encoder.reason
        )
    parts = [translate(_MODES[encoder.mode])]
    if encoder.padding_left_out:
        parts.append(
            translate(
                "rows are encoded at their true length, as this family throws its padding away"
            )
        )
    if encoder.streamed:
        parts.append(
            translate(
                "layers come from the disk one by one, and leave the memory when they are done"
            )
        )
    facts = clauses(parts)
    if encoder.reason:
        return translate(
            "{encoder}: {facts} ({reason}).",
            encoder=encoder.name,
            facts=facts,
            reason=encoder.reason,
        )
    return translate("{encoder}: {facts}.", encoder=encoder.name, facts=facts)


def work_sentence(work: Work) -> str:
    """What was computed of what was asked, and why the rest was not."""
    left_out = []
    if work.remembered:
        left_out.append(
            translate_count(
                "{count:,} row known already", "{count:,} rows known already", work.remembered
            )
        )
    if same := work.rows - work.encoded - work.remembered:
        left_out.append(
            translate_count("{count} the same as another", "{count} the same as another", same)
        )
    if padding := work.encoded * (work.tokens // max(1, work.rows)) - work.computed:
        left_out.append(translate("{tokens} of padding left out", tokens=padding))
    text = translate_count(
        "{computed} of {count} token computed",
        "{computed} of {count} tokens computed",
        work.tokens,
        computed=work.computed,
    )
    if left_out:
        text = translate("{computed}: {left_out}", computed=text, left_out=listed(left_out))
    text = translate("{subject}.", subject=text)
    if not work.repeated:
        return text
    repeated = translate_count(
        "{count:,} row did not fit into 16 bits and was encoded again, exactly.",
        "{count:,} rows did not fit into 16 bits and were encoded again, exactly.",
        work.repeated,
    )
    return f"{text} {repeated}"


def node_listener(number: str) -> WorkListener:
    """Shows the last encoding of each encoder on the node with this number, in the language of the
    moment.
    """
    from server import PromptServer  # not there where only encoders of the host are used

    last: dict[str, dict[str, Any]] = {}
    spoken = current_language()

    def listener(name: str, work: Work) -> None:
        with in_language(spoken):
            text = work_sentence(work)
        last[name] = {"name": name, "tokens": work.tokens, "computed": work.computed, "text": text}
        if work.repeated:
            logging.warning("EncoderScope Fast Encoder: %s: %s", name, text)
        PromptServer.instance.send_sync(UI_FAST, {"node": number, "works": list(last.values())})

    return listener
