"""What cards say themselves is in the editor's language before a Run, and in the report's after it."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from encoderscope.tools.languages import card_texts

pytestmark = pytest.mark.browser
kit = importlib.import_module("encoderscope.tests.browser.editor")
sizes = importlib.import_module("encoderscope.tests.browser.test_card_sizes")

TRANSLATIONS: dict[str, dict[str, str]] = json.loads(card_texts.SERVED.read_text(encoding="utf-8"))
LANGUAGES = {"own": ("de", "de-DE"), "1.58.1": ("ja", "ja-JP")}
"""Each front end with a language that it takes, and a browser of this language."""
FILE = "**/translations.json"
CARDS = {
    "tokens": ("TokenMap", "tokens"),
    "order": ("CompareOrder", "order"),
    "states": ("EncodeStates", "states"),
    "conditioning": ("InspectConditioning", "conditioning"),
    "probe": ("BindingProbe", "probe"),
    "file": ("InspectEncoder", "encoder"),
    "image": ("ImageProbe", "image"),
    "benchmark": ("BindingBenchmark", "benchmark"),
    "generator": ("IgnoredWords", "generator"),
    "doctor": ("PromptDoctor", "doctor"),
    "cache": ("CachedEncode", "cache"),
    "loaded": ("LoadEncoders", "loaded"),
}
"""Report -> the node that shows it, and the name of its output."""
CACHED = {"state": "hit", "lines": ["It came from disk."], "text": "a red fox"}
LOADED = {
    "title": "CLIP",
    "encoders": [],
    "warnings": [],
    "notes": ["A note."],
    "display": {"tone": "kept", "sentence": "It was loaded."},
}
LINE = """(id) => app.graph.getNodeById(id).widgets.find((w) => w.name === 'encoderscope').element
  .querySelector('.es-empty p').textContent"""
EVENT = """async ([name, detail]) => { const { api } = await import('/scripts/api.js')
  api.dispatchEvent(new CustomEvent(name, { detail })) }"""
UNFOLD = "(card) => card.querySelectorAll('details').forEach((fold) => { fold.open = true })"
TEXTS = """(card) => { const texts = []
  const read = (element) => {
    const walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
    while (walk.nextNode()) texts.push(walk.currentNode.textContent)
    for (const each of [element, ...element.querySelectorAll('*')])
      for (const name of ['aria-label', 'title', 'alt']) if (each.hasAttribute(name)) texts.push(each.getAttribute(name))
  }
  read(card)
  for (const row of card.querySelectorAll('[tabindex="0"]:not(.es-scroll)')) {
    row.dispatchEvent(new FocusEvent('focusin', { bubbles: true }))
    const tip = document.querySelector('.encoderscope-tip')
    if (tip) read(tip)
    row.dispatchEvent(new FocusEvent('focusout', { bubbles: true }))
  }
  return texts }"""


@pytest.fixture
def reopened(editor: Any) -> Iterator[Callable[..., Any]]:
    """Opens the editor anew in a language; the next test finds it in English."""

    def reopen(language: str | None) -> Any:
        editor.open(**{"Comfy.Locale": language})
        editor.complaints.clear()
        return editor

    yield reopen
    editor.page.unroute_all()
    editor.open(**{"Comfy.Locale": "en"})
    editor.complaints.clear()


def answer(translations: Any) -> Callable[[Any], None]:
    return lambda route: route.fulfill(json=translations)


def own_language(editor: Any) -> tuple[str, set[str]]:
    """The language of a front end, and all that cards can say in it."""
    language, _ = LANGUAGES[editor.face.front_end]
    return language, {translation[language] for translation in TRANSLATIONS.values()}


def test_a_new_card_is_in_the_language_of_the_editor(editor: Any, reopened: Any) -> None:
    language, sayings = own_language(editor)
    reopened(language)
    lines, beyond = {}, {}
    for kind in sizes.CARDS:
        node = editor.add(kind)
        editor.page.wait_for_timeout(250)
        card = editor.page.evaluate(sizes.FRESH, node)
        lines[kind], beyond[kind] = card["line"], card["sticksOut"]
        if kind == "EncoderScope_PromptDoctor":
            editor.picture("new-card-in-its-language")
        editor.page.evaluate(kit.REMOVE_ALL)
    assert len(lines) >= 19
    assert {kind: line for kind, line in lines.items() if line not in sayings} == {}
    assert {kind: pixels for kind, pixels in beyond.items() if pixels > 1} == {}
    node = editor.add("EncoderScope_Mix")
    editor.page.evaluate(EVENT, ["executing", str(node)])
    assert editor.page.evaluate(LINE, node) == TRANSLATIONS["Running …"][language]
    if not editor.face.nodes_2:
        label = "(id) => app.graph.getNodeById(id).widgets.find((w) => w.type === 'button').label"
        assert editor.page.evaluate(label, node) == TRANSLATIONS["Show advanced inputs"][language]


def test_a_card_that_waits_says_so_in_the_language_of_the_editor(
    editor: Any, reopened: Any
) -> None:
    language, _ = own_language(editor)
    reopened(language)
    editor.add(text="x" * 10_001, family="sdxl")
    sentence = TRANSLATIONS["The text is longer than {count} characters. Press Run to see it."]
    line = editor.widget().locator(".es-line", has_text=sentence[language].format(count="10,000"))
    line.wait_for(state="visible")
    editor.clear()
    node = editor.add(kit.TOKEN_MAP, text="a [red] fox", family="sdxl")
    findings = editor.widget().locator(".es-findings summary")
    findings.wait_for(state="attached")
    assert findings.text_content().startswith(TRANSLATIONS["Not what it seems"][language])
    editor.picture("finished-card-in-its-language")
    editor.set("EncoderScope.Live", False)
    editor.put(node, text="a [red] fox and a dog")
    sentence = TRANSLATIONS["The prompt has changed since this was drawn. Press Run."]
    editor.widget().locator(".es-line", has_text=sentence[language]).wait_for(state="visible")


def test_a_language_that_was_never_set_is_the_browsers(
    editor: Any, reopened: Any, chromium: Any
) -> None:
    language, browsers = LANGUAGES[editor.face.front_end]
    context = chromium.new_context(locale=browsers)
    try:
        other = kit.Editor(context.new_page(), editor.server, editor.face)
        other.open(**{"Comfy.Locale": None})
        sentence = TRANSLATIONS["Connect a CONDITIONING and press Run."][language]
        assert other.page.evaluate(LINE, other.add("EncoderScope_InspectConditioning")) == sentence
    finally:
        context.close()


def test_english_is_shown_until_translations_come(editor: Any, reopened: Any) -> None:
    language, _ = own_language(editor)
    waiting: list[Any] = []
    english = "Connect a CONDITIONING and press Run."
    editor.page.route(FILE, lambda route: waiting.append(route))
    reopened(language)
    assert editor.page.evaluate(LINE, editor.add("EncoderScope_InspectConditioning")) == english
    assert len(waiting) == 1, "one request"
    waiting[0].fulfill(json=TRANSLATIONS)
    editor.page.wait_for_timeout(300)
    line = editor.page.evaluate(LINE, editor.add("EncoderScope_InspectConditioning", (700, 40)))
    assert line == TRANSLATIONS[english][language]
    editor.page.unroute_all()
    editor.page.route(FILE, lambda route: route.fulfill(body="<html>not found</html>", status=404))
    reopened(language)
    assert editor.page.evaluate(LINE, editor.add("EncoderScope_InspectConditioning")) == english


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One report of each kind, whose sentences are made of x."""
    folder = tmp_path_factory.mktemp("every-report")
    finished = subprocess.run(
        [sys.executable, "-m", "encoderscope.tests.host.every_report", str(folder), "0"],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-1000:]
    lines = (line.split(" ", 1) for line in finished.stdout.decode().splitlines())
    result = {name: json.loads(report) for name, report in lines if name in CARDS}
    result["tokens"]["words"][0]["lost"] = True
    return {
        name: veiled(report)
        for name, report in {**result, "cache": CACHED, "loaded": LOADED}.items()
    }


