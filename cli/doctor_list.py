"""`encoderscope doctor --list`: a catalogue of prompts, with or without pictures; it goes on where
it was stopped.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..conditioning.errors import EncoderScopeError
from ..conditioning.reports.strict_json import to_json
from .common import Report, path_argument, progress_bar, show

_MOST_BYTES = 200_000_000
_ENDINGS = (".png", ".jpg", ".jpeg", ".webp")
_LINE = '{"id": "a1", "prompt": "a red car", "image": "a1.png"}'


class Case(NamedTuple):
    """One line of the list."""

    id: str
    prompt: str
    pictures: list[Path]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a list."""
    parser.add_argument(
        "--list",
        metavar="FILE",
        type=path_argument,
        help=f"JSON lines such as {_LINE}, or a prompt in quotes; id and image may be missing",
    )
    parser.add_argument(
        "--images",
        metavar="FOLDER",
        type=path_argument,
        help="with --list: where the pictures are; one without a name is called as its id",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=path_argument,
        help="with --list: the reports as JSON lines; cases that are there are not run again",
    )


def run(arguments: argparse.Namespace, report_of: Callable[[str, list[Path]], Report]) -> int:
    """Diagnose every case that is not there yet, and print how often which station lost what.
    Raises :class:`EncoderScopeError`.
    """
    from ..conditioning.doctor import summary

    if arguments.out is None:
        raise EncoderScopeError(
            "--list was given without --out.",
            "A file for the reports was expected.",
            "Add --out results.jsonl; run the same again to go on.",
        )
    cases = list(_cases(arguments.list, arguments.images))
    reports = dict(_finished(arguments.out))
    left = [case for case in cases if case.id not in reports]
    progress = progress_bar("diagnosing")
    _end_line(arguments.out)
    with arguments.out.open("a", encoding="utf-8") as out:
        for number, case in enumerate(left):
            reports[case.id] = _case(case, report_of)
            out.write(to_json({"id": case.id, **reports[case.id]}) + "\n")
            out.flush()
            progress(number + 1, len(left))
    listed = [reports[case.id] for case in cases]
    show("\n".join(summary.table(summary.counts(listed))))
    failed = sum("error" in report for report in listed)
    show(summary.total(len(listed), failed, arguments.out))
    return _status(listed)


def _end_line(path: Path) -> None:
    """Ends a line that an earlier run was stopped in."""
    if path.exists() and path.stat().st_size:
        with path.open("rb+") as file:
            file.seek(-1, 2)
            if file.read(1) != b"\n":
                file.write(b"\n")


def _case(case: Case, report_of: Callable[[str, list[Path]], Report]) -> Report:
    """Its report without what is drawn; a prompt that cannot be read costs itself alone."""
    from ..conditioning.reports.doctor.display import without_display

    try:
        return without_display(report_of(case.prompt, case.pictures))
    except EncoderScopeError as error:
        return {"text": case.prompt, "healthy": None, "phrases": [], "error": str(error)}


def _status(reports: list[Report]) -> int:
    outcomes = {report["healthy"] for report in reports}
    if False in outcomes:
        return 1
    return 2 if None in outcomes else 0


def _cases(path: Path, folder: Path | None) -> Iterator[Case]:
    if path.stat().st_size > _MOST_BYTES:
        raise _bad_list(path, "it is too large")
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _read_case(path, number, line, folder)


def _read_case(path: Path, number: int, line: str, folder: Path | None) -> Case:
    try:
        entry = json.loads(line)
    except ValueError as error:
        raise _bad_list(path, f"line {number} is no JSON ({str(error)[:60]})") from error
    if isinstance(entry, str):
        entry = {"prompt": entry}
    if not isinstance(entry, dict) or not isinstance(entry.get("prompt"), str):
        raise _bad_list(path, f"line {number} has no prompt")
    name = str(entry.get("id", number))
    return Case(name, entry["prompt"], list(_pictures(path, number, entry, name, folder)))


def _pictures(
    path: Path, number: int, entry: dict[str, Any], name: str, folder: Path | None
) -> Iterator[Path]:
    """The picture of a case inside the folder, if there is one."""
    if folder is None:
        return
    names = [f"{name}{ending}" for ending in _ENDINGS]
    if "image" in entry:
        names = [str(entry["image"])]
    for each in names:
        picture = folder / each
        if not picture.resolve().is_relative_to(folder.resolve()):
            raise _bad_list(path, f"line {number} names a picture outside of the folder")
        if picture.is_file():
            yield picture
            return


def _finished(path: Path) -> Iterator[tuple[str, Report]]:
    """What an earlier run has written; a line that was cut short is run again."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                report = json.loads(line)
                yield str(report["id"]), {**report, "phrases": list(report["phrases"])}
            except (ValueError, KeyError, TypeError):
                continue


def _bad_list(path: Path, why: str) -> EncoderScopeError:
    return EncoderScopeError(
        f"{str(path)!r} cannot be read as a list: {why}.",
        f"JSON lines such as {_LINE} were expected.",
        "Mend the line, or leave it out.",
    )
