"""The translations that are shipped: each has every text of every node and no other. English that
has changed since is listed in the run's warnings.
"""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path

import pytest
from encoderscope.tools.languages import locale_command, locale_files
from encoderscope.tools.languages.node_texts import english

pytestmark = pytest.mark.host
REMEDY = "run python dev.py languages --fill"


@pytest.fixture(scope="module")
def texts(host_folder: Path) -> dict[str, str]:
    return english()


def test_english_is_what_the_schemas_say(texts: dict[str, str]) -> None:
    assert locale_files.read(locale_files.ENGLISH) == locale_command.served_english(texts), REMEDY


@pytest.mark.parametrize("language", locale_files.translations())
def test_a_language_has_every_text(language: str, texts: dict[str, str]) -> None:
    comparison = locale_command.of(language, texts)
    assert comparison.errors == [], f"{REMEDY}, then see docs/languages.md"
    if comparison.changed:
        warnings.warn(
            f"{language}: {len(comparison.changed)} texts are of other English, or English still: "
            f"{', '.join(comparison.changed)}",
            stacklevel=1,
        )


def test_fill_keeps_translations_and_accepts_nothing(
    texts: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locale_files, "LOCALES", tmp_path / "locales")
    monkeypatch.setattr(locale_files, "SOURCES", tmp_path / "sources")
    known, unknown = "nodeDefs/EncoderScope_Mix/display_name", "nodeDefs/Gone/display_name"
    locale_files.write("xx", {known: "Mischen", unknown: "Weg"})
    locale_files.write_sources("xx", {known: locale_files.hash_of(texts[known])})
    locale_command.fill("xx", texts)
    comparison = locale_command.of("xx", texts)
    assert not comparison.errors and known not in comparison.changed
    assert len(comparison.changed) == len(texts) - 1
    assert locale_files.read("xx")[known] == "Mischen"
    locale_command.accept("xx", texts)
    assert locale_command.of("xx", texts) == ([], [], [], [])


def test_fill_translates_what_was_translated_elsewhere(
    texts: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locale_files, "LOCALES", tmp_path / "locales")
    monkeypatch.setattr(locale_files, "SOURCES", tmp_path / "sources")
    path = "nodeDefs/EncoderScope_Mix/outputs/3/tooltip"
    locale_files.write("xx", {path: "Ein Bild."})
    locale_files.write_sources("xx", {path: locale_files.hash_of(texts[path])})
    locale_command.fill("xx", texts)
    same = [other for other, text in texts.items() if text == texts[path]]
    assert len(same) > 1
    assert {locale_files.read("xx")[other] for other in same} == {"Ein Bild."}
    assert not set(same) & set(locale_command.of("xx", texts).changed)


def test_sentences_name_comfyui_and_advise_nothing_that_it_does_not_have() -> None:
    """Developers call ComfyUI the host; users know it by its name."""
    folder = Path(__file__).parents[2] / "locales" / "en" / "reports"
    sentences = [
        key
        for path in folder.glob("*.json")
        for key in json.loads(path.read_text(encoding="utf-8"))
    ]
    assert len(sentences) > 2000
    assert [text for text in sentences if re.search(r"\bthe host\b|write BREAK", text, re.I)] == []
