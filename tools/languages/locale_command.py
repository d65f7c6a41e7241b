"""`python dev.py languages`: lists what is missing, unknown, spoilt or made of other English in the
translations below locales/. ``--fill`` writes locales/en anew, writes what the others lack in
English, to be translated, takes out what no node has, and writes what the page reads of them;
``--accept LANGUAGE`` keeps that its texts were made of today's English (docs/languages.md).
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Mapping

from ...host import standalone
from . import card_texts, locale_files, report_texts
from .comparison import Comparison, compare, plain
from .node_texts import english, option_names


def main(argv: list[str]) -> int:
    """Exit status 1 where a language has errors."""
    arguments = _parse(argv)
    standalone.attach()
    texts = english()
    messages = report_texts.english_messages()
    if arguments.fill:
        _fill_all(texts, messages)
    if arguments.accept:
        accept(arguments.accept, texts)
    comparisons = {language: of(language, texts) for language in locale_files.translations()}
    for language, comparison in comparisons.items():
        print(f"{language}: {_summary(comparison, len(texts))}")
    _list(comparisons, texts)
    reports = _problems_of_reports(messages)
    for language, sentences in reports.items():
        waiting = len(report_texts.untranslated(language))
        count = len({text for domain in messages.values() for text in domain})
        print(f"{language}: {count} sentences of reports, {waiting} in English still")
        print("".join(f"  {sentence}\n" for sentence in sentences), end="")
    print(_english_refusals())
    return int(any(item.errors for item in comparisons.values()) or any(reports.values()))


def _english_refusals() -> str:
    """How many refusals are English in every language, and in which domains."""
    domains = {
        domain: sum(not refusal.translatable for refusal in refusals.values())
        for domain, refusals in report_texts.refusals_by_domain().items()
    }
    listed = ", ".join(f"{domain} {count}" for domain, count in domains.items() if count)
    return f"refusals in English alone: {sum(domains.values())} ({listed or 'none'})"


def _fill_all(texts: Mapping[str, str], messages: report_texts.Domains) -> None:
    write_english(texts)
    report_texts.write_domains(locale_files.ENGLISH, messages)
    for language in locale_files.translations():
        fill(language, texts)
        report_texts.fill(language, messages)
    card_texts.write_served()


def _problems_of_reports(messages: report_texts.Domains) -> dict[str, list[str]]:
    return {
        language: report_texts.problems(language, messages)
        for language in locale_files.translations()
    }


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py languages", description=__doc__)
    parser.add_argument(
        "--fill",
        action="store_true",
        help="write locales/en anew, and what the others lack, in English",
    )
    parser.add_argument("--accept", metavar="LANGUAGE", help="its texts say what English says now")
    return parser.parse_args(argv)


def of(language: str, texts: Mapping[str, str]) -> Comparison:
    """The files of a language beside these texts."""
    return compare(
        texts, locale_files.read(language), locale_files.sources(language), option_names()
    )


def write_english(texts: Mapping[str, str]) -> None:
    """Write locales/en: what the schemas say, for translators to read and for the editor."""
    locale_files.write(locale_files.ENGLISH, served_english(texts))


def served_english(texts: Mapping[str, str]) -> dict[str, str]:
    """What locales/en holds: all but texts with signs that the editor would obey. Those it shows
    from the schema, as they are.
    """
    return {path: text for path, text in texts.items() if plain(text) == text}


def fill(language: str, texts: Mapping[str, str]) -> None:
    """Write the missing texts of a language, and take out unknown ones. A missing text whose
    English was translated elsewhere gets that translation, any other stands in English.
    """
    before, hashes = locale_files.read(language), locale_files.sources(language)
    both = before.keys() & texts.keys() & hashes.keys()
    memory = {
        texts[path]: before[path]
        for path in both
        if hashes[path] == locale_files.hash_of(texts[path])
    }
    remembered = {
        path: memory[text] for path, text in texts.items() if path not in before and text in memory
    }
    translated = before | remembered
    locale_files.write(
        language, {path: translated.get(path, plain(text)) for path, text in texts.items()}
    )
    locale_files.write_sources(
        language,
        {path: hashes[path] for path in both}
        | {path: locale_files.hash_of(texts[path]) for path in remembered},
    )


def accept(language: str, texts: Mapping[str, str]) -> None:
    """Keep that the translations of a language were made of these texts."""
    translated = locale_files.read(language)
    hashes = {
        path: locale_files.hash_of(text) for path, text in texts.items() if path in translated
    }
    locale_files.write_sources(language, hashes)


def _summary(comparison: Comparison, total: int) -> str:
    counts = [f"{len(paths)} {name}" for name, paths in comparison._asdict().items() if paths]
    return f"{total} texts, {', '.join(counts) or 'all translated'}"


def _list(comparisons: Mapping[str, Comparison], texts: Mapping[str, str]) -> None:
    """Each text once, with what is against it in which languages."""
    findings: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for language, comparison in comparisons.items():
        for name, paths in comparison._asdict().items():
            for path in paths:
                findings[name, path].append(language)
    for (name, path), languages in findings.items():
        text = texts.get(path, "(no node has it)")
        print(f"  {name} in {', '.join(languages)}: {path}: {text}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
