"""What quantising a file came to (``encoderscope.quantised``, version 1), as plain data and as
text; the sentence that matters first.
"""

from __future__ import annotations

from typing import Any

from ...quantization.quantize import QuantizationResult

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.quantised", 1


def report(done: QuantizationResult) -> Report:
    """Errors are relative: root mean square of the error by that of the value. Sizes in bytes."""
    states = done.states
    return {
        "format": FORMAT,
        "version": VERSION,
        "file": done.path.name,
        "title": done.title,
        "packing": done.format,
        "bytes_before": done.before,
        "bytes_after": done.after,
        "seconds": round(done.seconds, 2),
        "resumed": done.resumed,
        "matrices": dict(done.matrices),
        "weights": done.weights,
        "worst_layer": {"name": done.worst[0], "error": done.worst[1]},
        "states": None if states is None else states.states,
        "differences": None if states is None else states.differences,
        "by_layer": None if states is None else list(states.layers),
        "sentences": "random tokens"
        if done.random_sentences
        else "three pairs of sentences that differ in who has what",
        "read_by": done.stock,
    }


def plain(found: Report) -> str:
    worst = found["worst_layer"]
    packed = " and ".join(f"{count} matrices {name}" for name, count in found["matrices"].items())
    lines = [
        (
            f"{found['title']}, {_size(found['bytes_before'])} -> "
            f"{_size(found['bytes_after'])} ({found['packing']}); {_moved(found)}."
        ),
        (
            f"Wrote {found['file']} in {found['seconds']:.0f} s: {packed}; tables, norms and "
            "projections as they were."
        ),
        (
            f"Weights differ by {_percent(found['weights'])}, most in {worst['name']} "
            f"({_percent(worst['error'])})."
        ),
    ]
    if found["states"] is not None:
        lines.append(
            "States and differences: of the whole encoder, computed layer by layer in "
            f"fp32 for {found['sentences']}."
        )
    if found["resumed"]:
        lines.append(
            f"{found['resumed']} tensors were there already from an interrupted run, and are whole."
        )
    return "\n".join([*lines, found["read_by"]])


def _moved(found: Report) -> str:
    if found["states"] is None:
        return "states were not measured: the file does not tell enough of this architecture"
    told = f"states differ by {_percent(found['states'])}"
    if found["differences"] is None:
        return (
            f"{told}; differences between sentences were not measured, since the encoder "
            "knew none of the words"
        )
    return f"{told}, differences between sentences by {_percent(found['differences'])}"


def _percent(share: float) -> str:
    return f"{share:.2%}" if share < 0.01 else f"{share:.1%}"


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
