"""The doctor's report as plain text and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...doctor.diagnosis import HEALTHY
from ...translation import in_its_language, translatable, translate
from ...visible_text import cells, padded
from ..wording import listed, short, translate_name, visible
from .display import (
    CERTAINTIES,
    SIGNS,
    STATIONS,
    grouped,
    lamps,
    legend,
    row_text,
    suggests,
    titles,
)
from .sentences import alike, labels

Report = Mapping[str, Any]
_WIDEST = 32, 52
"""Of a phrase, and of a row of several."""
_COLUMNS = (translatable("tok"), translatable("enc"), translatable("gen"), translatable("pic"))
"""Short names of the stations."""


@in_its_language
def plain(report: Report) -> str:
    """The report in lines of text: the sentence, a row of lamps for each phrase, what to do."""
    lines = [str(report["sentence"])]
    lines += _section("", list(_table(report)))
    lines += _section("", list(_stations(report)))
    lines += _section("", [_phrase_line(group) for group in alike(_ill(report))])
    heads = titles()
    lines += _section(heads["changes"], [f"-> {change}" for change in report["changes"]])
    if suggests(report):
        lines += _section(heads["suggested"], [str(report["suggested_prompt"])])
    if report["verification"]:
        lines += _section(heads["trial"], [str(report["verification"]["sentence"])])
    lines += _section("", [f"- {note}" for note in report["notes"]])
    return "\n".join(visible(line) for line in lines)


def _section(title: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    return ["", *([translate("{title}:", title=title)] if title else []), *lines]


def _table(report: Report) -> Iterator[str]:
    phrases = report["phrases"]
    if not phrases:
        return
    groups = grouped(phrases)
    names = [short(row_text(group), _WIDEST[len(group) > 1]) for group in groups]
    columns = [translate(name) for name in _COLUMNS]
    wide, widths = max(map(cells, names)), list(map(cells, columns))
    yield f"{'':{wide}}  {'  '.join(columns)}"
    rows = {
        (tuple(group[0]["span"]), name, tuple(lamps(group[0]))): None
        for name, group in zip(names, groups, strict=True)
    }
    for _, name, lit in rows:
        signs = (padded(SIGNS[lamp], width, 0.5) for lamp, width in zip(lit, widths, strict=True))
        yield f"{padded(name, wide)}  {'  '.join(signs)}"
    yield f"({_marks(phrases)})"


def _marks(phrases: Sequence[Report]) -> str:
    return "; ".join(f"{SIGNS[name]} {words}" for name, words in legend(phrases))


def _stations(report: Report) -> Iterator[str]:
    for station in report["stations"]:
        if not station["looked_at"]:
            yield translate(
                "{station}: not looked at ({why}).", station=station["title"], why=station["why"]
            )


def _ill(report: Report) -> list[Report]:
    return [phrase for phrase in report["phrases"] if phrase["outcome"] != HEALTHY]


def _phrase_line(phrases: Sequence[Report]) -> str:
    """``phrases``: of which the same is said."""
    phrase, name = phrases[0], labels(phrases)
    if phrase["station"]:
        station = translate_name(STATIONS, str(phrase["station"]))
        name = f"{name} ({listed([station, translate_name(CERTAINTIES, phrase['certainty'])])})"
    return translate("{name}: {text}", name=name, text=phrase["says"])


@in_its_language
def markdown(report: Report) -> str:
    """The report as Markdown, for a forum or a bug report."""
    lines = [f"**{_escaped(report['sentence'])}**", ""]
    lines.append(translate("| phrase | tokenizer | encoder | image model | picture | |"))
    lines.append("|---|:-:|:-:|:-:|:-:|---|")
    for group in grouped(report["phrases"]):
        signs = " | ".join(SIGNS[lamp] for lamp in lamps(group[0]))
        lines.append(f"| {_escaped(row_text(group))} | {signs} | {_common_sentence(group)} |")
    lines += [
        "",
        _marks(report["phrases"]),
        "",
        *(f"- {_escaped(each)}" for each in report["changes"]),
    ]
    if suggests(report):
        lines += [
            "",
            translate("{title}:", title=titles()["suggested"]),
            "",
            f"    {_one_line(report['suggested_prompt'])}",
        ]
    return "\n".join(lines)


def _common_sentence(phrases: Sequence[Report]) -> str:
    """The sentence that all phrases share; empty where theirs differ."""
    sentences = {str(phrase["says"]) for phrase in phrases}
    return _escaped(sentences.pop()) if len(sentences) == 1 else ""


def _one_line(text: Any) -> str:
    return " ".join(str(text).split())


def _escaped(text: Any) -> str:
    """A cell of a table: bars would end it, and angle brackets would be markup."""
    line = _one_line(text)
    for sign in ("\\", "|", "*", "_", "`", "<", "[", "]", "#"):
        line = line.replace(sign, f"\\{sign}")
    return visible(line)
