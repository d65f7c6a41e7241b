"""What quantising a file came to (``encoderscope.quantised``, version 1), as plain data and as
text; the sentence that matters first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...quantization.quantized_copy import QuantizationResult
from ...translation import (
    current_language,
    in_its_language,
    joined,
    localized,
    translate,
    translate_count,
)

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
    sentences = translate("three pairs of sentences that differ in attribute binding")
    if done.random_sentences:
        sentences = translate("random tokens")
    return {
        "format": FORMAT,
        "version": VERSION,
        "language": current_language(),
        "file": done.path.name,
        "title": localized(done.title),
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
        "read_by": translate(done.stock),
    }


@in_its_language
def plain(report: Mapping[str, Any]) -> str:
    """The report in lines of text."""
    lines = [
        _first(report),
        translate(
            "Wrote {file} in {seconds:.0f} s: {packed}; tables, norms and projections as they "
            "were.",
            file=report["file"],
            seconds=report["seconds"],
            packed=_packed(report["matrices"]),
        ),
        translate(
            "Weights differ by {share}, most in {layer} ({worst}).",
            share=_percent(report["weights"]),
            layer=report["worst_layer"]["name"],
            worst=_percent(report["worst_layer"]["error"]),
        ),
    ]
    if report["states"] is not None:
        lines.append(
            translate(
                "States and differences: of the whole encoder, computed layer by layer in fp32 for "
                "{sentences}.",
                sentences=report["sentences"],
            )
        )
    if report["resumed"]:
        lines.append(
            translate_count(
                "{count:,} tensor was there already from an interrupted run, and whole.",
                "{count:,} tensors were there already from an interrupted run, and whole.",
                report["resumed"],
            )
        )
    return "\n".join([*lines, report["read_by"]])


def _first(report: Mapping[str, Any]) -> str:
    return translate(
        "{title}, {before} -> {after} ({packing}); {moved}.",
        title=report["title"],
        before=_size(report["bytes_before"]),
        after=_size(report["bytes_after"]),
        packing=report["packing"],
        moved=_moved(report),
    )


def _packed(matrices: Mapping[str, int]) -> str:
    return joined(
        [
            translate_count(
                "{count:,} matrix {format}", "{count:,} matrices {format}", count, format=name
            )
            for name, count in matrices.items()
        ]
    )


def _moved(report: Mapping[str, Any]) -> str:
    if report["states"] is None:
        return translate(
            "states were not measured: the file does not tell enough of this architecture"
        )
    states = _percent(report["states"])
    if report["differences"] is None:
        return translate(
            "states differ by {states}; differences between sentences were not measured, since the "
            "encoder knew none of the words",
            states=states,
        )
    return translate(
        "states differ by {states}, differences between sentences by {differences}",
        states=states,
        differences=_percent(report["differences"]),
    )


def _percent(share: float) -> str:
    if share < 0.01:
        return f"{share:.2%}"
    return f"{share:.1%}"


def _size(count: int) -> str:
    if count >= 1e9:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:.1f} MB"
