"""Text encoders that need no files: a tokenizer of words, and vectors whose truth is known."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import torch
from encoderscope.conditioning.binding.generator_inputs import GeneratorInputs, generator_inputs_of
from encoderscope.conditioning.binding.probe_prompt import ProbeResult
from encoderscope.conditioning.encoding.text_encoder import Architecture, States, TextTokens
from encoderscope.conditioning.families.table import FAMILIES
from encoderscope.host.torch_companions import mend_torchvision

mend_torchvision()  # else transformers' models may not be importable

WIDTH = 32
START, END, PAD = 1, 2, 3
_WORD = re.compile(r"\w+|[^\w\s]")
_IDS = 49_000


def word_id(piece: str) -> int:
    return 10 + zlib.crc32(piece.encode()) % _IDS


@lru_cache(None)
def _vector(number: int) -> torch.Tensor:
    return torch.randn(WIDTH, generator=torch.Generator().manual_seed(number))


@lru_cache(None)
def _places(seed: int) -> torch.Tensor:
    return torch.randn(
        8192, WIDTH, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )


@lru_cache(None)
def _weights(layer: int) -> tuple[torch.Tensor, ...]:
    draw = torch.Generator().manual_seed(100 + layer)
    shapes = [(WIDTH, WIDTH)] * 3 + [(WIDTH, 2 * WIDTH), (2 * WIDTH, WIDTH)]
    return tuple(torch.randn(a, b, generator=draw, dtype=torch.float64) / a**0.5 for a, b in shapes)


class Words:
    """Words and signs as tokens; those in ``split`` are cut in two. ``window``: start and end
    around every so many tokens.
    """

    def __init__(
        self, split: Sequence[str] = (), length: int = 0, window: int = 0, specials: bool = True
    ) -> None:
        self.split, self.length, self.window, self.specials = (
            frozenset(split),
            length,
            window,
            specials,
        )

    def row(self, text: str) -> TextTokens:
        pieces = list(self._pieces(text))
        room = self.window - 2 if self.window else max(1, len(pieces))
        parts = [pieces[at : at + room] for at in range(0, len(pieces), room)] or [[]]
        tokens: list[tuple[int, tuple[int, int] | None, str, int]] = []
        for number, part in enumerate(parts):
            begun = len(tokens)
            tokens += [(START, None, "start", number)] if self.specials else []
            tokens += [(item, span, "text", number) for item, span in part]
            tokens += [(END, None, "end", number)] if self.specials else []
            missing = (self.window or self.length) - (len(tokens) - begun)
            tokens += [(PAD, None, "pad", number)] * missing
        return (
            TextTokens(*(tuple(column) for column in zip(*tokens, strict=True)))
            if tokens
            else TextTokens((), (), (), ())
        )

    def _pieces(self, text: str) -> Iterator[tuple[int, tuple[int, int]]]:
        for match in _WORD.finditer(text):
            word, (start, end) = match[0].lower(), match.span()
            if word in self.split:
                middle = len(word) // 2
                yield word_id(word[:middle] + "+"), (start, start + middle)
                yield word_id("+" + word[middle:]), (start + middle, end)
            else:
                yield word_id(word), (start, end)


class Toy:
    """Subclasses turn the static vectors of one window into its sequence. Every text by itself, in
    float64: batches change nothing.
    """

    kind, layers, causal, pooled = "other", 1, False, True

    def __init__(
        self, words: Words | None = None, name: str = "text", title: str = "", **changed: Any
    ) -> None:
        self.words, self.name, self.title = words or Words(), name, title or type(self).__name__
        output = {
            "kind": self.kind,
            "layers": self.layers,
            "causal": self.causal,
            "pooled": self.pooled,
        } | changed
        self.architecture = Architecture(width=WIDTH, windows=bool(self.words.window), **output)
        self.calls: list[int] = []
        """Texts of each call of ``states``."""

    def tokenize(self, texts: Sequence[str]) -> list[TextTokens]:
        return [self.words.row(text) for text in texts]

    def static(self, ids: Sequence[int]) -> torch.Tensor:
        return torch.stack([_vector(item) for item in ids])

    def states(self, batch: Sequence[TextTokens]) -> list[States]:
        self.calls.append(len(batch))
        return [self._one(rows) for rows in batch]

    def _one(self, rows: TextTokens) -> States:
        static = self.static(rows.ids).double()
        windows = sorted(set(rows.windows))
        sequence = torch.cat(
            [
                self.mixed(static[[k for k, w in enumerate(rows.windows) if w == window]])
                for window in windows
            ]
        )
        if not self.architecture.pooled:
            return States(sequence.float(), None)
        return States(sequence.float(), self.pool(sequence[: rows.windows.count(0)], rows).float())

    def mixed(self, static: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def pool(self, sequence: torch.Tensor, rows: TextTokens) -> torch.Tensor:
        return sequence.mean(0)


class BagOfWords(Toy):
    def mixed(self, static: torch.Tensor) -> torch.Tensor:
        return static


class Tagged(Toy):
    """Every word at its place, and no word knows another."""

    def mixed(self, static: torch.Tensor) -> torch.Tensor:
        return static * (1 + _places(7)[: len(static)])


class Neighbours(Toy):
    """Binds: every token multiplied with the one before it, so that red car and blue car differ
    wherever they stand.
    """

    def mixed(self, static: torch.Tensor) -> torch.Tensor:
        before = torch.cat([torch.zeros_like(static[:1]), static[:-1]])
        return static * (0.3 + before)


class Causal(Toy):
    """A small transformer as it was born: a token sees those before it."""

    kind, layers, causal = "clip", 2, True

    def mixed(self, static: torch.Tensor) -> torch.Tensor:
        x = static + _places(3)[: len(static)]
        for layer in range(self.layers):
            q, k, v, up, down = _weights(layer)
            scores = (x @ q) @ (x @ k).T / WIDTH**0.5
            if self.causal:
                scores = scores.masked_fill(torch.ones_like(scores).triu(1).bool(), -torch.inf)
            x = x + scores.softmax(-1) @ (x @ v)
            x = x + torch.nn.functional.gelu(x @ up) @ down
        return x

    def pool(self, sequence: torch.Tensor, rows: TextTokens) -> torch.Tensor:
        return sequence[rows.kinds.index("end")]


class Moved(Toy):
    """Another encoder's answers after a change of the space (or of the batch)."""

    def __init__(self, encoder: Toy, change: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__(encoder.words, encoder.name, encoder.title)
        self.architecture, self.encoder, self.change = encoder.architecture, encoder, change

    def _one(self, rows: TextTokens) -> States:
        sequence, pooled = self.encoder._one(rows)
        return States(self.change(sequence), None if pooled is None else self.change(pooled))


# --- what a probe answers

TWO = "a red car next to a blue house"


def verdicts(result: ProbeResult, contrast: int = 0) -> dict[tuple[str, str], str]:
    return {
        (each.stream, each.readout): each.verdict
        for each in result.verdicts
        if each.contrast == contrast
    }


def layout(family: str, *streams: str) -> GeneratorInputs:
    return generator_inputs_of(FAMILIES[family], streams)
