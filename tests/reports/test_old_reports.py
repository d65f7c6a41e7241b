"""The promise of docs/reports.md: reports of the last release are read by this one, and every field
that they have is still a field.

The samples were written by the commands of docs/reports.md, with the code of release 0.1.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.reports.reading.report import reading_report
from encoderscope.conditioning.reports.travelling import known_formats, report_files

ROOT = Path(__file__).resolve().parents[2]
REPORTS = sorted((ROOT / "tests" / "samples" / "release-0.1" / "reports").glob("*.json"))
names = pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)


def paths(value: Any, at: str = "") -> Iterator[str]:
    """Every field, with `[]` for the entries of a list."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield f"{at}.{key}"
            yield from paths(item, f"{at}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from paths(item, f"{at}[]")


def allowed(schema: dict[str, Any], root: dict[str, Any], value: Any, at: str) -> Iterator[str]:
    """Fields of a value that the schema does not name, where it names any."""
    while "$ref" in schema:
        keys = schema["$ref"].removeprefix("#").strip("/").split("/")
        schema = root
        for key in filter(None, keys):
            schema = schema[key]
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        results = [list(allowed(option, root, value, at)) for option in options]
        yield from min(results, key=len)
    elif isinstance(value, dict) and "properties" in schema:
        for key, item in value.items():
            if key in schema["properties"]:
                yield from allowed(schema["properties"][key], root, item, f"{at}.{key}")
            elif schema.get("additionalProperties") is not True:
                yield f"{at}.{key}"
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for item in value:
            yield from allowed(schema["items"], root, item, f"{at}[]")


def schema_of(report: dict[str, Any]) -> dict[str, Any] | None:
    for path in (ROOT / "docs").glob("report-*.schema.json"):
        schema = json.loads(path.read_text(encoding="utf-8"))
        if schema["properties"]["format"].get("const") == report["format"]:
            return dict(schema)
    return None


def test_there_are_reports_of_the_last_release() -> None:
    formats = {json.loads(path.read_text(encoding="utf-8"))["format"] for path in REPORTS}
    assert {"encoderscope.tokens", "encoderscope.probe", "encoderscope.image"} <= formats
    assert len(formats) >= 7


@names
def test_it_is_read_as_text_and_drawn(path: Path) -> None:
    report = report_files.read_report(path)
    text = known_formats.plain(report)
    assert len(text) > 40 and "Traceback" not in text
    if known_formats.has_picture(report):
        picture = known_formats.render(report)
        assert min(picture.size) > 200


@names
def test_every_field_of_it_is_still_a_field(path: Path) -> None:
    report = json.loads(path.read_text(encoding="utf-8"))
    schema = schema_of(report)
    if schema is None:
        pytest.skip(f"{report['format']} has no schema")
    assert list(allowed(schema, schema, report, "")) == []


def test_a_field_that_is_gone_is_found() -> None:
    report = json.loads(next(p for p in REPORTS if p.stem == "tokens_sdxl").read_text("utf-8"))
    schema = schema_of(report)
    assert schema is not None
    changed = copy.deepcopy(schema)
    del changed["properties"]["verdict"]
    assert list(allowed(changed, changed, report, "")) == [".verdict"]


def test_a_reading_of_today_has_what_one_of_the_last_release_had() -> None:
    before = json.loads(next(p for p in REPORTS if p.stem == "reading").read_text("utf-8"))
    assert set(paths(before)) <= set(paths(reading_report(before["text"])))


@names
@pytest.mark.parametrize("field", range(0, 40, 4))
def test_a_report_that_lacks_a_field_is_shown_or_refused_in_words(path: Path, field: int) -> None:
    report = report_files.read_report(path)
    keys = [key for key in report if key not in ("format", "version")]
    if field >= len(keys):
        return
    del report[keys[field]]
    try:
        assert known_formats.plain(report)
    except EncoderScopeError as error:
        assert "damaged" in str(error)
