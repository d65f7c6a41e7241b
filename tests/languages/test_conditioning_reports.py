"""What Is in This Conditioning?, Mix and Assemble in ten languages."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("jsonschema")

from encoderscope.conditioning import translation
from encoderscope.conditioning.mixing.assembly import ZEROS, assemble
from encoderscope.conditioning.mixing.mixture import mix
from encoderscope.conditioning.mixing.schedule import MixPart
from encoderscope.conditioning.reports.conditioning.picture import render
from encoderscope.conditioning.reports.conditioning.report import conditioning_report, plain
from encoderscope.conditioning.reports.drawing import legible
from encoderscope.conditioning.translation import in_language
from encoderscope.tests.mixing.test_assemble import states
from encoderscope.tests.reports.conditionings import entry, sd3
from encoderscope.tools.languages import report_texts

OTHERS = translation.languages()[1:]
OTHER_LETTERS = ("ja", "ko", "ru", "zh", "zh-TW")
IDENTIFIERS = ("format", "name", "how", "dtype", "part", "tone", "language")
ENGLISH = re.compile(
    r"\b(a|all|and|are|as|by|differ|each|entr(?:y|ies)|every|first|for|from|has|have|holds|in|is|"
    r"it|lengthened|more|no|not|number|of|or|row|rows|second|that|the|they|to|was|with)\b",
    re.IGNORECASE,
)


def hurt() -> list[Any]:
    conditioning = sd3(seed=2)
    conditioning[0][0, 5, 7] = conditioning[1]["pooled_output"][0, 1] = math.nan
    return conditioning


def zeros_in_places() -> list[Any]:
    result = entry(154, 768, 768)
    result[0][:, 77:] = 0
    result[0][:, 2] = 0
    return result


def keys() -> dict[str, Any]:
    return {
        "guidance": 3.5, "area": (64, 64, 0, 0), "attention_mask": torch.ones(1, 3),
        "start_percent": 0.25, "hooks": [1, 2], "flag": True, "nothing": None,
        "latents": [torch.ones(1, 4), torch.ones(1, 4)], "deep": {},
    }  # fmt: skip


CASES: dict[str, tuple[Any, ...]] = {
    "sd3": ([sd3()],),
    "mended": ([sd3(), hurt()],),
    "broken": ([hurt()],),
    "alike": ([sd3(), sd3(seed=1)],),
    "zeros": ([zeros_in_places()], [entry(77, 768, 768, 1)]),
    "keys": ([entry(5, 4096, 768, **keys())], [entry(5, 4096, None)]),
    "scheduled": ([sd3(start_percent=0.0, end_percent=0.4)], [sd3(), sd3(seed=3)]),
    "uneven": ([sd3(), sd3(), sd3()], [sd3(), sd3(seed=1)]),
    "foreign": ([entry(256, 4096, 1280)], [entry(77, 2048, 1280)]),
    "without": ([[torch.ones(1, 77, 2048), {}]], [entry(77, 2048, 1280)]),
    "unknown": ([entry(1, 2305, None)],),
    "anyone's": ([entry(20, 2560, None)], [entry(20, 2560, None, 1)]),
    "no axes": ([[torch.ones(5, 768), {}]],),
    "all zero": ([[torch.zeros(1, 77, 4096), {"pooled_output": torch.zeros(1, 2048)}]],),
    "parts": ([sd3()], [sd3(77, 40, seed=1)]),
}


def report_in(language: str, case: str, **options: Any) -> dict[str, Any]:
    with in_language(language):
        return conditioning_report(*CASES[case], **options)


def texts(value: Any, key: str = "") -> Iterator[str]:
    """Everything in a report that is said to people."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from texts(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each, key)
    elif isinstance(value, str) and key not in IDENTIFIERS:
        yield value


