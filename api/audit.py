"""A set of captions under the encoders of one image model: `encoderscope audit` (docs/audit.md).

The engine is Hugging Face datasets: it reads Parquet, JSON lines, CSV and text through Arrow, from
disk, and maps them on all cores. A part of the captions after the other is mapped and written, so a
run that was stopped goes on behind its last part, and memory does not grow with the source.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from ..conditioning.audit.audit_totals import AuditTotals
from ..conditioning.audit.caption_row import CaptionRow, caption_row, unread_row
from ..conditioning.errors import EncoderScopeError
from ..conditioning.progress import Progress, no_progress
from ..conditioning.translation import deferred, either
from .prompts import known_family
from .resources import attach_host
from .results import AnyReport

READERS = {
    ".parquet": "parquet",
    ".jsonl": "json",
    ".ndjson": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "text",
}
"""Endings of sources -> the engine's readers."""
COLUMNS = ("caption", "text", "prompt", "captions", "TEXT", "description")
"""Where captions are looked for, if no column is named."""
PART, BATCH = 20_000, 250
"""Captions of a part, and of a batch that one process takes at once."""


class AuditOptions(NamedTuple):
    """What is audited, and how."""

    family: str | None = None
    tokenizer: str | None = None
    """A tokenizer folder instead of a family."""
    column: str | None = None
    """None: the first of :data:`COLUMNS` that there is."""
    processes: int = 0
    """0: all cores."""
    part: int = PART
    shard: tuple[int, int] = (0, 1)
    """Which of how many equal shares of the source: a machine of a cluster takes one each."""
    progress: Progress = no_progress


class AuditReport(AnyReport):
    """A set of captions under the encoders of one image model (docs/audit.md)."""

    @property
    def captions(self) -> int:
        """How many captions were read."""
        return int(self.json["captions"])

    @property
    def with_lost_words(self) -> int:
        """How many captions lose words."""
        return int(self.json["with_lost_words"])


