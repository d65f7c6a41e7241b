"""Cards and report files: what is written is read again; what strangers send costs nothing and
moves nothing.
"""

from __future__ import annotations

import io
import json
import re
import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import pytest
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.reports.travelling import known_formats, report_files
from encoderscope.tests.reports import samples
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PICTURE = Image.new("RGB", (8, 8), "red")
READING: dict[str, Any] = {"format": "encoderscope.reading", "version": 1}


def chunk(kind: bytes, body: bytes) -> bytes:
    checked = kind + body
    return struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))


def png(*chunks: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0\xff\0\0"))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunks) + pixels


def packed(text: bytes) -> bytes:
    return chunk(b"iTXt", b"encoderscope\0\x01\0\0\0" + zlib.compress(text))


@pytest.mark.parametrize("make", [samples.nothing_lost, samples.flux, samples.scripts])
def test_a_card_gives_back_its_report(tmp_path: Path, make: Any) -> None:
    report = make()
    report_files.write_card(tmp_path / "card.png", known_formats.render(report), report)
    assert report_files.read_report(tmp_path / "card.png") == json.loads(json.dumps(report))


def test_json_is_read_as_it_is_written(tmp_path: Path) -> None:
    report = samples.flux()
    for start in ("", "\ufeff"):
        (tmp_path / "a.json").write_text(start + json.dumps(report), encoding="utf-8")
        assert report_files.read_report(tmp_path / "a.json") == report


def test_a_card_is_an_ordinary_picture_and_names_its_node(tmp_path: Path) -> None:
    report = samples.flux()
    with Image.open(io.BytesIO(report_files.card_bytes(PICTURE, report))) as picture:
        picture.load()
        graph = json.loads(picture.info["prompt"])
    [node] = graph.values()
    assert node["class_type"] == "EncoderScope_TokenMap"
    assert node["inputs"] == {"text": report["text"], "family": report["family"]}


def test_no_chunk_of_a_card_keeps_the_front_end_waiting() -> None:
    """Front end 1.58.1 never comes back from a compressed iTXt of a report's size, dropped on the
    canvas (tests/browser/test_card_drop.py).
    """
    file = io.BytesIO(report_files.card_bytes(PICTURE, samples.flux()))
    kinds = [kind for kind, _ in report_files._chunks(file)]
    assert b"zTXt" in kinds and b"iTXt" not in kinds


def test_an_unknown_layout_names_no_family() -> None:
    report = samples.unknown_family()
    graph = report_files.graph_of(report)
    assert graph is not None and list(graph["1"]["inputs"]) == ["text"]
    assert report_files.graph_of(READING) is None


def test_other_chunks_take_the_place_of_the_graph() -> None:
    data = report_files.card_bytes(PICTURE, samples.flux(), {"workflow": "{}"})
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        assert picture.info["workflow"] == "{}" and "prompt" not in picture.info


REFUSED = {
    "a picture without a report": (png(), "without a report"),
    "another text chunk": (png(chunk(b"tEXt", b"encoderscope\0{}")), "without a report"),
    "a chunk that ends early": (png(chunk(b"iTXt", b"encoderscope\0\x01\0")), "without a report"),
    "a damaged stream": (
        png(chunk(b"iTXt", b"encoderscope\0\x01\0\0\0" + b"no zlib")),
        "without a report",
    ),
    "a cut file": (png(packed(b"{}"))[:60], "without a report"),
    "no JSON": (png(packed(b"{")), "neither a card nor JSON"),
    "a list": (png(packed(b"[]")), "no report"),
    "another's JSON": (b'{"format": "workflow", "version": 1}', "no report"),
    "no version": (b'{"format": "encoderscope.tokens"}', "no report"),
    "deep": (b"[" * 100_000, "neither a card nor JSON"),
    "a bomb": (png(packed(b" " * (report_files.LARGEST_REPORT + 10))), "bytes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_report_is_refused_in_words(tmp_path: Path, name: str) -> None:
    data, words = REFUSED[name]
    (tmp_path / "card.png").write_bytes(data)
    with pytest.raises(EncoderScopeError, match=words):
        report_files.read_report(tmp_path / "card.png")


def test_a_length_that_lies_is_not_believed(tmp_path: Path) -> None:
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 0xFFFFFFFF, b"iTXt") + b"encoderscope\0"
    assert report_files.report_in(io.BytesIO(data)) is None


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_numbers_that_are_not_finite_become_null(number: str, tmp_path: Path) -> None:
    text = f'{{"format": "encoderscope.x", "version": 1, "a": [{number}]}}'
    (tmp_path / "a.json").write_text(text)
    assert report_files.read_report(tmp_path / "a.json")["a"] == [None]


def test_every_format_that_is_written_is_read() -> None:
    sources = (ROOT / "conditioning" / "reports").rglob("*.py")
    written = {
        name
        for path in sources
        for name in re.findall(r'\bFORMAT\b.*= "(encoderscope\.\w+)"', path.read_text("utf-8"))
    }
    assert len(written) >= 10
    assert written <= set(known_formats.FORMATS)


@pytest.mark.parametrize(
    ("report", "words"),
    [
        ({"format": "encoderscope.dreams", "version": 1}, "newer EncoderScope"),
        ({"format": "encoderscope.tokens", "version": 99}, "newer EncoderScope"),
        ({"format": "encoderscope.tokens", "version": 1}, "damaged"),
        ({"format": "encoderscope.probe", "version": 1, "contrasts": 5}, "damaged"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(report: dict[str, Any], words: str) -> None:
    with pytest.raises(EncoderScopeError, match=words):
        known_formats.plain(report)


def test_a_report_without_a_picture_says_so() -> None:
    assert not known_formats.has_picture(READING)
    with pytest.raises(EncoderScopeError, match="no picture"):
        known_formats.render(READING)


@pytest.mark.parametrize("item", ["[],", "{},", "1.5,"])
def test_more_values_than_any_report_are_not_parsed(item: str, tmp_path: Path) -> None:
    """30 MB of empty lists became 700 MB of objects."""
    text = '{"format":"encoderscope.tokens","version":1,"a":[' + item * 1_200_000 + "1]}"
    (tmp_path / "a.json").write_text(text)
    (tmp_path / "a.png").write_bytes(png(packed(text.encode())))
    for name in ("a.json", "a.png"):
        with pytest.raises(EncoderScopeError, match=r"80 MB of mem|a quotation mark"):
            report_files.read_report(tmp_path / name)


def test_a_report_stands_before_ten_thousand_other_chunks() -> None:
    text = json.dumps(READING).encode()
    other = chunk(b"aaAa", b"") * 10_000
    assert report_files.report_in(io.BytesIO(png(packed(text), other))) == text
    assert report_files.report_in(io.BytesIO(png(other, packed(text)))) is None


def test_a_refusal_quotes_little_of_what_it_refuses() -> None:
    with pytest.raises(EncoderScopeError) as caught:
        known_formats.plain({"format": "encoderscope.tokens", "version": 10**4000})
    assert len(str(caught.value)) < 300
    error = EncoderScopeError(f"{'x' * 10_000_000} is bad.", "A file was expected.", "Look.")
    assert len(str(error)) < 700 and str(error).endswith("is bad. A file was expected. Look.")


def test_one_wide_character_does_not_make_all_others_wide(tmp_path: Path) -> None:
    """A Python string takes four bytes for each of its characters, if one of them needs them."""
    texts = ["a" * 1000] * 9_000
    report = {"format": "encoderscope.tokens", "version": 1, "text": "😀 café 红", "words": texts}
    data = json.dumps(report, ensure_ascii=False).encode()
    path = tmp_path / "report.json"
    path.write_bytes(data)
    read = report_files.read_report(path)
    assert read == report
    tracemalloc.start()
    report_files.decoded(path, data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4.2 * len(data)  # 16 bits a character, and the bytes that these are made of


def test_a_report_that_would_not_be_read_is_not_written(tmp_path: Path) -> None:
    report = READING | {"more": [{"a": number} for number in range(300_000)]}
    with pytest.raises(EncoderScopeError, match=r"more than 70 MB of memory.*shorter prompt"):
        report_files.write_card(tmp_path / "card.png", PICTURE, report)
    assert not (tmp_path / "card.png").exists()


@pytest.mark.parametrize("start", ['{"text": "', '{"text": "😀'])
def test_a_text_that_no_report_has_is_refused_before_it_is_read(tmp_path: Path, start: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(start + "a" * (2 * report_files.LONGEST_TEXT), encoding="utf-8")
    with pytest.raises(EncoderScopeError, match="without a quotation mark"):
        report_files.read_report(path)
