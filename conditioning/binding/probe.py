"""The binding probe: from a prompt and its encoders to a verdict for every contrast, in every
readout.

found = probe("a red car next to a blue house", [encoder])
found.verdicts, found.outcomes, found.lints
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..encoding.text_encoder import Answer, Architecture, TextEncoder, encode
from ..english.reading import read
from ..english.statements import Reading
from ..progress import Progress, no_progress, stage
from .cells import Cell, Design
from .contrasts import LIMIT, Plan, plan, words_of
from .cosine_rule import UNRELATED, Cosines, cosines
from .generator_inputs import CONDITIONING, GeneratorInputs, conditioning_sequence
from .measures import Measure, measure
from .null_distribution import four, measures_of
from .readouts import CROSS, POOLED, SEQUENCE, Answers, Gram, gram, names, rows_at
from .selectivity import Heard, heard
from .thresholds import Thresholds
from .token_lint import Lint, lint
from .verdicts import Verdict, best, decide, judge

Whole = Callable[[Sequence[str]], Mapping[str, Mapping[str, Answer]]]
"""Texts -> stream -> answer, exactly as the generator gets them, weights and all."""


@dataclass(frozen=True)
class Options:
    layout: GeneratorInputs | None = None
    whole: Whole | None = None
    """How the prompt itself is encoded; None: like the sentences."""
    cache: Path | None = None
    limit: int = LIMIT
    progress: Progress = no_progress


@dataclass(frozen=True)
class StreamInfo:
    name: str
    title: str
    architecture: Architecture


@dataclass(frozen=True)
class Probed:
    reading: Reading
    plan: Plan
    streams: tuple[StreamInfo, ...]
    layout: GeneratorInputs | None
    verdicts: tuple[Verdict, ...] = ()
    heard: Mapping[tuple[int, str], tuple[Heard, ...]] = field(default_factory=dict)
    """(contrast, stream) -> who hears whom."""
    cosines: Mapping[tuple[int, str], Cosines] = field(default_factory=dict)
    lints: tuple[Lint, ...] = ()

    @property
    def outcomes(self) -> tuple[str, ...]:
        """One verdict for each contrast: that of the best readout which the generator can use."""
        return tuple(
            best([one.verdict for one in self.deciding(k)]) for k in range(len(self.plan.designs))
        )

    def deciding(self, contrast: int) -> list[Verdict]:
        """The verdicts that count for a contrast."""
        found = [one for one in self.verdicts if one.contrast == contrast]
        layout = self.layout
        return (
            [one for one in found if one.stream == CONDITIONING and layout.takes(*_at(one))]
            if layout
            else found
        )


def _at(one: Verdict) -> tuple[str, str]:
    return one.stream, one.readout


def probe(text: str, encoders: Sequence[TextEncoder], options: Options | None = None) -> Probed:
    """Raises :class:`EncoderScopeError` for marks that do not fit. A prompt without contrasts gives
    lints only.
    """
    options = options or Options()
    reading = read(text)
    plans = plan(reading, options.limit)
    streams = tuple(StreamInfo(one.name, one.title, one.architecture) for one in encoders)
    found = Probed(reading, plans, streams, options.layout, lints=tuple(_lints(reading, encoders)))
    if not plans.designs:
        return found
    heard_all: dict[tuple[int, str], tuple[Heard, ...]] = {}
    cosines_all: dict[tuple[int, str], Cosines] = {}
    grams: list[_Grams] = []
    steps = len(encoders) + 1
    for number, encoder in enumerate(encoders):
        answers = encode(encoder, _texts(plans), stage(options.progress, number, steps))
        again = encode(encoder, list(reversed(_texts_again(plans))))
        grams.append(_Grams(encoder, plans, answers, again))
        for k, one in enumerate(plans.designs):
            heard_all[k, encoder.name] = heard(one, answers)
            cosines_all[k, encoder.name] = cosines(one, answers)
    thresholds = Thresholds(
        encoders, plans, options.cache, stage(options.progress, len(encoders), steps)
    )
    verdicts = list(_verdicts(grams, plans, thresholds, options))
    return replace(found, verdicts=tuple(decide(verdicts)), heard=heard_all, cosines=cosines_all)


def _lints(reading: Reading, encoders: Sequence[TextEncoder]) -> Iterator[Lint]:
    for encoder in encoders:
        if reading.pairs:
            [rows] = encoder.rows([reading.text])
            yield from lint(reading, encoder.name, encoder.title, encoder.architecture, rows)


def _texts(plans: Plan) -> list[str]:
    cells = (cell for one in plans.designs for frame in one.frames for cell in frame.cells())
    return [*(cell.text for cell in cells), UNRELATED]


def _texts_again(plans: Plan) -> list[str]:
    """Of each contrast the first frame, encoded once more in other company: what differs is
    numerics.
    """
    return [cell.text for one in plans.designs for cell in one.frames[0][:4] if cell is not None]


class _Grams:
    """One stream's answers to all designs."""

    def __init__(self, encoder: TextEncoder, plans: Plan, answers: Answers, again: Answers) -> None:
        self.encoder, self.plans, self.answers, self.again = encoder, plans, answers, again
        self.readouts = names(next(iter(answers.values())))
        [self.prompt] = encoder.rows([plans.text])

    def misses(self, design: Design, readout: str) -> bool:
        """A word of the contrast has no token in the prompt, or none of them reaches the pooled
        vector.
        """
        found = [rows_at(self.prompt, (word.start, word.end)) for word in words_of(design.contrast)]
        if not found or not any(span is not None for span in self.prompt.spans):
            return False  # nothing of the prompt's is tested, or its characters cannot be told
        behind = [all(self.prompt.windows[row] > 0 for row in rows) for rows in found]
        return any(not rows for rows in found) or (readout == POOLED and all(behind))

    def told(self, k: int) -> list[tuple[Cell, Answer]]:
        design = self.plans.designs[k]
        cells = four(design)
        return [
            *((one, self.answers[one.text]) for one in cells),
            *((one, self.again[one.text]) for one in cells[:4]),
        ]

    def gram(self, k: int, readout: str) -> Gram:
        return gram(readout, self.told(k))


