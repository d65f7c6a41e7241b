"""What `encoderscope doctor` refuses before anything is loaded, and what it says of what it did not
look at.
"""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
from encoderscope.cli import doctor, doctor_list, doctor_stations, main
from encoderscope.conditioning.doctor.diagnose import diagnose
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.generator import budget
from encoderscope.conditioning.reports.doctor import text as doctor_text
from encoderscope.conditioning.reports.doctor.report import doctor_report
from encoderscope.conditioning.reports.travelling.report_files import write_card
from encoderscope.tests.doctor import kit
from PIL import Image


def run(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    status = main.main(["doctor", *arguments])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


@pytest.fixture(autouse=True)
def _nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: Any) -> Any:
        raise AssertionError("something was loaded")

    monkeypatch.setattr(doctor_stations, "attach_host", load)
    monkeypatch.setattr(doctor_stations, "prepare_torch", load)
    monkeypatch.setattr(doctor_stations, "load_picture_models", load)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["a cat"], "Nothing was given to look at the prompt with."),
        (["a cat", "--image", "no.png", "--judge", "mini-vqa"], "There is no picture 'no.png'."),
        (["--image", "a.png", "a cat"], "'a cat' stands behind --image"),
        (["--encoder", "mini-CLIP", "a cat"], "'a cat' stands behind --encoder"),
        (["a cat", "--judge", "mini-vqa"], "and no picture"),
        (["a cat", "--family", "from the CLIP"], "Known: sd1,"),
        (["-", "--family", "sd1"], "reads no standard input"),
        (["a cat", "--family", "sd1", "--out", "o"], "--out was given without --list."),
        (["a cat", "--list", "l"], "A prompt was given with --list."),
        (["--list", "l", "--png", "c.png"], "--png was given with --list."),
        (["--report", "."], "'.' cannot be read (it is a folder)."),
    ],
)
def test_a_refusal_says_what_to_do_before_anything_is_loaded(
    capsys: Any, arguments: list[str], says: str
) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "") and says in err and err.count("\n") == 1


