"""Station 2 for Python: what is in a model file, and what an encoder binds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..conditioning.errors import EncoderScopeError
from ..conditioning.progress import Progress, no_progress
from .resources import (
    DEFAULT_MINIATURE,
    attach_host,
    cache_folder,
    miniature_named,
    miniature_tokenizer,
    prepare_torch,
)
from .results import EncoderCard, FileReport, ProbeReport

if TYPE_CHECKING:
    from ..conditioning.encoding.text_encoder import TextEncoder

Report = dict[str, Any]
EncoderName = str | Path | Sequence[str | Path]
"""A Hugging Face folder, a text encoder's files, or a miniature's name."""


class Prober(NamedTuple):
    """An encoder that was loaded once: a prompt's report, and the encoder's own."""

    report: Callable[[str], Report]
    card: Callable[[], Report]


class ProberOptions(NamedTuple):
    """How an encoder is probed."""

    family: str = "auto"
    """For files: the image model they are for, if that is not plain."""
    threshold: float | None = None
    """Of the cosine rule."""
    padded: bool = False
    """Files: test sentences padded as the model gets them."""
    progress: Callable[[str], Progress] = lambda label: no_progress
    """What shows the progress of work with this label."""


def probe_report(
    text: str, *, encoder: EncoderName = DEFAULT_MINIATURE, family: str = "auto"
) -> ProbeReport:
    """Whether an encoder holds the attribute bindings, counts, negations, relations and actions of
    a prompt. The first verdict of an encoder takes longer: what blind encoders score is measured
    once, and kept. For many prompts make an :func:`encoder_probe` once.

    Files and miniatures need ComfyUI (``COMFYUI_PATH``); a Hugging Face folder does not. Raises
    :class:`~encoderscope.EncoderScopeError`.
    """
    return encoder_probe(encoder=encoder, family=family)(text)


def encoder_probe(
    *, encoder: EncoderName = DEFAULT_MINIATURE, family: str = "auto"
) -> Callable[[str], ProbeReport]:
    """:func:`probe_report` for many prompts: the encoder is loaded once."""
    probe = prober(_paths(encoder), ProberOptions(family))
    return lambda text: ProbeReport(probe.report(text))


def encoder_card(*, encoder: EncoderName = DEFAULT_MINIATURE, family: str = "auto") -> EncoderCard:
    """What an encoder binds on the built-in suite; minutes the first time. Raises
    :class:`~encoderscope.EncoderScopeError`.
    """
    return EncoderCard(prober(_paths(encoder), ProberOptions(family)).card())


def file_report(path: str | Path, *, hash_file: bool = False) -> FileReport:
    """What a text encoder's file or folder is, from its header alone. Needs neither ComfyUI nor
    torch. Raises :class:`~encoderscope.EncoderScopeError`.
    """
    from ..conditioning.reports.encoder_file import report as encoder_report

    return FileReport(encoder_report.inspect(Path(path), hash_files=hash_file))


def _paths(encoder: EncoderName) -> list[Path]:
    if isinstance(encoder, (str, Path)):
        return [Path(encoder)]
    return [Path(each) for each in encoder]


def prober(paths: Sequence[Path], options: ProberOptions) -> Prober:
    """An encoder, loaded once. Raises :class:`EncoderScopeError`."""
    prepare_torch()
    miniature = miniature_named(str(paths[0]))
    if miniature is None and not paths[0].is_dir():
        return _file_prober(paths, options)
    from ..conditioning.encoding import transformers_encoder

    if len(paths) > 1:
        raise EncoderScopeError(
            "{name!r} is a folder, and other encoders were given with it.",
            "One folder, or files, were expected.",
            "Probe them one by one.",
            name=paths[0].name,
        )
    if miniature is None:
        return _encoder_prober(transformers_encoder.load(paths[0]), options, ())
    from ..conditioning import miniature as miniatures

    encoder = miniatures.text(miniature, miniature_tokenizer(miniature.kind))
    return _encoder_prober(encoder, options, (miniature.describe,))


def _encoder_prober(encoder: TextEncoder, options: ProberOptions, notes: Sequence[str]) -> Prober:
    """One encoder without an image model around it."""
    from ..conditioning.binding import probe_prompt
    from ..conditioning.reports.binding import report as probe_report
    from ..conditioning.reports.encoder_card import report as card_report

    def report(text: str) -> Report:
        settings = probe_prompt.ProbeOptions(
            cache=cache_folder(), progress=options.progress("probing")
        )
        result = probe_prompt.probe(text, [encoder], settings)
        return probe_report.probe_report(result, threshold=_threshold(options), notes=notes)

    def card() -> Report:
        return card_report.encoder_report(
            [encoder], encoder.title, cache=cache_folder(), progress=options.progress("scoring")
        )

    return Prober(report, card)


def _file_prober(paths: Sequence[Path], options: ProberOptions) -> Prober:
    """Text-encoder files, read as the node Load Text Encoders reads them."""
    attach_host()
    from ..conditioning.reports.binding import report as probe_report
    from ..host.reports import probe_reports

    clip = probe_reports.from_files(paths, options.family)
    view = probe_report.AS_FED if options.padded else probe_report.UNPADDED
    threshold = _threshold(options)

    def report(text: str) -> Report:
        return probe_reports.report(
            clip, text, view, threshold, cache_folder(), options.progress("probing")
        )

    def card() -> Report:
        return probe_reports.card(clip, view, "", cache_folder(), options.progress("scoring"))

    return Prober(report, card)


def _threshold(options: ProberOptions) -> float:
    from ..conditioning.binding.cosine_rule import THRESHOLD

    return THRESHOLD if options.threshold is None else options.threshold
