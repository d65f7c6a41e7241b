"""The text side of an image-text encoder as the probe asks for it. Its pooled vector is what
pictures are compared with.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ..encoding.text_encoder import Architecture, States, TextTokens
from ..image_text.dual_encoder import DualEncoder
from ..image_text.text_reading import TextTooLong


class DualText:
    """Which characters a token covers is not known here, so only the pooled vector
    means anything.
    """

    def __init__(self, encoder: DualEncoder) -> None:
        self.encoder = encoder
        self.name = "text"
        self.title = encoder.title
        is_clip = encoder.objective == "softmax"
        width = encoder.towers.static(torch.zeros(1, dtype=torch.long)).shape[-1]
        self.architecture = Architecture(
            "clip" if is_clip else "siglip", int(width), encoder.towers.text_layers, causal=is_clip
        )

    def tokenize(self, texts: Sequence[str]) -> list[TextTokens]:
        reading = self.encoder.reader(texts)
        if reading.cuts:
            raise TextTooLong(reading.cuts)
        return [self._row(ids) for ids in reading.ids.tolist()]

    def _row(self, ids: list[int]) -> TextTokens:
        """CLIP cannot see what stands behind its end token; SigLIP was trained to read
        its padding.
        """
        end = self.encoder.reader.vocabulary.end
        last = ids.index(end) if end in ids else len(ids) - 1
        kinds = ["text"] * last + ["end"]
        if self.architecture.causal:
            ids = ids[: last + 1]
            kinds[0] = "start"
        kinds += ["pad"] * (len(ids) - len(kinds))
        return TextTokens(tuple(ids), (None,) * len(ids), tuple(kinds), (0,) * len(ids))

    def states(self, batch: Sequence[TextTokens]) -> list[States]:
        longest = max(map(len, batch))
        padding = self.encoder.reader.vocabulary.padding
        ids = torch.tensor([[*text.ids, *[padding] * (longest - len(text))] for text in batch])
        self.encoder.stop()
        with torch.no_grad():
            encoded = self.encoder.towers.texts(ids)
        sequence = encoded.sequence.float().cpu()
        pooled = encoded.pooled.float().cpu()
        return [States(sequence[k, : len(text)], pooled[k]) for k, text in enumerate(batch)]

    def static(self, ids: Sequence[int]) -> torch.Tensor:
        return self.encoder.towers.static(torch.tensor(list(ids))).float().cpu()