@pytest.mark.parametrize("guidance", ["nan", "0", "-3", "inf", "high"])
def test_a_guidance_that_is_none_is_refused(capsys: Any, guidance: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(capsys, "a cat", "--family", "sd1", f"--guidance={guidance}")
    assert stopped.value.code == 2


def test_a_card_is_a_report(capsys: Any, tmp_path: Path) -> None:
    card = tmp_path / "tokens.png"
    write_card(card, Image.new("RGB", (8, 8)), kit.tokens())
    status, out, _ = run(capsys, "--report", str(card))
    assert status == 0 and out.startswith("The tokenizer passed")
    write_card(card, Image.new("RGB", (8, 8)), kit.sick())
    status, _, err = run(capsys, "--report", str(card))
    assert status == 2 and str(card) in err and "encoderscope.doctor" in err


def test_stations_that_were_not_looked_at_name_their_option(capsys: Any, tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    path.write_text(json.dumps(kit.tokens()), encoding="utf-8")
    _, out, _ = run(capsys, "--report", str(path))
    for option in ("--encoder", "--model", "--image"):
        assert f"not looked at ({option} " in out
    assert "connected" not in out and "\n\n\n" not in out


def test_ctrl_c_is_no_traceback(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "_run", stop)
    status, out, err = run(capsys, "a cat", "--family", "sd1")
    assert (status, out) == (main.STOPPED, "") and "Stopped" in err


@pytest.mark.parametrize(
    "full",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes."),
    ],
    ids=lambda full: type(full).__name__,
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_memory_that_ran_out_is_a_sentence(
    capsys: Any, monkeypatch: pytest.MonkeyPatch, full: Exception, wrapped: bool
) -> None:
    def fail(*_: Any) -> Any:
        if not wrapped:
            raise full
        raise EncoderScopeError("The file is damaged.", "A whole one was expected.", "") from full

    monkeypatch.setattr(doctor, "_run", fail)
    status, out, err = run(capsys, "a cat", "--family", "sd1")
    assert (status, out) == (2, "") and "The computer ran out of memory" in err
    assert "encoderscope quantize" in err


def test_an_error_that_nobody_expected_stays_one(
    capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("mat1 and mat2")

    monkeypatch.setattr(doctor, "_run", fail)
    with pytest.raises(RuntimeError, match="mat1"):
        run(capsys, "a cat", "--family", "sd1")


def test_a_station_that_refuses_is_not_looked_at() -> None:
    def refuses(text: str) -> Any:
        raise EncoderScopeError("Too long.", "Less was expected.", "Shorten it.")

    stations = doctor_stations.Stations(tokens=kit.tokens, probe=refuses)
    examined = doctor.examine(kit.TEXT, [], stations, {})
    assert set(examined.reports) == {"tokenizer"}
    report = doctor.report_of(kit.TEXT, examined, stations, None)
    assert report["stations"][1]["why"].startswith("Too long.")


def test_the_budgets_are_those_of_ignored_words() -> None:
    parser = main._parser()
    for name in budget.BUDGETS:
        assert parser.parse_args(["doctor", "a cat", "--budget", name]).budget == name


def test_what_nobody_looked_at_is_not_called_right() -> None:
    report = doctor_report(diagnose(kit.TEXT, probe=kit.probe(kit.TEXT)))
    car = next(each for each in report["phrases"] if each["text"] == "car")
    assert car["outcome"] == "cannot tell"
    assert car["says"] == (
        "Nothing in the prompt can be confused with it, so there was nothing to test."
    )
    bare = doctor_report(diagnose(kit.TEXT))
    assert {each["says"] for each in bare["phrases"]} == {"Nothing is known of it."}


def test_the_same_of_several_phrases_is_one_line() -> None:
    text = doctor_text.plain(doctor_report(diagnose(kit.TEXT)))
    lines = [line for line in text.split("\n") if "Nothing is known of it." in line]
    assert len(lines) == 1
    assert lines[0].startswith(
        "“red car”, “car”, “car next to house”, “blue house” and 2 more, each"
    )
    single = doctor_text.plain(doctor_report(diagnose("a cat")))
    assert "\n“cat”: Nothing is known of it." in single


class _Arguments:
    """The options of a list, as the parser gives them."""

    def __init__(self, path: Path, out: Path, images: Path | None = None) -> None:
        self.list, self.out, self.images = path, out, images
        self.family, self.guidance, self.language, self.model = "sd3", None, "en", None
        self.encoder: list[Path] = []
        self.judges: list[str] = []
        self.scorer, self.budget, self.seed = None, "quick", 0


@pytest.fixture
def place(tmp_path: Path) -> Any:
    """Runs a list over made-up reports; returns what was examined."""

    def listed(lines: list[Any], images: Path | None = None, **options: Any) -> list[str]:
        path, out = tmp_path / "list.jsonl", tmp_path / "out.jsonl"
        text = "\n".join(line if type(line) is str else json.dumps(line) for line in lines)
        path.write_text(text, encoding="utf-8")
        arguments: Any = _Arguments(path, out, images)
        for name, value in options.items():
            setattr(arguments, name, value)
        examined = []

        def examine(text: str, pictures: Any, missing: str) -> Any:
            examined.append(text)
            return doctor_report(diagnose(text, kit.tokens(text)))

        doctor_list.run(arguments, lambda: examine)
        return examined

    return listed


def entry(name: Any, prompt: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "prompt": prompt, **more}


def test_a_case_whose_prompt_or_picture_changed_is_run_again(place: Any, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"1")
    lines = [entry("a", "a cat"), entry(2, "a dog"), '"a fox"']
    assert place(lines, folder) == ["a cat", "a dog", "a fox"]
    assert place(lines, folder) == []
    lines[1] = entry(2, "a wolf")
    assert place(lines, folder) == ["a wolf"]
    (folder / "a.png").write_bytes(b"12")
    (folder / "3.png").write_bytes(b"1")
    assert place(lines, folder) == ["a cat", "a fox"]
    assert place(lines, folder) == []


def test_reports_of_other_options_are_not_gone_on_with(place: Any) -> None:
    place([entry("a", "a cat")])
    with pytest.raises(EncoderScopeError, match=r"--family sd3, and now it is flux"):
        place([entry("a", "a cat")], family="flux")


def test_pictures_that_are_missing_are_named(place: Any, tmp_path: Path, capsys: Any) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    with pytest.raises(EncoderScopeError, match="None of the pictures"):
        place([entry("a", "a cat")], folder)
    (folder / "a.png").write_bytes(b"1")
    place([entry("a", "a cat"), entry("b", "a dog", image="gone.png")], folder)
    assert "The picture of 1 of them is missing: b." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], "it has no prompt"),
        (["a red car"], "line 1 is no JSON: a red car"),
        ([entry("a", "x"), "", entry("a", "y")], "lines 1 and 3 have the same id, 'a'"),
        ([entry({"b": 1}, "x")], "id and image of line 1"),
        ([entry("a", "x", image=5)], "id and image of line 1"),
        (["[" * 100_000], "line 1 is no JSON"),
    ],
)
def test_a_list_that_cannot_be_meant_is_refused(place: Any, lines: list[Any], says: str) -> None:
    with pytest.raises(EncoderScopeError) as refused:
        place(lines)
    assert says in str(refused.value)


def test_a_list_of_an_editor_of_windows_is_read(place: Any, tmp_path: Path) -> None:
    assert place(['\ufeff"a cat"']) == ["a cat"]
    (tmp_path / "list.jsonl").write_bytes(b'"caf\xe9"')
    with pytest.raises(EncoderScopeError, match="line 1 is no UTF-8"):
        list(doctor_list._cases(tmp_path / "list.jsonl", None))


def test_no_file_of_something_else_is_written_into(place: Any, tmp_path: Path) -> None:
    other = tmp_path / "out.jsonl"
    other.write_text('{"format": "encoderscope.tokens", "text": "a"}\n', encoding="utf-8")
    with pytest.raises(EncoderScopeError, match="is no list of reports"):
        place([entry("a", "a cat")])
    assert other.read_text(encoding="utf-8").count("\n") == 1
    with pytest.raises(EncoderScopeError, match="the same file"):
        place([entry("a", "a cat")], out=tmp_path / "list.jsonl")
    with pytest.raises(EncoderScopeError, match="There is no folder"):
        place([entry("a", "a cat")], out=tmp_path / "none" / "out.jsonl")
