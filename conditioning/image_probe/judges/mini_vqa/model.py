"""mini-VQA's network: a picture becomes a grid of cells, the parts of a question look at them, and
the first part, which says what is asked, takes the answer.

A cell in which a thing has its middle is described with the very vectors that the words of
questions have, and a cell without one by nothing. A part looks with sigmoids, not with a softmax:
what three cars give is three times what one gives, and what is not there gives nothing. So things
can be counted, and missed.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

from ....scenes.scene import COLOURS, SHAPES, SIZES
from .sentence_forms import ANSWERS, FORMS, WORDS

SIDE = 64
"""Pixels of a picture as the network sees it."""
GRID = 8
"""Cells in a row."""


class Sizes(NamedTuple):
    """Widths of the network."""

    stages: tuple[int, int, int] = (24, 48, 96)
    """Channels at a half, a quarter and an eighth of the picture's side."""
    width: int = 96
    heads: int = 4
    layers: int = 3


class MiniVqa(nn.Module):  # type: ignore[misc]
    """Pictures and questions in, logits of all answers out."""

    def __init__(self, sizes: Sizes = Sizes()) -> None:  # noqa: B008  (a tuple)
        super().__init__()
        self.tower = PictureTower(sizes)
        self.reader = QuestionReader(sizes)

    def forward(self, pictures: torch.Tensor, questions: torch.Tensor) -> torch.Tensor:
        """``pictures``: (picture, 3, 64, 64), 0 to 1; ``questions``: (picture, question, 8), as
        :meth:`TaughtQuestion.numbers` has them. Logits (picture, question, answer).
        """
        return self.reader(self.tower(pictures), questions)


PARTS = 4
"""Of a question."""


class Things(NamedTuple):
    """What stands where, for each cell of the grid."""

    middle: torch.Tensor
    """(picture, cell): logits of whether a thing has its middle there."""
    kinds: tuple[torch.Tensor, torch.Tensor, torch.Tensor]
    """(picture, cell, option) each: logits of its shape, colour and size."""


KINDS = (SHAPES, COLOURS, SIZES)


class _Block(nn.Module):  # type: ignore[misc]
    """Two convolutions beside a way around them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _convolution(channels, channels)
        self.second = _convolution(channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.second(torch.relu(self.first(x))))


def _convolution(before: int, after: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride, padding=1, bias=False), nn.BatchNorm2d(after)
    )


class PictureTower(nn.Module):  # type: ignore[misc]
    """From pictures to the things in them."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        first, second, third = sizes.stages
        self.stages = nn.Sequential(
            _convolution(3, first, 2),
            nn.ReLU(),
            _Block(first),
            _convolution(first, second, 2),
            nn.ReLU(),
            _Block(second),
            _Block(second),
            _convolution(second, third, 2),
            nn.ReLU(),
            _Block(third),
            _Block(third),
        )
        self.out = nn.Conv2d(third, 1 + sum(map(len, KINDS)), 1)

    def forward(self, pictures: torch.Tensor) -> Things:
        """``pictures``: (picture, 3, 64, 64)."""
        pictures = (pictures - 0.5) / 0.25
        cells = self.out(self.stages(pictures.contiguous(memory_format=torch.channels_last)))
        middle, *kinds = cells.flatten(2).mT.float().split([1, *map(len, KINDS)], dim=-1)
        return Things(middle[..., 0], tuple(kinds))


