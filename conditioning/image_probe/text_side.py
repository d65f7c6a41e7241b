"""The text side of an image-text encoder as the probe asks for it. Its pooled vector is what
pictures are compared with.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ..encoding.text_encoder import Architecture, Rows, States
from ..image_text.dual_encoder import DualEncoder
from ..image_text.text import TextTooLong


class DualText:
    """Which characters a token covers is not known here, so only the pooled vector
    means anything.
    """

    def __init__(self, encoder: DualEncoder) -> None:
        self.encoder = encoder
        self.name, self.title = "text", encoder.title
        kind = "clip" if encoder.objective == "softmax" else "siglip"
        width = encoder.towers.static(torch.zeros(1, dtype=torch.long)).shape[-1]
        self.architecture = Architecture(
            kind, int(width), encoder.towers.text_layers, causal=kind == "clip"
        )

    def rows(self, texts: Sequence[str]) -> list[Rows]:
        reading = self.encoder.reader(texts)
        if reading.cuts:
            raise TextTooLong(reading.cuts)
        return [self._row(ids) for ids in reading.ids.tolist()]

    def _row(self, ids: list[int]) -> Rows:
        """CLIP cannot see what stands behind its end token; SigLIP was trained to read
        its padding.
        """
        end = self.encoder.reader.vocabulary.end
        last = ids.index(end) if end in ids else len(ids) - 1
        kept = ids[: last + 1] if self.architecture.causal else ids
        kinds = ["text" if k < last else "end" if k == last else "pad" for k in range(len(kept))]
        if self.architecture.causal:
            kinds[0] = "start"
        return Rows(tuple(kept), (None,) * len(kept), tuple(kinds), (0,) * len(kept))

    def states(self, batch: Sequence[Rows]) -> list[States]:
        longest = max(map(len, batch))
        padding = self.encoder.reader.vocabulary.padding
        ids = torch.tensor([[*rows.ids, *[padding] * (longest - len(rows))] for rows in batch])
        self.encoder.stop()
        with torch.no_grad():
            found = self.encoder.towers.texts(ids)
        sequence, pooled = found.sequence.float().cpu(), found.pooled.float().cpu()
        return [States(sequence[k, : len(rows)], pooled[k]) for k, rows in enumerate(batch)]

    def static(self, ids: Sequence[int]) -> torch.Tensor:
        return self.encoder.towers.static(torch.tensor(list(ids))).float().cpu()
