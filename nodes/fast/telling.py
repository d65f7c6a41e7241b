"""What Fast Encoder says: what it will do, and, on the node itself after every encoding, what it did."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ...conditioning.fast.rows import Work
from ...conditioning.modes import EXACT, FAST
from .patching import Listener, Part

_MODES = {
    EXACT: "exact: fp32 products, weights decoded block by block instead of copied whole",
    FAST: "fast: 16-bit products; residual stream, norms and softmax in fp32",
}


def plan(parts: Sequence[Part], mode: str) -> str:
    """One line for each encoder."""
    lines = [f"{mode}: {sum(part.mode is not None for part in parts)} of {len(parts)} text encoders."]
    for part in parts:
        if part.mode is None:
            lines.append(f"{part.name}: left as it is, {part.why}.")
            continue
        more = "; rows are encoded at their true length, as this family throws its padding away" if part.padding_left_out else ""
        lines.append(f"{part.name}: {_MODES[part.mode]}{more}{f' ({part.why})' if part.why else ''}.")
    return "\n".join(lines)


def did(name: str, work: Work) -> str:
    """A sentence on one encoding, and on all that was saved."""
    saved = []
    if work.kept:
        saved.append(f"{work.kept} known already")
    if same := work.rows - work.encoded - work.kept:
        saved.append(f"{same} the same as another")
    if padding := work.encoded * (work.tokens // max(1, work.rows)) - work.computed:
        saved.append(f"{padding} tokens of padding left out")
    text = f"{name}: {work.encoded} of {work.rows} row{'s' * (work.rows != 1)} encoded"
    text += f" ({', '.join(saved)})" if saved else ""
    if work.again:
        text += f". {work.again} did not fit into 16 bits and were encoded again, exactly"
    return text + "."


def on_node(number: str) -> Listener:
    """Shows the last encoding of each encoder on the node with this number."""
    from server import PromptServer  # not there where only encoders of the host are used

    last: dict[str, str] = {}

    def listener(name: str, work: Work) -> None:
        last[name] = did(name, work)
        if work.again:
            logging.warning("EncoderScope Fast Encoder: %s", last[name])
        PromptServer.instance.send_progress_text("\n".join(last.values()), number)

    return listener
