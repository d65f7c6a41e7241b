"""`encoderscope doctor --list`: a catalogue of prompts, with or without pictures; it goes on where
it was stopped.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from ..conditioning.errors import EncoderScopeError
from ..conditioning.reports.strict_json import to_json
from ..conditioning.translation import later
from .common import Report, path_argument, progress_bar, show

_MOST_BYTES = 64_000_000
_MOST_LINES, _LONGEST_LINE = 100_000, 700_000
"""Prompts, and bytes of a line: 50,000 characters as escapes take 600,000."""
_ENDINGS = (".png", ".jpg", ".jpeg", ".webp")
_LINE = '{"id": "a1", "prompt": "a red car", "image": "a1.png"}'
_SETTINGS = (
    "family",
    "encoder",
    "model",
    "budget",
    "seed",
    "scorer",
    "judges",
    "guidance",
    "language",
)
"""Options that a report depends on."""
Examiner = Callable[[str, Sequence[Path], str], Report]
"""Prompt, pictures, and why there is none, to the doctor's report."""


class Case(NamedTuple):
    """One line of the list."""

    id: str
    prompt: str
    pictures: list[Path]
    missing: str
    """Why there is no picture; empty where there is one, or none was asked for."""

    def seen(self) -> list[list[Any]]:
        """Name, bytes and time of its pictures: one that was drawn anew is looked at anew."""
        stats = [(path, path.stat()) for path in self.pictures]
        return [[path.name, stat.st_size, stat.st_mtime_ns] for path, stat in stats]


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


def run(arguments: argparse.Namespace, examiner: Callable[[], Examiner]) -> int:
    """Diagnose every case that is not there yet, and print how often which station lost what.
    ``examiner`` loads the stations, after the list and what is there were read. Raises
    :class:`EncoderScopeError`.
    """
    from ..conditioning.doctor import summary

    out = _out_file(arguments)
    cases = _checked_cases(arguments)
    settings = {name: _plain(getattr(arguments, name)) for name in _SETTINGS}
    reports = _still_true(out, cases, settings)
    left = [case for case in cases if case.id not in reports]
    if left:
        _run_cases(left, out, settings, reports, examiner())
    listed = [reports[case.id] for case in cases]
    show("\n".join(summary.table(summary.counts(listed))))
    failed = [case.id for case in cases if "error" in reports[case.id]]
    missing = [case.id for case in cases if case.missing]
    show("\n".join(summary.total(len(listed), out, failed, missing)))
    return _status(listed)


def _run_cases(
    cases: Sequence[Case],
    path: Path,
    settings: Mapping[str, Any],
    reports: dict[str, Report],
    examine: Examiner,
) -> None:
    """Adds the report of each case to ``reports`` and to the file."""
    progress = progress_bar("diagnosing")
    _drop_cut_line(path)
    with path.open("a", encoding="utf-8") as out:
        for number, case in enumerate(cases):
            report = _report(case, examine)
            reports[case.id] = _counted(report)
            result = {"id": case.id, "settings": settings, "pictures": case.seen()}
            out.write(to_json({**result, **report}) + "\n")
            out.flush()
            progress(number + 1, len(cases))


def _report(case: Case, examine: Examiner) -> Report:
    """Its report without what is drawn; a prompt that cannot be read costs itself alone."""
    from ..conditioning.reports.doctor.display import without_display

    try:
        return without_display(examine(case.prompt, case.pictures, case.missing))
    except EncoderScopeError as error:
        return {"text": case.prompt, "healthy": None, "phrases": [], "error": str(error)}


def _counted(report: Report) -> Report:
    """What the table counts: a catalogue has more reports than memory."""
    kept: Report = {key: report[key] for key in ("healthy", "error") if key in report}
    phrases = [
        {key: phrase[key] for key in ("kind", "station", "outcome")} for phrase in report["phrases"]
    ]
    return {**kept, "phrases": phrases}


def _status(reports: list[Report]) -> int:
    outcomes = {report["healthy"] for report in reports}
    if False in outcomes:
        return 1
    return 2 if None in outcomes else 0


