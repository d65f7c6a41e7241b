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
from ..image_text.text_reading import TextTooLong
from ..progress import Announced, Progress, no_progress, stage
from ..reports.wording import plural
from ..scenes.drawing import draw
from ..scenes.scene import scenes
from ..translation import in_turn, later, later_count
from .dataset import CaptionPair, Dataset
from .length_limits import too_long
from .saved_results import PairCosines, SavedResults

IMAGE, TEXT = "image", "text"
AT_ONCE = 32
"""Pairs of one step: so much is lost at most when a run is stopped."""
_NAMED = 5  # lines that an error names before it counts the rest
TIE = 1e-6
"""Cosines of fp32 vectors that differ by less do not differ: an encoder that ignores order would
else win every second pair.
"""
T = TypeVar("T")


def is_win(cosines: PairCosines) -> bool:
    """Whether the caption is nearer than the swap."""
    return cosines.margin > TIE


def is_tie(cosines: PairCosines) -> bool:
    """Whether the two cosines differ by rounding alone."""
    return abs(cosines.margin) <= TIE


class PairScorer(Protocol):
    """One encoder with the question that it can be asked."""

    @property
    def title(self) -> str: ...

    @property
    def question(self) -> str: ...

    def fingerprint(self) -> str:
        """Names the encoder by its answers: weights, precision and preprocessing count."""

    def problems(self, dataset: Dataset, pairs: Sequence[CaptionPair]) -> list[str]:
        """What of these pairs cannot be asked, before anything is encoded."""

    def score(self, dataset: Dataset, pairs: Sequence[CaptionPair]) -> list[PairCosines]:
        """Returns the cosines of these pairs, in their order."""


@dataclass(frozen=True)
class EncoderResult:
    """The cosines of all pairs by one encoder."""

    title: str
    question: str
    fingerprint: str
    cosines: tuple[PairCosines, ...]
    """In the order of the dataset's pairs."""


def run(
    scorers: Sequence[PairScorer],
    dataset: Dataset,
    cache: Path | None = None,
    progress: Progress = no_progress,
) -> list[EncoderResult]:
    """All are checked before the first one starts; what ``cache`` holds is not scored again. Raises
    :class:`EncoderScopeError`.
    """
    fingerprints = [scorer.fingerprint() for scorer in scorers]
    saved = [
        SavedResults(cache, f"{scorer.question}-{fingerprint}", dataset.fingerprint)
        for scorer, fingerprint in zip(scorers, fingerprints, strict=True)
    ]
    for scorer, results in zip(scorers, saved, strict=True):
        _refuse(scorer, dataset, _missing(dataset, results.read()))
    return [
        EncoderResult(
            scorer.title,
            scorer.question,
            fingerprints[number],
            _score(scorer, dataset, saved[number], stage(progress, number, len(scorers))),
        )
        for number, scorer in enumerate(scorers)
    ]


def _missing(dataset: Dataset, scored: dict[int, PairCosines]) -> list[CaptionPair]:
    return [pair for pair in dataset.pairs if pair.number not in scored]


def _refuse(scorer: PairScorer, dataset: Dataset, pairs: Sequence[CaptionPair]) -> None:
    problems = [problem for batch in _batches(pairs) for problem in scorer.problems(dataset, batch)]
    if not problems:
        return
    sentences = problems[:_NAMED]
    if rest := len(problems) - len(sentences):
        sentences.append(later_count("And {count:,} more line.", "And {count:,} more lines.", rest))
    raise EncoderScopeError(
        "{title} cannot be asked all of {dataset!r}. {problems}",
        "Sentences that it can read whole were expected, and for encoders of text alone a "
        "paraphrase in every line.",
        "Mend these lines, or take them out.",
        title=scorer.title,
        dataset=dataset.name,
        problems=in_turn(sentences),
    )


def _score(
    scorer: PairScorer, dataset: Dataset, saved: SavedResults, progress: Progress
) -> tuple[PairCosines, ...]:
    """Scores what is missing, and saves it batch by batch."""
    scored = saved.read()
    missing, total = _missing(dataset, scored), len(dataset.pairs)
    done = total - len(missing)
    if missing:
        progress = Announced(progress, _sentence(scorer.title, len(missing), total))
    progress(done, total)
    for batch in _batches(missing):
        cosines = scorer.score(dataset, batch)
        results = dict(zip((pair.number for pair in batch), cosines, strict=True))
        saved.add(results)
        scored |= results
        done += len(batch)
        progress(done, total)
    return tuple(scored[pair.number] for pair in dataset.pairs)


