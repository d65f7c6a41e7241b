"""What a text encoder's file is, in ten languages."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from encoderscope.cli import main
from encoderscope.conditioning import translation
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.reports.encoder_file.report import inspect, plain
from encoderscope.conditioning.translation import in_language
from encoderscope.tests.encoder_files import make
from encoderscope.tools.languages import report_texts

OTHERS = translation.languages()[1:]
NAMES = ("name", "architecture", "variant", "size", "objective", "layout", "usable", "also",
         "assumed", "host_takes_it_for")  # fmt: skip


def report_in(language: str, path: Path) -> dict[str, Any]:
    with in_language(language):
        return inspect(path)


@pytest.fixture(scope="module")
def clip_l(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    return make.sparse(folder / "model.safetensors", make.clip_text(768, 12), "F16")


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shapes = make.clip_text(700, 12)
    del shapes["text_model.encoder.layers.3.mlp.fc1.weight"]
    return make.sparse(tmp_path_factory.mktemp("broken") / "model.safetensors", shapes, "F16")


@pytest.mark.parametrize("language", OTHERS)
def test_the_domains_are_whole(language: str) -> None:
    domains = report_texts.read_domains(language)
    for domain in ("encoder_file", "encoder_files"):
        assert [text for text, sentence in domains[domain].items() if sentence is None] == []


@pytest.mark.parametrize(
    ("language", "begins", "takes", "line"),
    [
        ("en", "Text tower of CLIP-L (ViT-L/14) (contrastive).", "take it as CLIP-L", "heads: 12"),
        ("de", "Textturm von CLIP-L (ViT-L/14) (kontrastiv).", "nehmen es als CLIP-L",
         "Köpfe: 12 (angenommen)"),
        ("ru", "Текстовая башня CLIP-L (ViT-L/14) (контрастный).", "берут его как CLIP-L",
         "головы: 12 (предположение)"),
        ("zh", "CLIP-L (ViT-L/14) 的文本塔（对比学习）。", "把它用作 CLIP-L",
         "注意力头：12（推定）"),
    ],
)  # fmt: skip
def test_the_verdict_and_the_text_in(
    clip_l: Path, language: str, begins: str, takes: str, line: str
) -> None:
    report = report_in(language, clip_l)
    assert report["language"] == language
    assert report["verdict"].startswith(begins) and takes in report["verdict"]
    text = plain(report)
    assert report["verdict"] in text and line in text
    assert translation.current_language() == "en"


@pytest.mark.parametrize("language", OTHERS)
def test_names_for_programs_stay_english(clip_l: Path, broken: Path, language: str) -> None:
    for path in (clip_l, broken):
        english, translated = inspect(path), report_in(language, path)
        assert translated["verdict"] != english["verdict"]
        for a, b in zip(english["encoders"], translated["encoders"], strict=True):
            assert [a[name] for name in NAMES] == [b[name] for name in NAMES]
            assert [fit["fits"] for fit in a["fits"]] == [fit["fits"] for fit in b["fits"]]
            assert a["display"]["fits"]["title"] != b["display"]["fits"]["title"]


def test_a_broken_file_says_why_in_the_language(broken: Path) -> None:
    report = report_in("de", broken)
    (encoder,) = report["encoders"]
    assert encoder["title"] == "CLIP unbekannter Größe (Breite 700, 12 Schichten)"
    assert encoder["fault"].startswith("Es ist beschädigt oder unvollständig:")
    assert encoder["keys"]["serious"][0]["why"] == "fehlt"
    assert "ernst:" in plain(report)


@pytest.mark.parametrize("language", OTHERS)
def test_a_refusal_that_is_quoted_is_in_the_language(language: str, tmp_path: Path) -> None:
    shapes = make.clip_text(768, 12)
    shapes["text_model.embeddings.token_embedding.weight"] = (99, 768)
    unusual = make.sparse(tmp_path / "model.safetensors", shapes, "F16")
    fault = "has a vocabulary of 99 pieces. Choose a CLIP that"
    assert fault in inspect(unusual)["verdict"]
    report = report_in(language, unusual)
    (encoder,) = report["encoders"]
    assert "99" in encoder["fault"] and encoder["fault"] in report["verdict"]
    assert not any(word in encoder["fault"] for word in ("vocabulary", "Choose", "trained"))


@pytest.mark.parametrize("language", OTHERS)
def test_a_missing_vocabulary_is_said_in_the_language(language: str, tmp_path: Path) -> None:
    place = tmp_path / "x"  # quoted, and pytest's own folder is named after this test
    place.mkdir()
    path = make.sparse(place / "umt5.safetensors", make.t5("base", 256384, every=True))
    (english,), (own,) = inspect(path)["encoders"], report_in(language, path)["encoders"]
    wanted = "with a vocabulary of its own, and none was found in umt5.safetensors or beside it."
    (note,) = [note for note in english["notes"] if wanted in note]
    sentence = own["notes"][english["notes"].index(note)]
    assert "umt5.safetensors" in sentence and "umt5.spiece.model" in sentence
    assert not any(word in sentence for word in ("vocabulary", "Put it", "folder", "usual name"))


def test_the_terminal_takes_a_language(clip_l: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["inspect", str(clip_l), "--language", "fr"]) == 0
    assert "Tour de texte de CLIP-L" in capsys.readouterr().out
    main.main(["inspect", str(clip_l), "--language", "de", "--json"])
    assert json.loads(capsys.readouterr().out)["language"] == "de"


DAMAGED = {
    "a reason in brackets": (
        "model.safetensors",
        struct.pack("<Q", 4) + b"[[]]",
        "Der Kopf von model.safetensors lässt sich nicht lesen (er ist keine Liste von Tensoren). ",
    ),
    "a kind of file": (
        "model.safetensors",
        b"<!DOCTYPE html><html>",
        "model.safetensors ist eine Webseite, unter dem Namen eines Modells gespeichert. ",
    ),
    "a number": (
        "model.safetensors",
        b"\0",
        "model.safetensors hat 1 Byte, zu wenig selbst für ein leeres Modell. ",
    ),
    "an index": (
        "model.safetensors.index.json",
        b"{",
        "model.safetensors.index.json ist kein JSON (Zeile 1 ergibt keinen Sinn). ",
    ),
    "several sentences": (
        "model-00002-of-00003.safetensors",
        b"",
        "Von den 3 Teilen von 'damaged' fehlen 2: ",
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_refused_in_the_language(name: str, tmp_path: Path) -> None:
    file, data, begins = DAMAGED[name]
    folder = tmp_path / "damaged"
    folder.mkdir()
    (folder / file).write_bytes(data)
    path = folder if file.endswith(".json") else folder / file
    with in_language("de"), pytest.raises(EncoderScopeError) as refused:
        inspect(path)
    assert str(refused.value).startswith(begins)
    assert "expected" not in str(refused.value)


@pytest.mark.parametrize(
    ("language", "note"),
    [("de", "2 Varianten eines Modells liegen"), ("ru", "лежат 2 варианта одной модели")],
)
def test_what_else_lies_in_a_folder(language: str, note: str, tmp_path: Path) -> None:
    for name in ("model", "model.fp16"):
        make.sparse(tmp_path / f"{name}.safetensors", make.clip_text(768, 12), "F16")
    report = report_in(language, tmp_path)
    assert note in report["notes"][0] and note in report["encoders"][0]["notes"][0]
