"""Each language has one word for a thing, one way to address the artist, and its own signs."""

from __future__ import annotations

import json
import re

import pytest
from encoderscope.conditioning.translation import in_language, translate, translate_count
from encoderscope.tests.languages.texts_of_locales import LOCALES, texts_of

QUOTED = {"de": "„{}“", "es": "«{}»", "fr": "« {} »", "pt-BR": "“{}”", "ru": "«{}»"}

# what a translator wrote once, and the word that all other sentences have. What pads a prompt is
# padding: the words for filling are those of filler words
OTHER_WORDS = {
    "de": {
        r"\bLader": "Loader",
        r"Textencoder": "Text-Encoder",
        r"Bildunterschrift": "Bildtext",
        r"\b(Vision|Text)-Turm": "Bildturm, Textturm",
        r"\bKontrast(e|en|s)?\b": "Gegensatz",
        r"\bEncodings?\b": "Encodierung",
        r"\bKonditionierung\b": "Conditioning",
        r"\b(eine|keine|die|diese|einer) Node\b": "der Node",
        r"\b(du|dir|dein\w*)\b": "Sie",
    },
    "es": {
        r"(?<!palabra de )(?<!palabras de )\brelleno\b": "padding",
        r"\b[Tt]arjeta(?! gráfica)": "ficha",
        r"\b(oración|oraciones)\b": "frase; a phrase is una expresión",
        r"\bpuntuador": "evaluador",
        r"inversión textual": "textual inversion",
        r"\b[Uu]na LoRA": "un LoRA",
        r"\b(usted|Elija|Ponga|Compruebe|Descargue|Traduzca|Instálelo|tome)\b": "tú",
    },
    "fr": {
        r"(?<!mot de )(?<!mots de )\bremplissage\b": "padding",
        r"(?<!\{)\bnodes?\b(?!\})": "nœud",
        r"\bguidage\b": "guidance",
        r"\béchantillonneur": "sampler",
        r"modèles? de langue\b": "modèle de langage",
        r"\bcompressé": "compacté",
        r"\babîmé": "endommagé",
        r"\bscoreur": "évaluateur",
        r"[Ii]nversion textuelle": "textual inversion",
        r"\b[Uu]ne LoRA": "un LoRA",
        r"’": "'",
        r"\w[:;?!](?=\s(?!»)|$)": "a space before the sign",
        r"\b(tu|toi|tes)\b": "vous",
    },
    "pt-BR": {
        r"(?<!palavra de )(?<!palavras de )\bpreenchimento\b": "padding",
        r"\b[Cc]art(ão|ões)\b": "ficha",
        r"\b[Ee]tiqueta": "tag",
        r"(?<!\{)\bseeds?\b(?!\})": "semente",
        r"\bpontuador": "avaliador",
        r"inversão textual": "textual inversion",
        r"\bcompactad": "empacotado",
        r"\b[Uu]ma LoRA": "um LoRA",
        r"\b(tu|teu|tua)\b": "você",
    },
    "ru": {
        r"[Ээ]нкодер": "кодировщик",
        r"\b[Нн]од(а|ы|у|е|ой|ам|ах)?\b": "узел",
        r"(с|без) дополнени|\bДополнение\b": "паддинг",
        r"\b[Кк]еш": "кэш",
        r"сэмплинг": "сэмплирование",
        r"башн\w+ зрения|[Зз]рительн\w+ башн": "башня изображений",
        r"\bпакет(е|ов)\b": "батч",
        r"\b(ты|твой|твоя|тебе)\b": "вы",
    },
}

PHRASE = {
    "de": "Wortgrupp",
    "es": "expresi",
    "fr": "groupes? de mots",
    "pt-BR": "express",
    "ru": "фраз",
}


def _titles(language: str) -> list[str]:
    nodes = json.loads((LOCALES / language / "nodeDefs.json").read_text(encoding="utf-8"))
    return [node["display_name"] for node in nodes.values()]


@pytest.mark.parametrize("language", OTHER_WORDS)
def test_a_thing_has_one_word(language: str) -> None:
    texts = list(texts_of(language))
    for pattern, word in OTHER_WORDS[language].items():
        assert not [text for text in texts if re.search(pattern, text)], f"{word}: {pattern}"


@pytest.mark.parametrize("language", QUOTED)
def test_a_node_is_named_as_the_menu_names_it(language: str) -> None:
    titles = dict(zip(_titles("en"), _titles(language), strict=True))
    other = "|".join(re.escape(name) for name, own in titles.items() if name != own)
    straight = "|".join(f"'{re.escape(own)}'" for own in titles.values())
    spoilt = [text for text in texts_of(language) if re.search(f"\\b({other})|{straight}", text)]
    assert not spoilt, f"write it as {QUOTED[language].format(titles['Load Judge'])}"


@pytest.mark.parametrize("language", [path.name for path in sorted(LOCALES.iterdir())])
def test_numbers_are_written_as_the_english_writes_them(language: str) -> None:
    """A translation that writes {count} for {count:,} runs the thousands together."""
    for path in (LOCALES / language / "reports").glob("*.json"):
        for english, text in json.loads(path.read_text(encoding="utf-8")).items():
            for form in text if isinstance(text, list) else [text]:
                bare = set(re.findall(r"\{(\w+)\}", form))
                assert not bare & set(re.findall(r"\{(\w+):,\}", english)), form


@pytest.mark.parametrize(
    ("language", "number"), [("de", "1\u00a0234"), ("ru", "1\u00a0234"), ("ja", "1,234")]
)
def test_thousands_are_parted_by_no_decimal_sign(language: str, number: str) -> None:
    with in_language(language):
        assert number in translate("{file} has {size:,} bytes.", file="a", size=1234)
        assert number in translate_count("{count:,} layer", "{count:,} layers", 1234)


@pytest.mark.parametrize("language", PHRASE)
def test_a_sentence_is_no_phrase(language: str) -> None:
    for path in (LOCALES / language / "reports").glob("*.json"):
        for english, text in json.loads(path.read_text(encoding="utf-8")).items():
            if "sentence" in english.lower() and "phrase" not in english.lower():
                assert not re.search(PHRASE[language], str(text), re.IGNORECASE), text
