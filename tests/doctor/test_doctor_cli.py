"""`encoderscope doctor` from finished reports, its cards, and `encoderscope show`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
from encoderscope.cli import main
from encoderscope.conditioning.doctor import summary
from encoderscope.conditioning.doctor.given_reports import read_reports
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.reports.doctor.display import without_display
from encoderscope.tests.doctor import kit
from PIL import Image


def run(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    status = main.main(list(arguments))
    printed = capsys.readouterr()
    return status, printed.out, printed.err


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Options that give the reports of a picture without its red car."""
    lacking = kit.image(kit.TEXT, {"red car": kit.FAILS})
    reports = {
        "tokens": kit.tokens(),
        "probe": kit.probe(),
        "words": kit.generator(),
        "image": lacking,
    }
    options = []
    for name, report in reports.items():
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(report), encoding="utf-8")
        options += ["--report", str(path)]
    return options


def test_reports_are_enough(capsys: Any, files: list[str]) -> None:
    status, out, err = run(capsys, "doctor", *files)
    assert (status, err) == (1, "")
    assert "“red car” was likely lost in the picture." in out
    as_json = json.loads(run(capsys, "doctor", *files, "--json")[1])
    assert as_json["format"] == "encoderscope.doctor"
    assert [each["looked_at"] for each in as_json["stations"]] == [True] * 4
    assert run(capsys, "doctor", *files, "--markdown")[1].startswith("**“red car”")


def test_the_card_holds_its_json_and_is_printed_again(
    capsys: Any, files: list[str], tmp_path: Path
) -> None:
    card = tmp_path / "card.png"
    _, printed, _ = run(capsys, "doctor", *files, "--png", str(card))
    with Image.open(card) as picture:
        inside = json.loads(picture.info["encoderscope"])
    assert inside["format"] == "encoderscope.doctor"
    assert "display" not in inside and "display" not in inside["phrases"][0]
    assert run(capsys, "show", str(card)) == (1, printed, "")
    shown = json.loads(run(capsys, "show", str(card), "--json")[1])
    assert shown == json.loads(run(capsys, "doctor", *files, "--json")[1])


def test_what_is_no_card_is_refused(capsys: Any, tmp_path: Path) -> None:
    bare = tmp_path / "bare.png"
    Image.new("RGB", (8, 8)).save(bare)
    status, out, err = run(capsys, "show", str(bare))
    assert (status, out) == (2, "") and "without a report in it" in err
    other = tmp_path / "other.json"
    other.write_text(json.dumps({**kit.tokens(), "format": "another"}), encoding="utf-8")
    assert run(capsys, "show", str(other))[0] == 2
    damaged = tmp_path / "damaged.json"
    for change in ({"phrases": [1]}, {"phrases": [{}]}, {"stations": 7}, {"verification": 3}):
        report = without_display(kit.sick()) | change
        damaged.write_text(json.dumps(report), encoding="utf-8")
        status, out, err = run(capsys, "show", str(damaged))
        assert (status, out) == (2, "") and "card" in err
    assert run(capsys, "show", str(tmp_path / "none.png"))[0] == 2


def test_a_card_of_a_stranger_cannot_move_the_cursor(capsys: Any, tmp_path: Path) -> None:
    report = without_display(kit.sick()) | {"sentence": "\x1b[2Jgone\u202e"}
    path = tmp_path / "card.json"
    path.write_text(json.dumps(report), encoding="utf-8")
    _, out, _ = run(capsys, "show", str(path))
    assert "\x1b" not in out and "\u202e" not in out and "gone" in out


def test_nothing_to_go_by_is_refused(capsys: Any) -> None:
    status, _, err = run(capsys, "doctor")
    assert status == 2 and "--report FILE" in err
    status, _, err = run(capsys, "doctor", "a cat", "--image", "cat.png")
    assert status == 2 and "--judge mini-vqa" in err
    status, out, err = run(capsys, "doctor", "a cat")
    assert (status, out) == (2, "") and "--family sdxl" in err
    status, _, err = run(capsys, "doctor", "--list", "prompts.jsonl")
    assert status == 2 and "--out" in err


def test_given_reports_come_in_many_forms() -> None:
    tokens, probe = json.dumps(kit.tokens()), json.dumps(kit.probe())
    for text in (f"{tokens}\n{probe}", f"[{tokens}, {probe}]", f"{tokens},{probe}"):
        assert set(read_reports(text)) == {"tokenizer", "encoder"}
    assert read_reports("") == read_reports(" \n") == {}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "7",
        '"a"',
        "[" * 100_000,
        '{"format": "encoderscope.order"}',
        '{"format": "encoderscope.tokens"}',
        json.dumps(kit.tokens() | {"words": [{"text": 7}]}),
        json.dumps(kit.generator() | {"phrases": [{"text": "a", "span": [0, "b"]}]}),
        json.dumps(kit.probe() | {"contrasts": {}}),
        json.dumps(kit.generator()).replace("0.4", "NaN"),
        json.dumps(kit.tokens() | {"findings": [{"kind": "break"}]}),
    ],
)
def test_what_is_no_report_is_refused_in_words(text: str) -> None:
    with pytest.raises(EncoderScopeError):
        read_reports(text)


def test_a_list_is_counted_by_kind_and_station() -> None:
    counted = summary.counts([kit.sick(), kit.healthy()])
    assert counted["embedding", "tokenizer"] == 1
    assert counted["thing", "generator"] == 1
    lines = list(summary.table(counted))
    total = sum(int(cell) for cell in lines[-1].split()[1:])
    assert total == len(kit.sick()["phrases"]) + len(kit.healthy()["phrases"])


@pytest.mark.parametrize("format_name", [[[1]], {}, None, 1e300])
def test_a_report_whose_format_is_no_text_is_refused(format_name: object) -> None:
    with pytest.raises(EncoderScopeError, match="no report of a station"):
        read_reports(json.dumps({"format": format_name, "version": 1}))
