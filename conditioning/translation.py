"""The language of a report: one catalogue of sentences for its JSON, picture, terminal and card.

English is the source and stands in the code: :func:`translate` and :func:`translate_count` look it
up in ``locales/<language>/reports/*.json`` and return it as it is where they have none. Plural
forms are those of gettext (docs/languages.md).
"""

from __future__ import annotations

import gettext
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from pathlib import Path
from string import Formatter
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
Report = Mapping[str, Any]

ENGLISH = "en"
CATALOGUES = Path(__file__).resolve().parents[1] / "locales"
FOLDER = "reports"
"""A file for each domain (a folder whose code writes sentences), English -> translation, and
:data:`PLURAL`.
"""
PLURAL = "plural.txt"
"""Gettext's plural expression of the language."""


class Catalogue(NamedTuple):
    """The sentences of a language, None for one that is not translated yet. ``form``: a number ->
    the index of its plural form.
    """

    language: str
    messages: Mapping[str, str | list[str] | None]
    form: Callable[[int], int]


class _SpacedThousands(Formatter):
    """1,234 with a no-break space: a comma is the decimal sign in these languages."""

    def format_field(self, value: object, format_spec: str) -> str:
        text = format(value, format_spec)
        return text.replace(",", "\u00a0") if "," in format_spec else text


_SPACED = _SpacedThousands()
_WITH_SPACES = frozenset({"de", "es", "fr", "pt-BR", "ru"})

_ENGLISH = Catalogue(ENGLISH, {}, lambda count: int(count != 1))
_current: ContextVar[Catalogue] = ContextVar("language", default=_ENGLISH)


@cache
def languages() -> tuple[str, ...]:
    """The codes of the languages that reports can be in, English first."""
    others = sorted(path.parent.parent.name for path in CATALOGUES.glob(f"*/{FOLDER}/{PLURAL}"))
    return ENGLISH, *(name for name in others if name != ENGLISH)


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of one of :func:`languages`."""
    if language == ENGLISH:
        return _ENGLISH
    folder = CATALOGUES / language / FOLDER
    messages: dict[str, str | list[str] | None] = {}
    for path in sorted(folder.glob("*.json")):
        messages.update(json.loads(path.read_text(encoding="utf-8")))
    plural = (folder / PLURAL).read_text(encoding="utf-8").strip()
    return Catalogue(language, messages, gettext.c2py(plural))


def nearest(wanted: str) -> str:
    """The language that is meant by a code of an editor or of a terminal: ``de_DE.UTF-8`` is
    ``de``, ``zh_TW`` is ``zh-TW``, ``pt`` is ``pt-BR``; English where there is none.
    """
    code = wanted.partition(".")[0].partition("@")[0].replace("_", "-").lower()
    spoken = code.partition("-")[0]
    by_code = {name.lower(): name for name in reversed(languages())}
    by_spoken = {name.lower().partition("-")[0]: name for name in reversed(languages())}
    return by_code.get(code) or by_code.get(spoken) or by_spoken.get(spoken) or ENGLISH


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Whatever is written inside is in this language, in this thread or task alone."""
    token = _current.set(catalogue(nearest(language)))
    try:
        yield
    finally:
        _current.reset(token)


def current_language() -> str:
    """The code of the language that sentences are written in now."""
    return _current.get().language