def _sentence(title: str, missing: int, total: int) -> str:
    """What the work is, for whoever waits."""
    answered = total - missing
    aside = ""
    if answered:
        verb = "is" if answered == 1 else "are"
        aside = f"; {answered:,} of {total:,} {verb} known already"
    return f"{title} is asked {plural(missing, 'pair')} of captions{aside}. Answers are kept."


def _batches(pairs: Sequence[T]) -> Iterator[Sequence[T]]:
    return (pairs[start : start + AT_ONCE] for start in range(0, len(pairs), AT_ONCE))


@dataclass(frozen=True)
class ImagePairScorer:
    """Is the picture nearer to its caption than to the swap?"""

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
        digest = hashlib.sha256(repr((encoder.title, encoder.recipe, encoder.text_limit)).encode())
        digest.update((vectors * 1000).round().to(torch.int32).contiguous().numpy().tobytes())
        return digest.hexdigest()[:24]

    def problems(self, dataset: Dataset, pairs: Sequence[CaptionPair]) -> list[str]:
        self.encoder.stop()
        texts = [
            (pair, name, text)
            for pair in pairs
            for name, text in (("caption", pair.caption), ("swap", pair.swap))
        ]
        cuts = self.encoder.cuts([text for _, _, text in texts])
        return [
            later_count(
                "{place}: its {column} has {count:,} token and {limit:,} fit, {lost!r} is not "
                "read.",
                "{place}: its {column} has {count:,} tokens and {limit:,} fit, {lost!r} is not "
                "read.",
                cut.tokens,
                place=dataset.where(pair),
                column=name,
                limit=cut.limit,
                lost=cut.lost,
            )
            for cut in cuts
            for pair, name, _ in [texts[cut.index]]
        ]

    def score(self, dataset: Dataset, pairs: Sequence[CaptionPair]) -> list[PairCosines]:
        try:
            texts = self.encoder.text_features(
                [text for pair in pairs for text in (pair.caption, pair.swap)]
            )
        except TextTooLong as error:  # checked before; an encoder may change its mind
            raise EncoderScopeError(
                error.problem, error.expected, "Shorten the caption."
            ) from error
        images = torch.cat(
            [self.encoder.image_features(batch) for batch in dataset.pictures(pairs)]
        )
        both = texts.double().view(len(pairs), 2, -1)
        return [
            PairCosines(*row) for row in torch.einsum("pd,pcd->pc", images.double(), both).tolist()
        ]


@dataclass(frozen=True)
class TextPairScorer:
    """Is the caption nearer than the swap to the same scene told in other words?

    Reads the pooled vector, or the mean of the tokens where there is none.
    """

    encoder: TextEncoder
    title: str
    question: str = TEXT

    def fingerprint(self) -> str:
        return print_of_texts([self.encoder])

    def problems(self, dataset: Dataset, pairs: Sequence[CaptionPair]) -> list[str]:
        unparaphrased = [pair for pair in pairs if not pair.paraphrase]
        if unparaphrased:
            return [
                later("{place}: there is no paraphrase.", place=dataset.where(pair))
                for pair in unparaphrased
            ]
        texts = [
            (pair, name, getattr(pair, name))
            for pair in pairs
            for name in ("caption", "swap", "paraphrase")
        ]
        rows = self.encoder.tokenize([text for _, _, text in texts])
        rests = [
            too_long(self.encoder, text, row) for (_, _, text), row in zip(texts, rows, strict=True)
        ]
        return [
            later(
                "{place}: its {column} is too long, {lost!r} is not read.",
                place=dataset.where(pair),
                column=name,
                lost=rest,
            )
            for (pair, name, _), rest in zip(texts, rests, strict=True)
            if rest
        ]

    def score(self, dataset: Dataset, pairs: Sequence[CaptionPair]) -> list[PairCosines]:
        answers = encode(
            self.encoder,
            [text for pair in pairs for text in (pair.caption, pair.swap, pair.paraphrase)],
        )
        vectors = {text: self._vector(answer) for text, answer in answers.items()}
        return [
            PairCosines(
                float(vectors[pair.paraphrase] @ vectors[pair.caption]),
                float(vectors[pair.paraphrase] @ vectors[pair.swap]),
            )
            for pair in pairs
        ]

    def _vector(self, answer: Answer) -> torch.Tensor:
        """(dim,) of length 1."""
        vector = answer.states.pooled
        if vector is None or not self.encoder.architecture.pooled:
            vector = mean(answer)
        vector = vector.double()
        length = float(vector.norm())
        if not 0 < length < float("inf"):
            raise EncoderScopeError(
                "{title} gave a vector without a direction (NaN, infinite or zero).",
                "Finite numbers were expected.",
                "Load it in fp32; where that does not help, its file is damaged.",
                title=self.title,
            )
        return vector / length
