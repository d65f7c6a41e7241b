"""The binding probe: from a prompt and its encoders to a verdict for every contrast, in every
readout.

    result = probe("a red car next to a blue house", [encoder])
    result.verdicts, result.outcomes, result.lints
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..encoding.text_encoder import Answer, Architecture, TextEncoder, encode
from ..english.reading import read
from ..english.statements import Reading
from ..progress import Progress, no_progress, say, stage
from ..translation import translate
from .cosine_rule import UNRELATED, Cosines, cosines
from .design_answers import RepeatedAnswers, measure_repeated, measures_of
from .designs import LIMIT, Design, ProbePlan, plan
from .generator_inputs import CONDITIONING, GeneratorInputs, conditioning_sequence
from .measures import Measure
from .readouts import CROSS, POOLED, SEQUENCE, Gram, gram, names, tokens_at
from .selectivity import Selectivity, selectivity
from .thresholds import Thresholds
from .token_lint import Lint, lint
from .verdicts import Verdict, best, decide, judge

EncodePrompt = Callable[[Sequence[str]], Mapping[str, Mapping[str, Answer]]]
"""Texts -> stream -> answer, exactly as the generator gets them, weights and all."""


@dataclass(frozen=True)
class ProbeOptions:
    """What a probe can be given beside the prompt and its encoders."""

    generator_inputs: GeneratorInputs | None = None
    encode_prompt: EncodePrompt | None = None
    """How the prompt itself is encoded; None: like the sentences."""
    cache: Path | None = None
    limit: int = LIMIT
    progress: Progress = no_progress


@dataclass(frozen=True)
class StreamInfo:
    """One encoder of the probe, without its weights."""

    name: str
    title: str
    architecture: Architecture


@dataclass(frozen=True)
class ProbeResult:
    """All that the probe measured of one prompt."""

    reading: Reading
    plan: ProbePlan
    streams: tuple[StreamInfo, ...]
    generator_inputs: GeneratorInputs | None
    verdicts: tuple[Verdict, ...] = ()
    selectivity: Mapping[tuple[int, str], tuple[Selectivity, ...]] = field(default_factory=dict)
    """(contrast, stream) -> how far either modifier moves each word."""
    cosines: Mapping[tuple[int, str], Cosines] = field(default_factory=dict)
    lints: tuple[Lint, ...] = ()

    @property
    def outcomes(self) -> tuple[str, ...]:
        """One verdict for each contrast: that of the best readout which the generator can use."""
        return tuple(
            best([verdict.verdict for verdict in self.deciding(k)])
            for k in range(len(self.plan.designs))
        )

    def deciding(self, contrast: int) -> list[Verdict]:
        """The verdicts that count for a contrast."""
        verdicts = [verdict for verdict in self.verdicts if verdict.contrast == contrast]
        inputs = self.generator_inputs
        if inputs is None:
            return verdicts
        return [
            verdict
            for verdict in verdicts
            if verdict.stream == CONDITIONING and inputs.takes(CONDITIONING, verdict.readout)
        ]


def probe(
    text: str, encoders: Sequence[TextEncoder], options: ProbeOptions | None = None
) -> ProbeResult:
    """Measures every contrast of a prompt. A prompt without contrasts gives lints only. Raises
    :class:`EncoderScopeError` for marks that do not fit.
    """
    options = options or ProbeOptions()
    reading = read(text)
    probe_plan = plan(reading, options.limit)
    result = ProbeResult(
        reading,
        probe_plan,
        tuple(StreamInfo(each.name, each.title, each.architecture) for each in encoders),
        options.generator_inputs,
        lints=tuple(_lints(reading, encoders)),
    )
    return _measured(result, encoders, options) if probe_plan.designs else result


def _measured(
    result: ProbeResult, encoders: Sequence[TextEncoder], options: ProbeOptions
) -> ProbeResult:
    """The result with all that is measured on the encoders' answers."""
    steps = len(encoders) + 1
    streams = [
        _Stream(encoder, result.plan, stage(options.progress, number, steps))
        for number, encoder in enumerate(encoders)
    ]
    thresholds = Thresholds(
        encoders, result.plan, options.cache, stage(options.progress, len(encoders), steps)
    )
    selectivities: dict[tuple[int, str], tuple[Selectivity, ...]] = {}
    all_cosines: dict[tuple[int, str], Cosines] = {}
    for k, design in enumerate(result.plan.designs):
        for stream in streams:
            answers = stream.answers.answers
            selectivities[k, stream.name] = selectivity(design, answers)
            all_cosines[k, stream.name] = cosines(design, answers)
    verdicts = decide(list(_verdicts(streams, result.plan, thresholds, options)))
    return replace(result, verdicts=tuple(verdicts), selectivity=selectivities, cosines=all_cosines)


def _lints(reading: Reading, encoders: Sequence[TextEncoder]) -> Iterator[Lint]:
    for encoder in encoders:
        if reading.attributes:
            [tokens] = encoder.tokenize([reading.text])
            yield from lint(reading, encoder.name, encoder.title, encoder.architecture, tokens)


class _Stream:
    """One stream's answers to all designs of a prompt."""

    def __init__(self, encoder: TextEncoder, plan: ProbePlan, progress: Progress) -> None:
        self.encoder = encoder
        self.name = encoder.name
        frames = (frame for design in plan.designs for frame in design.frames)
        texts = [cell.text for frame in frames for cell in frame.cells()]
        self.answers = RepeatedAnswers(encoder, plan.designs, [*texts, UNRELATED], progress)
        self.readouts = names(self.answers.answers[UNRELATED])
        [self.prompt] = encoder.tokenize([plan.text])

    def misses(self, design: Design, readout: str) -> bool:
        """A word of the contrast has no token in the prompt, or none of them reaches the pooled
        vector.
        """
        words = [tokens_at(self.prompt, word.span) for word in design.contrast.words()]
        if not words or not any(span is not None for span in self.prompt.spans):
            return False  # no word of the prompt is tested, or its characters are not known
        if not all(words):
            return True
        behind = [all(self.prompt.windows[k] > 0 for k in tokens) for tokens in words]
        return readout == POOLED and all(behind)


