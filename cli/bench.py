"""`encoderscope bench`: encoders side by side on pictures with a true and a false caption."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..conditioning.errors import EncoderScopeError
from ..conditioning.progress import Progress
from . import image as cli_image

if TYPE_CHECKING:
    from ..conditioning.benchmark.dataset import Dataset
    from ..conditioning.benchmark.scoring import Judge

WHAT = (
    "Counts how often each encoder prefers a picture's caption to its swap, the same "
    "words put together wrongly. DATASET is a folder "
    "with captions.jsonl (columns image, caption, swap), or drawn-20 or drawn-200, which "
    "are built in. Encoders without an image tower "
    "are asked another question, with the column paraphrase. What was measured is kept, "
    "so a run that was stopped goes on where it was. "
    "Exit status: 0 it ran, 2 bad input."
)
_ENCODER = (
    "a Hugging Face folder or a file of CLIP, SigLIP or SigLIP 2 with both towers, or a "
    "folder of T5 or a model like BERT, or a miniature "
    "of this pack (mini-CLIP, mini-CLIP-hard, mini-T5)"
)
_DUAL = ("clip", "siglip", "siglip2")


def add(commands: Any, cache: Callable[[], Path], bar: Callable[[str], Progress]) -> None:
    """``cache``: where results are kept. ``bar``: makes a progress bar."""
    bench = commands.add_parser(
        "bench", help="which encoder tells a caption from its swap?", description=WHAT
    )
    bench.add_argument(
        "dataset", metavar="DATASET", help="a folder with captions.jsonl, drawn-20 or drawn-200"
    )
    bench.add_argument("--encoders", metavar="ENCODER", nargs="+", required=True, help=_ENCODER)
    bench.add_argument(
        "--kinds",
        metavar="KIND",
        nargs="+",
        default=[],
        help="only pairs of these kinds, such as colour",
    )
    bench.add_argument(
        "--json", action="store_true", help="print the report's JSON (docs/report-benchmark.md)"
    )
    bench.add_argument(
        "--csv", metavar="FILE", type=Path, help="also write a table with every pair"
    )
    bench.add_argument("--png", metavar="FILE", type=Path, help="also write the picture")
    bench.set_defaults(run=lambda arguments: _bench(arguments, cache(), bar("measuring")))


def _bench(arguments: argparse.Namespace, cache: Path, progress: Progress) -> int:
    from ..conditioning.benchmark import scoring
    from ..conditioning.benchmark.dataset import of_kinds
    from ..conditioning.reports.benchmark import picture as benchmark_picture
    from ..conditioning.reports.benchmark import report as benchmark_report

    dataset = of_kinds(_dataset(arguments.dataset), arguments.kinds)
    runs = scoring.run([_encoder(name) for name in arguments.encoders], dataset, cache, progress)
    found = benchmark_report.benchmark_report(dataset, runs)
    if arguments.csv:
        arguments.csv.write_text(benchmark_report.table(dataset, runs), encoding="utf-8")
    if arguments.png:
        benchmark_picture.render(found).save(arguments.png)
    print(
        json.dumps(found, ensure_ascii=False) if arguments.json else benchmark_report.plain(found)
    )
    return 0


def _dataset(name: str) -> Dataset:
    from ..conditioning.benchmark import dataset, drawn_sets

    return drawn_sets.drawn(name) if drawn_sets.is_drawn(name) else dataset.read_folder(Path(name))


def _encoder(name: str) -> Judge:
    """Both towers where there are both; else the text tower, which is asked another question."""
    from ..conditioning import miniature
    from ..conditioning.benchmark.scoring import ImageJudge, TextJudge
    from ..conditioning.encoding import transformers_encoder
    from ..conditioning.image_text import loading as image_text_loading

    if name in miniature.NAMES:
        mini = miniature.load(name)
        words = cli_image.tokenizer(mini.kind)
        return (
            ImageJudge(miniature.dual(mini, words), name)
            if mini.kind == "clip"
            else TextJudge(miniature.text(mini, words), name)
        )
    path = Path(name)
    if not path.exists():
        raise EncoderScopeError(
            f"There is no {name!r}.", f"An encoder was expected: {_ENCODER}.", "Check the path."
        )
    if path.is_file() or _model_type(path) in _DUAL:
        dual = image_text_loading.load(path)
        return ImageJudge(dual, f"{dual.title}, {path.name}")
    return TextJudge(transformers_encoder.load(path), path.name)


def _model_type(folder: Path) -> str:
    """Of config.json; empty where there is none, which the loaders then say in full."""
    try:
        told = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return str(told.get("model_type", "")) if isinstance(told, dict) else ""
    except (OSError, ValueError):
        return ""
