"""A quantised copy of a text encoder's file: written one tensor at a time, checked against its
source, and measured.

    done = quantise(open_checkpoint(path), target, "int8", progress=show)
    done.states.differences        # how far the differences between sentences moved

Only the linear layers inside the blocks are packed; vocabulary tables, positions, norms and
projections stay as they are stored. One tensor is in memory at a time. An interruption leaves what
is whole, and the same call goes on from there.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from ... import kernels
from ..encoder_files import packing
from ..encoder_files.checkpoint import Checkpoint
from ..encoder_files.signatures import describe
from ..encoder_files.tensor_reader import TensorReader
from ..progress import Progress, no_progress
from .growing_file import Damaged, GrowingFile, as_bytes, check_target, from_bytes
from .layer_by_layer import ACTIVATIONS, Difference, Pairs, compare
from .plan import CannotQuantise, Plan, Step, Vocabulary, plan

_ALLOWED = 1.05
"""Half steps that a number may be off: one, and the rounding of scales."""
_MADE_UP = 16
"""Tokens of a made-up sentence."""
_EVERY = "ComfyUI's own loaders read it, 0.3.75 included."
_NEWEST = (
    "ComfyUI's own loaders read it after version 0.26 (June 2026); in older ones use Load "
    "Text Encoders, or the picture is noise."
)
_NOBODY = (
    "ComfyUI's own loaders do not read it: use Load Text Encoders, or there is an error, or "
    "noise for a picture."
)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """``pairs``: tokens of sentences to be told apart, all of one length; made-up ones where there
    are none.
    """

    format: str = "int8"
    vocabulary: Vocabulary | None = None
    pairs: Pairs = ()


@dataclass(frozen=True)
class Quantised:
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
    made_up: bool
    """The sentences were random tokens, since nothing could read text."""


def quantise(
    checkpoint: Checkpoint,
    target: Path,
    request: Request | None = None,
    progress: Progress = no_progress,
) -> Quantised:
    """Writes ``target``, which must not exist. ``progress`` gets work done and work in all, and may
    raise to stop.

    Raises :class:`EncoderScopeError` for a source that has no quantised copy, a full disk, a target
    that is there, or a damaged result.
    """
    request = request or Request()
    started = time.monotonic()
    one = describe(checkpoint)
    made = plan(checkpoint, one, request.format, request.vocabulary)
    check_target(target, 0)
    reader = TensorReader(checkpoint, one)
    work = _Work(progress, sum(step.elements for step in made.steps), 3)
    with GrowingFile(target, made) as file:
        try:
            _write(file, made, reader, request.vocabulary, work)
            errors, worst = _verify(file, made, reader, work)
            pairs, made_up = request.pairs or _made_up(one.vocabulary or 1), not request.pairs
            states = _measure(file, made, reader, pairs, work)
        except CannotQuantise:
            file.discard()
            raise
        except BaseException:
            log.warning("Stopped: %s", file.left())
            raise
        file.finish()
    return Quantised(
        path=target,
        title=one.title,
        format=request.format,
        stock=stock(made),
        before=_bytes(made, reader),
        after=made.size,
        seconds=time.monotonic() - started,
        resumed=file.resumed,
        matrices=_counted(made),
        weights=errors,
        worst=worst,
        states=states,
        made_up=made_up,
    )


def stock(made: Plan) -> str:
    """Which of ComfyUI's own loaders read the copy for what it is (docs/quantising.md has the
    versions).
    """
    one = made.one
    looked_for = one.name == "t5_11b" or (
        one.variant in ("t5_v1_1", "umt5") and (one.width, one.layers) == (4096, 24)
    )
    return {"fp8": _EVERY, "int8": _NEWEST}.get(made.format, _NOBODY) if looked_for else _NOBODY


class _Work:
    """Counts values through several passes and reports them as one work."""

    def __init__(self, progress: Progress, values: int, passes: int) -> None:
        self._progress, self._all, self._done = progress, max(1, values * passes), 0

    def __call__(self, values: int) -> None:
        self._done = min(self._all, self._done + values)
        self._progress(self._done, self._all)


def _write(
    file: GrowingFile, made: Plan, reader: TensorReader, vocabulary: Vocabulary | None, work: _Work
) -> None:
    for step in made.steps:
        if not all(file.has(step.name + each.suffix) for each in step.stored):
            for end, tensor in _packed(step, reader, vocabulary).items():
                file.put(step.name + end, tensor)
        work(step.elements)


def _packed(
    step: Step, reader: TensorReader, vocabulary: Vocabulary | None
) -> dict[str, torch.Tensor]:
    """The tensors of one step by their ends."""
    if step.source is None:
        data = bytearray(vocabulary.data if vocabulary and step.name == vocabulary.key else b"")
        return {"": from_bytes(data, step.stored[0].dtype, step.shape)}
    weight = reader.read(step.source)
    if not step.format:
        return {"": weight}
    if not bool(torch.isfinite(torch.stack(torch.aminmax(weight))).all()):
        raise CannotQuantise(
            f"{step.name} holds numbers that are not finite.",
            "Finite weights were expected.",
            "The source is damaged: download it again.",
        )
    return packing.pack(step.format, weight)


def _verify(
    file: GrowingFile, made: Plan, reader: TensorReader, work: _Work
) -> tuple[float, tuple[str, float]]:
    """Everything is read back: unchanged tensors are the source's, and each packed number lies
    within half a step of its source.
    """
    errors: dict[str, tuple[float, float]] = {}
    for step in made.steps:
        for each in step.stored:
            file.check(step.name + each.suffix)
        if step.source and step.format:
            errors[step.name] = _compared(step, reader.read(step.source), _stored(file, step))[1:]
        elif (
            step.source
            and hashlib.sha256(as_bytes(reader.read(step.source))).hexdigest()
            != file.hashes[step.name]
        ):
            raise Damaged(
                f"{step.name} is not as the source has it.",
                "The same bytes were expected.",
                "The source changed meanwhile: ask again.",
            )
        work(step.elements)
    error, size = (sum(each) for each in zip(*errors.values(), strict=True))
    worst = max(errors, key=lambda name: errors[name][0] / max(errors[name][1], 1e-30))
    return (error / max(size, 1e-30)) ** 0.5, (
        worst,
        (errors[worst][0] / max(errors[worst][1], 1e-30)) ** 0.5,
    )


def _compared(
    step: Step, weight: torch.Tensor, found: Mapping[str, torch.Tensor]
) -> packing.Deviation:
    """Raises :class:`Damaged` where the packed numbers are not those of the source."""
    off = packing.deviation(
        weight, packing.as_packed(step.format, found, packing.group_size(step.shape[1]))
    )
    if not off.half_steps <= _ALLOWED:
        raise Damaged(
            f"{step.name} is {off.half_steps:.2f} half steps of {step.format} off.",
            f"At most {_ALLOWED} was expected.",
            "The source may have changed meanwhile: ask again.",
        )
    return off


def _stored(file: GrowingFile, step: Step) -> dict[str, torch.Tensor]:
    return {
        each.suffix: from_bytes(file.read(step.name + each.suffix), each.dtype, each.shape)
        for each in step.stored
    }


def _measure(
    file: GrowingFile, made: Plan, reader: TensorReader, pairs: Pairs, work: _Work
) -> Difference | None:
    """The whole encoder, source and copy side by side, with one matrix of each in memory."""
    one, steps = made.one, {step.name: step for step in made.steps}
    if one.activation not in ACTIVATIONS or not one.heads:
        return None

    def exact(key: str) -> torch.Tensor:
        step = steps.get(key) or steps[key.removesuffix(".weight")]
        assert step.source is not None
        return reader.read(step.source)

    def copy(key: str) -> torch.Tensor:
        step = steps.get(key.removesuffix(".weight"))
        if step is None or not step.format:
            return exact(key)
        return kernels.unpack(
            packing.as_packed(step.format, _stored(file, step), packing.group_size(step.shape[1])),
            torch.float32,
        )

    values = sum(step.elements for step in made.steps) // ((one.layers or 0) + 1)
    return compare(one, pairs, exact, copy, lambda: work(values))


def _made_up(vocabulary: int) -> Pairs:
    """Sentences of random tokens; those of a pair have two tokens exchanged, as a sentence and its
    swap have.
    """
    drawn = torch.randint(
        3,
        max(4, min(vocabulary, 30_000)),
        (3, _MADE_UP),
        generator=torch.Generator().manual_seed(5),
    ).tolist()
    return [(row, [row[0], row[9], *row[2:9], row[1], *row[10:]]) for row in drawn]


def _bytes(made: Plan, reader: TensorReader) -> int:
    """Of the encoder in its source; thirds of one matrix count once."""
    return sum(
        reader.tensors[key].size
        for key in {step.source.key for step in made.steps if step.source}
        if key in reader.tensors
    )


def _counted(made: Plan) -> dict[str, int]:
    formats = [step.format for step in made.steps if step.format]
    return {name: formats.count(name) for name in packing.FORMATS if name in formats}
