"""The terminal face: ``encoderscope tokens``, ``parse`` and ``inspect``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from .conditioning.errors import EncoderScopeError
from .conditioning.report import terminal

Report = dict[str, Any]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit status: 0 fine, 1 something is lost, 2 bad input."""
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
    parser = argparse.ArgumentParser(prog="encoderscope", description="See what a text encoder does with your prompt.")
    commands = parser.add_subparsers(required=True, metavar="command")
    tokens = commands.add_parser("tokens", help="the fate of every word", description=_TOKENS)
    tokens.add_argument("text", help="the prompt, or - to read one prompt a line and write one JSON report a line")
    tokens.add_argument("--family", help="flux, sdxl, sd3, ... (--family help lists them)")
    tokens.add_argument("--tokenizer", metavar="FOLDER", help="a Hugging Face tokenizer folder instead of ComfyUI's")
    tokens.add_argument("--json", action="store_true", help="print the report's JSON (docs/report-tokens.md)")
    tokens.add_argument("--png", metavar="FILE", type=Path, help="also write the picture")
    tokens.add_argument("--width", type=int, default=100, help="columns of the terminal picture (default 100)")
    tokens.add_argument("--no-colour", "--no-color", action="store_true", help="no colour codes")
    tokens.set_defaults(run=_tokens)
    parse = commands.add_parser("parse", help="what can be read from a prompt", description=_PARSE)
    parse.add_argument("text", help="the prompt, or - to read one prompt a line and write one JSON report a line")
    parse.add_argument("--json", action="store_true", help="print the report's JSON (docs/report-reading.md)")
    parse.set_defaults(run=_parse)
    inspect = commands.add_parser("inspect", help="what a model file is", description=_INSPECT)
    inspect.add_argument("path", type=Path, help="a .safetensors or .gguf file, or a model's folder")
    inspect.add_argument("--hash", action="store_true", help="also compute the SHA-256 (reads the whole file)")
    inspect.add_argument("--json", action="store_true", help="print the report's JSON (docs/report-encoder.md)")
    inspect.set_defaults(run=_inspect)
    return parser


_TOKENS = (
    "Shows which words every encoder of a model family gets. ComfyUI's own tokenizers are used: those of COMFYUI_PATH, "
    "of the ComfyUI this pack lies in, or of the copy that dev.py downloads. Exit status 1 says that something is lost."
)


_PARSE = (
    "Shows which properties, numbers, denials, relations and deeds were read from a prompt, and which of them have a rival to be confused "
    "with. Mark a contrast by hand with brackets: '[red] car | [blue] house'. Exit status 1 says that nothing can be put to the test."
)
_INSPECT = "Names a text-encoder file from its header alone. Exit status 1 says that no text encoder in it can be used."


def _inspect(arguments: argparse.Namespace) -> int:
    from .conditioning.report import encoder

    found = encoder.inspect(arguments.path, hash_files=arguments.hash)
    print(json.dumps(found, ensure_ascii=False) if arguments.json else encoder.plain(found))
    return int(not found["usable"])


def _parse(arguments: argparse.Namespace) -> int:
    from .conditioning.report import reading

    if arguments.text == "-":
        found = [reading.reading_report(line.rstrip("\r\n")) for line in sys.stdin]
        print("\n".join(json.dumps(one, ensure_ascii=False) for one in found))
        return int(not all(one["contrasts"] for one in found))
    one = reading.reading_report(arguments.text)
    print(json.dumps(one, ensure_ascii=False) if arguments.json else reading.plain(one))
    return int(not one["contrasts"])


def _tokens(arguments: argparse.Namespace) -> int:
    report = _reporter(arguments)
    if arguments.text == "-":
        return _lines(report, sys.stdin, sys.stdout)
    found = report(arguments.text)
    if arguments.png:
        from .conditioning.report import png

        png.render(found).save(arguments.png)
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        colour = not arguments.no_colour and sys.stdout.isatty() and "NO_COLOR" not in os.environ
        print(terminal.render(found, colour=colour, width=arguments.width))
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
                "A tokenizer folder is read as a reference pipeline would, without ComfyUI's windows.",
                "Give one of the two.",
            )
        return _from_folder(arguments.tokenizer)
    from .nodes import offline

    offline.attach()
    from .nodes import host, mapping

    known = host.family_names()
    if arguments.family not in known:
        given = f"--family {arguments.family}" if arguments.family else "No family"
        raise EncoderScopeError(
            f"{given} was given.", f"One of these was expected: {', '.join(known)}.", "Add --family."
        )
    clip, layout = mapping.choose(None, arguments.family)
    return lambda text: mapping.report(clip, text, layout)


def _from_folder(folder: str) -> Callable[[str], Report]:
    from .conditioning import folder as folders
    from .conditioning.report.tokens import token_report
    from .conditioning.tokens.fate import map_tokens

    tokenizer = folders.load(folder)
    return lambda text: token_report(map_tokens(text, [folders.record(tokenizer, text)], None))


if __name__ == "__main__":
    sys.exit(main())
