"""The English sentences of the cards, read from the browser's code, and the file that brings their
translations to the page.
"""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict

from ...conditioning import translation
from ..places import ROOT

DOMAIN = "cards"
SCRIPTS = ROOT / "web" / "js"
SERVED = ROOT / "web" / "translations.json"
"""English -> language -> translation, of what is translated: the cards' domain of every catalogue,
where the browser can get it (web/js/shared/translation.js).
"""
_SPOKEN = re.compile(r"\b(?:translate|translatable)\(\s*('(?:[^'\\\n]|\\.)*')")


def in_scripts() -> dict[str, str]:
    """The messages of the browser's code: what stands in its calls of ``translate`` and
    ``translatable``, in single quotes.
    """
    scripts = sorted(SCRIPTS.rglob("*.js"))
    return {text: text for path in scripts for text in in_code(path.read_text(encoding="utf-8"))}


def in_code(code: str) -> list[str]:
    """The messages of one script, in their order."""
    return [ast.literal_eval(literal) for literal in _SPOKEN.findall(code)]


def served() -> str:
    """What :data:`SERVED` has to hold."""
    messages: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for language in translation.languages()[1:]:
        file = translation.CATALOGUES / language / translation.FOLDER / f"{DOMAIN}.json"
        for text, translated in json.loads(file.read_text(encoding="utf-8")).items():
            if translated is not None:
                messages[text][language] = translated
    return f"{json.dumps(messages, ensure_ascii=False, indent=0)}\n"


def write_served() -> None:
    """Write :data:`SERVED`."""
    SERVED.write_text(served(), encoding="utf-8", newline="\n")
