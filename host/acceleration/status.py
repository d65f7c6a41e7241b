"""The status of Fast Encoder: what it will do, and, on the node itself after every encoding, what
it did.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from ...conditioning.encoding.repeated_rows import Work
from ...conditioning.precision import DRAFT, EXACT, FAST
from ...conditioning.reports.wording import plural
from ..ids import UI_FAST
from .patches import PatchedEncoder, WorkListener

_NOT_SMALL = (
    "small_memory changes nothing here: it needs a T5 on the processor, on Linux, from a "
    "file that is mapped, as Load Text Encoders does."
)
_MODES = {
    EXACT: "exact: fp32 products, weights decoded into one buffer instead of copied each time",
    FAST: "fast: 16-bit products; residual stream, norms and softmax in fp32",
    DRAFT: (
        "draft: activations are rounded as coarsely as the weights are; for trying out "
        "ideas, probes never use it"
    ),
}


def plan_lines(
    encoders: Sequence[PatchedEncoder], mode: str, small_memory: bool = False
) -> tuple[str, ...]:
    """A sentence on the CLIP, then a line for each encoder. ``small_memory``: it was asked for."""
    count = sum(encoder.mode is not None for encoder in encoders)
    total = plural(len(encoders), "text encoder")
    lines = [f"{mode}: {count} of {total} of this CLIP will encode faster.", *map(_line, encoders)]
    if small_memory and not any(encoder.streamed for encoder in encoders):
        lines.append(_NOT_SMALL)
    return tuple(lines)


def _line(encoder: PatchedEncoder) -> str:
    if encoder.mode is None:
        return f"{encoder.name}: left as it is, {encoder.reason}."
    parts = [_MODES[encoder.mode]]
    if encoder.padding_left_out:
        parts.append(
            "rows are encoded at their true length, as this family throws its padding away"
        )
    if encoder.streamed:
        parts.append(
            "layers come from the disk one by one, and leave the memory when they are done"
        )
    line = f"{encoder.name}: {'; '.join(parts)}"
    if encoder.reason:
        line += f" ({encoder.reason})"
    return f"{line}."


def work_sentence(work: Work) -> str:
    """What was computed of what was asked, and why the rest was not."""
    left_out = []
    if work.remembered:
        left_out.append(f"{plural(work.remembered, 'row')} known already")
    if same := work.rows - work.encoded - work.remembered:
        left_out.append(f"{same} the same as another")
    if padding := work.encoded * (work.tokens // max(1, work.rows)) - work.computed:
        left_out.append(f"{padding} of padding left out")
    text = f"{work.computed} of {work.tokens} tokens computed"
    if left_out:
        text += f": {', '.join(left_out)}"
    if work.repeated:
        text += f". {plural(work.repeated, 'row')} did not fit into 16 bits and came again, exactly"
    return f"{text}."


def node_listener(number: str) -> WorkListener:
    """Shows the last encoding of each encoder on the node with this number."""
    from server import PromptServer  # not there where only encoders of the host are used

    last: dict[str, dict[str, Any]] = {}

    def listener(name: str, work: Work) -> None:
        text = work_sentence(work)
        last[name] = {"name": name, "tokens": work.tokens, "computed": work.computed, "text": text}
        if work.repeated:
            logging.warning("EncoderScope Fast Encoder: %s: %s", name, text)
        PromptServer.instance.send_sync(UI_FAST, {"node": number, "works": list(last.values())})

    return listener
