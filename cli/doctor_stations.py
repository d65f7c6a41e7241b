"""What `encoderscope doctor` runs of the stations, each loaded once."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..conditioning.errors import EncoderScopeError
from ..conditioning.translation import later
from .common import (
    JUDGES,
    Report,
    attach_host,
    cache_folder,
    path_argument,
    prepare_torch,
    progress_bar,
)
from .image import JUDGE_HELP, PictureModels, load_picture_models, report_writer, require_pictures

SCORER_HELP = (
    "who looks at the pictures: a Hugging Face folder or file of CLIP or SigLIP with both towers, "
    "or mini-CLIP-hard, which knows drawn scenes only"
)
MODEL_HELP = (
    "measure this image model, as Ignored Words does: clip-hard or bag, the generators that come "
    "with EncoderScope; or a diffusion model's file, with its text encoders after --encoder and "
    "its --family (on the processor: minutes for each of many calls)"
)
Run = Callable[[str], Report]


class Stations(NamedTuple):
    """What can be run here: prompt, and picture files, to its report."""

    tokens: Run | None = None
    probe: Run | None = None
    generator: Run | None = None
    image: Callable[[str, Sequence[Path]], Report] | None = None
    mended: Callable[[str], Any] | None = None


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is run."""
    parser.add_argument("--family", help="run the tokenizer of this family: flux, sdxl, sd3, ...")
    parser.add_argument(
        "--encoder",
        metavar="PATH",
        type=path_argument,
        nargs="+",
        default=[],
        help="run the Binding Probe on this encoder (as `encoderscope probe` takes it)",
    )
    parser.add_argument("--model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument(
        "--budget",
        choices=("quick", "default", "thorough"),
        default="quick",
        help="with --model: how often it is asked; more tells more phrases apart (quick)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="with --model: of the noise it is asked at (0)"
    )
    parser.add_argument(
        "--image", metavar="FILE", type=path_argument, nargs="+", default=[], help="the pictures"
    )
    parser.add_argument("--scorer", metavar="ENCODER", help=SCORER_HELP)
    parser.add_argument(
        "--judge", metavar="JUDGE", dest="judges", action="append", default=[], help=JUDGE_HELP
    )
    parser.add_argument(
        "--guidance", type=_guidance, help="the cfg that the picture was drawn with, if it is known"
    )


def _guidance(text: str) -> float:
    value = float(text)
    if not 0 < value < 1000:
        raise argparse.ArgumentTypeError(
            f"{text} was given; a sampler's cfg was expected, such as 7, or 1 for no guidance"
        )
    return value


def stations_of(arguments: argparse.Namespace) -> Stations:
    """Everything that the options name, loaded. What is wrong with their values is said before
    anything is loaded. Raises :class:`EncoderScopeError`.
    """
    load_models = _picture_models(arguments)
    if arguments.model:
        text = _with_model(arguments)
    else:
        text = Stations()
        if arguments.family:
            text = _token_station(None, arguments.family)
        if arguments.encoder:
            text = text._replace(probe=_probe_station(arguments))
    if load_models is None:
        return text
    models = load_models()
    return text._replace(image=lambda prompt, pictures: report_writer(models, pictures, prompt)())


def _picture_models(arguments: argparse.Namespace) -> Callable[[], PictureModels] | None:
    """What loads who looks at the pictures; None where there are no pictures."""
    has_pictures = bool(arguments.image or arguments.images)
    if not has_pictures:
        if arguments.scorer or arguments.judges:
            raise EncoderScopeError(
                "A judge or scorer was given, and no picture.",
                "--image FILE was expected, or --list with --images FOLDER.",
                "Add the picture, or leave --judge and --scorer out.",
            )
        return None
    if not arguments.scorer and not arguments.judges:
        raise EncoderScopeError(
            "A picture was given, and no judge or scorer to look at it.",
            "--judge was expected: {judges}; or --scorer, an image-text encoder.",
            "Add --judge mini-vqa, or give a finished image report with --report.",
            judges=later(JUDGES),
        )
    require_pictures(arguments.image)
    return lambda: load_picture_models(arguments.scorer, arguments.judges, SCORER_HELP)


def _token_station(clip: Any, family: str) -> Stations:
    """``clip``: the host's; None: the tokenizer of the family alone."""
    from ..conditioning.errors import UnknownName
    from ..conditioning.families.table import FAMILIES

    if clip is None and family not in FAMILIES:
        raise UnknownName("family", family, list(FAMILIES))
    attach_host()
    from ..host.reports import token_reports

    clip, layout = token_reports.choose(clip, family)
    return Stations(
        tokens=lambda text: token_reports.report(clip, text, layout),
        mended=lambda text: token_reports.mended_prompt(clip, text, layout),
    )


def _probe_station(arguments: argparse.Namespace) -> Run:
    from . import probe

    prepare_torch()
    options = {"family": arguments.family or "auto", "threshold": None, "padded": False}
    return probe.prober_of(argparse.Namespace(encoder=arguments.encoder, **options)).report


def _with_model(arguments: argparse.Namespace) -> Stations:
    """All three stations before the picture, from one CLIP and its image model."""
    attach_host()
    from ..host.generator import model_files
    from ..host.ids import FROM_CLIP
    from ..host.reports import doctor_stations, generator_reports, probe_reports

    loaded = model_files.load(arguments.model, arguments.encoder, arguments.family)
    options = generator_reports.Options(
        guidance=max(1.0, arguments.guidance or loaded.guidance),
        seed=arguments.seed,
        budget=arguments.budget,
        most_phrases=doctor_stations.MOST_PHRASES,
    )

    def probe(text: str) -> Report:
        return probe_reports.report(
            loaded.clip, text, cache=cache_folder(), progress=progress_bar("probing")
        )

    def measure(text: str) -> Report:
        prompt = generator_reports.MeasuredPrompt(loaded.model, loaded.clip, text, options)
        return generator_reports.report(prompt, progress_bar("measuring"))

    stations = _token_station(loaded.clip, FROM_CLIP)
    return stations._replace(probe=probe, generator=measure)
