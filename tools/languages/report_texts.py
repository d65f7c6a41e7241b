"""The English sentences of reports that can be translated, read from the code: what stands in calls
of the functions of :data:`SPOKEN_BY` and in refusals, the words of the tables of fates, of the
lint's constructs and of the families, and what the cards say.
"""

from __future__ import annotations

import ast
import json
import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path

from ...conditioning import translation
from ...conditioning.families.table import FAMILIES, ROLES
from ...conditioning.tokens.fates import FATES, LANES, MARKS
from ...conditioning.tokens.lint.finding import CONSTRUCTS
from ..places import ROOT
from . import card_texts, refusals

Forms = str | list[str]
"""A sentence, or its plural forms."""
Domains = dict[str, dict[str, Forms]]
"""Domain -> its messages, by their English (the singular)."""
ENGLISH_PLURAL = "n != 1"
COUNTING = ("translate_count", "later_count")
SPOKEN_BY = ("translate", "translatable", "later", *COUNTING)
SPEAKING = ("conditioning", "host", "nodes", "api", "cli")


def english_messages() -> Domains:
    """The English of each message, by the domain that says it: the folder of ``conditioning`` or of
    ``conditioning/reports``, else the layer; the browser's code is a domain, too.
    """
    domains: Domains = {
        "tokens": {text: text for text in (*_of_fates(), *_of_constructs())},
        "families": {text: text for text in _of_families()},
        card_texts.DOMAIN: dict(card_texts.in_scripts()),
    }
    modules = _modules()
    exceptions = refusals.exceptions(modules.values())
    for path, tree in modules.items():
        messages = dict(_in_calls(tree)) | dict(_in_refusals(tree, exceptions))
        if messages:
            domains.setdefault(_domain(path), {}).update(messages)
    return domains


def refusals_by_domain() -> dict[str, dict[str, refusals.Refusal]]:
    """Domain -> the refusals of the code, by the place (path and line) that makes each."""
    modules = _modules()
    exceptions = refusals.exceptions(modules.values())
    domains: dict[str, dict[str, refusals.Refusal]] = {}
    for path, tree in modules.items():
        for refusal in refusals.in_tree(tree, exceptions):
            place = f"{path.relative_to(ROOT).as_posix()}:{refusal.line}"
            domains.setdefault(_domain(path), {})[place] = refusal
    return domains


def _modules() -> dict[Path, ast.AST]:
    return {
        path: ast.parse(path.read_text(encoding="utf-8"))
        for layer in SPEAKING
        for path in sorted((ROOT / layer).rglob("*.py"))
    }


def _in_refusals(tree: ast.AST, exceptions: refusals.Exceptions) -> Iterator[tuple[str, Forms]]:
    for refusal in refusals.in_tree(tree, exceptions):
        if refusal.translatable:
            yield from ((template, template) for template in refusal.templates)


def _domain(path: Path) -> str:
    layer, *folders = path.relative_to(ROOT).parent.parts
    inner = [name for name in folders if name != "reports"] if layer == "conditioning" else []
    return inner[0] if inner else "common" if layer == "conditioning" else layer


def _in_calls(tree: ast.AST) -> Iterator[tuple[str, Forms]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id not in SPOKEN_BY:
            continue
        texts = [str(arg.value) for arg in node.args if isinstance(arg, ast.Constant)]
        if texts:
            yield texts[0], texts[:2] if node.func.id in COUNTING else texts[0]


def _of_fates() -> Iterator[str]:
    for fate in FATES.values():
        yield from filter(None, (fate.short, fate.reason, fate.remedy))
    yield from (mark.title for mark in MARKS.values())
    yield from (state.title for state in LANES.values() if state.title)
    yield from ("pooled", "sequence")


def _of_constructs() -> Iterator[str]:
    for construct in CONSTRUCTS.values():
        yield construct.title
        sentences = (construct.intent, construct.effect, construct.remedy)
        yield from (text for text in sentences if re.sub(r"\{\w+\}", "", text))


def _of_families() -> Iterator[str]:
    for family in FAMILIES.values():
        yield from filter(None, (family.note, *(stream.note for stream in family.streams)))
    yield from filter(None, (role.caveat for role in ROLES.values()))


def _folder(language: str) -> Path:
    return translation.CATALOGUES / language / translation.FOLDER


def read_domains(language: str) -> dict[str, dict[str, Forms | None]]:
    """Domain -> English -> the translation or its forms, None where it is English still."""
    return {
        path.stem: dict(json.loads(path.read_text(encoding="utf-8")))
        for path in sorted(_folder(language).glob("*.json"))
    }


def write_domains(language: str, domains: Mapping[str, Mapping[str, Forms | None]]) -> None:
    """Write the catalogues of a language, and take away those of domains that are silent now."""
    folder = _folder(language)
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.json"):
        if path.stem not in domains:
            path.unlink()
    for domain, messages in domains.items():
        text = json.dumps(messages, ensure_ascii=False, indent=1)
        (folder / f"{domain}.json").write_text(f"{text}\n", encoding="utf-8", newline="\n")
    plural = folder / translation.PLURAL
    if not plural.is_file():
        plural.write_text(f"{ENGLISH_PLURAL}\n", encoding="utf-8", newline="\n")


def fill(language: str, english: Domains) -> None:
    """Write the missing messages of a language as null, which stands for its English, or as another
    domain translates them, and take out unknown ones.
    """
    before = read_domains(language)
    elsewhere = {
        text: translated
        for messages in before.values()
        for text, translated in messages.items()
        if translated is not None
    }
    write_domains(
        language,
        {
            domain: {
                text: before.get(domain, {}).get(text) or elsewhere.get(text) for text in texts
            }
            for domain, texts in english.items()
        },
    )


def untranslated(language: str) -> list[str]:
    """The messages that stand in English still, each once."""
    domains = read_domains(language).values()
    return sorted(
        {text for domain in domains for text, sentence in domain.items() if sentence is None}
    )


def problems(language: str, english: Domains) -> list[str]:
    """What is wrong with the catalogues of a language, a sentence each: messages that are missing,
    that nobody says or that two domains translate otherwise, and placeholders that are lost or
    unknown.
    """
    domains = read_domains(language)
    silent = [f"unknown domain: {domain}" for domain in domains if domain not in english]
    return [
        *silent,
        *(
            f"{domain}: {problem}"
            for domain, texts in english.items()
            for problem in _problems_of_domain(
                domains.get(domain, {}), texts, number_of_forms(language)
            )
        ),
        *_contradictions(domains),
    ]


def _problems_of_domain(
    messages: Mapping[str, Forms | None], english: Mapping[str, Forms], count: int
) -> Iterator[str]:
    yield from (f"missing: {text}" for text in english if text not in messages)
    yield from (f"unknown: {text}" for text in messages if text not in english)
    for text, forms in english.items():
        translated = messages.get(text)
        if translated is not None and not _is_whole(forms, translated, count):
            yield f"spoilt: {text}"


def _contradictions(domains: Mapping[str, Mapping[str, Forms | None]]) -> Iterator[str]:
    seen: dict[str, Forms | None] = {}
    for domain, messages in domains.items():
        for text, translated in messages.items():
            if seen.setdefault(text, translated) != translated:
                yield f"{domain}: translated otherwise elsewhere: {text}"


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
