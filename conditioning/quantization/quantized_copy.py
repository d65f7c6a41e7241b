"""A quantised copy of a text encoder's file: written one tensor at a time, checked against its
source, and measured.

    result = quantize(open_checkpoint(path), target, "int8", progress=show)
    result.states.differences        # how far the differences between sentences moved

Only the linear layers inside the blocks are packed; vocabulary tables, positions, norms and
projections stay as they are stored. One tensor is in memory at a time. An interruption leaves what
is whole, and the same call goes on from there.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from ... import kernels
from ..encoder_files import packing
from ..encoder_files.checkpoint import Checkpoint
from ..encoder_files.description import Description
from ..encoder_files.signatures import describe
from ..encoder_files.tensor_reader import TensorReader
from ..finite_weights import is_finite
from ..progress import Announced, Progress, no_progress
from ..translation import later, translatable
from .growing_file import (
    Damaged,
    GrowingFile,
    as_bytes,
    cannot_be_written,
    check_target,
    from_bytes,
)
from .layer_by_layer import ACTIVATIONS, Difference, Pairs, compare
from .plan import CannotQuantize, QuantizationPlan, TensorStep, VocabularyTensor, make_plan

_ALLOWED = 1.05
"""Half steps that a number may be off: one, and the rounding of scales."""
_RANDOM_TOKENS = 16
"""Tokens of a random sentence."""
_EVERY = translatable("ComfyUI's own loaders read it, 0.3.75 included.")
_NEWEST = translatable(
    "ComfyUI's own loaders read it after version 0.26 (June 2026); in older ones use Load "
    "Text Encoders, or the picture is noise."
)
_NOBODY = translatable(
    "ComfyUI's own loaders do not read it: use Load Text Encoders, or there is an error, or "
    "noise for a picture."
)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """``pairs``: tokens of sentences to be told apart, all of one length; random ones where there
    are none.
    """

    format: str = "int8"
    vocabulary: VocabularyTensor | None = None
    pairs: Pairs = ()


@dataclass(frozen=True)
class QuantizationResult:
    """What came of it. Errors are relative: root mean square of the error by that of the value."""

    path: Path
    title: str
    format: str
    stock: str
    """Which of ComfyUI's own loaders read it."""
    before: int
    """Bytes of the encoder in its source."""
    after: int
    seconds: float
    resumed: int
    """Tensors that an earlier, interrupted run had written."""
    matrices: Mapping[str, int]
    """How many became what: {"int4": 160, "int8": 8}."""
    weights: float
    """Error of the packed weights, over all of them."""
    worst: tuple[str, float]
    """The layer with the largest error, and that."""
    states: Difference | None
    """None for an architecture whose states are not measured."""
    random_sentences: bool
    """The sentences were random tokens, since nothing could read text."""


def quantize(
    checkpoint: Checkpoint,
    target: Path,
    request: Request | None = None,
    progress: Progress = no_progress,
) -> QuantizationResult:
    """Writes ``target``, which must not exist. ``progress`` may raise to stop the work.

    Raises :class:`EncoderScopeError` for a source that has no quantised copy, a full disk, a target
    that is there, or a damaged result.
    """
    request = request or Request()
    started = time.monotonic()
    description = describe(checkpoint)
    plan = make_plan(checkpoint, description, request.format, request.vocabulary)
    check_target(target, 0)
    reader = TensorReader(checkpoint, description)
    pairs = request.pairs or _random_pairs(description.vocabulary or 1)
    work = _announced_work(progress, description, plan, request)
    with GrowingFile(target, plan) as file:
        with _resumable(file):
            _write(file, plan, reader, request.vocabulary, work)
            weight_error, worst = _verify(file, plan, reader, work)
            states = _measure(file, plan, reader, pairs, work)
        file.finish()
    return QuantizationResult(
        path=target,
        title=description.title,
        format=request.format,
        stock=host_support(plan),
        before=_source_bytes(plan, reader),
        after=plan.size,
        seconds=time.monotonic() - started,
        resumed=file.resumed,
        matrices=_format_counts(plan),
        weights=weight_error,
        worst=worst,
        states=states,
        random_sentences=not request.pairs,
    )


