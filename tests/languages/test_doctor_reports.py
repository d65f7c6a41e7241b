"""The Prompt Doctor in ten languages: the same diagnosis in each, and none that was read from a
sentence.
"""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("PIL")

from encoderscope.conditioning.doctor import summary, trial
from encoderscope.conditioning.doctor.diagnose import diagnose
from encoderscope.conditioning.doctor.remedies import FamilyFacts
from encoderscope.conditioning.reports.doctor import picture, text
from encoderscope.conditioning.reports.doctor.display import with_display, without_display
from encoderscope.conditioning.reports.doctor.report import Treatment, doctor_report
from encoderscope.conditioning.translation import in_language, languages
from encoderscope.conditioning.visible_text import cells
from encoderscope.tests.doctor import kit
from encoderscope.tests.reports.drawn import Drawn
from encoderscope.tools.languages import report_texts

Report = dict[str, Any]
OTHERS = languages()[1:]
SENTENCES = ("says", "evidence", "remedy", "title", "sentence", "language", "display")
"""Fields that are written in a language."""
QUOTED = ("remedy", "does", "instead", "meant", "title", "family_title")
"""Sentences of stations."""
FATES = (
    "cut",
    "unknown",
    "missing_embedding",
    "masked",
    "not_encoded",
    "later_window",
    "unaligned",
)


def stations(seed: int) -> tuple[str, list[Report | None], float | None]:
    """A prompt, what each station reports of it (None: nobody looked), and a guidance."""
    dice = random.Random(seed)
    prompt = dice.choice((kit.TEXT, kit.SICK))
    tokens = kit.tokens(prompt, family=dice.choice(("sd1", "sd3", "flux", "none")))
    if "[old|new]" in prompt:
        certain = dice.random() < 0.5
        tokens["findings"] = [kit.finding(prompt, "alternation", "[old|new]", certain)]
    for word in dice.sample(tokens["words"], dice.choice((0, 1, 2))):
        seen, calls = dice.random() < 0.4, dice.random() < 0.5
        tokens = kit.with_fate(tokens, word["text"], dice.choice(FATES), seen, calls)
    probe = kit.probe(prompt, dice.choice(("BOUND", "ORDER ONLY", "COLLAPSED", "UNDECIDED")))
    used = ("used", "ignored", "cannot tell", "cut off")
    parts = {part: dice.choice(used) for part in ("red", "car", "castle", "golden")}
    answers = (kit.HOLDS, kit.FAILS, kit.OPEN, kit.UNASKED)
    labels = ("car", "red car", "blue house", "golden hour")
    says = [{label: dice.choice(answers) for label in labels} for _ in range(dice.choice((1, 3)))]
    reports = [tokens, probe, kit.generator(prompt, parts), kit.image(prompt, *says)]
    return prompt, [each if dice.random() < 0.8 else None for each in reports], 1.0 + 4 * (seed % 2)


def diagnosed(seed: int, *, muted: bool = False) -> Report:
    prompt, reports, guidance = stations(seed)
    if muted:
        reports = [mute(each) for each in reports]
    diagnosis = diagnose(prompt, *reports, guidance)
    shorter = prompt.replace("golden hour", "hour")
    tried = trial.choose_trial(diagnosis, shorter, FamilyFacts.of(reports[0], None), guidance, 1)
    verification = None
    if tried is not None:
        changes = [trial.picture_change("red", "lost", "passed")]
        verification = trial.verification("picture", tried, changes)
    return doctor_report(diagnosis, Treatment(shorter, [], verification))


@cache
def in_english(seed: int) -> Report:
    return diagnosed(seed)


def mute(value: Any) -> Any:
    """A station's report whose sentences say nothing."""
    if isinstance(value, dict):
        return {key: "…" if key in QUOTED else mute(each) for key, each in value.items()}
    return [mute(each) for each in value] if isinstance(value, list) else value


def nameless(report: Any) -> Any:
    """What a report found, without a word of how it says so."""
    if isinstance(report, dict):
        return {key: nameless(each) for key, each in report.items() if key not in SENTENCES}
    return [nameless(each) for each in report] if isinstance(report, list) else report


def outcomes(report: Report) -> Any:
    """Outcomes, stations, states, measures and what was tried."""
    return nameless({key: report[key] for key in ("healthy", "phrases", "verification")})


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated(language: str) -> None:
    doctors = report_texts.read_domains(language)["doctor"]
    assert [english for english, doctor in doctors.items() if doctor is None] == []


@pytest.mark.parametrize("language", OTHERS)
def test_the_diagnosis_is_the_same_in_every_language(language: str) -> None:
    for seed in range(10):
        english = in_english(seed)
        with in_language(language):
            report = diagnosed(seed)
        assert report["language"] == language and outcomes(report) == outcomes(english)
        assert report["sentence"] != english["sentence"]


def test_no_sentence_of_a_station_is_read() -> None:
    for seed in range(40):
        assert outcomes(diagnosed(seed, muted=True)) == outcomes(in_english(seed))


@pytest.mark.parametrize(
    ("language", "lost", "clean"),
    [
        ("de", "„castle“ ging wahrscheinlich im Bildmodell verloren.", "alle 6 Wortgruppen"),
        ("ru", "Вероятно, потеряно в модели изображений: «castle».", "прошли все 6 фраз."),
        ("ja", "「castle」 はおそらく画像モデルで失われました。", "6 フレーズすべてが通過"),
    ],
)
def test_the_first_sentence(language: str, lost: str, clean: str) -> None:
    with in_language(language):
        sick, healthy = kit.sick(), kit.healthy()
    assert lost in sick["sentence"] and clean in healthy["sentence"]
    assert lost in text.plain(sick) and lost in text.markdown(sick)


def test_a_finished_report_is_drawn_in_its_language(monkeypatch: pytest.MonkeyPatch) -> None:
    with in_language("de"):
        report = kit.sick()
    display = with_display(without_display(report))["display"]
    assert display == report["display"] and display["titles"]["changes"] == "Was zu tun ist"
    assert [each["title"] for each in display["stations"]][1] == "Text-Encoder"
    assert any(line["where"] == "Bildmodell, wahrscheinlich" for line in display["lines"])
    drawn = Drawn(monkeypatch)
    drawn.of(picture.render, report)
    assert "Prompt-Doktor" in drawn.all and "hier verloren" in drawn.all
    assert "Vorgeschlagener Prompt" in text.plain(report)


@pytest.mark.parametrize("language", ["en", "de", "ja", "zh"])
def test_tables_of_a_terminal_stand_in_columns(language: str) -> None:
    with in_language(language):
        report = kit.sick()
        lines = list(summary.table(summary.counts([report])))
    assert len({cells(line) for line in lines}) == 1
    table = [line for line in text.plain(report).split("\n") if line.count("✓  ") > 1]
    assert len(table) > 5 and len({cells(line) for line in table}) == 1


def test_a_list_ends_in_the_language_of_the_terminal() -> None:
    with in_language("ru"):
        first = [next(summary.total(count, Path("r.jsonl"))) for count in (1, 2, 5)]
    assert [line.split(";")[0] for line in first] == ["1 промпт", "2 промпта", "5 промптов"]