def _verdicts(
    grams: Sequence[_Grams], plans: Plan, thresholds: Thresholds, options: Options
) -> Iterator[Verdict]:
    for k, design in enumerate(plans.designs):
        inside = _inside(grams, design, options)
        for stream in grams:
            for readout in stream.readouts:
                found = measure(stream.gram(k, readout), len(design.frames), 4)
                at = (k, stream.encoder.name, readout)
                made = _in_prompt(
                    judge(found, thresholds.of(*at), at),
                    inside.get(stream.encoder.name, {}).get(readout),
                )
                yield replace(
                    made, lost_in_prompt=made.lost_in_prompt or stream.misses(design, readout)
                )
        if options.layout:
            yield from _whole(grams, k, design, thresholds, options.layout, inside)


_Inside = Mapping[str, Mapping[str, Measure]]
"""Stream -> readout -> the design's cells in the prompt itself."""


def _inside(grams: Sequence[_Grams], design: Design, options: Options) -> _Inside:
    """Encoded once for all readouts; a stream that ``whole`` does not give is left out."""
    if design.in_prompt is None:
        return {}
    texts = [cell.text for cell in design.in_prompt.cells()]
    whole = options.whole(texts) if options.whole is not None else None
    out: dict[str, Mapping[str, Measure]] = {}
    for encoder in (one.encoder for one in grams):
        if whole is None:
            answers = encode(encoder, texts)
        else:
            answers = {
                text: found[encoder.name] for text, found in whole.items() if encoder.name in found
            }
        if all(text in answers for text in texts):
            out[encoder.name] = measures_of(replace(design, frames=(design.in_prompt,)), answers)
    return out


def _in_prompt(one: Verdict, inside: Measure | None) -> Verdict:
    return (
        one
        if inside is None
        else replace(one, in_prompt=inside.share, lost_in_prompt=inside.collapsed)
    )


def _whole(
    grams: Sequence[_Grams],
    k: int,
    design: Design,
    thresholds: Thresholds,
    layout: GeneratorInputs,
    inside: _Inside,
) -> Iterator[Verdict]:
    """The conditioning: pooled vectors joined, sequences joined, and all tokens together as one
    set.
    """
    by_name = {one.encoder.name: one for one in grams}
    at_all = _inside_whole(layout, inside)
    for readout, streams in (
        (POOLED, layout.pooled),
        (SEQUENCE, layout.sequence),
        (CROSS, layout.sequence),
    ):
        taken = [
            by_name[name]
            for name in streams
            if name in by_name and (readout != POOLED or POOLED in by_name[name].readouts)
        ]
        if not taken:
            continue
        made = (
            _kernel(layout, taken, k)
            if readout == CROSS
            else _added([one.gram(k, readout) for one in taken])
        )
        bands = [thresholds.of(k, one.encoder.name, readout) for one in taken]
        null = (max(band[0] for band in bands), max(band[1] for band in bands))
        at = (k, CONDITIONING, readout)
        found = _in_prompt(
            judge(measure(made, len(design.frames), 4), null, at), at_all.get(readout)
        )
        missed = all(one.misses(design, readout) for one in taken)
        yield replace(found, lost_in_prompt=found.lost_in_prompt or missed)


def _added(grams: Sequence[Gram]) -> Gram:
    """Vectors laid end to end: their inner products add up."""
    total = sum(one.matrix for one in grams[1:]) + grams[0].matrix
    return Gram(total, sum(one.rounding for one in grams))


def _kernel(layout: GeneratorInputs, taken: Sequence[_Grams], k: int) -> Gram:
    columns = [one.told(k) for one in taken]
    rows = [
        (
            cells[0][0],
            conditioning_sequence(
                layout, {one.encoder.name: cell[1] for one, cell in zip(taken, cells, strict=True)}
            ),
        )
        for cells in zip(*columns, strict=True)
    ]
    return gram(CROSS, rows)


def _inside_whole(layout: GeneratorInputs, inside: _Inside) -> dict[str, Measure]:
    """As far as the streams tell it: lost only where every stream that the readout takes has lost
    it.
    """
    out: dict[str, Measure] = {}
    for readout, streams in (
        (POOLED, layout.pooled),
        (SEQUENCE, layout.sequence),
        (CROSS, layout.sequence),
    ):
        found = [inside[name].get(readout) for name in streams if name in inside]
        present = [one for one in found if one is not None]
        if present:
            out[readout] = max(present, key=lambda one: (not one.collapsed, one.share))
    return out
