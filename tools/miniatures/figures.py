"""What the shipped miniatures can do: measured on bags that no training saw, from the files as they
are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...conditioning import miniature
from ...conditioning.benchmark import drawn_sets, scoring
from ...conditioning.benchmark.scoring import ImageJudge, Judge, TextJudge
from ...conditioning.benchmark.statistics import wilson
from ...conditioning.binding.blind_encoders import BagEncoder
from ...conditioning.binding.probe import ProbeOptions, probe
from ...conditioning.binding.readouts import MEAN, POOLED
from ...conditioning.encoding.text_encoder import TextEncoder
from ...conditioning.image_probe.calibration import COLOUR, with_one_error
from ...conditioning.image_probe.probe import (
    SHOWN,
    SWAPPED,
    UNKNOWN,
    ImageProbeOptions,
    probe_images,
)
from ...conditioning.scenes.captions import KINDS
from ...conditioning.scenes.drawing import draw
from ...conditioning.scenes.scene import Scene, scenes
from .train import kept_rows
from .truth import Truth, truth

PAIRS, PROMPTS, LOOKED = 600, 60, 200


class Wins(NamedTuple):
    won: int
    pairs: int

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.won, self.pairs)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{100 * self.won / self.pairs:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


class Figures(NamedTuple):
    name: str
    wins: dict[str, Wins]
    """Kind -> how often the caption was preferred to its rival: by pictures, or by the same in
    other words for mini-T5.
    """
    truth: Truth
    blind: Truth
    """The same readers on a bag of the same tokens: what chance is."""
    share: float
    """Mean over prompts, of the pooled vector or the mean of the tokens."""
    verdicts: dict[str, int]
    looked: dict[str, int] | None
    """Claims of the image probe, half of the pictures asked for the swap; None without pictures."""
    lacking: dict[str, int] | None
    """The same where one word of the prompt is not in the picture: every claim is wrong."""


def figures(name: str, cache: Path) -> Figures:
    """``cache``: a folder for nulls and calibrations, which all prompts share."""
    mini = miniature.load(name)
    tokenizer = kept_rows(mini.kind).tokenizer
    text = miniature.text(mini, tokenizer)
    encoder = miniature.dual(mini, tokenizer) if mini.kind == "clip" else None
    judge: Judge = ImageJudge(encoder, name) if encoder else TextJudge(text, name)
    share, verdicts = _probed(text, cache)
    looked = (_looked(encoder, cache), _lacking(encoder, cache)) if encoder else (None, None)
    return Figures(
        name, _wins(judge), truth(text), truth(BagEncoder(text)), share, verdicts, *looked
    )


def _wins(judge: Judge) -> dict[str, Wins]:
    dataset = drawn_sets.drawn(f"drawn-{PAIRS}")
    [run] = scoring.run([judge], dataset)
    won = {
        kind: [
            scoring.won(fit)
            for fit, pair in zip(run.fits, dataset.pairs, strict=True)
            if pair.kind == kind
        ]
        for kind in KINDS
    }
    return {kind: Wins(sum(told), len(told)) for kind, told in won.items()}


def prompt(one: Scene) -> str:
    return " and ".join(f"a {thing.colour} {thing.shape}" for thing in one.things)


def _probed(text: TextEncoder, cache: Path) -> tuple[float, dict[str, int]]:
    """The binding probe on prompts whose bags were never seen, in the vector that stands for the
    whole sentence.
    """
    found = []
    for one in scenes(PROMPTS, "test", 30):
        told = probe(prompt(one), [text], ProbeOptions(cache=cache))
        found += [verdict for verdict in told.verdicts if verdict.readout in (POOLED, MEAN)]
    names = [one.verdict for one in found]
    return sum(one.share for one in found) / len(found), {
        name: names.count(name) for name in dict.fromkeys(names)
    }


def _looked(encoder: Any, cache: Path) -> dict[str, int]:
    """Half of the pictures are asked for what they show, half for the swap."""
    counts = {"right": 0, "wrong": 0, UNKNOWN: 0}
    for number, one in enumerate(scenes(LOOKED, "test", 31)):
        asked = one if number % 2 == 0 else one.swapped()
        [picture] = probe_images(
            draw([one], 256), prompt(asked), encoder, ImageProbeOptions(cache=cache, limit=1)
        ).pictures
        expected = SHOWN if number % 2 == 0 else SWAPPED
        counts[
            picture.shows
            if picture.shows == UNKNOWN
            else "right"
            if picture.shows == expected
            else "wrong"
        ] += 1
    return counts


def _lacking(encoder: Any, cache: Path) -> dict[str, int]:
    counts = {"claimed": 0, UNKNOWN: 0}
    for number, one in enumerate(scenes(LOOKED, "test", 32)):
        asked = prompt(with_one_error(one, COLOUR, number))
        [picture] = probe_images(
            draw([one], 256), asked, encoder, ImageProbeOptions(cache=cache, limit=1)
        ).pictures
        counts[UNKNOWN if picture.shows == UNKNOWN else "claimed"] += 1
    return counts


def table(found: Sequence[Figures]) -> list[str]:
    """Lines of a Markdown table."""
    lines = ["| | " + " | ".join(one.name for one in found) + " |", "|---|" + "---|" * len(found)]

    def row(title: str, cells: Sequence[str]) -> None:
        lines.append(f"| {title} | " + " | ".join(cells) + " |")

    for kind in KINDS:
        row(f"caption over rival: {kind}", [str(one.wins[kind]) for one in found])
    row(
        "linear reader of the sentence's vector (a bag of tokens)",
        [f"{100 * one.truth.sentence:.1f} % ({100 * one.blind.sentence:.1f} %)" for one in found],
    )
    row(
        "linear reader of the thing's token (a bag of tokens)",
        [f"{100 * one.truth.tokens:.1f} % ({100 * one.blind.tokens:.1f} %)" for one in found],
    )
    row("binding probe: mean share", [f"{one.share:.3f}" for one in found])
    row(
        "binding probe: verdicts",
        [
            ", ".join(f"{count} {verdict}" for verdict, count in one.verdicts.items())
            for one in found
        ],
    )
    looked = [_counted(one.looked) for one in found]
    row(f"image probe, {LOOKED} pictures", looked)
    lacking = [_counted(one.lacking) for one in found]
    row(f"image probe, {LOOKED} pictures that lack a word of the prompt", lacking)
    return lines


def _counted(told: dict[str, int] | None) -> str:
    return (
        "no pictures"
        if told is None
        else ", ".join(f"{count} {what}" for what, count in told.items())
    )
