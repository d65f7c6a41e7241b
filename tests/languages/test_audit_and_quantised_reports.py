"""The audit of captions and what quantising came to, in ten languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from encoderscope.conditioning import translation
from encoderscope.conditioning.encoder_files.description import of_unknown_size
from encoderscope.conditioning.quantization import quantized_copy
from encoderscope.conditioning.quantization.layer_by_layer import Difference
from encoderscope.conditioning.reports.audit import picture
from encoderscope.conditioning.reports.audit.report import worded
from encoderscope.conditioning.reports.audit.text import plain
from encoderscope.conditioning.reports.quantized import report as quantised
from encoderscope.conditioning.translation import in_language
from encoderscope.tools.languages import report_texts

OTHERS = translation.languages()[1:]


def audit_in(language: str, lost: int, captions: int, unread: int = 0) -> dict[str, Any]:
    with in_language(language):
        return worded(
            {
                "format": "encoderscope.audit",
                "version": 1,
                "host": None,
                "source": "a.jsonl",
                "family": "sdxl",
                "captions": captions,
                "with_lost_words": lost,
                "not_as_it_seems": 1,
                "unread": unread,
                "words": 30,
                "lost_words": 4,
                "missed_by": [{"readout": "pooled", "captions": lost}],
                "findings": [{"kind": "break", "captions": 1}, {"kind": "comment", "captions": 1}],
                "tokens": [{"stream": "l", "bin": 10, "captions": [1, 2], "longest": 12}],
            }
        )


def quantised_in(language: str, states: Difference | None = None) -> dict[str, Any]:
    done = quantized_copy.QuantizationResult(
        path=Path("a-int8.safetensors"),
        title=of_unknown_size("CLIP", 700, 12),
        format="int8",
        stock=quantized_copy._NOBODY,
        before=2_000_000,
        after=1_000_000,
        seconds=3.0,
        resumed=1,
        matrices={"int8": 1, "fp16": 2},
        weights=0.004,
        worst=("layer.0", 0.02),
        states=states,
        random_sentences=True,
    )
    with in_language(language):
        return quantised.report(done)


@pytest.mark.parametrize("language", OTHERS)
def test_the_domains_are_whole(language: str) -> None:
    domains = report_texts.read_domains(language)
    for domain in ("audit", "quantized", "quantization", "host"):
        assert [text for text, sentence in domains[domain].items() if sentence is None] == []


@pytest.mark.parametrize(
    ("language", "lost", "captions", "sentence"),
    [
        ("en", 1, 1, "1 of 1 caption (100.0 %) loses words under SDXL; 1 of 1 caption"),
        ("de", 0, 3, "0 von 3 Bildtexten (0.0 %) verlieren Wörter unter SDXL; 1 von"),
        ("de", 1, 3, "1 von 3 Bildtexten (33.3 %) verliert Wörter unter SDXL; 1 von"),
        ("ru", 1, 21, "1 из 21 подписи (4.8 %) теряет слова с SDXL; 1 из 21 подписи"),
        ("ru", 2, 25, "2 из 25 подписей (8.0 %) теряют слова с SDXL; 1 из 25"),
        ("ja", 2, 25, "25 件のキャプションのうち 2 件（8.0 %）が SDXL で単語を失います。"),
    ],
)
def test_the_sentence_of_an_audit(language: str, lost: int, captions: int, sentence: str) -> None:
    report = audit_in(language, lost, captions)
    assert report["language"] == language
    assert report["sentence"].startswith(sentence) and sentence in plain(report)
    assert picture.render(report).width > 400


@pytest.mark.parametrize("language", OTHERS)
def test_an_audit_says_the_same_in_other_words(language: str) -> None:
    english, translated = audit_in("en", 1, 3, 2), audit_in(language, 1, 3, 2)
    assert [each["kind"] for each in translated["findings"]] == ["break", "comment"]
    assert translated["findings"][1]["title"] != "a comment"
    assert translated["sentence"] != english["sentence"]
    assert len(plain(translated).splitlines()) == len(plain(english).splitlines())


def test_what_quantising_came_to() -> None:
    german = quantised_in("de")
    assert german["title"] == "CLIP unbekannter Größe (Breite 700, 12 Schichten)"
    text = quantised.plain(german)
    assert "in 3 s geschrieben: 1 Matrix int8 und 2 Matrizen fp16; Tabellen" in text
    assert "Zustände wurden nicht gemessen" in text
    assert "1 Tensor war schon" in text and text.endswith("statt eines Bildes.")
    assert "1 matrix int8 and 2 matrices fp16; tables" in quantised.plain(quantised_in("en"))
