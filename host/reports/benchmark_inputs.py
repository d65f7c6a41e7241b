"""From encoders and the name of a dataset to what the benchmark needs of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import folder_paths

from ...conditioning.benchmark import drawn_sets, judge_scores, scoring
from ...conditioning.benchmark.dataset import FILE, Dataset, read_folder
from ...conditioning.benchmark.judge_scores import JudgePairScorer
from ...conditioning.benchmark.scoring import ImagePairScorer, PairScorer, TextPairScorer
from ...conditioning.errors import EncoderScopeError
from ...conditioning.translation import later
from .. import probe_encoder
from .. import progress_bar as host_progress
from ..folders import below

FOLDER = "folder"
DATASETS = (*drawn_sets.NAMES, FOLDER)


def judges(
    encoder_a: Any, encoder_b: Any, clip: Any, judge: Any = None, score: str = judge_scores.VQASCORE
) -> list[PairScorer]:
    """A CLIP has no image tower, so each of its encoders is asked the question for text alone.
    ``judge``: judges of Load Judge, asked for one of :data:`judge_scores.SCORES`.
    """
    collected: list[PairScorer] = [
        ImagePairScorer(encoder, encoder.title)
        for encoder in (encoder_a, encoder_b)
        if encoder is not None
    ]
    if clip is not None:
        collected += [
            TextPairScorer(encoder, later("{title}, text alone", title=encoder.title))
            for encoder in probe_encoder.take_apart(clip).encoders
        ]
    collected += [JudgePairScorer(each, score) for each in judge or ()]
    if not collected:
        raise EncoderScopeError(
            "No encoder arrived.",
            "At least one was expected: an image-text encoder, a CLIP or a judge.",
            "Connect Load Image-Text Encoder.",
        )
    return collected


def run(
    name: str,
    folder: str,
    encoder_a: Any = None,
    encoder_b: Any = None,
    clip: Any = None,
    judge: Any = None,
    score: str = judge_scores.VQASCORE,
) -> tuple[Dataset, list[scoring.EncoderResult]]:
    """The dataset, and each encoder's answers to it. Raises :class:`EncoderScopeError`."""
    data = dataset(name, folder)
    judged = judges(encoder_a, encoder_b, clip, judge, score)
    cache = host_progress.cache_folder()
    return data, scoring.run(judged, data, cache, host_progress.progress())


def dataset(name: str, folder: str) -> Dataset:
    return read_folder(resolve(folder)) if name == FOLDER else drawn_sets.drawn(name)


def resolve(folder: str) -> Path:
    """A folder below the host's input or output; `name [output]` as the host's own nodes write it.
    Raises :class:`EncoderScopeError` for whatever leads elsewhere.
    """
    name, marked = folder_paths.annotated_filepath(folder.strip())
    if not name:
        raise _no_folder(later("No folder is named."))
    tops = [folder_paths.get_input_directory(), folder_paths.get_output_directory()]
    if marked is not None:
        tops = [top for top in tops if top == marked]
    elif not Path(name).is_absolute():
        tops = tops[:1]
    for top in tops:
        path = below(Path(top), name)
        if path is not None:
            return path
    raise _no_folder(
        later("The folder {folder!r} does not lie below ComfyUI's input or output.", folder=folder)
    )


def _no_folder(reason: str) -> EncoderScopeError:
    return EncoderScopeError(
        reason,
        "The name of a folder below ComfyUI/input was expected, with {file} in it.",
        "Put the pictures there, and write the folder's name, or 'name [output]' for one below "
        "ComfyUI/output.",
        file=FILE,
    )


def stamp(name: str, folder: str) -> str:
    """Changes with the files, so that a second Run after an edit is no old answer."""
    if name != FOLDER:
        return name
    try:
        data = read_folder(resolve(folder))
        return f"{data.fingerprint} {[(pair.kind, pair.correct) for pair in data.pairs]}"
    except EncoderScopeError as error:
        return str(error)
