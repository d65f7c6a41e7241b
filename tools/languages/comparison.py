"""A language beside English: what is missing, unknown, spoilt, or made of other English."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from .locale_files import hash_of

OBEYED = str.maketrans({"{": "(", "}": ")", "@": " at ", "|": "/"})
"""Signs that the editor's own translator obeys in some front ends and shows in others (1.32.9
compiles a tooltip as a message of vue-i18n, 1.58.1 shows it as it is): no escape reads well in
both, so no translation holds one. Each with what stands for it in a text to be translated.
"""
_LITERAL = re.compile(r"[A-Za-z0-9.-]*[A-Za-z0-9][_/][A-Za-z0-9][\w./-]*\w|\.(?:safetensors|gguf)")
"""Names of files, folders and fields: they stand in every language as they are."""


class Comparison(NamedTuple):
    """Paths of texts. ``missing``, ``unknown`` and ``spoilt`` are errors: the editor would show
    nothing, or something else. ``changed``: the English is no longer the one that was translated;
    the translation is shown until somebody looks at it.
    """

    missing: list[str]
    unknown: list[str]
    spoilt: list[str]
    changed: list[str]

    @property
    def errors(self) -> list[str]:
        return [*self.missing, *self.unknown, *self.spoilt]


def compare(
    english: Mapping[str, str],
    translated: Mapping[str, str],
    sources: Mapping[str, str],
    options: Mapping[str, Collection[str]],
) -> Comparison:
    """A language's translations beside English. ``sources``: path -> hash of the English that was
    translated. ``options``: path -> names of options in the English, which no editor translates.
    """
    both = [path for path in english if path in translated]
    changed = {path for path in both if sources.get(path) != hash_of(english[path])}
    return Comparison(
        missing=[path for path in english if path not in translated],
        unknown=[path for path in translated if path not in english],
        spoilt=[
            path
            for path in both
            if is_unreadable(translated[path])
            or (path not in changed and _lost(path, english, translated, options))
        ],
        changed=[path for path in both if path in changed],
    )


def _lost(
    path: str,
    english: Mapping[str, str],
    translated: Mapping[str, str],
    options: Mapping[str, Collection[str]],
) -> list[str]:
    """The names that a translated sentence lost; none of a label."""
    if not _is_sentence(path):
        return []
    return lost_names(english[path], translated[path], options[path])


def _is_sentence(path: str) -> bool:
    """Is it not the label of an input or output, which in English is often its very id?"""
    return not path.endswith("/name")


def plain(text: str) -> str:
    """The text without signs that the editor would obey."""
    return text.translate(OBEYED)


def is_unreadable(translation: str) -> bool:
    """Is it empty, or does it hold what the editor would obey?"""
    return not translation.strip() or plain(translation) != translation


def lost_names(english: str, translation: str, options: Collection[str] = ()) -> list[str]:
    """Names of files, fields and options in the English that the translation does not have."""
    return [name for name in (*_LITERAL.findall(english), *options) if name not in translation]
