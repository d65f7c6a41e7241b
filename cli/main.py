"""The terminal face: ``encoderscope tokens``, ``parse``, ``probe``, ``image``, ``bench``,
``cache``, ``quantize`` and ``inspect``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from ..conditioning.errors import EncoderScopeError
from ..conditioning.progress import Progress
from ..conditioning.reports.tokens import text as token_text
from . import bench as cli_bench
from . import cache as cli_cache
from . import image as cli_image
from . import quantize

Report = dict[str, Any]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit status: 0 fine, 1 something is lost (or not bound), 2 bad input (or no
    clear answer).
    """
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(
                encoding="utf-8"
            )  # Windows consoles default to a code page that has no lanes to draw with
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except EncoderScopeError as error:
        print(f"encoderscope: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="encoderscope", description="See what a text encoder does with your prompt."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    tokens = commands.add_parser("tokens", help="the fate of every word", description=_TOKENS)
    tokens.add_argument(
        "text", help="the prompt, or - to read one prompt a line and write one JSON report a line"
    )
    tokens.add_argument("--family", help="flux, sdxl, sd3, ... (--family help lists them)")
    tokens.add_argument(
        "--tokenizer", metavar="FOLDER", help="a Hugging Face tokenizer folder instead of ComfyUI's"
    )
    tokens.add_argument(
        "--json", action="store_true", help="print the report's JSON (docs/report-tokens.md)"
    )
    tokens.add_argument("--png", metavar="FILE", type=Path, help="also write the picture")
    tokens.add_argument(
        "--width", type=int, default=100, help="columns of the terminal picture (default 100)"
    )
    tokens.add_argument("--no-colour", "--no-color", action="store_true", help="no colour codes")
    tokens.set_defaults(run=_tokens)
    parse = commands.add_parser("parse", help="what can be read from a prompt", description=_PARSE)
    parse.add_argument(
        "text", help="the prompt, or - to read one prompt a line and write one JSON report a line"
    )
    parse.add_argument(
        "--json", action="store_true", help="print the report's JSON (docs/report-reading.md)"
    )
    parse.set_defaults(run=_parse)
    _add_probe(commands)
    cli_image.add(commands, _kept_at, _bar)
    cli_bench.add(commands, _kept_at, _bar)
    cli_cache.add(commands)
    quantize.add(commands, _bar)
    inspect = commands.add_parser("inspect", help="what a model file is", description=_INSPECT)
    inspect.add_argument(
        "path", type=Path, help="a .safetensors or .gguf file, or a model's folder"
    )
    inspect.add_argument(
        "--hash", action="store_true", help="also compute the SHA-256 (reads the whole file)"
    )
    inspect.add_argument(
        "--json", action="store_true", help="print the report's JSON (docs/report-encoder.md)"
    )
    inspect.set_defaults(run=_inspect)
    return parser


def _add_probe(commands: Any) -> None:
    probe = commands.add_parser(
        "probe", help="does an encoder hold who has what?", description=_PROBE
    )
    probe.add_argument(
        "text",
        nargs="?",
        help="the prompt, or - to read one prompt a line and write one JSON report a line",
    )
    probe.add_argument(
        "--encoder", metavar="PATH", type=Path, nargs="+", default=[Path(_MINIATURE)], help=_ENCODER
    )
    probe.add_argument(
        "--family",
        default="auto",
        help="for files: the image model they are for (flux, sdxl, ...), if it is not plain",
    )
    probe.add_argument(
        "--suite",
        action="store_true",
        help="score the encoder on the built-in suite instead (minutes; kept)",
    )
    probe.add_argument(
        "--threshold",
        type=float,
        default=None,
        help="the textbook's rule: flag a rival with a cosine above this (0.95)",
    )
    probe.add_argument(
        "--padded",
        action="store_true",
        help="files: test sentences padded as the generator gets them (slow for T5)",
    )
    probe.add_argument(
        "--json", action="store_true", help="print the report's JSON (docs/report-probe.md)"
    )
    probe.add_argument("--png", metavar="FILE", type=Path, help="also write the picture")
    probe.set_defaults(run=_probe)


_TOKENS = (
    "Shows which words every encoder of a model family gets. ComfyUI's own tokenizers "
    "are used: those of COMFYUI_PATH, "
    "of the ComfyUI this pack lies in, or of the copy that dev.py downloads. Exit status "
    "1 says that something is lost."
)


_PARSE = (
    "Shows which properties, numbers, denials, relations and deeds were read from a "
    "prompt, and which of them have a rival to be confused "
    "with. Mark a contrast by hand with brackets: '[red] car | [blue] house'. Exit "
    "status 1 says that nothing can be put to the test."
)
_PROBE = (
    "Puts to the test whether an encoder holds what the prompt asks: which colour, "
    "number or deed belongs to which thing. "
    "Exit status: 0 all bound, 1 something is not, 2 no clear answer, nothing to test, or an error."
)
_MINIATURE = "mini-CLIP-hard"
_ENCODER = (
    "a Hugging Face folder (CLIP, SigLIP, T5, BERT-like), text-encoder files as Load "
    "Text Encoders takes them, or a miniature that comes "
    f"with EncoderScope: mini-CLIP, mini-CLIP-hard or mini-T5 (default: {_MINIATURE}, "
    "which knows drawn scenes only)"
)
_INSPECT = (
    "Names a text-encoder file from its header alone. Exit status 1 says that no text "
    "encoder in it can be used."
)


def _inspect(arguments: argparse.Namespace) -> int:
    from ..conditioning.reports.encoder_file import report as encoder

    found = encoder.inspect(arguments.path, hash_files=arguments.hash)
    print(json.dumps(found, ensure_ascii=False) if arguments.json else encoder.plain(found))
    return int(not found["usable"])


def _parse(arguments: argparse.Namespace) -> int:
    from ..conditioning.reports.reading import report as reading_report

    if arguments.text == "-":
        found = [reading_report.reading_report(line.rstrip("\r\n")) for line in sys.stdin]
        print("\n".join(json.dumps(one, ensure_ascii=False) for one in found))
        return int(not all(one["contrasts"] for one in found))
    one = reading_report.reading_report(arguments.text)
    print(json.dumps(one, ensure_ascii=False) if arguments.json else reading_report.plain(one))
    return int(not one["contrasts"])


def _probe(arguments: argparse.Namespace) -> int:
    from ..conditioning.reports.binding import picture as binding_picture
    from ..conditioning.reports.binding import report as probe
    from ..conditioning.reports.encoder_card import picture as encoder_card_picture
    from ..conditioning.reports.encoder_card import report as encoder_card_report

    if bool(arguments.text is None) != arguments.suite:
        raise EncoderScopeError(
            "A prompt and --suite were given."
            if arguments.suite
            else "Neither a prompt nor --suite was given.",
            "One of the two was expected.",
            "Give a prompt in quotes, or --suite.",
        )
    report, card = _prober(arguments)
    if arguments.text == "-":
        return _probe_lines(report)
    found = card() if arguments.suite else report(arguments.text)
    if arguments.png:
        (encoder_card_picture if arguments.suite else binding_picture).render(found).save(
            arguments.png
        )
    told = encoder_card_report.plain if arguments.suite else probe.plain
    print(json.dumps(found, ensure_ascii=False) if arguments.json else told(found))
    return 0 if arguments.suite else _status(found["bound"])


def _status(bound: bool | None) -> int:
    return 2 if bound is None else int(not bound)


def _probe_lines(report: Callable[[str], Report]) -> int:
    """A line that cannot be read costs that line alone. The worst status counts: 1 before 2 before
    0.
    """
    statuses = set()
    for line in sys.stdin:
        text = line.rstrip("\r\n")
        try:
            found = report(text)
            statuses.add(_status(found["bound"]))
        except EncoderScopeError as error:
            found = {
                "format": "encoderscope.probe",
                "version": 1,
                "text": text,
                "error": str(error),
            }
            statuses.add(2)
        print(json.dumps(found, ensure_ascii=False), flush=True)
    return 1 if 1 in statuses else 2 if 2 in statuses else 0


def _prober(arguments: argparse.Namespace) -> tuple[Callable[[str], Report], Callable[[], Report]]:
    """From a prompt to its report, and the encoder's card, with the encoder loaded once."""
    from ..conditioning.reports.binding import report as probe
    from ..conditioning.reports.encoder_card import report as encoder_card_report

    threshold = probe.THRESHOLD if arguments.threshold is None else arguments.threshold
    paths, kept = arguments.encoder, _kept_at()
    mini, notes = _miniature(str(paths[0]))
    if mini is None and not paths[0].is_dir():
        from ..host import standalone

        standalone.attach()
        from ..host import probe_reports

        clip = probe_reports.from_files(paths, arguments.family)
        view = probe.AS_FED if arguments.padded else probe.UNPADDED
        return (
            lambda text: probe_reports.report(clip, text, view, threshold, kept, _bar("probing")),
            lambda: probe_reports.card(clip, view, "", kept, _bar("scoring")),
        )
    from ..conditioning.binding import probe as binding_probe
    from ..conditioning.encoding import transformers_encoder

    if len(paths) > 1:
        raise EncoderScopeError(
            f"{len(paths)} encoders were given, the first a folder.",
            "One folder, or files, were expected.",
            "Probe them one by one.",
        )
    encoder = mini or transformers_encoder.load(paths[0])
    return (
        lambda text: probe.probe_report(
            binding_probe.probe(
                text, [encoder], binding_probe.Options(cache=kept, progress=_bar("probing"))
            ),
            threshold=threshold,
            notes=notes,
        ),
        lambda: encoder_card_report.encoder_report(
            [encoder], encoder.title, cache=kept, progress=_bar("scoring")
        ),
    )


def _miniature(name: str) -> tuple[Any, Sequence[str]]:
    """The text encoder of that name which comes with the pack, and what must be known of it; None
    where it is no miniature's name.
    """
    from ..conditioning import miniature

    if name not in miniature.NAMES:
        return None, ()
    mini = miniature.load(name)
    return miniature.text(mini, cli_image.tokenizer(mini.kind)), (mini.describe,)


def _kept_at() -> Path:
    """ENCODERSCOPE_CACHE, or the user's cache folder."""
    base = (
        os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    )
    return Path(os.environ.get("ENCODERSCOPE_CACHE") or Path(base) / "encoderscope")


def _bar(what: str) -> Progress:
    """A line on a terminal's error output; nothing in a script."""

    def show(done: int, total: int) -> None:
        if sys.stderr.isatty():
            print(
                f"\r{what} {100 * done // max(1, total):3} %",
                end="\n" if done >= total else "",
                file=sys.stderr,
                flush=True,
            )

    return show


def _tokens(arguments: argparse.Namespace) -> int:
    report = _reporter(arguments)
    if arguments.text == "-":
        return _lines(report, sys.stdin, sys.stdout)
    found = report(arguments.text)
    if arguments.png:
        from ..conditioning.reports.tokens import picture as token_picture

        token_picture.render(found).save(arguments.png)
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        colour = not arguments.no_colour and sys.stdout.isatty() and "NO_COLOR" not in os.environ
        print(token_text.render(found, colour=colour, width=arguments.width))
    return int(found["lost"])


def _lines(report: Callable[[str], Report], prompts: Iterable[str], out: TextIO) -> int:
    lost = False
    for prompt in prompts:
        found = report(prompt.rstrip("\r\n"))
        lost = lost or found["lost"]
        out.write(json.dumps(found, ensure_ascii=False) + "\n")
    return int(lost)


def _reporter(arguments: argparse.Namespace) -> Callable[[str], Report]:
    """From a prompt to its report, with everything slow done once."""
    if arguments.tokenizer:
        if arguments.family:
            raise EncoderScopeError(
                "Both --family and --tokenizer were given.",
                (
                    "A tokenizer folder is read as a reference pipeline would, without "
                    "ComfyUI's windows."
                ),
                "Give one of the two.",
            )
        return _from_folder(arguments.tokenizer)
    from ..host import standalone

    standalone.attach()
    from ..host import clip as host_clip
    from ..host import token_reports

    known = host_clip.family_names()
    if arguments.family not in known:
        given = f"--family {arguments.family}" if arguments.family else "No family"
        raise EncoderScopeError(
            f"{given} was given.",
            f"One of these was expected: {', '.join(known)}.",
            "Add --family.",
        )
    clip, layout = token_reports.choose(None, arguments.family)
    return lambda text: token_reports.report(clip, text, layout)


def _from_folder(folder: str) -> Callable[[str], Report]:
    from ..conditioning import tokenizer_folder
    from ..conditioning.reports.tokens.report import token_report
    from ..conditioning.tokens.prompt_map import map_tokens

    tokenizer = tokenizer_folder.load(folder)
    return lambda text: token_report(
        map_tokens(text, [tokenizer_folder.record(tokenizer, text)], None)
    )


if __name__ == "__main__":
    sys.exit(main())