def audit(source: Path, target: Path, options: AuditOptions) -> AuditReport:
    """Write the findings of every caption to ``target`` (Parquet), and return the sums. Parts that
    an earlier run of the same audit wrote are taken as they are. Raises
    :class:`EncoderScopeError`, and OSError.
    """
    datasets = _engine()
    _reader_of(options)  # refuses a family or a folder that is none, before anything is read
    work = target.with_name(f"{target.name}.parts")
    _check_work(work, source, options)
    captions, first = _captions(datasets, source, work, options)
    parts = [
        _part(captions, first, number, work, options)
        for number in range(-(-len(captions) // options.part) or 1)
    ]
    totals = _join(parts, target)
    shutil.rmtree(work)
    from ..conditioning.reports.audit.report import audit_report

    return AuditReport(audit_report(totals, source.name, options.family, _host(options)))


def _engine() -> Any:
    """The datasets package, kept from asking any server. Raises :class:`EncoderScopeError`."""
    os.environ |= {
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    try:
        import datasets
    except ImportError as error:
        raise EncoderScopeError(
            "An audit needs the package datasets, which is not installed ({reason}).",
            "It is an extra, because ComfyUI does not need it.",
            "In EncoderScope's folder: {extra}; elsewhere: {package}.",
            reason=str(error),
            extra='pip install ".[audit]"',
            package="pip install datasets",
        ) from error
    datasets.disable_progress_bars()
    return datasets


def _check_work(work: Path, source: Path, options: AuditOptions) -> None:
    """Parts of another audit are removed: other captions, another family, another way to cut."""
    status = source.stat()
    facts = [
        str(source.resolve()), status.st_size, status.st_mtime_ns, options.family,
        options.tokenizer, options.column, options.part, options.shard, _host(options),
    ]  # fmt: skip
    stamp = sha256(json.dumps(facts).encode()).hexdigest()
    file = work / "audit.stamp"
    if work.is_dir() and not (file.is_file() and file.read_text(encoding="utf-8") == stamp):
        shutil.rmtree(work)
    work.mkdir(parents=True, exist_ok=True)
    file.write_text(stamp, encoding="utf-8")


def _captions(datasets: Any, source: Path, work: Path, options: AuditOptions) -> tuple[Any, int]:
    """One column, ``caption``, memory-mapped: the wanted share of it, and its first row."""
    reader = READERS.get(source.suffix.lower())
    if reader is None:
        raise EncoderScopeError(
            "{name!r} has an ending that is not known.",
            "One of these was expected: {names}.",
            "Convert it, or rename it if it is of such a kind.",
            name=source.name,
            names=", ".join(READERS),
        )
    arguments = {"delimiter": "\t"} if source.suffix.lower() == ".tsv" else {}
    try:
        table = datasets.load_dataset(
            reader, data_files=str(source), split="train", cache_dir=str(work / "read"), **arguments
        )
    # whatever the engine raises of a file that is not what its name says
    except Exception as error:
        raise EncoderScopeError(
            "{name!r} cannot be read as {reader} ({error}: {reason}).",
            "A table with a column of captions, or a text file with one a line, was expected.",
            "Check that the file is whole.",
            name=source.name,
            reader=reader,
            error=type(error).__name__,
            reason=str(error)[:120],
        ) from error
    column = _column(table.column_names, options.column)
    number, count = options.shard
    table = table.select_columns([column])
    if column != "caption":
        table = table.rename_column(column, "caption")
    first, behind = (len(table) * each // count for each in (number, number + 1))
    return table.select(range(first, behind)), first


def _column(names: Sequence[str], wanted: str | None) -> str:
    """The column with the captions. Raises :class:`EncoderScopeError`."""
    candidates = [wanted] if wanted else list(COLUMNS)
    for name in candidates:
        if name in names:
            return name
    raise EncoderScopeError(
        "There is no column {candidates}.",
        "The columns are: {names}.",
        "Name the one with the captions: --column NAME.",
        candidates=deferred(lambda: either(list(map(repr, candidates)))),
        names=", ".join(names),
    )


def _part(captions: Any, first: int, number: int, work: Path, options: AuditOptions) -> Path:
    """Map and write one part, unless an earlier run did; its file. ``first``: the row of the
    source at which the captions begin.
    """
    path = work / f"part-{number:06}.parquet"
    start = number * options.part
    stop = min(start + options.part, len(captions))
    if not path.exists():
        scratch, unfinished = work / "mapped.arrow", work / "part.unfinished"
        mapped = captions.select(range(start, stop)).map(
            partial(_rows, first=first + start, options=options._replace(progress=no_progress)),
            with_indices=True,
            batched=True,
            batch_size=BATCH,
            num_proc=_processes(options, stop - start),
            remove_columns=["caption"],
            features=_features(),
            cache_file_name=str(scratch),
            load_from_cache_file=False,
            new_fingerprint=f"part{number}",
        )
        mapped.to_parquet(str(unfinished))
        del mapped
        unfinished.replace(path)
        for file in work.glob("mapped*.arrow"):
            file.unlink()
    options.progress(stop, len(captions))
    return path


def _processes(options: AuditOptions, captions: int) -> int | None:
    """None where one is enough, and none has to be started."""
    processes = options.processes or os.cpu_count() or 1
    count = min(processes, -(-captions // BATCH))
    return count if count > 1 else None


def _features() -> Any:
    """Types of the table's columns."""
    from datasets import Features, List, Value

    word = {
        "word": Value("string"),
        "start": Value("int32"),
        "missed_by": List(Value("string")),
        "fates": List(Value("string")),
    }
    finding = {"kind": Value("string"), "certain": Value("bool"), "text": Value("string")}
    return Features(
        {
            "row": Value("int64"),
            "lost": Value("int32"),
            "words": Value("int32"),
            "tokens": List({"stream": Value("string"), "tokens": Value("int32")}),
            "lost_words": List(word),
            "findings": List(finding),
            "error": Value("string"),
        }
    )


def _rows(
    batch: Mapping[str, Sequence[Any]], indices: Sequence[int], first: int, options: AuditOptions
) -> dict[str, list[Any]]:
    """The columns of a batch. Runs in the engine's processes."""
    read = _reader_of(options)
    rows = [
        _row(read, first + index, caption)
        for index, caption in zip(indices, batch["caption"], strict=True)
    ]
    columns = {name: [getattr(row, name) for row in rows] for name in CaptionRow._fields}
    columns["tokens"] = [
        [{"stream": name, "tokens": count} for name, count in row.tokens.items()] for row in rows
    ]
    return columns


def _row(read: Callable[[int, str], CaptionRow], number: int, caption: Any) -> CaptionRow:
    """A caption that cannot be read costs its own row alone."""
    if not isinstance(caption, str):
        return unread_row(number, f"no text ({type(caption).__name__})")
    try:
        return read(number, caption)
    except EncoderScopeError as error:
        return unread_row(number, str(error))


def _reader_of(options: AuditOptions) -> Callable[[int, str], CaptionRow]:
    if options.tokenizer is not None:
        return _folder_reader(options.tokenizer)
    return _family_reader(options.family)


@cache
def _family_reader(family: str | None) -> Callable[[int, str], CaptionRow]:
    """Made once in every process, and before the engine forks, so that its processes have it."""
    attach_host()
    from ..conditioning.tokens.lint import lint
    from ..host import clip as host_clip
    from ..host.reports import token_reports

    clip, layout = token_reports.choose(None, known_family(family))
    names = host_clip.embedding_names()

    def read(number: int, caption: str) -> CaptionRow:
        prompt = token_reports.map_text(clip, caption, layout)
        return caption_row(number, prompt, lint(prompt, names))

    return read


@cache
def _folder_reader(folder: str) -> Callable[[int, str], CaptionRow]:
    from ..conditioning import tokenizer_folder
    from ..conditioning.tokens.prompt_map import map_tokens

    tokenizer = tokenizer_folder.load(folder)

    def read(number: int, caption: str) -> CaptionRow:
        prompt = map_tokens(caption, [tokenizer_folder.record(tokenizer, caption)], None)
        return caption_row(number, prompt, ())

    return read


def _join(parts: Sequence[Path], target: Path) -> AuditTotals:
    """One table of all parts, a part in memory at a time, and the sums over it."""
    import pyarrow.parquet

    totals = AuditTotals()
    unfinished = target.with_name(f"{target.name}.unfinished")
    writer = None
    for path in parts:
        table = pyarrow.parquet.read_table(path)
        writer = writer or pyarrow.parquet.ParquetWriter(
            unfinished, table.schema, compression="zstd"
        )
        writer.write_table(table)
        for row in _dictionaries(table):
            totals.add(row)
    assert writer is not None  # there is one part at least
    writer.close()
    unfinished.replace(target)
    return totals


def _dictionaries(table: Any) -> Iterator[Mapping[str, Any]]:
    for batch in table.to_batches(max_chunksize=1000):
        yield from batch.to_pylist()


def _host(options: AuditOptions) -> str | None:
    if options.tokenizer is not None:
        return None
    attach_host()
    from ..host import clip as host_clip

    return host_clip.version()
