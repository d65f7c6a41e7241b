"""`encoderscope bench`: encoders side by side on pictures with a true and a false caption."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..conditioning.translation import in_language, translatable
from .common import (
    add_json_option,
    add_language_option,
    add_png_option,
    cache_folder,
    existing_path,
    miniature_named,
    miniature_tokenizer,
    path_argument,
    prepare_torch,
    print_report,
    progress_bar,
    write_card,
)

if TYPE_CHECKING:
    from ..conditioning.benchmark.dataset import Dataset
    from ..conditioning.benchmark.scoring import PairScorer
    from ..conditioning.miniature import Miniature

DESCRIPTION = (
    "Counts how often each encoder prefers a picture's caption to its swap, the same words put "
    "together wrongly. DATASET is a folder with captions.jsonl (columns image, caption, swap), or "
    "drawn-20 or drawn-200, which are built in. Encoders without an image tower are asked another "
    "question, with the column paraphrase. What was measured is kept, so a run that was stopped "
    "goes on where it was. Exit status: 0 it ran, 2 bad input."
)
ENCODER_HELP = translatable(
    "a Hugging Face folder or a file of CLIP, SigLIP or SigLIP 2 with both towers, or a folder of "
    "T5 or a model like BERT, or a miniature of this pack (mini-CLIP, mini-CLIP-hard, mini-T5, "
    "mini-T5-hard)"
)
DUAL_MODEL_TYPES = ("clip", "siglip", "siglip2")


def add(commands: Any) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "bench", help="which encoder tells a caption from its swap?", description=DESCRIPTION
    )
    parser.add_argument(
        "dataset",
        metavar="DATASET",
        type=path_argument,
        help="a folder with captions.jsonl, drawn-20 or drawn-200",
    )
    parser.add_argument(
        "--encoders", metavar="ENCODER", nargs="+", required=True, help=ENCODER_HELP
    )
    parser.add_argument(
        "--kinds",
        metavar="KIND",
        nargs="+",
        default=[],
        help="only pairs of these kinds, such as colour",
    )
    add_json_option(parser, "report-benchmark")
    parser.add_argument(
        "--csv", metavar="FILE", type=path_argument, help="also write a table with every pair"
    )
    add_png_option(parser)
    add_language_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the benchmark report. Raises :class:`EncoderScopeError`."""
    prepare_torch()
    with in_language(arguments.language):
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    from ..conditioning.benchmark import scoring
    from ..conditioning.benchmark.dataset import of_kinds
    from ..conditioning.reports.benchmark import picture
    from ..conditioning.reports.benchmark import report as benchmark_report
    from ..conditioning.reports.drawing import legible

    dataset = of_kinds(_dataset(str(arguments.dataset)), arguments.kinds)
    judges = [_judge(name) for name in arguments.encoders]
    runs = scoring.run(judges, dataset, cache_folder(), progress_bar("measuring"))
    write = partial(benchmark_report.benchmark_report, dataset, runs)
    report = write()
    if arguments.csv:
        arguments.csv.write_text(benchmark_report.table(dataset, runs), encoding="utf-8")
    if arguments.png:
        write_card(arguments.png, legible.draw(report, write, picture.render), report)
    print_report(report, arguments.json, benchmark_report.plain)
    return 0


def _dataset(name: str) -> Dataset:
    from ..conditioning.benchmark import dataset, drawn_sets

    if drawn_sets.is_drawn(name):
        return drawn_sets.drawn(name)
    return dataset.read_folder(Path(name))


def _judge(name: str) -> PairScorer:
    """Both towers where there are both; else the text tower, which is asked another question."""
    from ..conditioning.benchmark.scoring import ImagePairScorer, TextPairScorer
    from ..conditioning.encoding import transformers_encoder
    from ..conditioning.image_text import loading

    if miniature := miniature_named(name):
        return _miniature_judge(miniature, name)
    path = existing_path(name, ENCODER_HELP)
    if path.is_file() or _model_type(path) in DUAL_MODEL_TYPES:
        dual = loading.load(path)
        return ImagePairScorer(dual, f"{dual.title}, {path.name}")
    return TextPairScorer(transformers_encoder.load(path), path.name)


def _miniature_judge(miniature: Miniature, name: str) -> PairScorer:
    from ..conditioning import miniature as miniatures
    from ..conditioning.benchmark.scoring import ImagePairScorer, TextPairScorer

    tokenizer = miniature_tokenizer(miniature.kind)
    if miniature.kind == "clip":
        return ImagePairScorer(miniatures.dual(miniature, tokenizer), name)
    return TextPairScorer(miniatures.text(miniature, tokenizer), name)


def _model_type(folder: Path) -> str:
    """Of config.json; empty where there is none, which the loaders then say in full."""
    from ..conditioning.storage import try_to_read_json

    config = try_to_read_json(folder / "config.json")
    return str(config.get("model_type", "")) if isinstance(config, dict) else ""