def _plain(value: Any) -> Any:
    """An option's value as JSON has it."""
    return [str(each) for each in value] if isinstance(value, list) else value


def _out_file(arguments: argparse.Namespace) -> Path:
    """Where the reports go. Raises :class:`EncoderScopeError` before anything is loaded."""
    path: Path | None = arguments.out
    if path is None:
        raise EncoderScopeError(
            "--list was given without --out.",
            "A file for the reports was expected.",
            "Add --out results.jsonl; run the same again to go on.",
        )
    if path.resolve() == arguments.list.resolve():
        raise EncoderScopeError(
            "--list and --out are the same file, {path!r}.",
            "Another file was expected for the reports.",
            "Add --out results.jsonl.",
            path=str(path),
        )
    for folder in (path.parent, arguments.images):
        if folder is not None and not folder.is_dir():
            raise EncoderScopeError(
                "There is no folder {folder!r}.",
                "A folder that is there was expected.",
                "Check the path, or make the folder.",
                folder=str(folder),
            )
    return path


def _checked_cases(arguments: argparse.Namespace) -> list[Case]:
    """All cases, of different ids. Raises :class:`EncoderScopeError`."""
    path: Path = arguments.list
    places: dict[str, int] = {}
    cases = []
    for number, case in _cases(path, arguments.images):
        first = places.setdefault(case.id, number)
        if first != number:
            raise _bad_list(
                path,
                later(
                    "lines {first} and {second} have the same id, {id!r}",
                    first=first,
                    second=number,
                    id=case.id,
                ),
            )
        cases.append(case)
    if not cases:
        raise _bad_list(path, later("it has no prompt"))
    if arguments.images and all(case.missing for case in cases):
        raise EncoderScopeError(
            "None of the pictures is in {folder!r}: {problem}.",
            "At least one was expected.",
            "Check the folder; a picture is named by image, or called as its id.",
            folder=str(arguments.images),
            problem=cases[0].missing,
        )
    return cases


def _cases(path: Path, folder: Path | None) -> Iterator[tuple[int, Case]]:
    """Line and case."""
    from ..conditioning.bounded_reading import regular_size

    if regular_size(path) > _MOST_BYTES:
        raise _bad_list(path, later("it has more than {most:,} bytes", most=_MOST_BYTES))
    with path.open("rb") as file:
        lines = iter(lambda: file.readline(_LONGEST_LINE + 1), b"")
        for number, line in enumerate(lines, 1):
            if len(line) > _LONGEST_LINE or number > _MOST_LINES:
                raise _bad_list(
                    path,
                    later(
                        "line {number:,} is too long, or one too many: {lines:,} of {length:,} "
                        "bytes are read",
                        number=number,
                        lines=_MOST_LINES,
                        length=_LONGEST_LINE,
                    ),
                )
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise _bad_list(
                    path, later("line {number:,} is no UTF-8", number=number)
                ) from error
            if text.strip():
                yield number, _read_case(path, number, text, folder)


def _read_case(path: Path, number: int, line: str, folder: Path | None) -> Case:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _bad_list(
            path, later("line {number:,} is no JSON: {line}", number=number, line=line.strip()[:60])
        ) from error
    if isinstance(entry, str):
        entry = {"prompt": entry}
    if not isinstance(entry, dict) or not isinstance(entry.get("prompt"), str):
        raise _bad_list(path, later("line {number:,} has no prompt", number=number))
    name, image = entry.get("id"), entry.get("image")
    if name is None:
        name = number
    if type(name) not in (str, int) or not (image is None or isinstance(image, str)):
        raise _bad_list(
            path, later("id and image of line {number:,} are not both text", number=number)
        )
    if folder is None:
        return Case(str(name), entry["prompt"], [], "")
    names = [image] if image else [f"{name}{ending}" for ending in _ENDINGS]
    pictures = list(_pictures(path, number, names, folder))
    missing = later("there is no {name!r} in {folder!r}", name=names[0], folder=str(folder))
    return Case(str(name), entry["prompt"], pictures[:1], "" if pictures else missing)


