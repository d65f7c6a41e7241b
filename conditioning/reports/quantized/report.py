"""What quantising a file came to (``encoderscope.quantised``, version 1), as plain data and as
text; the sentence that matters first.
"""

from __future__ import annotations

from typing import Any

from ...quantization.quantized_copy import QuantizationResult
from ..wording import plural

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.quantised", 1


def report(done: QuantizationResult) -> Report:
    """Errors are relative: root mean square of the error by that of the value. Sizes in bytes."""
    measured: Report = {"states": None, "differences": None, "by_layer": None}
    if done.states is not None:
        measured = {
            "states": done.states.states,
            "differences": done.states.differences,
            "by_layer": list(done.states.layers),
        }
    sentences = "three pairs of sentences that differ in attribute binding"
    if done.random_sentences:
        sentences = "random tokens"
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
        **measured,
        "sentences": sentences,
        "read_by": done.stock,
    }


def plain(report: Report) -> str:
    """The report in lines of text."""
    worst = report["worst_layer"]
    packed = " and ".join(
        f"{plural(count, 'matrix', 'matrices')} {name}"
        for name, count in report["matrices"].items()
    )
    lines = [
        (
            f"{report['title']}, {_size(report['bytes_before'])} -> "
            f"{_size(report['bytes_after'])} ({report['packing']}); {_moved(report)}."
        ),
        (
            f"Wrote {report['file']} in {report['seconds']:.0f} s: {packed}; tables, norms and "
            "projections as they were."
        ),
        (
            f"Weights differ by {_percent(report['weights'])}, most in {worst['name']} "
            f"({_percent(worst['error'])})."
        ),
    ]
    if report["states"] is not None:
        lines.append(
            "States and differences: of the whole encoder, computed layer by layer in "
            f"fp32 for {report['sentences']}."
        )
    if report["resumed"]:
        lines.append(
            f"{_present(report['resumed'])} there already from an interrupted run, and whole."
        )
    return "\n".join([*lines, report["read_by"]])


def _present(count: int) -> str:
    verb = "was" if count == 1 else "were"
    return f"{plural(count, 'tensor')} {verb}"


def _moved(report: Report) -> str:
    if report["states"] is None:
        return "states were not measured: the file does not tell enough of this architecture"
    states = f"states differ by {_percent(report['states'])}"
    if report["differences"] is None:
        return (
            f"{states}; differences between sentences were not measured, since the encoder "
            "knew none of the words"
        )
    return f"{states}, differences between sentences by {_percent(report['differences'])}"


def _percent(share: float) -> str:
    if share < 0.01:
        return f"{share:.2%}"
    return f"{share:.1%}"


def _size(count: int) -> str:
    if count >= 1e9:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:.1f} MB"
