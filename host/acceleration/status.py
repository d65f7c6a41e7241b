"""What Fast Encoder says: what it will do, and, on the node itself after every encoding, what it
did.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from ...conditioning.encoding.row_reuse import Work
from ...conditioning.precision import DRAFT, EXACT, FAST
from ..ids import UI_FAST
from .patches import Listener, Part

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


def plan(parts: Sequence[Part], mode: str, small_memory: bool = False) -> tuple[str, ...]:
    """A sentence on the CLIP, then a line for each encoder. ``small_memory``: it was asked for."""
    count = sum(part.mode is not None for part in parts)
    lines = [
        (
            f"{mode}: {count} of {len(parts)} text encoder{'s' * (len(parts) != 1)} of this "
            "CLIP will encode faster."
        )
    ]
    for part in parts:
        if part.mode is None:
            lines.append(f"{part.name}: left as it is, {part.why}.")
            continue
        more = (
            "; rows are encoded at their true length, as this family throws its padding away"
            if part.padding_left_out
            else ""
        )
        more += (
            "; layers come from the disk one by one, and leave the memory when they are done"
            if part.streamed
            else ""
        )
        lines.append(
            f"{part.name}: {_MODES[part.mode]}{more}{f' ({part.why})' if part.why else ''}."
        )
    if small_memory and not any(part.streamed for part in parts):
        lines.append(_NOT_SMALL)
    return tuple(lines)


def did(work: Work) -> str:
    """What was computed of what was asked, and why the rest was not."""
    known = []
    if work.kept:
        known.append(f"{work.kept} row{'s' * (work.kept != 1)} known already")
    if same := work.rows - work.encoded - work.kept:
        known.append(f"{same} the same as another")
    if padding := work.encoded * (work.tokens // max(1, work.rows)) - work.computed:
        known.append(f"{padding} of padding left out")
    text = f"{work.computed} of {work.tokens} tokens computed{': ' * bool(known)}{', '.join(known)}"
    if work.again:
        text += (
            f". {work.again} row{'s' * (work.again != 1)} did not fit into 16 bits and came "
            "again, exactly"
        )
    return f"{text}."


def on_node(number: str) -> Listener:
    """Shows the last encoding of each encoder on the node with this number."""
    from server import PromptServer  # not there where only encoders of the host are used

    last: dict[str, dict[str, Any]] = {}

    def listener(name: str, work: Work) -> None:
        text = did(work)
        last[name] = {"name": name, "tokens": work.tokens, "computed": work.computed, "text": text}
        if work.again:
            logging.warning("EncoderScope Fast Encoder: %s: %s", name, text)
        PromptServer.instance.send_sync(UI_FAST, {"node": number, "works": list(last.values())})

    return listener