def said_without_names(text: str) -> str:
    """Without the names of the host's nodes and keys, and of what a template is filled with."""
    return re.sub(r"\{\w+\}|Conditioning \(Concat\)|\w+_\w+|\bx \d", "", text)


@pytest.mark.parametrize("language", OTHERS)
def test_the_domains_are_whole(language: str) -> None:
    domains = report_texts.read_domains(language)
    for domain in ("conditioning", "mixing"):
        assert [text for text, sentence in domains[domain].items() if sentence is None] == []


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("language", OTHER_LETTERS)
def test_nothing_is_said_in_english(language: str, case: str) -> None:
    report = report_in(language, case)
    assert report["language"] == language
    for text in (*texts(report), *plain(report).splitlines()):
        assert not ENGLISH.search(said_without_names(text)), text


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("language", OTHERS)
def test_names_and_numbers_are_the_same(language: str, case: str) -> None:
    english, report = report_in("en", case), report_in(language, case)
    assert report["sentence"] != english["sentence"]
    for own, other in zip(report["entries"], english["entries"], strict=True):
        assert [own["layout"][key] for key in ("name", "how")] == [
            other["layout"][key] for key in ("name", "how")
        ]
        assert own["sequence"]["norms"] == other["sequence"]["norms"]
        assert [row["zero_rows"] for row in own["sequence"]["rows"]] == [
            row["zero_rows"] for row in other["sequence"]["rows"]
        ]
    assert [track["empty"] for track in report["timeline"]] == [
        track["empty"] for track in english["timeline"]
    ]
    for name, template in english["display"]["words"].items():
        words = report["display"]["words"]
        assert report_texts.fields(words[name]) == report_texts.fields(template)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "154 CLIP rows (rows 3 and 78 to 154 are zeros) of 768, a pooled vector of 768."),
        ("de", "(Zeilen 3 und 78 bis 154 sind null) der Breite 768, ein Pooled-Vektor mit 768."),
        (
            "ru",
            "154 строки (CLIP) (строки 3 и 78–154 — нули) шириной 768, pooled-вектор длиной 768.",
        ),
        ("zh", "CLIP 154 行（第 3 和 78 至 154 行为零），每行 768 维；768 维的池化向量。"),
    ],
)
def test_the_sentence_in(language: str, sentence: str) -> None:
    report = report_in(language, "zeros")
    assert report["sentence"].endswith(sentence)
    assert report["sentence"] in plain(report)
    assert translation.current_language() == "en"


@pytest.mark.parametrize("language", OTHERS)
def test_notes_of_mix_and_assemble_are_said_in_the_language(language: str) -> None:
    mixed = mix([entry(7, 768, 768, own=5)], [entry(77, 768, 768)], {"t5": MixPart(0.5)})
    lengthened = mix([sd3()], [sd3()], {"t5": MixPart(0.5)}, [sd3(77, 40, seed=1)])
    assembled = assemble(states("flux", 1.0), None, {"clip_l": ZEROS}, states("sd1", 2.0))
    for result in (mixed, lengthened, assembled):
        assert result.notes
        with in_language(language):
            report = conditioning_report(result.conditioning, notes=result.notes)
        for note, english in zip(report["notes"], result.notes, strict=True):
            assert note != english
            if language in OTHER_LETTERS:
                assert not ENGLISH.search(said_without_names(note)), note


def test_the_picture_is_in_the_language_or_says_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    english, german = report_in("en", "parts"), report_in("de", "parts")

    def again() -> dict[str, Any]:
        return conditioning_report(*CASES["parts"])

    drawn = legible.draw(german, again, render)
    assert drawn.tobytes() == render(german).tobytes() != render(english).tobytes()
    monkeypatch.setattr(legible, "can_draw", lambda language: False)
    remark = "in English, since no font here has letters of de"
    in_english = legible.draw(german, again, render)
    assert in_english.tobytes() == render(english, remark=remark).tobytes()
    assert in_english.tobytes() != render(english).tobytes()
