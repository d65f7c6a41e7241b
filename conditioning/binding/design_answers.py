"""An encoder's answers to the cells of designs, and the measures made of them."""

from __future__ import annotations

from collections.abc import Sequence

from ..encoding.text_encoder import Answer, TextEncoder, encode
from ..english.cells import Cell
from ..progress import Announced, Progress, no_progress
from ..translation import translate_count
from .designs import Design
from .measures import Measure, measure
from .readouts import Answers, Gram, answers_of, gram, names


class RepeatedAnswers:
    """Answers to some texts, and to the first frame of every design once more, encoded in other
    company: what the two differ in is numerics.
    """

    def __init__(
        self,
        encoder: TextEncoder,
        designs: Sequence[Design],
        texts: Sequence[str],
        progress: Progress = no_progress,
    ) -> None:
        """``texts``: all that is encoded, the cells of ``designs`` among them."""
        count = len(dict.fromkeys(texts))
        sentence = translate_count(
            "{encoder} reads {count} test sentence.",
            "{encoder} reads {count} test sentences.",
            count,
            encoder=encoder.title,
        )
        reading = Announced(progress, sentence)
        self.answers = encode(encoder, texts, reading)
        repeated = [cell.text for each in designs for cell in each.frames[0].four]
        self._repeats = encode(encoder, list(reversed(repeated)))

    def of(self, design: Design) -> list[tuple[Cell, Answer]]:
        """The cells with their answers, and behind them the repeated ones."""
        cells = design.cells()
        return [*answers_of(cells, self.answers), *answers_of(cells[:4], self._repeats)]

    def gram(self, design: Design, readout: str) -> Gram:
        """Inner products between the answers to one design."""
        return gram(readout, self.of(design))

    def measure(self, design: Design, readout: str) -> Measure:
        """One design in one readout."""
        return measure_repeated(self.gram(design, readout), design)


def measure_repeated(table: Gram, design: Design) -> Measure:
    """The measure of a Gram matrix over :meth:`RepeatedAnswers.of`."""
    return measure(table, len(design.frames), repeats=4)


def measure_designs(
    encoder: TextEncoder, designs: Sequence[Design], progress: Progress = no_progress
) -> list[dict[str, Measure]]:
    """Each design in every readout of the encoder."""
    answers = encode(encoder, [text for each in designs for text in each.texts()], progress)
    return [measures_of(each, answers) for each in designs]


def measures_of(design: Design, answers: Answers) -> dict[str, Measure]:
    """One design in every readout that the answers have."""
    cells = answers_of(design.cells(), answers)
    return {
        readout: measure(gram(readout, cells), len(design.frames)) for readout in names(cells[0][1])
    }
