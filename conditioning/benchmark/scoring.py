"""Does an encoder prefer the caption to its swap? Two questions, which are never mixed:

    image   encoders with both towers: is the picture nearer to its caption than to the swap?
    text    encoders of text alone: is the caption nearer than the swap to the same scene told in
    other words?

A pair is won where the caption is nearer; what differs by rounding alone is a tie, and a tie is not
won.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import torch

from ..binding.readouts import mean
from ..binding.suite_score import fingerprint as print_of_texts
from ..encoding.text_encoder import Answer, TextEncoder, encode
from ..errors import EncoderScopeError
from ..image_text.dual_encoder import DualEncoder
from ..image_text.text import TextTooLong
from ..progress import Progress, no_progress, stage
from ..scenes.drawing import draw
from ..scenes.scene import scenes
from .dataset import Dataset, Pair
from .length_limits import too_long
from .saved_results import Fit, Kept

IMAGE, TEXT = "image", "text"
AT_ONCE = 32
"""Pairs of one step: so much is lost at most when a run is stopped."""
_TOLD = 5  # lines that an error names before it counts the rest
TIE = 1e-6
"""Cosines of fp32 vectors that differ by less do not differ: an encoder that ignores order would
else win every second pair.
"""
T = TypeVar("T")


def won(fit: Fit) -> bool:
    return fit.margin > TIE


def tied(fit: Fit) -> bool:
    return abs(fit.margin) <= TIE


class Judge(Protocol):
    """One encoder with the question that it can be asked."""

    @property
    def title(self) -> str: ...

    @property
    def question(self) -> str: ...

    def fingerprint(self) -> str:
        """Names the encoder by its answers: weights, precision and preprocessing count."""

    def problems(self, dataset: Dataset, pairs: Sequence[Pair]) -> list[str]:
        """What of these pairs cannot be asked, before anything is encoded."""

    def fits(self, dataset: Dataset, pairs: Sequence[Pair]) -> list[Fit]: ...


@dataclass(frozen=True)
class Run:
    """What one encoder said."""

    title: str
    question: str
    fingerprint: str
    fits: tuple[Fit, ...]
    """In the order of the dataset's pairs."""


def run(
    judges: Sequence[Judge],
    dataset: Dataset,
    cache: Path | None = None,
    progress: Progress = no_progress,
) -> list[Run]:
    """All are checked before the first one starts; what ``cache`` holds is not asked again. Raises
    :class:`EncoderScopeError`.
    """
    prints = [judge.fingerprint() for judge in judges]
    folders = [
        Kept(cache, f"{judge.question}-{own}", dataset.fingerprint)
        for judge, own in zip(judges, prints, strict=True)
    ]
    for judge, kept in zip(judges, folders, strict=True):
        _refuse(judge, dataset, _missing(dataset, kept.read()))
    runs = []
    for number, (judge, kept) in enumerate(zip(judges, folders, strict=True)):
        fits = _fits(judge, dataset, kept, stage(progress, number, len(judges)))
        runs.append(Run(judge.title, judge.question, prints[number], fits))
    return runs


def _missing(dataset: Dataset, known: dict[int, Fit]) -> list[Pair]:
    return [pair for pair in dataset.pairs if pair.number not in known]


def _refuse(judge: Judge, dataset: Dataset, pairs: Sequence[Pair]) -> None:
    found = [problem for some in _batches(pairs) for problem in judge.problems(dataset, some)]
    if found:
        more = f" And {len(found) - _TOLD:,} more." if len(found) > _TOLD else ""
        raise EncoderScopeError(
            (
                f"{judge.title} cannot be asked all of {dataset.name!r}. "
                f"{' '.join(found[:_TOLD])}{more}"
            ),
            (
                "Sentences that it can read whole were expected, and for encoders of text "
                "alone a paraphrase in every line."
            ),
            "Mend these lines, or take them out.",
        )


def _fits(judge: Judge, dataset: Dataset, kept: Kept, progress: Progress) -> tuple[Fit, ...]:
    known = kept.read()
    missing, total = _missing(dataset, known), len(dataset.pairs)
    done = total - len(missing)
    progress(done, total)
    for some in _batches(missing):
        found = dict(zip((pair.number for pair in some), judge.fits(dataset, some), strict=True))
        kept.add(found)
        known |= found
        done += len(some)
        progress(done, total)
    return tuple(known[pair.number] for pair in dataset.pairs)


