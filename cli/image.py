"""`encoderscope image`: what a picture shows of a prompt, and whether this scorer can tell."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..api.pictures import opened
from ..conditioning.errors import EncoderScopeError
from ..conditioning.translation import in_language, translatable
from .common import (
    DEFAULT_MINIATURE,
    JUDGES,
    Report,
    add_json_option,
    add_language_option,
    add_png_option,
    cache_folder,
    dual_encoder,
    judge_named,
    path_argument,
    print_report,
    progress_bar,
    write_card,
)

if TYPE_CHECKING:
    from ..conditioning.image_probe.judges.ask_judges import Judgement
    from ..conditioning.image_probe.judges.protocol import Judge
    from ..conditioning.image_text.dual_encoder import DualEncoder

DESCRIPTION = (
    "Scores pictures with a prompt and with the same words bound the other way round, in many "
    "sentences, and says what the picture shows, if this scorer can tell. With --judge a model "
    "answers questions about them. With --variants it only compares captions. Exit status: 0 every "
    "picture shows the prompt, 1 one does not, or scores a variant higher, 2 cannot tell, or an "
    "error."
)
ENCODER_HELP = translatable(
    "a Hugging Face folder or a file of CLIP, SigLIP or SigLIP 2 with both towers, or a miniature "
    "of this pack: mini-CLIP, or mini-CLIP-hard (the default without --judge, which knows drawn "
    "scenes only)"
)
JUDGE_HELP = f"ask a model questions about the pictures: {JUDGES}; given again, another one, too"


def add(commands: Any) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "image", help="does a picture show the prompt's attribute binding?", description=DESCRIPTION
    )
    parser.add_argument(
        "pictures",
        metavar="PICTURE",
        type=path_argument,
        nargs="+",
        help="picture files; the prompt follows them",
    )
    parser.add_argument("text", metavar="PROMPT", help="the prompt, in English")
    parser.add_argument("--encoder", metavar="ENCODER", help=ENCODER_HELP)
    parser.add_argument(
        "--judge", metavar="JUDGE", dest="judges", action="append", default=[], help=JUDGE_HELP
    )
    parser.add_argument(
        "--variants",
        metavar="CAPTION",
        nargs="+",
        default=[],
        help="compare with these captions instead",
    )
    parser.add_argument(
        "--threshold",
        type=float,
        default=0.95,
        help="with --variants: flag captions with a cosine above this (0.95)",
    )
    add_json_option(parser, "report-image")
    add_png_option(parser, "also write the picture, with the report inside")
    add_language_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the image report, or with ``--variants`` how captions compare. Raises
    :class:`EncoderScopeError`.
    """
    with in_language(arguments.language):
        return _run_variants(arguments) if arguments.variants else _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    from ..conditioning.reports.drawing import legible
    from ..conditioning.reports.image import picture
    from ..conditioning.reports.image import report as image_report

    require_pictures(arguments.pictures)
    default = None if arguments.judges else DEFAULT_MINIATURE
    models = load_picture_models(arguments.encoder or default, arguments.judges, ENCODER_HELP)
    write = report_writer(models, arguments.pictures, arguments.text)
    report = write()
    if arguments.png:
        thumbnails = [opened(path) for path in arguments.pictures[: picture.MAX_PICTURES]]
        render = partial(picture.render, thumbnails=thumbnails)
        write_card(arguments.png, legible.draw(report, write, render), report)
    print_report(report, arguments.json, image_report.plain)
    return _status(report)


def require_pictures(paths: Sequence[Path]) -> None:
    """Raises :class:`EncoderScopeError` for the first that is no file."""
    for path in paths:
        if not path.is_file():
            raise EncoderScopeError(
                "There is no picture {path!r}.",
                "PNG, JPEG or WebP files were expected.",
                "Check the path.",
                path=str(path),
            )


class PictureModels(NamedTuple):
    """What pictures are shown to: an image-text encoder, judges, or both."""

    encoder: DualEncoder | None
    judges: Sequence[Judge]


def load_picture_models(
    encoder: str | None, judges: Sequence[str], encoder_help: str
) -> PictureModels:
    """Loaded once, by their names. Raises :class:`EncoderScopeError`."""
    loaded = [judge_named(name) for name in judges]
    return PictureModels(dual_encoder(encoder, encoder_help) if encoder else None, loaded)


def report_writer(
    models: PictureModels, pictures: Sequence[Path], text: str
) -> Callable[[], Report]:
    """Looks by an encoder, by judges, or by both; returns what writes the report in the language of
    the moment.
    """
    from ..conditioning.english.reading import read
    from ..conditioning.image_probe import probe_images
    from ..conditioning.reports.image import report as image_report

    judgement, notes = _judgement(models.judges, pictures, text)
    if models.encoder is None:
        if judgement is None:
            raise ValueError("nobody looks")
        return partial(image_report.judge_report, judgement, read(text), notes=notes)
    options = probe_images.ImageProbeOptions(cache=cache_folder(), progress=progress_bar("looking"))
    result = probe_images.probe_images(map(pixels, pictures), text, models.encoder, options)
    return partial(
        image_report.image_report, result, models.encoder, notes=notes, judgement=judgement
    )


def _judgement(
    judges: Sequence[Judge], pictures: Sequence[Path], text: str
) -> tuple[Judgement | None, Sequence[str]]:
    """What the judges say, and what they were not asked; nothing without any."""
    if not judges:
        return None, ()
    from ..conditioning.english.reading import read
    from ..conditioning.image_probe.judges.ask_judges import JudgeOptions, ask_judges
    from ..conditioning.image_probe.judges.questions.question_graph import question_graph

    graph = question_graph(read(text))
    options = JudgeOptions(cache=cache_folder(), progress=progress_bar("asking"))
    return ask_judges(_Pictures(pictures), graph.questions, judges, options), graph.skipped


class _Pictures:
    """Pictures of files, one in memory at a time."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def __iter__(self) -> Iterator[Any]:
        return map(pixels, self._paths)


def _run_variants(arguments: argparse.Namespace) -> int:
    from ..conditioning.reports.image import variants

    for option, value in (("--png", arguments.png), ("--judge", arguments.judges)):
        if value:
            raise EncoderScopeError(
                "{option} was given with --variants.",
                "One of the two was expected.",
                "Leave one of them out.",
                option=option,
            )
    require_pictures(arguments.pictures)
    encoder = dual_encoder(arguments.encoder or DEFAULT_MINIATURE, ENCODER_HELP)
    pictures = (pixels(path) for path in arguments.pictures)
    report = variants.compare(
        pictures, arguments.text, arguments.variants, encoder, arguments.threshold
    )
    print_report(report, arguments.json, variants.plain)
    return int(not report["prompt_first"])


def _status(report: Report) -> int:
    from ..conditioning.image_probe.judges import judge_verdicts
    from ..conditioning.image_probe.probe_images import SHOWN, SWAPPED

    judged = [image["judged"]["shows"] for image in report["images"] if image["judged"]]
    if report["shows"].get(SWAPPED) or judge_verdicts.NOT_SHOWN in judged:
        return 1
    if judged:
        return 0 if set(judged) == {judge_verdicts.SHOWN} else 2
    return 0 if report["shows"].get(SHOWN) == sum(report["shows"].values()) else 2


def pixels(path: Path) -> Any:
    """A picture as a tensor, height x width x 3, from 0 to 1."""
    import numpy
    import torch

    return torch.from_numpy(numpy.asarray(opened(path), dtype=numpy.float32) / 255)