def veiled(value: Any) -> Any:
    """A report whose sentences are made of x: what reads as words on its card is the card's own.
    Identifiers, which have no blank, and names of values in braces stay.
    """
    if isinstance(value, dict):
        return {key: veiled(each) for key, each in value.items()}
    if isinstance(value, list):
        return [veiled(each) for each in value]
    if not isinstance(value, str) or " " not in value:
        return value
    return re.sub(r"(\{\w+\})|[^\W\d_]", lambda result: result[1] or "x", value)


def words_of(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]{2,}", text))


def strangers(texts: list[str], report: Any) -> set[str]:
    """Words that are neither the report's nor translated."""
    rest = "\n".join(texts)
    while rest != (rest := re.sub(r"⟦[^⟦⟧]*⟧", " ", rest)):
        pass
    own = json.dumps(report, ensure_ascii=False).replace("\\n", " ")
    return words_of(rest) - words_of(own) - {"abc", "SHA"}


def test_every_text_of_a_finished_card_is_the_reports_or_translated(
    editor: Any, reopened: Any, reports: dict[str, Any]
) -> None:
    """A German report in a Japanese editor: both are English in brackets here, each in its own."""
    spoken = {text: {"de": f"⟦{text}⟧", "ja": f"⟪{text}⟫"} for text in TRANSLATIONS}
    editor.page.route(FILE, answer(spoken))
    reopened("ja")
    result, translated = {}, ""
    for name, (kind, output) in CARDS.items():
        report = {**reports[name], "language": "de"}
        panel = kit.show_report(
            editor, f"EncoderScope_{kind}", f"encoderscope_{output}", report, name
        )
        finished = panel.locator(".es-scroll > .es-body")
        finished.evaluate(UNFOLD)
        editor.page.wait_for_timeout(100)
        texts = finished.evaluate(TEXTS)
        result[name] = strangers(texts, report)
        translated += " ".join(text for text in texts if "⟦" in text)
        assert "⟪" not in "".join(texts), name
        editor.page.evaluate(kit.REMOVE_ALL)
    assert {name: words for name, words in result.items() if words} == {}
    for text in ("The prompt", "Not what it seems", "lost", "Good to know"):
        assert f"⟦{text}⟧" in translated, text