def in_its_language(
    write: Callable[Concatenate[Report, P], R],
) -> Callable[Concatenate[Report, P], R]:
    """For what writes or draws a finished report: its own words are in the report's language, which
    is English in reports of old.
    """

    @wraps(write)
    def written(report: Report, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with in_language(str(report.get("language", ENGLISH))):
            return write(report, *args, **kwargs)

    return written


def translatable(english: str) -> str:
    """The same sentence: marks one that stands in a table for translators. Whoever says it hands it
    to :func:`translate`.
    """
    return english


def translate(english: str, /, **values: object) -> str:
    """The sentence in the current language. ``{name}`` stands for a value."""
    return _filled(str(_current.get().messages.get(english) or english), values)


def _filled(text: str, values: Mapping[str, object]) -> str:
    if current_language() in _WITH_SPACES:
        return _SPACED.vformat(text, (), values)
    return text.format(**values)


def is_known(sentence: str) -> bool:
    """Whether the current language can say an English template, or what :func:`later` made."""
    language, messages, _ = _current.get()
    known = language == ENGLISH or isinstance(sentence, Deferred) or not sentence
    return known or messages.get(sentence) is not None


def format_message(sentence: str, values: Mapping[str, object]) -> str:
    """As :func:`translate`; without values the text, which may have braces, stands as it is."""
    if isinstance(sentence, Deferred):
        return sentence.render()
    text = str(_current.get().messages.get(sentence) or sentence)
    return _filled(text, _localized_values(values)) if values else text


class Deferred(str):
    """A sentence in English, and what says it in a language that is not known yet."""

    render: Callable[[], str]


def later(english: str, /, **values: object) -> Deferred:
    """The English sentence, for what is written before anybody asks for a report, such as where a
    model comes from: :func:`localized` puts it and its values into the current language.
    """
    return deferred(lambda: translate(english, **_localized_values(values)))


def later_count(singular: str, plural: str, count: int, /, **values: object) -> Deferred:
    """As :func:`later`, in the form that its number takes. ``{count}`` stands for the number."""
    return deferred(lambda: translate_count(singular, plural, count, **_localized_values(values)))


def deferred(render: Callable[[], str]) -> Deferred:
    """As :func:`later`, of what ``render`` puts together in the current language."""
    token = _current.set(_ENGLISH)
    try:
        sentence = Deferred(render())
    finally:
        _current.reset(token)
    sentence.render = render
    return sentence


def _localized_values(values: Mapping[str, object]) -> dict[str, object]:
    return {
        name: localized(value) if isinstance(value, str) else value
        for name, value in values.items()
    }


def in_turn(sentences: Iterable[str]) -> Deferred:
    """Sentences one after the other, each as :func:`later` made it."""
    parts = list(sentences)
    return deferred(lambda: " ".join(map(localized, parts)))


def localized(sentence: str) -> str:
    """What :func:`later` wrote, in the current language; any other text as it is."""
    return sentence.render() if isinstance(sentence, Deferred) else sentence


def translate_count(singular: str, plural: str, count: int, /, **values: object) -> str:
    """The sentence in the form that its number takes. ``{count}`` stands for the number."""
    _, messages, form = _current.get()
    forms = messages.get(singular)
    if not isinstance(forms, list):
        return _filled(singular if count == 1 else plural, {"count": count, **values})
    return _filled(forms[form(count)], {"count": count, **values})


def joined(names: Sequence[str]) -> str:
    """'A, B and C' in the current language."""
    if len(names) < 2:
        return "".join(names)
    return translate("{names} and {last}", names=listed(names[:-1]), last=names[-1])


def either(names: Sequence[str]) -> str:
    """'A, B or C' in the current language."""
    if len(names) < 2:
        return "".join(names)
    return translate("{first} or {second}", first=listed(names[:-1]), second=names[-1])


def and_more(names: str, more: int) -> str:
    """'A, B and 3 more' in the current language."""
    return translate_count(
        "{names} and {count:,} more", "{names} and {count:,} more", more, names=names
    )


def first_of(names: Sequence[str], most: int, total: int = 0) -> str:
    """'A, B and C'; of more than ``most`` the first: 'A, B and 3 more'. ``total``: how many there
    are, where ``names`` are not all.
    """
    more = max(total, len(names)) - most
    return and_more(listed(names[:most]), more) if more > 0 else joined(names)


def listed(names: Iterable[str]) -> str:
    """'A, B, C' with the comma of the current language."""
    return translate(", ").join(names)
