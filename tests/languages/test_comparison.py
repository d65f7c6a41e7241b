"""A language beside English: what the editor would show wrongly is an error, other English is no
error.
"""

from __future__ import annotations

from collections import defaultdict

import pytest
from encoderscope.tools.languages import comparison, locale_files

TOOLTIP = "nodeDefs/Node/inputs/mode/tooltip"
ENGLISH = {TOOLTIP: "exact: as in models/clip. Needs a .gguf file."}
GERMAN = {TOOLTIP: "exact: wie in models/clip. Braucht eine .gguf-Datei."}
SOURCES = {TOOLTIP: locale_files.hash_of(ENGLISH[TOOLTIP])}
OPTIONS = defaultdict(list, {TOOLTIP: ["exact"]})


def compared(
    translated: dict[str, str], english: dict[str, str] = ENGLISH
) -> comparison.Comparison:
    return comparison.compare(english, translated, SOURCES, OPTIONS)


def test_a_translation_of_todays_english_has_nothing_against_it() -> None:
    assert compared(GERMAN) == comparison.Comparison([], [], [], [])


def test_what_is_missing_and_what_no_node_has_are_errors() -> None:
    assert compared({}).errors == [TOOLTIP]
    assert compared({**GERMAN, "nodeDefs/Gone/display_name": "Weg"}).unknown == [
        "nodeDefs/Gone/display_name"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "genau: wie in models/clip. Braucht eine .gguf-Datei.",
        "exact: wie im Ordner für CLIP. Braucht eine .gguf-Datei.",
        "exact: wie in models/clip. Braucht eine GGUF-Datei.",
        "exact: wie in models/clip, .gguf | safetensors",
        "exact: wie in {models/clip}, .gguf",
        " ",
    ],
)
def test_lost_names_and_signs_that_the_editor_obeys_are_errors(text: str) -> None:
    assert compared({TOOLTIP: text}).spoilt == [TOOLTIP]


def test_other_english_is_listed_and_no_error() -> None:
    changed = compared(GERMAN, {TOOLTIP: "exact: as in models/unet."})
    assert changed.changed == [TOOLTIP] and not changed.errors


def test_a_label_may_be_more_than_the_id() -> None:
    path = "nodeDefs/Node/inputs/clip_l/name"
    sources = {path: locale_files.hash_of("clip_l")}
    assert not comparison.compare({path: "clip_l"}, {path: "CLIP-L"}, sources, OPTIONS).errors
