"""Does any verdict hang on how the encoder was computed? The table of
docs/verdicts-and-precision.md.

    python tests/bench/bench_verdicts.py [--only mini-T5,mini-CLIP]      # about half an hour on one
    core

The encoder report on the whole built-in suite, and the probe on prompts of the words that the
encoder knows, for the miniatures and for a small CLIP that is trained here to bind. Reference:
ComfyUI's own modules with fp32 weights, without a patch of ours. Beside it: the probe's default on
a CPU, bf16 products (``fast``), and copies of the weights as int8, fp8 and int4. E: relative error
of the states; dE: of the differences between a sentence and its rival. Promise: no verdict changes
under the default, nor with int8 weights. What changes otherwise is named.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from encoderscope.host.torch_companions import mend_torchvision
from encoderscope.tests import hostkit
from encoderscope.tests.bench.verdict_encoders import BINDER, Encoder, binder, miniatures

REFERENCE, AGAIN, DEFAULT, FAST = (
    "ComfyUI, fp32",
    "ComfyUI, fp32, other resamples",
    "default",
    "fast (bf16 products)",
)
PLAIN_FP8 = "fp8 while loading"
"""Load Text Encoders' precision: rounded without a scale. The other copies are written by Quantize
Text Encoder.
"""
PACKED = ("int8", "fp8", "int4")
PROMISED = (DEFAULT, "int8")
OWN = "its own words"
"""Prompts of words that the encoder was trained on; to a miniature most words of the suite are one
and the same.
"""
OPPOSITE = ({"BOUND", "ORDER ONLY"}, {"BOUND", "COLLAPSED"})


class Measured(NamedTuple):
    """What was found with one way of computing."""

    verdicts: dict[tuple[str, str, str], tuple[str, float]]
    """(phenomenon, contrast, readout) -> verdict and share."""
    means: dict[tuple[str, str], float]
    """(phenomenon, readout) -> mean share, as the report shows it."""
    sentence: str
    states: dict[str, Any]


def load(path: Path, precision: str = "as stored") -> Any:
    from encoderscope.host import folders
    from encoderscope.host.loading import loader, picker

    return loader.load_described(
        list(folders.encoders_in(path.name, path)), picker.ALONE, None, precision, loader.CPU
    ).clip


def unpatched() -> AbstractContextManager[Any]:
    """The CLIP as the host made it."""
    from encoderscope.host.acceleration import patches

    return mock.patch.object(
        patches, "accelerate", lambda clip, mode: patches.FastClip(clip.clone(), ())
    )


def resampled() -> AbstractContextManager[Any]:
    """The same numbers, and other draws of the bootstrap: which verdicts stand on their thresholds
    anyway.
    """
    from encoderscope.conditioning.binding import verdicts
    from encoderscope.conditioning.binding.measures import interval

    return mock.patch.object(verdicts, "interval", lambda shares: interval(shares, seed=1))


@contextmanager
def both(*ways: AbstractContextManager[Any]) -> Iterator[None]:
    with ways[0], ways[1]:
        yield


def in_mode(mode: str) -> AbstractContextManager[Any]:
    from encoderscope.host import probe_encoder

    return mock.patch.object(probe_encoder, "precision", lambda clip: mode)


def variants(encoder: Encoder) -> Iterator[tuple[str, Any, AbstractContextManager[Any]]]:
    from encoderscope.conditioning.precision import FAST as MODE
    from encoderscope.host import quantization
    from encoderscope.host.acceleration import patches

    plain = load(encoder.folder)
    yield REFERENCE, plain, unpatched()
    yield AGAIN, plain, both(unpatched(), resampled())
    yield DEFAULT, plain, nullcontext()
    if any(part.mode == MODE for part in patches.accelerate(plain, MODE).encoders):
        yield FAST, plain, in_mode(MODE)
    else:
        print(
            f"{encoder.name} | {FAST} | as the default: a CLIP stays exact on a CPU | | | | | | |",
            flush=True,
        )
    for name in PACKED:
        copy = quantization.beside(encoder.folder, name)
        quantization.run(encoder.folder, copy, name)
        yield name, load(copy), nullcontext()
    yield PLAIN_FP8, load(encoder.folder, "fp8"), nullcontext()


@contextmanager
def listening() -> Iterator[list[Any]]:
    """The verdicts that a report only counts, in the order of its scores."""
    from encoderscope.conditioning.binding import suite_score
    from encoderscope.conditioning.binding.verdicts import decide

    calls: list[Any] = []

    def listened(measures: Any) -> Any:
        verdicts = decide(measures)
        calls.extend(verdicts)
        return verdicts

    with mock.patch.object(suite_score, "decide", listened):
        yield calls


def judged(clip: Any, prompts: list[str], cache: Path) -> Measured:
    """``cache`` keeps nulls alone, under a key of what they are made from (tokens and their static
    vectors): no report is taken from it.
    """
    from encoderscope.conditioning.binding import suite
    from encoderscope.host.reports import probe_reports

    for kept in cache.glob("report-*.json"):
        kept.unlink()
    with listening() as calls:
        report = probe_reports.card(clip, cache=cache)
    out, means, each = {}, {}, iter(calls)
    labels = {
        name: [contrast.label() for contrast in suite.contrasts(name)] for name in suite.PHENOMENA
    }
    for score in report["scores"]:
        measured = [next(each) for _ in range(score["total"])]
        assert {verdict.readout for verdict in measured} == {score["readout"]}
        assert sum(verdict.verdict == "BOUND" for verdict in measured) == score["bound"]
        means[score["phenomenon"], score["readout"]] = score["share"]
        for label, verdict in zip(labels[score["phenomenon"]], measured, strict=True):
            out[score["phenomenon"], label, score["readout"]] = (verdict.verdict, verdict.share)
    assert next(each, None) is None
    for text in prompts:
        for score in probe_reports.report(clip, text, cache=cache)["verdicts"]:
            out[
                OWN, f"{text} ({score['pair'] + 1})" if score["pair"] else text, score["readout"]
            ] = (score["verdict"], score["share"])
    return Measured(out, means, report["sentence"], states_of(clip, prompts))


def sentences(prompts: list[str]) -> list[tuple[str, str]]:
    """A contrast of each phenomenon and three of the prompts, with their rivals."""
    from encoderscope.conditioning.binding import designs, suite
    from encoderscope.conditioning.binding.designs import Design
    from encoderscope.conditioning.english import reading

    result: list[Design | None] = [suite.designs(name, 1)[0] for name in suite.PHENOMENA]
    result += [designs.design(reading.read(text).contrasts[0], count=1) for text in prompts[:3]]
    return [(item.frames[0].prompt.text, item.frames[0].rival.text) for item in result if item]


def states_of(clip: Any, prompts: list[str]) -> dict[str, Any]:
    from encoderscope.conditioning.encoding.text_encoder import encode
    from encoderscope.host import probe_encoder

    [encoder] = probe_encoder.take_apart(clip).encoders
    measured = encode(encoder, [text for pair in sentences(prompts) for text in pair])
    return {text: answer.states.sequence.double() for text, answer in measured.items()}


def errors(measured: Measured, right: Measured, prompts: list[str]) -> tuple[float, float]:
    """E and dE, root mean square over the sentences; pairs whose sentences have equally many
    tokens.
    """
    import torch

    def relative(values: list[Any], truth: list[Any]) -> float:
        there, true = (
            torch.cat([value.flatten() for value in values]),
            torch.cat([item.flatten() for item in truth]),
        )
        return float((there - true).norm() / true.norm())

    pairs = [(a, b) for a, b in sentences(prompts) if len(right.states[a]) == len(right.states[b])]
    e = relative([measured.states[text] for text in right.states], list(right.states.values()))
    return e, relative(
        *([way.states[a] - way.states[b] for a, b in pairs] for way in (measured, right))
    )


class Change(NamedTuple):
    phenomenon: str
    contrast: str
    readout: str
    was: str
    now: str
    shares: tuple[float, float]

    @property
    def opposite(self) -> bool:
        """Not to or from UNDECIDED."""
        return {self.was, self.now} in OPPOSITE


def changes(measured: Measured, right: Measured) -> list[Change]:
    assert set(measured.verdicts) == set(right.verdicts)
    pairs = (
        (place, verdict, measured.verdicts[place]) for place, verdict in right.verdicts.items()
    )
    return [
        Change(*place, was[0], now[0], (was[1], now[1]))
        for place, was, now in pairs
        if was[0] != now[0]
    ]


def named(changed: list[Change], each: bool) -> list[str]:
    """``each``: by contrast, else by phenomenon."""
    if each:
        return [
            (
                f"{item.phenomenon}, {item.readout}, “{item.contrast}”: {item.was} -> {item.now} "
                f"(share {item.shares[0]:.4f} -> {item.shares[1]:.4f})"
            )
            for item in changed
        ]
    counts = Counter((item.phenomenon, item.was, item.now) for item in changed)
    return [
        f"{phenomenon}: {count} {was} -> {now}" for (phenomenon, was, now), count in counts.items()
    ]


def row(
    encoder: Encoder,
    name: str,
    measured: Measured,
    right: Measured,
    changed: list[Change],
    seconds: float,
) -> str:
    share = max(
        abs(measured.verdicts[place][1] - item) for place, (_, item) in right.verdicts.items()
    )
    mean = max(abs(measured.means[place] - mean) for place, mean in right.means.items())
    e, de = errors(measured, right, encoder.prompts)
    return (
        f"{encoder.name} | {name} | {len(right.verdicts)} | {len(changed)} | "
        f"{sum(item.opposite for item in changed)} | {share:.1e} | {mean:.1e} | {e:.1e} | "
        f"{de:.1e} | {seconds:.0f}"
    )


def measure(encoder: Encoder, cache: Path, lines: list[str]) -> bool:
    right: Measured | None = None
    kept = True
    for name, clip, way in variants(encoder):
        start = time.monotonic()
        with way:
            measured = judged(clip, encoder.prompts, cache)
        seconds = time.monotonic() - start
        if right is None:
            right = measured
            counts = Counter(verdict for verdict, _ in right.verdicts.values())
            listed = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
            lines.append(f"{encoder.name}: {listed}. {right.sentence}")
            check(encoder, clip, right)
            continue
        changed = changes(measured, right)
        print(row(encoder, name, measured, right, changed, seconds), flush=True)
        changes_named = named(changed, name in (*PROMISED, FAST))
        changes_named += (
            [f"sentence: {measured.sentence}"] if measured.sentence != right.sentence else []
        )
        lines += [f"  {encoder.name}, {name}: {line}" for line in changes_named]
        kept = (
            kept
            and not (changed and name == DEFAULT)
            and not (name == "int8" and any(item.opposite for item in changed))
        )
    return kept


def check(encoder: Encoder, clip: Any, measured: Measured) -> None:
    """The files hold the miniature that the pack loads, bit for bit."""
    import torch
    from encoderscope.conditioning.miniature import NAMES
    from encoderscope.host import miniatures as miniature

    if encoder.name in NAMES:
        with unpatched():
            theirs = states_of(miniature.clip(encoder.name), encoder.prompts)
        assert all(torch.equal(theirs[text], state) for text, state in measured.states.items()), (
            f"{encoder.name} is another encoder here"
        )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="encoders, with commas between")
    inputs, _ = parser.parse_known_args()
    mend_torchvision()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hostkit.import_host(folder / "host")
        import torch
        from encoderscope.conditioning.miniature import NAMES

        torch.set_num_threads(1)
        asked = set(inputs.only.split(",")) if inputs.only else {*NAMES, BINDER}
        kept, lines = True, list[str]()
        print(
            "encoder | variant | verdicts | changed | to the opposite | largest change "
            "of a share | of a mean share | E | dE | "
            "s\n---|---|---|---|---|---|---|---|---|---"
        )
        for encoder in (*miniatures(folder), *([binder(folder)] if BINDER in asked else [])):
            if encoder.name in asked:
                kept = measure(encoder, folder / f"nulls {encoder.name}", lines) and kept
    print("\n" + "\n".join(lines))
    print(
        "kept" if kept else "BROKEN",
        "the probe's default changes no verdict, int8 none to the opposite",
    )
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
