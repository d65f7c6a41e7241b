"""What cards say: read from the browser's code, and brought to the page."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest
from encoderscope.conditioning import translation
from encoderscope.tools.languages import card_texts, report_texts

SCRIPTS = sorted(card_texts.SCRIPTS.rglob("*.js"))
CALL = re.compile(r"\b(?:translate|translatable)\(\s*(?!(?:'(?:[^'\\\n]|\\.)*'|[\w.]+)\s*[,)])")
"""A call with something else than a sentence, or a name that holds one."""


def test_sentences_are_read_from_calls() -> None:
    code = r"""const STALE = translatable('It isn\'t fresh.')
      h('p', {}, open ? translate('Open {count}', { count }) : translate(
        'Closed'), translate(STALE), 'untouched', translated('no'))"""
    assert card_texts.in_code(code) == ["It isn't fresh.", "Open {count}", "Closed"]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_every_sentence_can_be_read(path: Path) -> None:
    assert not CALL.search(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "code",
    [
        "translate(`${n} left`)",
        'translate("Left")',
        "translate(n ? 'a' : 'b')",
        "translate('a' + b)",
    ],
)
def test_what_cannot_be_read_is_seen(code: str) -> None:
    assert CALL.search(code)


def test_the_page_gets_what_is_translated() -> None:
    assert card_texts.SERVED.read_text(encoding="utf-8") == card_texts.served(), (
        "run python dev.py languages --fill"
    )


def test_what_is_not_translated_is_not_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translation, "CATALOGUES", tmp_path)
    monkeypatch.setattr(translation, "languages", lambda: ("en", "de", "zh-TW"))
    for language, sentence in (("de", "Läuft"), ("zh-TW", None)):
        messages = {"Running": sentence, "Waiting": None}
        report_texts.write_domains(language, {card_texts.DOMAIN: messages})
    assert json.loads(card_texts.served()) == {"Running": {"de": "Läuft"}}


def test_cards_speak_every_language() -> None:
    """So many sentences that a card is not half in English."""
    served = json.loads(card_texts.SERVED.read_text(encoding="utf-8"))
    others = set(translation.languages()[1:])
    spoken = [text for text in card_texts.in_scripts() if set(served.get(text, ())) == others]
    assert len(spoken) >= 30


def test_what_a_card_says_fits_into_two_lines() -> None:
    """A new card has room for no more; a letter of Chinese, Japanese or Korean is two wide."""
    served = json.loads(card_texts.SERVED.read_text(encoding="utf-8"))
    widths = {
        translation: sum(
            1 + (unicodedata.east_asian_width(letter) in "WF") for letter in translation
        )
        for translations in served.values()
        for translation in translations.values()
    }
    assert [sentence for sentence, width in widths.items() if width > 106] == []


def test_the_first_request_stays_small() -> None:
    assert card_texts.SERVED.stat().st_size < 40_000


def test_the_setting_has_a_name_in_every_language() -> None:
    script = (card_texts.SERVED.parent / "js" / "main.js").read_text(encoding="utf-8")
    spoken = []
    for language in translation.languages():
        file = translation.CATALOGUES / language / "settings.json"
        setting = json.loads(file.read_text(encoding="utf-8"))["EncoderScope_Live"]
        assert list(setting) == ["name", "tooltip"]
        spoken += setting.values()
        if language == "en":
            assert all(f": '{text}'," in script for text in setting.values())
    assert len(set(spoken)) == len(spoken) == 20
