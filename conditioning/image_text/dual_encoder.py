"""An image-text encoder: pictures and texts as vectors of one space, and the score of every picture
with every text.

    encoder.objective                                "softmax" (CLIP) or "sigmoid" (SigLIP)
    encoder.image_features(images)                   (image, dim), length 1, fp32 on the CPU
    encoder.text_features(texts)                     (text, dim), length 1; raises TextTooLong where
    a text does not fit ... encoder.cuts(texts)                              ... which this tells
    before, and `cut=True` then allows encoder.logits(images, texts)                    (image,
    text), as transformers' `logits_per_image` encoder.probabilities(logits)                    by
    the objective: never a softmax over captions for SigLIP encoder.describe()
    what it is and how it is fed, in words

`images` is the host's IMAGE (batch, height, width, channel), 0 to 1, or a sequence of those in
different sizes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, Protocol, TypeAlias

import torch

from ..errors import EncoderScopeError
from ..translation import localized, translatable, translate, translate_count
from .images import ImageRecipe, Pixels
from .text_reading import TextReader, TextTooLong, Truncation

Objective = Literal["softmax", "sigmoid"]
Images: TypeAlias = "torch.Tensor | Iterable[torch.Tensor]"
IMAGES_AT_ONCE = 8
TEXTS_AT_ONCE = 64
_OBJECTIVES: dict[Objective, str] = {
    "softmax": translatable(
        "Objective: trained to pick the right text among others (softmax): its percentages "
        "compare the given texts only."
    ),
    "sigmoid": translatable(
        "Objective: trained to judge each pair alone (sigmoid): its percentages stand for "
        "themselves and need not add up to 100."
    ),
}


def never_stop() -> None:
    """Never stops: for callers without a stop button."""


class TextOutput(NamedTuple):
    """What the text tower answers."""

    sequence: torch.Tensor
    """(batch, token, width) of the last layer."""
    pooled: torch.Tensor
    """(batch, dim) in the space of the pictures, before normalising."""


class Towers(Protocol):
    """The two networks. They see to it that they are on the device they run on."""

    @property
    def text_layers(self) -> int: ...

    def images(self, pixels: Pixels) -> torch.Tensor:
        """(batch, dim) before normalising."""

    def texts(self, ids: torch.Tensor) -> TextOutput:
        """From ids (batch, token), of any number of tokens that the encoder reads."""

    def static(self, ids: torch.Tensor) -> torch.Tensor:
        """(token, width): what these tokens are before any layer."""


@dataclass(frozen=True)
class DualEncoder:
    """Both towers of one model, with what prepares their inputs."""

    title: str
    """ "CLIP ViT-B/32"."""
    objective: Objective
    dim: int
    scale: float
    """What a cosine is multiplied with."""
    bias: float
    """What is added then; 0 for CLIP."""
    towers: Towers
    reader: TextReader
    recipe: ImageRecipe
    uncalibrated: tuple[str, ...] = ()
    """Numbers that its file lacks (logit_scale, logit_bias): cosines are right, and percentages are
    not known.
    """
    notes: tuple[str, ...] = ()
    """Sentences about where it came from and what was assumed."""
    stop: Callable[[], None] = never_stop
    """Called before every batch; raises to end the work."""

    @property
    def text_limit(self) -> int:
        """Tokens that fit, start and end included: 77 for CLIP, 64 for SigLIP."""
        return self.reader.limit

    def with_stop(self, stop: Callable[[], None]) -> DualEncoder:
        """The same encoder with another way to end its work."""
        return replace(self, stop=stop)

    def cuts(self, texts: Sequence[str]) -> tuple[Truncation, ...]:
        """What of these texts would not be read."""
        return self.reader(_checked(texts)).cuts

    def image_features(self, images: Images) -> torch.Tensor:
        """(image, dim) of length 1. Memory holds one batch of prepared pictures at a time."""
        return self._features(
            self.towers.images(self.recipe(batch)) for batch in self._batches(images)
        )

    def text_features(self, texts: Sequence[str], *, cut: bool = False) -> torch.Tensor:
        """(text, dim) of length 1. Raises :class:`TextTooLong` unless ``cut`` says that the caller
        shows :meth:`cuts`.
        """
        reading = self.reader(_checked(texts))
        if reading.cuts and not cut:
            raise TextTooLong(reading.cuts)
        batches = filter(len, reading.ids.split(TEXTS_AT_ONCE))  # no texts are one empty batch
        return self._features(self._stopping(self.towers.texts(ids).pooled for ids in batches))

    def logits(self, images: Images, texts: Sequence[str], *, cut: bool = False) -> torch.Tensor:
        """(image, text): scale times cosine, plus bias."""
        text_features = self.text_features(
            texts, cut=cut
        )  # first, so that a text that is too long costs nothing
        return self.logits_of(self.image_features(images), text_features)

    def logits_of(self, image_features: torch.Tensor, text_features: torch.Tensor) -> torch.Tensor:
        """(image, text) from features of length 1."""
        return image_features @ text_features.T * self.scale + self.bias

    def probabilities(self, logits: torch.Tensor) -> torch.Tensor:
        """CLIP: shares among these texts, which add up to 1. SigLIP: for each text alone, how
        likely it is to fit. Not a number where the encoder is :attr:`uncalibrated`.
        """
        if self.uncalibrated:
            return torch.full_like(logits, math.nan)
        if self.objective == "softmax":
            return logits.softmax(dim=-1)
        return logits.sigmoid()

    def describe(self) -> str:
        """What the encoder is and how it is fed, in lines of words."""
        lines = [
            translate(
                "{title}: pictures and texts as vectors of {count} numbers.",
                title=localized(self.title),
                count=self.dim,
            ),
            translate(_OBJECTIVES[self.objective]),
            self._scores(),
            self._texts(),
            translate("Pictures: {recipe}.", recipe=localized(self.recipe.describe())),
            *map(localized, self.notes),
        ]
        return "\n".join(lines)

    def _scores(self) -> str:
        if self.uncalibrated:
            first, *more = self.uncalibrated
            numbers = (
                translate("{first} and no {second}", first=first, second=more[0]) if more else first
            )
            return translate(
                "Scores: cosines; its file has no {numbers}, so percentages are not known. Which "
                "caption a picture fits better does not depend on that.",
                numbers=numbers,
            )
        if self.objective == "sigmoid":
            return translate(
                "Scores: cosine x {scale:.4g}, bias {bias:.4g}.", scale=self.scale, bias=self.bias
            )
        return translate("Scores: cosine x {scale:.4g}.", scale=self.scale)

    def _texts(self) -> str:
        if self.reader.lowercase:
            return translate_count(
                "Texts: at most {count} token with start and end, in lower case.",
                "Texts: at most {count} tokens with start and end, in lower case.",
                self.text_limit,
            )
        return translate_count(
            "Texts: at most {count} token with start and end.",
            "Texts: at most {count} tokens with start and end.",
            self.text_limit,
        )

    def _batches(self, images: Images) -> Iterator[torch.Tensor]:
        if isinstance(images, torch.Tensor):
            images = [images]
        for group in images:
            if group.ndim != 4:
                group = group[None]
            for batch in group.split(IMAGES_AT_ONCE):
                self.stop()
                yield batch

    def _stopping(self, features: Iterator[torch.Tensor]) -> Iterator[torch.Tensor]:
        self.stop()
        for batch in features:
            yield batch
            self.stop()

    def _features(self, batches: Iterator[torch.Tensor]) -> torch.Tensor:
        with torch.no_grad():
            parts = [features.to("cpu", torch.float32) for features in batches]
        vectors = torch.cat(parts or [torch.empty(0, self.dim)])
        length = vectors.norm(dim=-1, keepdim=True)
        if not bool((torch.isfinite(length) & (length > 0)).all()):
            raise EncoderScopeError(
                "{title} gave a vector without a direction (NaN, infinite or zero).",
                "Finite numbers were expected.",
                "Load it in fp32; where that does not help, its file is damaged.",
                title=self.title,
            )
        return vectors / length


def _checked(texts: Sequence[str]) -> Sequence[str]:
    if isinstance(texts, str):
        raise EncoderScopeError(
            "One text was given where several belong.",
            "A list of texts was expected.",
            "Write [text].",
        )
    return texts
