"""A dual encoder (CLIP, SigLIP) as a judge: it cannot answer, so the sentence that an answer says
is compared with the one that the other answer says.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ...image_text.dual_encoder import DualEncoder
from ...image_text.text_reading import TextTooLong
from ...translation import later
from .protocol import AskedQuestion, JudgeAnswer


class DualEncoderJudge:
    """Softmax of the logits over the statements of a question's answers."""

    def __init__(self, encoder: DualEncoder) -> None:
        self.encoder = encoder
        self.title = encoder.title
        self.notes = (*encoder.notes, later("It compares sentences; it cannot answer questions."))
        self._image: tuple[torch.Tensor, torch.Tensor] | None = None
        self._texts: dict[str, torch.Tensor] = {}

    def answer(
        self, image: torch.Tensor, questions: Sequence[AskedQuestion]
    ) -> list[JudgeAnswer | None]:
        """None for a question without statements, or with one that is too long."""
        features = self._image_features(image)
        self._read([text for question in questions for text in question.statements])
        return [self._answer(features, question) for question in questions]

    def _answer(self, features: torch.Tensor, question: AskedQuestion) -> JudgeAnswer | None:
        texts = question.statements
        if not texts or any(text not in self._texts for text in texts):
            return None
        cosines = torch.stack([self._texts[text] for text in texts]) @ features
        shares = (cosines.double() * self.encoder.scale).softmax(dim=0)
        return JudgeAnswer(tuple(shares.tolist()))

    def _image_features(self, image: torch.Tensor) -> torch.Tensor:
        """Of the last picture, which is asked about several times."""
        if self._image is None or not _same(self._image[0], image):
            self._image = (image, self.encoder.image_features(image[None])[0])
        return self._image[1]

    def _read(self, texts: Sequence[str]) -> None:
        """Adds the features of texts that were not read yet and are not too long."""
        new = [text for text in dict.fromkeys(texts) if text not in self._texts]
        if not new:
            return
        try:
            features = self.encoder.text_features(new)
        except TextTooLong as error:
            long = {cut.index for cut in error.cuts}
            new = [text for number, text in enumerate(new) if number not in long]
            features = self.encoder.text_features(new)
        self._texts.update(zip(new, features, strict=True))


def _same(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a is b or (a.shape == b.shape and bool(torch.equal(a, b)))
