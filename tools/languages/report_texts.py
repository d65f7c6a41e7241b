"""The English sentences of reports that can be translated, read from the code: what stands in calls
of ``translate`` and ``translate_count``, and the words of the table of fates.
"""

from __future__ import annotations

import ast
import json
import string
from collections.abc import Iterator, Mapping
from typing import Any

from ...conditioning.reports import translation
from ...conditioning.tokens.fates import FATES, LANES, MARKS
from ..places import ROOT

Forms = str | list[str]
"""A sentence, or its plural forms."""
ENGLISH_PLURAL = "n != 1"


def english_messages() -> dict[str, Forms]:
    """The English of each message, by its singular."""
    messages: dict[str, Forms] = {}
    for path in sorted((ROOT / "conditioning" / "reports").rglob("*.py")):
        messages.update(_in_calls(ast.parse(path.read_text(encoding="utf-8"))))
    return messages | {text: text for text in _of_fates()}


def _in_calls(tree: ast.AST) -> Iterator[tuple[str, Forms]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id not in ("translate", "translate_count"):
            continue
        texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        if node.func.id == "translate_count":
            yield texts[0], texts[:2]
        elif texts:
            yield texts[0], texts[0]


def _of_fates() -> Iterator[str]:
    for fate in FATES.values():
        yield from filter(None, (fate.short, fate.reason, fate.remedy))
    yield from (mark.title for mark in MARKS.values())
    yield from (state.title for state in LANES.values() if state.title)
    yield from ("pooled", "sequence")


def read_catalogue(language: str) -> dict[str, Any]:
    """``plural``: gettext's expression. ``messages``: English -> the translation or its forms."""
    path = translation.CATALOGUES / language / translation.FILE
    if not path.is_file():
        return {"plural": ENGLISH_PLURAL, "messages": {}}
    return dict(json.loads(path.read_text(encoding="utf-8")))


def write_catalogue(language: str, content: Mapping[str, Any]) -> None:
    """Write the catalogue of a language."""
    path = translation.CATALOGUES / language / translation.FILE
    text = json.dumps(content, ensure_ascii=False, indent=1)
    path.write_text(f"{text}\n", encoding="utf-8", newline="\n")


def fill(language: str, english: Mapping[str, Forms]) -> None:
    """Write the missing messages of a language as null, which stands for its English, and take out
    unknown ones.
    """
    content = read_catalogue(language)
    messages = {text: content["messages"].get(text) for text in english}
    write_catalogue(language, {**content, "messages": messages})


def untranslated(language: str) -> list[str]:
    """The messages that stand in English still."""
    messages = read_catalogue(language)["messages"]
    return [text for text, translated in messages.items() if translated is None]


def problems(language: str, english: Mapping[str, Forms]) -> list[str]:
    """What is wrong with a catalogue, a sentence each: messages that are missing or that no report
    has, and placeholders that are lost or unknown.
    """
    messages = read_catalogue(language)["messages"]
    count = number_of_forms(language)
    missing = [f"missing: {text}" for text in english if text not in messages]
    unknown = [f"unknown: {text}" for text in messages if text not in english]
    return (
        missing
        + unknown
        + [
            f"spoilt: {text}"
            for text in english
            if messages.get(text) is not None
            and not _is_whole(english[text], messages[text], count)
        ]
    )


def number_of_forms(language: str) -> int:
    """How many plural forms the expression of a language tells apart."""
    form = translation.catalogue(language).form
    return len({form(number) for number in range(200)})


def _is_whole(english: Forms, translated: Forms, count: int) -> bool:
    if isinstance(english, str):
        return isinstance(translated, str) and fields(english) == fields(translated)
    if not isinstance(translated, list) or len(translated) != count:
        return False
    # a form for exactly one may say it in words
    needed = fields(english[-1]) - {"count"}
    return all(needed <= fields(form) <= fields(english[-1]) | {"count"} for form in translated)


def fields(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