class QuestionReader(nn.Module):  # type: ignore[misc]
    """The parts of a question look at each other and at the cells, layer by layer."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.meanings = nn.Embedding(len(FORMS), sizes.width)
        self.words = nn.Embedding(1 + len(WORDS), sizes.width)
        self.options = [[1 + WORDS.index(word) for word in words] for words in KINDS]
        self.parts = nn.Parameter(0.5 * torch.randn(PARTS, sizes.width))
        self.places = nn.Parameter(_places(sizes.width))
        self.layers = nn.ModuleList(_Layer(sizes) for _ in range(sizes.layers))
        self.norm = nn.LayerNorm(sizes.width)
        self.answers = nn.Linear(sizes.width, len(ANSWERS))

    def forward(self, things: Things, questions: torch.Tensor) -> torch.Tensor:
        """Answers ``questions``, (picture, question, 8)."""
        cells = self._described(things)
        pictures, count, length = questions.shape
        states = self._parts(questions.reshape(-1, length))
        for layer in self.layers:
            states = layer(states, cells, count)
        logits = self.answers(self.norm(states[:, 0]))
        return logits.reshape(pictures, count, -1)

    def _parts(self, questions: torch.Tensor) -> torch.Tensor:
        """(question, part, width): the meaning, the thing, the word, the other thing. A thing is
        the sum of its words.
        """
        words = self.words(questions[:, 1:]) * (questions[:, 1:, None] > 0)
        thing, word, other = words.split([3, 1, 3], dim=1)
        meaning = self.meanings(questions[:, :1])
        parts = [meaning, thing.sum(1, keepdim=True), word, other.sum(1, keepdim=True)]
        return torch.cat(parts, dim=1) + self.parts

    def _described(self, things: Things) -> torch.Tensor:
        """(picture, cell, width): each thing by its words and its place."""
        words = self.places
        for logits, numbers in zip(things.kinds, self.options, strict=True):
            words = words + logits.softmax(-1) @ self.words.weight[numbers]
        return things.middle.sigmoid()[..., None] * words


def _places(width: int) -> torch.Tensor:
    """(cell, width): at first nearly linear in how far right and down a cell lies, so that two
    places can be compared, and one between two cells is their mean.
    """
    steps = torch.linspace(-1, 1, GRID)
    down, right = torch.meshgrid(steps, steps, indexing="ij")
    linear = torch.stack([right, down], dim=-1).reshape(-1, 2) @ torch.randn(2, width)
    return linear + 0.1 * torch.randn(GRID * GRID, width)


class _Layer(nn.Module):  # type: ignore[misc]
    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        width = sizes.width
        self.heads = sizes.heads
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.of_words = nn.Linear(width, 3 * width)
        self.from_words = nn.Linear(width, width)
        self.look = nn.Linear(width, width)
        self.of_cells = nn.Linear(width, 2 * width)
        self.from_cells = nn.Linear(width, width)
        self.rare = nn.Parameter(torch.full((sizes.heads, 1, 1), -3.0))
        """How little a part looks at a cell that says nothing to it."""
        self.think = nn.Sequential(
            nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width)
        )
        with torch.no_grad():  # at first a part matches what is described by its words
            self.of_cells.weight[:width] = self.look.weight

    def forward(self, states: torch.Tensor, cells: torch.Tensor, count: int) -> torch.Tensor:
        """``states``: (picture times ``count`` questions, part, width)."""
        states = states + self._words(self.norms[0](states))
        states = states + self._cells(self.norms[1](states), cells, count)
        return states + self.think(self.norms[2](states))

    def _words(self, states: torch.Tensor) -> torch.Tensor:
        query, key, value = (self._split(part) for part in self.of_words(states).chunk(3, -1))
        matches = query @ key.mT * key.shape[-1] ** -0.5
        return self.from_words(_joined(matches.softmax(-1) @ value))

    def _cells(self, states: torch.Tensor, cells: torch.Tensor, count: int) -> torch.Tensor:
        """All parts of all questions about one picture look at once."""
        sentences, words, width = states.shape
        query = self._split(self.look(states.reshape(-1, count * words, width)))
        key, value = (self._split(part) for part in self.of_cells(cells).chunk(2, -1))
        matches = query @ key.mT * key.shape[-1] ** -0.5 + self.rare
        mixed = self.from_cells(_joined(matches.sigmoid() @ value))
        return mixed.reshape(sentences, words, width)

    def _split(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


def _joined(x: torch.Tensor) -> torch.Tensor:
    return x.transpose(1, 2).flatten(2)