def _announced_work(
    progress: Progress, description: Description, plan: QuantizationPlan, request: Request
) -> _Work:
    """Three passes over all values of the plan as one work, and the sentence of what is done."""
    sentence = f"{description.title}: packed as {request.format}, read again, and measured."
    return _Work(Announced(progress, sentence), sum(step.elements for step in plan.steps), 3)


@contextmanager
def _resumable(file: GrowingFile) -> Iterator[None]:
    """Says of an interrupted copy how much of it stays and that a later run goes on with it. A
    source of which no copy can be made leaves nothing.
    """
    try:
        yield
    except CannotQuantize:
        file.discard()
        raise
    except OSError as error:
        remedy = later(
            "Make room and start it again: {left} In another folder it begins anew.",
            left=file.left(),
        )
        raise cannot_be_written(file.target, error, remedy) from error
    except BaseException:
        log.warning("Stopped: %s", file.left())
        raise


def host_support(plan: QuantizationPlan) -> str:
    """Which of ComfyUI's own loaders read the copy for what it is (docs/quantising.md has the
    versions).
    """
    description = plan.description
    looked_for = description.name == "t5_11b" or (
        description.variant in ("t5_v1_1", "umt5")
        and (description.width, description.layers) == (4096, 24)
    )
    if not looked_for:
        return _NOBODY
    return {"fp8": _EVERY, "int8": _NEWEST}.get(plan.format, _NOBODY)


class _Work:
    """Counts values through several passes and reports them as one work."""

    def __init__(self, progress: Progress, values: int, passes: int) -> None:
        self._progress = progress
        self._total = max(1, values * passes)
        self._done = 0

    def __call__(self, values: int) -> None:
        self._done = min(self._total, self._done + values)
        self._progress(self._done, self._total)


def _write(
    file: GrowingFile,
    plan: QuantizationPlan,
    reader: TensorReader,
    vocabulary: VocabularyTensor | None,
    work: _Work,
) -> None:
    for step in plan.steps:
        if not all(file.has(step.name + spec.suffix) for spec in step.stored):
            for end, tensor in _packed(step, reader, vocabulary).items():
                file.put(step.name + end, tensor)
        work(step.elements)


def _packed(
    step: TensorStep, reader: TensorReader, vocabulary: VocabularyTensor | None
) -> dict[str, torch.Tensor]:
    """The tensors of one step by their suffixes. Raises :class:`CannotQuantize`."""
    if step.source is None:
        data = b""
        if vocabulary and step.name == vocabulary.key:
            data = vocabulary.data
        return {"": from_bytes(bytearray(data), step.stored[0].dtype, step.shape)}
    weight = reader.read(step.source)
    if not is_finite(weight):
        raise CannotQuantize(
            "{tensor} holds numbers that are not finite.",
            "Finite weights were expected.",
            "The source is damaged: download it again.",
            tensor=step.name,
        )
    return packing.pack(step.format, weight) if step.format else {"": weight}


def _verify(
    file: GrowingFile, plan: QuantizationPlan, reader: TensorReader, work: _Work
) -> tuple[float, tuple[str, float]]:
    """Everything is read back: unchanged tensors are the source's, and each packed number lies
    within half a step of its source. The error of all weights, and the layer with the largest.
    """
    deviations: dict[str, packing.Deviation] = {}
    for step in plan.steps:
        for spec in step.stored:
            file.check(step.name + spec.suffix)
        if step.source and step.format:
            deviations[step.name] = _deviation(step, reader.read(step.source), _stored(file, step))
        elif step.source:
            _require_unchanged(file, step, reader.read(step.source))
        work(step.elements)
    squared_error = sum(deviation.squared_error for deviation in deviations.values())
    squared_norm = sum(deviation.squared_norm for deviation in deviations.values())
    errors = {name: deviation.relative for name, deviation in deviations.items()}
    worst = max(errors, key=errors.__getitem__)
    overall = packing.Deviation(0.0, squared_error, squared_norm)
    return overall.relative, (worst, errors[worst])