def _batches(pairs: Sequence[T]) -> Iterator[Sequence[T]]:
    return (pairs[at : at + AT_ONCE] for at in range(0, len(pairs), AT_ONCE))


@dataclass(frozen=True)
class ImageJudge:
    encoder: DualEncoder
    title: str
    question: str = IMAGE

    def fingerprint(self) -> str:
        encoder = self.encoder
        vectors = torch.cat(
            [
                encoder.image_features(draw(scenes(2, "test", 0), 64)),
                encoder.text_features(["a red car", "a house"]),
            ]
        )
        told = hashlib.sha256(repr((encoder.title, encoder.recipe, encoder.text_limit)).encode())
        told.update((vectors * 1000).round().to(torch.int32).contiguous().numpy().tobytes())
        return told.hexdigest()[:24]

    def problems(self, dataset: Dataset, pairs: Sequence[Pair]) -> list[str]:
        self.encoder.stop()
        asked = [
            (pair, name, text)
            for pair in pairs
            for name, text in (("caption", pair.caption), ("swap", pair.swap))
        ]
        cuts = self.encoder.cuts([text for _, _, text in asked])
        return [
            (
                f"{dataset.where(pair)}: its {name} has {cut.tokens} tokens and {cut.limit} "
                f"fit, {cut.lost!r} is not read."
            )
            for cut in cuts
            for pair, name, _ in [asked[cut.index]]
        ]

    def fits(self, dataset: Dataset, pairs: Sequence[Pair]) -> list[Fit]:
        try:
            texts = self.encoder.text_features(
                [text for pair in pairs for text in (pair.caption, pair.swap)]
            )
        except (
            TextTooLong
        ) as error:  # checked before; an encoder that changes its mind is told, too
            raise EncoderScopeError(error.given, error.expected, "Shorten the caption.") from error
        images = torch.cat(
            [self.encoder.image_features(batch) for batch in dataset.pictures(pairs)]
        )
        told = torch.einsum("pd,pcd->pc", images.double(), texts.double().view(len(pairs), 2, -1))
        return [Fit(*row) for row in told.tolist()]


@dataclass(frozen=True)
class TextJudge:
    """Reads the pooled vector, or the mean of the tokens where there is none."""

    encoder: TextEncoder
    title: str
    question: str = TEXT

    def fingerprint(self) -> str:
        return print_of_texts([self.encoder])

    def problems(self, dataset: Dataset, pairs: Sequence[Pair]) -> list[str]:
        found = [
            f"{dataset.where(pair)}: there is no paraphrase."
            for pair in pairs
            if not pair.paraphrase
        ]
        if found:
            return found
        asked = [
            (pair, name, getattr(pair, name))
            for pair in pairs
            for name in ("caption", "swap", "paraphrase")
        ]
        rows = self.encoder.rows([text for _, _, text in asked])
        lost = [
            too_long(self.encoder, text, row) for (_, _, text), row in zip(asked, rows, strict=True)
        ]
        return [
            f"{dataset.where(pair)}: its {name} is too long, {behind!r} is not read."
            for (pair, name, _), behind in zip(asked, lost, strict=True)
            if behind
        ]

    def fits(self, dataset: Dataset, pairs: Sequence[Pair]) -> list[Fit]:
        answers = encode(
            self.encoder,
            [text for pair in pairs for text in (pair.caption, pair.swap, pair.paraphrase)],
        )
        return [
            self._fit(
                *(
                    self._vector(answers[text])
                    for text in (pair.paraphrase, pair.caption, pair.swap)
                )
            )
            for pair in pairs
        ]

    def _fit(self, true: torch.Tensor, own: torch.Tensor, rival: torch.Tensor) -> Fit:
        return Fit(float(true @ own), float(true @ rival))

    def _vector(self, answer: Answer) -> torch.Tensor:
        """(dim,) of length 1."""
        pooled = answer.states.pooled if self.encoder.architecture.pooled else None
        vector = (mean(answer) if pooled is None else pooled).double()
        length = float(vector.norm())
        if not 0 < length < float("inf"):
            raise EncoderScopeError(
                f"{self.title} gave a vector that is no direction (NaN, infinite or zero).",
                "Finite numbers were expected.",
                "Load it in fp32; where that does not help, its file is damaged.",
            )
        return vector / length