def _pictures(path: Path, number: int, names: Sequence[str], folder: Path) -> Iterator[Path]:
    """The files inside the folder that have one of these names."""
    inside = folder.resolve()
    for name in names:
        picture = folder / name
        if "\0" in name or not _real(picture).is_relative_to(inside):
            raise _bad_list(
                path, later("line {number:,} names a picture outside of the folder", number=number)
            )
        with suppress(OSError):  # a name that is too long names nothing
            if picture.is_file():
                yield picture


def _real(path: Path) -> Path:
    """Where a path leads; of links that lead to each other, and of what is no name, nowhere."""
    try:
        return Path(os.path.realpath(path))
    except (OSError, ValueError):
        return Path()


def _still_true(
    path: Path, cases: Sequence[Case], settings: Mapping[str, Any]
) -> dict[str, Report]:
    """What an earlier run has written of these prompts and pictures. Raises
    :class:`EncoderScopeError` for reports of other options, and for a file of something else.
    """
    by_id = {case.id: case for case in cases}
    reports: dict[str, Report] = {}
    for line in _finished(path):
        case = by_id.get(str(line["id"]))
        if case is None:
            continue
        _require_settings(path, line.get("settings", settings), settings)
        is_same = line["text"] == case.prompt and line.get("pictures", case.seen()) == case.seen()
        if is_same:
            reports[case.id] = _counted(line)
        else:
            reports.pop(case.id, None)
    return reports


def _require_settings(path: Path, earlier: Any, current: Mapping[str, Any]) -> None:
    before = earlier if isinstance(earlier, dict) else {}
    name = next((name for name in _SETTINGS if before.get(name) != current[name]), None)
    if name is None:
        return
    raise EncoderScopeError(
        "The reports in {path!r} were made with --{option} {before}, and now it is {now}.",
        "The options of that run were expected: it goes on.",
        "Give the same options, or another file as --out.",
        path=str(path),
        option=_OPTIONS.get(name, name),
        before=before.get(name),
        now=current[name],
    )


_OPTIONS = {"judges": "judge"}
"""Where an option is called otherwise."""


def _finished(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of an earlier run; one that was cut short is run again. Raises
    :class:`EncoderScopeError` for a file that holds something else.
    """
    if not path.exists():
        return
    with path.open("rb") as lines:
        for line in lines:
            report = _report_in(line)
            if report is not None:
                yield report
            elif not _is_cut_short(line):
                raise EncoderScopeError(
                    "{path!r} is there, and is no list of reports.",
                    "A file that an earlier run wrote, or a new one, was expected.",
                    "Choose another file as --out: nothing was written into this one.",
                    path=str(path),
                )


def _report_in(line: bytes) -> dict[str, Any] | None:
    try:
        report = json.loads(line)
        _counted(report)
        is_report = isinstance(report["id"], str) and isinstance(report["text"], str)
    except (ValueError, KeyError, TypeError, RecursionError):
        is_report = False
    return dict(report) if is_report else None


def _is_cut_short(line: bytes) -> bool:
    """Whether a line that is no report is the beginning of one."""
    start = b'{"id":'
    return not line.strip() or line.startswith(start) or start.startswith(line)


def _drop_cut_line(path: Path) -> None:
    """Takes away the line that an earlier run was stopped in: the file ends as that run would have
    left it.
    """
    if not path.exists():
        return
    with path.open("rb+") as file:
        whole, last = 0, b""
        for last in file:
            whole += len(last) * last.endswith(b"\n")
        if last.endswith(b"\n"):
            return
        if _report_in(last) is None:
            file.truncate(whole)
        else:
            file.seek(0, os.SEEK_END)
            file.write(b"\n")


def _bad_list(path: Path, problem: str) -> EncoderScopeError:
    return EncoderScopeError(
        "{path!r} cannot be read as a list: {problem}.",
        "JSON lines such as {example} were expected.",
        "Mend the line, or leave it out.",
        path=str(path),
        problem=problem,
        example=_LINE,
    )
