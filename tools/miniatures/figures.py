"""What the shipped miniatures can do: measured on bags that no training saw, from the files as they
are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...conditioning import miniature
from ...conditioning.benchmark import drawn_sets, scoring
from ...conditioning.benchmark.scoring import ImagePairScorer, PairScorer, TextPairScorer
from ...conditioning.benchmark.statistics import wilson
from ...conditioning.binding.blind_encoders import BagEncoder
from ...conditioning.binding.probe_prompt import ProbeOptions, probe
from ...conditioning.binding.readouts import MEAN, POOLED
from ...conditioning.encoding.text_encoder import TextEncoder
from ...conditioning.image_probe.calibration import COLOUR, with_one_error
from ...conditioning.image_probe.probe_images import (
    SHOWN,
    SWAPPED,
    UNKNOWN,
    ImageProbeOptions,
    probe_images,
)
from ...conditioning.scenes.captions import KINDS
from ...conditioning.scenes.drawing import draw
from ...conditioning.scenes.scene import Scene, scenes
from .train_miniatures import reduced_vocabulary
from .truth import Truth, truth

PAIRS, PROMPTS, PICTURES = 600, 60, 200


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
    image_probe: dict[str, int] | None
    """Claims of the image probe, half of the pictures asked for the swap; None without pictures."""
    lacking: dict[str, int] | None
    """The same where one word of the prompt is not in the picture: every claim is wrong."""


def figures(name: str, cache: Path) -> Figures:
    """Measure a shipped miniature. ``cache``: a folder for nulls and calibrations, which all
    prompts share.
    """
    mini = miniature.load(name)
    tokenizer = reduced_vocabulary(mini.kind).tokenizer
    text = miniature.text(mini, tokenizer)
    share, verdicts = _binding_probe(text, cache)
    scorer: PairScorer = TextPairScorer(text, name)
    claims = lacking = None
    if mini.kind == "clip":
        encoder = miniature.dual(mini, tokenizer)
        scorer = ImagePairScorer(encoder, name)
        claims, lacking = _image_probe(encoder, cache), _lacking(encoder, cache)
    blind = truth(BagEncoder(text))
    return Figures(name, _wins(scorer), truth(text), blind, share, verdicts, claims, lacking)


def _wins(scorer: PairScorer) -> dict[str, Wins]:
    dataset = drawn_sets.drawn(f"drawn-{PAIRS}")
    [run] = scoring.run([scorer], dataset)
    won = {
        kind: [
            scoring.is_win(fit)
            for fit, pair in zip(run.cosines, dataset.pairs, strict=True)
            if pair.kind == kind
        ]
        for kind in KINDS
    }
    return {kind: Wins(sum(pairs), len(pairs)) for kind, pairs in won.items()}


def prompt(drawn: Scene) -> str:
    """The prompt that names the things of a scene with their colours."""
    return " and ".join(f"a {thing.colour} {thing.shape}" for thing in drawn.things)


def _binding_probe(text: TextEncoder, cache: Path) -> tuple[float, dict[str, int]]:
    """The binding probe on prompts whose bags were never seen, in the vector that stands for the
    whole sentence.
    """
    verdicts = []
    for drawn in scenes(PROMPTS, "test", 30):
        result = probe(prompt(drawn), [text], ProbeOptions(cache=cache))
        verdicts += [verdict for verdict in result.verdicts if verdict.readout in (POOLED, MEAN)]
    mean_share = sum(verdict.share for verdict in verdicts) / len(verdicts)
    return mean_share, dict(Counter(verdict.verdict for verdict in verdicts))


def _image_probe(encoder: Any, cache: Path) -> dict[str, int]:
    """Half of the pictures are asked for what they show, half for the swap."""
    counts = {"right": 0, "wrong": 0, UNKNOWN: 0}
    for number, drawn in enumerate(scenes(PICTURES, "test", 31)):
        prompted, expected = (drawn, SHOWN) if number % 2 == 0 else (drawn.swapped(), SWAPPED)
        shows = _claim(drawn, prompt(prompted), encoder, cache)
        if shows == UNKNOWN:
            counts[UNKNOWN] += 1
        else:
            counts["right" if shows == expected else "wrong"] += 1
    return counts


def _claim(drawn: Scene, text: str, encoder: Any, cache: Path) -> str:
    """What the image probe says that the picture of a scene shows of a prompt."""
    options = ImageProbeOptions(cache=cache, limit=1)
    [picture] = probe_images(draw([drawn], 256), text, encoder, options).pictures
    return str(picture.shows)


def _lacking(encoder: Any, cache: Path) -> dict[str, int]:
    counts = {"claimed": 0, UNKNOWN: 0}
    for number, drawn in enumerate(scenes(PICTURES, "test", 32)):
        text = prompt(with_one_error(drawn, COLOUR, number))
        unknown = _claim(drawn, text, encoder, cache) == UNKNOWN
        counts[UNKNOWN if unknown else "claimed"] += 1
    return counts


def table(miniatures: Sequence[Figures]) -> list[str]:
    """Lines of a Markdown table, a column for each miniature."""
    rows = [_row("", [figure.name for figure in miniatures]), "|---|" + "---|" * len(miniatures)]
    for kind in KINDS:
        cells = [str(figure.wins[kind]) for figure in miniatures]
        rows.append(_row(f"caption over rival: {kind}", cells))
    readers = "linear reader of the {} (a bag of tokens)"
    return [
        *rows,
        _row(
            readers.format("sentence's vector"),
            [_accuracies(figure.truth.sentence, figure.blind.sentence) for figure in miniatures],
        ),
        _row(
            readers.format("thing's token"),
            [_accuracies(figure.truth.tokens, figure.blind.tokens) for figure in miniatures],
        ),
        _row("binding probe: mean share", [f"{figure.share:.3f}" for figure in miniatures]),
        _row("binding probe: verdicts", [_counted(figure.verdicts) for figure in miniatures]),
        _row(
            f"image probe, {PICTURES} pictures",
            [_counted(figure.image_probe) for figure in miniatures],
        ),
        _row(
            f"image probe, {PICTURES} pictures that lack a word of the prompt",
            [_counted(figure.lacking) for figure in miniatures],
        ),
    ]


def _row(title: str, cells: Sequence[str]) -> str:
    return f"| {title} | " + " | ".join(cells) + " |"


def _accuracies(encoder: float, blind: float) -> str:
    return f"{100 * encoder:.1f} % ({100 * blind:.1f} %)"


def _counted(counts: dict[str, int] | None) -> str:
    if counts is None:
        return "no pictures"
    return ", ".join(f"{count} {name}" for name, count in counts.items())