def _require_unchanged(file: GrowingFile, step: TensorStep, tensor: torch.Tensor) -> None:
    """Raises :class:`Damaged` where the copy's tensor is not the source's."""
    if hashlib.sha256(as_bytes(tensor)).hexdigest() != file.hashes[step.name]:
        raise Damaged(
            "{tensor} is not as the source has it.",
            "The same bytes were expected.",
            "The source changed meanwhile: ask again.",
            tensor=step.name,
        )


def _deviation(
    step: TensorStep, weight: torch.Tensor, tensors: Mapping[str, torch.Tensor]
) -> packing.Deviation:
    """Raises :class:`Damaged` where the packed numbers are not those of the source."""
    deviation = packing.deviation(weight, _as_packed(step, tensors))
    if not deviation.half_steps <= _ALLOWED:
        raise Damaged(
            "{tensor} is {deviation:.2f} half steps of {format} off.",
            "At most {most} was expected.",
            "The source may have changed meanwhile: ask again.",
            tensor=step.name,
            deviation=deviation.half_steps,
            format=step.format,
            most=_ALLOWED,
        )
    return deviation


def _as_packed(step: TensorStep, tensors: Mapping[str, torch.Tensor]) -> kernels.Packed:
    return packing.as_packed(step.format, tensors, packing.group_size(step.shape[1]))


def _stored(file: GrowingFile, step: TensorStep) -> dict[str, torch.Tensor]:
    return {
        spec.suffix: from_bytes(file.read(step.name + spec.suffix), spec.dtype, spec.shape)
        for spec in step.stored
    }


def _measure(
    file: GrowingFile, plan: QuantizationPlan, reader: TensorReader, pairs: Pairs, work: _Work
) -> Difference | None:
    """The complete encoder, source and copy side by side, with one matrix of each in memory."""
    description, steps = plan.description, {step.name: step for step in plan.steps}
    if description.activation not in ACTIVATIONS or not description.heads:
        return None

    def exact(key: str) -> torch.Tensor:
        step = steps.get(key) or steps[key.removesuffix(".weight")]
        assert step.source is not None
        return reader.read(step.source)

    def copy(key: str) -> torch.Tensor:
        step = steps.get(key.removesuffix(".weight"))
        if step is None or not step.format:
            return exact(key)
        return kernels.unpack(_as_packed(step, _stored(file, step)), torch.float32)

    values = sum(step.elements for step in plan.steps) // ((description.layers or 0) + 1)
    return compare(description, pairs, exact, copy, lambda: work(values))


def _random_pairs(vocabulary: int) -> Pairs:
    """Sentences of random tokens; those of a pair have two tokens exchanged, as a sentence and its
    swap have.
    """
    rows = torch.randint(
        3,
        max(4, min(vocabulary, 30_000)),
        (3, _RANDOM_TOKENS),
        generator=torch.Generator().manual_seed(5),
    ).tolist()
    return [(row, [row[0], row[9], *row[2:9], row[1], *row[10:]]) for row in rows]


def _source_bytes(plan: QuantizationPlan, reader: TensorReader) -> int:
    """Of the encoder in its source; thirds of one matrix count once."""
    keys = {step.source.key for step in plan.steps if step.source}
    return sum(reader.tensors[key].size for key in keys if key in reader.tensors)


def _format_counts(plan: QuantizationPlan) -> dict[str, int]:
    formats = [step.format for step in plan.steps if step.format]
    return {name: formats.count(name) for name in packing.FORMATS if name in formats}