# --- verdicts
# --------------------------------------------------------------------------------------------------

_InPrompt = Mapping[str, Mapping[str, Measure]]
"""Stream -> readout -> the design's cells in the prompt itself."""


def _verdicts(
    streams: Sequence[_Stream], plan: ProbePlan, thresholds: Thresholds, options: ProbeOptions
) -> Iterator[Verdict]:
    for k, design in enumerate(plan.designs):
        in_prompt = _measure_in_prompt(streams, design, options)
        for stream in streams:
            for readout in stream.readouts:
                key = (k, stream.name, readout)
                verdict = _with_prompt(
                    judge(stream.answers.measure(design, readout), thresholds.of(*key), key),
                    in_prompt.get(stream.name, {}).get(readout),
                )
                yield _lost_if(verdict, stream.misses(design, readout))
        if options.generator_inputs:
            conditioning = _Conditioning(options.generator_inputs, streams, in_prompt)
            yield from conditioning.verdicts(k, design, thresholds)


def _measure_in_prompt(
    streams: Sequence[_Stream], design: Design, options: ProbeOptions
) -> _InPrompt:
    """Encoded once for all readouts; a stream that ``encode_prompt`` does not give is left out."""
    if design.in_prompt is None:
        return {}
    design = replace(design, frames=(design.in_prompt,))
    texts = [cell.text for cell in design.frames[0].cells()]
    by_text: Mapping[str, Mapping[str, Answer]] = {}
    say(
        options.progress,
        translate("The prompt and its rivals are encoded, padded as the model gets them."),
    )
    if options.encode_prompt is not None:
        by_text = options.encode_prompt(texts)
    measures: dict[str, Mapping[str, Measure]] = {}
    for stream in streams:
        if options.encode_prompt is None:
            answers = encode(stream.encoder, texts)
        else:
            answers = {
                text: streams_of_text[stream.name]
                for text, streams_of_text in by_text.items()
                if stream.name in streams_of_text
            }
        if all(text in answers for text in texts):
            measures[stream.name] = measures_of(design, answers)
    return measures


def _with_prompt(verdict: Verdict, in_prompt: Measure | None) -> Verdict:
    if in_prompt is None:
        return verdict
    return replace(verdict, in_prompt=in_prompt.share, lost_in_prompt=in_prompt.collapsed)


def _lost_if(verdict: Verdict, missed: bool) -> Verdict:
    return replace(verdict, lost_in_prompt=verdict.lost_in_prompt or missed)


@dataclass(frozen=True)
class _Conditioning:
    """The conditioning as a whole: pooled vectors concatenated, sequences concatenated, and all
    tokens together as one set.
    """

    inputs: GeneratorInputs
    streams: Sequence[_Stream]
    in_prompt: _InPrompt

    def verdicts(self, k: int, design: Design, thresholds: Thresholds) -> Iterator[Verdict]:
        """One for every readout that some stream gives."""
        for readout in (POOLED, SEQUENCE, CROSS):
            streams = self._streams_of(readout)
            if not streams:
                continue
            if readout == CROSS:
                table = self._sequence_gram(streams, design)
            else:
                table = _added([stream.answers.gram(design, readout) for stream in streams])
            bands = [thresholds.of(k, stream.name, readout) for stream in streams]
            null = (max(low for low, _ in bands), max(high for _, high in bands))
            verdict = _with_prompt(
                judge(measure_repeated(table, design), null, (k, CONDITIONING, readout)),
                self._measure_in_prompt(readout),
            )
            yield _lost_if(verdict, all(stream.misses(design, readout) for stream in streams))

    def _names(self, readout: str) -> tuple[str, ...]:
        return self.inputs.pooled if readout == POOLED else self.inputs.sequence

    def _streams_of(self, readout: str) -> list[_Stream]:
        """The streams that this readout of the conditioning is made of."""
        by_name = {stream.name: stream for stream in self.streams}
        streams = [by_name[name] for name in self._names(readout) if name in by_name]
        if readout != POOLED:
            return streams
        return [stream for stream in streams if POOLED in stream.readouts]

    def _sequence_gram(self, streams: Sequence[_Stream], design: Design) -> Gram:
        columns = [stream.answers.of(design) for stream in streams]
        cells = []
        for row in zip(*columns, strict=True):
            answers = {stream.name: row[k][1] for k, stream in enumerate(streams)}
            cells.append((row[0][0], conditioning_sequence(self.inputs, answers)))
        return gram(CROSS, cells)

    def _measure_in_prompt(self, readout: str) -> Measure | None:
        """As far as the streams tell it: lost only where every stream that the readout takes has
        lost it.
        """
        measures = [
            self.in_prompt[name][readout]
            for name in self._names(readout)
            if readout in self.in_prompt.get(name, {})
        ]
        return max(measures, key=lambda each: (not each.collapsed, each.share), default=None)


def _added(grams: Sequence[Gram]) -> Gram:
    """Vectors laid end to end: their inner products add up."""
    first, *rest = grams
    total = sum((each.matrix for each in rest), first.matrix.new_zeros(())) + first.matrix
    return Gram(total, sum(each.rounding for each in grams))
